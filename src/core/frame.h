/* SPDX-License-Identifier: MIT */
/*
 * Bytes into messages and back, in the two modes of docs/wire.md; nothing else.
 *
 * A decoder reads into its own memory, which grows with the bytes that have come and never by what a length says. Messages are
 * delivered where they lie. Whatever comes, each complete message before the first breach of the rules is delivered.
 */
#ifndef KIN_CORE_FRAME_H
#define KIN_CORE_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include <kin/channel.h>

/* Bytes before and behind a message, at most. */
#define KIN_FRAME_EXTRA ((size_t)4)

struct kin_frames {
    kin_channel_mode mode;
    size_t limit; /* largest message */
    char *data;
    size_t capacity;
    size_t begin;   /* the first byte that was not delivered, */
    size_t end;     /* and behind the last that has come */
    size_t scanned; /* so many from `begin` hold no line feed */
    int error;      /* what was wrong; no message comes after it */
};

struct kin_frame {
    const char *data;
    size_t size;
};

/* Where the next bytes go; what was delivered before is gone then. 0 or KIN_ENOMEM. */
int kin_frames_room(struct kin_frames *frames, void **room, size_t *size);

/* The memory with what was delivered stays as it is, and is the caller's to free(); what comes goes to new memory. 0 or KIN_ENOMEM. */
int kin_frames_detach(struct kin_frames *frames, char **delivered);

/* So many bytes have come there. */
void kin_frames_came(struct kin_frames *frames, size_t size);

/* 1 with the next message; 0 when it has not come yet; KIN_EPROTO, KIN_EMSGSIZE, again and again. */
int kin_frames_next(struct kin_frames *frames, struct kin_frame *frame);

/* Whether there is the beginning of a message: an end here cuts it off. */
bool kin_frames_are_partial(const struct kin_frames *frames);

void kin_frames_free(struct kin_frames *frames);

/* Whether the bytes may be sent as a message. JSON: they begin and end as one value does, and are one line. */
bool kin_frame_is_message(kin_channel_mode mode, const char *data, size_t size);

/* Bytes before a message of `size` bytes, and behind it; each returns how many, and none of them is more than 4. */
size_t kin_frame_head(kin_channel_mode mode, size_t size, char *head);
size_t kin_frame_tail(kin_channel_mode mode, char *tail);

#endif
