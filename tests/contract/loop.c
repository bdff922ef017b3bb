/* SPDX-License-Identifier: MIT */
/* The loop and its timers, alone, inside another loop, and beside other threads. */
#include "support/support.h"

struct ticker {
    kin_loop *loop;
    kin_timer *timer;
    unsigned count;
    unsigned stop_at;
    char order[64];
    int code;
};

static void count_tick(kin_timer *timer, void *user)
{
    struct ticker *ticker = user;

    (void)timer;
    ticker->count++;
}

static void tick_until(kin_timer *timer, void *user)
{
    struct ticker *ticker = user;

    if (++ticker->count == ticker->stop_at)
        kin_timer_release(timer);
}

/* --------------------------------------------------------------------------------------------------------------- loop --- */

TEST_C(Loop, with_nothing_to_do_ends_at_once)
{
    kin_loop *loop = open_loop();

    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_ONCE));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_NOWAIT));
    EXPECT_INT_EQ(KIN_FOREVER, kin_loop_timeout_ms(loop));
    close_loop(loop);
}

TEST_C(Loop, many_may_be_made_and_released)
{
    for (unsigned i = 0; i < 200; i++)
        close_loop(open_loop());
}

TEST_C(Loop, nowait_does_not_wait)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    ASSERT_INT_EQ(0, kin_spawn(loop,
                               SPAWN_OPTIONS(.argv = CHILD("wait"), .in = { .kind = KIN_STDIO_PIPE },
                                             .out = { .kind = KIN_STDIO_IGNORE }, RECORDED(&recorder)),
                               &child));
    for (unsigned i = 0; i < 10; i++)
        EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_NOWAIT));
    EXPECT_INT_EQ(0, recorder.exits);
    kin_stream_end(kin_child_stream(child, 0));
    run_loop(loop);
    EXPECT_INT_EQ(1, recorder.closes);
    kin_child_release(child);
    close_loop(loop);
}

static void run_inside(kin_timer *timer, void *user)
{
    struct ticker *ticker = user;

    (void)timer;
    ticker->code = kin_loop_run(ticker->loop, KIN_RUN_NOWAIT);
}

TEST_C(Loop, cannot_be_run_in_its_own_callback)
{
    struct ticker ticker = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 0, 0, run_inside, &ticker, NULL));
    run_loop(ticker.loop);
    EXPECT_INT_EQ(KIN_EBUSY, ticker.code);
    close_loop(ticker.loop);
}

static void run_another(kin_timer *timer, void *user)
{
    struct ticker *ticker = user;
    kin_result result = { 0 };
    kin_loop *inner = open_loop();

    (void)timer;
    EXPECT_INT_EQ(0, kin_timer_start(inner, 0, 0, count_tick, ticker, NULL));
    EXPECT_INT_EQ(0, kin_loop_run(inner, KIN_RUN_UNTIL_IDLE));
    close_loop(inner);
    EXPECT_INT_EQ(0, run_child(&result, NULL, "say", "1", "inside"));
    EXPECT_OUTPUT("inside", &result);
    kin_result_free(&result);
}

TEST_C(Loop, another_may_be_run_in_a_callback)
{
    struct ticker ticker = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 0, 0, run_another, &ticker, NULL));
    run_loop(ticker.loop);
    EXPECT_INT_EQ(1, ticker.count);
    close_loop(ticker.loop);
}

static void stop_loop(kin_timer *timer, void *user)
{
    struct ticker *ticker = user;

    (void)timer;
    if (++ticker->count == 3)
        kin_loop_stop(ticker->loop);
}

