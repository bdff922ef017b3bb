/* SPDX-License-Identifier: MIT */
/* The loop and its timers, on a clock that the test holds. */
#include "scene.h"

static kin_timer *timer;

static int64_t now_ms(void)
{
    return (int64_t)(kin_plat_now_ns() / 1000000) - 1000;
}

static void note_time(kin_timer *which, void *user)
{
    (void)which;
    note("%s@%lld", user == NULL ? "t" : (const char *)user, (long long)now_ms());
}

static void release_timer(void)
{
    kin_timer_release(timer);
    timer = NULL;
}

/* -------------------------------------------------------------------------------------------------------------- timers */

TEST_C(Timer, RingsInTheOrderOfDeadlines)
{
    kin_timer_start(loop, 30, 0, note_time, "c", NULL);
    kin_timer_start(loop, 10, 0, note_time, "a", NULL);
    kin_timer_start(loop, 20, 0, note_time, "b", NULL);
    run();
    EXPECT_STR_EQ("a@10 b@20 c@30", noted());
}

TEST_C(Timer, OfOneDeadlineRingInTheOrderOfTheirStart)
{
    static const char *const names[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" };

    for (size_t i = 0; i < 10; i++)
        kin_timer_start(loop, 5, 0, note_timer, (void *)names[i], NULL);
    run();
    EXPECT_STR_EQ("0.timer 1.timer 2.timer 3.timer 4.timer 5.timer 6.timer 7.timer 8.timer 9.timer", noted());
}

TEST_C(Timer, WithoutDelayDoesNotRunInsideTheCallThatStartsIt)
{
    EXPECT_INT_EQ(0, kin_timer_start(loop, 0, 0, note_timer, NULL, NULL));
    EXPECT_STR_EQ("", noted());
    EXPECT_INT_EQ(0, kin_loop_timeout_ms(loop));
    run();
    EXPECT_STR_EQ("timer", noted());
    EXPECT_INT_EQ(KIN_FOREVER, kin_loop_timeout_ms(loop));
}

static void start_at_once(void)
{
    if (count_of("timer") < 50)
        kin_timer_start(loop, 0, 0, note_timer, NULL, NULL);
}

TEST_C(Timer, WithoutDelayAgainAndAgainDoesNotHoldUpTheLoop)
{
    act_in_each("timer", start_at_once);
    kin_timer_start(loop, 0, 0, note_timer, NULL, NULL);
    turn();
    EXPECT_SIZE_EQ(2, count_of("timer")); /* before the wait, and after it */
    run();
    EXPECT_SIZE_EQ(50, count_of("timer"));
}

static void stop_after_five(void)
{
    if (count_of("t@") + count_of("timer") >= 5)
        release_timer();
}

TEST_C(Timer, WithAPeriodKeepsToItsGrid)
{
    act_in_each("timer", stop_after_five);
    EXPECT_INT_EQ(0, kin_timer_start(loop, 5, 10, note_timer, NULL, &timer));
    run();
    EXPECT_INT_EQ(45, now_ms());
}

static void wait_long(void)
{
    note("@%lld", (long long)now_ms());
    if (now_ms() == 10)
        fake_advance_ms(35);
    if (now_ms() > 60)
        release_timer();
}

TEST_C(Timer, WithAPeriodLeavesOutWhatASlowLoopHasMissed)
{
    act_in_each("timer", wait_long);
    kin_timer_start(loop, 10, 10, note_timer, NULL, &timer);
    run();
    /* The call at 20 was missed while the first one worked, and so were those at 30 and 40. */
    EXPECT_STR_EQ("timer @10 timer @45 timer @50 timer @60 timer @70", noted());
}

TEST_C(Timer, CanBeReleasedInItsCallback)
{
    act_in("timer", release_timer);
    kin_timer_start(loop, 1, 1, note_timer, NULL, &timer);
    run();
    EXPECT_STR_EQ("timer", noted());
}

TEST_C(Timer, CanBeReleasedBeforeItRings)
{
    kin_timer_start(loop, 1, 1, note_timer, NULL, &timer);
    release_timer();
    fake_advance_ms(10);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_STR_EQ("", noted());
}

TEST_C(Timer, CanBeReleasedByAnotherOfTheSameTime)
{
    kin_timer_start(loop, 1, 0, note_timer, "first", NULL);
    kin_timer_start(loop, 1, 0, note_timer, "second", &timer);
    act_in("timer", release_timer);
    run();
    EXPECT_STR_EQ("first.timer", noted());
}

TEST_C(Timer, IsTheCallersUntilItsReleaseAlsoAfterItsCall)
{
    kin_timer_start(loop, 1, 0, note_timer, NULL, &timer);
    run();
    kin_timer_unref(timer);
    kin_timer_ref(timer);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    release_timer();
}

TEST_C(Timer, WithoutAReferenceLetsTheLoopEnd)
{
    kin_timer_start(loop, 10, 10, note_timer, NULL, &timer);
    kin_timer_unref(timer);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_STR_EQ("", noted());
    fake_advance_ms(10);
    turn();
    EXPECT_STR_EQ("timer", noted());
    kin_timer_ref(timer);
    act_in("timer", release_timer);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_STR_EQ("timer timer", noted());
}

TEST_C(Timer, OfTheLargestDelayNeverRings)
{
    EXPECT_INT_EQ(0, kin_timer_start(loop, INT64_MAX, INT64_MAX, note_timer, NULL, &timer));
    EXPECT_INT_GT(kin_loop_timeout_ms(loop), 1000);
    fake_advance_ms(INT64_C(1000) * 3600 * 24 * 365 * 100);
    turn();
    EXPECT_STR_EQ("", noted());
    release_timer();
}

TEST_C(Timer, OfTheLargestPeriodRingsOnce)
{
    EXPECT_INT_EQ(0, kin_timer_start(loop, 1, INT64_MAX, note_timer, NULL, &timer));
    fake_advance_ms(10);
    turn();
    fake_advance_ms(INT64_C(1000) * 3600 * 24 * 365 * 100);
    turn();
    EXPECT_STR_EQ("timer", noted());
    release_timer();
}

TEST_C(Timer, RefusesWhatMakesNoSense)
{
    EXPECT_INT_EQ(KIN_EINVAL, kin_timer_start(NULL, 0, 0, note_timer, NULL, &timer));
    EXPECT_NULL(timer);
    EXPECT_INT_EQ(KIN_EINVAL, kin_timer_start(loop, -1, 0, note_timer, NULL, &timer));
    EXPECT_INT_EQ(KIN_EINVAL, kin_timer_start(loop, 0, -1, note_timer, NULL, &timer));
    EXPECT_INT_EQ(KIN_EINVAL, kin_timer_start(loop, 0, 0, NULL, NULL, &timer));
}

/* ---------------------------------------------------------------------------------------------------------------- loop */

TEST_C(Loop, WithNothingToDoReturnsAtOnce)
{
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_ONCE));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_NOWAIT));
    EXPECT_INT_EQ(KIN_FOREVER, kin_loop_timeout_ms(loop));
}

