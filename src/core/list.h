/* SPDX-License-Identifier: MIT */
/* A doubly linked list that runs through its members: it never allocates, so it never fails. */
#ifndef KIN_CORE_LIST_H
#define KIN_CORE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct kin_list {
    struct kin_list *next;
    struct kin_list *previous;
};

/* The member of type `type` whose list node `field` is at `node`. */
#define KIN_LIST_MEMBER(node, type, field) ((type *)(void *)((char *)(node)-offsetof(type, field)))

/* The analyzer does not see that a node which was taken out of a ring is not found in it again. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */

static inline void kin_list_init(struct kin_list *list)
{
    list->next = list;
    list->previous = list;
}

static inline bool kin_list_is_empty(const struct kin_list *list)
{
    return list->next == list;
}

static inline void kin_list_append(struct kin_list *list, struct kin_list *node)
{
    node->next = list;
    node->previous = list->previous;
    list->previous->next = node;
    list->previous = node;
}

/* Removing a node that is in no list, but initialised, does nothing. */
static inline void kin_list_remove(struct kin_list *node)
{
    node->next->previous = node->previous;
    node->previous->next = node->next;
    kin_list_init(node);
}

/* The first node, taken out; NULL when there is none. */
static inline struct kin_list *kin_list_take_first(struct kin_list *list)
{
    struct kin_list *first = list->next;

    if (first == list)
        return NULL;
    kin_list_remove(first);
    return first;
}

/* Moves everything from `from` to the empty list `to`. */
static inline void kin_list_move(struct kin_list *to, struct kin_list *from)
{
    if (kin_list_is_empty(from)) {
        kin_list_init(to);
        return;
    }
    *to = *from;
    to->next->previous = to;
    to->previous->next = to;
    kin_list_init(from);
}

/* NOLINTEND(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */

#endif
