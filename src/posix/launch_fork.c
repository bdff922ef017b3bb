/* SPDX-License-Identifier: MIT */
/* A child with memory of its own. Needed where credentials change: a process must not share memory with one that has more
   rights than it (edge case S10); and where sharing is not to be had. */
#include <errno.h>
#include <unistd.h>

#include "fork.h"
#include "launch.h"

int kin_posix_launch_fork(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch)
{
    struct kin_posix_status status = { -1, -1 };
    int os_error = kin_posix_status_open(&status, (int)launch->child.slot_count);

    if (os_error != 0)
        return os_error;
    launch->child.status = status.writer;
    launch->child.denied = kin_posix_launcher_denied(launcher);
    launch->id = kin_posix_fork(launch->child.denied, &launch->pidfd);
    if (launch->id == 0)
        kin_posix_child_run(&launch->child);
    os_error = launch->id < 0 ? errno : kin_posix_status_read(&status, launch->id, &launch->record);
    launch->child.status = -1;
    kin_posix_status_close(&status);
    return os_error;
}
