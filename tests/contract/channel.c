/* SPDX-License-Identifier: MIT */
/* Promises 12 and 13: messages arrive whole, in order, exactly once; requests have one answer; handles travel. */
#include "support/entries.h"
#include "support/support.h"

struct pair {
    kin_loop *loop;
    kin_child *child;
    kin_channel *channel;
    struct recorder recorder; /* exit and close */
    struct bytes received;    /* messages, each with a bar behind it */
    size_t messages;
    unsigned ends;
    int end_code;
    unsigned sent;
    int sent_code;
    unsigned drains;
    unsigned replies;
    int reply_code;
    char reply[64];
};

static void on_message(kin_channel *channel, kin_message *message, void *user)
{
    struct pair *pair = user;

    (void)channel;
    pair->messages++;
    bytes_append(&pair->received, message->data, message->size);
    bytes_append(&pair->received, "|", 1);
}

static void on_end(kin_channel *channel, int code, void *user)
{
    struct pair *pair = user;

    EXPECT_FALSE(kin_channel_is_connected(channel));
    EXPECT_INT_EQ(0, pair->recorder.closes);
    pair->ends++;
    pair->end_code = code;
}

static void on_drain(kin_channel *channel, void *user)
{
    (void)channel;
    ((struct pair *)user)->drains++;
}

static void on_sent(kin_channel *channel, int code, void *user)
{
    struct pair *pair = user;

    (void)channel;
    pair->sent++;
    pair->sent_code = code;
}

static void on_reply(kin_channel *channel, int code, const kin_message *reply, void *user)
{
    struct pair *pair = user;

    (void)channel;
    pair->replies++;
    pair->reply_code = code;
    (void)snprintf(pair->reply, sizeof pair->reply, "%.*s", reply == NULL ? 0 : (int)reply->size,
                   reply == NULL ? "" : reply->data);
}

static void on_exit_of(kin_child *child, const kin_status *status, void *user)
{
    record_exit(child, status, &((struct pair *)user)->recorder);
}

static void on_close_of(kin_child *child, const kin_status *status, void *user)
{
    EXPECT_INT_EQ(1, ((struct pair *)user)->ends);
    record_close(child, status, &((struct pair *)user)->recorder);
}

static void fork_with(struct pair *pair, const char *entry, kin_channel_options options)
{
    *pair = (struct pair){ .loop = open_loop() };
    options.on_message = on_message;
    options.on_end = on_end;
    options.on_drain = on_drain;
    options.user = pair;
    ASSERT_INT_EQ(0, kin_fork(pair->loop, entry,
                              SPAWN_OPTIONS(.channel = &options, .in = { .kind = KIN_STDIO_PIPE }, .on_exit = on_exit_of,
                                            .on_close = on_close_of, .user = pair),
                              &pair->child));
    pair->channel = kin_child_channel(pair->child);
    ASSERT_NOT_NULL(pair->channel);
}

static void fork_entry(struct pair *pair, const char *entry)
{
    fork_with(pair, entry, (kin_channel_options){ .mode = KIN_CHANNEL_JSON });
}

static void finish(struct pair *pair)
{
    run_loop(pair->loop);
    EXPECT_INT_EQ(1, pair->recorder.exits);
    EXPECT_INT_EQ(1, pair->recorder.closes);
    EXPECT_INT_EQ(1, pair->ends);
    kin_child_release(pair->child);
    free(pair->received.data);
    recorder_free(&pair->recorder);
    close_loop(pair->loop);
}

static void send_text(struct pair *pair, const char *text)
{
    ASSERT_INT_GE(kin_channel_send(pair->channel, text, strlen(text), NULL, NULL), 0);
}

static bool has_messages(void *user)
{
    return ((struct pair *)user)->messages > 0;
}

static bool has_reply(void *user)
{
    return ((struct pair *)user)->replies > 0;
}

static bool has_sent(void *user)
{
    return ((struct pair *)user)->sent > 0;
}

/* ---------------------------------------------------------------------------------------------------- messages --- */

