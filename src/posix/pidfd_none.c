/* SPDX-License-Identifier: MIT */
#include "pidfd.h"

#include <errno.h>

int kin_posix_pidfd_open(pid_t id, unsigned denied)
{
    (void)id;
    (void)denied;
    return -1;
}

int kin_posix_pidfd_signal(int pidfd, int signal)
{
    (void)pidfd;
    (void)signal;
    return EBADF;
}

int kin_posix_pidfd_signal_group(int pidfd, int signal)
{
    return kin_posix_pidfd_signal(pidfd, signal);
}
