/* SPDX-License-Identifier: MIT */
/*
 * Linux: a child that runs on our memory, while this thread sleeps until its exec. Nothing of the parent is copied, so the
 * cost does not depend on its size; and what the child has to tell, it writes where the parent reads.
 *
 * That memory is shared, is seen before it is trusted: valgrind and qemu turn such a clone into a fork. The first launch
 * of a loop therefore has a status pipe as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clone.h"
#include "descriptor.h"
#include "launch.h"
#include "policy.h"
#include "sanitizer.h"

/* The child's frames are small; sanitizers make them larger. The guard below them is the largest page there is. */
#define STACK_BYTES ((size_t)128 * 1024)
#define GUARD_BYTES ((size_t)64 * 1024)

/* From here on it pays to share the descriptor table: its copy costs more than moving the sources to low places. */
#define MANY_DESCRIPTORS 256

/* -------------------------------------------------------------------------------------------------------------- launcher --- */

void kin_posix_launcher_open(struct kin_posix_launcher *launcher, int poll)
{
    *launcher = (struct kin_posix_launcher){ .poll = poll, .last_pidfd = -1 };
    for (size_t i = 0; i < KIN_POSIX_LOW_PLACES; i++)
        launcher->low[i] = fcntl(poll, F_DUPFD_CLOEXEC, KIN_POSIX_FIRST_DESCRIPTOR);
}

void kin_posix_launcher_close(struct kin_posix_launcher *launcher)
{
    for (size_t i = 0; i < KIN_POSIX_LOW_PLACES; i++)
        kin_posix_descriptor_close(&launcher->low[i]);
    if (launcher->stack != NULL)
        (void)munmap(launcher->stack, STACK_BYTES);
}

static bool has_stack(struct kin_posix_launcher *launcher)
{
    void *stack;

    if (launcher->stack != NULL)
        return true;
    stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return false;
    if (mprotect(stack, GUARD_BYTES, PROT_NONE) != 0) {
        (void)munmap(stack, STACK_BYTES);
        return false;
    }
    launcher->stack = stack;
    return true;
}

/* ----------------------------------------------------------------------------------------------------------------- clone --- */

static int run_child(void *child)
{
    kin_posix_child_run(child);
    return 0;
}

/* clone3() with a stack of its own returns twice, the second time on an empty stack: C cannot express that. The child calls
   and does not come back. A process id, or a negative errno value. */
#if defined(__x86_64__) && !defined(__ILP32__)

static long clone3_on_stack(const struct kin_posix_clone_arguments *arguments, void *child)
{
    int (*entry)(void *) = run_child;
    long result;

    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %[child], %%rdi\n\t"
                     "call *%[entry]\n\t"
                     "hlt\n"
                     "1:"
                     : "=a"(result)
                     : "a"((long)SYS_clone3), "D"(arguments), "S"(sizeof *arguments), [entry] "r"(entry), [child] "r"(child)
                     : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__)

static long clone3_on_stack(const struct kin_posix_clone_arguments *arguments, void *child)
{
    register long number __asm__("x8") = SYS_clone3;
    register long result __asm__("x0") = (long)(intptr_t)arguments;
    register long size __asm__("x1") = sizeof *arguments;
    register void *child_register __asm__("x2") = child;
    register int (*entry)(void *) __asm__("x3") = run_child;

    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, #0\n\t"
                     "mov x30, #0\n\t"
                     "mov x0, x2\n\t"
                     "blr x3\n\t"
                     "brk #1\n"
                     "1:"
                     : "+r"(result)
                     : "r"(number), "r"(size), "r"(child_register), "r"(entry)
                     : "memory", "cc");
    return result;
}

#else

static long clone3_on_stack(const struct kin_posix_clone_arguments *arguments, void *child)
{
    (void)arguments;
    (void)child;
    return -ENOSYS;
}

#endif

