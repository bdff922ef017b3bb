/* SPDX-License-Identifier: MIT */
#include "group.h"

#if defined(__APPLE__) || defined(__FreeBSD__)

#include <errno.h>
#include <stdlib.h>
#include <sys/param.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#if defined(__APPLE__)
#define STATE_OF(process) ((process)->kp_proc.p_stat)
#else
#include <sys/user.h>
#define STATE_OF(process) ((process)->ki_stat)
#endif

/* sysctl(3): with a buffer that has become too small meanwhile it says ENOMEM. */
#define TRIES 4
#define SPARE 16

/* The members, zombies too; for free(). NULL: not to be had. */
static struct kinfo_proc *list_members(pid_t group, size_t *count)
{
    int name[4] = { CTL_KERN, KERN_PROC, KERN_PROC_PGRP, group };

    for (int tries = 0; tries < TRIES; tries++) {
        struct kinfo_proc *members = NULL;
        size_t size = 0;

        if (sysctl(name, 4, NULL, &size, NULL, 0) != 0)
            return NULL;
        size += SPARE * sizeof *members;
        members = malloc(size);
        if (members == NULL)
            return NULL;
        if (sysctl(name, 4, members, &size, NULL, 0) == 0) {
            *count = size / sizeof *members;
            return members;
        }
        free(members);
        if (errno != ENOMEM)
            return NULL;
    }
    return NULL;
}

bool kin_posix_group_lives(pid_t group, bool leader_is_kept)
{
    size_t count = 0;
    struct kinfo_proc *members = list_members(group, &count);
    bool lives = members == NULL;

    (void)leader_is_kept;
    for (size_t i = 0; i < count && !lives; i++)
        lives = STATE_OF(&members[i]) != SZOMB;
    free(members);
    return lives;
}

#else

/* OpenBSD and NetBSD list processes in ways of their own. */
bool kin_posix_group_lives(pid_t group, bool leader_is_kept)
{
    (void)group;
    (void)leader_is_kept;
    return true;
}

#endif
