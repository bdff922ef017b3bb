/* SPDX-License-Identifier: MIT */
/*
 * Readiness, edge-triggered: each descriptor is registered once, and each report says that something has changed since the
 * last one. Two files implement it, CMake chooses: poll_epoll.c (Linux) and poll_kqueue.c (macOS, BSD).
 */
#ifndef KIN_POSIX_POLL_H
#define KIN_POSIX_POLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    KIN_POSIX_READABLE = 1 << 0,
    KIN_POSIX_WRITABLE = 1 << 1,
    KIN_POSIX_HANGUP = 1 << 2, /* the other end is closed */
    KIN_POSIX_ENDED = 1 << 3,  /* a process has ended */
    KIN_POSIX_LAST = 1 << 4    /* nothing comes behind what can be read now, and no further edge */
};

struct kin_posix_poll {
    int descriptor; /* pollable itself */
    int waker;      /* -1 where the system needs none */
};

struct kin_posix_report {
    void *source; /* as registered; NULL: kin_posix_poll_wake() */
    unsigned what;
};

/* All return 0 or an errno value, if nothing else is said. */
int kin_posix_poll_open(struct kin_posix_poll *poll);
void kin_posix_poll_close(struct kin_posix_poll *poll);

/* In a copy of the process made by fork(): closes what the copy has of it. */
void kin_posix_poll_close_copy(struct kin_posix_poll *poll);

/* EPERM: the system cannot tell when this descriptor is ready; that is so for regular files and some devices. */
int kin_posix_poll_add(struct kin_posix_poll *poll, int descriptor, unsigned interest, void *source);
void kin_posix_poll_remove(struct kin_posix_poll *poll, int descriptor, unsigned interest);

/* `pidfd` is -1 where there are none. ENOTSUP: this way of watching is not to be had; ESRCH: the process has ended already. */
int kin_posix_poll_add_process(struct kin_posix_poll *poll, pid_t id, int pidfd, void *source);
void kin_posix_poll_remove_process(struct kin_posix_poll *poll, pid_t id, int pidfd);

/* Whether a read from a stream socket that brought less than there was room for, and no control data, has emptied it. */
bool kin_posix_poll_short_read_empties(void);

/* Any thread; safe in a signal handler. */
int kin_posix_poll_wake(struct kin_posix_poll *poll);

/* Number of reports, 0 also when interrupted; or -1 with errno. */
int kin_posix_poll_wait(struct kin_posix_poll *poll, int64_t timeout_ms, struct kin_posix_report *reports, size_t capacity);

#endif
