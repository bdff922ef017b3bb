/* SPDX-License-Identifier: MIT */
/* A consumer that keeps everything, up to a limit; reads go straight into the buffer that the user gets. */
#ifndef KIN_CORE_CAPTURE_H
#define KIN_CORE_CAPTURE_H

#include <kin/exec.h>

#include "stream.h"

struct kin_capture {
    struct kin_consumer consumer;
    char *data;
    size_t size;
    size_t capacity;
    size_t limit;
    bool truncated;
    int code;                                                  /* how the stream ended */
    void (*on_problem)(struct kin_capture *capture, int code); /* KIN_ENOBUFS or a failure; once */
    void *owner;
};

void kin_capture_init(struct kin_capture *capture, size_t limit, void (*on_problem)(struct kin_capture *, int), void *owner);

/* Moves what was captured to `bytes`, terminated by a zero byte. KIN_ENOMEM when there is no room for even that. */
int kin_capture_take(struct kin_capture *capture, kin_bytes *bytes);

void kin_capture_free(struct kin_capture *capture);

#endif