TEST_C(Loop, SaysThatSomethingIsLeft)
{
    start();
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_NOWAIT));
    kin_child_unref(child);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_NOWAIT));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    kin_child_ref(child);
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_NOWAIT));
}

TEST_C(Loop, WithOnlyATimerDueDoesNotWaitForMore)
{
    kin_timer_start(loop, 0, 0, note_timer, NULL, NULL);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_ONCE));
    EXPECT_STR_EQ("timer", noted());
}

/* The child does nothing for ever: a timer that was due is what the call had to wait for. */
TEST_C(Loop, OnceReturnsAfterATimerThatWasDue)
{
    start();
    settle_down();
    kin_timer_start(loop, 0, 0, note_timer, NULL, NULL);
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_ONCE));
    EXPECT_STR_EQ("timer", noted());
}

TEST_C(Loop, OnceReturnsAfterWorkThatWaitedForTheTurn)
{
    start();
    settle_down();
    kin_stream_write(in(), NULL, 0, note_written, NULL);
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_ONCE));
    EXPECT_STR_EQ("written(ok)", noted());
}

TEST_C(Loop, OnceWaitsForTheFirstEvent)
{
    start();
    settle_down();
    kin_timer_start(loop, 100, 0, note_timer, NULL, NULL);
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_ONCE));
    EXPECT_STR_EQ("timer", noted());
    EXPECT_INT_EQ(100, now_ms());
}

TEST_C(Loop, StopsAfterThePresentTurn)
{
    start();
    act_in("data", stop_loop);
    fake_child_says(fake_pipe(1), "a");
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_STR_EQ("data(a)", noted());
    fake_child_ends(fake_pipe(1));
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
}

