/* SPDX-License-Identifier: MIT */
/* The loop: how long it runs, timers, waking, a host's loop around it, its end. */
#include "support/support.h"

static void count(kin_timer *timer, void *user)
{
    (void)timer;
    (*(int *)user)++;
}

TEST_C(Loop, without_work_it_returns_at_once)
{
    kin_loop *loop = open_loop();

    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_ONCE));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_NOWAIT));
    EXPECT_INT_EQ(KIN_FOREVER, kin_loop_timeout_ms(loop));
    close_loop(loop);
}

/* ------------------------------------------------------------------------------------------------------------- timers --- */

struct order {
    char text[64];
};

static void note_a(kin_timer *timer, void *user)
{
    (void)timer;
    strcat(((struct order *)user)->text, "a");
}

static void note_b(kin_timer *timer, void *user)
{
    (void)timer;
    strcat(((struct order *)user)->text, "b");
}

TEST_C(Timer, T01_the_earlier_goes_first_and_of_two_equals_the_one_set_first)
{
    struct order order = { "" };
    kin_loop *loop = open_loop();

    EXPECT_INT_EQ(0, kin_timer_start(loop, 20, 0, note_b, &order, NULL));
    EXPECT_INT_EQ(0, kin_timer_start(loop, 1, 0, note_a, &order, NULL));
    EXPECT_INT_EQ(0, kin_timer_start(loop, 20, 0, note_a, &order, NULL));
    run_loop(loop);
    EXPECT_STR_EQ("aba", order.text);
    close_loop(loop);
}

static void count_to_three(kin_timer *timer, void *user)
{
    if (++*(int *)user == 3)
        kin_timer_release(timer);
}

TEST_C(Timer, a_periodic_one_is_released_in_its_own_callback)
{
    int calls = 0;
    kin_timer *timer = NULL;
    kin_loop *loop = open_loop();

    EXPECT_INT_EQ(0, kin_timer_start(loop, 0, 1, count_to_three, &calls, &timer));
    ASSERT_NOT_NULL(timer);
    run_loop(loop);
    EXPECT_INT_EQ(3, calls);
    close_loop(loop);
}

TEST_C(Timer, one_that_is_released_does_not_call)
{
    int calls = 0;
    kin_timer *timer = NULL;
    kin_loop *loop = open_loop();

    EXPECT_INT_EQ(0, kin_timer_start(loop, 1, 0, count, &calls, &timer));
    kin_timer_release(timer);
    run_loop(loop);
    EXPECT_INT_EQ(0, calls);
    close_loop(loop);
}

TEST_C(Timer, unreferenced_it_lets_the_loop_end)
{
    int calls = 0;
    kin_timer *timer = NULL;
    kin_loop *loop = open_loop();

    EXPECT_INT_EQ(0, kin_timer_start(loop, 3600 * 1000, 0, count, &calls, &timer));
    kin_timer_unref(timer);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    kin_timer_ref(timer);
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_NOWAIT));
    EXPECT_INT_EQ(0, calls);
    close_loop(loop);
}

TEST_C(Timer, R19_a_time_beyond_all_times_is_never)
{
    int calls = 0;
    kin_loop *loop = open_loop();

    EXPECT_INT_EQ(0, kin_timer_start(loop, INT64_MAX, INT64_MAX, count, &calls, NULL));
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_NOWAIT));
    EXPECT_INT_EQ(0, calls);
    close_loop(loop);
}

/* -------------------------------------------------------------------------------------------------------- stop and wake --- */

static void stop(kin_timer *timer, void *user)
{
    (void)timer;
    kin_loop_stop(user);
}

TEST_C(Loop, stop_returns_and_the_next_run_goes_on)
{
    int calls = 0;
    kin_loop *loop = open_loop();

    kin_timer_start(loop, 0, 0, stop, loop, NULL);
    kin_timer_start(loop, 5, 0, count, &calls, NULL);
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_INT_EQ(0, calls);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_INT_EQ(1, calls);
    close_loop(loop);
}

