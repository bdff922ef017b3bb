/* SPDX-License-Identifier: MIT */
#include "wait.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_BY_PIDFD 3 /* P_PIDFD, Linux 5.4 */

/* Linux 6.15: what a pidfd remembers of a process that is gone. Not in the headers of most systems yet. */
struct pidfd_info {
    uint64_t mask;
    uint64_t cgroup;
    uint32_t ids[11];
    int32_t exit_code;
};
#define INFO_EXIT (UINT64_C(1) << 3)                /* PIDFD_INFO_EXIT */
#define GET_INFO _IOWR(0xff, 11, struct pidfd_info) /* PIDFD_GET_INFO */

/* What the system call writes. On 32-bit systems its times are two longs each, while those of the C library may have 64 bits:
   always in musl, in glibc with _TIME_BITS=64. Everywhere else both are the same. */
#if defined(__LP64__) || defined(__x86_64__)
#define kernel_usage rusage
#else
struct kernel_time {
    long tv_sec;
    long tv_usec;
};
struct kernel_usage {
    struct kernel_time ru_utime;
    struct kernel_time ru_stime;
    long ru_maxrss;
    long others[13];
};
#endif

/* ---------------------------------------------------------------------------------------------------------------- decoding --- */

static uint64_t microseconds(int64_t seconds, int64_t rest)
{
    return (uint64_t)seconds * 1000000 + (uint64_t)rest;
}

/* getrusage(2): the peak is in kibibytes; exec keeps the one of the image before, so that it is at least ours. */
static void read_usage(const struct kernel_usage *usage, kin_usage *result)
{
    result->known = true;
    result->user_us = microseconds(usage->ru_utime.tv_sec, usage->ru_utime.tv_usec);
    result->system_us = microseconds(usage->ru_stime.tv_sec, usage->ru_stime.tv_usec);
    result->peak_memory_bytes = (uint64_t)usage->ru_maxrss * 1024;
}

static void read_siginfo(const siginfo_t *info, kin_status *status)
{
    if (info->si_code == CLD_EXITED) {
        status->kind = KIN_EXIT_CODE;
        status->code = (uint32_t)info->si_status;
    } else {
        status->kind = KIN_EXIT_SIGNAL;
        status->signal = info->si_status;
        status->core_dumped = info->si_code == CLD_DUMPED;
    }
}

static void read_wait_status(int code, kin_status *status)
{
    if (WIFEXITED(code)) {
        status->kind = KIN_EXIT_CODE;
        status->code = (uint32_t)WEXITSTATUS(code);
    } else {
        status->kind = KIN_EXIT_SIGNAL;
        status->signal = WTERMSIG(code);
        status->core_dumped = WCOREDUMP(code);
    }
}

/* The host ignores SIGCHLD, or waits for any child (edge cases R02, R03). */
static void recover(int pidfd, kin_status *status)
{
    struct pidfd_info info = { .mask = INFO_EXIT };

    status->kind = KIN_EXIT_LOST;
    /* Not ioctl(): musl declares its number as an int, glibc as an unsigned long. */
    if (pidfd >= 0 && syscall(SYS_ioctl, pidfd, GET_INFO, &info) == 0 && (info.mask & INFO_EXIT) != 0)
        read_wait_status(info.exit_code, status);
}

/* ------------------------------------------------------------------------------------------------------------------- asking --- */

static int options_of(enum kin_posix_wait_mode mode)
{
    const int keep = mode == KIN_POSIX_WAIT_KEEP || mode == KIN_POSIX_TRY_KEEP ? WNOWAIT : 0;
    const int hurry = mode == KIN_POSIX_TRY_REAP || mode == KIN_POSIX_TRY_KEEP ? WNOHANG : 0;

    return WEXITED | keep | hurry;
}

/* The system call gives the usage, which the function of the C library leaves out. __WALL: a child that a signal ended before
   its exec has none of the usual signal for its parent; waitid() knows the flag since Linux 4.7. */
static int wait_by(int kind, int number, int options, siginfo_t *info, struct kernel_usage *usage)
{
    long result;

    do {
        info->si_pid = 0;
        result = syscall(SYS_waitid, kind, number, info, options | __WALL, usage);
        if (result != 0 && errno == EINVAL)
            result = syscall(SYS_waitid, kind, number, info, options, usage);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
}

int kin_posix_wait(pid_t id, int pidfd, enum kin_posix_wait_mode mode, kin_status *status)
{
    const int options = options_of(mode);
    siginfo_t info = { 0 };
    struct kernel_usage usage = { 0 };
    int os_error = ENOSYS;

    *status = (kin_status){ 0 };
    if (pidfd >= 0)
        os_error = wait_by(WAIT_BY_PIDFD, pidfd, options, &info, &usage);
    if (os_error != 0 && os_error != ECHILD)
        os_error = wait_by(P_PID, id, options, &info, &usage);
    if (os_error != 0) {
        recover(pidfd, status);
        return ECHILD;
    }
    if (info.si_pid == 0)
        return EAGAIN;
    read_siginfo(&info, status);
    read_usage(&usage, &status->usage);
    return 0;
}

void kin_posix_wait_reap(pid_t id)
{
    while (wait4(id, NULL, __WALL, NULL) < 0 && errno == EINTR)
        continue;
}
