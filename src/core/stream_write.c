/* SPDX-License-Identifier: MIT */
/* The writing half: a queue that leaves in as few writes as possible, once per turn of the loop. */
#include <stdlib.h>
#include <string.h>

#include "stream.h"

/* Small writes are copied together up to this size; a larger one is worth a write of its own. */
#define GATHER_SIZE ((size_t)64 * 1024)
#define GATHER_BELOW ((size_t)16 * 1024)

static struct kin_write *first_write(kin_stream *stream)
{
    struct kin_list *queue = &stream->writer.queue;

    /* The analyzer does not see that a node which was taken out of the ring is not found again. */
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
    return kin_list_is_empty(queue) ? NULL : KIN_LIST_MEMBER(queue->next, struct kin_write, node);
}

/* ----------------------------------------------------------------------------------------------------------- settle a write */

static void finish_first_write(kin_stream *stream, int code)
{
    struct kin_write *write = first_write(stream);

    kin_list_remove(&write->node);
    stream->writer.queued -= write->size - write->written;
    if (write->on_written != NULL)
        write->on_written(stream, code, write->user);
    free(write);
}

static void finish_all_writes(kin_stream *stream, int code)
{
    while (first_write(stream) != NULL)
        finish_first_write(stream, code);
}

/* Takes `size` written bytes off the front of the queue; writes without bytes left go as well. What is queued meanwhile has its
   turn later, so that writes of no bytes cannot hold up the loop. */
static void advance(kin_stream *stream, size_t size)
{
    const struct kin_list *last = stream->writer.queue.previous;
    struct kin_write *write;
    bool more = true;

    stream->writer.written += size;
    while (more && (write = first_write(stream)) != NULL) {
        const size_t left = write->size - write->written;
        const size_t taken = size < left ? size : left;

        more = &write->node != last;
        write->written += taken;
        stream->writer.queued -= taken;
        size -= taken;
        if (write->written < write->size)
            return;
        finish_first_write(stream, 0);
    }
}

/* ------------------------------------------------------------------------------------------------------------ write queue -- */

/* Puts the first writes side by side in one buffer. Without memory for it they go one by one. */
static size_t gather(kin_stream *stream)
{
    struct kin_writer *writer = &stream->writer;
    struct kin_list *node = writer->queue.next;
    size_t size = 0;

    if (writer->gathered == NULL)
        writer->gathered = malloc(GATHER_SIZE);
    for (; writer->gathered != NULL && node != &writer->queue; node = node->next) {
        const struct kin_write *write = KIN_LIST_MEMBER(node, struct kin_write, node);
        const size_t left = write->size - write->written;

        if (left > GATHER_SIZE - size)
            break;
        memcpy(writer->gathered + size, write->data + write->written, left);
        size += left;
    }
    return size;
}

static int submit_write(kin_stream *stream)
{
    const struct kin_write *first = first_write(stream);
    const char *data = first->data + first->written;
    size_t size = first->size - first->written;
    int code;

    if (size < GATHER_BELOW && first->node.next != &stream->writer.queue) {
        const size_t gathered = gather(stream);

        data = gathered > 0 ? stream->writer.gathered : data;
        size = gathered > 0 ? gathered : size;
    }
    code = kin_plat_pipe_write(stream->pipe, data, size);
    if (code == 0) {
        stream->under_way = true;
        stream->loop->operations++;
    }
    return code;
}

static void tell_broken(kin_stream *stream, int code)
{
    if (stream->writer.on_broken != NULL)
        stream->writer.on_broken(stream->writer.broken_context, code);
}

/* The stream can write no more: everybody who waits is told, in order. */
static void break_down(kin_stream *stream, int code)
{
    struct kin_writer *writer = &stream->writer;

    if (writer->error == 0)
        writer->error = code;
    kin_stream_close_pipe(stream);
    if (stream->under_way)
        return;
    finish_all_writes(stream, writer->error);
    tell_broken(stream, writer->error);
}

static void drained(kin_stream *stream)
{
    struct kin_writer *writer = &stream->writer;

    if (writer->full && writer->queued == 0) {
        writer->full = false;
        if (writer->on_drain != NULL)
            writer->on_drain(stream, writer->user);
    }
}

static void write_on(kin_stream *stream)
{
    const struct kin_write *first;
    int code;

    if (stream->under_way || stream->closing || first_write(stream) == NULL)
        return;
    advance(stream, 0); /* writes of no bytes are done without the system */
    first = first_write(stream);
    if (stream->under_way || stream->closing || first == NULL || first->size == 0)
        return;
    code = submit_write(stream);
    if (code < 0)
        break_down(stream, code);
}

