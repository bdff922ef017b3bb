/* SPDX-License-Identifier: MIT */
/* A child by calls: each one runs the child's private loop until it has what it wants, or the time is up. */
#include <kin/blocking.h>

#include "child.h"

/* ------------------------------------------------------------------------------------------------------------------- waiting --- */

static int check(const kin_child *child)
{
    if (child == NULL || !child->private_loop)
        return KIN_EINVAL;
    return child->loop->running ? KIN_EBUSY : 0;
}

/* A callback may have released the child in the middle of a call; it goes when the call is over. */
static int64_t leave(kin_child *child, int64_t result)
{
    return kin_loop_finish_release(child->loop) ? KIN_ECANCELED : result;
}

static bool has_exited(const void *context)
{
    return ((const kin_child *)context)->exited;
}

int kin_child_wait(kin_child *child, int64_t timeout_ms, kin_status *status)
{
    int code = timeout_ms < KIN_FOREVER ? KIN_EINVAL : check(child);

    if (status != NULL)
        *status = (kin_status){ 0 };
    if (code < 0)
        return code;
    code = kin_loop_run_until(child->loop, has_exited, child, timeout_ms);
    if (code == 0 && status != NULL)
        *status = child->status;
    return (int)leave(child, code);
}

static bool has_no_tree(const void *context)
{
    const kin_child *child = context;

    return child->exited && kin_plat_process_signal(child->process, KIN_SIGNAL_NONE, true) == KIN_ALREADY_ENDED;
}

int kin_child_wait_tree(kin_child *child, int64_t timeout_ms)
{
    const int code = timeout_ms < KIN_FOREVER ? KIN_EINVAL : check(child);
    const uint64_t deadline_ns = timeout_ms == KIN_FOREVER ? UINT64_MAX : kin_deadline_ns(kin_plat_now_ns(), timeout_ms);
    int64_t look_ms = 0;
    int result;

    if (code < 0 || !child->tree)
        return code < 0 ? code : KIN_EINVAL;
    do {
        const int64_t left_ms = kin_deadline_left_ms(kin_plat_now_ns(), deadline_ns);

        look_ms = kin_child_next_look_ms(look_ms);
        result = kin_loop_run_until(child->loop, has_no_tree, child, look_ms < left_ms ? look_ms : left_ms);
    } while (result == KIN_ETIMEDOUT && !child->loop->releasing && kin_plat_now_ns() < deadline_ns);
    return (int)leave(child, result);
}

/* ------------------------------------------------------------------------------------------------------------------- reading --- */

/* A consumer for one call: the bytes go straight into the caller's memory. */
struct pull {
    struct kin_consumer consumer;
    kin_stream *stream;
    void *data;
    size_t size;
    size_t received;
    bool ended;
};

static int pull_room(struct kin_consumer *consumer, void **data, size_t *size)
{
    struct pull *pull = KIN_LIST_MEMBER(consumer, struct pull, consumer);

    *data = pull->data;
    *size = pull->size;
    return 0;
}

static void pull_data(struct kin_consumer *consumer, kin_stream *stream, const char *data, size_t size)
{
    (void)data;
    KIN_LIST_MEMBER(consumer, struct pull, consumer)->received = size;
    kin_stream_pause(stream);
}

static void pull_end(struct kin_consumer *consumer, kin_stream *stream, int code)
{
    (void)stream;
    (void)code;
    KIN_LIST_MEMBER(consumer, struct pull, consumer)->ended = true;
}

static bool is_pulled(const void *context)
{
    const struct pull *pull = context;

    return pull->received > 0 || pull->ended;
}

/* The caller's memory is his again only when the read has come back, with or without bytes. */
static int take_back(kin_stream *stream)
{
    int code = 0;

    kin_stream_pause(stream);
    if (stream->under_way)
        kin_plat_pipe_cancel(stream->pipe);
    while (code == 0 && stream->under_way)
        code = kin_loop_turn(stream->loop, KIN_FOREVER);
    stream->reader.consumer = NULL;
    return code;
}

/* The delay is one for all reads that follow each other, or whoever asks for moments only would never see its end. It starts anew
   for a reader that was not there when it was over. */
