/* SPDX-License-Identifier: MIT */
/* The reading half: one read ahead, and none while the consumer pauses; that is all there is to backpressure. */
#include <stdlib.h>

#include "stream.h"

/* The usual capacity of a pipe on Linux (pipe(7)), and enough to make the cost of a read call small. */
#define BUFFER_SIZE ((size_t)64 * 1024)

/* --------------------------------------------------------------------------------------------------- the end of input --- */

static void set_end(kin_stream *stream, int code)
{
    if (stream->reader.ended)
        return;
    stream->reader.ended = true;
    stream->reader.end_code = code;
}

/* The end is told after the bytes that a pause holds back, and like them not during a pause, unless it was cut off. A read that
   is under way may still use the consumer's memory, so it has to come back first. */
static void tell_end(kin_stream *stream)
{
    struct kin_reader *reader = &stream->reader;
    const bool waits = (reader->paused || reader->held_size > 0) && !reader->cut;

    if (!reader->ended || reader->end_told || reader->consumer == NULL || stream->under_way || waits)
        return;
    reader->end_told = true;
    reader->consumer->end(reader->consumer, stream, reader->end_code);
}

bool kin_stream_has_ended(const kin_stream *stream)
{
    const struct kin_reader *reader = &stream->reader;

    return reader->end_told || (reader->consumer == NULL && stream->closing);
}

/* --------------------------------------------------------------------------------------------------------- read ahead --- */

static int own_room(kin_stream *stream, void **data, size_t *size)
{
    if (stream->reader.buffer == NULL)
        stream->reader.buffer = malloc(BUFFER_SIZE);
    *data = stream->reader.buffer;
    *size = BUFFER_SIZE;
    return stream->reader.buffer == NULL ? KIN_ENOMEM : 0;
}

static int submit_read(kin_stream *stream)
{
    struct kin_consumer *consumer = stream->reader.consumer;
    void *data = NULL;
    size_t size = 0;
    int code;

    code = consumer->room != NULL ? consumer->room(consumer, &data, &size) : own_room(stream, &data, &size);
    if (code == 0)
        code = kin_plat_pipe_read(stream->pipe, data, size);
    if (code == 0) {
        stream->under_way = true;
        stream->loop->operations++;
    }
    return code;
}

static bool may_read(const kin_stream *stream)
{
    const struct kin_reader *reader = &stream->reader;

    return stream->pipe != NULL && !stream->under_way && !stream->closing && reader->consumer != NULL && !reader->paused &&
           !reader->lent && reader->held_size == 0 && !reader->ended;
}

static void read_on(kin_stream *stream)
{
    int code;

    if (!may_read(stream))
        return;
    code = submit_read(stream);
    if (code < 0)
        set_end(stream, code);
}

/* ------------------------------------------------------------------------------------------------- what the reads bring --- */

static void give(kin_stream *stream, const char *data, size_t size)
{
    struct kin_consumer *consumer = stream->reader.consumer;

    if (consumer != NULL)
        consumer->data(consumer, stream, data, size);
}

/* Only the own buffer can hold bytes back; a consumer with room of its own has asked for them by giving it. */
static void give_or_hold(kin_stream *stream, size_t size)
{
    struct kin_reader *reader = &stream->reader;
    const bool own = reader->consumer == NULL || reader->consumer->room == NULL;

    if (own && (reader->paused || reader->consumer == NULL))
        reader->held_size = size;
    else
        give(stream, reader->buffer, size);
}

static void give_held(kin_stream *stream)
{
    struct kin_reader *reader = &stream->reader;
    const size_t size = reader->held_size;

    if (size == 0 || reader->paused || reader->cut || reader->consumer == NULL)
        return;
    reader->held_size = 0;
    give(stream, reader->buffer, size);
}

static void note_time(kin_stream *stream)
{
    if (stream->reader.timed)
        stream->reader.received_ns = kin_plat_now_ns();
}

/* A read that was cancelled without the stream being closed is no end: kin_child_read() gave up waiting. */
void kin_reader_event(kin_stream *stream, const struct kin_plat_event *event)
{
    if (event->code == 0 && event->size > 0) {
        stream->reader.received += event->size;
        note_time(stream);
        if (!stream->reader.dropped)
            give_or_hold(stream, event->size);
    } else if (event->code != KIN_ECANCELED || stream->closing) {
        set_end(stream, event->code);
    }
    kin_reader_settle(stream);
}

void kin_reader_settle(kin_stream *stream)
{
    give_held(stream);
    read_on(stream);
    if (stream->reader.ended)
        kin_stream_close_pipe(stream);
    tell_end(stream);
}

void kin_reader_close(kin_stream *stream)
{
    stream->reader.cut = true;
    set_end(stream, KIN_ECANCELED);
}

/* ------------------------------------------------------------------------------------------------------------ consumers --- */

/* An end that has come but not been told is still to be had. */
static bool can_be_read(const kin_stream *stream)
{
    return stream->reads && !stream->reader.cut && !stream->reader.end_told;
}

int kin_stream_consume(kin_stream *stream, struct kin_consumer *consumer)
{
    if (!can_be_read(stream) || stream->reader.consumer != NULL)
        return KIN_EINVAL;
    stream->reader.consumer = consumer;
    kin_loop_defer(stream->loop, &stream->settle);
    return 0;
}

static void callback_data(struct kin_consumer *consumer, kin_stream *stream, const char *data, size_t size)
{
    (void)consumer;
    if (stream->reader.on_data != NULL)
        stream->reader.on_data(stream, data, size, stream->reader.user);
}

static void callback_end(struct kin_consumer *consumer, kin_stream *stream, int code)
{
    (void)consumer;
    if (stream->reader.on_end != NULL)
        stream->reader.on_end(stream, code, stream->reader.user);
}

static int use_callbacks(kin_stream *stream)
{
    struct kin_reader *reader = &stream->reader;

    if (reader->consumer == &reader->callbacks)
        return 0;
    reader->callbacks.data = callback_data;
    reader->callbacks.end = callback_end;
    return kin_stream_consume(stream, &reader->callbacks);
}

int kin_stream_on_data(kin_stream *stream, kin_data_callback *on_data, kin_end_callback *on_end, void *user)
{
    if (stream == NULL || on_data == NULL || !can_be_read(stream) || use_callbacks(stream) < 0)
        return KIN_EINVAL;
    stream->reader.on_data = on_data;
    stream->reader.on_end = on_end;
    stream->reader.user = user;
    return 0;
}

void kin_stream_discard(kin_stream *stream)
{
    if (stream->reader.consumer == NULL)
        use_callbacks(stream);
}

/* ---------------------------------------------------------------------------------------------------------- pause, resume --- */

int kin_stream_pause(kin_stream *stream)
{
    if (stream == NULL || !stream->reads || stream->reader.cut)
        return KIN_EINVAL;
    stream->reader.paused = true;
    return 0;
}

int kin_stream_resume(kin_stream *stream)
{
    if (stream == NULL || !stream->reads || stream->reader.cut)
        return KIN_EINVAL;
    stream->reader.paused = false;
    note_time(stream);
    kin_loop_defer(stream->loop, &stream->settle);
    return 0;
}
