/* SPDX-License-Identifier: MIT */
#include "pipe.h"

#include <stdlib.h>

#include "channel.h"
#include "error.h"
#include "loop.h"

/* The system copies what waits to be written into memory that is never paged out; so not all of a huge write at once. */
#define MOST_AT_ONCE ((size_t)256 * 1024)

/* An offset of all ones writes at the end of the file (WriteFile). */
#define END_OF_FILE_OFFSET UINT64_MAX

static void link_pipe(kin_plat_pipe *pipe)
{
    kin_plat_pipe **head = &pipe->loop->pipes;
    pipe->next = *head;
    pipe->link = head;
    if (pipe->next != NULL)
        pipe->next->link = &pipe->next;
    *head = pipe;
}

static void unlink_and_free(kin_plat_pipe *pipe)
{
    *pipe->link = pipe->next;
    if (pipe->next != NULL)
        pipe->next->link = pipe->link;
    if (pipe->channel != NULL)
        kin_win32_channel_free(pipe->channel);
    free(pipe);
}

int kin_win32_pipe_adopt(kin_plat_loop *loop, HANDLE handle, enum kin_win32_pipe_nature nature, void *owner,
                         kin_plat_pipe **pipe)
{
    kin_plat_pipe *adopted = calloc(1, sizeof *adopted);
    if (adopted == NULL)
        return KIN_ENOMEM;
    if (CreateIoCompletionPort(handle, loop->port, KIN_WIN32_PACKET_OPERATION, 0) == NULL) {
        int rc = kin_win32_code(GetLastError());
        free(adopted);
        return rc;
    }

    adopted->loop = loop;
    adopted->owner = owner;
    adopted->handle = handle;
    adopted->write_handle = handle;
    adopted->nature = nature;
    adopted->read = (struct kin_win32_operation){ .pipe = adopted, .kind = KIN_PLAT_READ };
    adopted->write = (struct kin_win32_operation){ .pipe = adopted, .kind = KIN_PLAT_WRITE };
    link_pipe(adopted);
    *pipe = adopted;
    return 0;
}

/* ------------------------------------------------------------------------------------------------ submitting --- */

static OVERLAPPED fresh_overlapped(const kin_plat_pipe *pipe)
{
    OVERLAPPED overlapped = { 0 };
    uint64_t offset = pipe->nature == KIN_WIN32_NATURE_APPEND ? END_OF_FILE_OFFSET : pipe->position;
    overlapped.Offset = (DWORD)(offset & UINT32_MAX);
    overlapped.OffsetHigh = (DWORD)(offset >> 32);
    overlapped.hEvent = pipe->loop->event;
    return overlapped;
}

static HANDLE handle_of(const struct kin_win32_operation *operation)
{
    return operation->kind == KIN_PLAT_WRITE ? operation->pipe->write_handle : operation->pipe->handle;
}

/* An operation that fails at once gets no packet; its result is put where kin_plat_wait() finds it. */
static void fail_at_once(struct kin_win32_operation *operation, DWORD error)
{
    operation->failed_at_once = error;
    kin_win32_loop_ready_add(operation->pipe->loop, operation);
}

/* Also the beginning of a message that is longer than the read: the status of that is a warning, and only errors get none. */
static bool gets_packet(DWORD error)
{
    return error == ERROR_IO_PENDING || error == ERROR_MORE_DATA;
}

static void start(struct kin_win32_operation *operation)
{
    HANDLE handle = handle_of(operation);
    BOOL started;

    operation->overlapped = fresh_overlapped(operation->pipe);
    operation->under_way = true;
    operation->failed_at_once = ERROR_SUCCESS;
    if (operation->kind == KIN_PLAT_WRITE)
        started = WriteFile(handle, operation->data, operation->size, NULL, &operation->overlapped);
    else
        started = ReadFile(handle, operation->data, operation->size, NULL, &operation->overlapped);

    DWORD error = started ? ERROR_IO_PENDING : GetLastError();
    if (!gets_packet(error))
        fail_at_once(operation, error);
    kin_win32_loop_signal(operation->pipe->loop);
}

int kin_win32_operation_submit(struct kin_win32_operation *operation, const void *data, size_t size)
{
    const struct kin_win32_channel *channel = operation->pipe->channel;
    DWORD error = channel != NULL ? kin_win32_channel_error(channel, operation->kind) : ERROR_SUCCESS;

    /* The cast takes const away for a member that reads share; WriteFile only reads. */
    operation->data = (void *)(uintptr_t)data;
    operation->size = (DWORD)(size < MOST_AT_ONCE ? size : MOST_AT_ONCE);
    operation->canceled = false;
    if (error == ERROR_SUCCESS) {
        start(operation);
    } else {
        operation->under_way = true;
        fail_at_once(operation, error);
        kin_win32_loop_signal(operation->pipe->loop);
    }
    return 0;
}

int kin_plat_pipe_read(kin_plat_pipe *pipe, void *data, size_t size)
{
    return kin_win32_operation_submit(&pipe->read, data, size);
}

int kin_plat_pipe_write(kin_plat_pipe *pipe, const void *data, size_t size)
{
    if (pipe->channel != NULL && pipe->channel->framed)
        return kin_win32_channel_write_frame(pipe, data, size);
    return kin_win32_operation_submit(&pipe->write, data, size);
}

/*
 * A read on our end of a pipe whose other end can only read never gets a byte. It ends with ERROR_BROKEN_PIPE when the last
 * handle of the other end is closed, and so tells of the hangup.
 */
