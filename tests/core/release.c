/* SPDX-License-Identifier: MIT */
/* Giving things back in every callback, and closing them in every state. */
#include "scene.h"

#include <string.h>

struct place {
    const char *name; /* of the callback */
    void (*act)(void);
    const char *expected;
};

/* A life in which each callback comes: data, a write, its drain, exit, more data, the end, the close. */
static void live(void)
{
    start();
    kin_stream_set_high_water(in(), 1);
    kin_stream_on_drain(in(), note_drain, NULL);
    kin_stream_write(in(), "abc", 3, note_written, NULL);
    turn();
    fake_child_says(fake_pipe(1), "a");
    settle_down();
    if (loop == NULL)
        return;
    fake_exits(fake_process(), 0);
    settle_down();
    if (loop == NULL)
        return;
    fake_child_says(fake_pipe(1), "b");
    fake_child_ends(fake_pipe(1));
    settle_down();
}

static const char whole_life[] = "written(ok) drain data(a) exit(exited 0) data(b) end(ok) close(exited 0)";

static const struct place releases[] = {
    { "written", release_child, "written(ok)" },
    { "drain", release_child, "written(ok) drain" },
    { "data", release_child, "written(ok) drain data(a)" },
    { "exit", release_child, "written(ok) drain data(a) exit(exited 0)" },
    { "end", release_child, "written(ok) drain data(a) exit(exited 0) data(b) end(ok)" },
    { "close", release_child, whole_life },
};

TEST_C(Release, TheLifeIsWhole)
{
    live();
    EXPECT_STR_EQ(whole_life, noted());
}

TEST_CP(Release, OfTheChildInItsCallback, releases)
{
    act_in(row->name, row->act);
    live();
    EXPECT_STR_EQ(row->expected, noted());
    EXPECT_NULL(child);
    EXPECT_TRUE(fake_is_closed(fake_pipe(0)));
    EXPECT_TRUE(fake_is_closed(fake_pipe(1)));
    fake_exits(fake_process(), 0);
    settle_down();
    EXPECT_TRUE(fake_is_process_closed(fake_process()));
    EXPECT_STR_EQ(row->expected, noted());
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
}

/* A release of the loop takes effect when kin_loop_run() returns; what has happened in the same turn may still be told. */
TEST_CP(Release, OfTheLoopInACallback, releases)
{
    act_in(row->name, release_loop);
    live();
    EXPECT_NULL(loop);
    EXPECT_TRUE(strncmp(noted(), row->expected, strlen(row->expected)) == 0);
    EXPECT_TRUE(fake_is_closed(fake_pipe(0)));
    EXPECT_TRUE(fake_is_closed(fake_pipe(1)));
    EXPECT_TRUE(fake_is_process_closed(fake_process()));
}

static const struct place closes[] = {
    { "written", close_in, "written(ok) data(a) exit(exited 0) data(b) end(ok) close(exited 0)" },
    { "drain", close_in, whole_life },
    { "data", close_out, "written(ok) drain data(a) end(ECANCELED) exit(exited 0) close(exited 0)" },
    { "exit", close_out, "written(ok) drain data(a) exit(exited 0) end(ECANCELED) close(exited 0)" },
    { "end", close_out, whole_life },
    { "close", close_out, whole_life },
};

TEST_CP(Release, OfAStreamInACallback, closes)
{
    act_in(row->name, row->act);
    live();
    EXPECT_STR_EQ(row->expected, noted());
}

/* ------------------------------------------------------------------------------------------ with operations under way */

TEST_C(Release, WaitsForOperationsUnderWay)
{
    start();
    fake_child_reads(fake_pipe(0), 0);
    kin_stream_write_borrowed(in(), "lent", 4, note_written, NULL);
    turn();
    EXPECT_TRUE(fake_is_under_way(fake_pipe(0)));
    EXPECT_TRUE(fake_is_under_way(fake_pipe(1)));
    fake_hold_cancelled(fake_pipe(0));
    release_child();
    settle_down();
    EXPECT_FALSE(fake_is_closed(fake_pipe(0)));
    EXPECT_TRUE(fake_is_closed(fake_pipe(1)));
    EXPECT_STR_EQ("", noted());
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_NOWAIT)); /* the loop lives until what was lent is back */
    fake_release_cancelled(fake_pipe(0));
    settle_down();
    EXPECT_TRUE(fake_is_closed(fake_pipe(0)));
    EXPECT_STR_EQ("written(ECANCELED)", noted());
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_NOWAIT));
}

TEST_C(Release, OfTheLoopBringsOperationsBack)
{
    start();
    fake_child_reads(fake_pipe(0), 0);
    kin_stream_write(in(), "a", 1, note_written, "first");
    kin_stream_write(in(), "b", 1, note_written, "second");
    turn();
    release_loop();
    EXPECT_STR_EQ("first.written(ECANCELED) second.written(ECANCELED)", noted());
    EXPECT_TRUE(fake_is_process_closed(fake_process()));
}

