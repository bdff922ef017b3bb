/* SPDX-License-Identifier: MIT */
/* Promise 5: what prevents a start is the result of the call. That nothing is left behind is checked after every test. */
#include "support/support.h"

TEST_C(StartErrors, S01_a_missing_program_by_path)
{
    const char *path = scratch("no-such-program");
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_ENOENT, kin_exec_file_sync(LIST(path), NULL, &result));
    EXPECT_INT_EQ(KIN_ENOENT, result.code);
    EXPECT_ERROR(KIN_ENOENT, KIN_STAGE_EXEC, path, &result.error);
    EXPECT_STR_EQ(text_of("exec: ENOENT: %s", path), kin_error_text(&result.error));
    EXPECT_INT_EQ(KIN_EXIT_NONE, result.status.kind);
    kin_result_free(&result);
}

TEST_C(StartErrors, S01_a_missing_program_by_name)
{
    kin_error error = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    EXPECT_INT_EQ(KIN_ENOENT, kin_spawn(loop, SPAWN_OPTIONS(.argv = LIST("kin-no-such-program"), .error = &error), &child));
    EXPECT_NULL(child);
    EXPECT_ERROR(KIN_ENOENT, KIN_STAGE_EXEC, "kin-no-such-program", &error);
    EXPECT_STR_EQ("exec: ENOENT: kin-no-such-program", kin_error_text(&error));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    close_loop(loop);
}

TEST_C(StartErrors, S24_a_missing_directory_is_not_blamed_on_the_program)
{
    const char *path = scratch("no-such-directory");
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_ENOENT, run_child(&result, EXEC_OPTIONS(.cwd = path), "exit", "0"));
    EXPECT_ERROR(KIN_ENOENT, KIN_STAGE_CHDIR, path, &result.error);
    EXPECT_STR_EQ(text_of("chdir: ENOENT: %s", path), kin_error_text(&result.error));
    kin_result_free(&result);
}

TEST_C(StartErrors, S24_a_directory_that_is_a_file)
{
    const char *path = scratch_file("file", "");
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_ENOTDIR, run_child(&result, EXEC_OPTIONS(.cwd = path), "exit", "0"));
    EXPECT_ERROR(KIN_ENOTDIR, KIN_STAGE_CHDIR, path, &result.error);
    kin_result_free(&result);
}

TEST_C(StartErrors, S22_a_program_that_is_a_directory)
{
    const char *path = scratch("directory");
    kin_result result = { 0 };

    host_make_directory(path);
    EXPECT_INT_EQ(KIN_EACCES, kin_exec_file_sync(LIST(path), NULL, &result));
    EXPECT_ERROR(KIN_EACCES, KIN_STAGE_EXEC, path, &result.error);
    kin_result_free(&result);
}

TEST_C(StartErrors, S18_a_file_that_is_not_executable)
{
    const char *path = scratch_file("data", "text");
    kin_result result = { 0 };

    SKIP_ON_WINDOWS_C("files have no such mode");
    EXPECT_INT_EQ(KIN_EACCES, kin_exec_file_sync(LIST(path), NULL, &result));
    EXPECT_ERROR(KIN_EACCES, KIN_STAGE_EXEC, path, &result.error);
    kin_result_free(&result);
}

TEST_C(StartErrors, S18_permission_denied_in_the_path_is_not_hidden_by_what_is_missing_later)
{
    kin_result result = { 0 };
    const char *path;

    SKIP_ON_WINDOWS_C("files have no such mode");
    host_make_directory(scratch("first"));
    scratch_file("first/kin-placed", "text");
    path = text_of("PATH=%s:%s", scratch("first"), scratch("second"));
    EXPECT_INT_EQ(KIN_EACCES, kin_exec_file_sync(LIST("kin-placed"), EXEC_OPTIONS(.env_set = LIST(path)), &result));
    kin_result_free(&result);
}

