/* SPDX-License-Identifier: MIT */
/*
 * What makes a pipe a channel: libuv's frames around what it carries, the peer, and the handles that came.
 */
#ifndef KIN_WIN32_CHANNEL_H
#define KIN_WIN32_CHANNEL_H

#include "winsock.h"

#include "../platform.h"
#include "pipe.h"
#include "rules/node_frame.h"

/* All of a frame fits into an empty pipe, so that it leaves at once if the peer keeps up. */
#define KIN_WIN32_CHANNEL_FRAME ((size_t)KIN_WIN32_PIPE_BUFFER)

struct kin_win32_received;

struct kin_win32_channel {
    bool framed;
    bool torn;                           /* the peer may have got a part of a frame: nothing that follows would mean anything */
    struct kin_win32_node_frames frames; /* of what is read */
    size_t payload;                      /* of the write that is under way */
    DWORD peer_id;                       /* 0: nobody knows */
    HANDLE peer;                         /* the process, open so that its id stays its own; NULL: not, or not allowed */
    struct kin_win32_winsock winsock;    /* open from the first socket on */
    size_t most_received;
    size_t received_count;
    struct kin_win32_received *received; /* oldest first */
    unsigned char frame[];               /* if framed, room for one */
};

/* Makes a pipe of both ends and the channel around them. On failure the handles are still the caller's. */
int kin_win32_channel_adopt(kin_plat_loop *loop, HANDLE in, HANDLE out, bool framed, void *owner, kin_plat_pipe **pipe);

/* A new channel, as kin_win32_pipe_pair() makes a pipe. Both ends are duplex and overlapped. */
int kin_win32_channel_pair(kin_plat_loop *loop, void *owner, kin_plat_pipe **pipe, HANDLE *child_end,
                           struct kin_plat_failure *failure);

/* The child that has the other end. The handle is copied. */
void kin_win32_channel_set_peer(kin_plat_pipe *pipe, HANDLE process, DWORD id);

/* ------------------------------------------------------------------------------------------ for pipe.c ------- */

/* Writes one frame, with what fits of the payload. */
int kin_win32_channel_write_frame(kin_plat_pipe *pipe, const void *data, size_t size);

/* The same with a socket, whose description has been put into its place before. */
int kin_win32_channel_write_socket(kin_plat_pipe *pipe, const void *data, size_t size, bool connection);
unsigned char *kin_win32_channel_socket_place(struct kin_win32_channel *channel);

/* What an operation has moved, with the frames taken off, and what it means for the channel. */
void kin_win32_channel_passed(const struct kin_win32_operation *operation, DWORD *error, DWORD *size);

/* ERROR_SUCCESS, or why nothing can be read or written any more. */
DWORD kin_win32_channel_error(const struct kin_win32_channel *channel, enum kin_plat_event_kind kind);

void kin_win32_channel_free(struct kin_win32_channel *channel);

/* --------------------------------------------------------------------------------- for the files of channels --- */

int kin_win32_channel_need_winsock(struct kin_win32_channel *channel);

/* A socket has come: `description` is a WSAPROTOCOL_INFOW, unaligned. */
void kin_win32_channel_receive(struct kin_win32_channel *channel, const unsigned char *description);
void kin_win32_channel_drop_received(struct kin_win32_channel *channel);

/* Who has the other end, as the pipe itself knows it; 0: nobody that can be told. */
DWORD kin_win32_channel_peer_of(HANDLE in, HANDLE out, bool framed);

#endif
