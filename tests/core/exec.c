/* SPDX-License-Identifier: MIT */
/* kin_exec_file(), kin_exec() and their blocking sisters: limits, escalation, and a result in any case. */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

static const char *const argv[] = { "program", "argument", NULL };

static void note_result(const kin_result *result)
{
    char status[128];

    kin_status_text(&result->status, status, sizeof status);
    note("done(%s: %s%s)", kin_code_name(result->code), status, result->status.forced ? ", forced" : "");
    if (result->out.size > 0 || result->out.truncated)
        note("out(%.*s%s)", result->out.size < 64 ? (int)result->out.size : 0, result->out.data,
             result->out.truncated ? ", truncated" : "");
    if (result->err.size > 0 || result->err.truncated)
        note("err(%.*s%s)", (int)result->err.size, result->err.data, result->err.truncated ? ", truncated" : "");
}

static void (*in_done)(void);

static void note_done(kin_result *result, void *user)
{
    EXPECT_NOT_NULL(result->out.data);
    EXPECT_NOT_NULL(result->err.data);
    if (result->out.data != NULL)
        EXPECT_INT_EQ(0, result->out.data[result->out.size]);
    EXPECT_STR_EQ("user", user);
    note_result(result);
    if (in_done != NULL)
        in_done();
    in_done = NULL;
}

static void exec_with(const kin_exec_options *options)
{
    in_done = NULL;
    ASSERT_INT_EQ(0, kin_exec_file(loop, argv, options, note_done, (void *)"user", &child));
    ASSERT_NOT_NULL(child);
}

static void finish(uint32_t code)
{
    fake_exits(fake_process(), code);
    fake_child_ends(fake_pipe(1));
    if (fake_pipe(2) != NULL)
        fake_child_ends(fake_pipe(2));
}

TEST_C(Exec, CapturesBothOutputs)
{
    exec_with(NULL);
    EXPECT_TRUE(fake_launch()->tree);
    EXPECT_NULL(fake_pipe(0));
    fake_child_says(fake_pipe(1), "out");
    fake_child_says(fake_pipe(2), "err");
    finish(3);
    run();
    EXPECT_STR_EQ("done(ok: exited 3) out(out) err(err)", noted());
    EXPECT_TRUE(fake_is_process_closed(fake_process()));
}

TEST_C(Exec, OfAQuietChildGivesEmptyOutputs)
{
    exec_with(NULL);
    finish(0);
    run();
    EXPECT_STR_EQ("done(ok: exited 0)", noted());
}

TEST_C(Exec, MergesErrIntoOut)
{
    exec_with(&(kin_exec_options){ .merge_err = true });
    EXPECT_NULL(fake_pipe(2));
    fake_child_says(fake_pipe(1), "both");
    finish(0);
    run();
    EXPECT_STR_EQ("done(ok: exited 0) out(both)", noted());
}

TEST_C(Exec, FeedsItsInputAndEndsIt)
{
    exec_with(&(kin_exec_options){ .input = "input", .input_size = 5 });
    settle_down();
    EXPECT_STR_EQ("input", fake_written(fake_pipe(0), NULL));
    EXPECT_TRUE(fake_is_closed(fake_pipe(0)));
    finish(0);
    run();
    EXPECT_STR_EQ("done(ok: exited 0)", noted());
}

TEST_C(Exec, AnInputThatIsNotWantedIsNoFailure)
{
    exec_with(&(kin_exec_options){ .input = "input", .input_size = 5 });
    fake_hangs_up(fake_pipe(0));
    finish(0);
    run();
    EXPECT_STR_EQ("done(ok: exited 0)", noted());
}

static void check_input_is_back(void)
{
    EXPECT_FALSE(fake_is_under_way(fake_pipe(0)));
    EXPECT_TRUE(fake_is_closed(fake_pipe(0)));
}

/* The input is lent until the callback, and not a moment longer. */
TEST_C(Exec, TheInputIsBackWhenItIsDone)
{
    exec_with(&(kin_exec_options){ .input = "input", .input_size = 5 });
    in_done = check_input_is_back;
    fake_child_reads(fake_pipe(0), 2);
    settle_down();
    fake_hold_cancelled(fake_pipe(0));
    finish(0);
    settle_down();
    EXPECT_STR_EQ("", noted());
    fake_release_cancelled(fake_pipe(0));
    run();
    EXPECT_STR_EQ("done(ok: exited 0)", noted());
}

/* ---------------------------------------------------------------------------------------------------------------- limits */

