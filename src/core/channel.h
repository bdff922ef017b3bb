/* SPDX-License-Identifier: MIT */
/*
 * The inside of a channel. One pipe of the platform, at most one read and one write under way.
 *
 *      connected ──▶ leaving (what waits still leaves) ──▶ ended (those who wait are told, then on_end) ──▶ at rest
 *          └───────── the peer's end, an error, what is no message ──▲
 *
 * Everything happens in kin_channel_settle(), which acts on what is there and never twice; calls only note and defer.
 */
#ifndef KIN_CORE_CHANNEL_H
#define KIN_CORE_CHANNEL_H

#include "envelope.h"
#include "frame.h"
#include "loop.h"

/* Bytes that leave in one write: messages side by side, or one that is large, or a piece of one. */
struct kin_chunk {
    struct kin_list node;
    const char *data; /* what is written: behind this struct, or borrowed */
    size_t size;
    size_t written;
    size_t room;       /* bytes behind this struct; 0: borrowed */
    uint64_t messages; /* how many begin in it */
    bool begins_frame; /* its first byte is the first of a message: others may go before it */
    bool urgent;       /* an answer to the peer's handle: goes before what waits, and is not the user's */
    bool give;         /* the handle is ours to close */
    struct kin_plat_handle handle;
};

/* Somebody who is told when the bytes up to a position are gone. */
struct kin_completion {
    uint64_t position;
    kin_sent_callback *on_sent;
    void *user;
};

struct kin_outbox {
    struct kin_list chunks;
    struct kin_chunk *unacknowledged; /* its handle was sent, the answer has not come: the user's chunks wait */
    struct kin_chunk *spare;
    struct kin_completion *completions; /* a queue in an array: from `first_completion` on */
    size_t first_completion;
    size_t completion_count;
    size_t completion_room;
    size_t queued;     /* the user's bytes that wait */
    size_t urgent;     /* others */
    uint64_t position; /* the user's bytes ever queued, */
    uint64_t gone;     /* and ever gone, and acknowledged where they had a handle */
    uint64_t messages; /* that are gone */
    bool full;
    int error; /* why nothing can leave any more */
};

struct kin_request {
    struct kin_list node;
    struct kin_channel *channel;
    struct kin_alarm limit;
    uint64_t id;
    kin_reply_callback *on_reply;
    void *user;
};

struct kin_inbox {
    struct kin_frames frames;
    struct kin_frame frame; /* taken out and not dealt with yet, if `has_frame` */
    bool has_frame;
    bool hungry;      /* there is no whole message any more: a read is of use */
    bool has_message; /* `message` waits for kin_channel_receive() */
    kin_message message;
    bool given;                          /* one was given to the caller of that, whose it is until he comes again: */
    struct kin_plat_handle given_handle; /* its handle, as long as nobody has taken it, */
    char *given_memory;                  /* and where it lies, if the decoder reads elsewhere meanwhile */
    uint64_t delivered;
    uint64_t received; /* bytes */
    bool ended;        /* the peer's end, or a failure, came: `code` */
    int code;
    uint64_t late_replies;
    uint64_t lost_handles;
};

struct kin_channel {
    struct kin_resource resource;
    kin_loop *loop;
    kin_plat_pipe *pipe;
    struct kin_deferred settle;
    kin_channel_options options; /* with every default filled in */
    struct kin_inbox inbox;
    struct kin_outbox outbox;
    struct kin_list requests;
    uint64_t last_request;
    bool reading; /* an operation is in the platform */
    bool writing;
    bool settling;
    bool paused;
    bool by_call;  /* kin_channel_receive() has been called */
    bool discards; /* nobody will ask for messages any more: they fall to the ground */
    bool leaving;  /* kin_channel_disconnect() */
    bool ended;    /* `end_code` is known; nothing is started any more */
    bool end_told;
    int end_code;
    bool released;   /* its owner has given it up */
    bool standalone; /* it is nobody's part: the loop's to destroy */
    bool private_loop;
    bool referenced;
    bool held;
    bool *gone; /* of a call that waits and must hear when the channel is freed meanwhile; NULL: none does */
    void (*on_change)(void *owner);
    void *owner;
};

extern const struct kin_resource_type kin_channel_type;