TEST_C(Loop, a_stop_before_the_run_counts_for_that_run)
{
    kin_loop *loop = open_loop();

    kin_timer_start(loop, 3600 * 1000, 0, stop, loop, NULL);
    kin_loop_stop(loop);
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    close_loop(loop);
}

static void try_to_run(kin_timer *timer, void *user)
{
    (void)timer;
    EXPECT_INT_EQ(KIN_EBUSY, kin_loop_run(user, KIN_RUN_NOWAIT));
}

TEST_C(Loop, A04_it_cannot_be_run_from_its_own_callback)
{
    kin_loop *loop = open_loop();

    kin_timer_start(loop, 0, 0, try_to_run, loop, NULL);
    run_loop(loop);
    close_loop(loop);
}

static void run_another(kin_timer *timer, void *user)
{
    kin_loop *inner = open_loop();

    (void)timer;
    kin_timer_start(inner, 1, 0, count, user, NULL);
    run_loop(inner);
    close_loop(inner);
}

TEST_C(Loop, A04_another_loop_can_be_run_in_a_callback)
{
    int calls = 0;
    kin_loop *loop = open_loop();

    kin_timer_start(loop, 0, 0, run_another, &calls, NULL);
    run_loop(loop);
    EXPECT_INT_EQ(1, calls);
    close_loop(loop);
}

struct waking {
    kin_loop *loop;
    kin_timer *keeper;
    int wakes;
};

static void woken(kin_loop *loop, void *user)
{
    struct waking *waking = user;

    (void)loop;
    if (waking->wakes++ == 0)
        kin_timer_release(waking->keeper);
}

static void wake(void *argument)
{
    EXPECT_INT_EQ(0, kin_loop_wake(((struct waking *)argument)->loop));
}

TEST_C(Loop, a_wake_from_another_thread_ends_the_wait)
{
    struct waking waking = { .loop = open_loop() };
    struct host_thread *thread;

    kin_timer_start(waking.loop, 3600 * 1000, 0, stop, waking.loop, &waking.keeper);
    kin_loop_on_wake(waking.loop, woken, &waking);
    thread = host_thread_start(wake, &waking);
    EXPECT_INT_EQ(0, kin_loop_run(waking.loop, KIN_RUN_UNTIL_IDLE));
    host_thread_join(thread);
    EXPECT_INT_EQ(1, waking.wakes);
    close_loop(waking.loop);
}

TEST_C(Loop, wakes_before_the_loop_comes_round_count_as_one)
{
    struct waking waking = { .loop = open_loop() };

    kin_timer_start(waking.loop, 3600 * 1000, 0, stop, waking.loop, &waking.keeper);
    kin_loop_on_wake(waking.loop, woken, &waking);
    for (int i = 0; i < 1000; i++)
        EXPECT_INT_EQ(0, kin_loop_wake(waking.loop));
    run_loop(waking.loop);
    EXPECT_INT_EQ(1, waking.wakes);
    close_loop(waking.loop);
}

/* ------------------------------------------------------------------------------------------------------------- embedding --- */

/* What a host's loop does: wait on the handle for as long as it may, then run without waiting. */
static void run_as_a_host(kin_loop *loop)
{
    int alive = 1;

    for (int turn = 0; alive == 1 && turn < 100000; turn++) {
        const int64_t timeout_ms = kin_loop_timeout_ms(loop);

        host_wait(kin_loop_handle(loop), timeout_ms == KIN_FOREVER ? 20000 : timeout_ms);
        alive = kin_loop_run(loop, KIN_RUN_NOWAIT);
    }
    EXPECT_INT_EQ(0, alive);
}