TEST_C(Loop, stop_ends_a_run_and_leaves_the_rest)
{
    struct ticker ticker = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 0, 1, stop_loop, &ticker, &ticker.timer));
    EXPECT_INT_EQ(1, kin_loop_run(ticker.loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_INT_EQ(3, ticker.count);
    kin_timer_release(ticker.timer);
    EXPECT_INT_EQ(0, kin_loop_run(ticker.loop, KIN_RUN_UNTIL_IDLE));
    close_loop(ticker.loop);
}

TEST_C(Loop, stop_before_a_run_lets_it_return_at_once)
{
    struct ticker ticker = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 3600 * 1000, 0, count_tick, &ticker, &ticker.timer));
    kin_loop_stop(ticker.loop);
    EXPECT_INT_EQ(1, kin_loop_run(ticker.loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_INT_EQ(0, ticker.count);
    kin_timer_release(ticker.timer);
    close_loop(ticker.loop);
}

static void release_loop(kin_timer *timer, void *user)
{
    struct ticker *ticker = user;

    (void)timer;
    ticker->count++;
    kin_loop_release(ticker->loop);
}

TEST_C(Loop, A04_may_be_released_in_its_own_callback)
{
    struct ticker ticker = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 0, 1, release_loop, &ticker, NULL));
    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 0, 1, count_tick, &ticker, NULL));
    ASSERT_INT_EQ(0, kin_spawn(ticker.loop, SPAWN_OPTIONS(.argv = CHILD("cat"), .in = { .kind = KIN_STDIO_PIPE }), NULL));
    EXPECT_INT_GE(kin_loop_run(ticker.loop, KIN_RUN_UNTIL_IDLE), 0);
    EXPECT_INT_GE(ticker.count, 1);
    EXPECT_INT_LE(ticker.count, 2);
}

TEST_C(Loop, children_without_reference_do_not_hold_it)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    ASSERT_INT_EQ(0, kin_spawn(loop,
                               SPAWN_OPTIONS(.argv = CHILD("wait"), .in = { .kind = KIN_STDIO_PIPE }, .out = { RECORDED_OUT },
                                             RECORDED(&recorder)),
                               &child));
    kin_child_unref(child);
    kin_child_unref(child);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_INT_EQ(0, recorder.exits);
    kin_child_ref(child);
    kin_stream_end(kin_child_stream(child, 0));
    run_loop(loop);
    EXPECT_INT_EQ(1, recorder.closes);
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(loop);
}

/* ------------------------------------------------------------------------------------------------------------- timers --- */

TEST_C(Timers, one_call)
{
    struct ticker ticker = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 1, 0, count_tick, &ticker, &ticker.timer));
    EXPECT_INT_EQ(0, ticker.count);
    run_loop(ticker.loop);
    EXPECT_INT_EQ(1, ticker.count);
    kin_timer_release(ticker.timer);
    close_loop(ticker.loop);
}

TEST_C(Timers, again_and_again)
{
    struct ticker ticker = { .loop = open_loop(), .stop_at = 5 };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 0, 1, tick_until, &ticker, &ticker.timer));
    run_loop(ticker.loop);
    EXPECT_INT_EQ(5, ticker.count);
    close_loop(ticker.loop);
}

static void append_a(kin_timer *timer, void *user)
{
    (void)timer;
    strcat(((struct ticker *)user)->order, "a");
}

static void append_b(kin_timer *timer, void *user)
{
    (void)timer;
    strcat(((struct ticker *)user)->order, "b");
}

static void append_c(kin_timer *timer, void *user)
{
    (void)timer;
    strcat(((struct ticker *)user)->order, "c");
}

TEST_C(Timers, come_in_the_order_of_their_times)
{
    struct ticker ticker = { .loop = open_loop() };

    /* If we are held up for so long between two of the calls, the order is another one, and rightly. */
    for (int64_t gap = 20; strcmp(ticker.order, "abc") != 0 && gap < 10000; gap *= 5) {
        ticker.order[0] = '\0';
        ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 2 * gap, 0, append_c, &ticker, NULL));
        ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 0, 0, append_a, &ticker, NULL));
        ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, gap, 0, append_b, &ticker, NULL));
        run_loop(ticker.loop);
    }
    EXPECT_STR_EQ("abc", ticker.order);
    close_loop(ticker.loop);
}

TEST_C(Timers, released_before_their_time_say_nothing)
{
    struct ticker ticker = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 0, 0, count_tick, &ticker, &ticker.timer));
    kin_timer_release(ticker.timer);
    run_loop(ticker.loop);
    EXPECT_INT_EQ(0, ticker.count);
    close_loop(ticker.loop);
}

