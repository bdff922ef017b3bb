/* SPDX-License-Identifier: MIT */
/*
 * A channel of which the test holds both ends: ours through the door, the child's as the system has it.
 */
#ifndef KIN_TESTS_WIN32_CHANNEL_ENDS_H
#define KIN_TESTS_WIN32_CHANNEL_ENDS_H

#include "door.h"

struct channel_ends {
    kin_plat_loop *loop;
    kin_plat_pipe *pipe;
    HANDLE other;
    HANDLE event; /* for what is done with the other end */
};

struct channel_ends *channel_ends_open(void);
void channel_ends_free(struct channel_ends *ends);

void channel_ends_close_ours(struct channel_ends *ends);
void channel_ends_close_other(struct channel_ends *ends);

/* A pipe of two overlapped ends that is no channel yet; `access` is that of our end. */
void duplex_pipe(HANDLE ends[2]);

/* At the other end; they wait until it is done. What is read is exactly so much, or the test fails. */
void other_writes(struct channel_ends *ends, const void *bytes, size_t size);
void other_reads(struct channel_ends *ends, void *bytes, size_t size);
/* Reads what comes first; 0 and the error at the end. */
DWORD other_reads_some(struct channel_ends *ends, void *bytes, size_t size, DWORD *error);

/* A frame of libuv, made without the library. Returns its size. */
size_t make_frame(void *frame, uint32_t flags, const void *payload, size_t size);

/* Reads until so many bytes have come through our end. */
void expect_bytes(struct channel_ends *ends, const void *expected, size_t size);
/* One read that ends so. */
void expect_read(struct channel_ends *ends, int code, size_t size);

#endif
