/* SPDX-License-Identifier: MIT */
#include "leak.h"

#if !defined(_WIN32)

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <shim.h>

enum { MOST_DESCRIPTORS = 1024, TARGET_SIZE = 96, SIGNALS = 65, PATIENCE_MS = 10000 };

struct descriptor {
    bool open;
    char target[TARGET_SIZE];
};

struct state {
    struct descriptor descriptors[MOST_DESCRIPTORS];
    sigset_t mask;
    struct sigaction actions[SIGNALS];
    char directory[4096];
    mode_t umask;
    int threads;
};

static struct state before;
static struct state after;

static void describe(int number, struct descriptor *descriptor)
{
    char path[64];
    ssize_t size;

    descriptor->open = fcntl(number, F_GETFD) >= 0;
    descriptor->target[0] = '\0';
    if (!descriptor->open)
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", number);
    size = readlink(path, descriptor->target, TARGET_SIZE - 1);
    descriptor->target[size > 0 ? size : 0] = '\0';
}

/* 0 where the system does not tell. */
static int count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;

    if (tasks == NULL)
        return 0;
    for (const struct dirent *entry = readdir(tasks); entry != NULL; entry = readdir(tasks))
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

static void look(struct state *state)
{
    for (int number = 0; number < MOST_DESCRIPTORS; number++)
        describe(number, &state->descriptors[number]);
    pthread_sigmask(SIG_SETMASK, NULL, &state->mask);
    for (int number = 1; number < SIGNALS; number++)
        sigaction(number, NULL, &state->actions[number]);
    if (getcwd(state->directory, sizeof state->directory) == NULL)
        state->directory[0] = '\0';
    state->umask = umask(0);
    umask(state->umask);
    state->threads = count_threads();
}

enum children { NO_CHILDREN, LIVING_CHILDREN, ZOMBIES };

/* Children of every kind, also those that tell nothing by a signal; waitid(2), the status stays where it is. */
static enum children look_for_children(siginfo_t *information)
{
    int options = WEXITED | WNOHANG | WNOWAIT;

#if defined(__linux__)
    options |= 0x40000000; /* __WALL */
#endif
    information->si_pid = 0;
    if (waitid(P_ALL, 0, information, options) != 0)
        return NO_CHILDREN;
    return information->si_pid != 0 ? ZOMBIES : LIVING_CHILDREN;
}

static bool has_settled(void)
{
    siginfo_t information;

    return look_for_children(&information) == NO_CHILDREN && count_threads() <= before.threads;
}

/* What was let go may need a moment to end: a child that was released while it ran, the thread that waits for it. */
static void let_settle(void)
{
    for (int i = 0; i < PATIENCE_MS && !has_settled(); i++) {
        struct timespec rest = { 0, 1000000 };

        while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
            continue;
    }
}

static void compare_descriptors(void)
{
    for (int number = 0; number < MOST_DESCRIPTORS; number++) {
        const struct descriptor *old = &before.descriptors[number];
        const struct descriptor *new = &after.descriptors[number];

        if (new->open && !old->open)
            NOTE_FAILURE_C("leak: descriptor %d is open: %s", number, new->target);
        else if (!new->open && old->open)
            NOTE_FAILURE_C("leak: descriptor %d was closed: %s", number, old->target);
        else if (strcmp(old->target, new->target) != 0)
            NOTE_FAILURE_C("leak: descriptor %d was %s, is %s", number, old->target, new->target);
    }
}

static void compare_children(void)
{
    siginfo_t information;

    switch (look_for_children(&information)) {
    case LIVING_CHILDREN:
        NOTE_FAILURE_C("leak: a child is still running");
        break;
    case ZOMBIES:
        NOTE_FAILURE_C("leak: child %d is a zombie", (int)information.si_pid);
        break;
    default:
        break;
    }
    if (after.threads != before.threads)
        NOTE_FAILURE_C("leak: there were %d threads, there are %d", before.threads, after.threads);
}

static void compare_signals(void)
{
    for (int number = 1; number < SIGNALS; number++) {
        if (sigismember(&before.mask, number) != sigismember(&after.mask, number))
            NOTE_FAILURE_C("leak: signal %d is %s", number, sigismember(&after.mask, number) == 1 ? "blocked" : "unblocked");
        if (before.actions[number].sa_handler != after.actions[number].sa_handler)
            NOTE_FAILURE_C("leak: the disposition of signal %d has changed", number);
    }
}

static void *do_nothing(void *unused)
{
    return unused;
}

/* ThreadSanitizer starts a thread of its own together with a program's first. */
static void use_threads_once(void)
{
    static bool done;
    pthread_t thread;

    if (!done && pthread_create(&thread, NULL, do_nothing, NULL) == 0)
        pthread_join(thread, NULL);
    done = true;
}

void leak_before(void)
{
    use_threads_once();
    look(&before);
}

void leak_after(void)
{
    let_settle();
    look(&after);
    compare_descriptors();
    compare_children();
    compare_signals();
    if (strcmp(before.directory, after.directory) != 0)
        NOTE_FAILURE_C("leak: the directory was %s, is %s", before.directory, after.directory);
    if (before.umask != after.umask)
        NOTE_FAILURE_C("leak: the umask was %03o, is %03o", (unsigned)before.umask, (unsigned)after.umask);
}

#endif