/* Whoever ends a stream that kin_stream_pipe() still writes gives up the rest. */
static void end_when_written(kin_stream *stream)
{
    if (!stream->writer.ending || stream->under_way || first_write(stream) != NULL)
        return;
    kin_stream_close_pipe(stream);
    tell_broken(stream, KIN_ECANCELED);
}

void kin_writer_settle(kin_stream *stream)
{
    if (stream->writer.error != 0) {
        break_down(stream, stream->writer.error);
        return;
    }
    write_on(stream);
    drained(stream);
    end_when_written(stream);
}

/* A write that came back cancelled without the stream being closed: kin_child_write() gave up waiting, and only its write is
   in the queue. */
void kin_writer_event(kin_stream *stream, const struct kin_plat_event *event)
{
    if (event->kind == KIN_PLAT_HANGUP)
        break_down(stream, KIN_EPIPE);
    else if (event->code == 0)
        advance(stream, event->size);
    else if (event->code == KIN_ECANCELED && !stream->closing)
        finish_all_writes(stream, KIN_ECANCELED);
    else
        break_down(stream, event->code);
    kin_writer_settle(stream);
}

void kin_writer_close(kin_stream *stream)
{
    if (stream->writer.error == 0)
        stream->writer.error = KIN_ECANCELED;
}

void kin_stream_close_unread(kin_stream *stream)
{
    if (stream->writer.error == 0)
        stream->writer.error = KIN_EPIPE;
    kin_stream_close(stream);
}

/* ---------------------------------------------------------------------------------------------------------------- public -- */

static int check_writable(const kin_stream *stream, const void *data, size_t size)
{
    if (stream == NULL || stream->reads || (data == NULL && size > 0))
        return KIN_EINVAL;
    if (stream->writer.error == KIN_EPIPE)
        return KIN_EPIPE;
    return stream->closing || stream->writer.ending || stream->writer.error != 0 ? KIN_EINVAL : 0;
}

/* Sums of queued bytes cannot overflow: the bytes are all in memory. A borrowed region that is queued many times is the
   exception, and is refused. */
static int enqueue(kin_stream *stream, struct kin_write *write, kin_write_callback *on_written, void *user)
{
    struct kin_writer *writer = &stream->writer;

    write->on_written = on_written;
    write->user = user;
    write->written = 0;
    kin_list_append(&writer->queue, &write->node);
    writer->queued += write->size;
    kin_loop_defer(stream->loop, &stream->settle);
    if (writer->queued > writer->high_water)
        writer->full = true;
    return writer->full ? KIN_STREAM_FULL : 0;
}

static struct kin_write *make_write(const kin_stream *stream, size_t size, size_t copied)
{
    struct kin_write *write = NULL;

    if (copied <= SIZE_MAX - sizeof *write && size <= SIZE_MAX - stream->writer.queued)
        write = malloc(sizeof *write + copied);
    if (write != NULL)
        write->size = size;
    return write;
}

int kin_stream_write(kin_stream *stream, const void *data, size_t size, kin_write_callback *on_written, void *user)
{
    const int code = check_writable(stream, data, size);
    struct kin_write *write;

    if (code < 0)
        return code;
    write = make_write(stream, size, size);
    if (write == NULL)
        return KIN_ENOMEM;
    write->data = (const char *)(write + 1);
    if (size > 0)
        memcpy(write + 1, data, size);
    return enqueue(stream, write, on_written, user);
}

int kin_stream_write_borrowed(kin_stream *stream, const void *data, size_t size, kin_write_callback *on_written, void *user)
{
    const int code = check_writable(stream, data, size);
    struct kin_write *write;

    if (code < 0)
        return code;
    write = make_write(stream, size, 0);
    if (write == NULL)
        return KIN_ENOMEM;
    write->data = data;
    return enqueue(stream, write, on_written, user);
}

int kin_stream_end(kin_stream *stream)
{
    if (stream == NULL || stream->reads)
        return KIN_EINVAL;
    if (stream->closing)
        return stream->writer.ending ? 0 : KIN_EINVAL;
    stream->writer.ending = true;
    kin_loop_defer(stream->loop, &stream->settle);
    return 0;
}

size_t kin_stream_queued(const kin_stream *stream)
{
    return stream == NULL ? 0 : stream->writer.queued;
}

int kin_stream_set_high_water(kin_stream *stream, size_t bytes)
{
    if (stream == NULL || stream->reads)
        return KIN_EINVAL;
    stream->writer.high_water = bytes > 0 ? bytes : KIN_STREAM_HIGH_WATER;
    return 0;
}

int kin_stream_on_drain(kin_stream *stream, void (*on_drain)(kin_stream *stream, void *user), void *user)
{
    if (stream == NULL || stream->reads)
        return KIN_EINVAL;
    stream->writer.on_drain = on_drain;
    stream->writer.user = user;
    return 0;
}
