/* SPDX-License-Identifier: MIT */
/* Promise 1: how a program is found. */
#include "support/support.h"

/* A copy of the child program in a directory of the test. */
static const char *place_program(const char *directory, const char *name)
{
    const char *folder = scratch(directory);
    const char *path = text_of("%s%c%s%s", folder, host_separator(), name, host_program_suffix());

    host_make_directory(folder);
    EXPECT_TRUE(host_copy_program(child_path(), path));
    return path;
}

static int start(const char *const *argv, const kin_exec_options *options, kin_result *result)
{
    return kin_exec_file_sync(argv, options, result);
}

TEST_C(Search, S19_a_name_is_looked_up_in_the_path_of_the_child)
{
    kin_result result = { 0 };

    place_program("bin", "kin-placed");
    ASSERT_INT_EQ(
        0, start(LIST("kin-placed", "exit", "7"), EXEC_OPTIONS(.env_set = LIST(text_of("PATH=%s", scratch("bin")))), &result));
    EXPECT_EXITED(7, &result.status);
    kin_result_free(&result);
}

TEST_C(Search, S19_our_own_path_is_not_looked_at_when_the_child_has_another)
{
    kin_result result = { 0 };
    const char *old = getenv("PATH") != NULL ? text_of("%s", getenv("PATH")) : NULL;

    place_program("bin", "kin-placed");
    host_set_variable("PATH", scratch("bin"));
    EXPECT_INT_EQ(KIN_ENOENT, start(LIST("kin-placed", "exit", "7"),
                                    EXEC_OPTIONS(.env_set = LIST(text_of("PATH=%s", scratch("empty")))), &result));
    EXPECT_ERROR(KIN_ENOENT, KIN_STAGE_EXEC, "kin-placed", &result.error);
    host_set_variable("PATH", old);
    kin_result_free(&result);
}

TEST_C(Search, the_inherited_path_is_used_without_wishes)
{
    kin_result result = { 0 };
    const char *old = getenv("PATH") != NULL ? text_of("%s", getenv("PATH")) : NULL;

    place_program("bin", "kin-placed");
    host_set_variable("PATH", scratch("bin"));
    EXPECT_INT_EQ(0, start(LIST("kin-placed", "exit", "7"), NULL, &result));
    EXPECT_EXITED(7, &result.status);
    host_set_variable("PATH", old);
    kin_result_free(&result);
}

TEST_C(Search, earlier_elements_of_the_path_win)
{
    kin_result result = { 0 };
    const char *path = text_of("PATH=%s%c%s%c%s", scratch("missing"), host_list_separator(), scratch("first"),
                               host_list_separator(), scratch("second"));
    char found[4096];

    place_program("first", "kin-placed");
    place_program("second", "kin-placed");
    ASSERT_INT_GT(kin_which(SPAWN_OPTIONS(.argv = LIST("kin-placed"), .env_set = LIST(path)), found, sizeof found), 0);
    EXPECT_STR_CONTAINS("first", found);
    kin_result_free(&result);
}

static const struct {
    const char *name;
    const char *path;
} no_path_rows[] = { { "empty", "PATH=" },
                     { "dot", "PATH=." },
                     { "relative", "PATH=bin" },
                     { "only_separators_posix", "PATH=::" },
                     { "only_separators_windows", "PATH=;;" } };

TEST_CP(Search, S20_the_current_directory_is_never_searched, no_path_rows)
{
    kin_result result = { 0 };
    char directory[4096];

    place_program("bin", "kin-placed");
    place_program("", "kin-placed");
    host_get_directory(directory, sizeof directory);
    host_set_directory(scratch(""));
    EXPECT_INT_EQ(KIN_ENOENT, start(LIST("kin-placed", "exit", "7"), EXEC_OPTIONS(.env_set = LIST(row->path)), &result));
    EXPECT_ERROR(KIN_ENOENT, KIN_STAGE_EXEC, "kin-placed", &result.error);
    host_set_directory(directory);
    kin_result_free(&result);
}