TEST_C(Timers, without_reference_do_not_hold_the_loop)
{
    struct ticker ticker = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 3600 * 1000, 0, count_tick, &ticker, &ticker.timer));
    kin_timer_unref(ticker.timer);
    EXPECT_INT_EQ(0, kin_loop_run(ticker.loop, KIN_RUN_UNTIL_IDLE));
    kin_timer_ref(ticker.timer);
    EXPECT_INT_EQ(1, kin_loop_run(ticker.loop, KIN_RUN_NOWAIT));
    kin_timer_release(ticker.timer);
    EXPECT_INT_EQ(0, ticker.count);
    close_loop(ticker.loop);
}

TEST_C(Timers, R19_far_away_do_not_overflow)
{
    struct ticker ticker = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, INT64_MAX, INT64_MAX, count_tick, &ticker, &ticker.timer));
    EXPECT_INT_EQ(1, kin_loop_run(ticker.loop, KIN_RUN_NOWAIT));
    EXPECT_INT_EQ(0, ticker.count);
    EXPECT_INT_GT(kin_loop_timeout_ms(ticker.loop), 1000);
    kin_timer_release(ticker.timer);
    close_loop(ticker.loop);
}

TEST_C(Timers, many)
{
    struct ticker ticker = { .loop = open_loop() };

    for (unsigned i = 0; i < 1000; i++)
        ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, i % 7, 0, count_tick, &ticker, NULL));
    run_loop(ticker.loop);
    EXPECT_INT_EQ(1000, ticker.count);
    close_loop(ticker.loop);
}

static void start_next(kin_timer *timer, void *user)
{
    struct ticker *ticker = user;

    (void)timer;
    if (++ticker->count < 20)
        EXPECT_INT_EQ(0, kin_timer_start(ticker->loop, 0, 0, start_next, ticker, NULL));
}

TEST_C(Timers, may_start_the_next)
{
    struct ticker ticker = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 0, 0, start_next, &ticker, NULL));
    run_loop(ticker.loop);
    EXPECT_INT_EQ(20, ticker.count);
    close_loop(ticker.loop);
}

/* A busy pipe and a timer on one loop. */
TEST_C(Timers, are_not_starved_by_data)
{
    struct ticker ticker = { .loop = open_loop(), .stop_at = 3 };
    struct recorder recorder = { 0 };
    kin_child *child = NULL;

    ASSERT_INT_EQ(0, kin_spawn(ticker.loop,
                               SPAWN_OPTIONS(.argv = CHILD("spam", "out", "1000000000000"), .out = { .kind = KIN_STDIO_PIPE },
                                             RECORDED(&recorder)),
                               &child));
    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 1, 1, tick_until, &ticker, NULL));
    while (ticker.count < 3)
        ASSERT_INT_EQ(1, kin_loop_run(ticker.loop, KIN_RUN_ONCE));
    kin_kill(child, KIN_SIGNAL_KILL);
    run_loop(ticker.loop);
    kin_child_release(child);
    close_loop(ticker.loop);
}

/* --------------------------------------------------------------------------------------------------------------- wake --- */

struct waker {
    kin_loop *loop;
    unsigned count;
    unsigned wakes;
};

static void note_wake(kin_loop *loop, void *user)
{
    struct waker *waker = user;

    (void)loop;
    waker->wakes++;
}

static void stop_on_wake(kin_loop *loop, void *user)
{
    note_wake(loop, user);
    kin_loop_stop(loop);
}

static void wake_often(void *argument)
{
    struct waker *waker = argument;

    for (unsigned i = 0; i < waker->count; i++)
        EXPECT_INT_EQ(0, kin_loop_wake(waker->loop));
}