void kin_win32_pipe_watch(kin_plat_pipe *pipe)
{
    pipe->read.kind = KIN_PLAT_HANGUP;
    kin_win32_operation_submit(&pipe->read, &pipe->watched, sizeof pipe->watched);
}

/* ------------------------------------------------------------------------------------------------- completing --- */

static DWORD result_of(struct kin_win32_operation *operation, DWORD *size)
{
    *size = 0;
    if (operation->failed_at_once != ERROR_SUCCESS)
        return operation->failed_at_once;
    if (GetOverlappedResult(handle_of(operation), &operation->overlapped, size, FALSE))
        return ERROR_SUCCESS;
    return GetLastError();
}

/*
 * The end of a pipe is ERROR_BROKEN_PIPE, that of a file ERROR_HANDLE_EOF. A read of 0 bytes is neither: the writer wrote 0
 * bytes, which Windows delivers (but Wine does not); or what came to a channel was nothing but a part of a frame's head.
 */
static bool is_end(const struct kin_win32_operation *operation, DWORD error)
{
    return operation->kind != KIN_PLAT_WRITE &&
           (error == ERROR_BROKEN_PIPE || error == ERROR_HANDLE_EOF || error == ERROR_PIPE_NOT_CONNECTED);
}

static bool is_empty_message(const struct kin_win32_operation *operation, DWORD error, DWORD size)
{
    return operation->kind == KIN_PLAT_READ && operation->pipe->nature == KIN_WIN32_NATURE_PIPE && error == ERROR_SUCCESS &&
           size == 0;
}

static int code_of(const struct kin_win32_operation *operation, DWORD error)
{
    if (is_end(operation, error) || error == ERROR_MORE_DATA)
        return KIN_OK;
    return kin_win32_code(error);
}

bool kin_win32_operation_ended(struct kin_win32_operation *operation, struct kin_plat_event *event)
{
    kin_plat_pipe *pipe = operation->pipe;
    DWORD size;
    DWORD error = result_of(operation, &size);
    if (pipe->channel != NULL)
        kin_win32_channel_passed(operation, &error, &size);
    bool canceled = operation->canceled && (error == ERROR_OPERATION_ABORTED || is_empty_message(operation, error, size));

    if (is_empty_message(operation, error, size) && !canceled) {
        start(operation);
        return false;
    }
    operation->under_way = false;
    if (operation->kind == KIN_PLAT_HANGUP && !is_end(operation, error))
        return false;
    pipe->position += size;
    *event = (struct kin_plat_event){
        .kind = operation->kind,
        .code = canceled ? KIN_ECANCELED : code_of(operation, error),
        .size = size,
        .owner = pipe->owner,
    };
    return true;
}

bool kin_win32_operation_completed(OVERLAPPED *overlapped, struct kin_plat_event *event)
{
    struct kin_win32_operation *operation = CONTAINING_RECORD(overlapped, struct kin_win32_operation, overlapped);
    kin_plat_pipe *pipe = operation->pipe;

    if (!pipe->closed)
        return kin_win32_operation_ended(operation, event);
    pipe->loop->leftovers--;
    unlink_and_free(pipe);
    return false;
}

static bool has_result(const struct kin_win32_operation *operation)
{
    return operation->under_way && HasOverlappedIoCompleted(&operation->overlapped);
}

bool kin_win32_pipes_have_result(const kin_plat_pipe *pipes)
{
    for (const kin_plat_pipe *pipe = pipes; pipe != NULL; pipe = pipe->next) {
        if (has_result(&pipe->read) || has_result(&pipe->write))
            return true;
    }
    return false;
}

bool kin_win32_pipes_write_by(const kin_plat_pipe *pipes, const OVERLAPPED *overlapped)
{
    for (const kin_plat_pipe *pipe = pipes; pipe != NULL; pipe = pipe->next) {
        if (&pipe->write.overlapped == overlapped)
            return true;
    }
    return false;
}

/* ----------------------------------------------------------------------------------------------------- ending --- */

static void cancel(struct kin_win32_operation *operation)
{
    if (!operation->under_way || operation->kind == KIN_PLAT_HANGUP)
        return;
    operation->canceled = true;
    /* ERROR_NOT_FOUND: it has ended by itself, and its packet is on the way. */
    CancelIoEx(handle_of(operation), &operation->overlapped);
}

void kin_plat_pipe_cancel(kin_plat_pipe *pipe)
{
    cancel(&pipe->read);
    cancel(&pipe->write);
}

/* Whether a packet is still to come for the read that waits for the hangup. */
static bool stop_watching(kin_plat_pipe *pipe)
{
    if (!pipe->read.under_way)
        return false;
    if (pipe->read.failed_at_once != ERROR_SUCCESS) {
        kin_win32_loop_ready_remove(pipe->loop, &pipe->read);
        return false;
    }
    CancelIoEx(pipe->handle, &pipe->read.overlapped);
    return true;
}

/*
 * CloseHandle leaves what was written to the reader; it is DisconnectNamedPipe that would throw it away. The handle goes at
 * once, for the reader waits for the end; the memory only when no packet points to it any more.
 */
void kin_plat_pipe_close(kin_plat_pipe *pipe)
{
    bool packet_to_come = stop_watching(pipe);

    if (pipe->write_handle != pipe->handle)
        CloseHandle(pipe->write_handle);
    CloseHandle(pipe->handle);
    if (packet_to_come) {
        pipe->closed = true;
        pipe->loop->leftovers++;
    } else {
        unlink_and_free(pipe);
    }
}
