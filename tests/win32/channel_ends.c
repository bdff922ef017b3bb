/* SPDX-License-Identifier: MIT */
#include "channel_ends.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/win32/channel.h"

struct channel_ends *channel_ends_open(void)
{
    struct channel_ends *ends = calloc(1, sizeof *ends);
    struct kin_plat_failure failure;
    ASSERT_NOT_NULL(ends);
    ends->loop = door_open();
    ends->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    ASSERT_INT_EQ(0, kin_win32_channel_pair(ends->loop, ends, &ends->pipe, &ends->other, &failure));
    return ends;
}

void channel_ends_close_ours(struct channel_ends *ends)
{
    if (ends->pipe != NULL)
        kin_plat_pipe_close(ends->pipe);
    ends->pipe = NULL;
}

void channel_ends_close_other(struct channel_ends *ends)
{
    if (ends->other != NULL)
        CloseHandle(ends->other);
    ends->other = NULL;
}

void channel_ends_free(struct channel_ends *ends)
{
    channel_ends_close_ours(ends);
    channel_ends_close_other(ends);
    CloseHandle(ends->event);
    kin_plat_loop_close(ends->loop);
    free(ends);
}

void duplex_pipe(HANDLE ends[2])
{
    static int number;
    wchar_t name[64];
    _snwprintf(name, 64, L"\\\\.\\pipe\\kin-test-%lu-%d", GetCurrentProcessId(), number++);
    ends[0] = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1, 4096, 4096, 0, NULL);
    ASSERT_TRUE(ends[0] != INVALID_HANDLE_VALUE);
    ends[1] = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    ASSERT_TRUE(ends[1] != INVALID_HANDLE_VALUE);
}

/* ERROR_SUCCESS or why not; *size is what was moved. */
static DWORD finish(struct channel_ends *ends, OVERLAPPED *overlapped, BOOL done, DWORD *size)
{
    *size = 0;
    if (!done && GetLastError() != ERROR_IO_PENDING)
        return GetLastError();
    if (WaitForSingleObject(ends->event, DOOR_PATIENCE_MS) != WAIT_OBJECT_0) {
        CancelIoEx(ends->other, overlapped);
        GetOverlappedResult(ends->other, overlapped, size, TRUE);
        return WAIT_TIMEOUT;
    }
    return GetOverlappedResult(ends->other, overlapped, size, FALSE) ? ERROR_SUCCESS : GetLastError();
}

void other_writes(struct channel_ends *ends, const void *bytes, size_t size)
{
    OVERLAPPED overlapped = { .hEvent = ends->event };
    DWORD written;
    BOOL done = WriteFile(ends->other, bytes, (DWORD)size, NULL, &overlapped);
    ASSERT_INT_EQ(ERROR_SUCCESS, finish(ends, &overlapped, done, &written));
    ASSERT_SIZE_EQ(size, written);
}

DWORD other_reads_some(struct channel_ends *ends, void *bytes, size_t size, DWORD *error)
{
    OVERLAPPED overlapped = { .hEvent = ends->event };
    DWORD read;
    BOOL done = ReadFile(ends->other, bytes, (DWORD)size, NULL, &overlapped);
    *error = finish(ends, &overlapped, done, &read);
    return read;
}

void other_reads(struct channel_ends *ends, void *bytes, size_t size)
{
    size_t total = 0;
    while (total < size) {
        DWORD error;
        total += other_reads_some(ends, (char *)bytes + total, size - total, &error);
        ASSERT_INT_EQ(ERROR_SUCCESS, error);
    }
}

size_t make_frame(void *frame, uint32_t flags, const void *payload, size_t size)
{
    unsigned char *bytes = frame;
    memset(bytes, 0, 16);
    bytes[0] = (unsigned char)flags;
    for (size_t i = 0; i < 4; i++)
        bytes[8 + i] = (unsigned char)(size >> (8 * i));
    memcpy(bytes + 16, payload, size);
    return 16 + size;
}

void expect_bytes(struct channel_ends *ends, const void *expected, size_t size)
{
    char *read = malloc(size);
    size_t total = 0;
    ASSERT_NOT_NULL(read);
    while (total < size) {
        ASSERT_INT_EQ(0, kin_plat_pipe_read(ends->pipe, read + total, size - total));
        struct kin_plat_event event = door_expect(ends->loop, KIN_PLAT_READ, ends);
        ASSERT_INT_EQ(0, event.code);
        ASSERT_TRUE(event.size > 0);
        total += event.size;
    }
    EXPECT_MEM_EQ(expected, read, size);
    free(read);
}

void expect_read(struct channel_ends *ends, int code, size_t size)
{
    char buffer[64];
    ASSERT_INT_EQ(0, kin_plat_pipe_read(ends->pipe, buffer, sizeof buffer));
    struct kin_plat_event event = door_expect(ends->loop, KIN_PLAT_READ, ends);
    EXPECT_INT_EQ(code, event.code);
    EXPECT_SIZE_EQ(size, event.size);
}