TEST_C(Release, OfTheLoopCallsNobodyButWaitingWrites)
{
    kin_timer *timer = NULL;

    start();
    kin_loop_on_wake(loop, note_wake, NULL);
    kin_timer_start(loop, 0, 0, note_timer, NULL, &timer);
    fake_child_says(fake_pipe(1), "unread");
    fake_exits(fake_process(), 0);
    kin_stream_write(in(), "a", 1, note_written, NULL);
    kin_loop_wake(loop);
    release_loop();
    EXPECT_STR_EQ("written(ECANCELED)", noted());
}

TEST_C(Release, OfTheLoopWithAReadUnderWayDoesNotTellTheWake)
{
    start();
    kin_loop_on_wake(loop, note_wake, NULL);
    turn();
    EXPECT_TRUE(fake_is_under_way(fake_pipe(1)));
    fake_exits(fake_process(), 0);
    kin_loop_wake(loop);
    release_loop();
    EXPECT_STR_EQ("", noted());
}

static void use_everything(void)
{
    kin_timer *timer = NULL;
    kin_child *other = NULL;
    const kin_spawn_options options = usual_options();

    EXPECT_INT_EQ(KIN_EINVAL, kin_timer_start(loop, 0, 0, note_timer, NULL, &timer));
    EXPECT_NULL(timer);
    EXPECT_INT_EQ(KIN_EINVAL, kin_spawn(loop, &options, &other));
    EXPECT_INT_EQ(KIN_EBUSY, kin_loop_run(loop, KIN_RUN_NOWAIT));
    EXPECT_INT_LT(kin_stream_write(in(), "x", 1, note_written, NULL), 0);
    kin_stream_close(in());
    kin_stream_close(out());
    kin_child_release(child);
}

TEST_C(Release, CallsFromTheLastCallbacksAreHarmless)
{
    start();
    fake_child_reads(fake_pipe(0), 0);
    kin_stream_write(in(), "a", 1, note_written, NULL);
    turn();
    act_in("written", use_everything);
    kin_loop_release(loop);
    loop = NULL;
    EXPECT_STR_EQ("written(ECANCELED)", noted());
}

TEST_C(Release, OfARunningChildLetsTheLoopEnd)
{
    start();
    turn();
    release_child();
    run();
    EXPECT_FALSE(fake_is_process_closed(fake_process()));
    fake_exits(fake_process(), 0);
    turn();
    turn();
    EXPECT_TRUE(fake_is_process_closed(fake_process()));
    EXPECT_STR_EQ("", noted());
}

TEST_C(Release, RightAfterTheStart)
{
    start();
    release_child();
    run();
    EXPECT_STR_EQ("", noted());
}

TEST_C(Release, OfNothingDoesNothing)
{
    kin_child_release(NULL);
    kin_stream_release(NULL);
    kin_stream_close(NULL);
    kin_timer_release(NULL);
    kin_loop_release(NULL);
    kin_result_free(NULL);
    kin_child_unref(NULL);
    kin_child_ref(NULL);
    kin_timer_unref(NULL);
    kin_timer_ref(NULL);
    kin_loop_stop(NULL);
}

/* ------------------------------------------------------------------------------------------------------ pause, resume */

TEST_C(Pause, HoldsDataAndEnd)
{
    start();
    turn();
    EXPECT_INT_EQ(0, kin_stream_pause(out()));
    fake_child_says(fake_pipe(1), "held");
    fake_child_ends(fake_pipe(1));
    settle_down();
    EXPECT_STR_EQ("", noted());
    EXPECT_SIZE_EQ(1, fake_reads_of(fake_pipe(1)));
    EXPECT_INT_EQ(0, kin_stream_resume(out()));
    settle_down();
    EXPECT_STR_EQ("data(held) end(ok)", noted());
}

TEST_C(Pause, HoldsTheEndAlone)
{
    start();
    turn();
    kin_stream_pause(out());
    fake_child_ends(fake_pipe(1));
    settle_down();
    EXPECT_STR_EQ("", noted());
    kin_stream_resume(out());
    settle_down();
    EXPECT_STR_EQ("end(ok)", noted());
}

TEST_C(Pause, BeforeTheFirstTurnReadsNothing)
{
    start();
    kin_stream_pause(out());
    fake_child_says(fake_pipe(1), "x");
    settle_down();
    EXPECT_SIZE_EQ(0, fake_reads_of(fake_pipe(1)));
    kin_stream_resume(out());
    settle_down();
    EXPECT_STR_EQ("data(x)", noted());
}

