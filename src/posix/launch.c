/* SPDX-License-Identifier: MIT */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "descriptor.h"
#include "fork.h"
#include "policy.h"
#include "signals.h"
#include "wait.h"

#define LOOK_EVERY_MS 50

unsigned kin_posix_launcher_denied(const struct kin_posix_launcher *launcher)
{
    return kin_posix_denied() | launcher->missing;
}

bool kin_posix_is_refusal(int os_error)
{
    return os_error == ENOSYS || os_error == EPERM || os_error == EINVAL || os_error == EACCES || os_error == E2BIG;
}

/* ----------------------------------------------------------------------------------------------------------- status pipe --- */

/* A number above the limit is EINVAL for fcntl(2), and a lack of descriptors for us. */
static int move_above(int *descriptor, int lowest)
{
    int moved;

    if (*descriptor >= lowest)
        return 0;
    moved = fcntl(*descriptor, F_DUPFD_CLOEXEC, lowest);
    if (moved < 0)
        return errno == EINVAL ? EMFILE : errno;
    kin_posix_descriptor_close(descriptor);
    *descriptor = moved;
    return 0;
}

int kin_posix_status_open(struct kin_posix_status *status, int lowest)
{
    int os_error = kin_posix_descriptor_pipe(&status->reader, &status->writer);

    if (os_error == 0)
        os_error = move_above(&status->writer, lowest);
    if (os_error != 0)
        kin_posix_status_close(status);
    return os_error;
}

void kin_posix_status_close(struct kin_posix_status *status)
{
    kin_posix_descriptor_close(&status->writer);
    kin_posix_descriptor_close(&status->reader);
}

/*
 * Close-on-exec acts at exec only: a copy of this process that another thread forks in just this moment holds the writer too,
 * and if it never calls exec, the end never comes (edge case S03). So the silence is looked into from time to time.
 */
static int wait_for_word(const struct kin_posix_status *status, pid_t id)
{
    struct pollfd reader = { .fd = status->reader, .events = POLLIN };
    int ready;

    for (;;) {
        ready = poll(&reader, 1, LOOK_EVERY_MS);
        if (ready > 0 || (ready == 0 && kin_posix_fork_is_over(id)))
            return 0;
        if (ready < 0 && errno != EINTR)
            return errno;
    }
}

/* The record is smaller than PIPE_BUF, so it arrives whole or not at all (pipe(7)). Anything else was not written by us. */
static int take_word(const struct kin_posix_status *status, struct kin_posix_record *record)
{
    struct kin_posix_record told;
    ssize_t count;

    do {
        count = read(status->reader, &told, sizeof told);
    } while (count < 0 && errno == EINTR);
    if (count < 0)
        return errno == EAGAIN ? 0 : errno;
    if (count != 0 && (size_t)count != sizeof told)
        return EPROTO;
    if (count != 0)
        *record = told;
    return 0;
}

int kin_posix_status_read(struct kin_posix_status *status, pid_t id, struct kin_posix_record *record)
{
    int os_error;

    kin_posix_descriptor_close(&status->writer);
    os_error = kin_posix_descriptor_set_nonblocking(status->reader, true);
    if (os_error == 0)
        os_error = wait_for_word(status, id);
    return os_error == 0 ? take_word(status, record) : os_error;
}

/* ---------------------------------------------------------------------------------------------------------- one attempt --- */

/* What could not start is gone before the caller hears of it (edge case S04). Either it has said why and ends by itself; or
   its word did not come through, and it may run. */
void kin_posix_launch_put_away(struct kin_posix_launch *launch)
{
    if (launch->record.stage == KIN_STAGE_NONE)
        (void)kill(launch->id, SIGKILL);
    kin_posix_wait_reap(launch->id);
    kin_posix_descriptor_close(&launch->pidfd);
    launch->id = -1;
}

/* No signal may meet the child before its handlers are gone, and no cancellation a half-made launch. */
static int launch_once(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch)
{
    struct kin_posix_mask mask;
    int cancel_state = PTHREAD_CANCEL_ENABLE;
    int os_error;

    launch->record = (struct kin_posix_record){ 0 };
    launch->id = -1;
    launch->pidfd = -1;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    kin_posix_signals_block(&mask);
    os_error = kin_posix_launch_fast(launcher, launch);
    if (os_error == KIN_POSIX_UNAVAILABLE)
        os_error = kin_posix_launch_fork(launcher, launch);
    if (launch->id > 0 && (os_error != 0 || launch->record.stage != 0))
        kin_posix_launch_put_away(launch);
    kin_posix_signals_restore(&mask);
    (void)pthread_setcancelstate(cancel_state, NULL);
    return os_error;
}

/* ------------------------------------------------------------------------------------------------------------ all of them --- */

static bool is_text_busy(const struct kin_posix_launch *launch)
{
    return launch->record.stage == KIN_STAGE_EXEC && launch->record.os_error == ETXTBSY;
}

static void nap_ms(long milliseconds)
{
    const struct timespec time = { 0, milliseconds * 1000000 };

    (void)nanosleep(&time, NULL);
}

/*
 * A program that this process has just written can look busy: another thread's fork holds the descriptor it was written
 * through, until its exec. That is over in a moment, so a few tries in 15 ms at most hide it (edge case S16).
 */
int kin_posix_launch(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch)
{
    int os_error = launch_once(launcher, launch);

    for (long pause_ms = 1; os_error == 0 && is_text_busy(launch) && pause_ms <= 8; pause_ms *= 2) {
        nap_ms(pause_ms);
        os_error = launch_once(launcher, launch);
    }
    return os_error;
}
