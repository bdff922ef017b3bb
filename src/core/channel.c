/* SPDX-License-Identifier: MIT */
/* The life of a channel: what settles, who is told of the end, when it is at rest. */
#include "channel.h"

#include <stdlib.h>

#define RECEIVE_BUDGET ((size_t)1000)

/* ------------------------------------------------------------------------------------------------------------- options --- */

static size_t or_usual(size_t wanted, size_t usual)
{
    return wanted == 0 ? usual : wanted;
}

int kin_channel_options_resolve(const kin_channel_options *wanted, kin_channel_options *options)
{
    *options = wanted == NULL ? (kin_channel_options){ 0 } : *wanted;
    if (options->mode != KIN_CHANNEL_JSON && options->mode != KIN_CHANNEL_BINARY)
        return KIN_EINVAL;
    if (options->max_message > KIN_CHANNEL_MOST)
        return KIN_EINVAL;
    options->max_message = or_usual(options->max_message, KIN_CHANNEL_MAX_MESSAGE);
    options->max_queued = or_usual(options->max_queued, options->max_message);
    options->high_water = or_usual(options->high_water, KIN_CHANNEL_HIGH_WATER);
    options->receive_budget = or_usual(options->receive_budget, RECEIVE_BUDGET);
    return 0;
}

/* --------------------------------------------------------------------------------------------------------------- state --- */

bool kin_channel_is_settled(const kin_channel *channel)
{
    return channel->pipe == NULL && kin_list_is_empty(&channel->settle.node);
}

/* Whoever still waits to be told keeps the loop, and so does what waits to leave; being connected does unless it is not to. */
static bool keeps_loop_alive(const kin_channel *channel)
{
    if (channel->released)
        return channel->writing;
    if (channel->end_told)
        return false;
    return channel->referenced || channel->ended || (!channel->outbox.error && !kin_outbox_is_empty(&channel->outbox));
}

static void update_hold(kin_channel *channel)
{
    if (keeps_loop_alive(channel))
        kin_loop_hold(channel->loop, &channel->held);
    else
        kin_loop_drop(channel->loop, &channel->held);
}

void kin_channel_later(kin_channel *channel)
{
    kin_loop_defer(channel->loop, &channel->settle);
    update_hold(channel);
}

/* The pipe can be given back only when the system has no buffer of ours any more. */
static void close_pipe(kin_channel *channel)
{
    if (channel->pipe == NULL)
        return;
    if (channel->reading || channel->writing) {
        kin_plat_pipe_cancel(channel->pipe);
        return;
    }
    kin_plat_pipe_close(channel->pipe);
    channel->pipe = NULL;
}

void kin_channel_finish(kin_channel *channel, int code)
{
    if (channel->ended)
        return;
    channel->ended = true;
    channel->end_code = code;
}

/* What those who wait are told: the peer is gone, unless it was us. */
static int code_for_waiting(const kin_channel *channel)
{
    if (channel->outbox.error != 0)
        return channel->outbox.error;
    return channel->end_code == KIN_ECANCELED ? KIN_ECANCELED : KIN_EPIPE;
}

static void tell_end(kin_channel *channel)
{
    const int code = code_for_waiting(channel);

    kin_outbox_fail(channel, code);
    kin_requests_fail(channel, code);
    if (channel->end_told)
        return;
    channel->end_told = true;
    if (channel->options.on_end != NULL)
        channel->options.on_end(channel, channel->end_code, channel->options.user);
}

/* ------------------------------------------------------------------------------------------------------------- settling --- */

static void work(kin_channel *channel)
{
    kin_inbox_deliver(channel);
    kin_outbox_write_on(channel);
    kin_inbox_read_on(channel);
    kin_outbox_drained(channel);
    if (channel->leaving && (channel->outbox.error != 0 || kin_outbox_is_empty(&channel->outbox)))
        kin_channel_finish(channel, KIN_ECANCELED);
}

static void come_to_rest(kin_channel *channel)
{
    close_pipe(channel);
    if (!channel->writing && !channel->reading)
        tell_end(channel);
}

