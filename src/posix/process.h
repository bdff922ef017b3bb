/* SPDX-License-Identifier: MIT */
#ifndef KIN_POSIX_PROCESS_H
#define KIN_POSIX_PROCESS_H

#include "backend.h"

kin_plat_process *kin_posix_process_new(kin_plat_loop *loop, bool tree, void *owner);

/* Of one that has no process yet. */
void kin_posix_process_free(kin_plat_process *process);

/* Takes the child over, and `pidfd` (or -1), and watches it. 0; or an errno value, and the child is gone. */
int kin_posix_process_watch(kin_plat_process *process, pid_t id, int pidfd);

#endif
