/* SPDX-License-Identifier: MIT */
/*
 * Channels of handles that were there before, and what a process can say about itself.
 */
#include "channel_ends.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/win32/channel.h"

/* ---------------------------------------------------------------------------------------------- the user's pipes --- */

/* As duplex_pipe(), but what is written in one piece is read in one piece. */
static void message_pipe(HANDLE ends[2])
{
    static const wchar_t name[] = L"\\\\.\\pipe\\kin-test-messages";
    DWORD mode = PIPE_READMODE_MESSAGE;
    ends[0] =
        CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_MESSAGE | mode, 1, 4096, 4096, 0, NULL);
    ASSERT_TRUE(ends[0] != INVALID_HANDLE_VALUE);
    ends[1] = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    ASSERT_TRUE(ends[1] != INVALID_HANDLE_VALUE);
}

TEST_C(Win32ChannelOpen, UsersPipeHasNoFrames)
{
    struct channel_ends ends = { .loop = door_open(), .event = CreateEventW(NULL, TRUE, FALSE, NULL) };
    HANDLE handles[2];
    char read[8];
    duplex_pipe(handles);
    ends.other = handles[1];
    ASSERT_INT_EQ(0, kin_plat_channel_open(ends.loop, handles[0], handles[0], false, &ends, &ends.pipe));
    other_writes(&ends, "raw", 3);
    expect_bytes(&ends, "raw", 3);
    ASSERT_INT_EQ(0, kin_plat_pipe_write(ends.pipe, "bytes", 5));
    EXPECT_SIZE_EQ(5, door_expect(ends.loop, KIN_PLAT_WRITE, &ends).size);
    other_reads(&ends, read, 5);
    EXPECT_MEM_EQ("bytes", read, 5);
    channel_ends_close_other(&ends);
    expect_read(&ends, 0, 0);
    channel_ends_close_ours(&ends);
    CloseHandle(ends.event);
    kin_plat_loop_close(ends.loop);
}

/* What a read leaves of a message is no error, and the read has a packet like any other (Wine: STATUS_BUFFER_OVERFLOW too). */
TEST_C(Win32ChannelOpen, PipeOfMessagesIsReadAsBytes)
{
    struct channel_ends ends = { .loop = door_open(), .event = CreateEventW(NULL, TRUE, FALSE, NULL) };
    HANDLE handles[2];
    char read[4];
    message_pipe(handles);
    ends.other = handles[1];
    ASSERT_INT_EQ(0, kin_plat_channel_open(ends.loop, handles[0], handles[0], false, &ends, &ends.pipe));
    other_writes(&ends, "one message", 11);
    for (size_t at = 0; at < 11; at += 4) { /* the message is there before the read */
        ASSERT_INT_EQ(0, kin_plat_pipe_read(ends.pipe, read, sizeof read));
        struct kin_plat_event event = door_expect(ends.loop, KIN_PLAT_READ, &ends);
        EXPECT_INT_EQ(0, event.code);
        ASSERT_SIZE_EQ(at < 8 ? 4 : 3, event.size);
        EXPECT_MEM_EQ("one message" + at, read, event.size);
        door_expect_silence(ends.loop);
    }
    ASSERT_INT_EQ(0, kin_plat_pipe_read(ends.pipe, read, sizeof read));
    other_writes(&ends, "late", 4); /* and after it */
    EXPECT_SIZE_EQ(4, door_expect(ends.loop, KIN_PLAT_READ, &ends).size);
    channel_ends_close_other(&ends);
    channel_ends_close_ours(&ends);
    CloseHandle(ends.event);
    kin_plat_loop_close(ends.loop);
}

/* A read that got nothing but a part of a head is no end, whatever the system says of the rest. */
TEST_C(Win32ChannelOpen, FramesInMessagesAreRead)
{
    struct channel_ends ends = { .loop = door_open(), .event = CreateEventW(NULL, TRUE, FALSE, NULL) };
    unsigned char frame[32];
    HANDLE handles[2];
    char read[8];
    message_pipe(handles);
    ends.other = handles[1];
    ASSERT_INT_EQ(0, kin_plat_channel_open(ends.loop, handles[0], handles[0], true, &ends, &ends.pipe));
    other_writes(&ends, frame, make_frame(frame, 1, "framed", 6));
    ASSERT_INT_EQ(0, kin_plat_pipe_read(ends.pipe, read, sizeof read));
    EXPECT_SIZE_EQ(6, door_expect(ends.loop, KIN_PLAT_READ, &ends).size);
    EXPECT_MEM_EQ("framed", read, 6);
    channel_ends_close_other(&ends);
    channel_ends_close_ours(&ends);
    CloseHandle(ends.event);
    kin_plat_loop_close(ends.loop);
}