static const struct {
    const char *name;
    size_t limit;
    const char *out;
    const char *err;
    const char *expected;
} output_limits[] = {
    { "below", 4, "abc", "", "done(ok: exited 0) out(abc)" },
    { "exact", 4, "abcd", "", "done(ok: exited 0) out(abcd)" },
    { "one_more", 4, "abcde", "", "done(ENOBUFS: signal 15 (output limit)) out(abcd, truncated)" },
    { "many_more", 4, "abcdefghijklmnopqrstuvwxyz", "", "done(ENOBUFS: signal 15 (output limit)) out(abcd, truncated)" },
    { "exact_twice", 4, "abcd", "efgh", "done(ok: exited 0) out(abcd) err(efgh)" },
    { "err_one_more", 4, "ab", "abcde", "done(ENOBUFS: signal 15 (output limit)) out(ab) err(abcd, truncated)" },
    { "both", 4, "abcde", "fghij", "done(ENOBUFS: signal 15 (output limit)) out(abcd, truncated) err(fghi, truncated)" },
    { "of_one", 1, "ab", "", "done(ENOBUFS: signal 15 (output limit)) out(a, truncated)" },
};

static void obey(void)
{
    if (fake_asks_of(fake_process()) > 0) {
        fake_is_killed(fake_process(), KIN_SIGNAL_TERMINATE);
        fake_child_ends(fake_pipe(1));
        fake_child_ends(fake_pipe(2));
    } else {
        finish(0);
    }
}

TEST_CP(Exec, TheLimitOfTheOutput, output_limits)
{
    exec_with(&(kin_exec_options){ .max_buffer = row->limit });
    fake_child_says(fake_pipe(1), row->out);
    fake_child_says(fake_pipe(2), row->err);
    fake_when_idle(obey);
    run();
    EXPECT_STR_EQ(row->expected, noted());
}

/* The same, byte by byte. */
TEST_CP(Exec, TheLimitOfTheOutputSlowly, output_limits)
{
    exec_with(&(kin_exec_options){ .max_buffer = row->limit });
    for (size_t i = 0; i < 30; i++) {
        if (i < strlen(row->out))
            fake_child_writes(fake_pipe(1), row->out + i, 1);
        if (i < strlen(row->err))
            fake_child_writes(fake_pipe(2), row->err + i, 1);
        turn();
    }
    fake_when_idle(obey);
    run();
    EXPECT_STR_EQ(row->expected, noted());
}

static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 65535, 65536, 1024 * 1024 - 1, 1024 * 1024 };

static kin_bytes kept;

static void keep_out(kin_result *result, void *user)
{
    (void)user;
    note("%s", kin_code_name(result->code));
    kept = result->out;
    result->out.data = NULL;
}

TEST_C(Exec, OutputsOfManySizesComeWhole)
{
    char *data = malloc(1024 * 1024 + 1);

    ASSERT_NOT_NULL(data);
    for (size_t i = 0; i < 1024 * 1024 + 1; i++)
        data[i] = (char)(i * 31 >> 3);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        forget();
        ASSERT_INT_EQ(0, kin_exec_file(loop, argv, NULL, keep_out, NULL, NULL));
        fake_child_writes(fake_pipe(1), data, sizes[i]);
        finish(0);
        run();
        EXPECT_STR_EQ("ok", noted());
        EXPECT_SIZE_EQ(sizes[i], kept.size);
        EXPECT_MEM_EQ(data, kept.data, sizes[i]);
        EXPECT_FALSE(kept.truncated);
        free(kept.data);
    }
    forget();
    ASSERT_INT_EQ(0, kin_exec_file(loop, argv, NULL, keep_out, NULL, NULL));
    fake_child_writes(fake_pipe(1), data, 1024 * 1024 + 1);
    fake_when_idle(obey);
    run();
    EXPECT_STR_EQ("ENOBUFS", noted());
    EXPECT_SIZE_EQ(KIN_MAX_BUFFER, kept.size);
    free(kept.data);
    fake_when_idle(NULL);
    forget();
    ASSERT_INT_EQ(0, kin_exec_file(loop, argv, &(kin_exec_options){ .max_buffer = KIN_UNLIMITED }, keep_out, NULL, NULL));
    for (int i = 0; i < 5; i++)
        fake_child_writes(fake_pipe(1), data, 1024 * 1024);
    finish(0);
    run();
    EXPECT_STR_EQ("ok", noted());
    EXPECT_SIZE_EQ(5 * 1024 * 1024, kept.size);
    free(kept.data);
    free(data);
}

TEST_C(Exec, ATimeoutKeepsWhatCame)
{
    exec_with(&(kin_exec_options){ .timeout_ms = 500 });
    fake_child_says(fake_pipe(1), "so far");
    run();
    EXPECT_STR_EQ("done(ETIMEDOUT: signal 9 (timeout), output incomplete, forced) out(so far)", noted());
}

TEST_C(Exec, ATimeoutThatIsObeyed)
{
    exec_with(&(kin_exec_options){ .timeout_ms = 500 });
    settle_down();
    fake_advance_ms(500);
    settle_down();
    EXPECT_SIZE_EQ(1, fake_asks_of(fake_process()));
    obey();
    run();
    EXPECT_STR_EQ("done(ETIMEDOUT: signal 15 (timeout))", noted());
}

