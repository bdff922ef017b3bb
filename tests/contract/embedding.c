/* SPDX-License-Identifier: MIT */
/* A loop inside a loop of somebody else: its handle, its timeout, runs that do not wait. */
#include "support/support.h"

struct ticker {
    kin_loop *loop;
    unsigned count;
    unsigned stop_at;
};

static void tick_until(kin_timer *timer, void *user)
{
    struct ticker *ticker = user;

    if (++ticker->count == ticker->stop_at)
        kin_timer_release(timer);
}

/* What a host does that has a loop of its own. */
static void drive(kin_loop *loop, struct recorder *recorder)
{
    unsigned turns = 0;

    while (kin_loop_run(loop, KIN_RUN_NOWAIT) == 1 && turns++ < 10000000) {
        const int64_t timeout = kin_loop_timeout_ms(loop);

        if (timeout != 0)
            host_wait(kin_loop_handle(loop), timeout);
    }
    EXPECT_INT_EQ(1, recorder->closes);
}

TEST_C(Embedding, the_handle_tells_about_a_child)
{
    struct recorder recorder = { .loop = open_loop() };

    ASSERT_INT_EQ(
        0, kin_spawn(recorder.loop,
                     SPAWN_OPTIONS(.argv = CHILD("say", "1", "embedded"), .out = { RECORDED_OUT }, RECORDED(&recorder)), NULL));
    drive(recorder.loop, &recorder);
    EXPECT_STR_EQ("embedded", text_in(&recorder.out));
    recorder_free(&recorder);
    close_loop(recorder.loop);
}

TEST_C(Embedding, the_handle_tells_about_much_data)
{
    struct recorder recorder = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_spawn(recorder.loop,
                               SPAWN_OPTIONS(.argv = CHILD("spam", "both", "2000000"), .out = { RECORDED_OUT },
                                             .err = { RECORDED_ERR }, RECORDED(&recorder)),
                               NULL));
    drive(recorder.loop, &recorder);
    EXPECT_UINT_EQ(2000000, recorder.out.size);
    EXPECT_TRUE(pattern_is_in(&recorder.out));
    EXPECT_TRUE(pattern_is_in(&recorder.err));
    recorder_free(&recorder);
    close_loop(recorder.loop);
}

TEST_C(Embedding, the_handle_tells_about_writes)
{
    static unsigned char data[1000000];
    struct recorder recorder = { .loop = open_loop() };
    kin_child *child = NULL;

    pattern_write(data, sizeof data);
    ASSERT_INT_EQ(0, kin_spawn(recorder.loop,
                               SPAWN_OPTIONS(.argv = CHILD("count"), .in = { .kind = KIN_STDIO_PIPE }, .out = { RECORDED_OUT },
                                             RECORDED(&recorder)),
                               &child));
    EXPECT_INT_GE(kin_stream_write_borrowed(kin_child_stream(child, 0), data, sizeof data, NULL, NULL), 0);
    kin_stream_end(kin_child_stream(child, 0));
    drive(recorder.loop, &recorder);
    EXPECT_STR_EQ("1000000 match", text_in(&recorder.out));
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(recorder.loop);
}

TEST_C(Embedding, the_timeout_tells_about_timers)
{
    struct ticker ticker = { .loop = open_loop(), .stop_at = 3 };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 5, 5, tick_until, &ticker, NULL));
    EXPECT_INT_GE(kin_loop_timeout_ms(ticker.loop), 0);
    EXPECT_INT_LE(kin_loop_timeout_ms(ticker.loop), 5);
    while (kin_loop_run(ticker.loop, KIN_RUN_NOWAIT) == 1)
        host_wait(kin_loop_handle(ticker.loop), kin_loop_timeout_ms(ticker.loop));
    EXPECT_INT_EQ(3, ticker.count);
    close_loop(ticker.loop);
}

TEST_C(Embedding, the_handle_tells_about_a_wake)
{
    kin_loop *loop = open_loop();

    EXPECT_FALSE(host_wait(kin_loop_handle(loop), 0));
    EXPECT_INT_EQ(0, kin_loop_wake(loop));
    EXPECT_TRUE(host_wait(kin_loop_handle(loop), 10000) || kin_loop_timeout_ms(loop) == 0);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_NOWAIT));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_NOWAIT)); /* Windows may call a host once more to find nothing */
    EXPECT_FALSE(host_wait(kin_loop_handle(loop), 0));
    close_loop(loop);
}

static bool all_closed(const struct recorder *recorders, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (recorders[i].closes == 0)
            return false;
    }
    return true;
}

TEST_C(Embedding, ten_children_and_a_timer)
{
    enum { COUNT = 10 };
    struct recorder recorders[COUNT] = { { .exits = 0 } };
    struct ticker ticker = { .loop = open_loop(), .stop_at = 2 };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 5, 5, tick_until, &ticker, NULL));
    for (size_t i = 0; i < COUNT; i++) {
        ASSERT_INT_EQ(
            0, kin_spawn(ticker.loop,
                         SPAWN_OPTIONS(.argv = CHILD("spam", "out", "70000"), .out = { RECORDED_OUT }, RECORDED(&recorders[i])),
                         NULL));
    }
    while (kin_loop_run(ticker.loop, KIN_RUN_NOWAIT) == 1)
        host_wait(kin_loop_handle(ticker.loop), kin_loop_timeout_ms(ticker.loop));
    EXPECT_TRUE(all_closed(recorders, COUNT));
    EXPECT_INT_EQ(2, ticker.count);
    for (size_t i = 0; i < COUNT; i++) {
        EXPECT_UINT_EQ(70000, recorders[i].out.size);
        EXPECT_TRUE(pattern_is_in(&recorders[i].out));
        recorder_free(&recorders[i]);
    }
    close_loop(ticker.loop);
}

TEST_C(Embedding, the_timeout_is_that_of_the_next_timer)
{
    struct ticker ticker = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 1000000, 0, tick_until, &ticker, NULL));
    EXPECT_INT_LE(kin_loop_timeout_ms(ticker.loop), 1000000);
    EXPECT_INT_GT(kin_loop_timeout_ms(ticker.loop), 0);
    ASSERT_INT_EQ(0, kin_timer_start(ticker.loop, 0, 0, tick_until, &ticker, NULL));
    EXPECT_INT_EQ(0, kin_loop_timeout_ms(ticker.loop));
    close_loop(ticker.loop);
}
