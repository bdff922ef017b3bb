/* SPDX-License-Identifier: MIT */
/* A channel on the fake backend: every order of what comes, what leaves, and what the user does meanwhile. */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

static kin_channel *channel;

static kin_channel_options usual(void)
{
    return (kin_channel_options){
        .max_message = 100 * 1024, .on_message = note_message, .on_end = note_channel_end, .on_drain = note_channel_drain
    };
}

static void open_with(const kin_channel_options *options)
{
    const kin_native_handle handle = (kin_native_handle)(intptr_t)10;

    ASSERT_INT_EQ(0, kin_channel_open(loop, handle, handle, options, &channel));
}

static void open_usual(void)
{
    const kin_channel_options options = usual();

    open_with(&options);
    settle_down();
}

static void release_channel(void)
{
    kin_channel_release(channel);
    channel = NULL;
}

static void send_text(const char *text)
{
    EXPECT_INT_GE(kin_channel_send(channel, text, strlen(text), note_sent, NULL), 0);
}

static void send_one(void)
{
    (void)kin_channel_send(channel, "\"again\"", 7, note_sent, NULL); /* refused after the end */
}

static void disconnect(void)
{
    kin_channel_disconnect(channel);
}

static void disconnect_now(void)
{
    kin_channel_disconnect_now(channel);
}

static void pause(void)
{
    kin_channel_pause(channel);
}

static void resume(void)
{
    kin_channel_resume(channel);
}

static void peer_says(const char *text)
{
    fake_child_says(fake_channel(), text);
}

/* -------------------------------------------------------------------------------------------------------------- sending */

TEST_C(Channel, messages_of_one_turn_leave_in_one_write)
{
    open_usual();
    for (int i = 0; i < 5000; i++)
        send_text("[1]");
    EXPECT_SIZE_EQ(0, fake_writes_of(fake_channel()));
    settle_down();
    EXPECT_SIZE_EQ(1, fake_writes_of(fake_channel()));
    EXPECT_SIZE_EQ(5000, count_of("sent(ok)"));
    release_channel();
}

TEST_C(Channel, no_callback_comes_inside_a_send)
{
    open_usual();
    send_text("1");
    EXPECT_INT_EQ(0, kin_channel_flush(channel, note_sent, "flush"));
    EXPECT_STR_EQ("", noted());
    settle_down();
    EXPECT_STR_EQ("sent(ok) flush.sent(ok)", noted());
    release_channel();
}

TEST_C(Channel, in_pieces_of_one_byte)
{
    open_usual();
    fake_child_reads(fake_channel(), 0);
    send_text("[1]");
    send_text("[2]");
    settle_down();
    for (int i = 0; i < 8; i++) {
        EXPECT_SIZE_EQ(i < 4 ? 0 : 1, count_of("sent"));
        fake_child_reads(fake_channel(), 1);
        settle_down();
    }
    EXPECT_STR_EQ("[1]\n[2]\n", fake_written(fake_channel(), NULL));
    EXPECT_STR_EQ("sent(ok) sent(ok)", noted());
    release_channel();
}

TEST_C(Channel, what_is_queued_during_a_write_follows_it)
{
    open_usual();
    fake_child_reads(fake_channel(), 0);
    send_text("[1]");
    settle_down();
    for (int i = 0; i < 50; i++)
        send_text("[2]");
    fake_child_reads(fake_channel(), SIZE_MAX);
    settle_down();
    EXPECT_SIZE_EQ(51, count_of("sent(ok)"));
    EXPECT_TRUE(fake_writes_of(fake_channel()) <= 2);
    release_channel();
}

TEST_C(Channel, large_small_and_borrowed_stay_in_order)
{
    char *large = malloc(40000);
    size_t size = 0;
    const char *written;

    ASSERT_NOT_NULL(large);
    memset(large, '7', 40000);
    open_usual();
    fake_child_reads(fake_channel(), 1000);
    send_text("1");
    EXPECT_INT_EQ(0, kin_channel_send(channel, large, 40000, note_sent, "large"));
    send_text("2");
    EXPECT_INT_EQ(0, kin_channel_send_borrowed(channel, large, 40000, note_sent, "borrowed"));
    send_text("3");
    settle_down();
    fake_child_reads(fake_channel(), SIZE_MAX);
    settle_down();
    EXPECT_STR_EQ("sent(ok) large.sent(ok) sent(ok) borrowed.sent(ok) sent(ok)", noted());
    written = fake_written(fake_channel(), &size);
    ASSERT_SIZE_EQ(2 + 40001 + 2 + 40001 + 2, size);
    EXPECT_MEM_EQ("1\n7", written, 3);
    EXPECT_MEM_EQ("7\n2\n7", written + 2 + 39999, 5);
    EXPECT_MEM_EQ("7\n3\n", written + size - 4, 4);
    release_channel();
    free(large);
}

