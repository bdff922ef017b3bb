/* SPDX-License-Identifier: MIT */
/* Limits of time: one for all of a child's life, one for its silence, and the grace that it has then. */
#include "support/support.h"

/* Enough for a child to start and say "ready", also on a machine that has much to do. */
#define LIMIT_MS SCALED(400, 2500)

enum { GRACE_MS = 50 };

/* ---------------------------------------------------------------------------------------------------------------- total --- */

TEST_C(Limits, T04_a_shell_whose_grandchild_ignores_the_request)
{
    kin_result result = { 0 };
    const kin_exec_options options = { .timeout_ms = LIMIT_MS, .grace_ms = GRACE_MS, .close_delay_ms = KIN_FOREVER };

    EXPECT_INT_EQ(KIN_ETIMEDOUT,
                  kin_exec_sync(text_of("\"%s\" grandchild-beside refuse-to-end", child_path()), &options, &result));
    EXPECT_INT_EQ(KIN_CAUSE_TIMEOUT, result.status.cause);
    EXPECT_TRUE(result.status.forced);
    EXPECT_FALSE(result.status.output_incomplete); /* nobody was left to hold the pipe */
    EXPECT_STR_CONTAINS("ready\n", result.out.data);
    kin_result_free(&result);
}

TEST_C(Limits, T11_what_came_before_is_kept)
{
    enum { SIZE = 200000 };
    kin_result result = { 0 };
    const char *line = text_of("\"%s\" spam out %d && \"%s\" read-nothing", child_path(), SIZE, child_path());

    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_exec_sync(line, EXEC_OPTIONS(.timeout_ms = LIMIT_MS), &result));
    EXPECT_INT_EQ(KIN_CAUSE_TIMEOUT, result.status.cause);
    EXPECT_INT_GT(result.out.size, 0);
    EXPECT_TRUE(pattern_is_at(result.out.data, result.out.size < SIZE ? result.out.size : SIZE));
    kin_result_free(&result);
}

/* The input waits, then the output, then the exit; none of these calls has a limit of its own. The child closes nothing. */
TEST_C(Limits, T06_one_deadline_for_all_phases)
{
    const size_t size = 4 * 1024 * 1024;
    unsigned char *data = calloc(size, 1);
    kin_child *child = NULL;
    kin_status status;
    char byte;

    ASSERT_NOT_NULL(data);
    ASSERT_INT_EQ(0, kin_spawn(NULL,
                               SPAWN_OPTIONS(.argv = CHILD("close-slot"), .in = { .kind = KIN_STDIO_PIPE },
                                             .out = { .kind = KIN_STDIO_PIPE }, .err = { .kind = KIN_STDIO_IGNORE },
                                             .timeout_ms = LIMIT_MS, .grace_ms = KIN_AT_ONCE),
                               &child));
    EXPECT_INT_LT(kin_child_write(child, 0, data, size, KIN_FOREVER), (int64_t)size);
    EXPECT_INT_EQ(0, kin_child_read(child, 1, &byte, 1, KIN_FOREVER));
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, &status));
    EXPECT_ENDED_BY(KIN_SIGNAL_KILL, KIN_CAUSE_TIMEOUT, &status);
    kin_child_release(child);
    free(data);
}

TEST_C(Limits, T06_the_deadline_is_that_of_the_whole_run)
{
    const size_t size = 4 * 1024 * 1024;
    unsigned char *input = calloc(size, 1);
    kin_result result = { 0 };

    ASSERT_NOT_NULL(input);
    EXPECT_INT_EQ(KIN_ETIMEDOUT, run_child(&result,
                                           EXEC_OPTIONS(.timeout_ms = LIMIT_MS, .input = input, .input_size = size,
                                                        .close_delay_ms = KIN_FOREVER),
                                           "grandchild-beside", "refuse-to-end"));
    EXPECT_INT_GE(result.duration_us, (LIMIT_MS - 1) * 1000);
    EXPECT_FALSE(result.status.output_incomplete);
    kin_result_free(&result);
    free(input);
}

