/* SPDX-License-Identifier: MIT */
/*
 * Readiness made into completion: an operation is tried when the descriptor may be ready, in the turn of the loop; it then
 * comes back with its result, or waits for the next edge.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend.h"
#include "channel.h"
#include "descriptor.h"
#include "error.h"

/* macOS refuses more than INT_MAX (read(2) there), Linux cuts off a little below; nobody notices a limit in between. */
#define MOST_AT_ONCE ((size_t)1 << 30)

struct operation {
    void *data;
    size_t size;
    bool under_way;
    bool canceled;
    bool ready; /* worth trying */
};

struct kin_plat_pipe {
    struct kin_posix_source source;
    kin_plat_loop *loop;
    void *owner;
    int descriptor;
    int write_descriptor; /* a second one, for a channel over two; -1: it is the same */
    unsigned interest;
    struct kin_posix_source writer;    /* of the second one */
    struct kin_posix_channel *channel; /* what a socket that carries handles needs; NULL: a common pipe */
    bool polled;                       /* false: always ready, as a regular file */
    bool is_pipe;                      /* a short count means that it is empty, or full, now */
    bool peer_gone;                    /* there will be no further edge */
    bool last;                         /* nor one about reading: of a socket that is half closed, TCP's too */
    bool hangup_told;
    bool has_read; /* it is the turn of the write, or a peer that never stops would not hear us */
    struct operation read;
    struct operation write;
};

static kin_plat_pipe *pipe_of(struct kin_posix_source *source)
{
    return (kin_plat_pipe *)(void *)source;
}

/* ------------------------------------------------------------------------------------------------------------- operations --- */

static bool can_act(const struct operation *operation)
{
    return operation->under_way && (operation->ready || operation->canceled);
}

static bool has_hangup(const kin_plat_pipe *pipe)
{
    return pipe->peer_gone && !pipe->hangup_told && (pipe->interest & KIN_POSIX_WRITABLE) != 0;
}

static void queue_if_ready(kin_plat_pipe *pipe)
{
    if (has_hangup(pipe) || can_act(&pipe->read) || can_act(&pipe->write))
        kin_posix_loop_add_ready(pipe->loop, &pipe->source);
}

static bool complete(kin_plat_pipe *pipe, struct operation *operation, int os_error, size_t size, struct kin_plat_event *event)
{
    operation->under_way = false;
    operation->canceled = false;
    *event = (struct kin_plat_event){ .kind = operation == &pipe->read ? KIN_PLAT_READ : KIN_PLAT_WRITE,
                                      .code = kin_posix_code(os_error),
                                      .size = size,
                                      .owner = pipe->owner };
    return true;
}

static size_t bounded(size_t size)
{
    return size < MOST_AT_ONCE ? size : MOST_AT_ONCE;
}

static bool would_block(int os_error)
{
    return os_error == EAGAIN || os_error == EWOULDBLOCK;
}

static bool tells_by_short(const kin_plat_pipe *pipe)
{
    return pipe->is_pipe || (pipe->channel != NULL && kin_posix_channel_tells_by_short(pipe->channel));
}

static bool finish(kin_plat_pipe *pipe, struct operation *operation, ssize_t count, struct kin_plat_event *event)
{
    const int os_error = count < 0 ? errno : 0;
    const bool edge_comes = !pipe->peer_gone && !(pipe->last && operation == &pipe->read);
    const bool used_up = tells_by_short(pipe) && count > 0 && (size_t)count < operation->size && edge_comes;

    if (used_up || would_block(os_error))
        operation->ready = !pipe->polled;
    if (would_block(os_error))
        return false;
    return complete(pipe, operation, os_error, count < 0 ? 0 : (size_t)count, event);
}

static bool try_read(kin_plat_pipe *pipe, struct kin_plat_event *event)
{
    const size_t size = bounded(pipe->read.size);
    ssize_t count;

    do {
        count = pipe->channel != NULL ? kin_posix_channel_receive(pipe->channel, pipe->descriptor, pipe->read.data, size)
                                      : read(pipe->descriptor, pipe->read.data, size);
    } while (count < 0 && errno == EINTR);
    return finish(pipe, &pipe->read, count, event);
}

