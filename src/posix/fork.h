/* SPDX-License-Identifier: MIT */
/* A copy of this process, in which only bare.h may be used: fork_linux.c and fork_bsd.c. */
#ifndef KIN_POSIX_FORK_H
#define KIN_POSIX_FORK_H

#include <stdbool.h>
#include <sys/types.h>

/* As fork(2). `pidfd` gets a descriptor of the child where the system gives one with it. `denied` is as in policy.h. */
pid_t kin_posix_fork(unsigned denied, int *pidfd);

/* Whether a child would get its id in another namespace than ours, so that nobody there could use ours (unshare(2)). */
bool kin_posix_fork_leaves_namespace(void);

/* Whether it has called exec, or has ended: whether it is a copy no more. False where the system does not tell. */
bool kin_posix_fork_is_over(pid_t id);

#endif