/* -------------------------------------------------------------------------------------------------------------- the grace --- */

TEST_C(Limits, T03_who_obeys_in_time_is_not_forced)
{
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_ETIMEDOUT,
                  run_child(&result, EXEC_OPTIONS(.timeout_ms = LIMIT_MS, .grace_ms = KIN_FOREVER), "exit-when-asked", "7"));
    EXPECT_INT_EQ(KIN_CAUSE_TIMEOUT, result.status.cause);
    if (!host_is_windows()) { /* where nobody can be asked */
        EXPECT_EXITED(7, &result.status);
        EXPECT_FALSE(result.status.forced);
    }
    kin_result_free(&result);
}

TEST_C(Limits, T03_without_grace_nobody_is_asked)
{
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_ETIMEDOUT,
                  run_child(&result, EXEC_OPTIONS(.timeout_ms = LIMIT_MS, .grace_ms = KIN_AT_ONCE), "exit-when-asked", "7"));
    EXPECT_ENDED_BY(KIN_SIGNAL_KILL, KIN_CAUSE_TIMEOUT, &result.status);
    EXPECT_TRUE(result.status.forced);
    kin_result_free(&result);
}

static bool was_asked(void *victim)
{
    kin_status status;

    /* the cause is not told before the exit; but a child that was asked in vain is still there after the limit */
    return kin_child_status(((struct victim *)victim)->child, &status) == 1;
}

TEST_C(Limits, T03_an_endless_grace_never_forces)
{
    struct victim victim;

    SKIP_ON_WINDOWS_C("a child that cannot be asked is ended at once");
    victim_start(&victim, SPAWN_OPTIONS(.argv = CHILD("ignore-term"), .timeout_ms = 1, .grace_ms = KIN_FOREVER));
    victim_end_input(&victim);
    run_until(victim.loop, was_asked, &victim);
    victim_run(&victim);
    EXPECT_FALSE(victim.recorder.close_status.forced);
    victim_free(&victim);
}

TEST_C(Limits, T03_the_grace_that_was_set_is_over_sometime)
{
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_ETIMEDOUT,
                  run_child(&result, EXEC_OPTIONS(.timeout_ms = LIMIT_MS, .grace_ms = GRACE_MS), "refuse-to-end"));
    EXPECT_ENDED_BY(KIN_SIGNAL_KILL, KIN_CAUSE_TIMEOUT, &result.status);
    EXPECT_TRUE(result.status.forced);
    EXPECT_INT_LT(result.duration_us, (LIMIT_MS + 60000) * 1000);
    kin_result_free(&result);
}

/* -------------------------------------------------------------------------------------------------------------- silence --- */

#define SILENCE_MS SCALED(1500, 4000)

/* Gives the child something to say, so many times, in shorter intervals than it may be silent. */
struct prompter {
    struct victim victim;
    unsigned left;
};

static void prompt(kin_timer *timer, void *user)
{
    struct prompter *prompter = user;

    if (prompter->left-- > 0) {
        EXPECT_INT_GE(kin_stream_write(kin_child_stream(prompter->victim.child, 0), "x", 1, NULL, NULL), 0);
    } else {
        victim_end_input(&prompter->victim);
        kin_timer_release(timer);
    }
}

TEST_C(Idle, steady_output_lives_on)
{
    enum { TIMES = 20 };
    struct prompter prompter = { .left = TIMES };
    struct recorder *recorder = &prompter.victim.recorder;

    victim_begin(&prompter.victim, SPAWN_OPTIONS(.argv = CHILD("cat"), .idle_timeout_ms = SILENCE_MS));
    ASSERT_INT_EQ(0, kin_timer_start(prompter.victim.loop, SILENCE_MS / 10, SILENCE_MS / 10, prompt, &prompter, NULL));
    victim_run(&prompter.victim);
    EXPECT_EXITED(0, &recorder->close_status);
    EXPECT_INT_EQ(KIN_CAUSE_NONE, recorder->close_status.cause);
    EXPECT_UINT_EQ(TIMES, recorder->out.size);
    victim_free(&prompter.victim);
}

