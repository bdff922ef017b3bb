/* SPDX-License-Identifier: MIT */
/* Two copies of the library in one process: neither disturbs the other, since there is nothing that they share. */
#include <dlfcn.h>
#include <shim.h>
#include <string.h>

#include "door.h"
#include "second/second.h"

/* The same code, linked with the first copy. */
const struct second *second_in_module(void);

static const struct second *load(void **module)
{
    second_get *get = NULL;
    void *found;

    *module = dlopen(KIN_TEST_SECOND_COPY, RTLD_NOW | RTLD_LOCAL);
    if (*module == NULL)
        return NULL;
    found = dlsym(*module, "second_in_module");
    memcpy(&get, &found, sizeof get); /* a pointer to an object is no pointer to a function in C */
    return get == NULL ? NULL : get();
}

static int start(const struct second *copy, int round)
{
    return copy->start(round % 2 == 1, round % 4 >= 2);
}

TEST_C(Copies, A06_DoNotDisturbEachOther)
{
    const struct second *copies[2] = { second_in_module() };
    struct door_account account;
    void *module = NULL;

    if (strcmp(KIN_TEST_SECOND_COPY, "") == 0)
        SKIP_C("a static program loads no modules");
    copies[1] = load(&module);
    ASSERT_NOT_NULL(copies[1]);
    ASSERT_TRUE(copies[0] != copies[1] && copies[0]->start != copies[1]->start);
    account = door_take_account();
    for (int round = 0; round < 40; round++) {
        const struct second *first = copies[round % 8 / 4];
        const struct second *second = copies[1 - round % 8 / 4];

        ASSERT_INT_EQ(0, start(first, round));
        ASSERT_INT_EQ(0, start(second, round));
        EXPECT_INT_NE(first->id(), second->id());
        EXPECT_INT_EQ(0, first->kill(SIGTERM));
        EXPECT_INT_EQ(1, first->finish());
        EXPECT_INT_EQ(SIGTERM, first->signal());
        EXPECT_TRUE(second->repeats());
        EXPECT_INT_EQ(0, second->kill(SIGKILL));
        EXPECT_INT_EQ(1, second->finish());
        EXPECT_INT_EQ(SIGKILL, second->signal());
    }
    EXPECT_INT_EQ(0, door_check_account(&account));
    EXPECT_INT_EQ(0, dlclose(module));
}
