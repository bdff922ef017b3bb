/* SPDX-License-Identifier: MIT */
/*
 * Handles that travel. Sockets go with the bytes, as libuv sends them; anything else is fetched from its owner, by its number.
 */
#include "channel.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "rules/handle_list.h"

_Static_assert(sizeof(WSAPROTOCOL_INFOW) == KIN_WIN32_NODE_PROTOCOL_INFO, "as libuv has it");

struct kin_win32_received {
    struct kin_win32_received *next;
    SOCKET socket; /* INVALID_SOCKET: it could not be opened */
};

int kin_win32_channel_need_winsock(struct kin_win32_channel *channel)
{
    return channel->winsock.library != NULL ? 0 : kin_win32_winsock_open(&channel->winsock);
}

/* --------------------------------------------------------------------------------------------------- receiving --- */

/*
 * The process is opened now, while it surely lives, and kept: so its id cannot become that of another. That we are not allowed
 * to is no error here; then nothing is fetched from it.
 */
void kin_plat_channel_accept(kin_plat_pipe *pipe, size_t most)
{
    struct kin_win32_channel *channel = pipe->channel;

    channel->most_received = most;
    if (most > 0 && channel->peer == NULL && channel->peer_id != 0)
        channel->peer = OpenProcess(PROCESS_DUP_HANDLE, FALSE, channel->peer_id);
}