TEST_C(Channel, full_until_all_is_gone)
{
    kin_channel_options options = usual();

    options.high_water = 10;
    options.max_queued = 16;
    open_with(&options);
    fake_child_reads(fake_channel(), 0);
    EXPECT_INT_EQ(0, kin_channel_send(channel, "\"a\"", 3, NULL, NULL));
    EXPECT_INT_EQ(KIN_CHANNEL_FULL, kin_channel_send(channel, "\"bcdefg\"", 8, NULL, NULL));
    EXPECT_INT_EQ(KIN_EAGAIN, kin_channel_send(channel, "\"bcdefg\"", 8, NULL, NULL));
    settle_down();
    EXPECT_STR_EQ("", noted());
    fake_child_reads(fake_channel(), SIZE_MAX);
    settle_down();
    EXPECT_STR_EQ("channel-drain", noted());
    EXPECT_FALSE(kin_channel_is_full(channel));
    release_channel();
}

TEST_C(Channel, I10_a_write_fails_and_what_arrives_is_still_delivered)
{
    open_usual();
    send_text("1");
    send_text("2");
    fake_hangs_up_silently(fake_channel());
    settle_down();
    EXPECT_STR_EQ("sent(EPIPE) sent(EPIPE)", noted());
    EXPECT_INT_EQ(KIN_EPIPE, kin_channel_send(channel, "1", 1, NULL, NULL));
    peer_says("[1]\n[2]\n");
    fake_child_ends(fake_channel());
    run();
    EXPECT_STR_EQ("sent(EPIPE) sent(EPIPE) message([1]) message([2]) channel-end(ok)", noted());
    release_channel();
}

TEST_C(Channel, a_hangup_tells_those_who_wait)
{
    open_usual();
    EXPECT_INT_EQ(0, kin_channel_request(channel, "1", 1, 0, note_reply, NULL) < 0);
    settle_down();
    fake_child_reads(fake_channel(), 0);
    send_text("2");
    settle_down();
    fake_hangs_up(fake_channel());
    fake_child_ends(fake_channel());
    run();
    EXPECT_STR_EQ("sent(EPIPE) reply(EPIPE) channel-end(ok)", noted());
    release_channel();
}

/* ------------------------------------------------------------------------------------------------------------ receiving */

TEST_C(Channel, paused_nothing_is_read_and_the_end_waits_too)
{
    open_usual();
    pause();
    peer_says("1\n2\n");
    fake_child_ends(fake_channel());
    settle_down();
    EXPECT_STR_EQ("", noted());
    EXPECT_TRUE(fake_reads_of(fake_channel()) <= 1);
    resume();
    run();
    EXPECT_STR_EQ("message(1) message(2) channel-end(ok)", noted());
    release_channel();
}

TEST_C(Channel, paused_and_resumed_in_callbacks)
{
    open_usual();
    act_in("message", pause);
    peer_says("1\n2\n3\n");
    settle_down();
    EXPECT_STR_EQ("message(1)", noted());
    act_in("message", pause);
    resume();
    settle_down();
    EXPECT_STR_EQ("message(1) message(2)", noted());
    resume();
    settle_down();
    EXPECT_STR_EQ("message(1) message(2) message(3)", noted());
    release_channel();
}

TEST_C(Channel, a_read_fails)
{
    open_usual();
    peer_says("1\n");
    fake_read_fails(fake_channel(), KIN_EIO);
    run();
    EXPECT_STR_EQ("message(1) channel-end(EIO)", noted());
    release_channel();
}

TEST_C(Channel, a_read_cannot_be_submitted)
{
    kin_channel_options options = usual();

    open_with(&options);
    fake_refuse_submission(fake_channel(), KIN_ENOMEM);
    run();
    EXPECT_STR_EQ("channel-end(ENOMEM)", noted());
    release_channel();
}

