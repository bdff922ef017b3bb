/* SPDX-License-Identifier: MIT */
/*
 * Whether the shim itself tells: of these tests exactly the four that are named so have to fail, and one has to be skipped.
 * CMake looks at the counts in the output.
 */
#include <stdio.h>

#include "shim.h"

static int teardowns;

static void *Fixture_setup(void)
{
    return &teardowns;
}

static void Fixture_teardown(void *self)
{
    (*(int *)self)++;
}

static void fail_from_below(int depth)
{
    if (depth > 0)
        fail_from_below(depth - 1);
    ASSERT_INT_EQ(1, 2);
    printf("not reached\n");
}

TEST_CF(Fixture, fails_from_any_depth)
{
    EXPECT_PTR_EQ(&teardowns, self);
    fail_from_below(5);
}

TEST_C(Fixture, passes_and_sees_the_teardown)
{
    EXPECT_INT_EQ(1, teardowns);
}

TEST_C(Plain, fails_and_goes_on)
{
    EXPECT_STR_EQ("a", "b");
    EXPECT_MEM_EQ("abc", "abd", 3);
    EXPECT_STR_EQ(NULL, NULL);
    EXPECT_TRUE(true);
}

TEST_C(Plain, is_skipped)
{
    SKIP_C("because %s", "it is a test of skipping");
}

static const struct {
    const char *name;
    int64_t value;
} rows[] = { { "passes", INT64_MIN }, { "fails", INT64_MAX } };

TEST_CP(Rows, are_tests_of_their_own, rows)
{
    TRACE_C("row %s", row->name);
    EXPECT_INT_LT(row->value, 0);
}

static void fail_after(void)
{
    shim_set_hooks(NULL, NULL);
    NOTE_FAILURE_C("said after the test");
}

TEST_C(Hooks, fail_the_test_after_which_they_complain)
{
    shim_set_hooks(NULL, fail_after);
}

TEST_C(Hooks, leave_the_next_test_alone)
{
    EXPECT_INT_EQ(1, 1);
}
