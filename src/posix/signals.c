/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <pthread.h>
#include <stddef.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

/* --------------------------------------------------------------------------------------------------------------- SIGPIPE --- */

static void only_sigpipe(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGPIPE);
}

static bool is_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

/* A signal that is not blocked is not pending either: the question is asked only in a host that blocks it. */
void kin_posix_sigpipe_hold(struct kin_posix_sigpipe_guard *guard)
{
    sigset_t set;
    sigset_t before;

    if (guard->on)
        return;
    only_sigpipe(&set);
    (void)sigemptyset(&before);
    (void)pthread_sigmask(SIG_BLOCK, &set, &before);
    *guard = (struct kin_posix_sigpipe_guard){ .on = true, .was_blocked = sigismember(&before, SIGPIPE) == 1 };
    guard->was_pending = guard->was_blocked && is_pending();
}

/* What is pending now was raised in this thread by our write, so that sigwait() finds it and does not wait. */
static void take_pending(const sigset_t *set)
{
    int number;

    if (is_pending())
        (void)sigwait(set, &number);
}

void kin_posix_sigpipe_release(struct kin_posix_sigpipe_guard *guard)
{
    sigset_t set;

    if (!guard->on)
        return;
    only_sigpipe(&set);
    if (guard->raised && !guard->was_pending)
        take_pending(&set);
    if (!guard->was_blocked)
        (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    *guard = (struct kin_posix_sigpipe_guard){ 0 };
}

/* ----------------------------------------------------------------------------------------------------------- all signals --- */

#if defined(__linux__)

/* The system call itself: pthread_sigmask() leaves out two or three signals that the C library uses between threads, and their
   handlers would run in the child as well. The kernel's set has a bit per signal; _NSIG is one more than the last signal. */
static void set_mask(const sigset_t *set, sigset_t *before)
{
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, set, before, (size_t)_NSIG / 8);
}

static void fill(sigset_t *set)
{
    unsigned char *bytes = (unsigned char *)set;

    for (size_t i = 0; i < sizeof *set; i++)
        bytes[i] = 0xff;
}

#else

static void set_mask(const sigset_t *set, sigset_t *before)
{
    (void)pthread_sigmask(SIG_SETMASK, set, before);
}

static void fill(sigset_t *set)
{
    (void)sigfillset(set);
}

#endif

void kin_posix_signals_block(struct kin_posix_mask *before)
{
    sigset_t all;

    fill(&all);
    (void)sigemptyset(&before->set);
    set_mask(&all, &before->set);
}

void kin_posix_signals_block_for_thread(struct kin_posix_mask *before)
{
    sigset_t all;

    (void)sigfillset(&all);
    (void)sigemptyset(&before->set);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before->set);
}

void kin_posix_signals_restore(const struct kin_posix_mask *before)
{
    set_mask(&before->set, NULL);
}