TEST_C(StartErrors, S17_a_file_that_is_no_program_meets_no_shell)
{
    const char *path = scratch_file(text_of("script%s", host_program_suffix()), "echo shell\n");
    kin_result result = { 0 };

    host_make_executable(path);
    EXPECT_INT_EQ(KIN_ENOEXEC, kin_exec_file_sync(LIST(path), NULL, &result));
    EXPECT_ERROR(KIN_ENOEXEC, KIN_STAGE_EXEC, path, &result.error);
    kin_result_free(&result);
}

TEST_C(StartErrors, S22_a_path_through_a_file)
{
    const char *path = text_of("%s%cprogram", scratch_file("file", ""), host_separator());
    kin_result result = { 0 };
    const int code = kin_exec_file_sync(LIST(path), NULL, &result);

    EXPECT_TRUE(code == KIN_ENOTDIR || (host_is_windows() && code == KIN_ENOENT));
    EXPECT_INT_EQ(KIN_STAGE_EXEC, result.error.stage);
    kin_result_free(&result);
}

TEST_C(StartErrors, S30_arguments_that_are_too_long)
{
    enum { SIZE = 8 * 1024 * 1024 };
    char *text = malloc(SIZE + 1);
    kin_result result = { 0 };

    if (host_is_below_valgrind()) {
        free(text);
        SKIP_C("valgrind cannot tell a late failure of execve()");
    }
    ASSERT_NOT_NULL(text);
    memset(text, 'x', SIZE);
    text[SIZE] = '\0';
    EXPECT_INT_EQ(KIN_E2BIG, run_child(&result, NULL, "echo", text));
    EXPECT_ERROR(KIN_E2BIG, KIN_STAGE_EXEC, NULL, &result.error);
    kin_result_free(&result);
    free(text);
}

TEST_C(StartErrors, S30_many_arguments_that_are_too_long_together)
{
    enum { COUNT = 3000000 };
    const char **argv = calloc(COUNT + 1, sizeof *argv);
    kin_result result = { 0 };

    if (host_is_below_valgrind()) {
        free(argv);
        SKIP_C("valgrind cannot tell a late failure of execve()");
    }
    ASSERT_NOT_NULL(argv);
    argv[0] = child_path();
    for (size_t i = 1; i < COUNT; i++)
        argv[i] = "argument";
    EXPECT_INT_EQ(KIN_E2BIG, kin_exec_file_sync(argv, NULL, &result));
    kin_result_free(&result);
    free(argv);
}

TEST_C(StartErrors, S24_a_name_that_is_too_long)
{
    char path[6000];
    kin_result result = { 0 };
    int code;

    memset(path, 'x', sizeof path);
    memcpy(path, "./", 2);
    path[sizeof path - 1] = '\0';
    code = kin_exec_file_sync(LIST(path), NULL, &result);
    EXPECT_TRUE(code == KIN_ENAMETOOLONG || (host_is_windows() && code == KIN_ENOENT));
    EXPECT_INT_LT(strlen(kin_error_text(&result.error)), KIN_ERROR_TEXT_SIZE);
    kin_result_free(&result);
}

TEST_C(StartErrors, F19_a_file_for_a_slot_that_is_missing)
{
    const char *path = scratch("no-such-file");
    kin_error error = { 0 };
    kin_child *child = NULL;

    EXPECT_INT_EQ(KIN_ENOENT, kin_spawn(NULL,
                                        SPAWN_OPTIONS(.argv = CHILD("cat"), .in = { .kind = KIN_STDIO_FILE_READ, .path = path },
                                                      .out = { .kind = KIN_STDIO_PIPE }, .error = &error),
                                        &child));
    EXPECT_ERROR(KIN_ENOENT, KIN_STAGE_OPEN, path, &error);
    EXPECT_NULL(child);
}

TEST_C(StartErrors, F19_a_file_for_a_slot_that_is_a_directory)
{
    const char *path = scratch("");
    kin_error error = { 0 };
    kin_child *child = NULL;
    const int code = kin_spawn(
        NULL, SPAWN_OPTIONS(.argv = CHILD("cat"), .out = { .kind = KIN_STDIO_FILE_TRUNCATE, .path = path }, .error = &error),
        &child);

    EXPECT_TRUE(code == KIN_EISDIR || (host_is_windows() && code == KIN_EACCES));
    EXPECT_ERROR(error.code, KIN_STAGE_OPEN, path, &error);
}