static long try_clone3(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch, uint64_t flags)
{
    const struct kin_posix_clone_arguments arguments = {
        .flags = flags,
        .pidfd = (uint64_t)(uintptr_t)&launch->pidfd,
        .stack = (uint64_t)(uintptr_t)launcher->stack + GUARD_BYTES,
        .stack_size = STACK_BYTES - GUARD_BYTES,
    };
    long result;

    if ((launch->child.denied & KIN_POSIX_DENY_CLONE3) != 0)
        return -ENOSYS;
    result = clone3_on_stack(&arguments, &launch->child);
    if (result < 0 && kin_posix_is_refusal((int)-result))
        launcher->missing |= KIN_POSIX_DENY_CLONE3;
    return result;
}

/* An older kernel ignores CLONE_PIDFD here, and leaves `pidfd` at -1. */
static long try_clone(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch, uint64_t flags)
{
    char *top = (char *)launcher->stack + STACK_BYTES;
    int id;

    if ((launch->child.denied & KIN_POSIX_DENY_CLONE) != 0)
        return -ENOSYS;
    id = clone(run_child, top, (int)flags, &launch->child, &launch->pidfd);
    if (id >= 0)
        return id;
    if (kin_posix_is_refusal(errno))
        launcher->missing |= KIN_POSIX_DENY_CLONE;
    return -errno;
}

/* A process more costs a descriptor more; without one a thread watches it (edge case R06). */
static int clone_child(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch, uint64_t flags)
{
    const bool with_pidfd = (launch->child.denied & KIN_POSIX_DENY_PIDFD) == 0;
    const uint64_t all = with_pidfd ? flags | KIN_POSIX_CLONE_PIDFD : flags;
    long id = try_clone3(launcher, launch, all);

    if (id < 0 && kin_posix_is_refusal((int)-id))
        id = try_clone(launcher, launch, all);
    if ((id == -EMFILE || id == -ENFILE) && with_pidfd) {
        launch->child.denied |= KIN_POSIX_DENY_PIDFD;
        return clone_child(launcher, launch, flags);
    }
    if (id < 0)
        return kin_posix_is_refusal((int)-id) ? KIN_POSIX_UNAVAILABLE : (int)-id;
    launch->id = (pid_t)id;
    return 0;
}

/* ---------------------------------------------------------------------------------------------------- with the table copied --- */

static const uint64_t as_vfork = KIN_POSIX_CLONE_VM | KIN_POSIX_CLONE_VFORK;

static int launch_trusted(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch)
{
    return clone_child(launcher, launch, as_vfork);
}

static int launch_untrusted(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch)
{
    struct kin_posix_status status = { -1, -1 };
    int os_error = kin_posix_status_open(&status, (int)launch->child.slot_count);

    if (os_error != 0)
        return os_error;
    launch->child.status = status.writer;
    os_error = clone_child(launcher, launch, as_vfork);
    if (os_error == 0) {
        launcher->memory = launch->record.started ? KIN_POSIX_MEMORY_SHARED : KIN_POSIX_MEMORY_APART;
        if (launcher->memory == KIN_POSIX_MEMORY_APART)
            os_error = kin_posix_status_read(&status, launch->id, &launch->record);
    }
    launch->child.status = -1;
    kin_posix_status_close(&status);
    return os_error;
}

/* ---------------------------------------------------------------------------------------------------- with the table shared --- */

/*
 * The kernel copies the descriptor table at clone() and looks at all of it at exec. Here the child has the parent's own table,
 * and leaves it by close_range(CLOSE_RANGE_UNSHARE), which copies only what is below the number it is given. So the sources
 * have to stand low: they visit the low places for as long as it takes.
 */
static bool is_crowded(const struct kin_posix_launcher *launcher, const struct kin_posix_launch *launch)
{
    if ((launch->child.denied & KIN_POSIX_FORCE_TABLE) != 0 || launcher->last_pidfd >= MANY_DESCRIPTORS)
        return true;
    for (size_t i = 0; i < launch->child.slot_count; i++) {
        if (launch->child.sources[i] >= MANY_DESCRIPTORS)
            return true;
    }
    return false;
}

/* The place of a source that stands too high; one that several slots name has one place. -1: none is left. */
static int place_for(const struct kin_posix_launcher *launcher, const int *sources, size_t slot, size_t *used, int *lowered)
{
    for (size_t i = 0; i < slot; i++) {
        if (sources[i] == sources[slot])
            return lowered[i];
    }
    if (*used == KIN_POSIX_LOW_PLACES || launcher->low[*used] < 0)
        return -1;
    return launcher->low[(*used)++];
}

