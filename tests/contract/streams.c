/* SPDX-License-Identifier: MIT */
/* Streams of a child: the queue of writes, back pressure, ends and errors. */
#include "support/support.h"

struct session {
    kin_loop *loop;
    kin_child *child;
    kin_stream *in;
    kin_stream *out;
    struct recorder recorder;
};

/* A child with a pipe at its input, and one at its output that is recorded. */
static void open_session(struct session *session, const char *const *argv)
{
    *session = (struct session){ .loop = open_loop() };
    ASSERT_INT_EQ(0, kin_spawn(session->loop,
                               SPAWN_OPTIONS(.argv = argv, .in = { .kind = KIN_STDIO_PIPE }, .out = { RECORDED_OUT },
                                             RECORDED(&session->recorder)),
                               &session->child));
    session->in = kin_child_stream(session->child, 0);
    session->out = kin_child_stream(session->child, 1);
}

static void close_session(struct session *session)
{
    kin_child_release(session->child);
    recorder_free(&session->recorder);
    close_loop(session->loop);
}

TEST_C(Streams, what_is_written_arrives)
{
    struct session session;

    open_session(&session, CHILD("cat"));
    EXPECT_INT_EQ(0, kin_stream_write(session.in, "hello ", 6, record_written, &session.recorder));
    EXPECT_INT_EQ(0, kin_stream_write(session.in, "world", 5, record_written, &session.recorder));
    EXPECT_STR_EQ("", session.recorder.events);
    EXPECT_INT_EQ(0, kin_stream_end(session.in));
    run_loop(session.loop);
    EXPECT_STR_EQ("hello world", text_in(&session.recorder.out));
    EXPECT_STR_CONTAINS("written,written", session.recorder.events);
    EXPECT_UINT_EQ(0, kin_stream_queued(session.in));
    close_session(&session);
}

TEST_C(Streams, a_copy_is_written)
{
    struct session session;
    char text[] = "original";

    open_session(&session, CHILD("cat"));
    EXPECT_INT_EQ(0, kin_stream_write(session.in, text, 8, NULL, NULL));
    memset(text, 'x', 8);
    kin_stream_end(session.in);
    run_loop(session.loop);
    EXPECT_STR_EQ("original", text_in(&session.recorder.out));
    close_session(&session);
}

TEST_C(Streams, borrowed_and_copied_bytes_keep_their_order)
{
    static const char lent[] = "lent,";
    struct session session;

    open_session(&session, CHILD("cat"));
    for (unsigned i = 0; i < 50; i++) {
        const char *text = text_of("%u,", i);

        EXPECT_INT_GE(kin_stream_write(session.in, text, strlen(text), NULL, NULL), 0);
        EXPECT_INT_GE(kin_stream_write_borrowed(session.in, lent, 5, NULL, NULL), 0);
    }
    kin_stream_end(session.in);
    run_loop(session.loop);
    EXPECT_STR_CONTAINS("0,lent,1,lent,2,lent,", text_in(&session.recorder.out));
    EXPECT_STR_CONTAINS("48,lent,49,lent,", text_in(&session.recorder.out));
    close_session(&session);
}

static void count_in_order(kin_stream *stream, int code, void *user)
{
    unsigned **next = user;

    (void)stream;
    EXPECT_INT_EQ(0, code);
    ++**next;
}

TEST_C(Streams, each_write_is_told_once)
{
    struct session session;
    unsigned count = 0;
    unsigned *next = &count;

    open_session(&session, CHILD("count"));
    for (unsigned i = 0; i < 1000; i++)
        EXPECT_INT_GE(kin_stream_write(session.in, "0123456789", 10, count_in_order, &next), 0);
    EXPECT_INT_EQ(0, count);
    kin_stream_end(session.in);
    run_loop(session.loop);
    EXPECT_INT_EQ(1000, count);
    EXPECT_STR_CONTAINS("10000 ", text_in(&session.recorder.out));
    close_session(&session);
}

