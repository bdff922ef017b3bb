/* SPDX-License-Identifier: MIT */
#include "waiter.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include "descriptor.h"
#include "signals.h"
#include "wait.h"

/* It makes two system calls. The C library takes the room for the host's thread-local variables from the same place. */
#define STACK_BYTES ((size_t)64 * 1024)

/* A child that is made by fork() runs on it as well, and so do the host's handlers of pthread_atfork(). */
#define STACK_BYTES_WITH_TASK ((size_t)256 * 1024)

enum order {
    WAIT_FOR_ORDERS = 0, /* of one with a task */
    WATCH,
    LEAVE
};

/* Belongs to the thread and to the one who started it; who comes last frees it. */
struct kin_posix_waiter {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    void (*task)(void *argument); /* NULL: none */
    void *argument;
    bool task_done;
    enum order order;
    struct kin_posix_poll *poll; /* NULL: nobody is interested */
    pid_t id;
    int pidfd;
    struct kin_posix_watcher watcher; /* of a process that is left to the thread */
    bool done;
};

static void destroy(struct kin_posix_waiter *waiter)
{
    kin_posix_descriptor_close(&waiter->pidfd);
    (void)pthread_cond_destroy(&waiter->changed);
    (void)pthread_mutex_destroy(&waiter->mutex);
    free(waiter);
}

/* ------------------------------------------------------------------------------------------------------------ on the thread --- */

/* Under the mutex, so that the loop can be sure that its poll is not used any more once it has left. */
static bool tell(struct kin_posix_waiter *waiter)
{
    bool wanted;

    (void)pthread_mutex_lock(&waiter->mutex);
    waiter->done = true;
    wanted = waiter->poll != NULL;
    if (wanted)
        (void)kin_posix_poll_wake(waiter->poll);
    (void)pthread_mutex_unlock(&waiter->mutex);
    return wanted;
}

/* The watcher goes first: it knows the id. */
static void watch(struct kin_posix_waiter *waiter)
{
    kin_status status;

    (void)kin_posix_wait(waiter->id, waiter->pidfd, KIN_POSIX_WAIT_KEEP, &status);
    if (tell(waiter))
        return;
    kin_posix_watcher_end(&waiter->watcher);
    (void)kin_posix_wait(waiter->id, waiter->pidfd, KIN_POSIX_TRY_REAP, &status);
    destroy(waiter);
}

static enum order do_task(struct kin_posix_waiter *waiter)
{
    enum order order;

    waiter->task(waiter->argument);
    (void)pthread_mutex_lock(&waiter->mutex);
    waiter->task_done = true;
    (void)pthread_cond_broadcast(&waiter->changed);
    while (waiter->order == WAIT_FOR_ORDERS)
        (void)pthread_cond_wait(&waiter->changed, &waiter->mutex);
    order = waiter->order;
    (void)pthread_mutex_unlock(&waiter->mutex);
    return order;
}

static void *run(void *argument)
{
    struct kin_posix_waiter *waiter = argument;

    if (waiter->task == NULL || do_task(waiter) == WATCH)
        watch(waiter);
    else
        destroy(waiter);
    return NULL;
}

/* ------------------------------------------------------------------------------------------------------------------- start --- */

/* A small stack is a wish: with many thread-local variables in the host it does not suffice (pthread_create(3): EINVAL). */
static int create_thread(struct kin_posix_waiter *waiter, size_t stack_bytes)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int os_error = pthread_attr_init(&attributes);

    if (os_error != 0)
        return os_error;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attributes, stack_bytes);
    os_error = pthread_create(&thread, &attributes, run, waiter);
    if (os_error == EINVAL) {
        (void)pthread_attr_destroy(&attributes);
        (void)pthread_attr_init(&attributes);
        (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        os_error = pthread_create(&thread, &attributes, run, waiter);
    }
    (void)pthread_attr_destroy(&attributes);
    return os_error;
}

static int init(struct kin_posix_waiter *waiter)
{
    int os_error = pthread_mutex_init(&waiter->mutex, NULL);

    if (os_error != 0)
        return os_error;
    os_error = pthread_cond_init(&waiter->changed, NULL);
    if (os_error != 0)
        (void)pthread_mutex_destroy(&waiter->mutex);
    return os_error;
}

