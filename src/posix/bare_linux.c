/* SPDX-License-Identifier: MIT */
#include "bare.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "policy.h"

/* Newer than the headers of some systems that are still built on. The numbers are the same on all architectures of today. */
#if !defined(SYS_close_range)
#define SYS_close_range 436
#endif
#define RANGE_UNSHARE 2u /* CLOSE_RANGE_UNSHARE, Linux 5.9 */
#define RANGE_CLOEXEC 4u /* CLOSE_RANGE_CLOEXEC, Linux 5.11 */

/* 32-bit systems kept their old calls, with 16-bit ids, under the plain names. */
#if defined(SYS_setresuid32)
#define CALL_SETRESUID SYS_setresuid32
#define CALL_GETRESUID SYS_getresuid32
#define CALL_SETRESGID SYS_setresgid32
#define CALL_GETRESGID SYS_getresgid32
#define CALL_SETGROUPS SYS_setgroups32
#else
#define CALL_SETRESUID SYS_setresuid
#define CALL_GETRESUID SYS_getresuid
#define CALL_SETRESGID SYS_setresgid
#define CALL_GETRESGID SYS_getresgid
#define CALL_SETGROUPS SYS_setgroups
#endif

/* When nothing lists the open descriptors, this many are tried. */
#define MOST_TRIED 65536

/* ----------------------------------------------------------------------------------------------------------- system calls --- */

#if defined(__x86_64__) && !defined(__ILP32__)

static long call(long number, long first, long second, long third, long fourth)
{
    register long fourth_register __asm__("r10") = fourth;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second), "d"(third), "r"(fourth_register)
                     : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__)

static long call(long number, long first, long second, long third, long fourth)
{
    register long number_register __asm__("x8") = number;
    register long result __asm__("x0") = first;
    register long second_register __asm__("x1") = second;
    register long third_register __asm__("x2") = third;
    register long fourth_register __asm__("x3") = fourth;

    __asm__ volatile("svc #0"
                     : "+r"(result)
                     : "r"(number_register), "r"(second_register), "r"(third_register), "r"(fourth_register)
                     : "memory");
    return result;
}

#else

/* errno may be the parent's here. It sleeps until the exec, and does not look at its errno afterwards. */
static long call(long number, long first, long second, long third, long fourth)
{
    const long result = syscall(number, first, second, third, fourth);

    return result < 0 ? -errno : result;
}

#endif

static long address(const void *pointer)
{
    return (long)(intptr_t)pointer;
}

/* ----------------------------------------------------------------------------------------------------------- descriptors --- */

int kin_posix_bare_dup_above(int descriptor, int lowest)
{
    return (int)call(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, lowest, 0);
}

/* dup3(2): EBUSY while another thread opens something in the target's place, which can be only in a shared table. */
int kin_posix_bare_dup_to(int descriptor, int target)
{
    long result;

    do {
        result = call(SYS_dup3, descriptor, target, 0, 0);
    } while (result == -EINTR || result == -EBUSY);
    return (int)result;
}

int kin_posix_bare_keep_at_exec(int descriptor)
{
    return (int)call(SYS_fcntl, descriptor, F_SETFD, 0, 0);
}

static long close_range_of(unsigned first, unsigned last, unsigned flags)
{
    return first > last ? 0 : call(SYS_close_range, (long)first, (long)last, (long)flags, 0);
}

int kin_posix_bare_unshare_table(int end, unsigned denied)
{
    if ((denied & KIN_POSIX_DENY_CLOSE_RANGE) != 0)
        return -ENOSYS;
    return (int)close_range_of((unsigned)end, ~0u, RANGE_UNSHARE);
}

/* ------------------------------------------------------------------------------------------------ nothing else in the child --- */

static bool close_with_range(int first, int kept, unsigned denied)
{
    if ((denied & KIN_POSIX_DENY_CLOSE_RANGE) != 0)
        return false;
    if ((denied & KIN_POSIX_DENY_CLOSE_CLOEXEC) == 0 && close_range_of((unsigned)first, ~0u, RANGE_CLOEXEC) == 0)
        return true;
    if (kept < first)
        return close_range_of((unsigned)first, ~0u, 0) == 0;
    return close_range_of((unsigned)first, (unsigned)kept - 1, 0) == 0 && close_range_of((unsigned)kept + 1, ~0u, 0) == 0;
}

static void mark(int descriptor)
{
    (void)call(SYS_fcntl, descriptor, F_SETFD, FD_CLOEXEC, 0);
}

/* The layout of getdents64(2), which no header of the C library gives. */
struct directory_entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

/* -1 for "." and "..". */
static int descriptor_of(const char *name)
{
    int number = 0;

    /* The analyzer does not see the system call write what is read here. */
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
    if (*name == '.')
        return -1;
    for (; *name != '\0'; name++)
        number = number * 10 + (*name - '0');
    return number;
}

static void mark_entries(const char *entries, long size, int first)
{
    for (long at = 0; at < size;) {
        const struct directory_entry *entry = (const struct directory_entry *)(const void *)(entries + at);
        const int descriptor = descriptor_of(entry->name);

        if (descriptor >= first)
            mark(descriptor);
        at += entry->size;
    }
}