static const struct {
    const char *name;
    kin_channel_mode mode;
    const char *entry;
} modes[] = { { "json", KIN_CHANNEL_JSON, "echo" },
              { "binary", KIN_CHANNEL_BINARY, "echo" },
              { "json_with_callbacks", KIN_CHANNEL_JSON, "with-loop" } };

TEST_CP(Channel, messages_come_back_and_the_child_sees_the_disconnection, modes)
{
    struct pair pair;

    fork_with(&pair, row->entry, (kin_channel_options){ .mode = row->mode });
    send_text(&pair, "{\"a\":1}");
    send_text(&pair, "\"\xc3\xa4\"");
    run_until(pair.loop, has_messages, &pair);
    kin_channel_disconnect(pair.channel);
    finish(&pair);
    EXPECT_EXITED(ENTRY_ENDED, &pair.recorder.exit_status);
    EXPECT_INT_EQ(KIN_ECANCELED, pair.end_code);
}

static size_t size_of_message(size_t number)
{
    return 2 + number * number % 3001;
}

struct sequence {
    struct pair pair; /* first: it is the user of the callbacks */
    size_t count;
    size_t next;
    kin_channel_mode mode;
};

static void make_message(const struct sequence *sequence, size_t number, char *text)
{
    const size_t size = size_of_message(number);

    memset(text, sequence->mode == KIN_CHANNEL_JSON ? 'a' + (int)(number % 26) : (int)(number % 256), size);
    if (sequence->mode == KIN_CHANNEL_JSON)
        text[0] = text[size - 1] = '"';
}

static void check_next(kin_channel *channel, kin_message *message, void *user)
{
    struct sequence *sequence = user;
    char expected[4096];

    make_message(sequence, sequence->next, expected);
    ASSERT_SIZE_EQ(size_of_message(sequence->next), message->size);
    ASSERT_INT_EQ(0, memcmp(expected, message->data, message->size));
    if (++sequence->next == sequence->count)
        kin_channel_disconnect(channel);
}

TEST_CP(Channel, I03_thousands_of_messages_whole_and_in_order, modes)
{
    struct sequence sequence = { .count = (size_t)SCALED(20000, 2000), .mode = row->mode };
    struct pair *pair = &sequence.pair;
    char text[4096];

    fork_with(pair, row->entry, (kin_channel_options){ .mode = row->mode });
    kin_channel_on_message(pair->channel, check_next, on_end, &sequence);
    for (size_t i = 0; i < sequence.count; i++) {
        make_message(&sequence, i, text);
        ASSERT_INT_GE(kin_channel_send(pair->channel, text, size_of_message(i), NULL, NULL), 0);
    }
    finish(pair);
    EXPECT_SIZE_EQ(sequence.count, sequence.next);
    EXPECT_EXITED(ENTRY_ENDED, &pair->recorder.exit_status);
}

TEST_CP(Channel, a_large_message_each_way, modes)
{
    const size_t size = (size_t)SCALED(32, 4) * 1024 * 1024;
    char *text = malloc(size);
    struct pair pair;

    ASSERT_NOT_NULL(text);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i * 7 % 26);
    text[0] = text[size - 1] = '"';
    fork_with(&pair, row->entry, (kin_channel_options){ .mode = row->mode });
    ASSERT_INT_EQ(KIN_CHANNEL_FULL, kin_channel_send_borrowed(pair.channel, text, size, on_sent, &pair));
    run_until(pair.loop, has_messages, &pair);
    EXPECT_INT_EQ(1, pair.sent);
    EXPECT_INT_EQ(0, pair.sent_code);
    EXPECT_INT_EQ(1, pair.drains);
    ASSERT_SIZE_EQ(size + 1, pair.received.size);
    EXPECT_INT_EQ(0, memcmp(text, pair.received.data, size));
    kin_channel_disconnect(pair.channel);
    finish(&pair);
    free(text);
}

