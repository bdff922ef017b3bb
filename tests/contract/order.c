/* SPDX-License-Identifier: MIT */
/* Promise 6: data …, exit once, remaining data, close once; and who holds a pipe longer than the child. */
#include "support/support.h"

static void start(kin_loop *loop, const kin_spawn_options *options, kin_child **child)
{
    kin_error error = { 0 };
    kin_spawn_options with_error = *options;

    with_error.error = &error;
    if (kin_spawn(loop, &with_error, child) < 0)
        FAIL_C("%s", kin_error_text(&error));
}

TEST_C(Order, exit_then_close_without_streams)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();

    start(loop, SPAWN_OPTIONS(.argv = CHILD("exit", "3"), RECORDED(&recorder)), NULL);
    EXPECT_STR_EQ("", recorder.events);
    run_loop(loop);
    EXPECT_STR_EQ("exit,close", recorder.events);
    EXPECT_EXITED(3, &recorder.exit_status);
    EXPECT_EXITED(3, &recorder.close_status);
    close_loop(loop);
}

TEST_C(Order, F22_all_data_and_the_end_come_before_close)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();

    start(loop, SPAWN_OPTIONS(.argv = CHILD("spam", "out", "300000"), .out = { RECORDED_OUT }, RECORDED(&recorder)), NULL);
    run_loop(loop);
    EXPECT_INT_EQ(300000, recorder.out.size);
    EXPECT_TRUE(pattern_is_in(&recorder.out));
    EXPECT_INT_EQ(1, recorder.exits);
    EXPECT_INT_EQ(1, recorder.closes);
    EXPECT_INT_EQ(1, recorder.ends);
    EXPECT_INT_EQ(0, recorder.end_code);
    EXPECT_STR_CONTAINS("close", recorder.events + strlen(recorder.events) - 5);
    EXPECT_FALSE(recorder.close_status.output_incomplete);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Order, F22_what_was_written_just_before_the_exit_arrives)
{
    const unsigned rounds = SCALED(100, 10);
    kin_loop *loop = open_loop();

    for (unsigned i = 0; i < rounds; i++) {
        struct recorder recorder = { 0 };

        start(loop, SPAWN_OPTIONS(.argv = CHILD("say", "1", "last words"), .out = { RECORDED_OUT }, RECORDED(&recorder)), NULL);
        run_loop(loop);
        EXPECT_STR_EQ("last words", text_in(&recorder.out));
        EXPECT_INT_EQ(1, recorder.closes);
        recorder_free(&recorder);
    }
    close_loop(loop);
}

TEST_C(Order, the_end_of_a_stream_may_come_long_before_the_exit)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    start(loop,
          SPAWN_OPTIONS(.argv = CHILD("close-slot", "1"), .out = { RECORDED_OUT }, .err = { .kind = KIN_STDIO_IGNORE },
                        RECORDED(&recorder)),
          &child);
    while (recorder.ends == 0)
        ASSERT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_ONCE));
    EXPECT_STR_EQ("end", recorder.events);
    EXPECT_INT_EQ(0, kin_kill(child, KIN_SIGNAL_KILL));
    run_loop(loop);
    EXPECT_STR_EQ("end,exit,close", recorder.events);
    kin_child_release(child);
    close_loop(loop);
}

/* The grandchild holds stdout until its input, our pipe, ends. */
static void start_holder(kin_loop *loop, struct recorder *recorder, int64_t close_delay_ms, kin_child **child)
{
    start(loop,
          SPAWN_OPTIONS(.argv = CHILD("grandchild", "say-after-input", "1", "late"), .in = { .kind = KIN_STDIO_PIPE },
                        .out = { RECORDED_OUT }, .close_delay_ms = close_delay_ms, RECORDED(recorder)),
          child);
}

