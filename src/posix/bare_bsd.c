/* SPDX-License-Identifier: MIT */
/* macOS and the BSDs promise the functions of their C library, not system calls. All that is used here is async-signal-safe by
   POSIX or a plain system call there; the child has memory of its own. */
#include "bare.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy.h"

/* When nothing closes the open descriptors at once, this many are tried. */
#define MOST_TRIED 65536

static int result_of(int result)
{
    return result < 0 ? -errno : result;
}

/* ----------------------------------------------------------------------------------------------------------- descriptors --- */

int kin_posix_bare_dup_above(int descriptor, int lowest)
{
    return result_of(fcntl(descriptor, F_DUPFD_CLOEXEC, lowest));
}

int kin_posix_bare_dup_to(int descriptor, int target)
{
    int result;

    do {
        result = dup2(descriptor, target);
    } while (result < 0 && errno == EINTR);
    return result_of(result);
}

int kin_posix_bare_keep_at_exec(int descriptor)
{
    return result_of(fcntl(descriptor, F_SETFD, 0));
}

int kin_posix_bare_unshare_table(int end, unsigned denied)
{
    (void)end;
    (void)denied;
    return -ENOSYS;
}

static int close_with_range(int first, unsigned denied)
{
#if defined(CLOSE_RANGE_CLOEXEC) /* FreeBSD 13.1 */
    if ((denied & (KIN_POSIX_DENY_CLOSE_RANGE | KIN_POSIX_DENY_CLOSE_CLOEXEC)) == 0)
        return close_range((unsigned)first, ~0u, CLOSE_RANGE_CLOEXEC);
#endif
    (void)first;
    (void)denied;
    return -1;
}

/* The hard limit: descriptors may be open above a soft one that was lowered since (edge case S35). */
static int end_of_table(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max > MOST_TRIED)
        return MOST_TRIED;
    return (int)limit.rlim_max;
}

void kin_posix_bare_close_from(int first, int kept, unsigned denied)
{
    (void)kept; /* it is close-on-exec like the others, no more */
    if (close_with_range(first, denied) == 0)
        return;
    for (int descriptor = first, end = end_of_table(); descriptor < end; descriptor++)
        (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

/* ---------------------------------------------------------------------------------------------------------------- identity --- */

int kin_posix_bare_lead_group(void)
{
    return result_of(setpgid(0, 0));
}

int kin_posix_bare_lead_session(void)
{
    return result_of(setsid());
}

void kin_posix_bare_umask(unsigned mask)
{
    (void)umask((mode_t)mask);
}

/* getgroups(2) of FreeBSD and macOS counts the effective group as the first one; setting none at all leaves that. */
int kin_posix_bare_set_groups(size_t count, const uint32_t *groups)
{
    return result_of(setgroups((int)count, (const gid_t *)groups));
}

/* Neither macOS nor NetBSD has setresuid(). With the rights to change it, setuid() sets all three ids everywhere; the saved one
   shows in that the old user cannot be had back. */
int kin_posix_bare_set_gid(uint32_t gid)
{
    const int result = result_of(setgid((gid_t)gid));

    if (result == 0 && (getgid() != gid || getegid() != gid))
        return -EPERM;
    return result;
}

int kin_posix_bare_set_uid(uint32_t uid)
{
    const int result = result_of(setuid((uid_t)uid));

    if (result == 0 && (getuid() != uid || geteuid() != uid || (uid != 0 && setuid(0) == 0)))
        return -EPERM;
    return result;
}

int kin_posix_bare_set_death_signal(int signal)
{
    (void)signal;
    return -ENOSYS;
}

int kin_posix_bare_id(void)
{
    return getpid();
}

int kin_posix_bare_parent(void)
{
    return getppid();
}

int kin_posix_bare_chdir(const char *path)
{
    return result_of(chdir(path));
}

/* ----------------------------------------------------------------------------------------------------------------- signals --- */

#if !defined(NSIG)
#define NSIG 128
#endif

void kin_posix_bare_default_signals(void)
{
    struct sigaction action = { 0 };

    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++)
        (void)sigaction(number, &action, NULL);
}

/* sigaction() in POSIX: to ignore a signal discards one that waits. All dispositions become the default ones later. */
void kin_posix_bare_discard_sigpipe(void)
{
    struct sigaction action = { 0 };

    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
}

void kin_posix_bare_unblock_signals(void)
{
    sigset_t none;

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* --------------------------------------------------------------------------------------------------------------------- end --- */

int kin_posix_bare_execve(const char *path, const char *const *argv, const char *const *environment)
{
    return result_of(execve(path, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment));
}

int kin_posix_bare_write(int descriptor, const void *data, size_t size)
{
    ssize_t count;

    do {
        count = write(descriptor, data, size);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : 0;
}

void kin_posix_bare_exit(int code)
{
    _exit(code);
}