TEST_C(Wake, from_another_thread_ends_the_wait)
{
    struct waker waker = { .loop = open_loop(), .count = 1 };
    struct ticker ticker = { .loop = waker.loop };
    struct host_thread *thread;

    ASSERT_INT_EQ(0, kin_loop_on_wake(waker.loop, stop_on_wake, &waker));
    ASSERT_INT_EQ(0, kin_timer_start(waker.loop, 3600 * 1000, 0, count_tick, &ticker, &ticker.timer));
    thread = host_thread_start(wake_often, &waker);
    EXPECT_INT_EQ(1, kin_loop_run(waker.loop, KIN_RUN_UNTIL_IDLE));
    host_thread_join(thread);
    EXPECT_INT_EQ(1, waker.wakes);
    kin_timer_release(ticker.timer);
    close_loop(waker.loop);
}

TEST_C(Wake, many_before_the_loop_comes_round_count_as_one)
{
    struct waker waker = { .loop = open_loop(), .count = 100 };

    ASSERT_INT_EQ(0, kin_loop_on_wake(waker.loop, note_wake, &waker));
    wake_often(&waker);
    EXPECT_INT_EQ(0, waker.wakes);
    kin_loop_run(waker.loop, KIN_RUN_NOWAIT);
    EXPECT_INT_EQ(1, waker.wakes);
    kin_loop_run(waker.loop, KIN_RUN_NOWAIT);
    EXPECT_INT_EQ(1, waker.wakes);
    close_loop(waker.loop);
}

TEST_C(Wake, without_a_callback_is_harmless)
{
    struct waker waker = { .loop = open_loop() };

    EXPECT_INT_EQ(0, kin_loop_wake(waker.loop));
    EXPECT_INT_EQ(0, kin_loop_run(waker.loop, KIN_RUN_NOWAIT));
    ASSERT_INT_EQ(0, kin_loop_on_wake(waker.loop, note_wake, &waker));
    ASSERT_INT_EQ(0, kin_loop_on_wake(waker.loop, NULL, NULL));
    EXPECT_INT_EQ(0, kin_loop_wake(waker.loop));
    EXPECT_INT_EQ(0, kin_loop_run(waker.loop, KIN_RUN_NOWAIT));
    EXPECT_INT_EQ(0, waker.wakes);
    close_loop(waker.loop);
}

TEST_C(Wake, many_threads_while_the_loop_works)
{
    enum { THREADS = 4 };
    struct waker waker = { .loop = open_loop(), .count = 1000 };
    struct recorder recorder = { 0 };
    struct host_thread *threads[THREADS];

    ASSERT_INT_EQ(0, kin_loop_on_wake(waker.loop, note_wake, &waker));
    ASSERT_INT_EQ(
        0,
        kin_spawn(waker.loop,
                  SPAWN_OPTIONS(.argv = CHILD("spam", "out", "2000000"), .out = { RECORDED_OUT }, RECORDED(&recorder)), NULL));
    for (unsigned i = 0; i < THREADS; i++)
        threads[i] = host_thread_start(wake_often, &waker);
    run_loop(waker.loop);
    for (unsigned i = 0; i < THREADS; i++)
        host_thread_join(threads[i]);
    kin_loop_run(waker.loop, KIN_RUN_NOWAIT);
    EXPECT_INT_GE(waker.wakes, 1);
    EXPECT_UINT_EQ(2000000, recorder.out.size);
    EXPECT_TRUE(pattern_is_in(&recorder.out));
    recorder_free(&recorder);
    close_loop(waker.loop);
}

/* -------------------------------------------------------------------------------------------------------- many at once --- */