/* Two pipes, one for each direction, at both of whose ends are channels. */
TEST_C(Win32ChannelOpen, TwoPipesMakeOneChannel)
{
    kin_plat_loop *loop = door_open();
    HANDLE there[2], back[2];
    kin_plat_pipe *left, *right;
    char read[4];
    duplex_pipe(there);
    duplex_pipe(back);
    ASSERT_INT_EQ(0, kin_plat_channel_open(loop, back[1], there[0], false, &left, &left));
    ASSERT_INT_EQ(0, kin_plat_channel_open(loop, there[1], back[0], false, &right, &right));
    ASSERT_INT_EQ(0, kin_plat_pipe_read(right, read, sizeof read));
    ASSERT_INT_EQ(0, kin_plat_pipe_write(left, "go", 2));
    for (int i = 0; i < 2; i++) {
        struct kin_plat_event event;
        door_wait(loop, &event, 1);
        EXPECT_SIZE_EQ(2, event.size);
        EXPECT_TRUE(event.owner == (event.kind == KIN_PLAT_READ ? (void *)&right : (void *)&left));
    }
    EXPECT_MEM_EQ("go", read, 2);
    /* both handles go with the channel */
    ASSERT_INT_EQ(0, kin_plat_pipe_read(left, read, sizeof read));
    kin_plat_pipe_close(right);
    EXPECT_SIZE_EQ(0, door_expect(loop, KIN_PLAT_READ, &left).size);
    kin_plat_pipe_close(left);
    kin_plat_loop_close(loop);
}

TEST_C(Win32ChannelOpen, WhatIsNoPipeIsRefused)
{
    kin_plat_loop *loop = door_open();
    kin_plat_pipe *pipe = NULL;
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    HANDLE file = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    HANDLE closed = (HANDLE)(intptr_t)0x7770;
    HANDLE handles[2];
    duplex_pipe(handles);
    EXPECT_INT_EQ(KIN_EINVAL, kin_plat_channel_open(loop, event, event, false, NULL, &pipe));
    EXPECT_INT_EQ(KIN_EINVAL, kin_plat_channel_open(loop, file, file, false, NULL, &pipe));
    EXPECT_INT_EQ(KIN_EINVAL, kin_plat_channel_open(loop, handles[0], file, false, NULL, &pipe));
    EXPECT_INT_EQ(KIN_EBADF, kin_plat_channel_open(loop, closed, closed, false, NULL, &pipe));
    EXPECT_INT_EQ(KIN_EBADF, kin_plat_channel_open(loop, NULL, NULL, true, NULL, &pipe));
    EXPECT_INT_EQ(KIN_EBADF, kin_plat_channel_open(loop, GetCurrentProcess(), GetCurrentProcess(), true, NULL, &pipe));
    EXPECT_INT_EQ(KIN_EBADF, kin_plat_channel_open(loop, handles[0], closed, false, NULL, &pipe));
    CloseHandle(handles[0]);
    CloseHandle(handles[1]);
    CloseHandle(file);
    CloseHandle(event);
    kin_plat_loop_close(loop);
}

TEST_C(Win32ChannelOpen, PipeThatIsNotOverlappedIsRefused)
{
    kin_plat_loop *loop = door_open();
    kin_plat_pipe *pipe = NULL;
    HANDLE reader, writer;
    ASSERT_TRUE(CreatePipe(&reader, &writer, NULL, 0) != 0);
    EXPECT_INT_EQ(KIN_EINVAL, kin_plat_channel_open(loop, reader, writer, false, NULL, &pipe));
    EXPECT_INT_EQ(KIN_EBADF, kin_plat_channel_open(loop, writer, reader, false, NULL, &pipe));
    CloseHandle(writer);
    CloseHandle(reader);
    kin_plat_loop_close(loop);
}

/* The system does not take back that the second one is with our port; what the user does with it afterwards is not ours. */
TEST_C(Win32ChannelOpen, HandleThatWasRefusedIsTheUsersAlone)
{
    struct channel_ends ends = { .loop = door_open(), .event = CreateEventW(NULL, TRUE, FALSE, NULL) };
    HANDLE handles[2], reader, writer;
    duplex_pipe(handles);
    ASSERT_TRUE(CreatePipe(&reader, &writer, NULL, 0) != 0);
    EXPECT_INT_EQ(KIN_EINVAL, kin_plat_channel_open(ends.loop, reader, handles[0], false, NULL, &ends.pipe));
    ends.other = handles[0];
    other_writes(&ends, "mine", 4);
    door_expect_silence(ends.loop);
    channel_ends_close_other(&ends);
    CloseHandle(handles[1]);
    CloseHandle(writer);
    CloseHandle(reader);
    CloseHandle(ends.event);
    kin_plat_loop_close(ends.loop);
}

