/* SPDX-License-Identifier: MIT */
#include "wait.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

/* getrusage(2): the peak is in bytes on macOS, in kibibytes on the BSDs. */
#if defined(__APPLE__)
#define PEAK_UNIT 1
#else
#define PEAK_UNIT 1024
#endif

static uint64_t microseconds(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000000 + (uint64_t)time->tv_usec;
}

static void read_usage(const struct rusage *usage, kin_usage *result)
{
    result->known = true;
    result->user_us = microseconds(&usage->ru_utime);
    result->system_us = microseconds(&usage->ru_stime);
    result->peak_memory_bytes = (uint64_t)usage->ru_maxrss * PEAK_UNIT;
}

static void read_wait_status(int code, kin_status *status)
{
    if (WIFEXITED(code)) {
        status->kind = KIN_EXIT_CODE;
        status->code = (uint32_t)WEXITSTATUS(code);
    } else {
        status->kind = KIN_EXIT_SIGNAL;
        status->signal = WTERMSIG(code);
        status->core_dumped = WCOREDUMP(code) != 0;
    }
}

static void read_siginfo(const siginfo_t *info, kin_status *status)
{
    if (info->si_code == CLD_EXITED) {
        status->kind = KIN_EXIT_CODE;
        status->code = (uint32_t)info->si_status & 0xff;
    } else {
        status->kind = KIN_EXIT_SIGNAL;
        status->signal = info->si_status;
        status->core_dumped = info->si_code == CLD_DUMPED;
    }
}

static int reap(pid_t id, bool patient, kin_status *status)
{
    struct rusage usage;
    int code = 0;
    pid_t result;

    do {
        result = wait4(id, &code, patient ? 0 : WNOHANG, &usage);
    } while (result < 0 && errno == EINTR);
    if (result == 0)
        return EAGAIN;
    if (result < 0)
        return ECHILD;
    read_wait_status(code, status);
    read_usage(&usage, &status->usage);
    return 0;
}

/* waitid() tells nothing about usage here. */
static int keep(pid_t id, bool patient, kin_status *status)
{
    siginfo_t info = { 0 };
    int result;

    do {
        info.si_pid = 0;
        result = waitid(P_PID, (id_t)id, &info, WEXITED | WNOWAIT | (patient ? 0 : WNOHANG));
    } while (result != 0 && errno == EINTR);
    if (result != 0)
        return ECHILD;
    if (info.si_pid == 0)
        return EAGAIN;
    read_siginfo(&info, status);
    return 0;
}

int kin_posix_wait(pid_t id, int pidfd, enum kin_posix_wait_mode mode, kin_status *status)
{
    const bool patient = mode == KIN_POSIX_WAIT_REAP || mode == KIN_POSIX_WAIT_KEEP;
    const bool keeps = mode == KIN_POSIX_WAIT_KEEP || mode == KIN_POSIX_TRY_KEEP;
    int os_error;

    (void)pidfd;
    *status = (kin_status){ 0 };
    os_error = keeps ? keep(id, patient, status) : reap(id, patient, status);
    if (os_error == ECHILD)
        status->kind = KIN_EXIT_LOST;
    return os_error;
}

void kin_posix_wait_reap(pid_t id)
{
    while (waitpid(id, NULL, 0) < 0 && errno == EINTR)
        continue;
}
