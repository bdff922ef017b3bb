/* SPDX-License-Identifier: MIT */
/*
 * Pipes and files. The test holds both ends, so that nothing depends on how fast a child is.
 */
#include "door.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/win32/pipe.h"

struct Win32Pipe {
    kin_plat_loop *loop;
    kin_plat_pipe *pipe;
    HANDLE other; /* the end of the child */
};

static void *Win32Pipe_setup(void)
{
    struct Win32Pipe *pair = calloc(1, sizeof *pair);
    ASSERT_NOT_NULL(pair);
    pair->loop = door_open();
    return pair;
}

static void close_other(struct Win32Pipe *pair)
{
    if (pair->other != NULL)
        CloseHandle(pair->other);
    pair->other = NULL;
}

static void close_ours(struct Win32Pipe *pair)
{
    if (pair->pipe != NULL)
        kin_plat_pipe_close(pair->pipe);
    pair->pipe = NULL;
}

static void Win32Pipe_teardown(void *self)
{
    struct Win32Pipe *pair = self;
    close_ours(pair);
    close_other(pair);
    kin_plat_loop_close(pair->loop);
    free(pair);
}

static void make_pair(struct Win32Pipe *pair, bool child_reads)
{
    struct kin_plat_failure failure;
    ASSERT_INT_EQ(0, kin_win32_pipe_pair(pair->loop, child_reads, pair, &pair->pipe, &pair->other, &failure));
}

static void other_writes(struct Win32Pipe *pair, const char *bytes, DWORD size)
{
    DWORD written;
    ASSERT_TRUE(WriteFile(pair->other, bytes, size, &written, NULL) != 0);
}

TEST_CF(Win32Pipe, NeitherEndIsInheritable)
{
    struct Win32Pipe *pair = self;
    DWORD flags;
    make_pair(pair, true);
    ASSERT_TRUE(GetHandleInformation(pair->other, &flags) != 0);
    EXPECT_INT_EQ(0, flags & HANDLE_FLAG_INHERIT);
    ASSERT_TRUE(GetHandleInformation(pair->pipe->handle, &flags) != 0);
    EXPECT_INT_EQ(0, flags & HANDLE_FLAG_INHERIT);
}

TEST_CF(Win32Pipe, ReadBringsWhatIsThere)
{
    struct Win32Pipe *pair = self;
    char buffer[16];
    make_pair(pair, false);
    other_writes(pair, "hello", 5);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pair->pipe, buffer, sizeof buffer));
    struct kin_plat_event event = door_expect(pair->loop, KIN_PLAT_READ, pair);
    EXPECT_INT_EQ(0, event.code);
    ASSERT_SIZE_EQ(5, event.size);
    EXPECT_MEM_EQ("hello", buffer, 5);
}

/* Bytes that were written before the writer closed come before the end. */
TEST_CF(Win32Pipe, F27_EndComesAfterTheData)
{
    struct Win32Pipe *pair = self;
    char buffer[3];
    make_pair(pair, false);
    other_writes(pair, "abcd", 4);
    close_other(pair);
    static const size_t sizes[] = { 3, 1, 0 };
    for (size_t i = 0; i < 3; i++) {
        ASSERT_INT_EQ(0, kin_plat_pipe_read(pair->pipe, buffer, sizeof buffer));
        struct kin_plat_event event = door_expect(pair->loop, KIN_PLAT_READ, pair);
        EXPECT_INT_EQ(0, event.code);
        EXPECT_SIZE_EQ(sizes[i], event.size);
    }
}

TEST_CF(Win32Pipe, F27_EndReachesAReadThatWaits)
{
    struct Win32Pipe *pair = self;
    char byte;
    make_pair(pair, false);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pair->pipe, &byte, 1));
    door_expect_silence(pair->loop);
    close_other(pair);
    struct kin_plat_event event = door_expect(pair->loop, KIN_PLAT_READ, pair);
    EXPECT_INT_EQ(0, event.code);
    EXPECT_SIZE_EQ(0, event.size);
}

/* A write of 0 bytes is delivered as such by Windows; under Wine it is not delivered at all. */
TEST_CF(Win32Pipe, F27_EmptyWriteIsNotTheEnd)
{
    struct Win32Pipe *pair = self;
    char byte;
    make_pair(pair, false);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pair->pipe, &byte, 1));
    other_writes(pair, "", 0);
    door_expect_silence(pair->loop);
    other_writes(pair, "x", 1);
    EXPECT_SIZE_EQ(1, door_expect(pair->loop, KIN_PLAT_READ, pair).size);
    EXPECT_INT_EQ('x', byte);
}

