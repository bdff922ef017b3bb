/* SPDX-License-Identifier: MIT */
/*
 * A small process that outlives this one for a moment, and ends by force what shall not outlive it. It waits for the end of a
 * pipe whose other end nobody has but this process: however this process ends, the system closes that.
 *
 * Not seen: the death of this process while a copy of it lives on that was made by fork() and never called exec.
 */
#ifndef KIN_POSIX_WATCHER_H
#define KIN_POSIX_WATCHER_H

#include <stdbool.h>

#include "launch.h"

struct kin_posix_watcher {
    pid_t id; /* 0: there is none, and the rest says nothing */
    int pidfd;
    int pipe;
};

/* The program that it is, for messages. */
extern const char kin_posix_watcher_program[];

/* Starts it; there is nothing yet that it would end. 0, and it runs; or an errno value. */
int kin_posix_watcher_start(struct kin_posix_watcher *watcher, struct kin_posix_launcher *launcher);

/* What it shall end: a process, or a group. Children that are made by fork tell it themselves; posix_spawn() leaves no way. */
void kin_posix_watcher_tell(struct kin_posix_watcher *watcher, pid_t id, bool group);

/* Ends it, without harm to anybody; waits for that, so that the id it knows may then be given to others. Any thread, but one at a
   time. Nothing, if there is none. */
void kin_posix_watcher_end(struct kin_posix_watcher *watcher);

/* In a copy of this process: only forgets it. */
void kin_posix_watcher_forget(struct kin_posix_watcher *watcher);

#endif
