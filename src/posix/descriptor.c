/* SPDX-License-Identifier: MIT */
#include "descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

int kin_posix_descriptor_own(int descriptor)
{
    int moved;

    if (descriptor < 0 || descriptor >= KIN_POSIX_FIRST_DESCRIPTOR)
        return descriptor;
    moved = fcntl(descriptor, F_DUPFD_CLOEXEC, KIN_POSIX_FIRST_DESCRIPTOR);
    kin_posix_descriptor_close(&descriptor);
    return moved;
}

/* Once only: after EINTR the descriptor is gone on Linux, and a second close() would hit a stranger (close(2)). */
void kin_posix_descriptor_close(int *descriptor)
{
    const int saved = errno;

    if (*descriptor >= 0)
        (void)close(*descriptor);
    *descriptor = -1;
    errno = saved;
}

bool kin_posix_descriptor_is_open(int descriptor)
{
    return descriptor >= 0 && fcntl(descriptor, F_GETFD) >= 0;
}

int kin_posix_descriptor_open(const char *path, int flags, int *descriptor)
{
    do {
        *descriptor = kin_posix_descriptor_own(open(path, flags | O_CLOEXEC | O_NOCTTY, 0666));
    } while (*descriptor < 0 && errno == EINTR);
    return *descriptor < 0 ? errno : 0;
}

#if defined(__APPLE__)
/* macOS has no pipe2(2). Another thread's fork between the calls inherits the ends; our own launches close what they do not
   name, so only a foreign fork is concerned. */
static int make_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return -1;
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
}
#else
static int make_pipe(int ends[2])
{
    return pipe2(ends, O_CLOEXEC);
}
#endif

int kin_posix_descriptor_pipe(int *reader, int *writer)
{
    int ends[2] = { -1, -1 };
    int os_error = 0;

    if (make_pipe(ends) != 0)
        return errno;
    *reader = kin_posix_descriptor_own(ends[0]);
    if (*reader < 0)
        os_error = errno;
    *writer = kin_posix_descriptor_own(ends[1]);
    if (*writer < 0)
        os_error = errno;
    if (os_error != 0) {
        kin_posix_descriptor_close(reader);
        kin_posix_descriptor_close(writer);
    }
    return os_error;
}

int kin_posix_descriptor_set_nonblocking(int descriptor, bool nonblocking)
{
    int on = nonblocking;

    return ioctl(descriptor, FIONBIO, &on) == 0 ? 0 : errno;
}

/* macOS and NetBSD raise SIGPIPE for the process, so that a thread may get it which we cannot speak for (dofilewrite() of XNU).
   Linux, FreeBSD and OpenBSD raise it in the writing thread, where signals.c takes it away. */
void kin_posix_descriptor_raise_nothing(int descriptor)
{
#if defined(F_SETNOSIGPIPE)
    (void)fcntl(descriptor, F_SETNOSIGPIPE, 1);
#else
    (void)descriptor;
#endif
}
