/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "loop.h"

/* ---------------------------------------------------------------------------------------------------- making --- */

static struct kin_win32_channel *make_channel(bool framed)
{
    size_t room = framed ? KIN_WIN32_CHANNEL_FRAME : 0;
    struct kin_win32_channel *channel = malloc(sizeof *channel + room);
    if (channel != NULL)
        *channel = (struct kin_win32_channel){ .framed = framed };
    return channel;
}

void kin_win32_channel_free(struct kin_win32_channel *channel)
{
    kin_win32_channel_drop_received(channel);
    kin_win32_winsock_close(&channel->winsock);
    if (channel->peer != NULL)
        CloseHandle(channel->peer);
    free(channel);
}

/* A handle stays with the port of its first association for ever, also if what follows fails; so this comes last. */
static int adopt_both(kin_plat_loop *loop, HANDLE in, HANDLE out, void *owner, kin_plat_pipe **pipe)
{
    if (out != in && CreateIoCompletionPort(out, loop->port, KIN_WIN32_PACKET_SECOND, 0) == NULL)
        return kin_win32_code(GetLastError());
    int rc = kin_win32_pipe_adopt(loop, in, KIN_WIN32_NATURE_PIPE, owner, pipe);
    if (rc == 0)
        (*pipe)->write_handle = out;
    return rc;
}

int kin_win32_channel_adopt(kin_plat_loop *loop, HANDLE in, HANDLE out, bool framed, void *owner, kin_plat_pipe **pipe)
{
    struct kin_win32_channel *channel = make_channel(framed);
    if (channel == NULL)
        return KIN_ENOMEM;

    int rc = adopt_both(loop, in, out, owner, pipe);
    if (rc < 0)
        kin_win32_channel_free(channel);
    else
        (*pipe)->channel = channel;
    return rc;
}

/* ------------------------------------------------------------------------------------------------------ a pair --- */

/*
 * libuv of a child opens its end for both directions and for overlapped operations, or not at all. The end is inherited, so the
 * child needs no name, and nobody else can come in between.
 */
static const struct kin_win32_pipe_ends both_ways = {
    .our_access = PIPE_ACCESS_DUPLEX,
    .child_access = GENERIC_READ | GENERIC_WRITE,
    .child_flags = FILE_FLAG_OVERLAPPED,
};

/*
 * The pipe connects us with ourselves, as both of its ends say. That is no proof against one who can lie about it, and needs to
 * be none; it would show that a name was not ours alone.
 */
static bool are_both_ours(const struct kin_win32_pipe_ends *ends)
{
    ULONG client = 0;
    ULONG server = 0;
    return GetNamedPipeClientProcessId(ends->ours, &client) && GetNamedPipeServerProcessId(ends->childs, &server) &&
           client == GetCurrentProcessId() && server == GetCurrentProcessId();
}

static int adopt_ours(kin_plat_loop *loop, const struct kin_win32_pipe_ends *ends, void *owner, kin_plat_pipe **pipe)
{
    if (!are_both_ours(ends))
        return KIN_EACCES;
    return kin_win32_channel_adopt(loop, ends->ours, ends->ours, true, owner, pipe);
}

int kin_win32_channel_pair(kin_plat_loop *loop, void *owner, kin_plat_pipe **pipe, HANDLE *child_end,
                           struct kin_plat_failure *failure)
{
    struct kin_win32_pipe_ends ends = both_ways;

    DWORD error = kin_win32_pipe_ends_make(loop, &ends);
    if (error != ERROR_SUCCESS)
        return kin_win32_fail_system(failure, error, KIN_STAGE_PIPE, NULL);

    int rc = adopt_ours(loop, &ends, owner, pipe);
    if (rc < 0) {
        CloseHandle(ends.childs);
        CloseHandle(ends.ours);
        return kin_win32_fail(failure, rc, KIN_STAGE_PIPE, NULL);
    }
    *child_end = ends.childs;
    return 0;
}

/* Without the copy no handles can be passed, which is told when somebody tries; the child runs. */
void kin_win32_channel_set_peer(kin_plat_pipe *pipe, HANDLE process, DWORD id)
{
    struct kin_win32_channel *channel = pipe->channel;
    HANDLE self = GetCurrentProcess();
    HANDLE copy;

    if (!DuplicateHandle(self, process, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS))
        return;
    channel->peer = copy;
    channel->peer_id = id;
}

