/* SPDX-License-Identifier: MIT */
/*
 * What the backend must do without, although the system may have it. Nothing, in the library. The tests link a definition of
 * kin_posix_denied() of their own, so that the archive's member with this one stays out, and can so force every path of a
 * launch. There is no state: whoever asks is told what to do without at that moment.
 */
#ifndef KIN_POSIX_POLICY_H
#define KIN_POSIX_POLICY_H

enum {
    KIN_POSIX_DENY_CLONE3 = 1 << 0,        /* clone3(2) */
    KIN_POSIX_DENY_CLONE = 1 << 1,         /* clone(2), by the C library's function or without it */
    KIN_POSIX_DENY_MEMORY = 1 << 2,        /* any launch that shares memory with the child */
    KIN_POSIX_DENY_TABLE = 1 << 3,         /* sharing the descriptor table with the child */
    KIN_POSIX_FORCE_TABLE = 1 << 4,        /* the opposite: share it however few descriptors are open */
    KIN_POSIX_DENY_PIDFD = 1 << 5,         /* pidfds of any origin */
    KIN_POSIX_DENY_CLOSE_RANGE = 1 << 6,   /* close_range(2) */
    KIN_POSIX_DENY_CLOSE_CLOEXEC = 1 << 7, /* its flag CLOSE_RANGE_CLOEXEC */
    KIN_POSIX_DENY_PROC = 1 << 8,          /* the directory of open descriptors in /proc */
    KIN_POSIX_DENY_SPAWN = 1 << 9,         /* posix_spawn(3) */
    KIN_POSIX_DENY_DEATH_SIGNAL = 1 << 10  /* PR_SET_PDEATHSIG of prctl(2) */
};

unsigned kin_posix_denied(void);

#endif