static void go_on_with_close_delay(kin_child *child)
{
    if (!child->exited || child->close_delay.set)
        return;
    if (child->draining)
        kin_loop_set_alarm(child->loop, &child->close_delay, 0);
    else
        kin_child_start_close_delay(child);
}

static int64_t pull_once(kin_child *child, struct pull *pull, int64_t timeout_ms)
{
    kin_stream *stream = pull->stream;
    int code;

    kin_stream_consume(stream, &pull->consumer);
    kin_stream_resume(stream);
    go_on_with_close_delay(child);
    code = kin_loop_run_until(child->loop, is_pulled, pull, timeout_ms);
    if (take_back(stream) < 0)
        return KIN_EIO;
    if (pull->received > 0)
        return (int64_t)pull->received;
    return pull->ended ? stream->reader.end_code : code;
}

/* An end that came while a read was taken back has been told to nobody, and the child may have closed since. */
static bool is_over(const struct kin_reader *reader)
{
    return reader->end_told || (reader->ended && reader->consumer == NULL && reader->end_code != KIN_ECANCELED);
}

int64_t kin_child_read(kin_child *child, unsigned slot, void *data, size_t size, int64_t timeout_ms)
{
    kin_stream *stream = kin_child_stream(child, slot);
    struct pull pull = {
        .consumer = { .room = pull_room, .data = pull_data, .end = pull_end },
        .stream = stream,
        .data = data,
        .size = size,
    };
    const int code = check(child);

    if (code < 0)
        return code;
    if (stream == NULL || !stream->reads || data == NULL || size == 0 || timeout_ms < KIN_FOREVER)
        return KIN_EINVAL;
    if (is_over(&stream->reader))
        return stream->reader.end_code;
    if (stream->reader.consumer != NULL || stream->reader.cut)
        return KIN_EINVAL;
    return leave(child, pull_once(child, &pull, timeout_ms));
}

/* ------------------------------------------------------------------------------------------------------------------- writing --- */

struct push {
    bool done;
    int code;
};

static void push_done(kin_stream *stream, int code, void *user)
{
    struct push *push = user;

    (void)stream;
    push->done = true;
    push->code = code;
}

static bool is_pushed(const void *context)
{
    return ((const struct push *)context)->done;
}

/* Takes an unfinished write back. What the system takes at the last moment counts. */
static int withdraw(kin_stream *stream, const struct push *push)
{
    int code = 0;

    while (code == 0 && !push->done) {
        if (stream->under_way)
            kin_plat_pipe_cancel(stream->pipe);
        code = kin_loop_turn(stream->loop, KIN_FOREVER);
    }
    return code;
}

static int64_t push_all(kin_stream *stream, const void *data, size_t size, int64_t timeout_ms)
{
    const uint64_t before = stream->writer.written;
    struct push push = { 0 };
    uint64_t written;
    int code = kin_stream_write_borrowed(stream, data, size, push_done, &push);

    if (code < 0)
        return code;
    code = kin_loop_run_until(stream->loop, is_pushed, &push, timeout_ms);
    if (code < 0 && withdraw(stream, &push) < 0)
        return KIN_EIO;
    written = stream->writer.written - before;
    if (written > 0 || push.code == 0)
        return (int64_t)written;
    return push.code == KIN_ECANCELED ? KIN_ETIMEDOUT : push.code;
}

int64_t kin_child_write(kin_child *child, unsigned slot, const void *data, size_t size, int64_t timeout_ms)
{
    kin_stream *stream = kin_child_stream(child, slot);
    const int code = check(child);

    if (code < 0)
        return code;
    if (stream == NULL || stream->reads || timeout_ms < KIN_FOREVER || size > INT64_MAX ||
        !kin_list_is_empty(&stream->writer.queue))
        return KIN_EINVAL;
    return leave(child, push_all(stream, data, size, timeout_ms));
}

int kin_child_close(kin_child *child, unsigned slot)
{
    kin_stream *stream = kin_child_stream(child, slot);
    const int code = check(child);

    if (code < 0)
        return code;
    if (stream == NULL)
        return KIN_EINVAL;
    kin_stream_close(stream);
    return 0;
}
