/* SPDX-License-Identifier: MIT */
#ifndef KIN_POSIX_PROCESS_H
#define KIN_POSIX_PROCESS_H

#include "backend.h"
#include "launch_bound.h"

kin_plat_process *kin_posix_process_new(kin_plat_loop *loop, bool tree, void *owner);

/* Of one that has no process yet. */
void kin_posix_process_free(kin_plat_process *process);

/* Takes the child over, with `pidfd` (or -1) and what binds it to us, and watches it. 0; or an errno value, and the child is
   gone. */
int kin_posix_process_watch(kin_plat_process *process, pid_t id, int pidfd, const struct kin_posix_bond *bond);

#endif
