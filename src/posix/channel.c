/* SPDX-License-Identifier: MIT */
/* The socket of a channel: bytes with descriptors on their back. */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "backend.h"
#include "descriptor.h"
#include "error.h"

/* SCM_MAX_FD of Linux, unix(7): a message never carries more, so that nothing is cut off that has been installed already; macOS
   installs them before it cuts them off. */
#define MOST_IN_MESSAGE 253

/* A peer has one unanswered handle on its way, by the rules; a few more do no harm. */
#define MOST_WAITING ((size_t)16)

#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0 /* SO_NOSIGPIPE instead, see prepare_socket() */
#endif
#if !defined(MSG_CMSG_CLOEXEC)
#define MSG_CMSG_CLOEXEC 0
#endif

struct kin_posix_channel {
    int waiting[MOST_WAITING];
    size_t count;
    size_t accepted;  /* how many may wait */
    bool had_control; /* the last bytes came with something; more may lie behind */
    int outgoing;     /* goes with the next bytes; -1: none does */
};

struct kin_posix_channel *kin_posix_channel_new(void)
{
    struct kin_posix_channel *channel = calloc(1, sizeof *channel);

    if (channel != NULL)
        channel->outgoing = -1;
    return channel;
}

void kin_posix_channel_free(struct kin_posix_channel *channel)
{
    if (channel == NULL)
        return;
    for (size_t i = 0; i < channel->count; i++)
        kin_posix_descriptor_close(&channel->waiting[i]);
    free(channel);
}

/* ------------------------------------------------------------------------------------------------------------ receiving --- */

/* One more than is accepted is one that nobody announced. */
static void keep(struct kin_posix_channel *channel, int descriptor)
{
    descriptor = kin_posix_descriptor_own(descriptor);
    if (MSG_CMSG_CLOEXEC == 0)
        (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    if (descriptor >= 0 && channel->count < channel->accepted)
        channel->waiting[channel->count++] = descriptor;
    else
        kin_posix_descriptor_close(&descriptor);
}

static void keep_all(struct kin_posix_channel *channel, const struct cmsghdr *control)
{
    const size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);

    for (size_t i = 0; i < count; i++) {
        int descriptor;

        memcpy(&descriptor, CMSG_DATA(control) + i * sizeof descriptor, sizeof descriptor);
        keep(channel, descriptor);
    }
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion" /* the macro of musl */
#pragma GCC diagnostic ignored "-Wsign-compare"
static struct cmsghdr *next_control(struct msghdr *message, struct cmsghdr *at)
{
    return CMSG_NXTHDR(message, at);
}
#pragma GCC diagnostic pop

/* MSG_CTRUNC: those that did not fit, or could not be opened because there are too many, are not there, and the message that
   announced them finds none. The read ended behind them all the same. */
static ssize_t receive(struct kin_posix_channel *channel, int descriptor, void *data, size_t size)
{
    union {
        struct cmsghdr aligned;
        char bytes[CMSG_SPACE(MOST_IN_MESSAGE * sizeof(int))];
    } control;
    struct iovec part = { .iov_base = data, .iov_len = size };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    ssize_t count;

    if (channel->accepted > 0) { /* else the system itself closes what comes along */
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
    }
    count = recvmsg(descriptor, &message, MSG_CMSG_CLOEXEC);
    if (count < 0)
        return count;
    channel->had_control = message.msg_controllen > 0 || (message.msg_flags & MSG_CTRUNC) != 0;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at != NULL; at = next_control(&message, at)) {
        if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_RIGHTS)
            keep_all(channel, at);
    }
    return count;
}

/* unix(7) does not say it: a peer that closes with unread bytes in its queue resets the connection. What it had sent is still read
   before; to us it is an end like another. */
ssize_t kin_posix_channel_receive(struct kin_posix_channel *channel, int descriptor, void *data, size_t size)
{
    const ssize_t count = receive(channel, descriptor, data, size);

    return count < 0 && errno == ECONNRESET ? 0 : count;
}

bool kin_posix_channel_tells_by_short(const struct kin_posix_channel *channel)
{
    return !channel->had_control && kin_posix_poll_short_read_empties();
}

/* -------------------------------------------------------------------------------------------------------------- sending --- */