TEST_C(Idle, silence_ends_the_child)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("read-nothing"), .idle_timeout_ms = LIMIT_MS));
    victim_run(&victim);
    EXPECT_INT_EQ(KIN_CAUSE_IDLE_TIMEOUT, victim.recorder.exit_status.cause);
    EXPECT_INT_EQ(KIN_CAUSE_IDLE_TIMEOUT, victim.recorder.close_status.cause);
    EXPECT_STR_EQ("ready\n", text_in(&victim.recorder.out));
    victim_free(&victim);
}

static void resume(kin_timer *timer, void *user)
{
    struct victim *victim = user;

    (void)timer;
    EXPECT_INT_EQ(0, kin_kill(victim->child, KIN_SIGNAL_NONE));
    EXPECT_INT_EQ(0, kin_stream_resume(kin_child_stream(victim->child, 1)));
}

/* It pauses four times as long as the child may be silent, and only then silence counts. */
TEST_C(Idle, a_reader_that_pauses_does_not_count)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("read-nothing"), .idle_timeout_ms = LIMIT_MS));
    EXPECT_INT_EQ(0, kin_stream_pause(kin_child_stream(victim.child, 1)));
    ASSERT_INT_EQ(0, kin_timer_start(victim.loop, LIMIT_MS * 4, 0, resume, &victim, NULL));
    victim_run(&victim);
    EXPECT_INT_EQ(KIN_CAUSE_IDLE_TIMEOUT, victim.recorder.close_status.cause);
    EXPECT_STR_EQ("ready\n", text_in(&victim.recorder.out));
    victim_free(&victim);
}

TEST_C(Idle, of_a_run_says_why_and_keeps_what_came)
{
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_ETIMEDOUT,
                  kin_exec_sync(text_of("\"%s\" grandchild-beside refuse-to-end", child_path()),
                                EXEC_OPTIONS(.idle_timeout_ms = LIMIT_MS, .grace_ms = GRACE_MS, .close_delay_ms = KIN_FOREVER),
                                &result));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, result.code);
    EXPECT_INT_EQ(KIN_STAGE_RUN, result.error.stage);
    EXPECT_INT_EQ(KIN_CAUSE_IDLE_TIMEOUT, result.status.cause);
    EXPECT_STR_CONTAINS("ready\n", result.out.data);
    EXPECT_FALSE(result.status.output_incomplete);
    kin_result_free(&result);
}

TEST_C(Idle, output_in_any_pipe_counts)
{
    struct prompter prompter = { .left = 4 };
    struct recorder *recorder = &prompter.victim.recorder;

    victim_begin(&prompter.victim,
                 SPAWN_OPTIONS(.argv = CHILD("cat", "0", "2"), .err = { RECORDED_ERR }, .idle_timeout_ms = SILENCE_MS));
    ASSERT_INT_EQ(0, kin_timer_start(prompter.victim.loop, SILENCE_MS / 3, SILENCE_MS / 3, prompt, &prompter, NULL));
    victim_run(&prompter.victim);
    EXPECT_EXITED(0, &recorder->close_status);
    EXPECT_STR_EQ("xxxx", text_in(&recorder->err));
    victim_free(&prompter.victim);
}

TEST_C(Idle, R19_may_be_huge)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.idle_timeout_ms = INT64_MAX, .grace_ms = INT64_MAX), "exit", "4"));
    EXPECT_EXITED(4, &result.status);
    kin_result_free(&result);
    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.idle_timeout_ms = KIN_FOREVER, .grace_ms = KIN_FOREVER), "exit", "5"));
    EXPECT_EXITED(5, &result.status);
    kin_result_free(&result);
}