TEST_C(Streams, F21_nothing_is_accepted_and_told)
{
    struct session session;

    open_session(&session, CHILD("count"));
    EXPECT_INT_EQ(0, kin_stream_write(session.in, "", 0, record_written, &session.recorder));
    EXPECT_INT_EQ(0, kin_stream_write(session.in, NULL, 0, record_written, &session.recorder));
    EXPECT_STR_EQ("", session.recorder.events);
    kin_stream_end(session.in);
    run_loop(session.loop);
    EXPECT_STR_CONTAINS("written,written", session.recorder.events);
    EXPECT_STR_EQ("0 match", text_in(&session.recorder.out));
    close_session(&session);
}

TEST_C(Streams, the_end_may_be_said_twice_and_ends_writing)
{
    struct session session;

    open_session(&session, CHILD("cat"));
    EXPECT_INT_EQ(0, kin_stream_end(session.in));
    EXPECT_INT_EQ(0, kin_stream_end(session.in));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write(session.in, "x", 1, record_written, &session.recorder));
    run_loop(session.loop);
    EXPECT_STR_EQ("", text_in(&session.recorder.out));
    close_session(&session);
}

TEST_C(Streams, F13_the_end_of_the_input_leaves_the_output_open)
{
    struct session session;

    open_session(&session, CHILD("say-after-input", "1", "after the end"));
    kin_stream_end(session.in);
    run_loop(session.loop);
    EXPECT_STR_EQ("after the end", text_in(&session.recorder.out));
    close_session(&session);
}

static void tick(kin_timer *timer, void *user)
{
    unsigned *ticks = user;

    if (++*ticks == 3)
        kin_timer_release(timer);
}

TEST_C(Streams, a_child_that_never_reads_blocks_nothing)
{
    const size_t size = SCALED(64, 8) * 1024 * 1024;
    char *data = calloc(size, 1);
    struct session session;
    kin_timer *timer = NULL;
    unsigned ticks = 0;

    ASSERT_NOT_NULL(data);
    open_session(&session, CHILD("read-nothing"));
    EXPECT_INT_EQ(KIN_STREAM_FULL, kin_stream_write_borrowed(session.in, data, size, record_written, &session.recorder));
    ASSERT_INT_EQ(0, kin_timer_start(session.loop, 1, 1, tick, &ticks, &timer));
    while (ticks < 3)
        ASSERT_INT_EQ(1, kin_loop_run(session.loop, KIN_RUN_ONCE));
    EXPECT_INT_GT(kin_stream_queued(session.in), size / 2);
    EXPECT_INT_EQ(0, kin_kill(session.child, KIN_SIGNAL_KILL));
    run_loop(session.loop);
    EXPECT_STR_CONTAINS("written(E", session.recorder.events);
    EXPECT_UINT_EQ(0, kin_stream_queued(session.in));
    free(data);
    close_session(&session);
}

static void note_drain(kin_stream *stream, void *user)
{
    EXPECT_UINT_EQ(0, kin_stream_queued(stream));
    record(user, "drain");
}

TEST_C(Streams, full_and_drain)
{
    char data[1000] = "";
    struct session session;
    int code = 0;

    open_session(&session, CHILD("count"));
    ASSERT_INT_EQ(0, kin_stream_on_drain(session.in, note_drain, &session.recorder));
    ASSERT_INT_EQ(0, kin_stream_set_high_water(session.in, 1));
    code = kin_stream_write(session.in, data, sizeof data, NULL, NULL);
    EXPECT_INT_EQ(KIN_STREAM_FULL, code);
    while (strstr(session.recorder.events, "drain") == NULL)
        ASSERT_INT_EQ(1, kin_loop_run(session.loop, KIN_RUN_ONCE));
    EXPECT_STR_EQ("drain", session.recorder.events);
    kin_stream_end(session.in);
    run_loop(session.loop);
    EXPECT_STR_EQ("1000 differ", text_in(&session.recorder.out));
    close_session(&session);
}