/* Fills in every default; KIN_EINVAL for what makes no sense. NULL is all zero. */
int kin_channel_options_resolve(const kin_channel_options *wanted, kin_channel_options *options);

/* Prepares a channel whose pipe is not open yet; it can be given back without ado as long as it has none. */
void kin_channel_init(kin_channel *channel, kin_loop *loop, const kin_channel_options *resolved);

/* The pipe is there: it begins. */
void kin_channel_begin(kin_channel *channel, kin_plat_pipe *pipe);

/* Frees what a channel at rest holds, but not itself. */
void kin_channel_deinit(kin_channel *channel);

/* Nothing of it is in the platform or waits for a turn of the loop. */
bool kin_channel_is_settled(const kin_channel *channel);

/* No callback comes but those of what waits; ends at once. */
void kin_channel_abandon(kin_channel *channel);

/* Lets messages fall to the ground if nobody is there to be told, so that the end can come. */
void kin_channel_discard(kin_channel *channel);

/* It has come to its end, with this code, if it had not before. */
void kin_channel_finish(kin_channel *channel, int code);

/* What a change needs: now, or in the next turn. */
void kin_channel_update(kin_channel *channel);
void kin_channel_later(kin_channel *channel);

/* Makes a channel over a pipe that `open` opens, with a private loop where there is none. */
int kin_channel_make(kin_loop *loop, kin_native_handle in, kin_native_handle out, bool framed,
                     const kin_channel_options *options, kin_channel **channel);

/* --------------------------------------------------------------------------------------------------- channel_send.c --- */

void kin_outbox_init(struct kin_outbox *outbox);
void kin_outbox_free(struct kin_outbox *outbox);

/* Whether the user's message may be queued now: 0 or the code of kin_channel_send(). */
int kin_outbox_check(const kin_channel *channel, const void *data, size_t size);

/* Queues a message: head, body and tail of an envelope around the user's bytes (NULL: none). Nothing is checked any more. */
int kin_outbox_add(kin_channel *channel, const struct kin_envelope *envelope, const void *data, size_t size,
                   const struct kin_plat_handle *handle, bool give);

/* Queues a short message before all that waits. */
int kin_outbox_add_urgent(kin_channel *channel, const char *data, size_t size);

/* The next kin_outbox_notify() cannot fail. 0 or KIN_ENOMEM. */
int kin_outbox_reserve(kin_channel *channel);

/* Has somebody told when all that is queued now is gone. */
int kin_outbox_notify(kin_channel *channel, kin_sent_callback *on_sent, void *user);

/* Nobody is to be told in the name of this user. */
void kin_outbox_forget(kin_channel *channel, const void *user);

void kin_outbox_event(kin_channel *channel, const struct kin_plat_event *event);
void kin_outbox_write_on(kin_channel *channel);
void kin_outbox_drained(kin_channel *channel);
bool kin_outbox_is_empty(const struct kin_outbox *outbox);

/* The handle on its way was acknowledged (0), or was not (KIN_EREMOTE). */
void kin_outbox_acknowledged(kin_channel *channel, int code);

/* Nothing leaves any more: tells everybody. */
void kin_outbox_fail(kin_channel *channel, int code);

/* ------------------------------------------------------------------------------------------------- channel_receive.c --- */

void kin_inbox_event(kin_channel *channel, const struct kin_plat_event *event);

/* Delivers what has come, as far as it may be; then reads on. */
void kin_inbox_deliver(kin_channel *channel);
void kin_inbox_read_on(kin_channel *channel);

/* Gives back what was given, and the handle of a message that waits. */
void kin_inbox_take_back(kin_channel *channel);
void kin_inbox_free(kin_channel *channel);

/* Gives the message that waits, or the next one that needs no callback. False: there is none. */
bool kin_inbox_give(kin_channel *channel, kin_message *message);

/* ------------------------------------------------------------------------------------------------- channel_handle.c --- */

/* A message with a handle has come, or the answer to ours, or something else of Node's. True: `envelope` is to be delivered, with
   `handle`. */
bool kin_channel_take_internal(kin_channel *channel, const struct kin_envelope *envelope, struct kin_plat_handle *handle);

/* ------------------------------------------------------------------------------------------------ channel_request.c --- */

void kin_requests_answer(kin_channel *channel, const struct kin_envelope *envelope);
void kin_requests_fail(kin_channel *channel, int code);

#endif
