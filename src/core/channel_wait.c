/* SPDX-License-Identifier: MIT */
/* A channel by calls: each one runs the loop until it has what it wants, or the time is up. */
#include "channel.h"

static int check(const kin_channel *channel, int64_t timeout_ms)
{
    if (channel == NULL || timeout_ms < KIN_FOREVER || channel->released)
        return KIN_EINVAL;
    return channel->loop->running ? KIN_EBUSY : 0;
}

/* A callback may have released the loop in the middle of a call; it goes when the call is over. */
static int leave(kin_loop *loop, int result)
{
    return kin_loop_finish_release(loop) ? KIN_ECANCELED : result;
}

/* ------------------------------------------------------------------------------------------------------------- receiving --- */

struct wait {
    const kin_channel *channel;
    bool gone; /* a callback has released it, and a turn of the loop has freed it */
};

static bool has_something(const void *context)
{
    const struct wait *wait = context;
    const kin_channel *channel = wait->channel;

    return wait->gone || channel->inbox.has_message || channel->end_told || channel->released;
}

/* Answers that wait leave before the next message is given, so that they do not wait for more than one piece of work. */
static bool has_work(const kin_channel *channel)
{
    return !kin_list_is_empty(&channel->settle.node);
}

/* The peer keeps its handle until ours is acknowledged; the caller may not come back for a while. */
static int acknowledge(kin_channel *channel)
{
    return channel->outbox.urgent > 0 && channel->inbox.has_message ? kin_loop_turn(channel->loop, 0) : 0;
}

static int wait_for_message(kin_channel *channel, kin_message *message, int64_t timeout_ms)
{
    struct wait wait = { .channel = channel };
    int code;

    if (channel->end_told)
        return channel->end_code;
    kin_channel_later(channel);
    channel->gone = &wait.gone;
    code = kin_loop_run_until(channel->loop, has_something, &wait, timeout_ms);
    if (code == 0 && !wait.gone)
        code = acknowledge(channel);
    if (wait.gone)
        return KIN_ECANCELED;
    channel->gone = NULL;
    if (code < 0)
        return code;
    if (channel->released)
        return KIN_ECANCELED;
    return kin_inbox_give(channel, message) ? 1 : channel->end_code;
}

int kin_channel_receive(kin_channel *channel, kin_message *message, int64_t timeout_ms)
{
    const int code = message == NULL ? KIN_EINVAL : check(channel, timeout_ms);
    kin_loop *loop;

    if (code < 0)
        return code;
    if (channel->options.on_message != NULL)
        return KIN_EINVAL;
    loop = channel->loop;
    channel->by_call = true;
    kin_inbox_take_back(channel);
    if (!has_work(channel) && kin_inbox_give(channel, message))
        return 1;
    return leave(loop, wait_for_message(channel, message, timeout_ms));
}

/* --------------------------------------------------------------------------------------------------------------- sending --- */

struct flush {
    bool done;
    int code;
};

static void flushed(kin_channel *channel, int code, void *user)
{
    struct flush *flush = user;

    (void)channel;
    flush->done = true;
    flush->code = code;
}

static bool is_flushed(const void *context)
{
    return ((const struct flush *)context)->done;
}

static int wait_for_flush(kin_channel *channel, struct flush *flush, int64_t timeout_ms)
{
    kin_loop *loop = channel->loop;
    const int code = kin_loop_run_until(loop, is_flushed, flush, timeout_ms);

    if (!flush->done && !loop->releasing)
        kin_outbox_forget(channel, flush);
    return leave(loop, flush->done ? flush->code : code);
}

int kin_channel_flush_wait(kin_channel *channel, int64_t timeout_ms)
{
    struct flush flush = { 0 };
    int code = check(channel, timeout_ms);

    if (code == 0)
        code = kin_channel_flush(channel, flushed, &flush);
    return code < 0 ? code : wait_for_flush(channel, &flush, timeout_ms);
}

int kin_channel_send_wait(kin_channel *channel, const void *data, size_t size, int64_t timeout_ms)
{
    int code = check(channel, timeout_ms);

    if (code == 0)
        code = kin_channel_send(channel, data, size, NULL, NULL);
    return code < 0 ? code : kin_channel_flush_wait(channel, timeout_ms);
}
