/* SPDX-License-Identifier: MIT */
#include "pidfd.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "descriptor.h"
#include "policy.h"

#if !defined(SYS_pidfd_send_signal)
#define SYS_pidfd_send_signal 424 /* Linux 5.1 */
#endif
#if !defined(SYS_pidfd_open)
#define SYS_pidfd_open 434 /* Linux 5.3 */
#endif

#define WHOLE_GROUP 4 /* PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9 */

/* Close-on-exec from the start (pidfd_open(2)). */
int kin_posix_pidfd_open(pid_t id, unsigned denied)
{
    if ((denied & KIN_POSIX_DENY_PIDFD) != 0)
        return -1;
    return kin_posix_descriptor_own((int)syscall(SYS_pidfd_open, id, 0));
}

static int send_signal(int pidfd, int signal, unsigned flags)
{
    if (pidfd < 0)
        return EBADF;
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, flags) == 0 ? 0 : errno;
}

int kin_posix_pidfd_signal(int pidfd, int signal)
{
    return send_signal(pidfd, signal, 0);
}

int kin_posix_pidfd_signal_group(int pidfd, int signal)
{
    return send_signal(pidfd, signal, WHOLE_GROUP);
}