TEST_C(Channel, I07_what_was_flushed_before_the_exit_arrives)
{
    static const struct {
        const char *entry;
        uint32_t code;
    } rows[] = { { "burst", 3 }, { "flush-and-exit", 4 } };

    for (size_t i = 0; i < 2; i++) {
        struct pair pair;

        fork_entry(&pair, rows[i].entry);
        finish(&pair);
        EXPECT_EXITED(rows[i].code, &pair.recorder.exit_status);
        EXPECT_SIZE_EQ(BURST_COUNT, pair.messages);
        EXPECT_INT_EQ(0, pair.end_code);
    }
}

TEST_C(Channel, I06_a_peer_that_does_not_read_is_felt)
{
    struct pair pair;
    char text[1000];
    int code = 0;

    memset(text, '1', sizeof text);
    fork_with(&pair, "deaf", (kin_channel_options){ .max_queued = 1024 * 1024, .max_message = 4096 });
    for (int i = 0; i < 200; i++)
        code = kin_channel_send(pair.channel, text, sizeof text, NULL, NULL);
    EXPECT_INT_EQ(KIN_CHANNEL_FULL, code);
    EXPECT_TRUE(kin_channel_is_full(pair.channel));
    for (int i = 0; i < 100000 && code >= 0; i++)
        code = kin_channel_send(pair.channel, text, sizeof text, on_sent, &pair);
    EXPECT_INT_EQ(KIN_EAGAIN, code);
    EXPECT_INT_EQ(KIN_EMSGSIZE, kin_channel_send(pair.channel, text, 4097, NULL, NULL));
    kin_kill(pair.child, KIN_SIGNAL_KILL);
    finish(&pair);
    EXPECT_INT_EQ(KIN_EPIPE, pair.sent_code);
    EXPECT_INT_EQ(0, pair.end_code);
}

TEST_C(Channel, I12_a_child_that_crashes_ends_its_channel_once)
{
    struct pair pair;

    fork_entry(&pair, "crash");
    finish(&pair);
    EXPECT_SIZE_EQ(1, pair.messages);
    EXPECT_INT_EQ(0, pair.end_code);
    EXPECT_TRUE(!kin_status_ok(&pair.recorder.exit_status));
}