static ssize_t write_once(kin_plat_pipe *pipe)
{
    const size_t size = bounded(pipe->write.size);

    if (pipe->channel != NULL)
        return kin_posix_channel_send(pipe->channel, pipe->descriptor, pipe->write.data, size);
    kin_posix_sigpipe_hold(&pipe->loop->sigpipe);
    return write(pipe->write_descriptor >= 0 ? pipe->write_descriptor : pipe->descriptor, pipe->write.data, size);
}

static bool try_write(kin_plat_pipe *pipe, struct kin_plat_event *event)
{
    ssize_t count;

    do {
        count = write_once(pipe);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EPIPE && pipe->channel == NULL)
        pipe->loop->sigpipe.raised = true;
    return finish(pipe, &pipe->write, count, event);
}

/* ---------------------------------------------------------------------------------------------------------------- events --- */

static void pipe_report(struct kin_posix_source *source, unsigned what)
{
    kin_plat_pipe *pipe = pipe_of(source);

    if ((what & KIN_POSIX_HANGUP) != 0)
        pipe->peer_gone = true;
    if ((what & KIN_POSIX_LAST) != 0)
        pipe->last = true;
    if ((what & (KIN_POSIX_READABLE | KIN_POSIX_HANGUP)) != 0)
        pipe->read.ready = true;
    if ((what & (KIN_POSIX_WRITABLE | KIN_POSIX_HANGUP)) != 0)
        pipe->write.ready = true;
    queue_if_ready(pipe);
}

static kin_plat_pipe *pipe_of_writer(struct kin_posix_source *writer)
{
    return (kin_plat_pipe *)(void *)((char *)writer - offsetof(kin_plat_pipe, writer));
}

/* Of a channel over two descriptors, the one that is written; what it says is nothing about the other. */
static void writer_report(struct kin_posix_source *writer, unsigned what)
{
    kin_plat_pipe *pipe = pipe_of_writer(writer);

    pipe->write.ready = true;
    if ((what & KIN_POSIX_HANGUP) != 0) {
        pipe->peer_gone = true;
        pipe->read.ready = true;
    }
    queue_if_ready(pipe);
}

static bool tell_hangup(kin_plat_pipe *pipe, struct kin_plat_event *event)
{
    pipe->hangup_told = true;
    *event = (struct kin_plat_event){ .kind = KIN_PLAT_HANGUP, .owner = pipe->owner };
    return true;
}

static bool act_once(kin_plat_pipe *pipe, struct kin_plat_event *event)
{
    if (has_hangup(pipe))
        return tell_hangup(pipe, event);
    if (pipe->read.canceled)
        return complete(pipe, &pipe->read, ECANCELED, 0, event);
    if (pipe->write.canceled)
        return complete(pipe, &pipe->write, ECANCELED, 0, event);
    if (pipe->has_read && can_act(&pipe->write) && try_write(pipe, event)) {
        pipe->has_read = false;
        return true;
    }
    pipe->has_read = can_act(&pipe->read) && try_read(pipe, event);
    return pipe->has_read || (can_act(&pipe->write) && try_write(pipe, event));
}

static bool pipe_act(struct kin_posix_source *source, struct kin_plat_event *event)
{
    kin_plat_pipe *pipe = pipe_of(source);
    const bool happened = act_once(pipe, event);

    queue_if_ready(pipe);
    return happened;
}

/* ---------------------------------------------------------------------------------------------------------------- the door --- */

static int submit(kin_plat_pipe *pipe, struct operation *operation, void *data, size_t size)
{
    if (operation->under_way)
        return KIN_EBUSY;
    operation->data = data;
    operation->size = size;
    operation->under_way = true;
    queue_if_ready(pipe);
    return 0;
}

int kin_plat_pipe_read(kin_plat_pipe *pipe, void *data, size_t size)
{
    return submit(pipe, &pipe->read, data, size);
}

int kin_plat_pipe_write(kin_plat_pipe *pipe, const void *data, size_t size)
{
    return submit(pipe, &pipe->write, (void *)(uintptr_t)data, size); /* only handed to write(2) */
}

void kin_plat_pipe_cancel(kin_plat_pipe *pipe)
{
    pipe->read.canceled = pipe->read.under_way;
    pipe->write.canceled = pipe->write.under_way;
    queue_if_ready(pipe);
}

