/* SPDX-License-Identifier: MIT */
/* kin_fork() and kin_dispatch(), and a channel by calls. */
#include "support/entries.h"
#include "support/support.h"

static kin_child *fork_alone(const char *entry, kin_channel_mode mode)
{
    kin_child *child = NULL;

    ASSERT_INT_EQ(0, kin_fork(NULL, entry, SPAWN_OPTIONS(.channel = &(kin_channel_options){ .mode = mode }), &child));
    return child;
}

static void expect_message(kin_channel *channel, const char *text)
{
    kin_message message = { 0 };

    ASSERT_INT_EQ(1, kin_channel_receive(channel, &message, 60000));
    ASSERT_SIZE_EQ(strlen(text), message.size);
    EXPECT_MEM_EQ(text, message.data, message.size);
}

static void expect_end(kin_child *child, uint32_t code)
{
    kin_message message;
    kin_status status;

    EXPECT_INT_EQ(0, kin_channel_receive(kin_child_channel(child), &message, 60000));
    EXPECT_INT_EQ(0, kin_child_wait(child, 60000, &status));
    EXPECT_EXITED(code, &status);
    kin_child_release(child);
}

TEST_C(Fork, by_calls)
{
    kin_child *child = fork_alone("echo", KIN_CHANNEL_JSON);
    kin_channel *channel = kin_child_channel(child);
    kin_message message;
    kin_status status;

    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_channel_receive(channel, &message, 0));
    EXPECT_INT_EQ(0, kin_channel_send_wait(channel, "[1]", 3, 60000));
    EXPECT_INT_EQ(0, kin_channel_send(channel, "[2]", 3, NULL, NULL));
    expect_message(channel, "[1]");
    expect_message(channel, "[2]");
    EXPECT_INT_EQ(0, kin_channel_flush_wait(channel, 0));
    EXPECT_INT_EQ(0, kin_channel_disconnect(channel));
    EXPECT_INT_EQ(KIN_ECANCELED, kin_channel_receive(channel, &message, 60000));
    EXPECT_INT_EQ(0, kin_child_wait(child, 60000, &status));
    EXPECT_EXITED(ENTRY_ENDED, &status);
    kin_child_release(child);
}

TEST_C(Fork, I08_what_announces_the_channel_is_consumed)
{
    kin_child *child = fork_alone("env", KIN_CHANNEL_BINARY);

    expect_message(kin_child_channel(child), "[0,0,1]");
    expect_end(child, 0);
}

/* By a signal, or by the end of its channel where there is none. */
TEST_C(Fork, a_worker_can_be_asked_to_end_on_every_system)
{
    kin_child *child = fork_alone("echo", KIN_CHANNEL_JSON);
    kin_status status;

    EXPECT_INT_EQ(0, kin_channel_send(kin_child_channel(child), "[1]", 3, NULL, NULL));
    expect_message(kin_child_channel(child), "[1]"); /* it serves */
    EXPECT_INT_EQ(0, kin_stop(child, 60000));
    EXPECT_INT_EQ(0, kin_child_wait(child, 60000, &status));
    EXPECT_FALSE(status.forced);
    EXPECT_INT_EQ(KIN_CAUSE_STOPPED, status.cause);
    kin_child_release(child);
}

TEST_C(Fork, many_messages_by_calls)
{
    kin_child *child = fork_alone("burst", KIN_CHANNEL_JSON);
    kin_message message;

    for (unsigned i = 0; i < BURST_COUNT; i++) {
        ASSERT_INT_EQ(1, kin_channel_receive(kin_child_channel(child), &message, 60000));
        ASSERT_SIZE_EQ(BURST_SIZE, message.size);
        ASSERT_INT_EQ((int)i, atoi(message.data + 1));
    }
    expect_end(child, 3);
}

TEST_C(Fork, an_entry_that_is_not_there)
{
    expect_end(fork_alone("no such entry", KIN_CHANNEL_JSON), KIN_EXIT_NO_ENTRY);
}

TEST_C(Fork, the_message_stays_while_other_calls_wait)
{
    kin_child *child = fork_alone("echo", KIN_CHANNEL_JSON);
    kin_channel *channel = kin_child_channel(child);
    kin_message message;

    ASSERT_INT_EQ(0, kin_channel_send_wait(channel, "\"first\"", 7, 60000));
    ASSERT_INT_EQ(1, kin_channel_receive(channel, &message, 60000));
    for (int i = 0; i < 1000; i++)
        ASSERT_INT_EQ(0, kin_channel_send_wait(channel, "\"other\"", 7, 60000));
    EXPECT_MEM_EQ("\"first\"", message.data, 7);
    for (int i = 0; i < 1000; i++)
        expect_message(channel, "\"other\"");
    kin_child_release(child);
}

TEST_C(Fork, the_channel_may_stand_in_any_slot)
{
    for (unsigned slot = 0; slot < 6; slot++) {
        kin_stdio extra[3] = { { 0 }, { 0 }, { 0 } };
        kin_spawn_options options = { .extra = extra, .extra_count = 3 };
        kin_stdio *stdio = slot == 0 ? &options.in : slot == 1 ? &options.out : slot == 2 ? &options.err : &extra[slot - 3];
        kin_child *child = NULL;

        TRACE_C("slot %u", slot);
        stdio->kind = KIN_STDIO_CHANNEL;
        ASSERT_INT_EQ(0, kin_fork(NULL, "echo", &options, &child));
        ASSERT_INT_EQ(0, kin_channel_send_wait(kin_child_channel(child), "17", 2, 60000));
        expect_message(kin_child_channel(child), "17");
        kin_child_release(child);
        TRACE_END_C();
    }
}

TEST_C(Fork, A_bad_use_is_refused)
{
    kin_child *child = NULL;
    kin_error error = { 0 };
    const kin_stdio two[] = { { .kind = KIN_STDIO_CHANNEL }, { .kind = KIN_STDIO_CHANNEL } };
    int code;

    EXPECT_INT_EQ(KIN_EINVAL, kin_fork(NULL, "", SPAWN_OPTIONS(.error = &error), &child));
    EXPECT_ERROR(KIN_EINVAL, KIN_STAGE_OPTIONS, "entry", &error);
    EXPECT_INT_EQ(KIN_EINVAL, kin_fork(NULL, "echo", SPAWN_OPTIONS(.file = "x", .error = &error), &child));
    EXPECT_ERROR(KIN_EINVAL, KIN_STAGE_OPTIONS, "file", &error);
    EXPECT_INT_EQ(KIN_EINVAL, kin_fork(NULL, NULL, SPAWN_OPTIONS(.error = &error), &child));
    EXPECT_ERROR(KIN_EINVAL, KIN_STAGE_OPTIONS, "argv", &error);
    EXPECT_INT_EQ(KIN_EINVAL, kin_fork(NULL, "echo", SPAWN_OPTIONS(.extra = two, .extra_count = 2, .error = &error), &child));
    EXPECT_ERROR(KIN_EINVAL, KIN_STAGE_OPTIONS, "channel", &error);
    EXPECT_NULL(child);
    EXPECT_INT_EQ(0, kin_dispatch(NULL, &code));
    EXPECT_INT_EQ(0, kin_dispatch((const kin_entry[]){ { NULL, NULL } }, NULL));
    EXPECT_INT_EQ(0, kin_dispatch((const kin_entry[]){ { NULL, NULL } }, &code));
}
