/* SPDX-License-Identifier: MIT */
#include "core/list.h"

#include "shim.h"

struct item {
    int before;
    struct kin_list node;
};

static int first_of(struct kin_list *list)
{
    struct kin_list *node = kin_list_take_first(list);

    return node == NULL ? -1 : KIN_LIST_MEMBER(node, struct item, node)->before;
}

TEST_C(List, KeepsTheOrder)
{
    struct item items[3] = { { .before = 1 }, { .before = 2 }, { .before = 3 } };
    struct kin_list list;

    kin_list_init(&list);
    EXPECT_TRUE(kin_list_is_empty(&list));
    for (int i = 0; i < 3; i++)
        kin_list_append(&list, &items[i].node);
    EXPECT_FALSE(kin_list_is_empty(&list));
    kin_list_remove(&items[1].node);
    kin_list_remove(&items[1].node);
    EXPECT_INT_EQ(1, first_of(&list));
    kin_list_append(&list, &items[1].node);
    EXPECT_INT_EQ(3, first_of(&list));
    EXPECT_INT_EQ(2, first_of(&list));
    EXPECT_INT_EQ(-1, first_of(&list));
}

TEST_C(List, MovesAsAWhole)
{
    struct item items[2] = { { .before = 1 }, { .before = 2 } };
    struct kin_list from;
    struct kin_list to;

    kin_list_init(&from);
    kin_list_move(&to, &from);
    EXPECT_TRUE(kin_list_is_empty(&to));
    kin_list_append(&from, &items[0].node);
    kin_list_move(&to, &from);
    EXPECT_TRUE(kin_list_is_empty(&from));
    kin_list_append(&from, &items[1].node);
    EXPECT_INT_EQ(1, first_of(&to));
    EXPECT_INT_EQ(-1, first_of(&to));
    EXPECT_INT_EQ(2, first_of(&from));
}