TEST_C(Search, S21_without_a_path_the_current_directory_is_not_searched_either)
{
    kin_result result = { 0 };
    char directory[4096];

    place_program("", "kin-placed");
    host_get_directory(directory, sizeof directory);
    host_set_directory(scratch(""));
    EXPECT_INT_EQ(KIN_ENOENT, start(LIST("kin-placed", "exit", "7"), EXEC_OPTIONS(.env_unset = LIST("PATH")), &result));
    host_set_directory(directory);
    kin_result_free(&result);
}

TEST_C(Search, S23_a_relative_path_is_relative_to_the_directory_of_the_child)
{
    kin_result result = { 0 };
    const char *program = text_of("bin/kin-placed%s", host_program_suffix());

    place_program("bin", "kin-placed");
    ASSERT_INT_EQ(0, start(LIST(program, "exit", "7"), EXEC_OPTIONS(.cwd = scratch("")), &result));
    EXPECT_EXITED(7, &result.status);
    kin_result_free(&result);
    EXPECT_INT_EQ(KIN_ENOENT, start(LIST(program, "exit", "7"), NULL, &result));
    EXPECT_ERROR(KIN_ENOENT, KIN_STAGE_EXEC, program, &result.error);
    kin_result_free(&result);
}

TEST_C(Search, S23_dot_slash_is_relative_to_the_directory_of_the_child)
{
    kin_result result = { 0 };

    place_program("bin", "kin-placed");
    ASSERT_INT_EQ(0, start(LIST(text_of("./kin-placed%s", host_program_suffix()), "exit", "7"),
                           EXEC_OPTIONS(.cwd = scratch("bin")), &result));
    EXPECT_EXITED(7, &result.status);
    kin_result_free(&result);
}

TEST_C(Search, an_absolute_path_needs_no_search)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.cwd = scratch(""), .env_set = LIST("PATH=")), "exit", "7"));
    EXPECT_EXITED(7, &result.status);
    kin_result_free(&result);
}

TEST_C(Search, a_path_with_blanks_and_quotes_in_it)
{
    kin_result result = { 0 };
    const char *program = place_program("a b (c) & d's", "kin placed");

    ASSERT_INT_EQ(0, start(LIST(program, "exit", "7"), NULL, &result));
    EXPECT_EXITED(7, &result.status);
    kin_result_free(&result);
}

TEST_C(Search, a_path_beyond_ascii)
{
    kin_result result = { 0 };
    const char *program = place_program("gr\xC3\xBC\xC3\x9F\x65-\xE6\xBC\xA2", "kin-\xF0\x9F\x90\xA3");

    ASSERT_INT_EQ(0, start(LIST(program, "exit", "7"), NULL, &result));
    EXPECT_EXITED(7, &result.status);
    kin_result_free(&result);
}

TEST_C(Search, S27_file_is_started_and_argv_0_is_only_a_name)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, start(LIST("another name", "name"), EXEC_OPTIONS(.file = child_path()), &result));
    EXPECT_OUTPUT("another name", &result);
    kin_result_free(&result);
}

TEST_C(Search, S27_file_is_looked_up_and_argv_0_is_not)
{
    kin_result result = { 0 };

    place_program("bin", "kin-placed");
    ASSERT_INT_EQ(0, start(LIST("no-such-program", "exit", "7"),
                           EXEC_OPTIONS(.file = "kin-placed", .env_set = LIST(text_of("PATH=%s", scratch("bin")))), &result));
    EXPECT_EXITED(7, &result.status);
    kin_result_free(&result);
}

TEST_C(Search, S22_a_directory_in_the_path_is_passed_over)
{
    char found[4096];
    const char *path;

    host_make_directory(scratch("first"));
    host_make_directory(text_of("%s%ckin-placed%s", scratch("first"), host_separator(), host_program_suffix()));
    place_program("second", "kin-placed");
    path = text_of("PATH=%s%c%s", scratch("first"), host_list_separator(), scratch("second"));
    ASSERT_INT_GT(kin_which(SPAWN_OPTIONS(.argv = LIST("kin-placed"), .env_set = LIST(path)), found, sizeof found), 0);
    EXPECT_STR_CONTAINS("second", found);
}

