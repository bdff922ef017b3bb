/* SPDX-License-Identifier: MIT */
/* A thread for one process: for when the poll cannot wait for its end, when nobody else will, or when it must have a parent. */
#ifndef KIN_POSIX_WAITER_H
#define KIN_POSIX_WAITER_H

#include <stdbool.h>
#include <sys/types.h>

#include "poll.h"
#include "watcher.h"

struct kin_posix_waiter;

/* Waits for the end, without reaping, and wakes the poll. 0 or an errno value. */
int kin_posix_waiter_start(struct kin_posix_poll *poll, pid_t id, struct kin_posix_waiter **waiter);
bool kin_posix_waiter_is_done(struct kin_posix_waiter *waiter);

/* Lets go: the poll is not touched any more. False: the process runs, and the thread will reap it, and has taken the watcher. */
bool kin_posix_waiter_leave(struct kin_posix_waiter *waiter, struct kin_posix_watcher *watcher);

/* In a copy of the process made by fork(), which has no such thread: nobody else would free it. */
void kin_posix_waiter_forget(struct kin_posix_waiter *waiter);

/* Reaps it some day. Takes over `pidfd` (or -1) and the watcher if the result is 0. */
int kin_posix_waiter_reap_later(pid_t id, int pidfd, struct kin_posix_watcher *watcher);

/*
 * Runs `task` on a new thread and waits until that is done. Then the thread does nothing but live, as the parent of what it has
 * made, until it hears one of the words below; each of them once, and the first of them is the last.
 */
int kin_posix_waiter_start_with(void (*task)(void *argument), void *argument, struct kin_posix_waiter **waiter);

void kin_posix_waiter_watch(struct kin_posix_waiter *waiter, struct kin_posix_poll *poll,
                            pid_t id); /* as after waiter_start() */
void kin_posix_waiter_reap(struct kin_posix_waiter *waiter, pid_t id, int pidfd, struct kin_posix_watcher *watcher);
void kin_posix_waiter_dismiss(struct kin_posix_waiter *waiter);

#endif