TEST_C(Order, F23_a_grandchild_that_holds_the_pipe_is_waited_for)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    start_holder(loop, &recorder, KIN_FOREVER, &child);
    run_until(loop, has_exited, &recorder);
    EXPECT_STR_EQ("exit", recorder.events);
    EXPECT_INT_EQ(0, kin_stream_end(kin_child_stream(child, 0)));
    run_loop(loop);
    EXPECT_STR_EQ("exit,data,end,close", recorder.events);
    EXPECT_STR_EQ("late", text_in(&recorder.out));
    EXPECT_FALSE(recorder.close_status.output_incomplete);
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Order, F23_a_grandchild_that_holds_the_pipe_is_not_waited_for_longer_than_said)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    start_holder(loop, &recorder, 20, &child);
    run_loop(loop);
    EXPECT_STR_EQ("exit,end(ECANCELED),close", recorder.events);
    EXPECT_FALSE(recorder.exit_status.output_incomplete);
    EXPECT_TRUE(recorder.close_status.output_incomplete);
    EXPECT_EXITED(0, &recorder.close_status);
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Order, F23_at_once_means_that_nobody_is_waited_for)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    start_holder(loop, &recorder, KIN_AT_ONCE, &child);
    run_loop(loop);
    EXPECT_STR_EQ("exit,end(ECANCELED),close", recorder.events);
    EXPECT_TRUE(recorder.close_status.output_incomplete);
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Order, F23_the_default_delay_ends_by_itself)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    start_holder(loop, &recorder, 0, &child);
    run_loop(loop);
    EXPECT_TRUE(recorder.close_status.output_incomplete);
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Order, F23_at_once_still_reads_what_is_there)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    start(loop,
          SPAWN_OPTIONS(.argv = CHILD("grandchild", "wait"), .in = { .kind = KIN_STDIO_PIPE }, .out = { RECORDED_OUT },
                        .close_delay_ms = KIN_FOREVER, RECORDED(&recorder)),
          &child);
    run_until(loop, has_output, &recorder); /* the grandchild is known to have started */
    EXPECT_STR_EQ("ready\n", text_in(&recorder.out));
    kin_child_release(child);
    recorder_free(&recorder);
    recorder = (struct recorder){ 0 };
    start(loop,
          SPAWN_OPTIONS(.argv = CHILD("spam", "out", "50000"), .out = { RECORDED_OUT }, .close_delay_ms = KIN_AT_ONCE,
                        RECORDED(&recorder)),
          NULL);
    run_loop(loop);
    EXPECT_INT_EQ(50000, recorder.out.size);
    EXPECT_FALSE(recorder.close_status.output_incomplete);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Order, a_pipe_that_nobody_reads_does_not_prevent_close)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();

    start(loop, SPAWN_OPTIONS(.argv = CHILD("say", "1", "unread"), .out = { .kind = KIN_STDIO_PIPE }, RECORDED(&recorder)),
          NULL);
    run_loop(loop);
    EXPECT_STR_EQ("exit,close", recorder.events);
    close_loop(loop);
}

TEST_C(Order, a_paused_reader_delays_close_until_it_resumes)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    start(loop, SPAWN_OPTIONS(.argv = CHILD("say", "1", "later"), .out = { RECORDED_OUT }, RECORDED(&recorder)), &child);
    ASSERT_INT_EQ(0, kin_stream_pause(kin_child_stream(child, 1)));
    run_until(loop, has_exited, &recorder);
    EXPECT_STR_EQ("exit", recorder.events);
    ASSERT_INT_EQ(0, kin_stream_resume(kin_child_stream(child, 1)));
    run_loop(loop);
    EXPECT_STR_EQ("exit,data,end,close", recorder.events);
    EXPECT_STR_EQ("later", text_in(&recorder.out));
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Order, no_callback_comes_inside_the_call_that_starts)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    start(loop,
          SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .in = { .kind = KIN_STDIO_PIPE }, .out = { RECORDED_OUT },
                        RECORDED(&recorder)),
          &child);
    kin_stream_write(kin_child_stream(child, 0), "x", 1, record_written, &recorder);
    kin_stream_close(kin_child_stream(child, 0));
    EXPECT_STR_EQ("", recorder.events);
    run_loop(loop);
    EXPECT_INT_EQ(1, recorder.closes);
    kin_child_release(child);
    close_loop(loop);
}

TEST_C(Order, the_user_pointer_is_kept)
{
    int user;
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    start(loop, SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .user = &user), &child);
    EXPECT_PTR_EQ(&user, kin_child_user(child));
    EXPECT_NULL(kin_child_user(NULL));
    run_loop(loop);
    kin_child_release(child);
    close_loop(loop);
}

