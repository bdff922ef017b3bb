/* SPDX-License-Identifier: MIT */
/* A descriptor that is a process: pidfd_linux.c. Elsewhere there is none (pidfd_none.c). */
#ifndef KIN_POSIX_PIDFD_H
#define KIN_POSIX_PIDFD_H

#include <sys/types.h>

/* -1: none. `denied` is as in policy.h. */
int kin_posix_pidfd_open(pid_t id, unsigned denied);

/* 0 or an errno value; EBADF for -1. */
int kin_posix_pidfd_signal(int pidfd, int signal);

/* The group that the process leads or led: never that of a stranger with its old id, also when the process has been reaped.
   ESRCH: there is nobody in it. EINVAL, or EBADF for -1: it cannot be done here. */
int kin_posix_pidfd_signal_group(int pidfd, int signal);

#endif
