/* SPDX-License-Identifier: MIT */
#include "poll.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/event.h>
#include <sys/time.h>

#include "descriptor.h"

#define REPORTS_AT_ONCE 64

/* NetBSD declares the user data of an event as an integer before its release 10. */
#if defined(__NetBSD__) && __NetBSD__ < 10
#define USER_DATA(pointer) ((intptr_t)(pointer))
#else
#define USER_DATA(pointer) (pointer)
#endif

static int change(struct kin_posix_poll *poll, uintptr_t identifier, int filter, unsigned flags, unsigned notes, void *source)
{
    struct kevent event;

    EV_SET(&event, identifier, (short)filter, (unsigned short)flags, notes, 0, USER_DATA(source));
    while (kevent(poll->descriptor, &event, 1, NULL, 0, NULL) < 0) {
        if (errno != EINTR)
            return errno;
    }
    return 0;
}

/* OpenBSD and NetBSD may lack EVFILT_USER (kqueue(2) there): a pipe would be needed. It is in all supported releases. */
int kin_posix_poll_open(struct kin_posix_poll *poll)
{
    int os_error;

    poll->waker = -1;
    poll->descriptor = kin_posix_descriptor_own(kqueue());
    if (poll->descriptor < 0)
        return errno;
    os_error = fcntl(poll->descriptor, F_SETFD, FD_CLOEXEC) == 0 ? 0 : errno;
    if (os_error == 0)
        os_error = change(poll, 0, EVFILT_USER, EV_ADD | EV_CLEAR, 0, NULL);
    if (os_error != 0)
        kin_posix_poll_close(poll);
    return os_error;
}

void kin_posix_poll_close(struct kin_posix_poll *poll)
{
    kin_posix_descriptor_close(&poll->descriptor);
}

/* "The queue is not inherited by a child created with fork(2)" (kqueue(2)): its number is by now that of something else. */
void kin_posix_poll_close_copy(struct kin_posix_poll *poll)
{
    poll->descriptor = -1;
}

/* ENODEV and EINVAL are the answers of the BSDs and of macOS for a device without readiness. */
static int no_readiness(int os_error)
{
    return os_error == ENODEV || os_error == EINVAL || os_error == ENOTSUP ? EPERM : os_error;
}

int kin_posix_poll_add(struct kin_posix_poll *poll, int descriptor, unsigned interest, void *source)
{
    const uintptr_t identifier = (uintptr_t)descriptor;
    int os_error = 0;

    if ((interest & KIN_POSIX_READABLE) != 0)
        os_error = change(poll, identifier, EVFILT_READ, EV_ADD | EV_CLEAR, 0, source);
    if (os_error == 0 && (interest & KIN_POSIX_WRITABLE) != 0) {
        os_error = change(poll, identifier, EVFILT_WRITE, EV_ADD | EV_CLEAR, 0, source);
        if (os_error != 0)
            kin_posix_poll_remove(poll, descriptor, interest & KIN_POSIX_READABLE);
    }
    return no_readiness(os_error);
}

void kin_posix_poll_remove(struct kin_posix_poll *poll, int descriptor, unsigned interest)
{
    const uintptr_t identifier = (uintptr_t)descriptor;

    if ((interest & KIN_POSIX_READABLE) != 0)
        (void)change(poll, identifier, EVFILT_READ, EV_DELETE, 0, NULL);
    if ((interest & KIN_POSIX_WRITABLE) != 0)
        (void)change(poll, identifier, EVFILT_WRITE, EV_DELETE, 0, NULL);
}

int kin_posix_poll_add_process(struct kin_posix_poll *poll, pid_t id, int pidfd, void *source)
{
    (void)pidfd;
    return change(poll, (uintptr_t)id, EVFILT_PROC, EV_ADD | EV_ONESHOT, NOTE_EXIT, source);
}

void kin_posix_poll_remove_process(struct kin_posix_poll *poll, pid_t id, int pidfd)
{
    (void)pidfd;
    (void)change(poll, (uintptr_t)id, EVFILT_PROC, EV_DELETE, 0, NULL);
}

/* BSD keeps data with descriptors on its back as a record of its own, and a read stops before it. */
bool kin_posix_poll_short_read_empties(void)
{
    return false;
}

int kin_posix_poll_wake(struct kin_posix_poll *poll)
{
    const int saved = errno;
    const int os_error = change(poll, 0, EVFILT_USER, 0, NOTE_TRIGGER, NULL);

    errno = saved;
    return os_error;
}

static unsigned translate(const struct kevent *event)
{
    const unsigned hangup = (event->flags & EV_EOF) != 0 ? KIN_POSIX_HANGUP : 0;

    if (event->filter == EVFILT_READ)
        return KIN_POSIX_READABLE | hangup;
    if (event->filter == EVFILT_WRITE)
        return KIN_POSIX_WRITABLE | hangup;
    return event->filter == EVFILT_PROC ? KIN_POSIX_ENDED : 0;
}

int kin_posix_poll_wait(struct kin_posix_poll *poll, int64_t timeout_ms, struct kin_posix_report *reports, size_t capacity)
{
    struct kevent events[REPORTS_AT_ONCE];
    const int limit = capacity < REPORTS_AT_ONCE ? (int)capacity : REPORTS_AT_ONCE;
    const int64_t bounded_ms = timeout_ms > INT_MAX ? INT_MAX : timeout_ms;
    const struct timespec timeout = { (time_t)(bounded_ms / 1000), (long)(bounded_ms % 1000) * 1000000 };
    const int count = kevent(poll->descriptor, NULL, 0, events, limit, timeout_ms < 0 ? NULL : &timeout);

    if (count < 0)
        return errno == EINTR ? 0 : -1;
    for (int i = 0; i < count; i++) {
        reports[i].source = (void *)events[i].udata;
        reports[i].what = translate(&events[i]);
    }
    return count;
}
