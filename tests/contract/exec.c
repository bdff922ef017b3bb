/* SPDX-License-Identifier: MIT */
/* Promises 9 and 10: exec and exec_file, their limits and times. */
#include "support/support.h"

/* ----------------------------------------------------------------------------------------------------------- exec_file --- */

TEST_C(ExecFile, captures_both_outputs)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, NULL, "say", "1", "to out", "2", "to err"));
    EXPECT_INT_EQ(0, result.code);
    EXPECT_OUTPUT("to out", &result);
    EXPECT_ERROR_OUTPUT("to err", &result);
    EXPECT_FALSE(result.out.truncated);
    EXPECT_FALSE(result.err.truncated);
    EXPECT_STR_EQ("ok", kin_error_text(&result.error));
    kin_result_free(&result);
}

TEST_C(ExecFile, silence_is_an_empty_text_not_null)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, NULL, "exit", "0"));
    EXPECT_OUTPUT("", &result);
    EXPECT_ERROR_OUTPUT("", &result);
    kin_result_free(&result);
}

TEST_C(ExecFile, an_exit_code_is_no_error)
{
    kin_result result = { 0 };

    EXPECT_INT_EQ(0, run_child(&result, NULL, "exit", "9"));
    EXPECT_INT_EQ(0, result.code);
    EXPECT_EXITED(9, &result.status);
    EXPECT_FALSE(kin_status_ok(&result.status));
    kin_result_free(&result);
}

TEST_C(ExecFile, without_input_the_child_sees_the_end)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, NULL, "count"));
    EXPECT_OUTPUT("0 match", &result);
    kin_result_free(&result);
    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.input = "", .input_size = 0), "count"));
    EXPECT_OUTPUT("0 match", &result);
    kin_result_free(&result);
}

TEST_C(ExecFile, F24_sixteen_megabytes_in_while_they_come_out_again)
{
    const size_t size = SCALED(16, 2) * 1024 * 1024;
    unsigned char *input = malloc(size);
    kin_result result = { 0 };

    ASSERT_NOT_NULL(input);
    pattern_write(input, size);
    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.input = input, .input_size = size, .max_buffer = KIN_UNLIMITED), "cat"));
    EXPECT_UINT_EQ(size, result.out.size);
    EXPECT_MEM_EQ(input, result.out.data, result.out.size < size ? result.out.size : size);
    kin_result_free(&result);
    free(input);
}

TEST_C(ExecFile, T10_both_outputs_at_once)
{
    const size_t size = SCALED(8, 1) * 1024 * 1024;
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.max_buffer = KIN_UNLIMITED), "spam", "both",
                               text_of("%llu", (unsigned long long)size)));
    EXPECT_UINT_EQ(size, result.out.size);
    EXPECT_UINT_EQ(size, result.err.size);
    EXPECT_TRUE(pattern_is_at(result.out.data, result.out.size));
    EXPECT_TRUE(pattern_is_at(result.err.data, result.err.size));
    kin_result_free(&result);
}

TEST_C(ExecFile, F11_input_that_the_child_does_not_read_is_no_error)
{
    const size_t size = 4 * 1024 * 1024;
    unsigned char *input = calloc(size, 1);
    kin_result result = { 0 };

    ASSERT_NOT_NULL(input);
    EXPECT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.input = input, .input_size = size), "say", "1", "enough"));
    EXPECT_EXITED(0, &result.status);
    EXPECT_OUTPUT("enough", &result);
    kin_result_free(&result);
    EXPECT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.input = input, .input_size = size), "take", "100000"));
    EXPECT_EXITED(0, &result.status);
    kin_result_free(&result);
    free(input);
}

TEST_C(ExecFile, merged_outputs_keep_their_order)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.merge_err = true), "turns", "4"));
    EXPECT_OUTPUT("out 0\nerr 1\nout 2\nerr 3\n", &result);
    EXPECT_ERROR_OUTPUT("", &result);
    kin_result_free(&result);
}

TEST_C(ExecFile, the_duration_is_measured)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, NULL, "exit", "0"));
    EXPECT_INT_GT(result.duration_us, 0);
    EXPECT_INT_LT(result.duration_us, INT64_C(600) * 1000000);
    kin_result_free(&result);
}

TEST_C(ExecFile, a_result_may_be_freed_twice_and_unused)
{
    kin_result result = { 0 };

    kin_result_free(NULL);
    kin_result_free(&result);
    ASSERT_INT_EQ(0, run_child(&result, NULL, "say", "1", "x"));
    kin_result_free(&result);
    EXPECT_NULL(result.out.data);
    EXPECT_UINT_EQ(0, result.out.size);
    kin_result_free(&result);
}

