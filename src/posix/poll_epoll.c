/* SPDX-License-Identifier: MIT */
#include "poll.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "descriptor.h"

#define REPORTS_AT_ONCE 64

static int add(struct kin_posix_poll *poll, int descriptor, uint32_t events, void *source)
{
    struct epoll_event event = { .events = events | EPOLLET, .data.ptr = source };

    return epoll_ctl(poll->descriptor, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : errno;
}

/* Explicit, because close() is not enough: while a forked copy of this process holds the same open file, epoll(7) reports on. */
static void forget(struct kin_posix_poll *poll, int descriptor)
{
    struct epoll_event unused = { 0 };

    (void)epoll_ctl(poll->descriptor, EPOLL_CTL_DEL, descriptor, &unused);
}

int kin_posix_poll_open(struct kin_posix_poll *poll)
{
    int os_error = 0;

    poll->waker = -1;
    poll->descriptor = kin_posix_descriptor_own(epoll_create1(EPOLL_CLOEXEC));
    if (poll->descriptor < 0)
        return errno;
    poll->waker = kin_posix_descriptor_own(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (poll->waker < 0)
        os_error = errno;
    if (os_error == 0)
        os_error = add(poll, poll->waker, EPOLLIN, NULL);
    if (os_error != 0)
        kin_posix_poll_close(poll);
    return os_error;
}

void kin_posix_poll_close(struct kin_posix_poll *poll)
{
    kin_posix_descriptor_close(&poll->waker);
    kin_posix_descriptor_close(&poll->descriptor);
}

void kin_posix_poll_close_copy(struct kin_posix_poll *poll)
{
    kin_posix_poll_close(poll);
}

int kin_posix_poll_add(struct kin_posix_poll *poll, int descriptor, unsigned interest, void *source)
{
    const uint32_t reads = (interest & KIN_POSIX_READABLE) != 0 ? EPOLLIN | EPOLLRDHUP : 0;
    const uint32_t writes = (interest & KIN_POSIX_WRITABLE) != 0 ? EPOLLOUT : 0;

    return add(poll, descriptor, reads | writes, source);
}

void kin_posix_poll_remove(struct kin_posix_poll *poll, int descriptor, unsigned interest)
{
    (void)interest;
    forget(poll, descriptor);
}

int kin_posix_poll_add_process(struct kin_posix_poll *poll, pid_t id, int pidfd, void *source)
{
    (void)id;
    return pidfd < 0 ? ENOTSUP : add(poll, pidfd, EPOLLIN, source);
}

void kin_posix_poll_remove_process(struct kin_posix_poll *poll, pid_t id, int pidfd)
{
    (void)id;
    if (pidfd >= 0)
        forget(poll, pidfd);
}

/* epoll(7), questions and answers: of stream-oriented files this is how one sees it. */
bool kin_posix_poll_short_read_empties(void)
{
    return true;
}

/* The counter is never read: each write is an edge of its own, and it would take 2^64 of them to fill it (eventfd(2)). */
int kin_posix_poll_wake(struct kin_posix_poll *poll)
{
    const uint64_t one = 1;
    const int saved = errno;
    int os_error = 0;

    while (write(poll->waker, &one, sizeof one) < 0) {
        os_error = errno;
        if (os_error != EINTR)
            break;
        os_error = 0;
    }
    errno = saved;
    return os_error == EAGAIN ? 0 : os_error;
}

static unsigned translate(uint32_t events)
{
    unsigned what = 0;

    if ((events & EPOLLIN) != 0)
        what |= KIN_POSIX_READABLE | KIN_POSIX_ENDED;
    if ((events & EPOLLRDHUP) != 0)
        what |= KIN_POSIX_READABLE | KIN_POSIX_LAST;
    if ((events & EPOLLOUT) != 0)
        what |= KIN_POSIX_WRITABLE;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0)
        what |= KIN_POSIX_HANGUP | KIN_POSIX_ENDED;
    return what;
}

int kin_posix_poll_wait(struct kin_posix_poll *poll, int64_t timeout_ms, struct kin_posix_report *reports, size_t capacity)
{
    struct epoll_event events[REPORTS_AT_ONCE];
    const int limit = capacity < REPORTS_AT_ONCE ? (int)capacity : REPORTS_AT_ONCE;
    const int timeout = timeout_ms < 0 ? -1 : timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
    const int count = epoll_wait(poll->descriptor, events, limit, timeout);

    if (count < 0)
        return errno == EINTR ? 0 : -1;
    for (int i = 0; i < count; i++) {
        reports[i].source = events[i].data.ptr;
        reports[i].what = translate(events[i].events);
    }
    return count;
}
