/* SPDX-License-Identifier: MIT */
/* Promise 3: the environment of the child. */
#include "support/support.h"

/* Whether the listing of the verb "environment" has exactly this entry, and how often its name. */
static unsigned count_entries(const kin_result *result, const char *start)
{
    unsigned count = 0;

    for (const char *entry = result->out.data; entry < result->out.data + result->out.size; entry += strlen(entry) + 1)
        count += strncmp(entry, start, strlen(start)) == 0;
    return count;
}

static void check_variable(const char *name, const char *expected, const kin_exec_options *options)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, options, "variable", name));
    EXPECT_EXITED(expected != NULL ? 0 : 1, &result.status);
    EXPECT_OUTPUT(expected != NULL ? expected : "", &result);
    kin_result_free(&result);
}

TEST_C(Environment, is_inherited)
{
    host_set_variable("KIN_INHERITED", "from the parent");
    check_variable("KIN_INHERITED", "from the parent", NULL);
    host_set_variable("KIN_INHERITED", NULL);
}

TEST_C(Environment, is_taken_at_the_start_not_earlier)
{
    host_set_variable("KIN_INHERITED", "first");
    check_variable("KIN_INHERITED", "first", NULL);
    host_set_variable("KIN_INHERITED", "second");
    check_variable("KIN_INHERITED", "second", NULL);
    host_set_variable("KIN_INHERITED", NULL);
    check_variable("KIN_INHERITED", NULL, NULL);
}

TEST_C(Environment, set_adds)
{
    check_variable("KIN_ADDED", "value", EXEC_OPTIONS(.env_set = LIST("KIN_ADDED=value")));
    EXPECT_NULL(getenv("KIN_ADDED"));
}

TEST_C(Environment, set_replaces)
{
    host_set_variable("KIN_INHERITED", "old");
    check_variable("KIN_INHERITED", "new", EXEC_OPTIONS(.env_set = LIST("KIN_INHERITED=new")));
    host_set_variable("KIN_INHERITED", NULL);
}

TEST_C(Environment, set_keeps_the_others)
{
    host_set_variable("KIN_INHERITED", "kept");
    check_variable("KIN_INHERITED", "kept", EXEC_OPTIONS(.env_set = LIST("KIN_ADDED=value")));
    host_set_variable("KIN_INHERITED", NULL);
}

TEST_C(Environment, unset_leaves_out)
{
    host_set_variable("KIN_INHERITED", "old");
    check_variable("KIN_INHERITED", NULL, EXEC_OPTIONS(.env_unset = LIST("KIN_INHERITED", "KIN_NEVER_THERE")));
    host_set_variable("KIN_INHERITED", NULL);
}

TEST_C(Environment, set_wins_over_unset)
{
    check_variable("KIN_BOTH", "set", EXEC_OPTIONS(.env_set = LIST("KIN_BOTH=set"), .env_unset = LIST("KIN_BOTH")));
}

TEST_C(Environment, W11_the_last_of_a_name_wins)
{
    const kin_exec_options options = { .env_set = LIST("KIN_TWICE=1", "KIN_OTHER=2", "KIN_TWICE=3") };
    kin_result result = { 0 };

    check_variable("KIN_TWICE", "3", &options);
    ASSERT_INT_EQ(0, run_child(&result, &options, "environment"));
    EXPECT_INT_EQ(1, count_entries(&result, "KIN_TWICE="));
    kin_result_free(&result);
}

TEST_C(Environment, W11_names_that_differ_in_case_are_one_on_windows_only)
{
    const kin_exec_options options = { .env_set = LIST("KIN_CASE=1", "kin_case=2") };
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, &options, "environment"));
    EXPECT_INT_EQ(host_is_windows() ? 1 : 2, count_entries(&result, "KIN_CASE=") + count_entries(&result, "kin_case="));
    kin_result_free(&result);
}

TEST_C(Environment, an_empty_value_is_not_unset)
{
    check_variable("KIN_EMPTY", "", EXEC_OPTIONS(.env_set = LIST("KIN_EMPTY=")));
}

TEST_C(Environment, a_value_may_have_more_equal_signs)
{
    check_variable("KIN_EQUATION", "a=b=c", EXEC_OPTIONS(.env_set = LIST("KIN_EQUATION=a=b=c")));
}