TEST_C(StartErrors, F05_a_handle_that_is_not_open)
{
    kin_error error = { 0 };
    kin_child *child = NULL;

    EXPECT_INT_EQ(KIN_EBADF,
                  kin_spawn(NULL,
                            SPAWN_OPTIONS(.argv = CHILD("exit", "0"),
                                          .err = { .kind = KIN_STDIO_HANDLE, .handle = host_bad_handle() }, .error = &error),
                            &child));
    EXPECT_ERROR(KIN_EBADF, KIN_STAGE_STDIO, NULL, &error);
}

TEST_C(StartErrors, a_failed_start_tells_no_callback)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    EXPECT_INT_EQ(KIN_ENOENT, kin_spawn(loop,
                                        SPAWN_OPTIONS(.argv = LIST(scratch("missing")), .out = { RECORDED_OUT },
                                                      .in = { .kind = KIN_STDIO_PIPE }, .timeout_ms = 1, RECORDED(&recorder)),
                                        &child));
    run_loop(loop);
    EXPECT_STR_EQ("", recorder.events);
    close_loop(loop);
}

TEST_C(StartErrors, S04_a_hundred_failures_then_a_good_one)
{
    kin_loop *loop = open_loop();
    struct recorder recorder = { 0 };
    const char *missing = scratch("missing");

    for (unsigned i = 0; i < 100; i++) {
        kin_child *child = NULL;

        ASSERT_INT_EQ(KIN_ENOENT, kin_spawn(loop,
                                            SPAWN_OPTIONS(.argv = LIST(missing), .in = { .kind = KIN_STDIO_PIPE },
                                                          .out = { RECORDED_OUT }, .err = { RECORDED_ERR }),
                                            &child));
    }
    ASSERT_INT_EQ(
        0,
        kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("say", "1", "good"), .out = { RECORDED_OUT }, RECORDED(&recorder)), NULL));
    run_loop(loop);
    EXPECT_STR_EQ("good", text_in(&recorder.out));
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(StartErrors, a_success_leaves_the_error_empty)
{
    kin_error error = { .code = KIN_EIO };
    kin_loop *loop = open_loop();

    ASSERT_INT_EQ(0, kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .error = &error), NULL));
    run_loop(loop);
    close_loop(loop);
}

TEST_C(StartErrors, R17_an_exit_code_of_127_is_an_exit_code)
{
    kin_result result = { 0 };

    EXPECT_INT_EQ(0, run_child(&result, NULL, "exit", "127"));
    EXPECT_EXITED(127, &result.status);
    kin_result_free(&result);
}

static const struct {
    const char *name;
    int code;
} code_rows[] = { { "ENOENT", KIN_ENOENT },
                  { "EACCES", KIN_EACCES },
                  { "E2BIG", KIN_E2BIG },
                  { "ENOBUFS", KIN_ENOBUFS },
                  { "EUNKNOWN", KIN_EUNKNOWN },
                  { "EUNKNOWN", -1000 },
                  { "ok", 0 },
                  { "ok", 17 } };

TEST_C(StartErrors, codes_have_names_and_meanings)
{
    for (size_t i = 0; i < sizeof code_rows / sizeof code_rows[0]; i++)
        EXPECT_STR_EQ(code_rows[i].name, kin_code_name(code_rows[i].code));
    EXPECT_STR_EQ("no such file or directory", kin_code_text(KIN_ENOENT));
    EXPECT_STR_EQ("chdir", kin_stage_name(KIN_STAGE_CHDIR));
    EXPECT_STR_EQ("", kin_stage_name(KIN_STAGE_NONE));
}

TEST_C(StartErrors, no_error_reads_as_ok)
{
    EXPECT_STR_EQ("ok", kin_error_text(NULL));
    EXPECT_STR_EQ("ok", kin_error_text(&(kin_error){ 0 }));
    EXPECT_STR_EQ("", kin_error_subject(NULL));
    EXPECT_STR_EQ("", kin_error_subject(&(kin_error){ 0 }));
}