static void changed(kin_channel *channel)
{
    update_hold(channel);
    if (channel->on_change != NULL)
        channel->on_change(channel->owner);
    else if (channel->standalone && channel->released && kin_channel_is_settled(channel))
        kin_loop_bury(channel->loop, &channel->resource);
}

/* A callback in here may call anything of the channel, and comes back here by the next turn. */
void kin_channel_update(kin_channel *channel)
{
    if (channel->settling)
        return;
    channel->settling = true;
    if (!channel->ended && channel->pipe != NULL)
        work(channel);
    if (channel->ended)
        come_to_rest(channel);
    channel->settling = false;
    changed(channel);
}

static void settle(struct kin_deferred *deferred)
{
    kin_channel_update(KIN_LIST_MEMBER(deferred, kin_channel, settle));
}

static void channel_event(struct kin_resource *resource, const struct kin_plat_event *event)
{
    kin_channel *channel = KIN_LIST_MEMBER(resource, kin_channel, resource);

    if (event->kind == KIN_PLAT_READ)
        kin_inbox_event(channel, event);
    else
        kin_outbox_event(channel, event);
    kin_channel_update(channel);
}

/* --------------------------------------------------------------------------------------------------------- birth, death --- */

static void channel_abandon(struct kin_resource *resource)
{
    kin_channel_abandon(KIN_LIST_MEMBER(resource, kin_channel, resource));
}

static void channel_destroy(struct kin_resource *resource)
{
    kin_channel *channel = KIN_LIST_MEMBER(resource, kin_channel, resource);

    kin_channel_deinit(channel);
    free(channel);
}

const struct kin_resource_type kin_channel_type = {
    .event = channel_event,
    .abandon = channel_abandon,
    .destroy = channel_destroy,
};

void kin_channel_init(kin_channel *channel, kin_loop *loop, const kin_channel_options *resolved)
{
    kin_list_init(&channel->resource.node);
    channel->resource.type = &kin_channel_type;
    channel->loop = loop;
    channel->options = *resolved;
    channel->paused = resolved->paused;
    channel->inbox.frames.mode = resolved->mode;
    channel->inbox.frames.limit = resolved->max_message + KIN_ENVELOPE_HEAD + KIN_ENVELOPE_TAIL;
    kin_deferred_init(&channel->settle, settle);
    kin_outbox_init(&channel->outbox);
    kin_list_init(&channel->requests);
}

int kin_channel_set_limits(kin_channel *channel, size_t max_message, size_t max_queued)
{
    const kin_channel_options wanted = { .max_message = max_message, .max_queued = max_queued };
    kin_channel_options options;

    if (channel == NULL || kin_channel_options_resolve(&wanted, &options) < 0)
        return KIN_EINVAL;
    channel->options.max_message = options.max_message;
    channel->options.max_queued = options.max_queued;
    channel->inbox.frames.limit = options.max_message + KIN_ENVELOPE_HEAD + KIN_ENVELOPE_TAIL;
    return 0;
}

void kin_channel_begin(kin_channel *channel, kin_plat_pipe *pipe)
{
    channel->pipe = pipe;
    if (!channel->options.refuse_handles)
        kin_plat_channel_accept(pipe, 1);
    kin_channel_later(channel);
}

void kin_channel_deinit(kin_channel *channel)
{
    kin_list_remove(&channel->settle.node);
    kin_loop_drop(channel->loop, &channel->held);
    kin_inbox_free(channel);
    if (channel->pipe != NULL)
        kin_plat_pipe_close(channel->pipe);
    channel->pipe = NULL;
    kin_outbox_free(&channel->outbox);
    if (channel->gone != NULL)
        *channel->gone = true;
}

void kin_channel_abandon(kin_channel *channel)
{
    channel->options.on_message = NULL;
    channel->options.on_internal = NULL;
    channel->options.on_end = NULL;
    channel->options.on_drain = NULL;
    channel->released = true;
    kin_channel_finish(channel, KIN_ECANCELED);
    close_pipe(channel);
    kin_channel_later(channel);
}

void kin_channel_discard(kin_channel *channel)
{
    if (channel->options.on_message != NULL || channel->private_loop || channel->by_call)
        return;
    channel->discards = true;
    kin_channel_later(channel);
}