TEST_C(Streams, below_the_mark_there_is_no_drain)
{
    struct session session;

    open_session(&session, CHILD("count"));
    ASSERT_INT_EQ(0, kin_stream_on_drain(session.in, note_drain, &session.recorder));
    EXPECT_INT_EQ(0, kin_stream_write(session.in, "little", 6, NULL, NULL));
    kin_stream_end(session.in);
    run_loop(session.loop);
    EXPECT_NULL(strstr(session.recorder.events, "drain"));
    close_session(&session);
}

TEST_C(Streams, the_default_mark_and_back)
{
    static char data[64 * 1024];
    struct session session;

    open_session(&session, CHILD("read-nothing"));
    EXPECT_INT_EQ(0, kin_stream_set_high_water(session.in, 10));
    EXPECT_INT_EQ(0, kin_stream_set_high_water(session.in, 0));
    EXPECT_INT_EQ(0, kin_stream_write_borrowed(session.in, data, sizeof data / 2, NULL, NULL));
    EXPECT_INT_EQ(KIN_STREAM_FULL, kin_stream_write_borrowed(session.in, data, sizeof data, NULL, NULL));
    kin_kill(session.child, KIN_SIGNAL_KILL);
    run_loop(session.loop);
    close_session(&session);
}

TEST_C(Streams, F11_writing_to_a_child_that_has_ended_is_epipe_and_no_signal)
{
    struct session session;

    open_session(&session, CHILD("exit", "0"));
    while (kin_child_status(session.child, NULL) == 0)
        ASSERT_INT_GE(kin_loop_run(session.loop, KIN_RUN_ONCE), 0);
    if (session.recorder.closes == 0) {
        const int code = kin_stream_write(session.in, "x", 1, record_written, &session.recorder);

        EXPECT_TRUE(code == 0 || code == KIN_EPIPE);
    }
    run_loop(session.loop);
    EXPECT_NULL(strstr(session.recorder.events, "written,"));
    EXPECT_INT_EQ(KIN_EPIPE, kin_stream_write(session.in, "x", 1, NULL, NULL));
    close_session(&session);
}

TEST_C(Streams, F11_waiting_writes_to_a_child_that_ends_are_epipe)
{
    static char data[4 * 1024 * 1024];
    struct session session;

    open_session(&session, CHILD("take", "100"));
    EXPECT_INT_EQ(KIN_STREAM_FULL, kin_stream_write_borrowed(session.in, data, sizeof data, record_written, &session.recorder));
    EXPECT_INT_EQ(KIN_STREAM_FULL, kin_stream_write(session.in, "x", 1, record_written, &session.recorder));
    run_loop(session.loop);
    EXPECT_STR_CONTAINS("written(E", session.recorder.events);
    EXPECT_EXITED(0, &session.recorder.close_status);
    close_session(&session);
}

static bool has_known_epipe(void *user)
{
    struct session *session = user;

    return kin_stream_write(session->in, "x", 1, NULL, NULL) == KIN_EPIPE;
}

TEST_C(Streams, F12_a_child_that_closes_its_input_but_lives_is_noticed)
{
    struct session session;
    kin_timer *timer = NULL;
    unsigned ticks = 10; /* so that it goes on */

    open_session(&session, CHILD("close-slot", "0"));
    ASSERT_INT_EQ(0, kin_timer_start(session.loop, 1, 1, tick, &ticks, &timer));
    run_until(session.loop, has_known_epipe, &session);
    EXPECT_INT_EQ(0, session.recorder.exits);
    EXPECT_INT_EQ(0, kin_kill(session.child, KIN_SIGNAL_KILL));
    kin_timer_release(timer);
    run_loop(session.loop);
    close_session(&session);
}

