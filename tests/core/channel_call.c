/* SPDX-License-Identifier: MIT */
/* A channel by calls, on the fake backend: what waits meanwhile, and what callbacks do to it. */
#include "scene.h"

#include <string.h>

static kin_channel *channel;

static void open_with(const kin_channel_options *options)
{
    const kin_native_handle handle = (kin_native_handle)(intptr_t)10;

    ASSERT_INT_EQ(0, kin_channel_open(loop, handle, handle, options, &channel));
}

static void release_channel(void)
{
    kin_channel_release(channel);
    channel = NULL;
}

static void peer_says(const char *text)
{
    fake_child_says(fake_channel(), text);
}

/* -------------------------------------------------------------------------------------------------------------- receiving */

TEST_C(Channel, by_call_they_wait_and_answers_leave_first)
{
    kin_channel_options options = { 0 };
    kin_message message;

    open_with(&options);
    peer_says("1\n{\"kin\":\"request\",\"id\":4,\"body\":2}\n");
    ASSERT_INT_EQ(1, kin_channel_receive(channel, &message, 0));
    EXPECT_UINT_EQ(0, message.request);
    ASSERT_INT_EQ(1, kin_channel_receive(channel, &message, 0));
    EXPECT_UINT_EQ(4, message.request);
    EXPECT_INT_EQ(0, kin_channel_reply(channel, message.request, message.data, message.size));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_channel_receive(channel, &message, 0));
    EXPECT_STR_EQ("{\"kin\":\"reply\",\"id\":4,\"body\":2}\n", fake_written(fake_channel(), NULL));
    fake_child_ends(fake_channel());
    EXPECT_INT_EQ(0, kin_channel_receive(channel, &message, KIN_FOREVER));
    EXPECT_INT_EQ(0, kin_channel_receive(channel, &message, KIN_FOREVER));
    release_channel();
}

/* What is there already is not slept over, although something else is to be done and gets stuck. */
TEST_C(Channel, I06_by_call_a_write_that_is_stuck_does_not_hide_a_message)
{
    kin_channel_options options = { 0 };
    kin_message message;

    open_with(&options);
    fake_child_reads(fake_channel(), 0);
    peer_says("1\n2\n");
    ASSERT_INT_EQ(1, kin_channel_receive(channel, &message, 0));
    EXPECT_INT_EQ(0, kin_channel_send(channel, "3", 1, NULL, NULL));
    ASSERT_INT_EQ(1, kin_channel_receive(channel, &message, KIN_FOREVER));
    EXPECT_MEM_EQ("2", message.data, 1);
    release_channel();
}

TEST_C(Channel, by_call_and_then_by_callback)
{
    kin_channel_options options = { 0 };

    open_with(&options);
    peer_says("1\n2\n");
    settle_down();
    EXPECT_INT_EQ(0, kin_channel_on_message(channel, note_message, note_channel_end, NULL));
    settle_down();
    EXPECT_STR_EQ("message(1) message(2)", noted());
    release_channel();
}

/* With a loop that has other things to do as well. */
TEST_C(Channel, I07_by_call_nothing_is_lost_that_came_before_the_exit)
{
    const kin_channel_options options = { 0 };
    kin_spawn_options spawn = usual_options();
    kin_message message;

    spawn.channel = &options;
    start_with(&spawn);
    channel = kin_child_channel(child);
    fake_child_says(fake_pipe(3), "1\n2\n");
    fake_exits(fake_process(), 0);
    fake_child_ends(fake_pipe(1));
    fake_child_ends(fake_pipe(3));
    ASSERT_INT_EQ(1, kin_channel_receive(channel, &message, KIN_FOREVER));
    EXPECT_MEM_EQ("1", message.data, 1);
    ASSERT_INT_EQ(1, kin_channel_receive(channel, &message, KIN_FOREVER));
    EXPECT_MEM_EQ("2", message.data, 1);
    EXPECT_INT_EQ(0, kin_channel_receive(channel, &message, KIN_FOREVER));
    run();
    EXPECT_SIZE_EQ(1, count_of("close("));
    release_child();
}

static void ask(void)
{
    EXPECT_INT_EQ(1, kin_channel_request(channel, "0", 1, 0, note_reply, NULL));
    peer_says("{\"kin\":\"reply\",\"id\":1,\"body\":2}\n3\n");
}

TEST_C(Channel, released_in_a_callback_of_a_call_that_waits)
{
    kin_channel_options options = { 0 };
    kin_message message;

    open_with(&options);
    ask();
    act_in("reply", release_channel);
    EXPECT_INT_EQ(KIN_ECANCELED, kin_channel_receive(channel, &message, KIN_FOREVER));
    EXPECT_STR_EQ("reply(ok 2)", noted());
}

TEST_C(Channel, released_with_its_private_loop_in_a_callback_of_a_call_that_waits)
{
    const kin_native_handle handle = (kin_native_handle)(intptr_t)10;
    kin_message message;

    ASSERT_INT_EQ(0, kin_channel_open(NULL, handle, handle, NULL, &channel));
    ask();
    act_in("reply", release_channel);
    EXPECT_INT_EQ(KIN_ECANCELED, kin_channel_receive(channel, &message, KIN_FOREVER));
    EXPECT_TRUE(fake_is_closed(fake_channel()));
}

/* --------------------------------------------------------------------------------------------------------------- flushing */

TEST_C(Channel, a_private_loop_goes_with_it)
{
    const kin_native_handle handle = (kin_native_handle)(intptr_t)10;
    kin_channel *alone = NULL;

    ASSERT_INT_EQ(0, kin_channel_open(NULL, handle, handle, NULL, &alone));
    EXPECT_INT_EQ(0, kin_channel_send(alone, "1", 1, NULL, NULL));
    EXPECT_INT_EQ(0, kin_channel_flush_wait(alone, KIN_FOREVER));
    kin_channel_release(alone);
    EXPECT_TRUE(fake_is_closed(fake_channel()));
}

TEST_C(Channel, a_flush_in_vain_is_forgotten)
{
    open_with(NULL);
    fake_child_reads(fake_channel(), 0);
    EXPECT_INT_EQ(0, kin_channel_send(channel, "1", 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_channel_flush_wait(channel, 5));
    fake_child_reads(fake_channel(), SIZE_MAX);
    EXPECT_INT_EQ(0, kin_channel_flush_wait(channel, KIN_FOREVER));
    release_channel();
}