TEST_C(Search, which_gives_the_path_that_a_start_would_use)
{
    const char *program = place_program("bin", "kin-placed");
    const kin_spawn_options options = { .argv = LIST("kin-placed"), .env_set = LIST(text_of("PATH=%s", scratch("bin"))) };
    char found[4096];

    ASSERT_INT_EQ(strlen(program), kin_which(&options, found, sizeof found));
    EXPECT_TRUE(host_same_path(program, found));
}

TEST_C(Search, which_says_when_the_room_is_too_small)
{
    const kin_spawn_options options = { .argv = LIST(child_path()) };
    const size_t size = strlen(child_path());
    char found[4096];

    EXPECT_INT_EQ(KIN_ENAMETOOLONG, kin_which(&options, found, size));
    EXPECT_INT_EQ(size, kin_which(&options, found, size + 1));
    EXPECT_INT_EQ(KIN_ENAMETOOLONG, kin_which(&options, found, 1));
}

TEST_C(Search, which_resolves_a_relative_path_against_the_directory_of_the_child)
{
    const char *program = place_program("bin", "kin-placed");
    char found[4096];

    ASSERT_INT_GT(
        kin_which(SPAWN_OPTIONS(.argv = LIST(text_of("./kin-placed%s", host_program_suffix())), .cwd = scratch("bin")), found,
                  sizeof found),
        0);
    EXPECT_TRUE(host_same_path(program, found));
}

TEST_C(Search, which_fails_as_a_start_does)
{
    kin_error error = { 0 };
    char found[64] = "kept";
    kin_spawn_options options = { .argv = LIST("kin-no-such-program"), .error = &error };

    EXPECT_INT_EQ(KIN_ENOENT, kin_which(&options, found, sizeof found));
    EXPECT_INT_EQ(KIN_EINVAL, kin_which(NULL, found, sizeof found));
    EXPECT_INT_EQ(KIN_EINVAL, kin_which(SPAWN_OPTIONS(0), found, sizeof found));
    EXPECT_INT_EQ(KIN_EINVAL, kin_which(&options, NULL, 10));
}

TEST_C(Search, W08_windows_adds_exe_and_never_bat)
{
    kin_result result = { 0 };

    SKIP_ON_POSIX_C("a program's name has no suffix");
    host_make_directory(scratch("bin"));
    scratch_file("bin\\kin-script.bat", "@exit 5\r\n");
    EXPECT_INT_EQ(KIN_ENOENT,
                  start(LIST("kin-script"), EXEC_OPTIONS(.env_set = LIST(text_of("PATH=%s", scratch("bin")))), &result));
    kin_result_free(&result);
}

TEST_C(Search, W03_a_batch_file_is_refused)
{
    kin_result result = { 0 };

    SKIP_ON_POSIX_C("there are no batch files");
    EXPECT_INT_EQ(KIN_EINVAL, start(LIST(scratch_file("kin-script.bat", "@exit 5\r\n"), "\"&whoami"), NULL, &result));
    kin_result_free(&result);
    EXPECT_INT_EQ(KIN_EINVAL, start(LIST(scratch_file("kin-script.CmD", "@exit 5\r\n")), NULL, &result));
    kin_result_free(&result);
}

TEST_C(Search, W04_a_batch_file_runs_when_escaping_was_asked_for)
{
    kin_result result = { 0 };

    SKIP_ON_POSIX_C("there are no batch files");
    ASSERT_INT_EQ(
        0, start(LIST(scratch_file("kin-script.bat", "@exit 5\r\n"), "a"), EXEC_OPTIONS(.batch = KIN_BATCH_ESCAPE), &result));
    EXPECT_EXITED(5, &result.status);
    kin_result_free(&result);
}
