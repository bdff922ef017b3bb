/* SPDX-License-Identifier: MIT */
/* A child by calls: time limits that still bring what came at the last moment. */
#include "scene.h"

#include <string.h>

static char buffer[64];

static void start_blocking(void)
{
    static const char *const argv[] = { "program", NULL };
    const kin_spawn_options options = {
        .argv = argv, .in = { .kind = KIN_STDIO_PIPE }, .out = { .kind = KIN_STDIO_PIPE }, .err = { .kind = KIN_STDIO_PIPE }
    };

    ASSERT_INT_EQ(0, kin_spawn(NULL, &options, &child));
    memset(buffer, 0, sizeof buffer);
}

static int64_t read_out(int64_t timeout_ms)
{
    const int64_t size = kin_child_read(child, 1, buffer, sizeof buffer - 1, timeout_ms);

    buffer[size > 0 ? size : 0] = '\0';
    return size;
}

static int64_t write_in(const char *text, int64_t timeout_ms)
{
    return kin_child_write(child, 0, text, strlen(text), timeout_ms);
}

static void says_hello(void *pipe)
{
    fake_child_says(pipe, "hello");
}

static void ends(void *pipe)
{
    fake_child_ends(pipe);
}

static void exits(void *process)
{
    fake_exits(process, 4);
}

/* -------------------------------------------------------------------------------------------------------------- reading */

TEST_C(BlockingRead, BringsWhatIsThere)
{
    start_blocking();
    fake_child_says(fake_pipe(1), "hello");
    EXPECT_INT_EQ(5, read_out(KIN_FOREVER));
    EXPECT_STR_EQ("hello", buffer);
    release_child();
}

TEST_C(BlockingRead, WaitsForIt)
{
    start_blocking();
    fake_later(100, says_hello, fake_pipe(1));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, read_out(99));
    EXPECT_INT_EQ(5, read_out(1));
    EXPECT_STR_EQ("hello", buffer);
    release_child();
}

TEST_C(BlockingRead, BringsAtMostWhatFits)
{
    start_blocking();
    fake_child_says(fake_pipe(1), "hello");
    EXPECT_INT_EQ(3, kin_child_read(child, 1, buffer, 3, KIN_FOREVER));
    EXPECT_INT_EQ(2, kin_child_read(child, 1, buffer + 3, 3, KIN_FOREVER));
    EXPECT_MEM_EQ("hello", buffer, 5);
    release_child();
}

TEST_C(BlockingRead, WithoutTimeSeesWhatIsThere)
{
    start_blocking();
    EXPECT_INT_EQ(KIN_ETIMEDOUT, read_out(0));
    fake_child_says(fake_pipe(1), "hello");
    EXPECT_INT_EQ(5, read_out(0));
    fake_child_ends(fake_pipe(1));
    EXPECT_INT_EQ(0, read_out(0));
    EXPECT_INT_EQ(0, read_out(0));
    EXPECT_INT_EQ(0, read_out(KIN_FOREVER));
    release_child();
}

static void hello_at_the_last_moment(kin_plat_pipe *pipe)
{
    fake_child_says(pipe, "hello");
}

static void end_at_the_last_moment(kin_plat_pipe *pipe)
{
    fake_child_ends(pipe);
}

TEST_C(BlockingRead, TheLastMomentStillCounts)
{
    start_blocking();
    fake_on_cancel(fake_pipe(1), hello_at_the_last_moment);
    EXPECT_INT_EQ(5, read_out(10));
    EXPECT_STR_EQ("hello", buffer);
    EXPECT_INT_EQ(KIN_ETIMEDOUT, read_out(10));
    release_child();
}

TEST_C(BlockingRead, AnEndAtTheLastMomentIsNotLost)
{
    start_blocking();
    fake_on_cancel(fake_pipe(1), end_at_the_last_moment);
    EXPECT_INT_LE(read_out(10), 0);
    EXPECT_INT_EQ(0, read_out(10));
    EXPECT_INT_EQ(0, read_out(KIN_FOREVER));
    release_child();
}

