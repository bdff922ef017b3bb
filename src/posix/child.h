/* SPDX-License-Identifier: MIT */
/*
 * What happens between the birth of a child and its program. This side may share memory with the parent, and other threads of
 * the parent may hold any lock: it only reads what was prepared, and makes system calls.
 */
#ifndef KIN_POSIX_CHILD_H
#define KIN_POSIX_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <kin/error.h>
#include <kin/process.h>

/* What the child tells: through shared memory, or down the status pipe, where it is small enough to arrive in one piece. */
struct kin_posix_record {
    int started;       /* 1 as soon as the child runs: a parent that sees it, shares memory with it */
    int table_refused; /* the shared descriptor table could not be unshared: nothing was done, another way is needed */
    int stage;         /* the kin_stage that failed; 0: none */
    int os_error;
    int index; /* which slot, at KIN_STAGE_STDIO */
};

/* All that the child needs. It writes to `scratch` and `record` only. */
struct kin_posix_child {
    const char *const *candidates; /* what to execute, in this order; at least one */
    size_t candidate_count;
    const char *const *argv;
    const char *const *environment;
    const char *cwd;
    const int *sources; /* for each slot the descriptor that belongs there */
    int *scratch;       /* as many */
    size_t slot_count;
    bool tree;
    bool detached;
    bool set_umask;
    unsigned umask;
    const kin_credentials *credentials;
    pid_t parent;    /* the process with which the system shall end it; 0: none */
    int watcher;     /* the pipe of who ends it, or its group, when that process is gone; 0: nobody */
    unsigned denied; /* what not to use: policy.h */
    int share_below; /* the descriptor table is the parent's: unshare what is below this number, drop the rest; 0: it is not */
    int status;      /* where to write the record too; -1: nowhere */
    struct kin_posix_record *record;
};

/* Becomes the program, or ends the process. Does not return. */
void kin_posix_child_run(const struct kin_posix_child *child);

#endif
