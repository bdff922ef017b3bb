/* SPDX-License-Identifier: MIT */
#include "node_frame.h"

#include <kin/error.h>
#include <string.h>

/* The names of libuv, src/win/pipe.c there. */
#define HAS_DATA UINT32_C(0x01)
#define HAS_SOCKET_XFER UINT32_C(0x02)
#define XFER_IS_TCP_CONNECTION UINT32_C(0x04)
#define KNOWN (HAS_DATA | HAS_SOCKET_XFER | XFER_IS_TCP_CONNECTION)

enum { AT_FLAGS = 0, AT_SIZE = 8, AT_RESERVED = 12 };

static void put(unsigned char *place, uint32_t number)
{
    for (unsigned i = 0; i < 4; i++)
        place[i] = (unsigned char)(number >> 8 * i & 0xFFU);
}

static uint32_t get(const unsigned char *place)
{
    return (uint32_t)place[0] | (uint32_t)place[1] << 8 | (uint32_t)place[2] << 16 | (uint32_t)place[3] << 24;
}

/* ------------------------------------------------------------------------------------------------------------- writing --- */

void kin_win32_node_header_write(unsigned char *header, size_t data_size, bool socket, bool connection)
{
    uint32_t flags = data_size > 0 ? HAS_DATA : 0;

    if (socket)
        flags |= HAS_SOCKET_XFER;
    if (socket && connection)
        flags |= XFER_IS_TCP_CONNECTION;
    memset(header, 0, KIN_WIN32_NODE_HEADER);
    put(header + AT_FLAGS, flags);
    put(header + AT_SIZE, (uint32_t)data_size);
}

void kin_win32_node_error_write(unsigned char *place, uint32_t error)
{
    put(place, error);
}

/* ------------------------------------------------------------------------------------------------------------- reading --- */

static int break_down(struct kin_win32_node_frames *frames)
{
    frames->broken = true;
    return KIN_EPROTO;
}

/* Takes what is missing of the first `wanted` bytes; true when they are all there. */
static bool hold(struct kin_win32_node_frames *frames, size_t wanted, const unsigned char **data, size_t *size)
{
    const size_t missing = wanted - frames->held_size;
    const size_t taken = *size < missing ? *size : missing;

    if (taken > 0)
        memcpy(frames->held + frames->held_size, *data, taken);
    frames->held_size += taken;
    *data += taken;
    *size -= taken;
    return frames->held_size == wanted;
}

static bool is_valid(uint32_t flags, uint32_t data_size, uint32_t reserved)
{
    if ((flags & ~KNOWN) != 0 || reserved != 0)
        return false;
    if ((flags & XFER_IS_TCP_CONNECTION) != 0 && (flags & HAS_SOCKET_XFER) == 0)
        return false;
    return data_size == 0 || (flags & HAS_DATA) != 0;
}

static int take_header(struct kin_win32_node_frames *frames)
{
    const uint32_t flags = get(frames->held + AT_FLAGS);
    const uint32_t data_size = get(frames->held + AT_SIZE);

    frames->held_size = 0;
    if (!is_valid(flags, data_size, get(frames->held + AT_RESERVED)))
        return break_down(frames);
    frames->in_socket = (flags & HAS_SOCKET_XFER) != 0;
    frames->connection = (flags & XFER_IS_TCP_CONNECTION) != 0;
    frames->after_socket = frames->in_socket ? data_size : 0;
    frames->data_left = frames->in_socket ? 0 : data_size;
    return 0;
}

static int take_socket(struct kin_win32_node_frames *frames, struct kin_win32_node_piece *piece)
{
    *piece = (struct kin_win32_node_piece){
        .kind = KIN_WIN32_NODE_SOCKET_INFO,
        .data = frames->held,
        .size = KIN_WIN32_NODE_PROTOCOL_INFO,
        .connection = frames->connection,
        .error = get(frames->held + KIN_WIN32_NODE_PROTOCOL_INFO),
    };
    frames->held_size = 0;
    frames->in_socket = false;
    frames->data_left = frames->after_socket;
    return 1;
}

static int take_data(struct kin_win32_node_frames *frames, const unsigned char **data, size_t *size,
                     struct kin_win32_node_piece *piece)
{
    const size_t taken = *size < frames->data_left ? *size : frames->data_left;

    *piece = (struct kin_win32_node_piece){ .kind = KIN_WIN32_NODE_DATA, .data = *data, .size = taken };
    frames->data_left -= (uint32_t)taken;
    *data += taken;
    *size -= taken;
    return 1;
}

int kin_win32_node_frames_next(struct kin_win32_node_frames *frames, const unsigned char **data, size_t *size,
                               struct kin_win32_node_piece *piece)
{
    int code = 0;

    while (code == 0 && !frames->broken && *size > 0) {
        if (frames->data_left > 0)
            return take_data(frames, data, size, piece);
        if (!hold(frames, frames->in_socket ? KIN_WIN32_NODE_SOCKET : KIN_WIN32_NODE_HEADER, data, size))
            return 0;
        code = frames->in_socket ? take_socket(frames, piece) : take_header(frames);
    }
    return frames->broken ? KIN_EPROTO : code;
}

bool kin_win32_node_frames_are_partial(const struct kin_win32_node_frames *frames)
{
    return frames->held_size > 0 || frames->in_socket || frames->data_left > 0;
}
