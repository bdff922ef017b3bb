/* SPDX-License-Identifier: MIT */
#include "fork.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clone.h"
#include "launch.h"
#include "policy.h"
#include "sanitizer.h"
#include "stat_linux.h"

/*
 * By the system call: handlers of pthread_atfork() are for copies that live on. The pidfd comes with the child, so that it is
 * right even if the host has its children reaped at once. The stack is the copy of ours.
 */
static pid_t fork_by_clone3(uint64_t flags, int *pidfd)
{
    const struct kin_posix_clone_arguments arguments = { .flags = flags, .pidfd = (uint64_t)(uintptr_t)pidfd };

    return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

/* clone(2) has its arguments in another order on some architectures. Where `pidfd` comes third, is known of these. */
static pid_t fork_by_clone(uint64_t flags, int *pidfd)
{
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__arm__) || defined(__riscv)
    return (pid_t)syscall(SYS_clone, (unsigned long)flags, NULL, pidfd, NULL, NULL);
#else
    (void)flags;
    (void)pidfd;
    errno = ENOSYS;
    return -1;
#endif
}

static pid_t raw_fork(unsigned denied, int *pidfd)
{
    const uint64_t flags = (denied & KIN_POSIX_DENY_PIDFD) == 0 ? KIN_POSIX_CLONE_PIDFD : 0;
    pid_t id = -1;

    errno = ENOSYS;
    if ((denied & KIN_POSIX_DENY_CLONE3) == 0)
        id = fork_by_clone3(flags, pidfd);
    if (id < 0 && kin_posix_is_refusal(errno) && (denied & KIN_POSIX_DENY_CLONE) == 0)
        id = fork_by_clone(flags, pidfd);
    return id;
}

static bool may_go_without_pidfd(int os_error)
{
    return os_error == EMFILE || os_error == ENFILE;
}

/* The run-time of a sanitizer with threads of its own must hear of a fork, or its locks stay as they were. */
pid_t kin_posix_fork(unsigned denied, int *pidfd)
{
    pid_t id = -1;

    errno = ENOSYS;
    if (!KIN_POSIX_THREAD_SANITIZER)
        id = raw_fork(denied, pidfd);
    if (id < 0 && may_go_without_pidfd(errno))
        id = raw_fork(denied | KIN_POSIX_DENY_PIDFD, pidfd);
    if (id < 0 && kin_posix_is_refusal(errno))
        id = fork();
    return id;
}

/* namespaces(7); the second one since Linux 4.12. As long as the other namespace has no process, the link is there and leads
   nowhere. */
bool kin_posix_fork_leaves_namespace(void)
{
    static const char link[] = "/proc/self/ns/pid_for_children";
    struct stat ours;
    struct stat theirs;

    if (stat("/proc/self/ns/pid", &ours) != 0 || lstat(link, &theirs) != 0)
        return false;
    if (stat(link, &theirs) != 0)
        return true;
    return ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev;
}

bool kin_posix_fork_is_over(pid_t id)
{
    struct kin_posix_stat found;

    return kin_posix_stat_read(id, &found) && (found.ended || !found.executes_nothing);
}