TEST_C(Streams, close_cancels_what_waits)
{
    static char data[4 * 1024 * 1024];
    struct session session;

    open_session(&session, CHILD("read-nothing"));
    EXPECT_INT_EQ(KIN_STREAM_FULL, kin_stream_write_borrowed(session.in, data, sizeof data, record_written, &session.recorder));
    kin_stream_close(session.in);
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write(session.in, "x", 1, NULL, NULL));
    EXPECT_STR_EQ("", session.recorder.events);
    kin_kill(session.child, KIN_SIGNAL_KILL);
    run_loop(session.loop);
    EXPECT_STR_CONTAINS("written(ECANCELED)", session.recorder.events);
    close_session(&session);
}

TEST_C(Streams, close_of_a_reader_says_that_it_was_cut_off)
{
    struct session session;

    open_session(&session, CHILD("spam", "out", "100000000000"));
    run_until(session.loop, has_output, &session.recorder);
    kin_stream_close(session.out);
    kin_stream_close(session.out);
    run_loop(session.loop);
    EXPECT_INT_EQ(1, session.recorder.ends);
    EXPECT_INT_EQ(KIN_ECANCELED, session.recorder.end_code);
    EXPECT_EXITED(97, &session.recorder.close_status); /* the child's word for an output that nobody reads */
    close_session(&session);
}

static void pause_after_first(kin_stream *stream, const char *data, size_t size, void *user)
{
    record_out(stream, data, size, user);
    EXPECT_INT_EQ(0, kin_stream_pause(stream));
}

TEST_C(Streams, pause_holds_the_writer_back)
{
    const size_t size = 8 * 1024 * 1024;
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;
    kin_timer *timer = NULL;
    unsigned ticks = 0;
    size_t before;

    ASSERT_INT_EQ(0, kin_spawn(loop,
                               SPAWN_OPTIONS(.argv = CHILD("spam", "out", text_of("%llu", (unsigned long long)size)),
                                             .out = { .on_data = pause_after_first }, RECORDED(&recorder)),
                               &child));
    run_until(loop, has_output, &recorder);
    before = recorder.out.size;
    ASSERT_INT_EQ(0, kin_timer_start(loop, 1, 1, tick, &ticks, &timer));
    while (ticks < 3)
        ASSERT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_ONCE));
    EXPECT_UINT_EQ(before, recorder.out.size);
    EXPECT_INT_EQ(0, recorder.exits);
    ASSERT_INT_EQ(0, kin_stream_on_data(kin_child_stream(child, 1), record_out, record_end, &recorder));
    ASSERT_INT_EQ(0, kin_stream_resume(kin_child_stream(child, 1)));
    run_loop(loop);
    EXPECT_UINT_EQ(size, recorder.out.size);
    EXPECT_TRUE(pattern_is_in(&recorder.out));
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(loop);
}

static void pause_and_resume_later(kin_timer *timer, void *user)
{
    (void)timer;
    kin_stream_resume(user);
}

static void pause_each_time(kin_stream *stream, const char *data, size_t size, void *user)
{
    struct recorder *recorder = user;

    record_out(stream, data, size, user);
    EXPECT_INT_EQ(0, kin_stream_pause(stream));
    EXPECT_INT_EQ(0, kin_timer_start(recorder->loop, 0, 0, pause_and_resume_later, stream, NULL));
}

TEST_C(Streams, pause_after_every_read_loses_nothing)
{
    struct recorder recorder = { .loop = open_loop() };

    ASSERT_INT_EQ(0, kin_spawn(recorder.loop,
                               SPAWN_OPTIONS(.argv = CHILD("spam", "out", "1000000"),
                                             .out = { .on_data = pause_each_time, .on_end = record_end },
                                             .close_delay_ms = KIN_FOREVER, RECORDED(&recorder)),
                               NULL));
    run_loop(recorder.loop);
    EXPECT_UINT_EQ(1000000, recorder.out.size);
    EXPECT_TRUE(pattern_is_in(&recorder.out));
    recorder_free(&recorder);
    close_loop(recorder.loop);
}

