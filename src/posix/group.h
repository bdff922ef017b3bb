/* SPDX-License-Identifier: MIT */
/* A process group whose leader has ended and was not reaped: group_linux.c and group_bsd.c. */
#ifndef KIN_POSIX_GROUP_H
#define KIN_POSIX_GROUP_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Whether any process of it still lives. kill(-group, 0) does not tell: for zombies it answers 0 on Linux, EPERM on macOS. True
 * as well where the system does not let us look; then only kill() can tell that nothing is left, once the leader is reaped.
 */
bool kin_posix_group_lives(pid_t group);

#endif
