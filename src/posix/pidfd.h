/* SPDX-License-Identifier: MIT */
/* A descriptor that is a process: pidfd_linux.c. Elsewhere there is none (pidfd_none.c). */
#ifndef KIN_POSIX_PIDFD_H
#define KIN_POSIX_PIDFD_H

#include <sys/types.h>

/* -1: none. `denied` is as in policy.h. */
int kin_posix_pidfd_open(pid_t id, unsigned denied);

/* 0 or an errno value; EBADF for -1. */
int kin_posix_pidfd_signal(int pidfd, int signal);

#endif