static const struct {
    const char *name;
    const char *event;
} release_rows[] = { { "data", "data" }, { "end", "end" }, { "exit", "exit" }, { "close", "close" } };

struct releaser {
    struct recorder recorder;
    kin_child *child;
    const char *event;
    unsigned after;
};

static void maybe_release(struct releaser *releaser, const char *event)
{
    if (releaser->child == NULL) {
        releaser->after++;
        return;
    }
    if (strcmp(event, releaser->event) == 0) {
        kin_child_release(releaser->child);
        releaser->child = NULL;
    }
}

static void release_on_data(kin_stream *stream, const char *data, size_t size, void *user)
{
    (void)stream;
    (void)data;
    (void)size;
    maybe_release(user, "data");
}

static void release_on_end(kin_stream *stream, int code, void *user)
{
    (void)stream;
    (void)code;
    maybe_release(user, "end");
}

static void release_on_exit(kin_child *child, const kin_status *status, void *user)
{
    (void)child;
    (void)status;
    maybe_release(user, "exit");
}

static void release_on_close(kin_child *child, const kin_status *status, void *user)
{
    (void)child;
    (void)status;
    maybe_release(user, "close");
}

TEST_CP(Order, A04_a_child_may_be_released_in_every_callback, release_rows)
{
    struct releaser releaser = { .event = row->event };
    kin_loop *loop = open_loop();

    start(loop,
          SPAWN_OPTIONS(.argv = CHILD("spam", "out", "200000"),
                        .out = { .kind = KIN_STDIO_PIPE, .on_data = release_on_data, .on_end = release_on_end },
                        .on_exit = release_on_exit, .on_close = release_on_close, .user = &releaser),
          &releaser.child);
    run_loop(loop);
    EXPECT_NULL(releaser.child);
    EXPECT_INT_EQ(0, releaser.after);
    close_loop(loop);
}

TEST_C(Order, R21_the_loop_may_be_released_while_a_child_lives)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    start(loop,
          SPAWN_OPTIONS(.argv = CHILD("wait"), .in = { .kind = KIN_STDIO_PIPE }, .out = { RECORDED_OUT }, RECORDED(&recorder)),
          &child);
    run_until(loop, has_output, &recorder);
    close_loop(loop); /* the input ends with it, and so the child; nobody is left behind */
    EXPECT_INT_EQ(0, recorder.exits);
    EXPECT_INT_EQ(0, recorder.closes);
    recorder_free(&recorder);
}

static void spawn_again(kin_child *child, const kin_status *status, void *user)
{
    struct recorder *recorder = user;

    (void)child;
    (void)status;
    if (++recorder->closes < 5) {
        EXPECT_INT_EQ(0, kin_spawn(recorder->loop,
                                   SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .on_close = spawn_again, .user = recorder), NULL));
    }
}

TEST_C(Order, A04_a_callback_may_start_the_next_child)
{
    struct recorder recorder = { .loop = open_loop() };

    start(recorder.loop, SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .on_close = spawn_again, .user = &recorder), NULL);
    run_loop(recorder.loop);
    EXPECT_INT_EQ(5, recorder.closes);
    close_loop(recorder.loop);
}

TEST_C(Order, R20_a_child_released_while_it_runs_leaves_no_zombie)
{
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    start(loop, SPAWN_OPTIONS(.argv = CHILD("wait"), .in = { .kind = KIN_STDIO_PIPE }, .out = { .kind = KIN_STDIO_IGNORE }),
          &child);
    kin_child_release(child);
    run_loop(loop);
    close_loop(loop);
}

TEST_C(Order, R21_many_children_released_with_their_loop)
{
    const unsigned count = SCALED(20, 5);
    kin_loop *loop = open_loop();

    for (unsigned i = 0; i < count; i++) {
        kin_child *child = NULL;

        start(loop, SPAWN_OPTIONS(.argv = CHILD("wait"), .in = { .kind = KIN_STDIO_PIPE }, .out = { .kind = KIN_STDIO_PIPE }),
              i % 2 == 0 ? &child : NULL);
    }
    close_loop(loop);
}