TEST_C(Pause, InOnDataStopsTheNextRead)
{
    start();
    act_in("data", pause_out);
    fake_child_says(fake_pipe(1), "a");
    settle_down();
    fake_child_says(fake_pipe(1), "b");
    settle_down();
    EXPECT_STR_EQ("data(a)", noted());
    EXPECT_SIZE_EQ(1, fake_reads_of(fake_pipe(1)));
    kin_stream_resume(out());
    kin_stream_pause(out());
    kin_stream_resume(out());
    settle_down();
    EXPECT_STR_EQ("data(a) data(b)", noted());
}

TEST_C(Pause, InTheDataThatWasHeld)
{
    start();
    turn();
    kin_stream_pause(out());
    fake_child_says(fake_pipe(1), "held");
    fake_child_ends(fake_pipe(1));
    settle_down();
    act_in("data", pause_out);
    kin_stream_resume(out());
    settle_down();
    EXPECT_STR_EQ("data(held)", noted());
    kin_stream_resume(out());
    settle_down();
    EXPECT_STR_EQ("data(held) end(ok)", noted());
}

TEST_C(Pause, ThenCloseDropsWhatIsHeldAndSaysSo)
{
    start();
    turn();
    kin_stream_pause(out());
    fake_child_says(fake_pipe(1), "held");
    settle_down();
    kin_stream_close(out());
    settle_down();
    EXPECT_STR_EQ("end(ECANCELED)", noted());
}

/* Nothing was lost, so nothing was cut off. */
TEST_C(Pause, ThenCloseTellsTheEndThatWasHeld)
{
    start();
    turn();
    kin_stream_pause(out());
    fake_child_ends(fake_pipe(1));
    settle_down();
    kin_stream_close(out());
    settle_down();
    EXPECT_STR_EQ("end(ok)", noted());
}

TEST_C(Pause, ThenReleaseTellsNothing)
{
    start();
    turn();
    kin_stream_pause(out());
    fake_child_says(fake_pipe(1), "held");
    fake_child_ends(fake_pipe(1));
    settle_down();
    release_child();
    settle_down();
    EXPECT_STR_EQ("", noted());
}

TEST_C(Pause, WhoIsToldCanBeChangedWhileTheEndIsHeld)
{
    start();
    turn();
    kin_stream_pause(out());
    fake_child_ends(fake_pipe(1));
    settle_down();
    EXPECT_INT_EQ(0, kin_stream_on_data(out(), note_data, note_end, "second"));
    kin_stream_resume(out());
    settle_down();
    EXPECT_STR_EQ("second.end(ok)", noted());
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_data(out(), note_data, note_end, "third"));
}

TEST_C(Pause, RefusesWhatMakesNoSense)
{
    start();
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pause(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_resume(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pause(in()));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_resume(in()));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_data(in(), note_data, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_data(out(), NULL, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_data(NULL, note_data, NULL, NULL));
    kin_stream_close(out());
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pause(out()));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_resume(out()));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_data(out(), note_data, NULL, NULL));
    settle_down();
    EXPECT_STR_EQ("end(ECANCELED)", noted());
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_data(out(), note_data, NULL, NULL));
}

/* ------------------------------------------------------------------------------------------------------ close a reader */

TEST_C(Close, WithAReadUnderWayDropsWhatItBrings)
{
    start();
    turn();
    fake_child_says(fake_pipe(1), "too late");
    kin_stream_close(out());
    settle_down();
    EXPECT_STR_EQ("end(ECANCELED)", noted());
    EXPECT_TRUE(fake_is_closed(fake_pipe(1)));
}

TEST_C(Close, TwiceIsOnce)
{
    start();
    turn();
    kin_stream_close(out());
    kin_stream_close(out());
    settle_down();
    kin_stream_close(out());
    settle_down();
    EXPECT_STR_EQ("end(ECANCELED)", noted());
}

TEST_C(Close, OfAStreamThatNobodyReadLetsTheChildClose)
{
    kin_spawn_options options = usual_options();

    options.out = (kin_stdio){ .kind = KIN_STDIO_PIPE };
    start_with(&options);
    kin_stream_close(out());
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("exit(exited 0) close(exited 0)", noted());
}

TEST_C(Close, ByReleaseOfAChildsStreamIsAClose)
{
    start();
    kin_stream_release(out());
    settle_down();
    EXPECT_STR_EQ("end(ECANCELED)", noted());
    EXPECT_TRUE(fake_is_closed(fake_pipe(1)));
}

TEST_C(Close, AfterOnCloseNobodyReadsAndNothingIsToBeRead)
{
    start();
    fake_child_ends(fake_pipe(1));
    fake_exits(fake_process(), 0);
    run();
    EXPECT_INT_EQ(KIN_EPIPE, kin_stream_write(in(), "x", 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_data(out(), note_data, NULL, NULL));
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill(child, KIN_SIGNAL_TERMINATE));
    kin_stream_close(out());
    kin_stream_close(in());
    forget();
    run();
    EXPECT_STR_EQ("", noted());
}
