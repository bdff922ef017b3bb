/* SPDX-License-Identifier: MIT */
/* A process group whose leader has ended: group_linux.c and group_bsd.c. */
#ifndef KIN_POSIX_GROUP_H
#define KIN_POSIX_GROUP_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Whether any process of it still lives. The leader is kept as a zombie; or, without it, the group is known not to be empty, so
 * that its id is not that of another one. kill(-group, 0) does not tell: for zombies it answers 0 on Linux, EPERM on macOS. True
 * as well where the system does not let us look; then only kill() can tell that nothing is left, once the leader is reaped.
 */
bool kin_posix_group_lives(pid_t group, bool leader_is_kept);

#endif