void kin_channel_release(kin_channel *channel)
{
    if (channel == NULL || channel->released)
        return;
    kin_channel_abandon(channel);
    if (channel->private_loop && channel->standalone)
        kin_loop_release(channel->loop);
}

/* ---------------------------------------------------------------------------------------------------------------- opening --- */

static int make_object(kin_loop *loop, const kin_channel_options *resolved, kin_channel **channel)
{
    *channel = calloc(1, sizeof **channel);
    if (*channel == NULL)
        return KIN_ENOMEM;
    kin_channel_init(*channel, loop, resolved);
    (*channel)->standalone = true;
    (*channel)->referenced = true;
    return 0;
}

int kin_channel_make(kin_loop *loop, kin_native_handle in, kin_native_handle out, bool framed,
                     const kin_channel_options *options, kin_channel **channel)
{
    kin_channel_options resolved;
    kin_loop *private_loop = NULL;
    kin_channel *made = NULL;
    kin_plat_pipe *pipe = NULL;
    int code = kin_channel_options_resolve(options, &resolved);

    if (code == 0 && loop == NULL)
        code = kin_loop_create(&private_loop);
    if (code == 0)
        code = make_object(loop != NULL ? loop : private_loop, &resolved, &made);
    if (code == 0)
        code = kin_plat_channel_open(made->loop->platform, in, out, framed, &made->resource, &pipe);
    if (code < 0 || made == NULL) { /* the latter only with the former */
        free(made);
        kin_loop_release(private_loop);
        return code;
    }
    made->private_loop = private_loop != NULL;
    kin_loop_adopt(made->loop, &made->resource, &kin_channel_type);
    kin_channel_begin(made, pipe);
    *channel = made;
    return 0;
}

int kin_channel_open(kin_loop *loop, kin_native_handle in, kin_native_handle out, const kin_channel_options *options,
                     kin_channel **channel)
{
    if (channel == NULL)
        return KIN_EINVAL;
    *channel = NULL;
    if (loop != NULL && loop->releasing)
        return KIN_EINVAL;
    return kin_channel_make(loop, in, out, false, options, channel);
}

/* ------------------------------------------------------------------------------------------------------------- disconnect --- */

int kin_channel_disconnect(kin_channel *channel)
{
    if (channel == NULL)
        return KIN_EINVAL;
    channel->leaving = true;
    kin_channel_later(channel);
    return 0;
}

int kin_channel_disconnect_now(kin_channel *channel)
{
    if (channel == NULL)
        return KIN_EINVAL;
    channel->leaving = true;
    kin_channel_finish(channel, KIN_ECANCELED);
    kin_channel_later(channel);
    return 0;
}

bool kin_channel_is_connected(const kin_channel *channel)
{
    return channel != NULL && !channel->ended && !channel->leaving && !channel->inbox.ended && channel->outbox.error == 0;
}

/* ------------------------------------------------------------------------------------------------------------------ access --- */

kin_channel_mode kin_channel_mode_of(const kin_channel *channel)
{
    return channel == NULL ? KIN_CHANNEL_JSON : channel->options.mode;
}

kin_loop *kin_channel_loop(const kin_channel *channel)
{
    return channel == NULL ? NULL : channel->loop;
}

void *kin_channel_user(const kin_channel *channel)
{
    return channel == NULL ? NULL : channel->options.user;
}

bool kin_channel_is_full(const kin_channel *channel)
{
    return channel != NULL && channel->outbox.full;
}

int kin_channel_count(const kin_channel *channel, kin_channel_counters *counters)
{
    if (channel == NULL || counters == NULL)
        return KIN_EINVAL;
    *counters = (kin_channel_counters){
        .sent = channel->outbox.messages,
        .received = channel->inbox.delivered,
        .late_replies = channel->inbox.late_replies,
        .lost_handles = channel->inbox.lost_handles,
        .queued = channel->outbox.queued,
    };
    return 0;
}

static void set_referenced(kin_channel *channel, bool referenced)
{
    if (channel == NULL)
        return;
    channel->referenced = referenced;
    update_hold(channel);
}

void kin_channel_unref(kin_channel *channel)
{
    set_referenced(channel, false);
}

void kin_channel_ref(kin_channel *channel)
{
    set_referenced(channel, true);
}
