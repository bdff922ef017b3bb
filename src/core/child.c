/* SPDX-License-Identifier: MIT */
/* The life of a child: who is told what, in which order, and when it is over. */
#include "child.h"

#include <stdlib.h>

/* ----------------------------------------------------------------------------------------------------------------- helpers --- */

static bool has_read_everything(const kin_child *child)
{
    for (size_t i = 0; i < child->slot_count; i++) {
        const kin_stream *stream = child->streams[i];

        if (stream != NULL && stream->reads && !kin_stream_has_ended(stream))
            return false;
    }
    return child->channel == NULL || child->channel->end_told;
}

/* What was lent for writing is back, and whoever waited for it has been told. */
static bool has_let_go_of_input(const kin_child *child)
{
    for (size_t i = 0; i < child->slot_count; i++) {
        const kin_stream *stream = child->streams[i];

        if (stream != NULL && !stream->reads && !kin_stream_is_settled(stream))
            return false;
    }
    return true;
}

static bool has_given_back(const kin_child *child)
{
    for (size_t i = 0; i < child->slot_count; i++) {
        const kin_stream *stream = child->streams[i];

        if (stream != NULL && (stream->under_way || !kin_list_is_empty(&stream->writer.queue)))
            return false;
    }
    return child->channel == NULL || !child->channel->writing;
}

static bool is_settled(const kin_child *child)
{
    for (size_t i = 0; i < child->slot_count; i++) {
        if (child->streams[i] != NULL && !kin_stream_is_settled(child->streams[i]))
            return false;
    }
    return child->channel == NULL || kin_channel_is_settled(child->channel);
}

/* A released child is waited for as long as the system or a callback still has something of the user's to give back. */
static bool keeps_loop_alive(const kin_child *child)
{
    return child->released ? !has_given_back(child) : child->referenced && !child->closed;
}

static void update_hold(kin_child *child)
{
    if (keeps_loop_alive(child))
        kin_loop_hold(child->loop, &child->held);
    else
        kin_loop_drop(child->loop, &child->held);
}

static void for_each_stream(kin_child *child, void (*act)(kin_stream *stream))
{
    for (size_t i = 0; i < child->slot_count; i++) {
        if (child->streams[i] != NULL)
            act(child->streams[i]);
    }
}

static void close_process(kin_child *child)
{
    if (child->process != NULL)
        kin_plat_process_close(child->process);
    child->process = NULL;
}

/* Most that a pipe holds on Linux without privileges, /proc/sys/fs/pipe-max-size in pipe(7): what was written before the delay
   was over. Whoever goes on writing is cut off after it. */
#define DRAIN_LIMIT (UINT64_C(1024) * 1024)

/* Between two looks at a tree that lives. */
#define LONGEST_LOOK_MS ((int64_t)50)

/* A reader that pauses is not to be punished for it, nor one that comes by call (kin_child_read()). */
static bool is_held_open(const kin_stream *stream)
{
    return stream->reads && !kin_stream_has_ended(stream) && !stream->reader.paused && stream->reader.consumer != NULL;
}

static bool is_channel_held_open(const kin_child *child)
{
    const kin_channel *channel = child->channel;

    return channel != NULL && !channel->ended && !channel->paused && (channel->options.on_message != NULL || channel->discards);
}