TEST_C(Channel, I12_disconnected_twice_and_used_after)
{
    struct pair pair;

    fork_entry(&pair, "echo");
    EXPECT_INT_EQ(0, kin_channel_disconnect_now(pair.channel));
    EXPECT_INT_EQ(0, kin_channel_disconnect(pair.channel));
    EXPECT_INT_EQ(KIN_EPIPE, kin_channel_send(pair.channel, "1", 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EPIPE, kin_channel_request(pair.channel, "1", 1, 0, on_reply, &pair));
    finish(&pair);
    EXPECT_EXITED(ENTRY_ENDED, &pair.recorder.exit_status);
    EXPECT_INT_EQ(KIN_ECANCELED, pair.end_code);
}

TEST_C(Channel, paused_it_holds_everything_back_and_resumed_it_delivers)
{
    struct pair pair;

    fork_with(&pair, "burst", (kin_channel_options){ .paused = true });
    for (int i = 0; i < 20; i++)
        kin_loop_run(pair.loop, KIN_RUN_NOWAIT);
    EXPECT_SIZE_EQ(0, pair.messages);
    kin_channel_resume(pair.channel);
    finish(&pair);
    EXPECT_SIZE_EQ(BURST_COUNT, pair.messages);
}

static void release_in_message(kin_channel *channel, kin_message *message, void *user)
{
    struct pair *pair = user;

    (void)channel;
    (void)message;
    pair->messages++;
    kin_child_release(pair->child);
    pair->child = NULL;
}

TEST_C(Channel, released_with_its_child_in_its_own_callback)
{
    struct pair pair;

    fork_entry(&pair, "burst");
    kin_channel_on_message(pair.channel, release_in_message, on_end, &pair);
    run_until(pair.loop, has_messages, &pair);
    run_loop(pair.loop);
    EXPECT_SIZE_EQ(1, pair.messages);
    EXPECT_INT_EQ(0, pair.ends);
    close_loop(pair.loop);
}

TEST_C(Channel, I13_without_a_reference_the_loop_may_end)
{
    struct pair pair;

    fork_entry(&pair, "echo");
    kin_child_unref(pair.child);
    run_loop(pair.loop);
    EXPECT_INT_EQ(0, pair.ends);
    kin_child_ref(pair.child);
    kin_channel_disconnect(pair.channel);
    finish(&pair);
}

/* --------------------------------------------------------------------------------------------------- requests --- */

static const struct {
    const char *name;
    kin_channel_mode mode;
} wires[] = { { "json", KIN_CHANNEL_JSON }, { "binary", KIN_CHANNEL_BINARY } };

TEST_CP(Channel, a_request_has_its_reply, wires)
{
    struct pair pair;

    fork_with(&pair, "echo", (kin_channel_options){ .mode = row->mode });
    EXPECT_INT_EQ(1, kin_channel_request(pair.channel, "[1,2]", 5, KIN_FOREVER, on_reply, &pair));
    run_until(pair.loop, has_reply, &pair);
    EXPECT_INT_EQ(0, pair.reply_code);
    EXPECT_STR_EQ("[1,2]", pair.reply);
    pair.replies = 0;
    EXPECT_INT_EQ(2, kin_channel_request(pair.channel, "\"fail\"", 6, 60000, on_reply, &pair));
    run_until(pair.loop, has_reply, &pair);
    EXPECT_INT_EQ(KIN_EREMOTE, pair.reply_code);
    EXPECT_STR_EQ("\"no\"", pair.reply);
    EXPECT_SIZE_EQ(0, pair.messages);
    kin_channel_disconnect(pair.channel);
    finish(&pair);
}

TEST_C(Channel, a_late_reply_is_dropped_and_counted)
{
    struct pair pair;
    kin_channel_counters counters;

    fork_entry(&pair, "echo");
    ASSERT_INT_EQ(1, kin_channel_request(pair.channel, "\"late\"", 6, 1, on_reply, &pair));
    run_until(pair.loop, has_reply, &pair);
    EXPECT_INT_EQ(KIN_ETIMEDOUT, pair.reply_code);
    send_text(&pair, "1");
    run_until(pair.loop, has_messages, &pair);
    ASSERT_INT_EQ(0, kin_channel_count(pair.channel, &counters));
    EXPECT_UINT_EQ(1, counters.late_replies);
    EXPECT_INT_EQ(1, pair.replies);
    kin_channel_disconnect(pair.channel);
    finish(&pair);
}

TEST_C(Channel, a_request_is_given_up_and_told_once)
{
    struct pair pair;

    fork_entry(&pair, "echo");
    ASSERT_INT_EQ(1, kin_channel_request(pair.channel, "\"never\"", 7, 0, on_reply, &pair));
    EXPECT_INT_EQ(0, kin_channel_cancel(pair.channel, 1));
    EXPECT_INT_EQ(0, pair.replies);
    EXPECT_INT_EQ(KIN_ENOENT, kin_channel_cancel(pair.channel, 1));
    run_until(pair.loop, has_reply, &pair);
    EXPECT_INT_EQ(KIN_ECANCELED, pair.reply_code);
    EXPECT_INT_EQ(KIN_ENOENT, kin_channel_cancel(pair.channel, 1));
    kin_channel_disconnect(pair.channel);
    finish(&pair);
    EXPECT_INT_EQ(1, pair.replies);
}

TEST_C(Channel, P01_requests_of_a_child_that_dies_are_told)
{
    struct pair pair;

    fork_entry(&pair, "echo");
    for (int i = 0; i < 100; i++)
        ASSERT_INT_EQ(i + 1, kin_channel_request(pair.channel, "\"never\"", 7, 0, on_reply, &pair));
    kin_kill(pair.child, KIN_SIGNAL_KILL);
    finish(&pair);
    EXPECT_INT_EQ(100, pair.replies);
    EXPECT_INT_EQ(KIN_EPIPE, pair.reply_code);
}

/* ---------------------------------------------------------------------------------------------------- handles --- */

static void take_pipe(kin_channel *channel, kin_message *message, void *user)
{
    struct pair *pair = user;

    pair->messages++;
    EXPECT_INT_EQ(KIN_HANDLE_OTHER, message->handle_kind);
    host_close(kin_message_take_handle(message));
    kin_channel_disconnect(channel);
}

TEST_C(Channel, a_pipe_travels_to_the_child_and_back)
{
    kin_native_handle ends[2];
    struct pair pair;
    char text[32] = "";

    ASSERT_TRUE(host_pipe(ends));
    fork_entry(&pair, "handles");
    kin_channel_on_message(pair.channel, take_pipe, on_end, &pair);
    ASSERT_INT_EQ(0, kin_channel_send_handle(pair.channel, "\"p\"", 3, ends[1], true, on_sent, &pair));
    run_until(pair.loop, has_sent, &pair);
    EXPECT_INT_EQ(0, pair.sent_code);
    finish(&pair);
    EXPECT_SIZE_EQ(1, pair.messages);
    EXPECT_EXITED(ENTRY_ENDED, &pair.recorder.exit_status);
    EXPECT_INT_EQ(14, host_read(ends[0], text, sizeof text));
    EXPECT_STR_EQ("from the child", text);
    EXPECT_INT_EQ(0, host_read(ends[0], text, sizeof text));
    host_close(ends[0]);
}

TEST_C(Channel, I09_handles_that_nobody_takes_are_closed)
{
    kin_native_handle ends[2];
    struct pair pair;

    ASSERT_TRUE(host_pipe(ends));
    fork_entry(&pair, "handles");
    ASSERT_INT_EQ(0, kin_channel_send_handle(pair.channel, "1", 1, ends[1], true, NULL, NULL));
    run_until(pair.loop, has_messages, &pair);
    kin_channel_disconnect(pair.channel);
    finish(&pair);
    host_close(ends[0]);
}

TEST_C(Channel, handles_that_cannot_travel_are_refused_and_stay_ours)
{
    kin_native_handle ends[2];
    struct pair pair;

    ASSERT_TRUE(host_pipe(ends));
    fork_entry(&pair, "echo");
    EXPECT_INT_EQ(KIN_EBADF, kin_channel_send_handle(pair.channel, "1", 1, host_bad_handle(), true, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_send_handle(pair.channel, "1", 1, ends[0], false, NULL, NULL));
    kin_channel_disconnect(pair.channel);
    finish(&pair);
    host_close(ends[0]);
    host_close(ends[1]);
}

/* ------------------------------------------------------------------------------------------------ bad use --- */

TEST_C(Channel, A_bad_use_is_refused)
{
    struct pair pair;
    kin_message message;
    kin_channel *channel = NULL;
    const kin_channel_options no_mode = { .mode = (kin_channel_mode)9 };
    const kin_channel_options too_large = { .max_message = KIN_CHANNEL_MOST + 1 };

    fork_entry(&pair, "echo");
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_send(NULL, "1", 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_send(pair.channel, NULL, 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_send(pair.channel, "", 0, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_send(pair.channel, "1\n2", 3, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_send_borrowed(pair.channel, "1", 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_request(pair.channel, "1", 1, 0, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_request(pair.channel, "1", 1, -2, on_reply, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_reply(pair.channel, 0, "1", 1));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_receive(pair.channel, &message, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_receive(NULL, &message, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_flush(pair.channel, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_disconnect(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_open(pair.loop, host_bad_handle(), host_bad_handle(), &no_mode, &channel));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_open(pair.loop, host_bad_handle(), host_bad_handle(), &too_large, &channel));
    EXPECT_INT_EQ(KIN_EBADF, kin_channel_open(pair.loop, host_bad_handle(), host_bad_handle(), NULL, &channel));
    EXPECT_INT_EQ(KIN_ENOENT, kin_channel_to_parent(pair.loop, NULL, &channel));
    EXPECT_NULL(channel);
    EXPECT_NULL(kin_child_channel(NULL));
    kin_channel_release(NULL);
    kin_channel_disconnect(pair.channel);
    finish(&pair);
}