TEST_C(Loop, StopWithoutARunStopsTheNextOne)
{
    start();
    kin_loop_stop(loop);
    EXPECT_INT_EQ(0, kin_loop_timeout_ms(loop));
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    fake_exits(fake_process(), 0);
    fake_child_ends(fake_pipe(1));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_SIZE_EQ(1, count_of("close("));
}

static void run_inside(void)
{
    note("%s", kin_code_name(kin_loop_run(loop, KIN_RUN_NOWAIT)));
}

TEST_C(Loop, DoesNotRunInsideItself)
{
    kin_timer_start(loop, 0, 0, note_timer, NULL, NULL);
    act_in("timer", run_inside);
    run();
    EXPECT_STR_EQ("timer EBUSY", noted());
}

TEST_C(Loop, WakesAreOneUntilTheyAreTold)
{
    EXPECT_INT_EQ(0, kin_loop_on_wake(loop, note_wake, "user"));
    kin_loop_wake(loop);
    kin_loop_wake(loop);
    turn();
    EXPECT_STR_EQ("user.wake", noted());
    kin_loop_wake(loop);
    turn();
    EXPECT_STR_EQ("user.wake user.wake", noted());
    kin_loop_on_wake(loop, NULL, NULL);
    kin_loop_wake(loop);
    turn();
    EXPECT_STR_EQ("user.wake user.wake", noted());
}

TEST_C(Loop, CanBeReleasedInOnWakeAndOnTimer)
{
    kin_loop_on_wake(loop, note_wake, NULL);
    act_in("wake", release_loop);
    kin_loop_wake(loop);
    turn();
    EXPECT_NULL(loop);
    ASSERT_INT_EQ(0, kin_loop_create(&loop));
    kin_timer_start(loop, 0, 0, note_timer, NULL, NULL);
    act_in("timer", release_loop);
    turn();
    EXPECT_NULL(loop);
    EXPECT_STR_EQ("wake timer", noted());
}

TEST_C(Loop, AWaitThatFailsIsSaid)
{
    start();
    fake_refuse_waits(KIN_EBADF, 3);
    EXPECT_INT_EQ(KIN_EBADF, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_INT_EQ(KIN_EBADF, kin_loop_run(loop, KIN_RUN_ONCE));
    EXPECT_INT_EQ(KIN_EBADF, kin_loop_run(loop, KIN_RUN_NOWAIT));
    fake_child_ends(fake_pipe(1));
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_SIZE_EQ(1, count_of("close("));
}

TEST_C(Loop, TellsAHostHowLongItMayWait)
{
    EXPECT_INT_EQ(KIN_FOREVER, kin_loop_timeout_ms(loop));
    kin_timer_start(loop, 70, 0, note_timer, NULL, NULL);
    EXPECT_INT_EQ(70, kin_loop_timeout_ms(loop));
    fake_is_ready(true);
    EXPECT_INT_EQ(0, kin_loop_timeout_ms(loop));
    fake_is_ready(false);
    start();
    EXPECT_INT_EQ(0, kin_loop_timeout_ms(loop)); /* the first read is still to be started */
    settle_down();
    EXPECT_INT_EQ(70, kin_loop_timeout_ms(loop));
    EXPECT_TRUE(kin_loop_handle(loop) != kin_loop_handle(NULL));
    EXPECT_INT_EQ(0, kin_loop_timeout_ms(NULL));
}

TEST_C(Loop, RefusesWhatMakesNoSense)
{
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_create(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_run(NULL, KIN_RUN_NOWAIT));
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_run(loop, (kin_run_mode)9));
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_wake(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_on_wake(NULL, note_wake, NULL));
}

TEST_C(Loop, ThatCannotBeOpenedIsNotThere)
{
    kin_loop *other = loop;

    fake_refuse_loop(KIN_EMFILE);
    EXPECT_INT_EQ(KIN_EMFILE, kin_loop_create(&other));
    EXPECT_NULL(other);
}

TEST_C(Loop, ManyAreIndependent)
{
    kin_loop *other = NULL;

    ASSERT_INT_EQ(0, kin_loop_create(&other));
    kin_timer_start(loop, 1, 0, note_timer, "one", NULL);
    kin_timer_start(other, 1, 0, note_timer, "other", NULL);
    EXPECT_INT_EQ(0, kin_loop_run(other, KIN_RUN_UNTIL_IDLE));
    EXPECT_STR_EQ("other.timer", noted());
    run();
    EXPECT_STR_EQ("other.timer one.timer", noted());
    kin_loop_release(other);
}
