/* SPDX-License-Identifier: MIT */
/* How a channel's bytes are messages, in the plainest way: all bytes at once, nothing kept; shares no code with the decoder. */
#ifndef KIN_TESTS_FRAME_REFERENCE_H
#define KIN_TESTS_FRAME_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

struct reference_frames {
    bool binary;
    size_t limit;
    const unsigned char *bytes;
    size_t size;
    size_t at;
    int error; /* 0; -1: no message; -2: too large */
};

/* 1 with the next message; 0 when there is none, for want of bytes or because of `error`. */
int reference_next(struct reference_frames *frames, const unsigned char **message, size_t *size);

#endif
