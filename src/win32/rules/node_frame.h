/* SPDX-License-Identifier: MIT */
/*
 * The frames that libuv puts around what goes through a channel on Windows, where bytes and sockets share one pipe.
 * All numbers are little-endian, 32 bits each:
 *
 *      flags | ignored | size | must be 0 | the socket, if the flags have one | `size` bytes
 *
 * Where one frame ends and the next begins means nothing: the bytes of all are one stream. The layout is nowhere documented but
 * in the source of libuv (src/win/pipe.c, uv__ipc_frame_header_t); it has been the same since libuv 1.23.
 */
#ifndef KIN_WIN32_RULES_NODE_FRAME_H
#define KIN_WIN32_RULES_NODE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes before the payload: always; and the socket, which is a WSAPROTOCOL_INFOW and an error code that came late. */
#define KIN_WIN32_NODE_HEADER_SIZE ((size_t)16)
#define KIN_WIN32_NODE_SOCKET_SIZE ((size_t)632)

enum kin_win32_node_flags {
    KIN_WIN32_NODE_DATA = 0x01,
    KIN_WIN32_NODE_SOCKET = 0x02,
    KIN_WIN32_NODE_CONNECTION = 0x04 /* with SOCKET: it is connected, else it listens */
};

/* What is known of the frame that has begun. All zero at first. */
struct kin_win32_node_reader {
    unsigned char head[KIN_WIN32_NODE_HEADER_SIZE + KIN_WIN32_NODE_SOCKET_SIZE];
    size_t head_size; /* bytes of the head that have come; 0 between frames, and once the head is complete */
    uint32_t left;    /* bytes of the payload that are still to come */
    bool broken;      /* for ever */
};

enum kin_win32_node_found {
    KIN_WIN32_NODE_ALL_TAKEN,    /* all bytes are used */
    KIN_WIN32_NODE_FOUND_SOCKET, /* one came: it is in `socket`; call again */
    KIN_WIN32_NODE_BROKEN        /* a frame breaks the rules; what was kept is good */
};

/* Bytes that came, whatever the pieces are. */
struct kin_win32_node_input {
    unsigned char *bytes;
    size_t size;
    size_t taken; /* 0 at first */
    size_t kept;  /* 0 at first; so many bytes of payload are at the beginning of `bytes` now */
    unsigned char socket[KIN_WIN32_NODE_SOCKET_SIZE];
};

/* Takes the frames off, in place. The payload is moved together at the beginning of the bytes. */
enum kin_win32_node_found kin_win32_node_read(struct kin_win32_node_reader *reader, struct kin_win32_node_input *input);

/* Whether the stream may end here. */
bool kin_win32_node_is_between_frames(const struct kin_win32_node_reader *reader);

/* Writes the header of a frame. */
void kin_win32_node_header(unsigned char header[KIN_WIN32_NODE_HEADER_SIZE], uint32_t flags, uint32_t size);

#endif