/* ------------------------------------------------------------------------------------------------------------- limits --- */

static const struct {
    const char *name;
    size_t limit; /* as in the options */
    size_t exact;
} limit_rows[] = { { "one", 1, 1 },          { "small", 1000, 1000 },   { "page", 4096, 4096 },
                   { "pipe", 65536, 65536 }, { "odd", 100001, 100001 }, { "default", 0, 1024 * 1024 } };

TEST_CP(ExecFile, F25_the_limit_exactly_is_fine, limit_rows)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.max_buffer = row->limit), "spam", "both",
                               text_of("%llu", (unsigned long long)row->exact)));
    EXPECT_UINT_EQ(row->exact, result.out.size);
    EXPECT_UINT_EQ(row->exact, result.err.size);
    EXPECT_FALSE(result.out.truncated);
    EXPECT_FALSE(result.err.truncated);
    kin_result_free(&result);
}

static void check_over_limit(const char *slot, size_t limit, size_t exact)
{
    const bool out = strcmp(slot, "out") == 0;
    kin_result result = { 0 };
    const kin_bytes *full = out ? &result.out : &result.err;
    const kin_bytes *other = out ? &result.err : &result.out;

    EXPECT_INT_EQ(KIN_ENOBUFS, run_child(&result, EXEC_OPTIONS(.max_buffer = limit), "spam", slot,
                                         text_of("%llu", (unsigned long long)exact + 1)));
    EXPECT_INT_EQ(KIN_ENOBUFS, result.code);
    EXPECT_INT_EQ(KIN_STAGE_RUN, result.error.stage);
    EXPECT_INT_EQ(KIN_CAUSE_OUTPUT_LIMIT, result.status.cause);
    EXPECT_UINT_EQ(exact, full->size);
    EXPECT_TRUE(full->truncated);
    EXPECT_TRUE(pattern_is_at(full->data, full->size));
    EXPECT_FALSE(other->truncated);
    EXPECT_UINT_EQ(0, other->size);
    kin_result_free(&result);
}

TEST_CP(ExecFile, F25_one_byte_more_on_stdout_is_too_much, limit_rows)
{
    check_over_limit("out", row->limit, row->exact);
}

TEST_CP(ExecFile, F25_one_byte_more_on_stderr_is_too_much, limit_rows)
{
    check_over_limit("err", row->limit, row->exact);
}

TEST_C(ExecFile, F25_a_flood_is_ended)
{
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_ENOBUFS, run_child(&result, EXEC_OPTIONS(.max_buffer = 1000), "spam", "both", "100000000000"));
    EXPECT_INT_EQ(KIN_CAUSE_OUTPUT_LIMIT, result.status.cause);
    EXPECT_UINT_EQ(1000, result.out.size);
    EXPECT_INT_LE(result.err.size, 1000);
    EXPECT_INT_NE(KIN_EXIT_NONE, result.status.kind);
    kin_result_free(&result);
}

TEST_C(ExecFile, F25_a_flood_of_a_grandchild_is_ended)
{
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_ENOBUFS,
                  run_child(&result, EXEC_OPTIONS(.max_buffer = 1000), "parent-of", "spam", "out", "100000000000"));
    EXPECT_UINT_EQ(1000, result.out.size);
    kin_result_free(&result);
}

TEST_C(ExecFile, unlimited_is_unlimited)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.max_buffer = KIN_UNLIMITED), "spam", "out", "5000000"));
    EXPECT_UINT_EQ(5000000, result.out.size);
    kin_result_free(&result);
}

/* --------------------------------------------------------------------------------------------------------------- shell --- */

static const char *shell_line(const char *format)
{
    return text_of(format, child_path(), child_path());
}

TEST_C(Exec, runs_a_line_in_the_shell)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, kin_exec_sync(shell_line("\"%s\" say 1 hello"), NULL, &result));
    EXPECT_EXITED(0, &result.status);
    EXPECT_OUTPUT("hello", &result);
    kin_result_free(&result);
}

TEST_C(Exec, the_exit_code_is_the_commands)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, kin_exec_sync(shell_line("\"%s\" exit 17"), NULL, &result));
    EXPECT_EXITED(17, &result.status);
    kin_result_free(&result);
    ASSERT_INT_EQ(0, kin_exec_sync("exit 18", NULL, &result));
    EXPECT_EXITED(18, &result.status);
    kin_result_free(&result);
}

