/* SPDX-License-Identifier: MIT */
/*
 * What goes through a channel: bytes for us, libuv's frames for the other end. The test holds both, so that nothing depends on
 * how fast a child is.
 */
#include "channel_ends.h"

#include <aclapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/win32/channel.h"
#include "../../src/win32/loop.h"

enum { DATA = 1, SOCKET_COMES = 2, CONNECTED = 4, LARGE = 1024 * 1024 };

static void *Win32Channel_setup(void)
{
    return channel_ends_open();
}

static void Win32Channel_teardown(void *self)
{
    channel_ends_free(self);
}

static void write_all(struct channel_ends *ends, const void *bytes, size_t size)
{
    ASSERT_INT_EQ(0, kin_plat_pipe_write(ends->pipe, bytes, size));
    struct kin_plat_event event = door_expect(ends->loop, KIN_PLAT_WRITE, ends);
    ASSERT_INT_EQ(0, event.code);
    ASSERT_SIZE_EQ(size, event.size);
}

/* ---------------------------------------------------------------------------------------------------- the ends --- */

TEST_CF(Win32Channel, X15_NeitherEndIsInheritable)
{
    struct channel_ends *ends = self;
    DWORD flags;
    ASSERT_TRUE(GetHandleInformation(ends->other, &flags) != 0);
    EXPECT_INT_EQ(0, flags & HANDLE_FLAG_INHERIT);
    ASSERT_TRUE(GetHandleInformation(ends->pipe->handle, &flags) != 0);
    EXPECT_INT_EQ(0, flags & HANDLE_FLAG_INHERIT);
}

TEST_CF(Win32Channel, X15_OneInstanceOfBytesAndBothEndsOurs)
{
    struct channel_ends *ends = self;
    DWORD flags, out, in, instances;
    ULONG id;
    ASSERT_TRUE(GetNamedPipeInfo(ends->pipe->handle, &flags, &out, &in, &instances) != 0);
    EXPECT_INT_EQ(PIPE_SERVER_END | PIPE_TYPE_BYTE, flags);
    EXPECT_INT_EQ(1, instances);
    EXPECT_SIZE_EQ(KIN_WIN32_PIPE_BUFFER, out);
    EXPECT_SIZE_EQ(KIN_WIN32_PIPE_BUFFER, in);
    ASSERT_TRUE(GetNamedPipeInfo(ends->other, &flags, NULL, NULL, NULL) != 0);
    EXPECT_INT_EQ(PIPE_CLIENT_END | PIPE_TYPE_BYTE, flags);
    ASSERT_TRUE(GetNamedPipeClientProcessId(ends->pipe->handle, &id) != 0);
    EXPECT_INT_EQ(GetCurrentProcessId(), id);
}

/* libuv ends the process that finds its end without. */
TEST_CF(Win32Channel, ChildsEndIsOverlapped)
{
    struct channel_ends *ends = self;
    HANDLE port = CreateIoCompletionPort(ends->other, NULL, 1, 1);
    ASSERT_TRUE(port != NULL);
    CloseHandle(port);
}

/* Whom the system lets in, when it is asked about the pipe itself. */
TEST_CF(Win32Channel, X15_OnlyTheOwnerMayOpenIt)
{
    struct channel_ends *ends = self;
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    ACL *list = NULL;
    DWORD revision;
    DWORD error =
        GetSecurityInfo(ends->pipe->handle, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor);
    if (door_under_wine() && (error != ERROR_SUCCESS || list == NULL || list->AceCount != 1)) {
        LocalFree(descriptor);
        SKIP_C("Wine ignores the security descriptor of a pipe");
    }
    ASSERT_INT_EQ(ERROR_SUCCESS, error);
    ASSERT_NOT_NULL(list);
    EXPECT_INT_EQ(1, list->AceCount);
    EXPECT_TRUE(GetSecurityDescriptorControl(descriptor, &control, &revision) != 0);
    EXPECT_TRUE((control & SE_DACL_PROTECTED) != 0);
    LocalFree(descriptor);
}

/* ----------------------------------------------------------------------------------------------------- writing --- */

TEST_CF(Win32Channel, I14_WriteIsOneFrame)
{
    struct channel_ends *ends = self;
    static const unsigned char expected[] = "\1\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0{\"a\"}\n";
    unsigned char frame[64];
    DWORD error;
    write_all(ends, "{\"a\"}\n", 6);
    /* All of it is there at once: Node waits for the rest of a head. */
    ASSERT_SIZE_EQ(22, other_reads_some(ends, frame, sizeof frame, &error));
    EXPECT_MEM_EQ(expected, frame, 22);
}