/* The time was up first; that is what the result says, whatever the child pours out at the end. */
TEST_C(Exec, TheFirstLimitIsTheOneThatIsTold)
{
    exec_with(&(kin_exec_options){ .timeout_ms = 500, .max_buffer = 2 });
    settle_down();
    fake_advance_ms(500);
    settle_down();
    fake_child_says(fake_pipe(1), "abc");
    settle_down();
    obey();
    run();
    EXPECT_STR_EQ("done(ETIMEDOUT: signal 15 (timeout)) out(ab, truncated)", noted());
}

TEST_C(Exec, AnOutputLimitEndsTheTreeAlsoAfterTheLeadersExit)
{
    bool tree = false;

    exec_with(&(kin_exec_options){ .max_buffer = 2 });
    settle_down();
    fake_has_descendants(fake_process(), true);
    fake_exits(fake_process(), 0);
    settle_down();
    fake_child_says(fake_pipe(1), "abc");
    settle_down();
    EXPECT_SIZE_EQ(1, fake_asks_of(fake_process()));
    fake_child_ends(fake_pipe(2));
    run();
    EXPECT_INT_EQ(KIN_SIGNAL_KILL, fake_last_signal(fake_process(), &tree));
    EXPECT_TRUE(tree);
    EXPECT_STR_EQ("done(ENOBUFS: exited 0 (output limit), forced) out(ab, truncated)", noted());
}

TEST_C(Exec, AReadErrorEndsTheChild)
{
    exec_with(NULL);
    fake_child_says(fake_pipe(1), "so far");
    fake_read_fails(fake_pipe(1), KIN_EIO);
    fake_when_idle(obey);
    run();
    EXPECT_STR_EQ("done(EIO: signal 15 (killed)) out(so far)", noted());
}

TEST_C(Exec, AGrandchildThatHoldsThePipesIsNoFailure)
{
    exec_with(&(kin_exec_options){ .close_delay_ms = 10 });
    fake_child_says(fake_pipe(1), "out");
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("done(ok: exited 0, output incomplete) out(out)", noted());
}

/* --------------------------------------------------------------------------------------------------------------- handles */

static void kill_child(void)
{
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill_tree(child, KIN_SIGNAL_KILL));
    kin_child_release(child);
}

TEST_C(Exec, TheChildIsGoodUntilTheCallbackReturns)
{
    exec_with(NULL);
    kin_child_release(child); /* is the library's */
    in_done = kill_child;
    EXPECT_STR_EQ("user", kin_child_user(child));
    EXPECT_INT_EQ(0, kin_kill_tree(child, KIN_SIGNAL_TERMINATE));
    fake_is_killed(fake_process(), KIN_SIGNAL_TERMINATE);
    fake_child_ends(fake_pipe(1));
    fake_child_ends(fake_pipe(2));
    run();
    EXPECT_STR_EQ("done(ok: signal 15 (killed))", noted());
}

TEST_C(Exec, WithoutAReferenceLetsTheLoopEnd)
{
    exec_with(NULL);
    kin_child_unref(child);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_STR_EQ("", noted());
}

TEST_C(Exec, TheReleaseOfTheLoopEndsItWithoutACallback)
{
    exec_with(&(kin_exec_options){ .input = "input", .input_size = 5 });
    fake_child_reads(fake_pipe(0), 2);
    fake_child_says(fake_pipe(1), "so far");
    settle_down();
    release_loop();
    EXPECT_STR_EQ("", noted());
}

TEST_C(Exec, TheLoopCanBeReleasedInTheCallback)
{
    exec_with(NULL);
    in_done = release_loop;
    finish(0);
    run();
    EXPECT_STR_EQ("done(ok: exited 0)", noted());
    EXPECT_NULL(loop);
}

static void exec_again(void)
{
    exec_with(NULL);
    finish(1);
}

TEST_C(Exec, TheNextCanBeStartedInTheCallback)
{
    exec_with(NULL);
    in_done = exec_again;
    finish(0);
    run();
    EXPECT_STR_EQ("done(ok: exited 0) done(ok: exited 1)", noted());
}

/* ----------------------------------------------------------------------------------------------------------------- shell */

TEST_C(Exec, TheShellGetsItsLine)
{
    kin_child *shell = NULL;

    ASSERT_INT_EQ(0, kin_exec(loop, "echo hello", NULL, note_done, (void *)"user", &shell));
    EXPECT_STR_EQ("/fake/sh", fake_launch()->file);
    EXPECT_STR_EQ("user", kin_child_user(shell));
    finish(127);
    run();
    EXPECT_STR_EQ("done(ok: exited 127)", noted());
}