static bool has_held_open(const kin_child *child)
{
    if (is_channel_held_open(child))
        return true;
    for (size_t i = 0; i < child->slot_count; i++) {
        if (child->streams[i] != NULL && is_held_open(child->streams[i]))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------------------------------------------------- how it closes --- */

/* kin_child_wait_tree() may still be called. */
static bool keeps_process(const kin_child *child)
{
    return child->private_loop && child->tree;
}

static void tell_close(kin_child *child)
{
    child->closed = true;
    kin_ending_forget(child);
    kin_loop_clear_alarm(child->loop, &child->close_delay);
    if (!keeps_process(child))
        close_process(child);
    for_each_stream(child, kin_stream_close);
    if (child->channel != NULL)
        kin_channel_disconnect_now(child->channel);
    update_hold(child);
    if (child->on_close != NULL)
        child->on_close(child, &child->status, child->callback_user);
    if (child->anonymous && !child->released)
        kin_child_release(child);
}

static void close_input(kin_stream *stream)
{
    if (!stream->reads && !stream->closing)
        kin_stream_close_unread(stream);
}

/* Nobody is there any more to read what waits to be written. That is told before the child closes, since nothing is told after,
   and with the code that the system would give if it saw the end of the reader before the end of the process. */
static void close_when_told(kin_child *child)
{
    for_each_stream(child, close_input);
    if (has_let_go_of_input(child))
        tell_close(child);
}

int64_t kin_child_next_look_ms(int64_t last_ms)
{
    if (last_ms == 0)
        return 1;
    return last_ms < LONGEST_LOOK_MS / 2 ? last_ms * 2 : LONGEST_LOOK_MS;
}

/* No system tells when the last of a group has gone, so it is looked for. */
static void close_without_tree(kin_child *child)
{
    if (!kin_ending_waits_for_tree(child)) {
        close_when_told(child);
    } else if (child->look_ms == 0 || !child->close_delay.set) {
        child->look_ms = kin_child_next_look_ms(child->look_ms);
        kin_loop_set_alarm(child->loop, &child->close_delay, child->look_ms);
    }
}

/* Looks at the whole child after anything in it has changed. It never acts twice, so that it can be called at any time. */
static void update_child(struct kin_deferred *deferred)
{
    kin_child *child = KIN_LIST_MEMBER(deferred, kin_child, update);

    if (child->exited && !child->closed && !child->released) {
        if (has_read_everything(child))
            close_without_tree(child);
        else if (!child->close_delay.set && has_held_open(child))
            kin_child_start_close_delay(child); /* a paused reader reads on */
    }
    update_hold(child);
    if (child->released && child->exited && is_settled(child)) {
        close_process(child);
        kin_list_remove(&child->update.node);
        kin_loop_bury(child->loop, &child->resource);
    }
}

static void stream_changed(void *owner)
{
    kin_child *child = owner;

    kin_loop_defer(child->loop, &child->update);
}

static void cut_off(kin_stream *stream)
{
    if (is_held_open(stream))
        kin_stream_cut_off(stream);
}

/* A channel that others hold is no channel to the child any more: it ends as if they had ended too. */
static void cut_off_all(kin_child *child)
{
    const bool channel = is_channel_held_open(child);

    for_each_stream(child, cut_off);
    if (channel)
        kin_channel_finish(child->channel, 0);
    if (channel)
        kin_channel_later(child->channel);
}

static void note_held_slots(kin_child *child)
{
    for (size_t i = 0; i < child->slot_count && i < 64; i++) {
        if (child->streams[i] != NULL && is_held_open(child->streams[i]))
            child->status.held_slots |= UINT64_C(1) << i;
    }
    for (size_t i = 0; i < child->slot_count; i++) {
        if (child->streams[i] != NULL && is_held_open(child->streams[i]))
            child->status.output_incomplete = true;
    }
}

static uint64_t received_by(const kin_child *child)
{
    uint64_t received = child->channel == NULL ? 0 : child->channel->inbox.received;

    for (size_t i = 0; i < child->slot_count; i++) {
        if (child->streams[i] != NULL)
            received += child->streams[i]->reader.received;
    }
    return received;
}

/* Notes what has come so far; the next look shows whether the pipes had more. */
static void look_again(kin_child *child)
{
    const uint64_t received = received_by(child);

    if (!child->draining)
        child->drained_limit = received + DRAIN_LIMIT;
    child->draining = true;
    child->drained = received;
    child->drained_waits = child->loop->waits;
    kin_loop_set_alarm(child->loop, &child->close_delay, 0);
}

/* The platform has been asked for events since the last look, and had no more bytes; or there were enough. */
static bool is_drained(const kin_child *child)
{
    const uint64_t received = received_by(child);

    if (!child->draining)
        return false;
    if (received >= child->drained_limit)
        return true;
    return child->loop->waits > child->drained_waits + 1 && received == child->drained;
}

/* Others hold the pipes of the child. What they wrote until now is still read; then the pipes are cut off. */
static void close_delay_over(struct kin_alarm *alarm)
{
    kin_child *child = KIN_LIST_MEMBER(alarm, kin_child, close_delay);

    if (!has_held_open(child)) {
        kin_loop_defer(child->loop, &child->update);
    } else if (is_drained(child)) {
        note_held_slots(child);
        cut_off_all(child);
    } else if (!child->draining || received_by(child) != child->drained) {
        look_again(child);
    } else {
        kin_loop_set_alarm(child->loop, alarm, 0);
    }
}

/* --------------------------------------------------------------------------------------------------------------- how it ends --- */

/* A pipe that nobody reads would keep the child from closing for ever: from now on it is read for nothing. A child with a
   private loop is read by calls, which may still come. */
static void discard_unread(kin_stream *stream)
{
    if (stream->reads)
        kin_stream_discard(stream);
}

static void record_exit(kin_child *child, const kin_status *seen)
{
    const kin_exit_cause cause = child->status.cause;
    const bool forced = child->status.forced;

    child->status = *seen;
    child->status.cause = cause;
    child->status.forced = forced;
    child->exited = true;
    if (cause == KIN_CAUSE_NONE && seen->kind == KIN_EXIT_SIGNAL && kin_child_was_sent(child, seen->signal))
        child->status.cause = KIN_CAUSE_KILLED;
}

static void tell_exit(kin_child *child)
{
    if (!child->released && child->on_exit != NULL)
        child->on_exit(child, &child->status, child->callback_user);
    if (child->released)
        return;
    if (!child->private_loop)
        for_each_stream(child, discard_unread);
    if (!child->private_loop && child->channel != NULL)
        kin_channel_discard(child->channel);
    kin_child_start_close_delay(child);
}

/* An abandoned process is let go with the others of its kind: the platform reaps it if it ends after all. */
void kin_child_exited(kin_child *child, const kin_status *seen)
{
    record_exit(child, seen);
    kin_ending_exited(child);
    if (!child->tree)
        close_process(child);
    tell_exit(child);
    kin_loop_defer(child->loop, &child->update);
}

static void child_event(struct kin_resource *resource, const struct kin_plat_event *event)
{
    kin_child *child = KIN_LIST_MEMBER(resource, kin_child, resource);

    if (event->kind == KIN_PLAT_EXIT && !child->exited)
        kin_child_exited(child, &event->status);
}

/* Whoever was ended by us has no claim to a long delay. */
static int64_t close_delay_of(const kin_child *child)
{
    const int64_t delay_ms = child->close_delay_ms;

    if (child->ending.phase == KIN_ENDING_GIVEN_UP)
        return 0;
    if (child->ending.phase != KIN_ENDING_NOT && (delay_ms == KIN_FOREVER || delay_ms > KIN_CLOSE_DELAY_MS))
        return KIN_CLOSE_DELAY_MS;
    return delay_ms;
}

/* As long as those that hold the pipes are in their grace there is no delay: what comes after it will free the pipes. */
void kin_child_start_close_delay(kin_child *child)
{
    const int64_t delay_ms = close_delay_of(child);
    const bool held = has_held_open(child);
    const bool none = !held || (delay_ms > 0 && kin_ending_has_grace(child));

    child->draining = false;
    child->look_ms = 0;
    kin_loop_set_alarm(child->loop, &child->close_delay, none ? KIN_FOREVER : delay_ms);
    if (!held)
        kin_loop_defer(child->loop, &child->update);
}

/* ------------------------------------------------------------------------------------------------------------------- release --- */

static void give_up(kin_child *child)
{
    child->released = true;
    child->on_exit = NULL;
    child->on_close = NULL;
    kin_ending_forget(child);
    kin_loop_clear_alarm(child->loop, &child->close_delay);
    for_each_stream(child, kin_stream_abandon);
    if (child->channel != NULL)
        kin_channel_abandon(child->channel);
    update_hold(child);
}

static void child_abandon(struct kin_resource *resource)
{
    give_up(KIN_LIST_MEMBER(resource, kin_child, resource));
}

static void destroy_stream(kin_stream *stream)
{
    kin_stream_deinit(stream);
    free(stream);
}

static void child_destroy(struct kin_resource *resource)
{
    kin_child *child = KIN_LIST_MEMBER(resource, kin_child, resource);

    kin_list_remove(&child->update.node);
    close_process(child);
    for_each_stream(child, destroy_stream);
    if (child->channel != NULL)
        kin_channel_deinit(child->channel);
    free(child->channel);
    if (child->dispose != NULL)
        child->dispose(child->callback_user);
    free(child->streams);
    free(child);
}

static const struct kin_resource_type child_type = { .event = child_event, .abandon = child_abandon, .destroy = child_destroy };

void kin_child_watch(kin_child *child, kin_loop *loop, const struct kin_plan *plan)
{
    child->loop = loop;
    child->tree = plan->launch.tree;
    child->wait_tree = plan->wait_tree;
    child->close_delay_ms = plan->close_delay_ms;
    child->id = kin_plat_process_id(child->process);
    child->referenced = true;
    child->close_delay.ring = close_delay_over;
    kin_deferred_init(&child->update, update_child);
    for (size_t i = 0; i < child->slot_count; i++) {
        if (child->streams[i] != NULL) {
            child->streams[i]->on_change = stream_changed;
            child->streams[i]->owner = child;
        }
    }
    if (child->channel != NULL) {
        child->channel->on_change = stream_changed;
        child->channel->owner = child;
    }
    kin_loop_adopt(loop, &child->resource, &child_type);
    kin_ending_watch(child, plan);
    update_hold(child);
}

void kin_child_release(kin_child *child)
{
    if (child == NULL || child->borrowed || child->released)
        return;
    give_up(child);
    if (child->private_loop)
        kin_loop_release(child->loop);
    else
        kin_loop_defer(child->loop, &child->update);
}

/* -------------------------------------------------------------------------------------------------------------------- access --- */

int64_t kin_child_id(const kin_child *child)
{
    return child == NULL ? KIN_EINVAL : child->id;
}

kin_stream *kin_child_stream(kin_child *child, unsigned slot)
{
    return child == NULL || slot >= child->slot_count ? NULL : child->streams[slot];
}

kin_channel *kin_child_channel(kin_child *child)
{
    return child == NULL ? NULL : child->channel;
}

int kin_child_status(const kin_child *child, kin_status *status)
{
    if (child == NULL)
        return KIN_EINVAL;
    if (status != NULL)
        *status = child->exited ? child->status : (kin_status){ 0 };
    return child->exited ? 1 : 0;
}

void *kin_child_user(const kin_child *child)
{
    return child == NULL ? NULL : child->user;
}

void kin_child_unref(kin_child *child)
{
    if (child == NULL)
        return;
    child->referenced = false;
    update_hold(child);
}

void kin_child_ref(kin_child *child)
{
    if (child == NULL)
        return;
    child->referenced = true;
    update_hold(child);
}
