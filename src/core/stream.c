/* SPDX-License-Identifier: MIT */
/* What both directions share: the life of the pipe, and who has to know. */
#include "stream.h"

#include <stdlib.h>

/* --------------------------------------------------------------------------------------------------------- to settle --- */

static bool is_working(const kin_stream *stream)
{
    return stream->under_way || !kin_list_is_empty(&stream->writer.queue) || (stream->writer.ending && stream->pipe != NULL);
}

static void update_hold(kin_stream *stream)
{
    if (stream->standalone && is_working(stream))
        kin_loop_hold(stream->loop, &stream->held);
    else
        kin_loop_drop(stream->loop, &stream->held);
}

/* Everything that a call has caused and that must not happen inside it. */
static void settle(struct kin_deferred *deferred)
{
    kin_stream *stream = KIN_LIST_MEMBER(deferred, kin_stream, settle);

    if (stream->reads)
        kin_reader_settle(stream);
    else
        kin_writer_settle(stream);
    kin_stream_changed(stream);
}

void kin_stream_changed(kin_stream *stream)
{
    update_hold(stream);
    if (stream->on_change != NULL)
        stream->on_change(stream->owner);
    else if (stream->released && kin_stream_is_settled(stream))
        kin_loop_bury(stream->loop, &stream->resource);
}

bool kin_stream_is_settled(const kin_stream *stream)
{
    return stream->pipe == NULL && !stream->under_way && !stream->reader.lent && kin_list_is_empty(&stream->settle.node) &&
           kin_list_is_empty(&stream->writer.queue);
}

void kin_stream_take_back(kin_stream *stream)
{
    stream->reader.lent = false;
    kin_stream_changed(stream);
}

void kin_stream_close_pipe(kin_stream *stream)
{
    stream->closing = true;
    if (stream->pipe == NULL)
        return;
    if (stream->under_way) {
        kin_plat_pipe_cancel(stream->pipe);
        return;
    }
    kin_plat_pipe_close(stream->pipe);
    stream->pipe = NULL;
}

/* ------------------------------------------------------------------------------------------------------------ events --- */

static void stream_event(struct kin_resource *resource, const struct kin_plat_event *event)
{
    kin_stream *stream = KIN_LIST_MEMBER(resource, kin_stream, resource);

    if (event->kind != KIN_PLAT_HANGUP)
        stream->under_way = false;
    if (stream->reads)
        kin_reader_event(stream, event);
    else
        kin_writer_event(stream, event);
    if (stream->closing)
        kin_stream_close_pipe(stream);
    kin_stream_changed(stream);
}

static void stream_abandon(struct kin_resource *resource)
{
    kin_stream_abandon(KIN_LIST_MEMBER(resource, kin_stream, resource));
}

static void stream_destroy(struct kin_resource *resource)
{
    kin_stream *stream = KIN_LIST_MEMBER(resource, kin_stream, resource);

    kin_stream_deinit(stream);
    free(stream);
}

const struct kin_resource_type kin_stream_type = {
    .event = stream_event,
    .abandon = stream_abandon,
    .destroy = stream_destroy,
};

/* ---------------------------------------------------------------------------------------------------- life of a stream --- */

void kin_stream_init(kin_stream *stream, kin_loop *loop, bool reads)
{
    kin_list_init(&stream->resource.node);
    stream->resource.type = &kin_stream_type;
    stream->loop = loop;
    stream->reads = reads;
    kin_deferred_init(&stream->settle, settle);
    kin_list_init(&stream->writer.queue);
    stream->writer.high_water = KIN_STREAM_HIGH_WATER;
}

void kin_stream_deinit(kin_stream *stream)
{
    kin_list_remove(&stream->settle.node);
    kin_loop_drop(stream->loop, &stream->held);
    if (stream->pipe != NULL)
        kin_plat_pipe_close(stream->pipe);
    stream->pipe = NULL;
    free(stream->reader.buffer);
    free(stream->writer.gathered);
}

void kin_stream_cut_off(kin_stream *stream)
{
    if (stream->reads)
        kin_reader_close(stream);
    else
        kin_writer_close(stream);
    kin_stream_close_pipe(stream);
    kin_loop_defer(stream->loop, &stream->settle);
    update_hold(stream);
}

void kin_stream_close(kin_stream *stream)
{
    if (stream == NULL)
        return;
    stream->reader.dropped = true;
    kin_stream_cut_off(stream);
}

void kin_stream_abandon(kin_stream *stream)
{
    stream->reader.on_data = NULL;
    stream->reader.on_end = NULL;
    stream->writer.on_drain = NULL;
    kin_stream_close(stream);
}

void kin_stream_release(kin_stream *stream)
{
    if (stream == NULL)
        return;
    if (!stream->standalone) {
        kin_stream_close(stream);
        return;
    }
    stream->released = true;
    if (stream->reads || stream->closing)
        kin_stream_abandon(stream);
    else
        kin_stream_end(stream);
    stream->writer.on_drain = NULL;
    kin_loop_defer(stream->loop, &stream->settle);
}
