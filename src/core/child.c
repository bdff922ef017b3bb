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
    return true;
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
    return true;
}

static bool is_settled(const kin_child *child)
{
    for (size_t i = 0; i < child->slot_count; i++) {
        if (child->streams[i] != NULL && !kin_stream_is_settled(child->streams[i]))
            return false;
    }
    return true;
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

/* A reader that pauses is not to be punished for it, nor one that comes by call (kin_child_read()). */
static bool is_held_open(const kin_stream *stream)
{
    return stream->reads && !kin_stream_has_ended(stream) && !stream->reader.paused && stream->reader.consumer != NULL;
}

static bool has_held_open(const kin_child *child)
{
    for (size_t i = 0; i < child->slot_count; i++) {
        if (child->streams[i] != NULL && is_held_open(child->streams[i]))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------------------------------------------------- how it closes --- */

static void tell_close(kin_child *child)
{
    child->closed = true;
    kin_loop_clear_alarm(child->loop, &child->limit);
    kin_loop_clear_alarm(child->loop, &child->close_delay);
    close_process(child);
    for_each_stream(child, kin_stream_close);
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

/* Looks at the whole child after anything in it has changed. It never acts twice, so that it can be called at any time. */
static void update_child(struct kin_deferred *deferred)
{
    kin_child *child = KIN_LIST_MEMBER(deferred, kin_child, update);

    if (child->exited && !child->closed && !child->released) {
        if (has_read_everything(child))
            close_when_told(child);
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

static uint64_t received_by(const kin_child *child)
{
    uint64_t received = 0;

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

    if (!has_held_open(child))
        return;
    if (is_drained(child)) {
        child->status.output_incomplete = true;
        for_each_stream(child, cut_off);
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

/* Signals beyond the mask, real-time ones, are not what ends a child on request. */
static uint32_t signal_bit(int signal)
{
    return signal > 0 && signal < 32 ? UINT32_C(1) << signal : 0;
}

static void record_exit(kin_child *child, const kin_status *seen)
{
    const kin_exit_cause cause = child->status.cause;
    const bool forced = child->status.forced;

    child->status = *seen;
    child->status.cause = cause;
    child->status.forced = forced;
    child->exited = true;
    if (cause == KIN_CAUSE_NONE && seen->kind == KIN_EXIT_SIGNAL && (child->sent & signal_bit(seen->signal)) != 0)
        child->status.cause = KIN_CAUSE_KILLED;
}

static void settle_tree(kin_child *child)
{
    if (!child->ending)
        return;
    kin_loop_clear_alarm(child->loop, &child->limit);
    if (child->tree)
        kin_plat_process_signal(child->process, KIN_SIGNAL_KILL, true);
}

static void tell_exit(kin_child *child)
{
    if (!child->released && child->on_exit != NULL)
        child->on_exit(child, &child->status, child->callback_user);
    if (child->released)
        return;
    if (!child->private_loop)
        for_each_stream(child, discard_unread);
    kin_child_start_close_delay(child);
}

static void child_event(struct kin_resource *resource, const struct kin_plat_event *event)
{
    kin_child *child = KIN_LIST_MEMBER(resource, kin_child, resource);

    if (event->kind != KIN_PLAT_EXIT || child->exited)
        return;
    record_exit(child, &event->status);
    settle_tree(child);
    if (!child->tree)
        close_process(child);
    tell_exit(child);
    kin_loop_defer(child->loop, &child->update);
}

/* ------------------------------------------------------------------------------------------------------------------- limits --- */

/* Whoever was ended by a limit has no claim to a long delay. */
void kin_child_start_close_delay(kin_child *child)
{
    int64_t delay_ms = child->close_delay_ms;

    if (child->ending && (delay_ms == KIN_FOREVER || delay_ms > KIN_CLOSE_DELAY_MS))
        delay_ms = KIN_CLOSE_DELAY_MS;
    child->draining = false;
    kin_loop_set_alarm(child->loop, &child->close_delay, delay_ms);
}

static void end_by_force(kin_child *child)
{
    if (child->process != NULL && kin_plat_process_signal(child->process, KIN_SIGNAL_KILL, child->tree) == 0)
        child->status.forced = true;
}

/* A child that had ended before it was asked is not forced either: its exit is on the way, and ends the rest of its tree. */
void kin_child_end(kin_child *child, kin_exit_cause cause)
{
    int asked = KIN_ENOTSUP;

    if (child->closed || child->ending)
        return;
    child->ending = true;
    child->status.cause = cause;
    if (!child->exited)
        asked = kin_plat_process_ask(child->process, child->tree);
    if (asked >= 0)
        kin_loop_set_alarm(child->loop, &child->limit, KIN_GRACE_MS);
    else
        end_by_force(child);
    if (child->exited)
        kin_child_start_close_delay(child);
}

/* After the exit only descendants are left to be ended, and their hold on the pipes. */
static void limit_rings(struct kin_alarm *alarm)
{
    kin_child *child = KIN_LIST_MEMBER(alarm, kin_child, limit);

    if (child->ending)
        end_by_force(child);
    else
        kin_child_end(child, KIN_CAUSE_TIMEOUT);
}

static int send_signal(kin_child *child, int signal, bool tree)
{
    int code;

    if (child->process == NULL)
        return KIN_ALREADY_ENDED;
    code = kin_plat_process_signal(child->process, signal, tree);
    if (code == 0)
        child->sent |= signal_bit(signal);
    return code;
}

int kin_kill(kin_child *child, int signal)
{
    if (child == NULL || signal < 0)
        return KIN_EINVAL;
    return child->exited ? KIN_ALREADY_ENDED : send_signal(child, signal, false);
}

int kin_kill_tree(kin_child *child, int signal)
{
    if (child == NULL || signal < 0 || !child->tree)
        return KIN_EINVAL;
    return send_signal(child, signal, true);
}

/* ------------------------------------------------------------------------------------------------------------------- release --- */

static void give_up(kin_child *child)
{
    child->released = true;
    child->on_exit = NULL;
    child->on_close = NULL;
    kin_loop_clear_alarm(child->loop, &child->limit);
    kin_loop_clear_alarm(child->loop, &child->close_delay);
    for_each_stream(child, kin_stream_abandon);
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
    if (child->dispose != NULL)
        child->dispose(child->callback_user);
    free(child->streams);
    free(child);
}

static const struct kin_resource_type child_type = { .event = child_event, .abandon = child_abandon, .destroy = child_destroy };

void kin_child_watch(kin_child *child, kin_loop *loop, int64_t timeout_ms)
{
    child->loop = loop;
    child->id = kin_plat_process_id(child->process);
    child->referenced = true;
    child->limit.ring = limit_rings;
    child->close_delay.ring = close_delay_over;
    kin_deferred_init(&child->update, update_child);
    for (size_t i = 0; i < child->slot_count; i++) {
        if (child->streams[i] != NULL) {
            child->streams[i]->on_change = stream_changed;
            child->streams[i]->owner = child;
        }
    }
    kin_loop_adopt(loop, &child->resource, &child_type);
    kin_loop_set_alarm(loop, &child->limit, timeout_ms);
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