TEST_C(Many, children_at_once_on_one_loop)
{
    enum { MOST = 200 };
    const unsigned count = SCALED(MOST, 30);
    struct recorder *recorders = calloc(MOST, sizeof *recorders);
    kin_child *children[MOST] = { NULL };
    kin_loop *loop = open_loop();

    ASSERT_NOT_NULL(recorders);
    for (unsigned i = 0; i < count; i++)
        ASSERT_INT_EQ(0, kin_spawn(loop,
                                   SPAWN_OPTIONS(.argv = CHILD("cat"), .in = { .kind = KIN_STDIO_PIPE },
                                                 .out = { RECORDED_OUT }, RECORDED(&recorders[i])),
                                   &children[i]));
    for (unsigned i = 0; i < count; i++) { /* all of them live */
        const char *text = text_of("child %u", i);

        EXPECT_INT_EQ(0, kin_stream_write(kin_child_stream(children[i], 0), text, strlen(text), NULL, NULL));
        EXPECT_INT_EQ(0, kin_stream_end(kin_child_stream(children[i], 0)));
    }
    run_loop(loop);
    for (unsigned i = 0; i < count; i++) {
        EXPECT_STR_EQ(text_of("child %u", i), text_in(&recorders[i].out));
        EXPECT_INT_EQ(1, recorders[i].closes);
        kin_child_release(children[i]);
        recorder_free(&recorders[i]);
    }
    free(recorders);
    close_loop(loop);
}

TEST_C(Many, children_one_after_the_other)
{
    const unsigned count = SCALED(300, 30);
    kin_loop *loop = open_loop();

    for (unsigned i = 0; i < count; i++) {
        struct recorder recorder = { 0 };

        ASSERT_INT_EQ(0,
                      kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("exit", text_of("%u", i % 256)), RECORDED(&recorder)), NULL));
        run_loop(loop);
        EXPECT_EXITED(i % 256, &recorder.close_status);
    }
    close_loop(loop);
}

/* A pipe that another thread's child has got as well would never end. */
static void run_some(void *argument)
{
    const unsigned count = SCALED(25, 5);

    (void)argument;
    for (unsigned i = 0; i < count; i++) {
        kin_result result = { 0 };

        EXPECT_INT_EQ(
            0, run_child(&result, EXEC_OPTIONS(.input = "threads", .input_size = 7, .close_delay_ms = KIN_FOREVER), "cat"));
        EXPECT_OUTPUT("threads", &result);
        kin_result_free(&result);
    }
}

TEST_C(Many, H01_S03_threads_start_children_at_once_and_no_pipe_leaks)
{
    enum { THREADS = 8 };
    struct host_thread *threads[THREADS];

    for (unsigned i = 0; i < THREADS; i++)
        threads[i] = host_thread_start(run_some, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        host_thread_join(threads[i]);
}

TEST_C(Many, H01_a_child_that_lives_long_does_not_hold_the_pipes_of_others)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *first = NULL;
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, kin_spawn(loop,
                               SPAWN_OPTIONS(.argv = CHILD("wait"), .in = { .kind = KIN_STDIO_PIPE }, .out = { RECORDED_OUT },
                                             RECORDED(&recorder)),
                               &first));
    ASSERT_INT_EQ(0, kin_exec_file_sync(CHILD("cat"),
                                        EXEC_OPTIONS(.input = "x", .input_size = 1, .close_delay_ms = KIN_FOREVER), &result));
    EXPECT_OUTPUT("x", &result);
    EXPECT_INT_EQ(0, recorder.exits);
    kin_result_free(&result);
    kin_stream_end(kin_child_stream(first, 0));
    run_loop(loop);
    EXPECT_INT_EQ(1, recorder.closes);
    kin_child_release(first);
    recorder_free(&recorder);
    close_loop(loop);
}

static void release_at_exit(kin_child *child, const kin_status *status, void *user)
{
    (void)child;
    (void)status;
    kin_loop_release(user);
}

TEST_C(Loop, A04_may_be_released_in_the_callback_of_a_child)
{
    kin_loop *loop = open_loop();

    ASSERT_INT_EQ(0,
                  kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .on_exit = release_at_exit, .user = loop), NULL));
    EXPECT_INT_GE(kin_loop_run(loop, KIN_RUN_UNTIL_IDLE), 0);
}

TEST_C(Timers, T01_of_two_equals_the_one_set_first_goes_first)
{
    struct ticker ticker = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 20, 0, append_b, &ticker, NULL));
    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 20, 0, append_c, &ticker, NULL));
    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 1, 0, append_a, &ticker, NULL));
    run_loop(ticker.loop);
    EXPECT_STR_EQ("abc", ticker.order);
    close_loop(ticker.loop);
}
