/* SPDX-License-Identifier: MIT */
#include "fork.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clone.h"
#include "launch.h"
#include "policy.h"
#include "sanitizer.h"

/*
 * By the system call: handlers of pthread_atfork() are for copies that live on. The pidfd comes with the child, so that it is
 * right even if the host has its children reaped at once. The stack is the copy of ours.
 */
static pid_t raw_fork(unsigned denied, int *pidfd)
{
    struct kin_posix_clone_arguments arguments = {.pidfd = (uint64_t)(uintptr_t)pidfd};

    if ((denied & KIN_POSIX_DENY_PIDFD) == 0)
        arguments.flags |= KIN_POSIX_CLONE_PIDFD;
    return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

static bool may_go_without_pidfd(int os_error)
{
    return os_error == EMFILE || os_error == ENFILE;
}

/* The sanitizers' run-time must hear of a fork, or its locks stand as they did. */
pid_t kin_posix_fork(unsigned denied, int *pidfd)
{
    pid_t id = -1;

    errno = ENOSYS;
    if ((denied & KIN_POSIX_DENY_CLONE3) == 0 && !KIN_POSIX_THREAD_SANITIZER)
        id = raw_fork(denied, pidfd);
    if (id < 0 && may_go_without_pidfd(errno))
        id = raw_fork(denied | KIN_POSIX_DENY_PIDFD, pidfd);
    if (id < 0 && kin_posix_is_refusal(errno))
        id = fork();
    return id;
}