/* An empty message ends a read with 0 bytes on Wine too; so this is the same case, forced. */
static void make_message_pair(struct Win32Pipe *pair)
{
    static const wchar_t name[] = L"\\\\.\\pipe\\kin-test-messages";
    HANDLE ours = CreateNamedPipeW(name, PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED, PIPE_TYPE_MESSAGE, 1, 4096, 4096, 0, NULL);
    ASSERT_TRUE(ours != INVALID_HANDLE_VALUE);
    pair->other = CreateFileW(name, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    ASSERT_TRUE(pair->other != INVALID_HANDLE_VALUE);
    ASSERT_INT_EQ(0, kin_win32_pipe_adopt(pair->loop, ours, KIN_WIN32_NATURE_PIPE, pair, &pair->pipe));
}

static void wait_for_result(struct Win32Pipe *pair)
{
    for (int i = 0; i < 1000 && !HasOverlappedIoCompleted(&pair->pipe->read.overlapped); i++)
        Sleep(1);
    ASSERT_TRUE(HasOverlappedIoCompleted(&pair->pipe->read.overlapped));
}

TEST_CF(Win32Pipe, F27_ReadOfNothingIsSubmittedAgain)
{
    struct Win32Pipe *pair = self;
    char byte;
    make_message_pair(pair);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pair->pipe, &byte, 1));
    other_writes(pair, "", 0);
    wait_for_result(pair);
    door_expect_silence(pair->loop);
    other_writes(pair, "x", 1);
    EXPECT_SIZE_EQ(1, door_expect(pair->loop, KIN_PLAT_READ, pair).size);
}

TEST_CF(Win32Pipe, F27_CanceledReadOfNothingIsNotSubmittedAgain)
{
    struct Win32Pipe *pair = self;
    char byte;
    make_message_pair(pair);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pair->pipe, &byte, 1));
    other_writes(pair, "", 0);
    wait_for_result(pair);
    kin_plat_pipe_cancel(pair->pipe);
    EXPECT_INT_EQ(KIN_ECANCELED, door_expect(pair->loop, KIN_PLAT_READ, pair).code);
    door_expect_silence(pair->loop);
}

TEST_CF(Win32Pipe, F27_CancelBringsBackBoth)
{
    struct Win32Pipe *pair = self;
    char byte;
    make_pair(pair, false);
    kin_plat_pipe_cancel(pair->pipe);
    door_expect_silence(pair->loop);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pair->pipe, &byte, 1));
    kin_plat_pipe_cancel(pair->pipe);
    kin_plat_pipe_cancel(pair->pipe);
    EXPECT_INT_EQ(KIN_ECANCELED, door_expect(pair->loop, KIN_PLAT_READ, pair).code);

    /* and the pipe is as good as before */
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pair->pipe, &byte, 1));
    other_writes(pair, "y", 1);
    struct kin_plat_event event = door_expect(pair->loop, KIN_PLAT_READ, pair);
    EXPECT_INT_EQ(0, event.code);
    EXPECT_SIZE_EQ(1, event.size);
}

TEST_CF(Win32Pipe, F27_CancelOfAWriteThatWaits)
{
    struct Win32Pipe *pair = self;
    static char bytes[4 * KIN_WIN32_PIPE_BUFFER];
    make_pair(pair, true);
    ASSERT_INT_EQ(0, kin_plat_pipe_write(pair->pipe, bytes, sizeof bytes));
    door_expect_silence(pair->loop);
    kin_plat_pipe_cancel(pair->pipe);
    EXPECT_INT_EQ(KIN_ECANCELED, door_expect(pair->loop, KIN_PLAT_WRITE, pair).code);
}

/* A cancel that comes too late changes nothing: the data counts. */
TEST_CF(Win32Pipe, F27_CancelAfterTheDataKeepsIt)
{
    struct Win32Pipe *pair = self;
    char byte;
    make_pair(pair, false);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pair->pipe, &byte, 1));
    other_writes(pair, "z", 1);
    wait_for_result(pair);
    kin_plat_pipe_cancel(pair->pipe);
    struct kin_plat_event event = door_expect(pair->loop, KIN_PLAT_READ, pair);
    EXPECT_INT_EQ(0, event.code);
    EXPECT_SIZE_EQ(1, event.size);
}

TEST_CF(Win32Pipe, F12_HangupIsToldWithoutAWrite)
{
    struct Win32Pipe *pair = self;
    make_pair(pair, true);
    kin_win32_pipe_watch(pair->pipe);
    door_expect_silence(pair->loop);
    close_other(pair);
    EXPECT_INT_EQ(0, door_expect(pair->loop, KIN_PLAT_HANGUP, pair).code);
    door_expect_silence(pair->loop);
}

