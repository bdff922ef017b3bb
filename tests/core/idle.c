/* SPDX-License-Identifier: MIT */
/* A child that says nothing for too long. */
#include "scene.h"

static void end_output(void *unused)
{
    (void)unused;
    fake_child_ends(fake_pipe(1));
}

static void resume_output(void *unused)
{
    (void)unused;
    kin_stream_resume(out());
}

static void resume_process(void *unused)
{
    (void)unused;
    EXPECT_INT_EQ(0, kin_resume(child));
}

static void be_busy_elsewhere(void)
{
    fake_advance_ms(10 * 1000);
}

static kin_spawn_options heard(int64_t idle_timeout_ms)
{
    kin_spawn_options options = usual_options();

    options.in = (kin_stdio){ .kind = KIN_STDIO_IGNORE };
    options.idle_timeout_ms = idle_timeout_ms;
    options.grace_ms = KIN_AT_ONCE;
    return options;
}

static void say(void *pipe)
{
    fake_child_says(pipe, "x");
}

TEST_C(Idle, AChildThatSaysNothingIsEnded)
{
    const kin_spawn_options options = heard(300);

    start_with(&options);
    fake_when_idle(end_outputs_of_the_forced);
    EXPECT_INT_EQ(300, run_for_ms());
    EXPECT_STR_EQ("exit(signal 9 (idle timeout), forced) end(ok) close(signal 9 (idle timeout), forced)", noted());
}

TEST_C(Idle, EveryByteStartsTheTimeAgain)
{
    const kin_spawn_options options = heard(300);

    start_with(&options);
    for (int i = 1; i <= 10; i++)
        fake_later(250LL * i, say, fake_pipe(1));
    fake_when_idle(end_outputs_of_the_forced);
    EXPECT_INT_EQ(2500 + 300, run_for_ms());
    EXPECT_SIZE_EQ(10, count_of("data(x)"));
    EXPECT_SIZE_EQ(1, count_of("close(signal 9 (idle timeout)"));
}

TEST_C(Idle, APausedReaderIsNotTheChildsSilence)
{
    const kin_spawn_options options = heard(300);

    start_with(&options);
    kin_stream_pause(out());
    fake_later(5000, resume_output, NULL);
    fake_when_idle(end_outputs_of_the_forced);
    EXPECT_INT_EQ(5300, run_for_ms());
}

TEST_C(Idle, NorIsASuspendedChild)
{
    const kin_spawn_options options = heard(300);

    start_with(&options);
    EXPECT_INT_EQ(0, kin_suspend(child));
    EXPECT_TRUE(fake_is_suspended(fake_process()));
    fake_later(5000, resume_process, NULL);
    fake_when_idle(end_outputs_of_the_forced);
    EXPECT_INT_EQ(5300, run_for_ms());
    EXPECT_FALSE(fake_is_suspended(fake_process()));
}

TEST_C(Idle, WhatIsThereAlreadyIsReadBeforeItCounts)
{
    const kin_spawn_options options = heard(300);

    start_with(&options);
    settle_down();
    fake_child_says(fake_pipe(1), "in time");
    be_busy_elsewhere();
    fake_later(100, child_leaves, fake_process());
    fake_later(100, end_output, NULL);
    run();
    EXPECT_STR_EQ("data(in time) exit(exited 0) end(ok) close(exited 0)", noted());
}

TEST_C(Idle, TheTotalLimitCountsOn)
{
    kin_spawn_options options = heard(300);

    options.timeout_ms = 1000;
    start_with(&options);
    for (int i = 1; i <= 10; i++)
        fake_later(250LL * i, say, fake_pipe(1));
    fake_when_idle(end_outputs_of_the_forced);
    EXPECT_INT_EQ(1000, run_for_ms());
    EXPECT_SIZE_EQ(1, count_of("close(signal 9 (timeout)"));
}

TEST_C(Idle, NeedsAPipeThatTheChildWrites)
{
    kin_spawn_options options = quiet_options(false);
    kin_error error;

    options.idle_timeout_ms = 100;
    options.error = &error;
    EXPECT_INT_EQ(KIN_EINVAL, kin_spawn(loop, &options, &child));
    EXPECT_STR_EQ("idle_timeout_ms", kin_error_subject(&error));
}