TEST_C(Embedding, a_child_is_run_by_a_foreign_loop)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();

    ASSERT_INT_EQ(
        0, kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("spam", "out", "300000"), .out = { RECORDED_OUT }, RECORDED(&recorder)),
                     NULL));
    run_as_a_host(loop);
    EXPECT_SIZE_EQ(300000, recorder.out.size);
    EXPECT_TRUE(pattern_is_in(&recorder.out));
    EXPECT_STR_EQ("close", strrchr(recorder.events, ',') + 1);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Embedding, ten_children_and_a_timer)
{
    struct recorder recorders[10] = { 0 };
    int calls = 0;
    kin_loop *loop = open_loop();

    kin_timer_start(loop, 10, 0, count, &calls, NULL);
    for (int i = 0; i < 10; i++)
        ASSERT_INT_EQ(
            0, kin_spawn(loop,
                         SPAWN_OPTIONS(.argv = CHILD("spam", "out", "70000"), .out = { RECORDED_OUT }, RECORDED(&recorders[i])),
                         NULL));
    run_as_a_host(loop);
    EXPECT_INT_EQ(1, calls);
    for (int i = 0; i < 10; i++) {
        EXPECT_SIZE_EQ(70000, recorders[i].out.size);
        EXPECT_INT_EQ(1, recorders[i].closes);
        recorder_free(&recorders[i]);
    }
    close_loop(loop);
}

TEST_C(Embedding, a_wake_makes_the_handle_ready)
{
    kin_loop *loop = open_loop();

    EXPECT_INT_EQ(0, kin_loop_wake(loop));
    EXPECT_TRUE(host_wait(kin_loop_handle(loop), 20000));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_NOWAIT));
    close_loop(loop);
}

TEST_C(Embedding, the_timeout_is_that_of_the_next_timer)
{
    int calls = 0;
    kin_loop *loop = open_loop();

    kin_timer_start(loop, 1000000, 0, count, &calls, NULL);
    EXPECT_INT_LE(kin_loop_timeout_ms(loop), 1000000);
    EXPECT_INT_GT(kin_loop_timeout_ms(loop), 0);
    kin_timer_start(loop, 0, 0, count, &calls, NULL);
    EXPECT_INT_EQ(0, kin_loop_timeout_ms(loop));
    close_loop(loop);
}

/* ------------------------------------------------------------------------------------------------------------ the end --- */

static void release_loop(kin_timer *timer, void *user)
{
    (void)timer;
    kin_loop_release(user);
}

TEST_C(Loop, A04_it_is_released_in_a_callback)
{
    kin_loop *loop = open_loop();

    kin_timer_start(loop, 0, 0, release_loop, loop, NULL);
    EXPECT_INT_GE(kin_loop_run(loop, KIN_RUN_UNTIL_IDLE), 0);
}

static void release_at_exit(kin_child *child, const kin_status *status, void *user)
{
    (void)child;
    (void)status;
    kin_loop_release(user);
}

TEST_C(Loop, A04_it_is_released_in_the_callback_of_a_child)
{
    kin_loop *loop = open_loop();

    ASSERT_INT_EQ(0,
                  kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .on_exit = release_at_exit, .user = loop), NULL));
    EXPECT_INT_GE(kin_loop_run(loop, KIN_RUN_UNTIL_IDLE), 0);
}

/* The child reads its stdin to the end; that end comes when the loop lets go of the pipe. */
TEST_C(Loop, R20_a_living_child_outlives_it_and_leaves_no_zombie)
{
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    ASSERT_INT_EQ(0, kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("cat"), .in = { .kind = KIN_STDIO_PIPE }), &child));
    ASSERT_NOT_NULL(child);
    close_loop(loop);
}

TEST_C(Loop, unref_lets_it_end_before_the_child)
{
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    ASSERT_INT_EQ(0, kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("cat"), .in = { .kind = KIN_STDIO_PIPE }), &child));
    kin_child_unref(child);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    kin_child_ref(child);
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_NOWAIT));
    kin_stream_end(kin_child_stream(child, 0));
    run_loop(loop);
    EXPECT_INT_EQ(1, kin_child_status(child, NULL));
    kin_child_release(child);
    close_loop(loop);
}