/* ----------------------------------------------------------------------------------------------------------------- ends */

TEST_C(Channel, disconnected_after_what_waits)
{
    open_usual();
    fake_child_reads(fake_channel(), 0);
    send_text("1");
    disconnect();
    EXPECT_INT_EQ(KIN_EPIPE, kin_channel_send(channel, "2", 1, NULL, NULL));
    peer_says("3\n");
    settle_down();
    EXPECT_STR_EQ("message(3)", noted());
    EXPECT_FALSE(fake_is_closed(fake_channel()));
    fake_child_reads(fake_channel(), SIZE_MAX);
    run();
    EXPECT_STR_EQ("message(3) sent(ok) channel-end(ECANCELED)", noted());
    EXPECT_TRUE(fake_is_closed(fake_channel()));
    release_channel();
}

TEST_C(Channel, disconnected_at_once_when_the_system_has_let_go)
{
    open_usual();
    fake_child_reads(fake_channel(), 0);
    fake_hold_cancelled(fake_writing_half(fake_channel()));
    send_text("1");
    settle_down();
    disconnect_now();
    settle_down();
    EXPECT_STR_EQ("", noted());
    EXPECT_FALSE(fake_is_closed(fake_channel()));
    fake_release_cancelled(fake_writing_half(fake_channel()));
    run();
    EXPECT_STR_EQ("sent(ECANCELED) channel-end(ECANCELED)", noted());
    EXPECT_TRUE(fake_is_closed(fake_channel()));
    release_channel();
}

struct place {
    const char *name;
    const char *where;
};

static const struct place places[] = {
    { "message", "message" }, { "end", "channel-end" }, { "sent", "sent" }, { "reply", "reply" }, { "drain", "channel-drain" }
};

/* Everything happens at once, and in one of the callbacks the user does something drastic. */
static void everything(const struct place *place, void (*act)(void))
{
    kin_channel_options options = usual();

    options.high_water = 1;
    open_with(&options);
    act_in(place->where, act);
    send_text("1");
    send_text("2");
    EXPECT_INT_EQ(1, kin_channel_request(channel, "3", 1, 0, note_reply, NULL));
    settle_down();
    if (channel != NULL)
        peer_says("1\n{\"kin\":\"reply\",\"id\":1,\"body\":5}\n2\n");
    settle_down();
    if (channel != NULL)
        fake_child_ends(fake_channel());
}

TEST_CP(Channel, released_in_each_callback, places)
{
    everything(row, release_channel);
    run();
    EXPECT_NULL(channel);
    EXPECT_TRUE(fake_is_closed(fake_channel()));
    EXPECT_SIZE_EQ(2, count_of("sent("));
    EXPECT_SIZE_EQ(1, count_of("reply("));
}

TEST_CP(Channel, disconnected_in_each_callback, places)
{
    everything(row, disconnect_now);
    run();
    EXPECT_SIZE_EQ(2, count_of("sent("));
    EXPECT_SIZE_EQ(1, count_of("reply("));
    EXPECT_SIZE_EQ(1, count_of("channel-end("));
    release_channel();
}

static void end_the_loop(void)
{
    release_loop();
    channel = NULL;
}

TEST_CP(Channel, with_its_loop_released_in_each_callback, places)
{
    everything(row, end_the_loop);
    if (loop != NULL)
        turn();
    EXPECT_SIZE_EQ(2, count_of("sent("));
    EXPECT_TRUE(fake_is_closed(fake_channel()));
}

TEST_CP(Channel, sends_in_each_callback, places)
{
    everything(row, send_one);
    run();
    EXPECT_SIZE_EQ(1, count_of("channel-end("));
    release_channel();
}

/* ------------------------------------------------------------------------------------------------------------- requests */