/* Marked, not closed: what a directory lists had better not change under the reading. */
static bool mark_listed(int first, unsigned denied)
{
    _Alignas(struct directory_entry) char entries[2048];
    long directory;
    long size;

    if ((denied & KIN_POSIX_DENY_PROC) != 0)
        return false;
    directory = call(SYS_openat, AT_FDCWD, address("/proc/self/fd"), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (directory < 0)
        return false;
    while ((size = call(SYS_getdents64, directory, address(entries), sizeof entries, 0)) > 0)
        mark_entries(entries, size, first);
    (void)call(SYS_close, directory, 0, 0, 0);
    return size == 0;
}

/* The hard limit: descriptors may be open above a soft one that was lowered since (edge case S35). */
static void mark_all(int first)
{
    struct {
        uint64_t soft, hard;
    } limit = { MOST_TRIED, MOST_TRIED };
    int end = MOST_TRIED;

    (void)call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, address(&limit));
    if (limit.hard < MOST_TRIED)
        end = (int)limit.hard;
    for (int descriptor = first; descriptor < end; descriptor++)
        mark(descriptor);
}

void kin_posix_bare_close_from(int first, int kept, unsigned denied)
{
    if (!close_with_range(first, kept, denied) && !mark_listed(first, denied))
        mark_all(first);
}

/* ---------------------------------------------------------------------------------------------------------------- identity --- */

int kin_posix_bare_lead_group(void)
{
    return (int)call(SYS_setpgid, 0, 0, 0, 0);
}

int kin_posix_bare_lead_session(void)
{
    return (int)call(SYS_setsid, 0, 0, 0, 0);
}

void kin_posix_bare_umask(unsigned mask)
{
    (void)call(SYS_umask, (long)mask, 0, 0, 0);
}

int kin_posix_bare_set_groups(size_t count, const uint32_t *groups)
{
    return (int)call(CALL_SETGROUPS, (long)count, address(groups), 0, 0);
}

static int set_and_look(long set, long get, uint32_t id)
{
    uint32_t real = ~id;
    uint32_t effective = ~id;
    uint32_t saved = ~id;
    long result = call(set, (long)id, (long)id, (long)id, 0);

    if (result == 0)
        result = call(get, address(&real), address(&effective), address(&saved), 0);
    if (result == 0 && (real != id || effective != id || saved != id))
        result = -EPERM;
    return (int)result;
}

int kin_posix_bare_set_gid(uint32_t gid)
{
    return set_and_look(CALL_SETRESGID, CALL_GETRESGID, gid);
}

int kin_posix_bare_set_uid(uint32_t uid)
{
    return set_and_look(CALL_SETRESUID, CALL_GETRESUID, uid);
}

int kin_posix_bare_set_death_signal(int signal)
{
    return (int)call(SYS_prctl, PR_SET_PDEATHSIG, signal, 0, 0);
}

int kin_posix_bare_id(void)
{
    return (int)call(SYS_getpid, 0, 0, 0, 0);
}

int kin_posix_bare_parent(void)
{
    return (int)call(SYS_getppid, 0, 0, 0, 0);
}

int kin_posix_bare_chdir(const char *path)
{
    return (int)call(SYS_chdir, address(path), 0, 0, 0);
}

/* ----------------------------------------------------------------------------------------------------------------- signals --- */

#define SIGNAL_SET_BYTES ((long)_NSIG / 8)

/* All zero is the default action in the kernel's structure on every architecture. CLONE_CLEAR_SIGHAND would do it for handlers
   only; ignored signals stay ignored over clone() and exec alike. SIGKILL and SIGSTOP answer EINVAL. */
void kin_posix_bare_default_signals(void)
{
    const unsigned long action[16] = { 0 };

    for (long number = 1; number < _NSIG; number++)
        (void)call(SYS_rt_sigaction, number, address(action), 0, SIGNAL_SET_BYTES);
}

void kin_posix_bare_unblock_signals(void)
{
    const unsigned char none[_NSIG / 8] = { 0 };

    (void)call(SYS_rt_sigprocmask, SIG_SETMASK, address(none), 0, SIGNAL_SET_BYTES);
}

/* Without waiting. A moment of nothing looks the same in every layout of a time. */
void kin_posix_bare_discard_sigpipe(void)
{
    const unsigned long set[_NSIG / 8 / sizeof(unsigned long)] = { 1ul << (SIGPIPE - 1) };
    const unsigned long at_once[4] = { 0 };

#if defined(SYS_rt_sigtimedwait)
    (void)call(SYS_rt_sigtimedwait, address(set), 0, address(at_once), SIGNAL_SET_BYTES);
#else
    (void)call(SYS_rt_sigtimedwait_time64, address(set), 0, address(at_once), SIGNAL_SET_BYTES);
#endif
}

/* --------------------------------------------------------------------------------------------------------------------- end --- */

int kin_posix_bare_execve(const char *path, const char *const *argv, const char *const *environment)
{
    return (int)call(SYS_execve, address(path), address(argv), address(environment), 0);
}

int kin_posix_bare_write(int descriptor, const void *data, size_t size)
{
    long result;

    do {
        result = call(SYS_write, descriptor, address(data), (long)size, 0);
    } while (result == -EINTR);
    return result < 0 ? (int)result : 0;
}

void kin_posix_bare_exit(int code)
{
    for (;;)
        (void)call(SYS_exit_group, code, 0, 0, 0);
}