TEST_C(Environment, W16_values_beyond_ascii)
{
    check_variable("KIN_TEXT", "gr\xC3\xBC\xC3\x9F\x65 \xF0\x9F\x90\xA3",
                   EXEC_OPTIONS(.env_set = LIST("KIN_TEXT=gr\xC3\xBC\xC3\x9F\x65 \xF0\x9F\x90\xA3")));
}

TEST_C(Environment, a_long_value)
{
    enum { SIZE = 20000 };
    char *entry = malloc(SIZE + 1);

    ASSERT_NOT_NULL(entry);
    memset(entry, 'v', SIZE);
    memcpy(entry, "KIN_LONG=", 9);
    entry[SIZE] = '\0';
    check_variable("KIN_LONG", entry + 9, EXEC_OPTIONS(.env_set = LIST(entry)));
    free(entry);
}

TEST_C(Environment, clean_starts_from_nothing)
{
    kin_result result = { 0 };

    host_set_variable("KIN_INHERITED", "old");
    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.env_clean = true, .env_set = LIST("KIN_ONLY=1")), "environment"));
    EXPECT_INT_EQ(1, count_entries(&result, "KIN_ONLY=1"));
    EXPECT_INT_EQ(0, count_entries(&result, "KIN_INHERITED="));
    EXPECT_INT_EQ(0, count_entries(&result, "PATH="));
    if (!host_is_windows())
        EXPECT_UINT_EQ(sizeof "KIN_ONLY=1", result.out.size);
    kin_result_free(&result);
    host_set_variable("KIN_INHERITED", NULL);
}

TEST_C(Environment, clean_and_nothing_is_empty)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.env_clean = true), "environment"));
    EXPECT_EXITED(0, &result.status);
    if (!host_is_windows())
        EXPECT_UINT_EQ(0, result.out.size);
    kin_result_free(&result);
}

TEST_C(Environment, W13_clean_keeps_systemroot_on_windows)
{
    SKIP_ON_POSIX_C("there is no such variable");
    check_variable("SYSTEMROOT", "C:\\windows", EXEC_OPTIONS(.env_clean = true));
}

TEST_C(Environment, an_empty_list_is_no_wish)
{
    host_set_variable("KIN_INHERITED", "kept");
    check_variable("KIN_INHERITED", "kept",
                   EXEC_OPTIONS(.env_set = (const char *const[]){ NULL }, .env_unset = (const char *const[]){ NULL }));
    host_set_variable("KIN_INHERITED", NULL);
}

static const struct {
    const char *name;
    const char *set;
    const char *unset;
} bad_rows[] = { { "no_equal_sign", "NAME", NULL },
                 { "empty_name", "=value", NULL },
                 { "empty", "", NULL },
                 { "unset_empty", NULL, "" },
                 { "unset_with_a_value", NULL, "A=b" } };

TEST_CP(Environment, W14_what_is_no_variable_is_refused, bad_rows)
{
    const char *const set[] = { row->set, NULL };
    const char *const unset[] = { row->unset, NULL };
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_EINVAL, run_child(&result, EXEC_OPTIONS(.env_set = set, .env_unset = unset), "exit", "0"));
    EXPECT_ERROR(KIN_EINVAL, KIN_STAGE_OPTIONS, row->set != NULL ? "env_set" : "env_unset", &result.error);
    kin_result_free(&result);
}

TEST_C(Environment, the_directory_is_ours_without_a_wish)
{
    char directory[4096];
    kin_result result = { 0 };

    host_get_directory(directory, sizeof directory);
    ASSERT_INT_EQ(0, run_child(&result, NULL, "cwd"));
    EXPECT_OUTPUT(directory, &result);
    kin_result_free(&result);
}

TEST_C(Environment, S26_the_directory_is_the_childs_alone)
{
    char directory[4096];
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.cwd = scratch("")), "cwd"));
    EXPECT_TRUE(host_same_path(scratch(""), result.out.data));
    host_get_directory(directory, sizeof directory);
    EXPECT_FALSE(host_same_path(scratch(""), directory));
    kin_result_free(&result);
}

TEST_C(Environment, W17_a_directory_with_blanks_and_beyond_ascii)
{
    kin_result result = { 0 };
    const char *directory = scratch("a b \xC3\xBC \xE6\xBC\xA2");

    ASSERT_TRUE(host_make_directory(directory));
    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.cwd = directory), "cwd"));
    EXPECT_TRUE(host_same_path(directory, result.out.data));
    kin_result_free(&result);
}
