/* SPDX-License-Identifier: MIT */
/* Data, end, exit, close: in every order in which the system may tell them. */
#include "scene.h"

/* What happens, a letter each: d data, e end of output, x exit, a turn of the loop after each; + no turn after it. */
struct order {
    const char *name;
    const char *script;
    const char *expected;
};

static const struct order orders[] = {
    { "data_end_exit", "d e x ", "data(1) end(ok) exit(exited 3) close(exited 3)" },
    { "data_exit_end", "d x e ", "data(1) exit(exited 3) end(ok) close(exited 3)" },
    { "exit_data_end", "x d e ", "exit(exited 3) data(1) end(ok) close(exited 3)" },
    { "exit_end", "x e ", "exit(exited 3) end(ok) close(exited 3)" },
    { "end_exit", "e x ", "end(ok) exit(exited 3) close(exited 3)" },
    { "two_data_around_exit", "d x d e ", "data(1) exit(exited 3) data(2) end(ok) close(exited 3)" },
    { "all_at_once_data_first", "ndex ", "data(1) exit(exited 3) end(ok) close(exited 3)" },
    { "all_at_once_exit_first", "nxde ", "exit(exited 3) data(1) end(ok) close(exited 3)" },
    { "all_at_once_end_first", "nex ", "end(ok) exit(exited 3) close(exited 3)" },
    { "before_the_first_turn", "dex ", "exit(exited 3) data(1) end(ok) close(exited 3)" },
    { "exit_and_end_before_the_first_turn", "xe ", "exit(exited 3) end(ok) close(exited 3)" },
};

/* A blank is a turn, n one turn before anything happens. */
static void play(const char *script)
{
    int written = 0;

    for (; *script != '\0'; script++) {
        if (*script == ' ' || *script == 'n')
            turn();
        else if (*script == 'd')
            fake_child_says(fake_pipe(1), ++written == 1 ? "1" : "2");
        else if (*script == 'e')
            fake_child_ends(fake_pipe(1));
        else if (*script == 'x')
            fake_exits(fake_process(), 3);
    }
}

static void check_order(const struct order *order, size_t events_per_wait)
{
    fake_events_per_wait(events_per_wait);
    start();
    play(order->script);
    run();
    EXPECT_STR_EQ(order->expected, noted());
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_NOWAIT));
    EXPECT_INT_EQ(1, kin_child_status(child, NULL));
    EXPECT_TRUE(fake_is_closed(fake_pipe(0)));
    EXPECT_TRUE(fake_is_closed(fake_pipe(1)));
    kin_child_release(child);
    run();
    EXPECT_TRUE(fake_is_process_closed(fake_process()));
}

TEST_CP(Order, IsToldAsItHappened, orders)
{
    check_order(row, 0);
}

/* One event for each wait: nothing may depend on what comes together. */
TEST_CP(Order, IsToldOneByOne, orders)
{
    check_order(row, 1);
}

TEST_C(Order, NoCallbackRunsInsideTheCallThatStartsTheWork)
{
    start();
    kin_stream_write(in(), "a", 1, note_written, NULL);
    kin_stream_write(in(), "", 0, note_written, NULL);
    kin_stream_close(out());
    kin_stream_close(in());
    fake_exits(fake_process(), 0);
    EXPECT_STR_EQ("", noted());
    run();
    EXPECT_SIZE_EQ(2, count_of("written("));
    EXPECT_SIZE_EQ(1, count_of("close("));
}

TEST_C(Order, AChildWithoutPipesClosesAtItsExit)
{
    kin_spawn_options options = usual_options();

    options.in = options.out = (kin_stdio){ .kind = KIN_STDIO_IGNORE };
    start_with(&options);
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("exit(exited 0) close(exited 0)", noted());
    EXPECT_NULL(in());
    EXPECT_NULL(out());
}

TEST_C(Order, AnUnwantedHandleIsReleasedAfterClose)
{
    kin_spawn_options options = usual_options();

    ASSERT_INT_EQ(0, kin_spawn(loop, &options, NULL));
    fake_child_says(fake_pipe(1), "x");
    fake_child_ends(fake_pipe(1));
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("exit(exited 0) data(x) end(ok) close(exited 0)", noted());
    EXPECT_TRUE(fake_is_process_closed(fake_process()));
}

TEST_C(Order, OutputThatNobodyReadsIsDroppedAfterTheExit)
{
    kin_spawn_options options = usual_options();

    options.out = (kin_stdio){ .kind = KIN_STDIO_PIPE };
    start_with(&options);
    fake_child_says(fake_pipe(1), "unread");
    turn();
    EXPECT_SIZE_EQ(0, fake_reads_of(fake_pipe(1)));
    fake_child_ends(fake_pipe(1));
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("exit(exited 0) close(exited 0)", noted());
}

static void read_out(void)
{
    EXPECT_INT_EQ(0, kin_stream_on_data(out(), note_data, note_end, "late"));
}

TEST_C(Order, OutputCanStillBeAskedForInOnExit)
{
    kin_spawn_options options = usual_options();

    options.out = (kin_stdio){ .kind = KIN_STDIO_PIPE };
    start_with(&options);
    act_in("exit", read_out);
    fake_child_says(fake_pipe(1), "x");
    fake_child_ends(fake_pipe(1));
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("exit(exited 0) late.data(x) late.end(ok) close(exited 0)", noted());
}

TEST_C(Order, AReadErrorEndsTheStream)
{
    start();
    fake_read_fails(fake_pipe(1), KIN_EIO);
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("exit(exited 0) end(EIO) close(exited 0)", noted());
}