/* In frames of what fits into an empty pipe, one after the other. */
TEST_CF(Win32Channel, LargeWriteIsManyFrames)
{
    struct channel_ends *ends = self;
    static unsigned char bytes[200000];
    static unsigned char frame[KIN_WIN32_PIPE_BUFFER];
    size_t total = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 31 >> 3);
    while (total < sizeof bytes) {
        ASSERT_INT_EQ(0, kin_plat_pipe_write(ends->pipe, bytes + total, sizeof bytes - total));
        struct kin_plat_event event = door_expect(ends->loop, KIN_PLAT_WRITE, ends);
        ASSERT_INT_EQ(0, event.code);
        ASSERT_TRUE(event.size > 0);
        other_reads(ends, frame, 16 + event.size);
        EXPECT_INT_EQ(DATA, frame[0]);
        EXPECT_SIZE_EQ(event.size, frame[8] | (size_t)frame[9] << 8 | (size_t)frame[10] << 16);
        EXPECT_MEM_EQ(bytes + total, frame + 16, event.size);
        total += event.size;
    }
}

TEST_CF(Win32Channel, I10_WriteToAPeerThatIsGoneIsEpipe)
{
    struct channel_ends *ends = self;
    channel_ends_close_other(ends);
    ASSERT_INT_EQ(0, kin_plat_pipe_write(ends->pipe, "x", 1));
    EXPECT_INT_EQ(KIN_EPIPE, door_expect(ends->loop, KIN_PLAT_WRITE, ends).code);
}

TEST_CF(Win32Channel, I10_PeerThatGoesDuringAWriteIsEpipe)
{
    struct channel_ends *ends = self;
    static char bytes[KIN_WIN32_PIPE_BUFFER];
    write_all(ends, bytes, sizeof bytes / 2);
    ASSERT_INT_EQ(0, kin_plat_pipe_write(ends->pipe, bytes, sizeof bytes / 4 * 3));
    door_expect_silence(ends->loop);
    channel_ends_close_other(ends);
    EXPECT_INT_EQ(KIN_EPIPE, door_expect(ends->loop, KIN_PLAT_WRITE, ends).code);
}

/* ----------------------------------------------------------------------------------------------------- reading --- */

/* Three frames, of which one is empty. */
static size_t some_frames(char *bytes)
{
    size_t size = make_frame(bytes, DATA, "[1]\n", 4);
    size += make_frame(bytes + size, DATA, "", 0);
    return size + make_frame(bytes + size, DATA, "[2]\n[3]\n", 8);
}

TEST_CF(Win32Channel, I03_ReadTakesTheFramesOff)
{
    struct channel_ends *ends = self;
    char bytes[256];
    char read[256];
    other_writes(ends, bytes, some_frames(bytes));
    ASSERT_INT_EQ(0, kin_plat_pipe_read(ends->pipe, read, sizeof read));
    struct kin_plat_event event = door_expect(ends->loop, KIN_PLAT_READ, ends);
    EXPECT_INT_EQ(0, event.code);
    ASSERT_SIZE_EQ(12, event.size);
    EXPECT_MEM_EQ("[1]\n[2]\n[3]\n", read, 12);
}

TEST_CF(Win32Channel, I02_AnySplitGivesTheSameBytes)
{
    struct channel_ends *ends = self;
    char bytes[256];
    size_t size = some_frames(bytes);
    for (size_t first = 1; first < size; first++) {
        char read[64];
        size_t total = 0;
        ASSERT_INT_EQ(0, kin_plat_pipe_read(ends->pipe, read, sizeof read));
        other_writes(ends, bytes, first);
        if (first <= 16)
            door_expect_silence(ends->loop);
        other_writes(ends, bytes + first, size - first);
        for (;;) {
            struct kin_plat_event event = door_expect(ends->loop, KIN_PLAT_READ, ends);
            ASSERT_INT_EQ(0, event.code);
            total += event.size;
            if (total >= 12)
                break;
            ASSERT_INT_EQ(0, kin_plat_pipe_read(ends->pipe, read + total, sizeof read - total));
        }
        ASSERT_SIZE_EQ(12, total);
        EXPECT_MEM_EQ("[1]\n[2]\n[3]\n", read, 12);
    }
}