/* It had not been told when everything else of the child was over, and the child closed. */
TEST_C(BlockingRead, AnEndAtTheLastMomentIsNotLostByTheClose)
{
    start_blocking();
    kin_child_close(child, 0);
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    fake_on_cancel(fake_pipe(1), end_at_the_last_moment);
    EXPECT_INT_LE(read_out(10), 0);
    fake_child_ends(fake_pipe(2));
    EXPECT_INT_EQ(0, kin_child_read(child, 2, buffer, sizeof buffer, KIN_FOREVER));
    EXPECT_INT_EQ(0, read_out(KIN_FOREVER));
    EXPECT_INT_EQ(0, read_out(KIN_FOREVER));
    release_child();
}

/* The caller's memory is not the system's any more when the call returns. */
TEST_C(BlockingRead, TakesItsMemoryBack)
{
    start_blocking();
    EXPECT_INT_EQ(KIN_ETIMEDOUT, read_out(10));
    EXPECT_FALSE(fake_is_under_way(fake_pipe(1)));
    EXPECT_SIZE_EQ(1, fake_cancels_of(fake_pipe(1)));
    release_child();
}

TEST_C(BlockingRead, OfBothOutputs)
{
    start_blocking();
    fake_child_says(fake_pipe(1), "out");
    fake_child_says(fake_pipe(2), "err");
    EXPECT_INT_EQ(3, kin_child_read(child, 2, buffer, sizeof buffer, KIN_FOREVER));
    EXPECT_MEM_EQ("err", buffer, 3);
    EXPECT_INT_EQ(3, read_out(KIN_FOREVER));
    EXPECT_MEM_EQ("out", buffer, 3);
    release_child();
}

TEST_C(BlockingRead, AfterTheExitBringsTheRest)
{
    kin_status status;

    start_blocking();
    fake_exits(fake_process(), 4);
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, &status));
    EXPECT_INT_EQ(4, status.code);
    fake_child_says(fake_pipe(1), "rest");
    EXPECT_INT_EQ(4, read_out(KIN_FOREVER));
    fake_later(KIN_CLOSE_DELAY_MS - 1, ends, fake_pipe(1));
    EXPECT_INT_EQ(0, read_out(KIN_FOREVER));
    EXPECT_INT_EQ(0, kin_child_wait(child, 0, &status));
    EXPECT_INT_EQ(4, status.code);
    release_child();
}

TEST_C(BlockingRead, AGrandchildThatHoldsThePipeIsNotWaitedForForEver)
{
    start_blocking();
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    EXPECT_INT_EQ(KIN_ECANCELED, read_out(KIN_FOREVER));
    EXPECT_INT_EQ(KIN_ECANCELED, read_out(KIN_FOREVER));
    release_child();
}

/* Whoever asks again and again for a moment waits no longer in all than who waits once. */
TEST_C(BlockingRead, F23_AGrandchildThatHoldsThePipeIsNotWaitedForLongerByShortReads)
{
    int64_t waited_ms = 0;

    start_blocking();
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    while (read_out(100) == KIN_ETIMEDOUT && waited_ms < 2 * KIN_CLOSE_DELAY_MS)
        waited_ms += 100;
    EXPECT_INT_LE(waited_ms, KIN_CLOSE_DELAY_MS);
    EXPECT_INT_EQ(KIN_ECANCELED, read_out(KIN_FOREVER));
    release_child();
}

TEST_C(BlockingRead, F23_AGrandchildThatHoldsThePipeIsNotWaitedForByReadsWithoutTime)
{
    start_blocking();
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, read_out(0));
    fake_child_says(fake_pipe(1), "what is there");
    fake_advance_ms(KIN_CLOSE_DELAY_MS);
    EXPECT_INT_EQ(13, read_out(0));
    for (int tries = 0; tries < 9 && read_out(0) == KIN_ETIMEDOUT; tries++)
        continue;
    EXPECT_INT_EQ(KIN_ECANCELED, read_out(0));
    release_child();
}