TEST_CF(Win32Pipe, F12_HangupThatWasThereBeforeTheWatch)
{
    struct Win32Pipe *pair = self;
    make_pair(pair, true);
    close_other(pair);
    kin_win32_pipe_watch(pair->pipe);
    door_expect(pair->loop, KIN_PLAT_HANGUP, pair);
}

TEST_CF(Win32Pipe, F12_CloseBeforeTheHangupIsTold)
{
    struct Win32Pipe *pair = self;
    make_pair(pair, true);
    close_other(pair);
    kin_win32_pipe_watch(pair->pipe);
    close_ours(pair);
    door_expect_silence(pair->loop);
}

TEST_CF(Win32Pipe, F12_WatchIsNotCanceledWithAWrite)
{
    struct Win32Pipe *pair = self;
    make_pair(pair, true);
    kin_win32_pipe_watch(pair->pipe);
    kin_plat_pipe_cancel(pair->pipe);
    door_expect_silence(pair->loop);
    close_other(pair);
    door_expect(pair->loop, KIN_PLAT_HANGUP, pair);
}

TEST_CF(Win32Pipe, F11_WriteWithoutReaderIsEpipe)
{
    struct Win32Pipe *pair = self;
    make_pair(pair, true);
    close_other(pair);
    ASSERT_INT_EQ(0, kin_plat_pipe_write(pair->pipe, "x", 1));
    EXPECT_INT_EQ(KIN_EPIPE, door_expect(pair->loop, KIN_PLAT_WRITE, pair).code);
}

TEST_CF(Win32Pipe, F11_ReaderThatGoesDuringAWriteIsEpipe)
{
    struct Win32Pipe *pair = self;
    static char bytes[4 * KIN_WIN32_PIPE_BUFFER];
    make_pair(pair, true);
    ASSERT_INT_EQ(0, kin_plat_pipe_write(pair->pipe, bytes, sizeof bytes));
    door_expect_silence(pair->loop);
    close_other(pair);
    EXPECT_INT_EQ(KIN_EPIPE, door_expect(pair->loop, KIN_PLAT_WRITE, pair).code);
}

/* What was written is the reader's, however late it comes. Both with and without the watch, whose cancel must not cost data. */
static void read_after_close(struct Win32Pipe *pair, bool watched)
{
    static char bytes[KIN_WIN32_PIPE_BUFFER];
    static char read[sizeof bytes + 1];
    size_t total = 0;
    DWORD size = 0;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    make_pair(pair, true);
    if (watched)
        kin_win32_pipe_watch(pair->pipe);
    ASSERT_INT_EQ(0, kin_plat_pipe_write(pair->pipe, bytes, sizeof bytes));
    ASSERT_SIZE_EQ(sizeof bytes, door_expect(pair->loop, KIN_PLAT_WRITE, pair).size);
    close_ours(pair);
    door_expect_silence(pair->loop);
    while (total < sizeof read && ReadFile(pair->other, read + total, 1000, &size, NULL) && size > 0)
        total += size;
    EXPECT_INT_EQ(ERROR_BROKEN_PIPE, GetLastError());
    ASSERT_SIZE_EQ(sizeof bytes, total);
    EXPECT_MEM_EQ(bytes, read, sizeof bytes);
}

TEST_CF(Win32Pipe, F22_CloseKeepsWhatWasWritten)
{
    read_after_close(self, false);
}

TEST_CF(Win32Pipe, F22_CloseOfAWatchedPipeKeepsWhatWasWritten)
{
    read_after_close(self, true);
}

TEST_CF(Win32Pipe, LoopClosesOverAWatchThatIsStillOut)
{
    struct Win32Pipe *pair = self;
    make_pair(pair, true);
    kin_win32_pipe_watch(pair->pipe);
    close_ours(pair); /* and the loop is closed by the teardown, without another wait */
}

TEST_CF(Win32Pipe, LargeWriteComesBackInPieces)
{
    struct Win32Pipe *pair = self;
    static char bytes[1024 * 1024];
    static char read[1024 * 1024];
    size_t written = 0;
    make_pair(pair, true);
    while (written < sizeof bytes) {
        ASSERT_INT_EQ(0, kin_plat_pipe_write(pair->pipe, bytes + written, sizeof bytes - written));
        DWORD size;
        for (size_t total = 0; total < 256 * 1024; total += size)
            ASSERT_TRUE(ReadFile(pair->other, read, (DWORD)(256 * 1024 - total), &size, NULL) != 0);
        struct kin_plat_event event = door_expect(pair->loop, KIN_PLAT_WRITE, pair);
        ASSERT_INT_EQ(0, event.code);
        ASSERT_SIZE_EQ(256 * 1024, event.size);
        written += event.size;
    }
}

