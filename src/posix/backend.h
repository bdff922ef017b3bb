/* SPDX-License-Identifier: MIT */
/* What the handles of platform.h are made of here. */
#ifndef KIN_POSIX_BACKEND_H
#define KIN_POSIX_BACKEND_H

#include <stdatomic.h>
#include <sys/types.h>

#include "../platform.h"
#include "launch.h"
#include "poll.h"
#include "signals.h"

/*
 * A thing that the loop hears about: the first member of a pipe, a process, the waker. It stands in the list of ready ones
 * while it may have an event to give.
 */
struct kin_posix_source {
    struct kin_posix_source *next; /* NULL: not in the list */
    struct kin_posix_source *previous;
    /* The poll has news. */
    void (*report)(struct kin_posix_source *source, unsigned what);
    /* Its turn: fills one event and returns true, or has none. What remains, it puts back into the list. */
    bool (*act)(struct kin_posix_source *source, struct kin_plat_event *event);
};

struct kin_plat_loop {
    struct kin_posix_poll poll;
    struct kin_posix_source ready; /* head of the list */
    struct kin_posix_source waker;
    struct kin_posix_sigpipe_guard sigpipe;
    struct kin_posix_launcher launcher;
    kin_plat_process *watched_by_thread; /* processes with a waiter, that the poll cannot watch */
    kin_plat_process *orphans;           /* closed while they ran, and no thread to be had for reaping them */
    void *owner;
    atomic_bool woken;
    pid_t process_id; /* in a copy made by fork() the loop is not to be used */
};

void kin_posix_loop_add_ready(kin_plat_loop *loop, struct kin_posix_source *source);
void kin_posix_loop_remove_ready(struct kin_posix_source *source);

/* Whether this is the process that opened the loop, and not a copy of it. */
bool kin_posix_loop_is_ours(const kin_plat_loop *loop);

/* A pipe on `descriptor`, which it owns from then on if the result is 0; else an errno value. `type` is as in `st_mode`. */
int kin_posix_pipe_make(kin_plat_loop *loop, int descriptor, mode_t type, unsigned interest, void *owner, kin_plat_pipe **pipe);

/* The same for a connected socket in both directions, and for two descriptors. On failure they are still the caller's. */
int kin_posix_pipe_make_socket(kin_plat_loop *loop, int descriptor, void *owner, kin_plat_pipe **pipe);
int kin_posix_pipe_make_pair(kin_plat_loop *loop, int in, int out, void *owner, kin_plat_pipe **pipe);

/* What the socket of a channel needs; NULL: the pipe is not one. */
struct kin_posix_channel *kin_posix_pipe_channel(kin_plat_pipe *pipe);

/* Looks after the processes whose end a thread has seen. */
void kin_posix_process_collect(kin_plat_loop *loop);

/* Reaps the orphans that have ended; gives all of them up, when the loop is closed. */
void kin_posix_process_reap_orphans(kin_plat_loop *loop);
void kin_posix_process_drop_orphans(kin_plat_loop *loop);

#endif