static int lower_sources(const struct kin_posix_launcher *launcher, const struct kin_posix_launch *launch, int *lowered,
                         size_t *used)
{
    const int *sources = launch->child.sources;
    int highest = (int)launch->child.slot_count - 1;

    for (size_t i = 0; i < launch->child.slot_count; i++) {
        lowered[i] = sources[i];
        if (sources[i] >= KIN_POSIX_FIRST_DESCRIPTOR)
            lowered[i] = place_for(launcher, sources, i, used, lowered);
        if (lowered[i] < 0 || (lowered[i] != sources[i] && dup3(sources[i], lowered[i], O_CLOEXEC) < 0))
            return -1;
        highest = lowered[i] > highest ? lowered[i] : highest;
    }
    return highest;
}

/* What visits a low place is an end of a pipe: it must not stay, or its reader would never see the end. */
static void restore_places(struct kin_posix_launcher *launcher, size_t used)
{
    for (size_t i = 0; i < used; i++) {
        if (dup3(launcher->poll, launcher->low[i], O_CLOEXEC) < 0)
            kin_posix_descriptor_close(&launcher->low[i]);
    }
}

static int launch_lowered(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch, int highest)
{
    int os_error;

    if (highest < 0 || highest >= MANY_DESCRIPTORS)
        return KIN_POSIX_UNAVAILABLE;
    launch->child.share_below = highest + 1;
    os_error = clone_child(launcher, launch, as_vfork | KIN_POSIX_CLONE_FILES);
    launch->child.share_below = 0;
    return os_error;
}

static int launch_with_shared_table(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch)
{
    const int *sources = launch->child.sources;
    int lowered[KIN_POSIX_LOW_PLACES];
    size_t used = 0;
    int os_error;

    if (launch->child.slot_count > KIN_POSIX_LOW_PLACES)
        return KIN_POSIX_UNAVAILABLE;
    os_error = lower_sources(launcher, launch, lowered, &used);
    launch->child.sources = lowered;
    os_error = launch_lowered(launcher, launch, os_error);
    launch->child.sources = sources;
    restore_places(launcher, used);
    return os_error;
}

/* A kernel without close_range(), or a filter: this loop does not ask again. */
static bool was_refused(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch)
{
    if (!launch->record.table_refused)
        return false;
    launcher->missing |= KIN_POSIX_DENY_TABLE;
    kin_posix_launch_put_away(launch);
    launch->record = (struct kin_posix_record){ 0 };
    return true;
}

/* ------------------------------------------------------------------------------------------------------------------- choice --- */

static bool may_share_memory(const struct kin_posix_launcher *launcher, const struct kin_posix_launch *launch)
{
    return !KIN_POSIX_THREAD_SANITIZER && launch->child.credentials == NULL &&
           (launch->child.denied & KIN_POSIX_DENY_MEMORY) == 0 && launcher->memory != KIN_POSIX_MEMORY_APART;
}

static bool may_share_table(const struct kin_posix_launcher *launcher, const struct kin_posix_launch *launch)
{
    return (launch->child.denied & (KIN_POSIX_DENY_TABLE | KIN_POSIX_DENY_CLOSE_RANGE)) == 0 && is_crowded(launcher, launch);
}

int kin_posix_launch_fast(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch)
{
    int os_error = KIN_POSIX_UNAVAILABLE;

    launch->child.denied = kin_posix_launcher_denied(launcher);
    if (!may_share_memory(launcher, launch) || !has_stack(launcher))
        return KIN_POSIX_UNAVAILABLE;
    if (launcher->memory == KIN_POSIX_MEMORY_UNKNOWN)
        return launch_untrusted(launcher, launch);
    if (may_share_table(launcher, launch))
        os_error = launch_with_shared_table(launcher, launch);
    if (os_error == KIN_POSIX_UNAVAILABLE || (os_error == 0 && was_refused(launcher, launch)))
        os_error = launch_trusted(launcher, launch);
    if (os_error == 0)
        launcher->last_pidfd = launch->pidfd;
    return os_error;
}
