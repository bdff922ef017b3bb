/* SPDX-License-Identifier: MIT */
/* How a process ended: wait_linux.c and wait_bsd.c. Only ever asked about one child of ours, never about "any". */
#ifndef KIN_POSIX_WAIT_H
#define KIN_POSIX_WAIT_H

#include <sys/types.h>

#include <kin/process.h>

enum kin_posix_wait_mode {
    KIN_POSIX_WAIT_REAP, /* waits as long as it takes */
    KIN_POSIX_WAIT_KEEP, /* so too, but the process stays a zombie, and its id its own */
    KIN_POSIX_TRY_REAP,
    KIN_POSIX_TRY_KEEP
};

/*
 * 0: it has ended, `status` says how. EAGAIN: it runs. ECHILD: it has ended, and somebody else in this process has reaped it;
 * `status` has what the system still knows, or KIN_EXIT_LOST. `pidfd` may be -1.
 */
int kin_posix_wait(pid_t id, int pidfd, enum kin_posix_wait_mode mode, kin_status *status);

/* Waits until it is gone, of whatever kind its end is. */
void kin_posix_wait_reap(pid_t id);

#endif
