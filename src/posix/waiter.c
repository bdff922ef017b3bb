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

/* Belongs to the thread and to the one who started it; who comes last frees it. */
struct kin_posix_waiter {
    pthread_mutex_t mutex;
    struct kin_posix_poll *poll; /* NULL: nobody is interested */
    pid_t id;
    int pidfd;
    bool done;
};

static void destroy(struct kin_posix_waiter *waiter)
{
    kin_posix_descriptor_close(&waiter->pidfd);
    (void)pthread_mutex_destroy(&waiter->mutex);
    free(waiter);
}

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

static void *run(void *argument)
{
    struct kin_posix_waiter *waiter = argument;
    kin_status status;

    (void)kin_posix_wait(waiter->id, waiter->pidfd, KIN_POSIX_WAIT_KEEP, &status);
    if (!tell(waiter)) {
        (void)kin_posix_wait(waiter->id, waiter->pidfd, KIN_POSIX_TRY_REAP, &status);
        destroy(waiter);
    }
    return NULL;
}

/* A small stack is a wish: with many thread-local variables in the host it does not suffice (pthread_create(3): EINVAL). */
static int create_thread(struct kin_posix_waiter *waiter)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int os_error = pthread_attr_init(&attributes);

    if (os_error != 0)
        return os_error;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
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

/* The host's signals are for the host's threads. */
static int start(struct kin_posix_poll *poll, pid_t id, int pidfd, struct kin_posix_waiter **waiter)
{
    struct kin_posix_waiter *made = calloc(1, sizeof *made);
    struct kin_posix_mask mask;
    int os_error;

    if (made == NULL)
        return ENOMEM;
    made->poll = poll;
    made->id = id;
    made->pidfd = pidfd;
    os_error = pthread_mutex_init(&made->mutex, NULL);
    if (os_error != 0) {
        free(made);
        return os_error;
    }
    kin_posix_signals_block(&mask);
    os_error = create_thread(made);
    kin_posix_signals_restore(&mask);
    if (os_error != 0) {
        made->pidfd = -1;
        destroy(made);
        return os_error;
    }
    *waiter = made;
    return 0;
}

int kin_posix_waiter_start(struct kin_posix_poll *poll, pid_t id, struct kin_posix_waiter **waiter)
{
    return start(poll, id, -1, waiter);
}

bool kin_posix_waiter_is_done(struct kin_posix_waiter *waiter)
{
    bool done;

    (void)pthread_mutex_lock(&waiter->mutex);
    done = waiter->done;
    (void)pthread_mutex_unlock(&waiter->mutex);
    return done;
}

bool kin_posix_waiter_leave(struct kin_posix_waiter *waiter)
{
    bool done;

    (void)pthread_mutex_lock(&waiter->mutex);
    waiter->poll = NULL;
    done = waiter->done;
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

int kin_posix_waiter_reap_later(pid_t id, int pidfd)
{
    struct kin_posix_waiter *unused;

    return start(NULL, id, pidfd, &unused);
}