/* The host's signals are for the host's threads. */
static int start(const struct kin_posix_waiter *wanted, struct kin_posix_waiter **waiter)
{
    struct kin_posix_waiter *made = malloc(sizeof *made);
    struct kin_posix_mask mask;
    int os_error;

    if (made == NULL)
        return ENOMEM;
    *made = *wanted;
    os_error = init(made);
    if (os_error != 0) {
        free(made);
        return os_error;
    }
    *waiter = made;
    kin_posix_signals_block_for_thread(&mask);
    os_error = create_thread(made, made->task == NULL ? STACK_BYTES : STACK_BYTES_WITH_TASK);
    kin_posix_signals_restore(&mask);
    if (os_error != 0) {
        made->pidfd = -1;
        destroy(made);
        *waiter = NULL;
    }
    return os_error;
}

/* ------------------------------------------------------------------------------------------------------------ for the poll --- */

int kin_posix_waiter_start(struct kin_posix_poll *poll, pid_t id, struct kin_posix_waiter **waiter)
{
    const struct kin_posix_waiter wanted = { .poll = poll, .id = id, .pidfd = -1 };

    return start(&wanted, waiter);
}

bool kin_posix_waiter_is_done(struct kin_posix_waiter *waiter)
{
    bool done;

    (void)pthread_mutex_lock(&waiter->mutex);
    done = waiter->done;
    (void)pthread_mutex_unlock(&waiter->mutex);
    return done;
}

static void take_watcher(struct kin_posix_waiter *waiter, struct kin_posix_watcher *watcher)
{
    waiter->watcher = *watcher;
    *watcher = (struct kin_posix_watcher){ 0 };
}

bool kin_posix_waiter_leave(struct kin_posix_waiter *waiter, struct kin_posix_watcher *watcher)
{
    bool done;

    (void)pthread_mutex_lock(&waiter->mutex);
    waiter->poll = NULL;
    done = waiter->done;
    if (!done)
        take_watcher(waiter, watcher);
    (void)pthread_mutex_unlock(&waiter->mutex);
    if (done)
        destroy(waiter);
    return done;
}

/* The mutex may be locked by the thread that is not there; it is left as it is. */
void kin_posix_waiter_forget(struct kin_posix_waiter *waiter)
{
    if (waiter != NULL)
        kin_posix_descriptor_close(&waiter->pidfd);
    free(waiter);
}

int kin_posix_waiter_reap_later(pid_t id, int pidfd, struct kin_posix_watcher *watcher)
{
    const struct kin_posix_waiter wanted = { .id = id, .pidfd = pidfd, .watcher = *watcher };
    struct kin_posix_waiter *unused;
    const int os_error = start(&wanted, &unused);

    if (os_error == 0)
        *watcher = (struct kin_posix_watcher){ 0 };
    return os_error;
}

/* ------------------------------------------------------------------------------------------------------------- with a task --- */

/* Waiting for the condition is a point where the caller's thread could be cancelled, and the task works on the caller's stack. */
int kin_posix_waiter_start_with(void (*task)(void *argument), void *argument, struct kin_posix_waiter **waiter)
{
    const struct kin_posix_waiter wanted = { .task = task, .argument = argument, .pidfd = -1 };
    int cancel_state = PTHREAD_CANCEL_ENABLE;
    const int os_error = start(&wanted, waiter);

    if (os_error != 0)
        return os_error;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    (void)pthread_mutex_lock(&(*waiter)->mutex);
    while (!(*waiter)->task_done)
        (void)pthread_cond_wait(&(*waiter)->changed, &(*waiter)->mutex);
    (void)pthread_mutex_unlock(&(*waiter)->mutex);
    (void)pthread_setcancelstate(cancel_state, NULL);
    return 0;
}

static void order(struct kin_posix_waiter *waiter, enum order order)
{
    waiter->order = order;
    (void)pthread_cond_broadcast(&waiter->changed);
    (void)pthread_mutex_unlock(&waiter->mutex);
}

void kin_posix_waiter_watch(struct kin_posix_waiter *waiter, struct kin_posix_poll *poll, pid_t id)
{
    (void)pthread_mutex_lock(&waiter->mutex);
    waiter->poll = poll;
    waiter->id = id;
    order(waiter, WATCH);
}

void kin_posix_waiter_reap(struct kin_posix_waiter *waiter, pid_t id, int pidfd, struct kin_posix_watcher *watcher)
{
    (void)pthread_mutex_lock(&waiter->mutex);
    waiter->id = id;
    waiter->pidfd = pidfd;
    take_watcher(waiter, watcher);
    order(waiter, WATCH);
}

void kin_posix_waiter_dismiss(struct kin_posix_waiter *waiter)
{
    (void)pthread_mutex_lock(&waiter->mutex);
    order(waiter, LEAVE);
}