TEST_C(Exec, a_pipeline)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, kin_exec_sync(shell_line("\"%s\" spam out 200000 | \"%s\" count"), NULL, &result));
    EXPECT_OUTPUT("200000 match", &result);
    kin_result_free(&result);
}

TEST_C(Exec, and_or)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, kin_exec_sync(shell_line("\"%s\" exit 3 || \"%s\" say 1 alternative"), NULL, &result));
    EXPECT_OUTPUT("alternative", &result);
    kin_result_free(&result);
    ASSERT_INT_EQ(0, kin_exec_sync(shell_line("\"%s\" exit 0 && \"%s\" say 1 next"), NULL, &result));
    EXPECT_OUTPUT("next", &result);
    EXPECT_EXITED(0, &result.status);
    kin_result_free(&result);
}

TEST_C(Exec, a_redirection)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, kin_exec_sync(shell_line("\"%s\" say 2 error 2>&1"), NULL, &result));
    EXPECT_OUTPUT("error", &result);
    EXPECT_ERROR_OUTPUT("", &result);
    kin_result_free(&result);
}

TEST_C(Exec, a_quoted_argument_with_blanks)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, kin_exec_sync(shell_line("\"%s\" say 1 \"two words\""), NULL, &result));
    EXPECT_OUTPUT("two words", &result);
    kin_result_free(&result);
}

TEST_C(Exec, a_command_that_is_not_found_is_an_exit_code_of_the_shell)
{
    kin_result result = { 0 };

    EXPECT_INT_EQ(0, kin_exec_sync("kin-no-such-command", NULL, &result));
    EXPECT_INT_EQ(KIN_EXIT_CODE, result.status.kind);
    EXPECT_INT_NE(0, result.status.code);
    EXPECT_INT_GT(result.err.size, 0);
    kin_result_free(&result);
}

TEST_C(Exec, has_input_and_directory_and_environment)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, kin_exec_sync(shell_line("\"%s\" cat"), EXEC_OPTIONS(.input = "in", .input_size = 2), &result));
    EXPECT_OUTPUT("in", &result);
    kin_result_free(&result);
    ASSERT_INT_EQ(0, kin_exec_sync(shell_line("\"%s\" cwd"), EXEC_OPTIONS(.cwd = scratch("")), &result));
    EXPECT_TRUE(host_same_path(scratch(""), result.out.data));
    kin_result_free(&result);
    ASSERT_INT_EQ(
        0, kin_exec_sync(shell_line("\"%s\" variable KIN_SHELL"), EXEC_OPTIONS(.env_set = LIST("KIN_SHELL=yes")), &result));
    EXPECT_OUTPUT("yes", &result);
    kin_result_free(&result);
}

TEST_C(Exec, T04_a_timeout_ends_the_shell_and_what_it_runs)
{
    kin_result result = { 0 };

    UNTIL_IT_HAD_BEGUN(limit, result.out.size)
    {
        kin_result_free(&result);
        EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_exec_sync(shell_line("\"%s\" read-nothing && \"%s\" say 1 never"),
                                                   EXEC_OPTIONS(.timeout_ms = limit, .close_delay_ms = KIN_FOREVER), &result));
    }
    EXPECT_OUTPUT("ready\n", &result);
    EXPECT_FALSE(result.status.output_incomplete);
    kin_result_free(&result);
}

TEST_C(Exec, file_is_not_for_a_shell)
{
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_sync("exit 0", EXEC_OPTIONS(.file = child_path()), &result));
    kin_result_free(&result);
}

/* ------------------------------------------------------------------------------------------------------------ on a loop --- */

struct done {
    unsigned count;
    int code;
    char *out;
    size_t size;
    kin_status status;
    kin_child *child;
};

static void keep_result(kin_result *result, void *user)
{
    struct done *done = user;

    done->count++;
    done->code = result->code;
    done->status = result->status;
    done->out = result->out.data;
    done->size = result->out.size;
    result->out.data = NULL; /* ours now */
}