TEST_CF(Win32Channel, I02_ByteByByte)
{
    struct channel_ends *ends = self;
    char bytes[256];
    char byte;
    size_t size = some_frames(bytes);
    other_writes(ends, bytes, size);
    for (size_t i = 0; i < 12; i++) {
        ASSERT_INT_EQ(0, kin_plat_pipe_read(ends->pipe, &byte, 1));
        struct kin_plat_event event = door_expect(ends->loop, KIN_PLAT_READ, ends);
        ASSERT_SIZE_EQ(1, event.size);
        EXPECT_INT_EQ("[1]\n[2]\n[3]\n"[i], byte);
    }
}

/* A frame of 10 MB, as Node would write it, in the pieces that the pipe takes. */
TEST_CF(Win32Channel, I03_OneFrameOverManyReads)
{
    struct channel_ends *ends = self;
    static char piece[10000];
    char head[16];
    make_frame(head, DATA, "", 0);
    head[8] = (char)(100 * sizeof piece & 0xFF);
    head[9] = (char)(100 * sizeof piece >> 8 & 0xFF);
    head[10] = (char)(100 * sizeof piece >> 16 & 0xFF);
    other_writes(ends, head, sizeof head);
    for (size_t i = 0; i < 100; i++) {
        memset(piece, 'a' + (int)(i % 26), sizeof piece);
        other_writes(ends, piece, sizeof piece);
        expect_bytes(ends, piece, sizeof piece);
    }
    other_writes(ends, head, make_frame(head, DATA, "", 0));
    channel_ends_close_other(ends);
    expect_read(ends, 0, 0);
}

struct both_ways {
    struct channel_ends *ends;
    char *bytes;
    bool good;
};

/* The other end, in a thread of its own: reads all frames, then writes as much. */
static DWORD WINAPI answer(void *argument)
{
    struct both_ways *both = argument;
    static unsigned char frame[16 + 50000];
    size_t total = 0;
    both->good = true;
    for (size_t at = 0; at < LARGE; at += 50000) {
        size_t size = LARGE - at < 50000 ? LARGE - at : 50000;
        other_writes(both->ends, frame, make_frame(frame, DATA, both->bytes + at, size));
    }
    while (total < LARGE) {
        other_reads(both->ends, frame, 16);
        size_t size = frame[8] | (size_t)frame[9] << 8 | (size_t)frame[10] << 16;
        for (size_t at = 0; at < size;) {
            DWORD error;
            size_t some = size - at < 50000 ? size - at : 50000;
            some = other_reads_some(both->ends, frame + 16, some, &error);
            both->good = both->good && error == ERROR_SUCCESS && memcmp(frame + 16, both->bytes + total, some) == 0;
            if (error != ERROR_SUCCESS)
                return 1;
            total += some;
            at += some;
        }
    }
    return 0;
}

static void pump(struct both_ways *both, char *read)
{
    struct channel_ends *ends = both->ends;
    size_t written = 0;
    size_t received = 0;
    ASSERT_INT_EQ(0, kin_plat_pipe_read(ends->pipe, read, LARGE));
    ASSERT_INT_EQ(0, kin_plat_pipe_write(ends->pipe, both->bytes, LARGE));
    while (written < LARGE || received < LARGE) {
        struct kin_plat_event event;
        door_wait(ends->loop, &event, 1);
        ASSERT_INT_EQ(0, event.code);
        ASSERT_TRUE(event.size > 0);
        if (event.kind == KIN_PLAT_READ) {
            received += event.size;
            if (received < LARGE)
                ASSERT_INT_EQ(0, kin_plat_pipe_read(ends->pipe, read + received, LARGE - received));
        } else {
            written += event.size;
            if (written < LARGE)
                ASSERT_INT_EQ(0, kin_plat_pipe_write(ends->pipe, both->bytes + written, LARGE - written));
        }
    }
}

/* The other end writes all before it reads any: who did not read while a write waits would wait for ever. */
TEST_CF(Win32Channel, I06_ReadsWhileAWriteWaits)
{
    struct both_ways both = { .ends = self };
    static char bytes[LARGE];
    static char read[LARGE];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 >> 2);
    both.bytes = bytes;
    HANDLE thread = CreateThread(NULL, 0, answer, &both, 0, NULL);
    ASSERT_TRUE(thread != NULL);
    pump(&both, read);
    EXPECT_INT_EQ(WAIT_OBJECT_0, WaitForSingleObject(thread, DOOR_PATIENCE_MS));
    CloseHandle(thread);
    EXPECT_TRUE(both.good);
    EXPECT_MEM_EQ(bytes, read, sizeof read);
}

/* ----------------------------------------------------------------------------------------- against the rules --- */