TEST_C(BlockingRead, AnErrorIsSaidAndStays)
{
    start_blocking();
    fake_read_fails(fake_pipe(1), KIN_EIO);
    EXPECT_INT_EQ(KIN_EIO, read_out(KIN_FOREVER));
    EXPECT_INT_EQ(KIN_EIO, read_out(KIN_FOREVER));
    release_child();
}

TEST_C(BlockingRead, RefusesWhatMakesNoSense)
{
    start();
    EXPECT_INT_EQ(KIN_EINVAL, read_out(0)); /* has a loop of ours */
    EXPECT_INT_EQ(KIN_EINVAL, write_in("a", 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait(child, 0, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_close(child, 0));
    release_child();
    start_blocking();
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(NULL, 1, buffer, 1, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 0, buffer, 1, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 3, buffer, 1, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 1, NULL, 1, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 1, buffer, 0, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 1, buffer, 1, -2));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_write(child, 1, "a", 1, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_write(child, 0, NULL, 1, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_write(child, 0, "a", 1, -2));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_write(NULL, 0, "a", 1, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait(child, -2, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait(NULL, 0, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_close(child, 9));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_close(NULL, 0));
    EXPECT_INT_EQ(0, kin_child_close(child, 1));
    EXPECT_INT_EQ(KIN_EINVAL, read_out(0));
    release_child();
}

/* -------------------------------------------------------------------------------------------------------------- writing */

TEST_C(BlockingWrite, WritesEverything)
{
    start_blocking();
    EXPECT_INT_EQ(5, write_in("hello", KIN_FOREVER));
    EXPECT_INT_EQ(0, kin_child_write(child, 0, NULL, 0, KIN_FOREVER));
    EXPECT_INT_EQ(1, write_in("!", 0));
    EXPECT_STR_EQ("hello!", fake_written(fake_pipe(0), NULL));
    EXPECT_INT_EQ(0, kin_child_close(child, 0));
    release_child();
}

TEST_C(BlockingWrite, SaysHowMuchTheTimeAllowed)
{
    start_blocking();
    fake_child_reads(fake_pipe(0), 3);
    EXPECT_INT_EQ(3, write_in("hello", 10));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, write_in("lo", 10));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, write_in("lo", 0));
    fake_child_reads(fake_pipe(0), 100);
    EXPECT_INT_EQ(2, write_in("lo", 10));
    EXPECT_STR_EQ("hello", fake_written(fake_pipe(0), NULL));
    EXPECT_FALSE(fake_is_under_way(fake_pipe(0)));
    release_child();
}

static void takes_two(kin_plat_pipe *pipe)
{
    fake_child_reads(pipe, 2);
}

TEST_C(BlockingWrite, TheLastMomentStillCounts)
{
    start_blocking();
    fake_child_reads(fake_pipe(0), 0);
    fake_on_cancel(fake_pipe(0), takes_two);
    EXPECT_INT_EQ(2, write_in("hello", 10));
    EXPECT_STR_EQ("he", fake_written(fake_pipe(0), NULL));
    release_child();
}

TEST_C(BlockingWrite, ToNobodyIsAnError)
{
    start_blocking();
    fake_hangs_up_silently(fake_pipe(0));
    EXPECT_INT_EQ(KIN_EPIPE, write_in("hello", KIN_FOREVER));
    EXPECT_INT_EQ(KIN_EPIPE, write_in("hello", KIN_FOREVER));
    release_child();
    start_blocking();
    fake_hangs_up(fake_pipe(0));
    EXPECT_INT_EQ(KIN_EPIPE, write_in("hello", KIN_FOREVER));
    EXPECT_INT_EQ(KIN_EPIPE, write_in("hello", KIN_FOREVER));
    release_child();
}

/* A child whose only pipe is its input closes with its exit. The one who writes has no time limit, so no time was up. */
TEST_C(BlockingWrite, ToAChildThatEndsMeanwhileIsAnErrorOfThePipe)
{
    static const char *const argv[] = { "program", NULL };
    const kin_spawn_options options = { .argv = argv, .in = { .kind = KIN_STDIO_PIPE } };

    ASSERT_INT_EQ(0, kin_spawn(NULL, &options, &child));
    fake_child_reads(fake_pipe(0), 0);
    fake_later(100, exits, fake_process());
    EXPECT_INT_EQ(KIN_EPIPE, write_in("hello", KIN_FOREVER));
    EXPECT_INT_EQ(KIN_EPIPE, write_in("hello", KIN_FOREVER));
    release_child();
}

TEST_C(BlockingWrite, AfterACloseIsRefused)
{
    start_blocking();
    kin_child_close(child, 0);
    EXPECT_INT_EQ(KIN_EINVAL, write_in("hello", KIN_FOREVER));
    release_child();
}

/* -------------------------------------------------------------------------------------------------------------- waiting */

TEST_C(BlockingWait, SeesTheEnd)
{
    kin_status status = { .code = 9 };

    start_blocking();
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_wait(child, 0, &status));
    EXPECT_INT_EQ(KIN_EXIT_NONE, status.kind);
    fake_later(100, exits, fake_process());
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_wait(child, 99, NULL));
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, &status));
    EXPECT_INT_EQ(4, status.code);
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    release_child();
}