/* ----------------------------------------------------------------------------------------------------- writing --- */

unsigned char *kin_win32_channel_socket_place(struct kin_win32_channel *channel)
{
    return channel->frame + KIN_WIN32_NODE_HEADER;
}

/* One write for all of it: Node's loop stands still from the first byte of a head until it has the last. */
static int write_frame(kin_plat_pipe *pipe, const void *data, size_t size, bool socket, bool connection)
{
    struct kin_win32_channel *channel = pipe->channel;
    size_t head = KIN_WIN32_NODE_HEADER + (socket ? KIN_WIN32_NODE_SOCKET : 0);
    size_t room = KIN_WIN32_CHANNEL_FRAME - head;

    channel->payload = size < room ? size : room;
    kin_win32_node_header_write(channel->frame, channel->payload, socket, connection);
    memcpy(channel->frame + head, data, channel->payload);
    return kin_win32_operation_submit(&pipe->write, channel->frame, head + channel->payload);
}

int kin_win32_channel_write_frame(kin_plat_pipe *pipe, const void *data, size_t size)
{
    return write_frame(pipe, data, size, false, false);
}

int kin_win32_channel_write_socket(kin_plat_pipe *pipe, const void *data, size_t size, bool connection)
{
    return write_frame(pipe, data, size, true, connection);
}

DWORD kin_win32_channel_error(const struct kin_win32_channel *channel, enum kin_plat_event_kind kind)
{
    if (kind == KIN_PLAT_WRITE)
        return channel->torn ? ERROR_BROKEN_PIPE : ERROR_SUCCESS;
    return channel->frames.broken ? ERROR_INVALID_DATA : ERROR_SUCCESS;
}

/* A write that did not come through as a whole may have left a part of the frame with the peer. */
static void frame_written(struct kin_win32_channel *channel, DWORD whole, DWORD *error, DWORD *size)
{
    bool written = *error == ERROR_SUCCESS && *size == whole;

    if (*error == ERROR_SUCCESS && !written)
        *error = ERROR_WRITE_FAULT;
    if (!written)
        channel->torn = true;
    *size = written ? (DWORD)channel->payload : 0;
}

/* ----------------------------------------------------------------------------------------------------- reading --- */

/* In place: the payload is moved together at the front, where it was asked for. */
static void take_frames_off(struct kin_win32_channel *channel, unsigned char *bytes, DWORD *error, DWORD *size)
{
    const unsigned char *rest = bytes;
    size_t rest_size = *size;
    size_t kept = 0;
    struct kin_win32_node_piece piece;
    int found;

    while ((found = kin_win32_node_frames_next(&channel->frames, &rest, &rest_size, &piece)) > 0) {
        if (piece.kind == KIN_WIN32_NODE_SOCKET_INFO) {
            kin_win32_channel_receive(channel, piece.data);
        } else {
            memmove(bytes + kept, piece.data, piece.size);
            kept += piece.size;
        }
    }
    *size = (DWORD)kept;
    /* ERROR_MORE_DATA is none: with nothing kept it would be taken for the end. */
    *error = found < 0 && kept == 0 ? ERROR_INVALID_DATA : ERROR_SUCCESS;
}

static bool is_end(DWORD error)
{
    return error == ERROR_BROKEN_PIPE || error == ERROR_PIPE_NOT_CONNECTED;
}

static void frames_read(struct kin_win32_channel *channel, void *bytes, DWORD *error, DWORD *size)
{
    if (*error == ERROR_SUCCESS || *error == ERROR_MORE_DATA)
        take_frames_off(channel, bytes, error, size);
    else if (is_end(*error) && kin_win32_node_frames_are_partial(&channel->frames))
        *error = ERROR_INVALID_DATA;
}

void kin_win32_channel_passed(const struct kin_win32_operation *operation, DWORD *error, DWORD *size)
{
    struct kin_win32_channel *channel = operation->pipe->channel;

    if (!channel->framed)
        return;
    if (operation->kind == KIN_PLAT_WRITE)
        frame_written(channel, operation->size, error, size);
    else
        frames_read(channel, operation->data, error, size);
}
