/* SPDX-License-Identifier: MIT */
/*
 * Hosts as they are out there: they ignore SIGCHLD, wait for every child there is, block all signals, are interrupted all the
 * time. The variable KIN_TEST_HOST names one; every test then runs in it, with the same expectations.
 */
#include "host.h"

#if !defined(_WIN32)

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static struct sigaction usual_action;
static sigset_t usual_mask;

static void act_on(int signal_number, void (*handler)(int signal_number), int flags)
{
    struct sigaction action = { .sa_flags = flags };

    sigemptyset(&action.sa_mask);
    action.sa_handler = handler;
    if (sigaction(signal_number, &action, &usual_action) != 0)
        abort();
}

/* ------------------------------------------------------------------------------------------------- nobody keeps a zombie --- */

static void ignore_children(void)
{
    act_on(SIGCHLD, SIG_IGN, 0);
}

static void heed_nothing(int signal_number)
{
    (void)signal_number;
}

static void want_no_zombies(void)
{
    act_on(SIGCHLD, heed_nothing, SA_NOCLDWAIT);
}

static void heed_children(void)
{
    sigaction(SIGCHLD, &usual_action, NULL);
}

/* ------------------------------------------------------------------------------------------------ somebody else reaps all --- */

static pthread_t reaper;
static atomic_bool reaper_ends;

/* Waits without blocking, so that it can be told to end. */
static void *reap_all(void *unused)
{
    while (!atomic_load(&reaper_ends)) {
        struct timespec rest = { 0, 200000 };

        if (waitpid(-1, NULL, WNOHANG) <= 0)
            nanosleep(&rest, NULL);
    }
    return unused;
}

static void start_reaper(void)
{
    atomic_store(&reaper_ends, false);
    if (pthread_create(&reaper, NULL, reap_all, NULL) != 0)
        abort();
}

static void end_reaper(void)
{
    atomic_store(&reaper_ends, true);
    pthread_join(reaper, NULL);
}

/* ---------------------------------------------------------------------------------------------------------------- signals --- */

static void block_all(void)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &usual_mask);
}

static void unblock_all(void)
{
    pthread_sigmask(SIG_SETMASK, &usual_mask, NULL);
}

static void set_interval(suseconds_t microseconds)
{
    const struct itimerval interval = { { 0, microseconds }, { 0, microseconds } };

    setitimer(ITIMER_REAL, &interval, NULL);
}

static void start_interrupting(void)
{
    act_on(SIGALRM, heed_nothing, 0);
    set_interval(1000);
}

static void stop_interrupting(void)
{
    set_interval(0);
    sigaction(SIGALRM, &usual_action, NULL);
}

/* ------------------------------------------------------------------------------------------------------------------ table --- */

static const struct {
    const char *name;
    void (*begin)(void);
    void (*end)(void);
} hostilities[] = {
    { "sigchld_ignored", ignore_children, heed_children },
    { "sigchld_nocldwait", want_no_zombies, heed_children },
    { "foreign_reaper", start_reaper, end_reaper },
    { "signals_blocked", block_all, unblock_all },
    { "interval_timer", start_interrupting, stop_interrupting },
};

const char *host_hostility(void)
{
    const char *name = getenv("KIN_TEST_HOST");

    return name != NULL ? name : "";
}

/* A name that there is not must not pass for a test. */
static size_t find_hostility(void)
{
    size_t i = 0;

    while (i < sizeof hostilities / sizeof hostilities[0] && strcmp(hostilities[i].name, host_hostility()) != 0)
        i++;
    if (i == sizeof hostilities / sizeof hostilities[0] && host_hostility()[0] != '\0')
        abort();
    return i;
}

static bool is_hostile(size_t i)
{
    return i < sizeof hostilities / sizeof hostilities[0];
}

void host_become_hostile(void)
{
    const size_t i = find_hostility();

    if (is_hostile(i))
        hostilities[i].begin();
}

void host_become_friendly(void)
{
    const size_t i = find_hostility();

    if (is_hostile(i))
        hostilities[i].end();
}

#endif
