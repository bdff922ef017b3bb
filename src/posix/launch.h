/* SPDX-License-Identifier: MIT */
/* The ways to make a child, and what a loop has learned about them. */
#ifndef KIN_POSIX_LAUNCH_H
#define KIN_POSIX_LAUNCH_H

#include <sys/types.h>

#include "child.h"

/* Places for the ends of pipes when the descriptor table is shared with the child, taken while low numbers are free. */
#define KIN_POSIX_LOW_PLACES 3

enum kin_posix_memory {
    KIN_POSIX_MEMORY_UNKNOWN = 0, /* no child has shared memory with us yet */
    KIN_POSIX_MEMORY_SHARED,      /* one has, and we saw what it wrote */
    KIN_POSIX_MEMORY_APART        /* one should have, but did not: valgrind, qemu */
};

/* One for each loop: there is no state for the whole process. */
struct kin_posix_launcher {
    enum kin_posix_memory memory;
    unsigned missing; /* found to be missing or forbidden: bits of policy.h */
    void *stack;      /* of the child, while it shares memory; mapped at its first use */
    int poll;         /* what waits in the low places */
    int low[KIN_POSIX_LOW_PLACES];
    int last_pidfd; /* its number tells how many descriptors are open */
};

struct kin_posix_launch {
    struct kin_posix_child child;
    struct kin_posix_record record;
    pid_t id;
    int pidfd; /* -1: none */
};

void kin_posix_launcher_open(struct kin_posix_launcher *launcher, int poll);
void kin_posix_launcher_close(struct kin_posix_launcher *launcher);

/*
 * Makes the child and waits until its program runs or could not be started. 0, and then `record.stage` tells about the child's
 * part; or the errno value of making it. After any failure the child is reaped.
 */
int kin_posix_launch(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch);

/* ------------------------------------------------------------------------------------------- for launch_*.c only --- */

/* "Not this way", where an errno value is expected. */
#define KIN_POSIX_UNAVAILABLE (-1)

/* The fast way of the system: a child on our memory (launch_clone.c), or posix_spawn() (launch_spawn.c). */
int kin_posix_launch_fast(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch);

/* The way that works everywhere. */
int kin_posix_launch_fork(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch);

/* What the launcher must do without. */
unsigned kin_posix_launcher_denied(const struct kin_posix_launcher *launcher);

/* Ends and reaps what could not become the program. */
void kin_posix_launch_put_away(struct kin_posix_launch *launch);

/* "Not here": refused by an old kernel, or by a filter that answers with EPERM (edge case R04). */
bool kin_posix_is_refusal(int os_error);

/* A pipe that closes at exec: silence down to its end is success. */
struct kin_posix_status {
    int reader;
    int writer;
};

/* The writer's number is `lowest` at least, out of the way of the slots. 0 or an errno value. */
int kin_posix_status_open(struct kin_posix_status *status, int lowest);
void kin_posix_status_close(struct kin_posix_status *status);

/* Closes the writer and waits for the word of the child `id`, if there is one. */
int kin_posix_status_read(struct kin_posix_status *status, pid_t id, struct kin_posix_record *record);

#endif