/* one connection, which is ours; nobody gets a second one. */
TEST_CF(Win32Pipe, X15_NobodyElseGetsIn)
{
    struct Win32Pipe *pair = self;
    DWORD instances = 0;
    make_pair(pair, false);
    ASSERT_TRUE(GetNamedPipeInfo(pair->pipe->handle, NULL, NULL, NULL, &instances) != 0);
    EXPECT_INT_EQ(1, instances);
}

/* --------------------------------------------------------------------------------------------------- files --- */

static void temporary_path(char path[MAX_PATH + 16])
{
    char directory[MAX_PATH];
    ASSERT_TRUE(GetTempPathA(sizeof directory, directory) != 0);
    snprintf(path, MAX_PATH + 16, "%skin-test-%lu", directory, GetCurrentProcessId());
}

static void open_file(struct Win32Pipe *pair, const char *path, kin_file_mode mode)
{
    struct kin_plat_failure failure;
    ASSERT_INT_EQ(0, kin_plat_file_open(pair->loop, path, mode, pair, &pair->pipe, &failure));
}

static void write_file(struct Win32Pipe *pair, const char *path, kin_file_mode mode, const char *first, const char *second)
{
    open_file(pair, path, mode);
    ASSERT_INT_EQ(0, kin_plat_pipe_write(pair->pipe, first, strlen(first)));
    EXPECT_SIZE_EQ(strlen(first), door_expect(pair->loop, KIN_PLAT_WRITE, pair).size);
    ASSERT_INT_EQ(0, kin_plat_pipe_write(pair->pipe, second, strlen(second)));
    EXPECT_SIZE_EQ(strlen(second), door_expect(pair->loop, KIN_PLAT_WRITE, pair).size);
    close_ours(pair);
}

static void expect_file(struct Win32Pipe *pair, const char *path, const char *text)
{
    char buffer[8];
    char all[256] = { 0 };
    size_t total = 0;
    size_t size = 1;
    open_file(pair, path, KIN_FILE_READ);
    while (size > 0) {
        ASSERT_INT_EQ(0, kin_plat_pipe_read(pair->pipe, buffer, sizeof buffer));
        struct kin_plat_event event = door_expect(pair->loop, KIN_PLAT_READ, pair);
        ASSERT_INT_EQ(0, event.code);
        size = event.size;
        ASSERT_TRUE(total + size < sizeof all);
        memcpy(all + total, buffer, size);
        total += size;
    }
    close_ours(pair);
    EXPECT_STR_EQ(text, all);
}

TEST_CF(Win32Pipe, F19_FilesAreTruncatedAppendedRead)
{
    struct Win32Pipe *pair = self;
    char path[MAX_PATH + 16];
    temporary_path(path);
    write_file(pair, path, KIN_FILE_TRUNCATE, "old and long ", "text");
    write_file(pair, path, KIN_FILE_TRUNCATE, "one ", "two ");
    write_file(pair, path, KIN_FILE_APPEND, "three ", "four");
    expect_file(pair, path, "one two three four");
    write_file(pair, path, KIN_FILE_TRUNCATE, "a", "b");
    expect_file(pair, path, "ab");
    DeleteFileA(path);
}

TEST_CF(Win32Pipe, F19_OpenErrorsAreThoseOfPosix)
{
    struct Win32Pipe *pair = self;
    static const struct {
        const char *path;
        kin_file_mode mode;
        int code;
    } rows[] = {
        { "C:\\no-such-directory\\file", KIN_FILE_READ, KIN_ENOENT },
        { "C:\\no-such-file", KIN_FILE_READ, KIN_ENOENT },
        { "C:\\no-such-directory\\file", KIN_FILE_TRUNCATE, KIN_ENOENT },
        { "C:\\windows", KIN_FILE_READ, KIN_EISDIR },
        { "C:\\windows", KIN_FILE_APPEND, KIN_EISDIR },
        { "\xFF", KIN_FILE_READ, KIN_EILSEQ },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kin_plat_failure failure = { 0 };
        TRACE_C("%s", rows[i].path);
        EXPECT_INT_EQ(rows[i].code, kin_plat_file_open(pair->loop, rows[i].path, rows[i].mode, pair, &pair->pipe, &failure));
        EXPECT_INT_EQ(KIN_STAGE_OPEN, failure.stage);
        EXPECT_STR_EQ(rows[i].path, failure.subject);
        TRACE_END_C();
    }
}