TEST_CF(Win32Channel, I01_BadFrameIsEprotoAfterTheBytesBefore)
{
    struct channel_ends *ends = self;
    char bytes[64];
    size_t size = make_frame(bytes, DATA, "good\n", 5);
    size += make_frame(bytes + size, 8, "bad\n", 4);
    other_writes(ends, bytes, size);
    expect_read(ends, 0, 5);
    expect_read(ends, KIN_EPROTO, 0);
    expect_read(ends, KIN_EPROTO, 0);
    /* the way out is as good as before */
    write_all(ends, "bye\n", 4);
    other_reads(ends, bytes, 20);
    EXPECT_MEM_EQ("bye\n", bytes + 16, 4);
}

TEST_CF(Win32Channel, I08_TextIsNoFrame)
{
    struct channel_ends *ends = self;
    other_writes(ends, "this went to the wrong handle", 29);
    expect_read(ends, KIN_EPROTO, 0);
}

TEST_CF(Win32Channel, I01_BadFrameInAReadThatWaits)
{
    struct channel_ends *ends = self;
    char byte;
    ASSERT_INT_EQ(0, kin_plat_pipe_read(ends->pipe, &byte, 1));
    other_writes(ends, "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377", 16);
    EXPECT_INT_EQ(KIN_EPROTO, door_expect(ends->loop, KIN_PLAT_READ, ends).code);
}

/* In the middle of a head, of a socket, of the payload. */
TEST_CF(Win32Channel, I04_EndInTheMiddleOfAFrame)
{
    static const struct {
        uint32_t flags;
        size_t size;
        size_t payload;
    } cases[] = { { DATA, 1, 0 }, { DATA, 15, 0 }, { DATA | SOCKET_COMES, 17, 0 }, { DATA, 18, 2 } };
    (void)self;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct channel_ends *ends = channel_ends_open();
        char bytes[64];
        make_frame(bytes, cases[i].flags, "payload", 7);
        other_writes(ends, bytes, cases[i].size);
        channel_ends_close_other(ends);
        if (cases[i].payload > 0)
            expect_read(ends, 0, cases[i].payload);
        expect_read(ends, KIN_EPROTO, 0);
        channel_ends_free(ends);
    }
}

TEST_CF(Win32Channel, EndBetweenFramesIsTheEnd)
{
    struct channel_ends *ends = self;
    char bytes[64];
    other_writes(ends, bytes, make_frame(bytes, DATA, "last\n", 5));
    channel_ends_close_other(ends);
    expect_bytes(ends, "last\n", 5);
    expect_read(ends, 0, 0);
    expect_read(ends, 0, 0);
}

TEST_CF(Win32Channel, EndReachesAReadThatWaits)
{
    struct channel_ends *ends = self;
    char byte;
    ASSERT_INT_EQ(0, kin_plat_pipe_read(ends->pipe, &byte, 1));
    door_expect_silence(ends->loop);
    channel_ends_close_other(ends);
    struct kin_plat_event event = door_expect(ends->loop, KIN_PLAT_READ, ends);
    EXPECT_INT_EQ(0, event.code);
    EXPECT_SIZE_EQ(0, event.size);
}

/* A peer that goes without having read what we wrote. */
TEST_CF(Win32Channel, UnreadBytesMakeTheEndNoError)
{
    struct channel_ends *ends = self;
    write_all(ends, "nobody reads this", 17);
    channel_ends_close_other(ends);
    expect_read(ends, 0, 0);
}

/* ------------------------------------------------------------------------------------------------------ ending --- */

TEST_CF(Win32Channel, CloseKeepsWhatWasWritten)
{
    struct channel_ends *ends = self;
    static char bytes[40000];
    static char read[16 + sizeof bytes];
    DWORD error;
    memset(bytes, 'k', sizeof bytes);
    write_all(ends, bytes, sizeof bytes);
    channel_ends_close_ours(ends);
    other_reads(ends, read, sizeof read);
    EXPECT_MEM_EQ(bytes, read + 16, sizeof bytes);
    EXPECT_SIZE_EQ(0, other_reads_some(ends, read, 1, &error));
    EXPECT_INT_EQ(ERROR_BROKEN_PIPE, error);
}

TEST_CF(Win32Channel, CloseWhileBytesOfThePeerAreUnread)
{
    struct channel_ends *ends = self;
    char bytes[64];
    DWORD error;
    other_writes(ends, bytes, make_frame(bytes, DATA, "unread\n", 7));
    write_all(ends, "ours\n", 5);
    channel_ends_close_ours(ends);
    other_reads(ends, bytes, 21);
    EXPECT_MEM_EQ("ours\n", bytes + 16, 5);
    EXPECT_SIZE_EQ(0, other_reads_some(ends, bytes, 1, &error));
}

