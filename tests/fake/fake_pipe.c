/* SPDX-License-Identifier: MIT */
/* Pipes: what core submits is completed when the test makes it possible, and the buffer is ours until then. */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#define UNLIMITED SIZE_MAX

struct bytes {
    char *data;
    size_t size;
};

struct kin_plat_pipe {
    kin_plat_loop *loop;
    void *owner;
    bool reads; /* we read */
    bool closed;
    kin_plat_pipe *writer; /* of a channel: the half that is written; this one is read */
    kin_plat_pipe *next;

    /* the operation under way */
    bool under_way;
    bool posted; /* its event is in the queue */
    int result;  /* the code that it comes back with */
    bool cancel_held;
    char *read_to;
    const char *write_from;
    size_t size;
    struct bytes submitted; /* what a write had to write when it was submitted */

    /* the other side */
    struct bytes incoming;
    size_t refill;
    bool ended;
    size_t takes; /* how much more it takes */
    bool deaf;    /* nobody reads */
    int failure;
    struct bytes written;

    /* the test's wishes */
    int refuse;
    bool hold_cancelled;
    void (*on_cancel)(kin_plat_pipe *pipe);
    size_t read_count;
    size_t write_count;
    size_t cancel_count;
};

static kin_plat_pipe *pipes;

static void append(struct bytes *bytes, const void *data, size_t size)
{
    bytes->data = fake_grow(bytes->data, bytes->size + size);
    if (size > 0)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

static void remove_front(struct bytes *bytes, size_t size)
{
    bytes->size -= size;
    memmove(bytes->data, bytes->data + size, bytes->size);
}

/* --------------------------------------------------------------------------------------------------------- completion */

static void post(kin_plat_pipe *pipe, int code)
{
    const struct kin_plat_event event = { .kind = pipe->reads ? KIN_PLAT_READ : KIN_PLAT_WRITE, .owner = pipe->owner };

    pipe->posted = true;
    pipe->result = code;
    fake_post(pipe->loop, &event, pipe, NULL);
}

/* Completes what can be completed now. */
static void progress(kin_plat_pipe *pipe)
{
    if (!pipe->under_way || pipe->posted)
        return;
    if (pipe->failure != 0 && (!pipe->reads || pipe->incoming.size == 0))
        post(pipe, pipe->failure);
    else if (pipe->reads && (pipe->incoming.size > 0 || pipe->ended))
        post(pipe, 0);
    else if (!pipe->reads && pipe->deaf)
        post(pipe, KIN_EPIPE);
    else if (!pipe->reads && pipe->takes > 0)
        post(pipe, 0);
}

static size_t deliver_read(kin_plat_pipe *pipe)
{
    const size_t size = pipe->incoming.size < pipe->size ? pipe->incoming.size : pipe->size;

    if (size > 0)
        memcpy(pipe->read_to, pipe->incoming.data, size);
    remove_front(&pipe->incoming, size);
    return size;
}

static size_t deliver_write(kin_plat_pipe *pipe)
{
    const size_t size = pipe->takes < pipe->size ? pipe->takes : pipe->size;

    append(&pipe->written, pipe->write_from, size);
    if (pipe->takes != UNLIMITED)
        pipe->takes -= size;
    return size;
}

static void check_unchanged(const kin_plat_pipe *pipe)
{
    if (memcmp(pipe->submitted.data, pipe->write_from, pipe->size) != 0)
        fake_breach("bytes change while they are being written");
}

/* The last moment: the buffer is core's again after this. Bytes that came between a cancellation and its event stay. */
bool fake_pipe_deliver(kin_plat_pipe *pipe, struct kin_plat_event *event)
{
    if (event->kind == KIN_PLAT_HANGUP)
        return !pipe->closed;
    if (!pipe->reads)
        check_unchanged(pipe);
    event->code = pipe->result;
    if (pipe->result == 0)
        event->size = pipe->reads ? deliver_read(pipe) : deliver_write(pipe);
    pipe->under_way = false;
    pipe->posted = false;
    return true;
}

/* The half of a channel that is written; of another pipe itself. */
static kin_plat_pipe *written_half(kin_plat_pipe *pipe)
{
    return pipe->writer != NULL ? pipe->writer : pipe;
}

/* ------------------------------------------------------------------------------------------------------ core's side */

kin_plat_pipe *fake_pipe_open(kin_plat_loop *loop, void *owner, bool reads)
{
    kin_plat_pipe *pipe = fake_allocate(sizeof *pipe);

    pipe->loop = loop;
    pipe->owner = owner;
    pipe->reads = reads;
    pipe->takes = UNLIMITED;
    pipe->next = pipes;
    pipes = pipe;
    append(&pipe->incoming, "", 0);
    append(&pipe->written, "", 0);
    append(&pipe->submitted, "", 0);
    return pipe;
}

kin_plat_pipe *fake_channel_open(kin_plat_loop *loop, void *owner)
{
    kin_plat_pipe *pipe = fake_pipe_open(loop, owner, true);

    pipe->writer = fake_pipe_open(loop, owner, false);
    return pipe;
}

static int begin(kin_plat_pipe *pipe, bool reads, size_t size)
{
    const int refused = pipe->refuse;

    if (pipe->closed)
        fake_breach("a closed pipe is used");
    if (pipe->under_way)
        fake_breach("two operations are under way on one pipe");
    if (pipe->reads != reads)
        fake_breach("a pipe is used in the wrong direction");
    if (size == 0)
        fake_breach("an operation of no bytes");
    pipe->refuse = 0;
    if (refused == 0) {
        pipe->under_way = true;
        pipe->size = size;
    }
    return refused;
}

/* The buffer is overwritten, since it is ours now: nobody may rely on what it held. */
int kin_plat_pipe_read(kin_plat_pipe *pipe, void *data, size_t size)
{
    const int code = begin(pipe, true, size);

    pipe->read_count++;
    if (code < 0)
        return code;
    pipe->read_to = data;
    memset(data, 0xA5, size);
    progress(pipe);
    return 0;
}

int kin_plat_pipe_write(kin_plat_pipe *whole, const void *data, size_t size)
{
    kin_plat_pipe *pipe = written_half(whole);
    const int code = begin(pipe, false, size);

    pipe->write_count++;
    if (code < 0)
        return code;
    pipe->write_from = data;
    pipe->submitted.size = 0;
    append(&pipe->submitted, data, size);
    progress(pipe);
    return 0;
}

void kin_plat_pipe_cancel(kin_plat_pipe *pipe)
{
    void (*act)(kin_plat_pipe *) = pipe->on_cancel;

    if (pipe->writer != NULL)
        kin_plat_pipe_cancel(pipe->writer);
    if (pipe->closed)
        fake_breach("a closed pipe is cancelled");
    pipe->cancel_count++;
    if (!pipe->under_way)
        return;
    pipe->on_cancel = NULL;
    if (act != NULL)
        act(pipe);
    if (pipe->hold_cancelled)
        pipe->cancel_held = true;
    else if (!pipe->posted)
        post(pipe, KIN_ECANCELED);
}

void kin_plat_pipe_close(kin_plat_pipe *pipe)
{
    if (pipe->writer != NULL)
        kin_plat_pipe_close(pipe->writer);
    if (pipe->closed)
        fake_breach("a pipe is closed twice");
    if (pipe->under_way)
        fake_breach("a pipe is closed with an operation under way");
    pipe->closed = true;
    fake_withdraw(pipe, NULL);
}

/* ---------------------------------------------------------------------------------------------------- the test's side */

void fake_child_writes(kin_plat_pipe *pipe, const void *data, size_t size)
{
    append(&pipe->incoming, data, size);
    progress(pipe);
}

void fake_child_says(kin_plat_pipe *pipe, const char *text)
{
    fake_child_writes(pipe, text, strlen(text));
}

void fake_child_ends(kin_plat_pipe *pipe)
{
    pipe->ended = true;
    progress(pipe);
}

void fake_read_fails(kin_plat_pipe *pipe, int code)
{
    pipe->failure = code;
    progress(pipe);
}

void fake_child_never_stops(kin_plat_pipe *pipe, size_t size)
{
    pipe->refill = size;
}

void fake_pipes_refill(void)
{
    static const char filler[4096] = { 'x' };

    for (kin_plat_pipe *pipe = pipes; pipe != NULL; pipe = pipe->next) {
        size_t left = pipe->closed ? 0 : pipe->refill;

        while (left > 0) {
            const size_t size = left < sizeof filler ? left : sizeof filler;

            fake_child_writes(pipe, filler, size);
            left -= size;
        }
    }
}

void fake_child_reads(kin_plat_pipe *whole, size_t size)
{
    kin_plat_pipe *pipe = written_half(whole);

    pipe->takes = pipe->takes == UNLIMITED || size == UNLIMITED ? size : pipe->takes + size;
    progress(pipe);
}

void fake_write_fails(kin_plat_pipe *whole, int code)
{
    kin_plat_pipe *pipe = written_half(whole);

    pipe->failure = code;
    progress(pipe);
}

void fake_hangs_up(kin_plat_pipe *whole)
{
    kin_plat_pipe *pipe = written_half(whole);
    const struct kin_plat_event event = { .kind = KIN_PLAT_HANGUP, .owner = pipe->owner };

    pipe->deaf = true;
    if (!pipe->closed)
        fake_post(pipe->loop, &event, pipe, NULL);
    progress(pipe);
}

void fake_hangs_up_silently(kin_plat_pipe *whole)
{
    kin_plat_pipe *pipe = written_half(whole);

    pipe->deaf = true;
    progress(pipe);
}

const char *fake_written(const kin_plat_pipe *whole, size_t *size)
{
    const kin_plat_pipe *pipe = whole->writer != NULL ? whole->writer : whole;

    if (size != NULL)
        *size = pipe->written.size;
    append((struct bytes *)&pipe->written, "", 1); /* terminated for comparisons of text */
    ((struct bytes *)&pipe->written)->size--;
    return pipe->written.data;
}

size_t fake_reads_of(const kin_plat_pipe *pipe)
{
    return pipe->read_count;
}

size_t fake_writes_of(const kin_plat_pipe *pipe)
{
    return pipe->writer != NULL ? pipe->writer->write_count : pipe->write_count;
}

size_t fake_cancels_of(const kin_plat_pipe *pipe)
{
    return pipe->cancel_count;
}

bool fake_is_under_way(const kin_plat_pipe *pipe)
{
    return pipe->under_way;
}

bool fake_is_closed(const kin_plat_pipe *pipe)
{
    return pipe->closed;
}

void fake_refuse_submission(kin_plat_pipe *pipe, int code)
{
    pipe->refuse = code;
}

void fake_on_cancel(kin_plat_pipe *pipe, void (*act)(kin_plat_pipe *pipe))
{
    pipe->on_cancel = act;
}

void fake_hold_cancelled(kin_plat_pipe *pipe)
{
    pipe->hold_cancelled = true;
}

void fake_release_cancelled(kin_plat_pipe *pipe)
{
    pipe->hold_cancelled = false;
    if (pipe->cancel_held && pipe->under_way && !pipe->posted)
        post(pipe, KIN_ECANCELED);
    pipe->cancel_held = false;
}

bool fake_pipes_release_held(void)
{
    bool released = false;

    for (kin_plat_pipe *pipe = pipes; pipe != NULL; pipe = pipe->next) {
        released = released || pipe->cancel_held;
        if (pipe->cancel_held)
            fake_release_cancelled(pipe);
    }
    return released;
}

size_t fake_pipes_open_in(const kin_plat_loop *loop)
{
    size_t count = 0;

    for (const kin_plat_pipe *pipe = pipes; pipe != NULL; pipe = pipe->next)
        count += pipe->loop == loop && !pipe->closed;
    return count;
}

void fake_pipes_forget(void)
{
    while (pipes != NULL) {
        kin_plat_pipe *pipe = pipes;

        pipes = pipe->next;
        free(pipe->incoming.data);
        free(pipe->written.data);
        free(pipe->submitted.data);
        free(pipe);
    }
}

kin_plat_pipe *fake_writing_half(kin_plat_pipe *channel)
{
    return written_half(channel);
}