TEST_C(Channel, requests_are_answered_in_any_order_and_once)
{
    open_usual();
    for (int i = 0; i < 3; i++)
        EXPECT_INT_EQ(i + 1, kin_channel_request(channel, "0", 1, 100, note_reply, NULL));
    settle_down();
    peer_says("{\"kin\":\"reply\",\"id\":3,\"body\":33}\n{\"kin\":\"error\",\"id\":1,\"body\":11}\n");
    peer_says("{\"kin\":\"reply\",\"id\":3,\"body\":34}\n{\"kin\":\"reply\",\"id\":99,\"body\":0}\n");
    settle_down();
    EXPECT_STR_EQ("reply(ok 33) reply(EREMOTE 11)", noted());
    fake_advance_ms(100);
    settle_down();
    peer_says("{\"kin\":\"reply\",\"id\":2,\"body\":22}\n");
    settle_down();
    EXPECT_STR_EQ("reply(ok 33) reply(EREMOTE 11) reply(ETIMEDOUT)", noted());
    release_channel();
}

static void cancel_request(void)
{
    EXPECT_INT_EQ(0, kin_channel_cancel(channel, 1));
}

TEST_C(Channel, a_reply_behind_a_cancellation_is_dropped)
{
    kin_channel_counters counters;

    open_usual();
    EXPECT_INT_EQ(1, kin_channel_request(channel, "0", 1, 0, note_reply, NULL));
    act_in("message", cancel_request);
    peer_says("1\n{\"kin\":\"reply\",\"id\":1,\"body\":2}\n");
    settle_down();
    EXPECT_STR_EQ("message(1) reply(ECANCELED)", noted());
    EXPECT_INT_EQ(0, kin_channel_count(channel, &counters));
    EXPECT_UINT_EQ(1, counters.late_replies);
    release_channel();
}

TEST_C(Channel, an_end_behind_a_cancellation_does_not_change_it)
{
    open_usual();
    EXPECT_INT_EQ(1, kin_channel_request(channel, "0", 1, 0, note_reply, NULL));
    act_in("message", cancel_request);
    peer_says("1\nnoise\n");
    run();
    EXPECT_STR_EQ("message(1) reply(ECANCELED) channel-end(EPROTO)", noted());
    release_channel();
}

/* -------------------------------------------------------------------------------------------------------------- handles */

#define HANDLE_LINE "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\",\"msg\":1}\n"

TEST_C(Channel, a_handle_that_nobody_takes_is_closed)
{
    open_usual();
    fake_child_passes(fake_channel(), KIN_HANDLE_SOCKET);
    peer_says(HANDLE_LINE "2\n");
    settle_down();
    EXPECT_STR_EQ("message(1+) message(2)", noted());
    EXPECT_STR_EQ("{\"cmd\":\"NODE_HANDLE_ACK\"}\n", fake_written(fake_channel(), NULL));
    EXPECT_SIZE_EQ(0, fake_open_handles());
    release_channel();
}

TEST_C(Channel, a_handle_of_a_message_that_was_never_asked_for_is_closed)
{
    kin_channel_options options = { 0 };

    open_with(&options);
    fake_child_passes(fake_channel(), KIN_HANDLE_SOCKET);
    peer_says(HANDLE_LINE);
    settle_down();
    EXPECT_SIZE_EQ(1, fake_open_handles());
    release_channel();
    settle_down();
    EXPECT_SIZE_EQ(0, fake_open_handles());
}

TEST_C(Channel, a_handle_that_cannot_leave_costs_nobody_before_it)
{
    open_usual();
    EXPECT_INT_EQ(0, kin_channel_flush(channel, note_sent, "flush"));
    EXPECT_INT_EQ(0, kin_channel_send_handle(channel, "1", 1, fake_handle(KIN_HANDLE_SOCKET), true, note_sent, "handle"));
    send_text("2");
    fake_refuse_submission(fake_writing_half(fake_channel()), KIN_ENOTSUP);
    settle_down();
    EXPECT_STR_EQ("flush.sent(ok) handle.sent(ENOTSUP) sent(ok)", noted());
    release_channel();
}

TEST_C(Channel, acknowledgements_pass_what_waits_but_tear_nothing_apart)
{
    open_usual();
    fake_child_reads(fake_channel(), 2);
    send_text("[1,2,3]");
    settle_down();
    EXPECT_INT_EQ(0, kin_channel_send_handle(channel, "5", 1, fake_handle(KIN_HANDLE_SERVER), true, note_sent, "handle"));
    send_text("6");
    fake_child_passes(fake_channel(), KIN_HANDLE_SOCKET);
    peer_says(HANDLE_LINE);
    settle_down();
    fake_child_reads(fake_channel(), SIZE_MAX);
    settle_down();
    EXPECT_STR_EQ("[1,2,3]\n{\"cmd\":\"NODE_HANDLE_ACK\"}\n{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":5}\n",
                  fake_written(fake_channel(), NULL));
    peer_says("{\"cmd\":\"NODE_HANDLE_ACK\"}\n");
    settle_down();
    EXPECT_STR_EQ("message(1+) sent(ok) handle.sent(ok) sent(ok)", noted());
    EXPECT_SIZE_EQ(0, fake_open_handles());
    release_channel();
}