TEST_C(BlockingWait, KeepsTheTimeLimitOfTheChild)
{
    static const char *const argv[] = { "program", NULL };
    const kin_spawn_options options = { .argv = argv, .timeout_ms = 50 };
    kin_status status;

    ASSERT_INT_EQ(0, kin_spawn(NULL, &options, &child));
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, &status));
    EXPECT_INT_EQ(KIN_CAUSE_TIMEOUT, status.cause);
    EXPECT_TRUE(status.forced);
    release_child();
}

TEST_C(BlockingWait, AWaitThatFailsIsSaid)
{
    start_blocking();
    fake_refuse_waits(KIN_EBADF, 2);
    EXPECT_INT_EQ(KIN_EBADF, kin_child_wait(child, KIN_FOREVER, NULL));
    EXPECT_INT_EQ(KIN_EBADF, kin_child_wait(child, 0, NULL));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_wait(child, 0, NULL));
    release_child();
}

/* ------------------------------------------------------------------------------------------------------------ callbacks */

TEST_C(Blocking, TheChildCanBeReleasedInACallback)
{
    kin_spawn_options options = usual_options();

    ASSERT_INT_EQ(0, kin_spawn(NULL, &options, &child));
    act_in("exit", release_child);
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(KIN_ECANCELED, kin_child_wait(child, KIN_FOREVER, NULL));
    EXPECT_TRUE(fake_is_process_closed(fake_process()));
}

static void write_inside(void)
{
    note("%s", kin_code_name((int)kin_child_write(child, 0, "a", 1, 0)));
}

TEST_C(Blocking, NoCallInsideACallback)
{
    kin_spawn_options options = usual_options();

    ASSERT_INT_EQ(0, kin_spawn(NULL, &options, &child));
    act_in("exit", write_inside);
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    EXPECT_STR_CONTAINS("exit(exited 0) EBUSY", noted());
    release_child();
}

TEST_C(BlockingWait, ReleasedInACallback)
{
    static const char *const argv[] = { "program", NULL };
    const kin_spawn_options options = { .argv = argv, .on_exit = note_exit };

    ASSERT_INT_EQ(0, kin_spawn(NULL, &options, &child));
    fake_exits(fake_process(), 0);
    act_in("exit", release_child);
    EXPECT_INT_EQ(KIN_ECANCELED, kin_child_wait(child, KIN_FOREVER, NULL));
    EXPECT_STR_EQ("exit(exited 0)", noted());
}
