/* SPDX-License-Identifier: MIT */
/*
 * The frames that libuv puts around the bytes of a channel on Windows, and so Node, and so we (docs/wire.md):
 *
 *      16 bytes   flags, 0, number of bytes, 0; each 32 bits, little-endian
 *      632 bytes  only with a socket: its WSAPROTOCOL_INFOW (628) and the error that accepting it gave, 32 bits
 *      bytes      a piece of the stream; it may hold any part of a message, or several
 *
 * Pure: nothing of Windows is needed, and whatever comes is read without leaving its bounds.
 */
#ifndef KIN_WIN32_RULES_NODE_FRAME_H
#define KIN_WIN32_RULES_NODE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIN_WIN32_NODE_HEADER ((size_t)16)
#define KIN_WIN32_NODE_PROTOCOL_INFO ((size_t)628)
#define KIN_WIN32_NODE_SOCKET (KIN_WIN32_NODE_PROTOCOL_INFO + 4)

/* What libuv writes at once at most; we write less. */
#define KIN_WIN32_NODE_MOST ((size_t)INT32_MAX)

/* Head of a frame with so many bytes (at most KIN_WIN32_NODE_MOST); the socket's 632 bytes follow, if there is one. */
void kin_win32_node_header_write(unsigned char *header, size_t data_size, bool socket, bool connection);

/* The error behind the protocol info of a socket, or as it was received. */
void kin_win32_node_error_write(unsigned char *place, uint32_t error);

enum kin_win32_node_piece_kind { KIN_WIN32_NODE_DATA, KIN_WIN32_NODE_SOCKET_INFO };

struct kin_win32_node_piece {
    enum kin_win32_node_piece_kind kind;
    const unsigned char
        *data; /* where it lies in what was given, or, for a socket's info, in the decoder: good until the next call */
    size_t size;
    bool connection; /* a socket: connected, else listening */
    uint32_t error;  /* a socket: what accepting it gave to the sender, 0 for a good one */
};

/* The decoder of one channel; all zero at its beginning. */
struct kin_win32_node_frames {
    unsigned char held[KIN_WIN32_NODE_SOCKET]; /* of a header or a socket that comes in parts */
    size_t held_size;
    bool in_socket;
    bool connection;
    uint32_t after_socket; /* bytes that its frame announced */
    uint32_t data_left;    /* of the frame that is being read */
    bool broken;
};

/*
 * The next piece of what came: `*data` and `*size` move on. 1 with a piece; 0 when all is used up; KIN_EPROTO for a frame that
 * libuv would not take either, and from then on.
 */
int kin_win32_node_frames_next(struct kin_win32_node_frames *frames, const unsigned char **data, size_t *size,
                               struct kin_win32_node_piece *piece);

/* Whether an end here cuts a frame off. */
bool kin_win32_node_frames_are_partial(const struct kin_win32_node_frames *frames);

#endif
