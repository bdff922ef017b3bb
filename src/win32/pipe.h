/* SPDX-License-Identifier: MIT */
/*
 * The inside of a pipe or file: a handle and what is under way on it.
 */
#ifndef KIN_WIN32_PIPE_H
#define KIN_WIN32_PIPE_H

#include "system.h"

#include "../platform.h"

/* Bytes that a pipe holds for a reader that is late. */
#define KIN_WIN32_PIPE_BUFFER (64 * 1024)

/* One read or one write. Its memory is the system's from the start until the packet has come. */
struct kin_win32_operation {
    OVERLAPPED overlapped;
    kin_plat_pipe *pipe;
    enum kin_plat_event_kind kind;
    bool under_way;
    bool canceled;
    DWORD failed_at_once; /* the error of an operation that got no packet */
    void *data;
    DWORD size;
    struct kin_win32_operation *next_ready;
};

enum kin_win32_pipe_nature {
    KIN_WIN32_NATURE_PIPE,
    KIN_WIN32_NATURE_FILE,  /* has positions */
    KIN_WIN32_NATURE_APPEND /* a file that is written at its end */
};

struct kin_win32_channel;

struct kin_plat_pipe {
    kin_plat_loop *loop;
    void *owner;
    HANDLE handle;
    HANDLE write_handle; /* that too, but for a channel of two pipes */
    enum kin_win32_pipe_nature nature;
    uint64_t position;
    struct kin_win32_operation read;
    struct kin_win32_operation write;
    char watched; /* what a read that waits for the hangup would get: nothing, ever */
    bool closed;
    struct kin_win32_channel *channel; /* NULL: just a pipe */
    kin_plat_pipe *next;
    kin_plat_pipe **link; /* what points to this one, in the list of the loop */
};

/* Takes over an overlapped handle; on failure it is still the caller's. */
int kin_win32_pipe_adopt(kin_plat_loop *loop, HANDLE handle, enum kin_win32_pipe_nature nature, void *owner,
                         kin_plat_pipe **pipe);

/*
 * A new pipe. Our end does overlapped operations, the child's end (which is the caller's to close) waiting ones: C runtimes
 * misbehave with an overlapped standard handle. Neither is inheritable.
 */
int kin_win32_pipe_pair(kin_plat_loop *loop, bool child_reads, void *owner, kin_plat_pipe **pipe, HANDLE *child_end,
                        struct kin_plat_failure *failure);

/* Both ends of a pipe that has no name any more when this returns. */
struct kin_win32_pipe_ends {
    DWORD our_access; /* PIPE_ACCESS_… */
    DWORD child_access;
    DWORD child_flags;
    HANDLE ours; /* overlapped */
    HANDLE childs;
};

/* ERROR_SUCCESS or why not. */
DWORD kin_win32_pipe_ends_make(kin_plat_loop *loop, struct kin_win32_pipe_ends *ends);

/* Starts an operation; at most 256 KiB of it. */
int kin_win32_operation_submit(struct kin_win32_operation *operation, const void *data, size_t size);

/* Begins to look whether somebody still reads the pipe that we write. */
void kin_win32_pipe_watch(kin_plat_pipe *pipe);

/* A packet has come, or the operation needs none. Whether there is an event to tell. */
bool kin_win32_operation_completed(OVERLAPPED *overlapped, struct kin_plat_event *event);
bool kin_win32_operation_ended(struct kin_win32_operation *operation, struct kin_plat_event *event);

/* Whether an operation of any of these pipes has its result, so that its packet is there or about to come. */
bool kin_win32_pipes_have_result(const kin_plat_pipe *pipes);

/* Whether this belongs to a write of any of these pipes. */
bool kin_win32_pipes_write_by(const kin_plat_pipe *pipes, const OVERLAPPED *overlapped);

#endif