/* In a copy of the process made by fork() the poll is still the parent's: forgetting a descriptor there would deafen it. */
void kin_plat_pipe_close(kin_plat_pipe *pipe)
{
    kin_posix_loop_remove_ready(&pipe->source);
    if (pipe->polled && kin_posix_loop_is_ours(pipe->loop))
        kin_posix_poll_remove(&pipe->loop->poll, pipe->descriptor, pipe->interest);
    if (pipe->write_descriptor >= 0 && kin_posix_loop_is_ours(pipe->loop))
        kin_posix_poll_remove(&pipe->loop->poll, pipe->write_descriptor, KIN_POSIX_WRITABLE);
    kin_posix_descriptor_close(&pipe->descriptor);
    kin_posix_descriptor_close(&pipe->write_descriptor);
    kin_posix_channel_free(pipe->channel);
    free(pipe);
}

/* ------------------------------------------------------------------------------------------------------------------ making --- */

/* Regular files are always ready, and kqueue would be silent at their end; so they are not polled anywhere. */
static int watch(kin_plat_pipe *pipe, mode_t type)
{
    int os_error;

    if (S_ISREG(type) || S_ISBLK(type))
        return 0;
    os_error = kin_posix_descriptor_set_nonblocking(pipe->descriptor, true);
    if (os_error == 0)
        os_error = kin_posix_poll_add(&pipe->loop->poll, pipe->descriptor, pipe->interest, &pipe->source);
    pipe->polled = os_error == 0;
    if (os_error != EPERM)
        return os_error;
    return kin_posix_descriptor_set_nonblocking(pipe->descriptor, false);
}

int kin_posix_pipe_make(kin_plat_loop *loop, int descriptor, mode_t type, unsigned interest, void *owner, kin_plat_pipe **pipe)
{
    kin_plat_pipe *made = calloc(1, sizeof *made);
    int os_error;

    if (made == NULL)
        return ENOMEM;
    *made = (kin_plat_pipe){ .source = { .report = pipe_report, .act = pipe_act },
                             .loop = loop,
                             .owner = owner,
                             .descriptor = descriptor,
                             .write_descriptor = -1,
                             .writer = { .report = writer_report },
                             .interest = interest };
    os_error = watch(made, type);
    if (os_error != 0) {
        free(made);
        return os_error;
    }
    if ((interest & KIN_POSIX_WRITABLE) != 0)
        kin_posix_descriptor_raise_nothing(descriptor);
    made->is_pipe = S_ISFIFO(type);
    made->read.ready = !made->polled;
    made->write.ready = true;
    *pipe = made;
    return 0;
}

/* ---------------------------------------------------------------------------------------------------------------- channels --- */

int kin_posix_pipe_make_socket(kin_plat_loop *loop, int descriptor, void *owner, kin_plat_pipe **pipe)
{
    struct kin_posix_channel *channel = kin_posix_channel_new();
    int os_error = channel == NULL ? ENOMEM : 0;

    if (os_error == 0)
        os_error = kin_posix_pipe_make(loop, descriptor, S_IFSOCK, KIN_POSIX_READABLE | KIN_POSIX_WRITABLE, owner, pipe);
    if (os_error == 0)
        (*pipe)->channel = channel;
    else
        kin_posix_channel_free(channel);
    return os_error;
}

/* Only what the poll can watch: a regular file is no peer. */
int kin_posix_pipe_make_pair(kin_plat_loop *loop, int in, int out, void *owner, kin_plat_pipe **pipe)
{
    kin_plat_pipe *made = NULL;
    int os_error = kin_posix_pipe_make(loop, in, S_IFCHR, KIN_POSIX_READABLE, owner, &made);

    if (os_error == 0)
        os_error = kin_posix_descriptor_set_nonblocking(out, true);
    if (os_error == 0 && made->polled)
        os_error = kin_posix_poll_add(&loop->poll, out, KIN_POSIX_WRITABLE, &made->writer);
    if (os_error == 0 && made->polled) {
        kin_posix_descriptor_raise_nothing(out);
        made->write_descriptor = out;
        made->interest |= KIN_POSIX_WRITABLE;
        *pipe = made;
        return 0;
    }
    if (made != NULL) {
        made->descriptor = -1; /* it stays the caller's */
        if (made->polled)
            kin_posix_poll_remove(&loop->poll, in, KIN_POSIX_READABLE);
        made->polled = false;
        kin_plat_pipe_close(made);
    }
    return os_error == 0 ? EINVAL : os_error;
}

struct kin_posix_channel *kin_posix_pipe_channel(kin_plat_pipe *pipe)
{
    return pipe->channel;
}
