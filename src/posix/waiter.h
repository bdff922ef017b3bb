/* SPDX-License-Identifier: MIT */
/* A thread that waits for one process, for when the poll cannot, or when nobody else will. */
#ifndef KIN_POSIX_WAITER_H
#define KIN_POSIX_WAITER_H

#include <stdbool.h>
#include <sys/types.h>

#include "poll.h"

struct kin_posix_waiter;

/* Waits for the end, without reaping, and wakes the poll. 0 or an errno value. */
int kin_posix_waiter_start(struct kin_posix_poll *poll, pid_t id, struct kin_posix_waiter **waiter);
bool kin_posix_waiter_is_done(struct kin_posix_waiter *waiter);

/* Lets go: the poll is not touched any more. False: the process runs, and the thread will reap it. */
bool kin_posix_waiter_leave(struct kin_posix_waiter *waiter);

/* In a copy of the process made by fork(), which has no such thread: nobody else would free it. */
void kin_posix_waiter_forget(struct kin_posix_waiter *waiter);

/* Reaps it some day. Takes over `pidfd` (or -1) if the result is 0. */
int kin_posix_waiter_reap_later(pid_t id, int pidfd);

#endif