TEST_CF(Win32Channel, CancelBringsBothBack)
{
    struct channel_ends *ends = self;
    static char bytes[KIN_WIN32_PIPE_BUFFER];
    struct kin_plat_event events[2];
    char byte;
    int reads = 0;
    int writes = 0;
    write_all(ends, bytes, sizeof bytes / 2);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(ends->pipe, &byte, 1));
    ASSERT_INT_EQ(0, kin_plat_pipe_write(ends->pipe, bytes, sizeof bytes / 4 * 3));
    door_expect_silence(ends->loop);
    kin_plat_pipe_cancel(ends->pipe);
    while (reads + writes < 2) {
        int count = door_wait(ends->loop, events, 2);
        for (int i = 0; i < count; i++) {
            EXPECT_INT_EQ(KIN_ECANCELED, events[i].code);
            reads += events[i].kind == KIN_PLAT_READ;
            writes += events[i].kind == KIN_PLAT_WRITE;
        }
    }
    EXPECT_INT_EQ(1, reads);
    EXPECT_INT_EQ(1, writes);
    /* The peer may have got a part of the frame, so no other may follow. Reading goes on. */
    ASSERT_INT_EQ(0, kin_plat_pipe_write(ends->pipe, "x", 1));
    EXPECT_INT_EQ(KIN_EPIPE, door_expect(ends->loop, KIN_PLAT_WRITE, ends).code);
    other_writes(ends, bytes, make_frame(bytes, DATA, "on\n", 3));
    expect_bytes(ends, "on\n", 3);
}

TEST_CF(Win32Channel, CancelOfAReadInTheMiddleOfAHead)
{
    struct channel_ends *ends = self;
    char bytes[64];
    char read[8];
    size_t size = make_frame(bytes, DATA, "whole\n", 6);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(ends->pipe, read, sizeof read));
    other_writes(ends, bytes, 7);
    door_expect_silence(ends->loop);
    kin_plat_pipe_cancel(ends->pipe);
    EXPECT_INT_EQ(KIN_ECANCELED, door_expect(ends->loop, KIN_PLAT_READ, ends).code);
    other_writes(ends, bytes + 7, size - 7);
    expect_bytes(ends, "whole\n", 6);
}

/* ----------------------------------------------------------------------------------------- sockets, as bytes --- */

static size_t socket_frame(char *frame, uint32_t flags, char filler, const char *payload)
{
    size_t size = strlen(payload);
    make_frame(frame, flags, payload, size);
    memset(frame + 16, filler, 632);
    memcpy(frame + 16 + 632, payload, size);
    return 16 + 632 + size;
}

TEST_CF(Win32Channel, X21_SocketThatIsNotAcceptedIsSkipped)
{
    struct channel_ends *ends = self;
    struct kin_plat_handle handle;
    char frame[1024];
    other_writes(ends, frame, socket_frame(frame, DATA | SOCKET_COMES | CONNECTED, 'x', "with a socket\n"));
    expect_bytes(ends, "with a socket\n", 14);
    EXPECT_INT_EQ(KIN_ENOENT, kin_plat_channel_take(ends->pipe, 0, &handle));
    EXPECT_NULL(ends->pipe->channel->winsock.library);
}

TEST_CF(Win32Channel, X21_DescriptionsOfNothingAreBoundedAndHarmless)
{
    struct channel_ends *ends = self;
    struct kin_plat_handle handle;
    char frame[1024];
    kin_plat_channel_accept(ends->pipe, 2);
    for (int i = 0; i < 50; i++) {
        other_writes(ends, frame, socket_frame(frame, DATA | SOCKET_COMES, (char)('A' + i), "flood\n"));
        expect_bytes(ends, "flood\n", 6);
    }
    EXPECT_SIZE_EQ(2, ends->pipe->channel->received_count);
    for (int i = 0; i < 3; i++)
        EXPECT_INT_EQ(KIN_ENOENT, kin_plat_channel_take(ends->pipe, 0, &handle));
    EXPECT_SIZE_EQ(0, ends->pipe->channel->received_count);
}

/* Numbers name what the peer has; the test has both ends, so there is no peer. */
TEST_CF(Win32Channel, OwnHandlesAreNotFetched)
{
    struct channel_ends *ends = self;
    struct kin_plat_handle handle;
    kin_plat_channel_accept(ends->pipe, 8);
    EXPECT_INT_EQ(KIN_ENOENT, kin_plat_channel_take(ends->pipe, (uint64_t)(uintptr_t)ends->event, &handle));
}