/* There is no place for a socket between the bytes of a pipe without frames. */
TEST_C(Win32ChannelOpen, SocketsDoNotTravelWithoutFrames)
{
    kin_plat_loop *loop = door_open();
    kin_plat_pipe *pipe = NULL;
    HANDLE handles[2];
    struct kin_plat_handle handle = { .kind = KIN_HANDLE_SOCKET, .native = (HANDLE)(intptr_t)4 };
    duplex_pipe(handles);
    ASSERT_INT_EQ(0, kin_plat_channel_open(loop, handles[0], handles[0], false, NULL, &pipe));
    EXPECT_INT_EQ(KIN_ENOTSUP, kin_plat_channel_write(pipe, "x", 1, &handle));
    kin_plat_pipe_close(pipe);
    CloseHandle(handles[1]);
    kin_plat_loop_close(loop);
}

/* --------------------------------------------------------------------------------------------------- inherited --- */

TEST_C(Win32ChannelInherited, NumbersThatWereNotThereAreNoChannel)
{
    static const int numbers[] = { -1, 3, 17, 254, 255, 256, 100000, INT32_MAX };
    kin_native_handle handle;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        EXPECT_INT_EQ(KIN_EBADF, kin_plat_channel_inherited(numbers[i], &handle));
}

/* A descriptor that the program opened itself is nothing that it was started with. */
TEST_C(Win32ChannelInherited, OwnDescriptorsAreNoChannel)
{
    kin_native_handle handle;
    int ends[2];
    ASSERT_INT_EQ(0, _pipe(ends, 4096, _O_BINARY | _O_NOINHERIT));
    EXPECT_INT_EQ(KIN_EBADF, kin_plat_channel_inherited(ends[0], &handle));
    _close(ends[1]);
    _close(ends[0]);
}

/* ------------------------------------------------------------------------------------------------------ itself --- */

TEST_C(Win32Variable, ReadAndRemoved)
{
    char value[16] = "x";
    ASSERT_TRUE(SetEnvironmentVariableW(L"KIN_TEST_GR\u00dcN", L"\u00fcber") != 0);
    EXPECT_INT_EQ(5, kin_plat_variable_read("KIN_TEST_GR\303\234N", NULL, 0));
    EXPECT_INT_EQ(5, kin_plat_variable_read("kin_test_gr\303\234n", value, sizeof value));
    EXPECT_STR_EQ("\303\274ber", value);
    EXPECT_INT_EQ(KIN_ENAMETOOLONG, kin_plat_variable_read("KIN_TEST_GR\303\234N", value, 5));
    EXPECT_STR_EQ("", value);
    kin_plat_variable_remove("KIN_TEST_GR\303\234N");
    EXPECT_INT_EQ(KIN_ENOENT, kin_plat_variable_read("KIN_TEST_GR\303\234N", value, sizeof value));
    kin_plat_variable_remove("KIN_TEST_GR\303\234N");
}

TEST_C(Win32Variable, EmptyIsNotMissing)
{
    char value[4] = "x";
    ASSERT_TRUE(SetEnvironmentVariableW(L"KIN_TEST_EMPTY", L"") != 0);
    EXPECT_INT_EQ(0, kin_plat_variable_read("KIN_TEST_EMPTY", value, sizeof value));
    EXPECT_STR_EQ("", value);
    kin_plat_variable_remove("KIN_TEST_EMPTY");
    EXPECT_INT_EQ(KIN_ENOENT, kin_plat_variable_read("KIN_TEST_EMPTY", NULL, 0));
}

TEST_C(Win32Variable, LongOnesAreReadWhole)
{
    static wchar_t text[30001];
    static char value[30001];
    for (size_t i = 0; i < 30000; i++)
        text[i] = (wchar_t)('a' + i % 26);
    ASSERT_TRUE(SetEnvironmentVariableW(L"KIN_TEST_LONG", text) != 0);
    EXPECT_INT_EQ(30000, kin_plat_variable_read("KIN_TEST_LONG", value, sizeof value));
    EXPECT_INT_EQ('d', value[29981]);
    kin_plat_variable_remove("KIN_TEST_LONG");
}

/* The C runtime has a copy of its own. */
TEST_C(Win32Variable, RemovedFromTheRuntimeToo)
{
    ASSERT_INT_EQ(0, _putenv("KIN_TEST_RUNTIME=there"));
    EXPECT_STR_EQ("there", getenv("KIN_TEST_RUNTIME"));
    kin_plat_variable_remove("KIN_TEST_RUNTIME");
    EXPECT_NULL(getenv("KIN_TEST_RUNTIME"));
    EXPECT_INT_EQ(KIN_ENOENT, kin_plat_variable_read("KIN_TEST_RUNTIME", NULL, 0));
}

TEST_C(Win32Self, IsTheFileThatRuns)
{
    char path[1024] = "";
    int length = kin_plat_self(path, sizeof path);
    ASSERT_INT_GT(length, 0);
    EXPECT_SIZE_EQ(strlen(path), length);
    EXPECT_STR_CONTAINS("kin_win32_tests.exe", path);
    EXPECT_INT_NE(INVALID_FILE_ATTRIBUTES, GetFileAttributesA(path));
    EXPECT_INT_EQ(KIN_ENAMETOOLONG, kin_plat_self(path, (size_t)length));
}