TEST_C(Channel, handles_on_their_way_at_a_release_are_closed_if_they_were_given)
{
    const kin_native_handle kept = fake_handle(KIN_HANDLE_SOCKET);

    open_usual();
    EXPECT_INT_EQ(0, kin_channel_send_handle(channel, "1", 1, fake_handle(KIN_HANDLE_SOCKET), true, note_sent, NULL));
    EXPECT_INT_EQ(0, kin_channel_send_handle(channel, "2", 1, fake_handle(KIN_HANDLE_SOCKET), true, note_sent, NULL));
    EXPECT_INT_EQ(0, kin_channel_send_handle(channel, "3", 1, kept, false, note_sent, NULL));
    settle_down();
    release_channel();
    settle_down();
    EXPECT_STR_EQ("sent(ECANCELED) sent(ECANCELED) sent(ECANCELED)", noted());
    EXPECT_SIZE_EQ(1, fake_open_handles());
}

/* ---------------------------------------------------------------------------------------------------------- of a child */

static void start_with_channel(kin_channel_options options)
{
    kin_spawn_options spawn = usual_options();

    spawn.out = (kin_stdio){ .kind = KIN_STDIO_IGNORE };
    spawn.channel = &options;
    start_with(&spawn);
    channel = kin_child_channel(child);
    ASSERT_NOT_NULL(channel);
}

TEST_C(Channel, of_a_child_ends_before_the_close_in_either_order)
{
    start_with_channel(usual());
    EXPECT_SIZE_EQ(4, fake_launch()->slot_count);
    fake_child_says(fake_pipe(3), "1\n");
    fake_child_ends(fake_pipe(3));
    settle_down();
    EXPECT_STR_EQ("message(1) channel-end(ok)", noted());
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("message(1) channel-end(ok) exit(exited 0) close(exited 0)", noted());
    release_child();
}

TEST_C(Channel, X22_held_by_others_it_ends_after_the_close_delay)
{
    start_with_channel(usual());
    fake_exits(fake_process(), 0);
    settle_down();
    EXPECT_STR_EQ("exit(exited 0)", noted());
    run();
    EXPECT_STR_EQ("exit(exited 0) channel-end(ok) close(exited 0)", noted());
    release_child();
}

TEST_C(Channel, that_nobody_listens_to_does_not_keep_its_child_from_closing)
{
    start_with_channel((kin_channel_options){ .on_end = note_channel_end });
    fake_child_says(fake_pipe(3), "1\n2\n3\n");
    settle_down();
    fake_child_ends(fake_pipe(3));
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("exit(exited 0) channel-end(ok) close(exited 0)", noted());
    release_child();
}

TEST_C(Channel, of_a_child_that_is_released_while_a_write_is_under_way)
{
    start_with_channel(usual());
    fake_child_reads(fake_pipe(3), 0);
    fake_hold_cancelled(fake_writing_half(fake_pipe(3)));
    send_text("1");
    settle_down();
    release_child();
    settle_down();
    EXPECT_STR_EQ("", noted());
    fake_release_cancelled(fake_writing_half(fake_pipe(3)));
    fake_exits(fake_process(), 0);
    settle_down();
    EXPECT_STR_EQ("sent(ECANCELED)", noted());
}

TEST_C(Channel, announces_itself_and_nothing_else_does)
{
    const kin_spawn_options plain = usual_options();

    fake_set_variable("NODE_CHANNEL_FD", "3");
    start_with(&plain);
    EXPECT_NOT_NULL(fake_launch()->environment);
    release_child();
    ASSERT_INT_EQ(0, kin_fork(loop, "work", NULL, &child));
    EXPECT_NOT_NULL(fake_launch()->environment);
    fake_exits(fake_process(), 0);
    release_child();
}