TEST_C(Streams, reading_may_begin_later)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    ASSERT_INT_EQ(0, kin_spawn(loop,
                               SPAWN_OPTIONS(.argv = CHILD("say", "1", "late reader"), .out = { .kind = KIN_STDIO_PIPE },
                                             RECORDED(&recorder)),
                               &child));
    ASSERT_INT_EQ(0, kin_stream_on_data(kin_child_stream(child, 1), record_out, record_end, &recorder));
    run_loop(loop);
    EXPECT_STR_EQ("late reader", text_in(&recorder.out));
    EXPECT_INT_EQ(1, recorder.ends);
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Streams, the_wrong_direction_is_refused)
{
    struct session session;

    open_session(&session, CHILD("cat"));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write(session.out, "x", 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_end(session.out));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_set_high_water(session.out, 1));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_drain(session.out, note_drain, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_data(session.in, record_out, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pause(session.in));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_resume(session.in));
    EXPECT_UINT_EQ(0, kin_stream_queued(session.out));
    kin_stream_end(session.in);
    run_loop(session.loop);
    close_session(&session);
}

struct refill {
    struct session session;
    uint64_t left;
    uint64_t sent;
};

static void write_more(kin_stream *stream, int code, void *user)
{
    static unsigned char block[48 * 1024];
    struct refill *refill = user;
    const size_t size = refill->left < sizeof block ? (size_t)refill->left : sizeof block;

    EXPECT_INT_EQ(0, code);
    if (size == 0) {
        kin_stream_end(stream);
        return;
    }
    pattern_write_at(block, size, refill->sent);
    refill->left -= size;
    refill->sent += size;
    EXPECT_INT_GE(kin_stream_write(stream, block, size, write_more, user), 0);
}

TEST_C(Streams, a_write_may_be_queued_when_the_last_is_told)
{
    struct refill refill = { .left = 3000000 };

    open_session(&refill.session, CHILD("count"));
    write_more(refill.session.in, 0, &refill);
    run_loop(refill.session.loop);
    EXPECT_STR_EQ("3000000 match", text_in(&refill.session.recorder.out));
    close_session(&refill.session);
}

/* --------------------------------------------------------------------------------------------------------------- size --- */

struct flow {
    uint64_t received;
    uint64_t awaited;
    bool wrong;
};

static void check_flow(kin_stream *stream, const char *data, size_t size, void *user)
{
    struct flow *flow = user;

    (void)stream;
    flow->wrong = flow->wrong || !pattern_is_from(data, size, flow->received);
    flow->received += size;
}

static bool has_flowed(void *user)
{
    const struct flow *flow = user;

    return flow->received >= flow->awaited;
}

/* More than 32 bits can count. */
TEST_C(Streams, F25_any_amount_flows_in_flat_memory)
{
    const uint64_t mebibytes = SCALED(4096, 16);
    const uint64_t size = mebibytes * 1024 * 1024 + 7;
    const uint64_t before = host_peak_memory();
    const char *launch = getenv("KIN_TEST_LAUNCH");
    struct flow flow = { 0 };
    kin_loop *loop;

    if (launch != NULL && strcmp(launch, "auto") != 0)
        SKIP_C("a stream is the same however its child was started: seconds, spent on one way only");
    loop = open_loop();
    ASSERT_INT_EQ(0, kin_spawn(loop,
                               SPAWN_OPTIONS(.argv = CHILD("spam", "out", text_of("%llu", (unsigned long long)size)),
                                             .out = { .on_data = check_flow }, .user = &flow),
                               NULL));
    while (flow.awaited < size && has_flowed(&flow)) { /* each part has the time of a whole test, on a busy machine */
        flow.awaited += size / 16;
        run_until(loop, has_flowed, &flow);
    }
    run_loop(loop);
    EXPECT_UINT_EQ(size, flow.received);
    EXPECT_FALSE(flow.wrong);
    if (!host_memory_is_distorted())
        EXPECT_INT_LT(host_peak_memory() - before, 8 * 1024 * 1024);
    close_loop(loop);
}