static SOCKET open_socket(struct kin_win32_channel *channel, const unsigned char *bytes)
{
    WSAPROTOCOL_INFOW description;

    if (kin_win32_channel_need_winsock(channel) < 0)
        return INVALID_SOCKET;
    memcpy(&description, bytes, sizeof description);
    return channel->winsock.open(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &description, 0,
                                 WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
}

static void append(struct kin_win32_channel *channel, struct kin_win32_received *received)
{
    struct kin_win32_received **end = &channel->received;
    while (*end != NULL)
        end = &(*end)->next;
    *end = received;
    channel->received_count++;
}

/*
 * WSADuplicateSocket has put a handle into this process before we hear of it; only opening and closing it takes it out again.
 * So one too many is opened too. One that is not accepted is not: the description comes from the peer, and could name any
 * handle of ours.
 */
void kin_win32_channel_receive(struct kin_win32_channel *channel, const unsigned char *description)
{
    struct kin_win32_received *received = NULL;
    SOCKET socket;

    if (channel->most_received == 0)
        return;
    socket = open_socket(channel, description);
    if (channel->received_count < channel->most_received)
        received = malloc(sizeof *received);
    if (received != NULL) {
        *received = (struct kin_win32_received){ .socket = socket };
        append(channel, received);
    } else if (socket != INVALID_SOCKET) {
        channel->winsock.close(socket);
    }
}

/* The oldest one; INVALID_SOCKET when there is none. */
static SOCKET take_oldest(struct kin_win32_channel *channel)
{
    struct kin_win32_received *oldest = channel->received;
    SOCKET socket = INVALID_SOCKET;

    if (oldest != NULL) {
        socket = oldest->socket;
        channel->received = oldest->next;
        channel->received_count--;
        free(oldest);
    }
    return socket;
}

void kin_win32_channel_drop_received(struct kin_win32_channel *channel)
{
    while (channel->received != NULL) {
        SOCKET socket = take_oldest(channel);
        if (socket != INVALID_SOCKET)
            channel->winsock.close(socket);
    }
}

static int take_socket(struct kin_win32_channel *channel, struct kin_plat_handle *handle)
{
    kin_handle_kind kind;
    SOCKET socket = take_oldest(channel);

    if (socket == INVALID_SOCKET)
        return KIN_ENOENT;
    if (kin_win32_winsock_kind(&channel->winsock, socket, &kind) < 0) {
        channel->winsock.close(socket);
        return KIN_ENOENT;
    }
    *handle = (struct kin_plat_handle){ .kind = kind, .native = (HANDLE)socket };
    return 0;
}

/*
 * Only 32 bits of a handle mean something, also where it has 64 (Interprocess Communication Between 32-bit and 64-bit
 * Applications), and those of pseudo handles, which mean something else in every process, are the negative ones. Nothing is asked
 * of the handle that came: questions about a file wait for what is under way on it, and the peer may see to it that this never
 * ends.
 */
static int fetch(const struct kin_win32_channel *channel, uint64_t number, struct kin_plat_handle *handle)
{
    HANDLE copy;

    if (channel->most_received == 0 || channel->peer == NULL || number == 0 || number > INT32_MAX)
        return KIN_ENOENT;
    if (!DuplicateHandle(channel->peer, (HANDLE)(uintptr_t)number, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS))
        return KIN_ENOENT;
    *handle = (struct kin_plat_handle){ .kind = KIN_HANDLE_OTHER, .native = copy };
    return 0;
}

int kin_plat_channel_take(kin_plat_pipe *pipe, uint64_t number, struct kin_plat_handle *handle)
{
    if (number != 0)
        return fetch(pipe->channel, number, handle);
    return take_socket(pipe->channel, handle);
}

/* ----------------------------------------------------------------------------------------------------- sending --- */

/* A listening socket listens already, so there is no error that would come late. */
static int describe_socket(struct kin_win32_channel *channel, SOCKET socket)
{
    unsigned char *place = kin_win32_channel_socket_place(channel);
    WSAPROTOCOL_INFOW description;

    int rc = kin_win32_channel_need_winsock(channel);
    if (rc < 0)
        return rc;
    if (channel->winsock.duplicate(socket, channel->peer_id, &description) != 0)
        return kin_win32_winsock_code(&channel->winsock);
    memcpy(place, &description, sizeof description);
    kin_win32_node_error_write(place + sizeof description, 0);
    return 0;
}

int kin_plat_channel_write(kin_plat_pipe *pipe, const void *data, size_t size, const struct kin_plat_handle *handle)
{
    struct kin_win32_channel *channel = pipe->channel;

    if (handle->kind == KIN_HANDLE_OTHER)
        return kin_plat_pipe_write(pipe, data, size);
    if (!channel->framed || channel->peer_id == 0)
        return KIN_ENOTSUP;
    int rc = describe_socket(channel, (SOCKET)handle->native);
    if (rc < 0)
        return rc;
    return kin_win32_channel_write_socket(pipe, data, size, handle->kind == KIN_HANDLE_SOCKET);
}

/* ----------------------------------------------------------------------------------------------------- handles --- */

/* Both have one type (GetFileType); only a pipe has the information of pipes. */
static bool may_be_socket(HANDLE handle)
{
    return GetFileType(handle) == FILE_TYPE_PIPE && !GetNamedPipeInfo(handle, NULL, NULL, NULL, NULL);
}

static int kind_of_socket(HANDLE handle, kin_handle_kind *kind)
{
    struct kin_win32_winsock winsock;
    int rc = kin_win32_winsock_open(&winsock);
    if (rc < 0)
        return rc;
    rc = kin_win32_winsock_kind(&winsock, (SOCKET)handle, kind);
    kin_win32_winsock_close(&winsock);
    return rc;
}

int kin_plat_handle_examine(kin_native_handle native, struct kin_plat_handle *handle)
{
    kin_handle_kind kind = KIN_HANDLE_OTHER;
    DWORD flags;
    int rc = 0;

    if (!kin_win32_handle_is_listable((uintptr_t)native) || !GetHandleInformation(native, &flags))
        return KIN_EBADF;
    if (may_be_socket(native))
        rc = kind_of_socket(native, &kind);
    if (rc == KIN_EBADF) /* a handle, and no socket: a pipe of another system */
        rc = 0;
    if (rc == 0)
        *handle = (struct kin_plat_handle){ .kind = kind, .native = native };
    return rc;
}

uint64_t kin_plat_handle_number(const struct kin_plat_handle *handle)
{
    return handle->kind == KIN_HANDLE_OTHER ? (uint64_t)(uintptr_t)handle->native : 0;
}

static void close_socket(SOCKET socket)
{
    struct kin_win32_winsock winsock;
    if (kin_win32_winsock_open(&winsock) < 0)
        return;
    winsock.close(socket);
    kin_win32_winsock_close(&winsock);
}

void kin_plat_handle_close(const struct kin_plat_handle *handle)
{
    if (handle->kind == KIN_HANDLE_OTHER)
        CloseHandle(handle->native);
    else
        close_socket((SOCKET)handle->native);
}