TEST_C(ExecFile, on_a_loop)
{
    struct done done = { 0 };
    kin_loop *loop = open_loop();

    ASSERT_INT_EQ(0, kin_exec_file(loop, CHILD("say", "1", "kept"), NULL, keep_result, &done, &done.child));
    EXPECT_NOT_NULL(done.child);
    EXPECT_INT_GT(kin_child_id(done.child), 0);
    EXPECT_INT_EQ(0, done.count);
    run_loop(loop);
    EXPECT_INT_EQ(1, done.count);
    EXPECT_INT_EQ(0, done.code);
    EXPECT_UINT_EQ(4, done.size);
    EXPECT_STR_EQ("kept", done.out);
    free(done.out);
    close_loop(loop);
}

TEST_C(ExecFile, many_at_once_on_a_loop)
{
    enum { MOST = 20 };
    const unsigned count = SCALED(MOST, 8);
    struct done done[MOST] = { { 0 } };
    kin_loop *loop = open_loop();

    for (unsigned i = 0; i < count; i++)
        ASSERT_INT_EQ(0, kin_exec_file(loop, CHILD("say", "1", text_of("%u", i)), NULL, keep_result, &done[i], NULL));
    run_loop(loop);
    for (unsigned i = 0; i < count; i++) {
        EXPECT_INT_EQ(1, done[i].count);
        EXPECT_STR_EQ(text_of("%u", i), done[i].out);
        free(done[i].out);
    }
    close_loop(loop);
}

TEST_C(ExecFile, on_a_loop_that_cannot_start_tells_nothing)
{
    struct done done = { 0 };
    kin_loop *loop = open_loop();

    EXPECT_INT_EQ(KIN_ENOENT, kin_exec_file(loop, LIST("kin-no-such-program"), NULL, keep_result, &done, &done.child));
    EXPECT_NULL(done.child);
    run_loop(loop);
    EXPECT_INT_EQ(0, done.count);
    close_loop(loop);
}

TEST_C(ExecFile, on_a_loop_may_be_killed)
{
    struct done done = { 0 };
    kin_loop *loop = open_loop();

    ASSERT_INT_EQ(0, kin_exec_file(loop, CHILD("read-nothing"), NULL, keep_result, &done, &done.child));
    EXPECT_INT_EQ(0, kin_kill_tree(done.child, KIN_SIGNAL_KILL));
    run_loop(loop);
    EXPECT_INT_EQ(1, done.count);
    EXPECT_INT_EQ(0, done.code);
    EXPECT_ENDED_BY(KIN_SIGNAL_KILL, KIN_CAUSE_KILLED, &done.status);
    free(done.out);
    close_loop(loop);
}

TEST_C(ExecFile, on_a_loop_with_a_limit_and_a_timeout)
{
    struct done limited = { 0 };
    struct done late = { 0 };
    kin_loop *loop = open_loop();

    ASSERT_INT_EQ(
        0, kin_exec_file(loop, CHILD("spam", "out", "100000"), EXEC_OPTIONS(.max_buffer = 10), keep_result, &limited, NULL));
    UNTIL_IT_HAD_BEGUN(limit, late.size)
    {
        free(late.out);
        ASSERT_INT_EQ(0,
                      kin_exec_file(loop, CHILD("read-nothing"), EXEC_OPTIONS(.timeout_ms = limit), keep_result, &late, NULL));
        run_loop(loop);
    }
    EXPECT_INT_EQ(KIN_ENOBUFS, limited.code);
    EXPECT_UINT_EQ(10, limited.size);
    EXPECT_INT_EQ(KIN_ETIMEDOUT, late.code);
    EXPECT_STR_EQ("ready\n", late.out);
    free(limited.out);
    free(late.out);
    close_loop(loop);
}

TEST_C(Exec, on_a_loop)
{
    struct done done = { 0 };
    char line[4096];
    kin_loop *loop = open_loop();

    snprintf(line, sizeof line, "\"%s\" say 1 hello", child_path());
    ASSERT_INT_EQ(0, kin_exec(loop, line, NULL, keep_result, &done, NULL));
    memset(line, 'x', sizeof line - 1); /* it was copied */
    run_loop(loop);
    EXPECT_INT_EQ(1, done.count);
    EXPECT_STR_EQ("hello", done.out);
    free(done.out);
    close_loop(loop);
}

TEST_C(ExecFile, a_loop_may_be_released_before_it_is_done)
{
    static const char input[] = "input";
    struct done done = { 0 };
    kin_loop *loop = open_loop();

    ASSERT_INT_EQ(0,
                  kin_exec_file(loop, CHILD("cat"), EXEC_OPTIONS(.input = input, .input_size = 5), keep_result, &done, NULL));
    close_loop(loop);
    EXPECT_INT_EQ(0, done.count);
}