TEST_C(Order, ARefusedReadEndsTheStream)
{
    start();
    fake_refuse_submission(fake_pipe(1), KIN_ENOMEM);
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("end(ENOMEM) exit(exited 0) close(exited 0)", noted());
}

TEST_C(Order, WhoIsToldCanBeChanged)
{
    start();
    fake_child_says(fake_pipe(1), "a");
    turn();
    EXPECT_INT_EQ(0, kin_stream_on_data(out(), note_data, NULL, "second"));
    fake_child_says(fake_pipe(1), "b");
    turn();
    fake_child_ends(fake_pipe(1));
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("data(a) second.data(b) exit(exited 0) close(exited 0)", noted());
}

/* --------------------------------------------------------------------------------------------------------- close delay */

/* The leader has gone, a grandchild holds the pipe. */
static int64_t closing_time_of(int64_t close_delay_ms)
{
    kin_spawn_options options = usual_options();
    uint64_t before;

    options.close_delay_ms = close_delay_ms;
    start_with(&options);
    turn();
    before = kin_plat_now_ns();
    fake_exits(fake_process(), 0);
    fake_child_says(fake_pipe(1), "last");
    run();
    return (int64_t)((kin_plat_now_ns() - before) / 1000000);
}

TEST_C(Order, TheCloseDelayIsTwoSeconds)
{
    EXPECT_INT_EQ(KIN_CLOSE_DELAY_MS, closing_time_of(0));
    EXPECT_STR_EQ("exit(exited 0) data(last) end(ECANCELED) close(exited 0, output incomplete)", noted());
}

TEST_C(Order, TheCloseDelayCanBeSet)
{
    EXPECT_INT_EQ(50, closing_time_of(50));
    EXPECT_STR_EQ("exit(exited 0) data(last) end(ECANCELED) close(exited 0, output incomplete)", noted());
}

TEST_C(Order, WithoutACloseDelayWhatIsThereIsRead)
{
    EXPECT_INT_EQ(0, closing_time_of(KIN_AT_ONCE));
    EXPECT_STR_EQ("exit(exited 0) data(last) end(ECANCELED) close(exited 0, output incomplete)", noted());
}

static void end_of_output(void *pipe)
{
    fake_child_ends(pipe);
}

TEST_C(Order, AnEndlessCloseDelayWaitsForTheGrandchild)
{
    kin_spawn_options options = usual_options();

    options.close_delay_ms = KIN_FOREVER;
    start_with(&options);
    fake_exits(fake_process(), 0);
    fake_later(3600 * 1000, end_of_output, fake_pipe(1));
    run();
    EXPECT_STR_EQ("exit(exited 0) end(ok) close(exited 0)", noted());
}

TEST_C(Order, AnEndWithinTheCloseDelayIsComplete)
{
    start();
    fake_exits(fake_process(), 0);
    fake_later(1999, end_of_output, fake_pipe(1));
    run();
    EXPECT_STR_EQ("exit(exited 0) end(ok) close(exited 0)", noted());
}

static void one_millisecond_passes(void)
{
    fake_advance_ms(1);
}

TEST_C(Order, AGrandchildThatNeverStopsIsCutOff)
{
    kin_spawn_options options = usual_options();

    options.close_delay_ms = 10;
    start_with(&options);
    fake_child_never_stops(fake_pipe(1), 4096);
    fake_exits(fake_process(), 0);
    act_in_each("data", one_millisecond_passes);
    run();
    EXPECT_STR_CONTAINS("end(ECANCELED) close(exited 0, output incomplete)", noted());
    EXPECT_SIZE_EQ(1, count_of("close("));
}

TEST_C(Order, APausedReaderIsNotCutOff)
{
    start();
    turn();
    kin_stream_pause(out());
    fake_exits(fake_process(), 0);
    turn();
    fake_child_says(fake_pipe(1), "kept");
    fake_child_ends(fake_pipe(1));
    turn();
    fake_advance_ms(60 * 1000);
    settle_down();
    EXPECT_STR_EQ("exit(exited 0)", noted());
    kin_stream_resume(out());
    run();
    EXPECT_STR_EQ("exit(exited 0) data(kept) end(ok) close(exited 0)", noted());
}

TEST_C(Order, AReaderThatResumesGetsAWholeDelay)
{
    uint64_t before;

    start();
    turn();
    kin_stream_pause(out());
    fake_exits(fake_process(), 0);
    turn();
    fake_advance_ms(60 * 1000);
    settle_down();
    before = kin_plat_now_ns();
    kin_stream_resume(out());
    run();
    EXPECT_INT_EQ(KIN_CLOSE_DELAY_MS, (kin_plat_now_ns() - before) / 1000000);
    EXPECT_STR_EQ("exit(exited 0) end(ECANCELED) close(exited 0, output incomplete)", noted());
}

static void one_more_word(kin_plat_pipe *pipe)
{
    fake_child_says(pipe, "more");
}

TEST_C(Order, WhatComesWhileItIsCutOffIsStillTold)
{
    kin_spawn_options options = usual_options();

    options.close_delay_ms = KIN_AT_ONCE;
    start_with(&options);
    fake_on_cancel(fake_pipe(1), one_more_word);
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("exit(exited 0) data(more) end(ECANCELED) close(exited 0, output incomplete)", noted());
}

/* Only the output counts for the delay: an input that a grandchild does not read cannot hold up anything. */
TEST_C(Order, AnInputThatNobodyReadsDoesNotDelayTheClose)
{
    start();
    fake_child_reads(fake_pipe(0), 0);
    kin_stream_write(in(), "unread", 6, note_written, NULL);
    turn();
    fake_child_ends(fake_pipe(1));
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("end(ok) exit(exited 0) written(EPIPE) close(exited 0)", noted());
}