static ssize_t send_with(int descriptor, const void *data, size_t size, int passed)
{
    union {
        struct cmsghdr aligned;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = { .bytes = { 0 } };
    struct iovec part = { .iov_base = (void *)(uintptr_t)data, .iov_len = size };
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof passed);
    memcpy(CMSG_DATA(header), &passed, sizeof passed);
    return sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

ssize_t kin_posix_channel_send(struct kin_posix_channel *channel, int descriptor, const void *data, size_t size)
{
    ssize_t count;

    if (channel->outgoing < 0)
        count = send(descriptor, data, size, MSG_NOSIGNAL);
    else
        count = send_with(descriptor, data, size, channel->outgoing);
    if (count > 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        channel->outgoing = -1;
    if (count < 0 && errno == ECONNRESET)
        errno = EPIPE;
    return count;
}

/* --------------------------------------------------------------------------------------------------------------- making --- */

#if defined(SO_NOSIGPIPE)
static int prepare_socket(int descriptor)
{
    const int on = 1;

    return setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) == 0 ? 0 : errno;
}
#else
static int prepare_socket(int descriptor)
{
    (void)descriptor;
    return 0;
}
#endif

#if defined(SOCK_CLOEXEC)
static int make_pair(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}
#else
/* macOS; as with pipes, only a foreign fork between the calls could inherit the ends. */
static int make_pair(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return -1;
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
}
#endif

int kin_posix_channel_pair(int *ours, int *theirs)
{
    int ends[2] = { -1, -1 };
    int os_error = 0;

    if (make_pair(ends) != 0)
        return errno;
    *ours = kin_posix_descriptor_own(ends[0]);
    if (*ours < 0)
        os_error = errno;
    *theirs = kin_posix_descriptor_own(ends[1]);
    if (*theirs < 0)
        os_error = errno;
    if (os_error == 0)
        os_error = prepare_socket(*ours);
    if (os_error != 0) {
        kin_posix_descriptor_close(ours);
        kin_posix_descriptor_close(theirs);
    }
    return os_error;
}

/* ------------------------------------------------------------------------------------------------------------- the door --- */

static int make_pipe(kin_plat_loop *loop, int in, int out, void *owner, kin_plat_pipe **pipe)
{
    struct stat status;

    if (in != out)
        return kin_posix_pipe_make_pair(loop, in, out, owner, pipe);
    if (fstat(in, &status) != 0)
        return errno;
    if (!S_ISSOCK(status.st_mode))
        return EINVAL;
    (void)prepare_socket(in);
    return kin_posix_pipe_make_socket(loop, in, owner, pipe);
}

static bool is_nonblocking(int descriptor)
{
    return (fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0;
}

/* What remains the caller's remains as it was. */
int kin_plat_channel_open(kin_plat_loop *loop, kin_native_handle in, kin_native_handle out, bool framed, void *owner,
                          kin_plat_pipe **pipe)
{
    const bool in_before = is_nonblocking(in);
    const bool out_before = is_nonblocking(out);
    int os_error;

    (void)framed;
    if (!kin_posix_descriptor_is_open(in) || !kin_posix_descriptor_is_open(out))
        return KIN_EBADF;
    os_error = make_pipe(loop, in, out, owner, pipe);
    if (os_error != 0) {
        (void)kin_posix_descriptor_set_nonblocking(in, in_before);
        (void)kin_posix_descriptor_set_nonblocking(out, out_before);
    }
    return os_error == EPERM ? KIN_EINVAL : kin_posix_code(os_error); /* EPERM of the poll: nothing to wait for */
}

int kin_plat_channel_inherited(int number, kin_native_handle *handle)
{
    struct stat status;

    if (number < 0 || fstat(number, &status) != 0 || !S_ISSOCK(status.st_mode))
        return KIN_EBADF;
    if (fcntl(number, F_SETFD, FD_CLOEXEC) != 0)
        return kin_posix_code(errno);
    *handle = number;
    return 0;
}

void kin_plat_channel_accept(kin_plat_pipe *pipe, size_t most)
{
    struct kin_posix_channel *channel = kin_posix_pipe_channel(pipe);

    if (channel != NULL)
        channel->accepted = most < MOST_WAITING ? most : MOST_WAITING;
}

int kin_plat_channel_write(kin_plat_pipe *pipe, const void *data, size_t size, const struct kin_plat_handle *handle)
{
    struct kin_posix_channel *channel = kin_posix_pipe_channel(pipe);
    int code;

    if (channel == NULL)
        return KIN_ENOTSUP;
    code = kin_plat_pipe_write(pipe, data, size);
    if (code == 0)
        channel->outgoing = handle->native;
    return code;
}

int kin_plat_channel_take(kin_plat_pipe *pipe, uint64_t number, struct kin_plat_handle *handle)
{
    struct kin_posix_channel *channel = kin_posix_pipe_channel(pipe);
    int descriptor;

    (void)number;
    if (channel == NULL || channel->count == 0)
        return KIN_ENOENT;
    descriptor = channel->waiting[0];
    channel->count--;
    memmove(channel->waiting, channel->waiting + 1, channel->count * sizeof channel->waiting[0]);
    if (kin_plat_handle_examine(descriptor, handle) < 0)
        *handle = (struct kin_plat_handle){ .kind = KIN_HANDLE_OTHER, .native = descriptor };
    return 0;
}

/* -------------------------------------------------------------------------------------------------------------- handles --- */

static int option_of(int descriptor, int name)
{
    int value = 0;
    socklen_t size = sizeof value;

    return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : 0;
}

static void examine_socket(int descriptor, struct kin_plat_handle *handle)
{
    struct sockaddr_storage address = { 0 };
    socklen_t size = sizeof address;
    const int type = option_of(descriptor, SO_TYPE);
    const bool known = getsockname(descriptor, (struct sockaddr *)&address, &size) == 0;
    const bool internet = known && (address.ss_family == AF_INET || address.ss_family == AF_INET6);

    if (type == SOCK_STREAM)
        handle->kind = option_of(descriptor, SO_ACCEPTCONN) != 0 ? KIN_HANDLE_SERVER : KIN_HANDLE_SOCKET;
    if (type == SOCK_DGRAM && internet)
        handle->kind = KIN_HANDLE_DATAGRAM;
    handle->version6 = known && address.ss_family == AF_INET6;
}

int kin_plat_handle_examine(kin_native_handle native, struct kin_plat_handle *handle)
{
    struct stat status;

    if (native < 0 || fstat(native, &status) != 0)
        return KIN_EBADF;
    *handle = (struct kin_plat_handle){ .kind = KIN_HANDLE_OTHER, .native = native };
    if (S_ISSOCK(status.st_mode))
        examine_socket(native, handle);
    return 0;
}

uint64_t kin_plat_handle_number(const struct kin_plat_handle *handle)
{
    (void)handle;
    return 0;
}

void kin_plat_handle_close(const struct kin_plat_handle *handle)
{
    int descriptor = handle->native;

    kin_posix_descriptor_close(&descriptor);
}