TEST_C(Exec, AFailedStartIsAnswered)
{
    const struct kin_plat_failure failure = { .code = KIN_ENOENT, .stage = KIN_STAGE_EXEC, .subject = "program" };

    fake_refuse_spawn(&failure);
    EXPECT_INT_EQ(KIN_ENOENT, kin_exec_file(loop, argv, NULL, note_done, NULL, &child));
    EXPECT_NULL(child);
    fake_refuse_spawn(&failure);
    EXPECT_INT_EQ(KIN_ENOENT, kin_exec(loop, "line", NULL, note_done, NULL, NULL));
    run();
    EXPECT_STR_EQ("", noted());
}

TEST_C(Exec, RefusesWhatMakesNoSense)
{
    static const char *const empty[] = { NULL };
    const kin_exec_options no_input = { .input_size = 5 };
    const kin_exec_options file = { .file = "other" };
    const kin_exec_options bad_time = { .timeout_ms = -7 };

    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file(NULL, argv, NULL, note_done, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file(loop, NULL, NULL, note_done, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file(loop, empty, NULL, note_done, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file(loop, argv, NULL, NULL, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file(loop, argv, &no_input, note_done, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file(loop, argv, &bad_time, note_done, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec(loop, NULL, NULL, note_done, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec(loop, "line", &file, note_done, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file_sync(argv, NULL, NULL));
    EXPECT_NULL(fake_process());
}

/* -------------------------------------------------------------------------------------------------------------- blocking */

static void live_in_a_moment(void)
{
    fake_child_says(fake_pipe(1), "out");
    finish(0);
    fake_when_idle(NULL);
}

TEST_C(ExecSync, RunsToTheEnd)
{
    kin_result result;

    fake_when_idle(live_in_a_moment);
    EXPECT_INT_EQ(0, kin_exec_file_sync(argv, NULL, &result));
    note_result(&result);
    EXPECT_STR_EQ("done(ok: exited 0) out(out)", noted());
    EXPECT_TRUE(kin_status_ok(&result.status));
    EXPECT_STR_EQ("ok", kin_error_text(&result.error));
    kin_result_free(&result);
    EXPECT_NULL(result.out.data);
    kin_result_free(&result);
    fake_when_idle(live_in_a_moment);
    EXPECT_INT_EQ(0, kin_exec_sync("line", NULL, &result));
    kin_result_free(&result);
}

static void timed_out_after(const kin_result *result, int64_t ms)
{
    EXPECT_INT_EQ(ms * 1000, result->duration_us);
    EXPECT_STR_EQ("run: ETIMEDOUT: program", kin_error_text(&result->error));
    EXPECT_STR_EQ("program", kin_error_subject(&result->error));
    EXPECT_INT_EQ(KIN_STAGE_RUN, result->error.stage);
}

TEST_C(ExecSync, ATimeoutIsAnErrorWithItsDetail)
{
    kin_result result;

    fake_all_answer(KIN_ENOTSUP);
    EXPECT_INT_EQ(KIN_ETIMEDOUT,
                  kin_exec_file_sync(argv, &(kin_exec_options){ .timeout_ms = 70, .close_delay_ms = KIN_AT_ONCE }, &result));
    timed_out_after(&result, 70);
    kin_result_free(&result);
}

TEST_C(ExecSync, AFailedStartIsAResultToo)
{
    const struct kin_plat_failure failure = { .code = KIN_ENOENT, .stage = KIN_STAGE_EXEC, .subject = "program" };
    kin_result result;

    memset(&result, 0x5A, sizeof result);
    fake_refuse_spawn(&failure);
    EXPECT_INT_EQ(KIN_ENOENT, kin_exec_file_sync(argv, NULL, &result));
    EXPECT_INT_EQ(KIN_ENOENT, result.code);
    EXPECT_STR_EQ("exec: ENOENT: program", kin_error_text(&result.error));
    kin_result_free(&result);
    fake_refuse_loop(KIN_EMFILE);
    EXPECT_INT_EQ(KIN_EMFILE, kin_exec_file_sync(argv, NULL, &result));
    EXPECT_STR_EQ("loop: EMFILE", kin_error_text(&result.error));
    kin_result_free(&result);
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_sync(NULL, NULL, &result));
    EXPECT_STR_EQ("options: EINVAL: command", kin_error_text(&result.error));
    kin_result_free(&result);
}

TEST_C(ExecSync, AWaitThatFailsIsAnError)
{
    kin_result result;

    fake_refuse_waits(KIN_EBADF, 1);
    EXPECT_INT_EQ(KIN_EBADF, kin_exec_file_sync(argv, NULL, &result));
    EXPECT_STR_EQ("loop: EBADF", kin_error_text(&result.error));
    kin_result_free(&result);
}
