/* SPDX-License-Identifier: MIT */
/* Linux: a filter that makes system calls fail, as that of a sandbox does. */
#ifndef KIN_TESTS_POSIX_SECCOMP_H
#define KIN_TESTS_POSIX_SECCOMP_H

#include <stdbool.h>
#include <sys/syscall.h>

/* The same numbers on all architectures of today; the headers may be older than the calls. */
enum { CALL_SEND_SIGNAL = 424, CALL_PIDFD_OPEN = 434, CALL_CLONE3 = 435, CALL_CLOSE_RANGE = 436 };

#define ANY_ARGUMENT (-1)
#define BY_PIDFD 3         /* P_PIDFD of waitid() */
#define SET_DEATH_SIGNAL 1 /* PR_SET_PDEATHSIG of prctl() */
#define MOST_REFUSED 6

struct refused_call {
    long number;
    long first_argument;
};

/* Calls, and the error that they fail with. */
struct refusal {
    const char *name;
    int error;
    struct refused_call calls[MOST_REFUSED];
};

#define CLONE3                    \
    {                             \
        CALL_CLONE3, ANY_ARGUMENT \
    }
#define PIDFD_OPEN                    \
    {                                 \
        CALL_PIDFD_OPEN, ANY_ARGUMENT \
    }
#define SEND_SIGNAL                    \
    {                                  \
        CALL_SEND_SIGNAL, ANY_ARGUMENT \
    }
#define CLOSE_RANGE                    \
    {                                  \
        CALL_CLOSE_RANGE, ANY_ARGUMENT \
    }
#define WAIT_BY_PIDFD        \
    {                        \
        SYS_waitid, BY_PIDFD \
    }
#define DEATH_SIGNAL                \
    {                               \
        SYS_prctl, SET_DEATH_SIGNAL \
    }

/* For ever, for this process and those that it starts. False: there are no filters to be had. */
bool seccomp_refuse(const struct refusal *refusal);

#endif
