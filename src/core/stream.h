/* SPDX-License-Identifier: MIT */
/*
 * The inside of a stream. One direction, one pipe of the platform, at most one operation under way.
 *
 *      open ──▶ ended (the end was read, the last byte written, an error came) ──▶ closed (the pipe is given back)
 *        └───────── kin_stream_close() ────────────────────────────────────────────────▲
 *
 * A pipe is closed only when nothing is under way on it; until then a closing stream waits for its operation to come back.
 */
#ifndef KIN_CORE_STREAM_H
#define KIN_CORE_STREAM_H

#include "loop.h"

/* Who takes what a stream reads. */
struct kin_consumer {
    /* Where the next bytes shall go; `data` is then NULL in the next call. A failure ends the stream with that code. Without
       this function they go into the stream's own buffer. */
    int (*room)(struct kin_consumer *consumer, void **data, size_t *size);
    void (*data)(struct kin_consumer *consumer, kin_stream *stream, const char *data, size_t size);
    /* Comes once, also when the stream is closed early, so that the consumer can let go of what it holds. */
    void (*end)(struct kin_consumer *consumer, kin_stream *stream, int code);
};

/* What a stream writes next. Copied bytes lie behind the header, borrowed ones stay where they are. */
struct kin_write {
    struct kin_list node;
    const char *data;
    size_t size;
    size_t written;
    kin_write_callback *on_written;
    void *user;
};

struct kin_reader {
    struct kin_consumer *consumer;
    struct kin_consumer callbacks; /* the consumer of kin_stream_on_data() */
    kin_data_callback *on_data;
    kin_end_callback *on_end;
    void *user;
    char *buffer;         /* own buffer, made when first needed */
    size_t held_size;     /* bytes in it that came after a pause */
    uint64_t received;    /* bytes that have come since the beginning */
    bool timed;           /* `received_ns` is wanted */
    uint64_t received_ns; /* when bytes came last, or could come again after a pause */
    bool lent;            /* the own buffer is being written by another stream: it must not be freed */
    bool paused;
    bool cut;     /* it was closed before its end: nothing is read any more */
    bool dropped; /* it was closed by the user: a read that still comes back is not delivered */
    bool ended;   /* `end_code` is known */
    bool end_told;
    int end_code;
};

struct kin_writer {
    struct kin_list queue;
    size_t queued;    /* bytes that wait */
    size_t under_way; /* bytes of the operation under way */
    size_t high_water;
    uint64_t written; /* bytes that the system has taken since the beginning */
    char *gathered;   /* small writes, put together for one operation */
    bool full;        /* the user was told to wait for on_drain */
    bool ending;
    int error; /* why no write can succeed any more */
    void (*on_drain)(kin_stream *stream, void *user);
    void *user;
    void (*on_broken)(void *context, int code); /* kin_stream_pipe() into this stream */
    void *broken_context;
};

struct kin_stream {
    struct kin_resource resource;
    kin_loop *loop;
    kin_plat_pipe *pipe;
    struct kin_deferred settle;
    bool reads;      /* its direction */
    bool under_way;  /* an operation is in the platform */
    bool closing;    /* no operation is started any more */
    bool released;   /* its owner has given it up: free it when it has settled */
    bool standalone; /* it is nobody's part, and keeps the loop alive while it works */
    bool held;
    struct kin_reader reader;
    struct kin_writer writer;
    void (*on_change)(void *owner); /* it has ended or come to rest */
    void *owner;
};

extern const struct kin_resource_type kin_stream_type;

/* Prepares a stream whose pipe is not open yet. It can be given back without ado as long as it has none. */
void kin_stream_init(kin_stream *stream, kin_loop *loop, bool reads);

/* Frees what a settled stream holds, but not itself. */
void kin_stream_deinit(kin_stream *stream);

/* Nothing of it is in the platform or waits for a turn of the loop. */
bool kin_stream_is_settled(const kin_stream *stream);

/* Whether the end has been told to the consumer, or nobody will ever read on. */
bool kin_stream_has_ended(const kin_stream *stream);

/* Gives the stream a consumer and starts reading. KIN_EINVAL when it has one, or is closed. */
int kin_stream_consume(kin_stream *stream, struct kin_consumer *consumer);

/* Lets what arrives fall to the ground, so that the end can come. */
void kin_stream_discard(kin_stream *stream);

/* Closes, and calls nobody but those of waiting writes and of kin_stream_pipe(). */
void kin_stream_abandon(kin_stream *stream);

/* Closes what we write because its reader has gone: what waits is told KIN_EPIPE. */
void kin_stream_close_unread(kin_stream *stream);

/* Closes, but the read under way is delivered if it still brings something. */
void kin_stream_cut_off(kin_stream *stream);

/* Gives the pipe back when nothing is under way; else asks for what is under way first. */
void kin_stream_close_pipe(kin_stream *stream);

/* The own buffer is back from the stream that wrote it. */
void kin_stream_take_back(kin_stream *stream);

/* The owner may want to look. */
void kin_stream_changed(kin_stream *stream);

/* -------------------------------------------------------------------------------- the halves, for stream.c alone --- */

void kin_reader_event(kin_stream *stream, const struct kin_plat_event *event);
void kin_reader_settle(kin_stream *stream);
void kin_reader_close(kin_stream *stream);

void kin_writer_event(kin_stream *stream, const struct kin_plat_event *event);
void kin_writer_settle(kin_stream *stream);
void kin_writer_close(kin_stream *stream);

#endif
