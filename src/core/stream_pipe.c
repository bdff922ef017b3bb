/* SPDX-License-Identifier: MIT */
/* kin_stream_pipe(): the reader's one buffer is lent to the writer, and nothing is read until it is back. */
#include <stdlib.h>

#include "stream.h"

struct kin_conduit {
    struct kin_consumer consumer;
    kin_stream *from;
    kin_stream *to;
    bool keep_open;
    bool from_ended;
    bool to_broken;
    bool writing;
    int code;
    uint64_t bytes;
    void (*on_done)(int code, uint64_t bytes, void *user);
    void *user;
};

static void fail(struct kin_conduit *conduit, int code)
{
    if (conduit->code == 0)
        conduit->code = code;
}

/* It is over when the reader has ended and its last buffer is back; a failure on one side closes the other first. */
static void conclude(struct kin_conduit *conduit)
{
    if (conduit->code < 0) {
        if (!conduit->from_ended)
            kin_stream_close(conduit->from);
        if (!conduit->to_broken)
            kin_stream_close(conduit->to);
    }
    if (!conduit->from_ended || conduit->writing)
        return;
    if (!conduit->to_broken) {
        conduit->to->writer.on_broken = NULL;
        if (conduit->code == 0 && !conduit->keep_open)
            kin_stream_end(conduit->to);
    }
    if (conduit->on_done != NULL)
        conduit->on_done(conduit->code, conduit->bytes, conduit->user);
    free(conduit);
}

static void conduit_written(kin_stream *to, int code, void *user)
{
    struct kin_conduit *conduit = user;
    kin_stream *from = conduit->from;

    (void)to;
    conduit->writing = false;
    if (code < 0)
        fail(conduit, code);
    else
        kin_stream_resume(from);
    conclude(conduit);
    kin_stream_take_back(from);
}

static void conduit_data(struct kin_consumer *consumer, kin_stream *from, const char *data, size_t size)
{
    struct kin_conduit *conduit = KIN_LIST_MEMBER(consumer, struct kin_conduit, consumer);
    int code;

    kin_stream_pause(from);
    code = kin_stream_write_borrowed(conduit->to, data, size, conduit_written, conduit);
    if (code < 0) {
        fail(conduit, code);
        conclude(conduit);
        return;
    }
    from->reader.lent = true;
    conduit->writing = true;
    conduit->bytes += size;
}

static void conduit_end(struct kin_consumer *consumer, kin_stream *from, int code)
{
    struct kin_conduit *conduit = KIN_LIST_MEMBER(consumer, struct kin_conduit, consumer);

    (void)from;
    conduit->from_ended = true;
    if (code < 0)
        fail(conduit, code);
    conclude(conduit);
}

static void conduit_broken(void *context, int code)
{
    struct kin_conduit *conduit = context;

    conduit->to_broken = true;
    conduit->to->writer.on_broken = NULL;
    fail(conduit, code);
    conclude(conduit);
}

static bool can_pipe(const kin_stream *from, const kin_stream *to)
{
    return from != NULL && to != NULL && from->loop == to->loop && from->reads && !to->reads && !from->closing &&
           !to->closing && !to->writer.ending && from->reader.consumer == NULL && to->writer.on_broken == NULL;
}

int kin_stream_pipe(kin_stream *from, kin_stream *to, kin_pipe_flags flags,
                    void (*on_done)(int code, uint64_t bytes, void *user), void *user)
{
    struct kin_conduit *conduit;

    if (!can_pipe(from, to) || (flags != KIN_PIPE_DEFAULT && flags != KIN_PIPE_KEEP_OPEN))
        return KIN_EINVAL;
    conduit = calloc(1, sizeof *conduit);
    if (conduit == NULL)
        return KIN_ENOMEM;
    conduit->consumer.data = conduit_data;
    conduit->consumer.end = conduit_end;
    conduit->from = from;
    conduit->to = to;
    conduit->keep_open = flags == KIN_PIPE_KEEP_OPEN;
    conduit->on_done = on_done;
    conduit->user = user;
    to->writer.on_broken = conduit_broken;
    to->writer.broken_context = conduit;
    from->reader.paused = false;
    return kin_stream_consume(from, &conduit->consumer);
}
