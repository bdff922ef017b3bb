/* SPDX-License-Identifier: MIT */
/*
 * The loop: packets, the event for foreign loops, and what each must not do to the other.
 */
#include "door.h"

#include "../../src/win32/pipe.h"

static void make_pair(kin_plat_loop *loop, bool child_reads, kin_plat_pipe **pipe, HANDLE *other_end)
{
    struct kin_plat_failure failure;
    ASSERT_INT_EQ(0, kin_win32_pipe_pair(loop, child_reads, pipe, pipe, other_end, &failure));
}

static void write_to(HANDLE handle, const char *bytes, DWORD size)
{
    DWORD written;
    ASSERT_TRUE(WriteFile(handle, bytes, size, &written, NULL) != 0);
}

static void wait_until_signalled(kin_plat_loop *loop)
{
    ASSERT_INT_EQ(WAIT_OBJECT_0, WaitForSingleObject(kin_plat_loop_handle(loop), DOOR_PATIENCE_MS));
}

TEST_C(Win32Loop, TimeoutReturnsNothing)
{
    kin_plat_loop *loop = door_open();
    struct kin_plat_event event;
    uint64_t before = kin_plat_now_ns();
    EXPECT_INT_EQ(0, kin_plat_wait(loop, 30, &event, 1));
    EXPECT_INT_GE(kin_plat_now_ns() - before, 20000000);
    kin_plat_loop_close(loop);
}

TEST_C(Win32Loop, NoLoopHasNoHandle)
{
    EXPECT_NULL(kin_plat_loop_handle(NULL));
}

TEST_C(Win32Loop, ManyWakesAreOneEvent)
{
    kin_plat_loop *loop = door_open();
    for (int i = 0; i < 1000; i++)
        EXPECT_INT_EQ(0, kin_plat_wake(loop));
    EXPECT_TRUE(door_signalled(loop));
    struct kin_plat_event events[4];
    EXPECT_INT_EQ(1, kin_plat_wait(loop, 1000, events, 4));
    EXPECT_INT_EQ(KIN_PLAT_WAKE, events[0].kind);
    door_expect_silence(loop);
    EXPECT_INT_EQ(0, kin_plat_wake(loop));
    EXPECT_INT_EQ(1, kin_plat_wait(loop, 1000, events, 4));
    kin_plat_loop_close(loop);
}

static DWORD WINAPI wake_later(void *loop)
{
    Sleep(50);
    return (DWORD)kin_plat_wake(loop);
}

TEST_C(Win32Loop, WakeEndsAWait)
{
    kin_plat_loop *loop = door_open();
    HANDLE thread = CreateThread(NULL, 0, wake_later, loop, 0, NULL);
    ASSERT_TRUE(thread != NULL);
    struct kin_plat_event event;
    EXPECT_INT_EQ(1, kin_plat_wait(loop, -1, &event, 1));
    EXPECT_INT_EQ(KIN_PLAT_WAKE, event.kind);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    kin_plat_loop_close(loop);
}

/* The port is not something to wait on, though Wine would allow it. */
TEST_C(Win32Loop, HandleIsAnEvent)
{
    kin_plat_loop *loop = door_open();
    EXPECT_FALSE(door_signalled(loop));
    EXPECT_TRUE(SetEvent(kin_plat_loop_handle(loop)) != 0);
    kin_plat_loop_close(loop);
}

/*
 * The lost completion: an operation is done and has set the event; another is started, and starting resets the event. A foreign
 * loop that waits for the event would never hear of the first one.
 */
TEST_C(Win32Loop, StartingAnOperationKeepsTheSignalOfAnother)
{
    kin_plat_loop *loop = door_open();
    kin_plat_pipe *done, *waiting;
    HANDLE done_writer, waiting_writer;
    char done_byte, waiting_byte;
    make_pair(loop, false, &done, &done_writer);
    make_pair(loop, false, &waiting, &waiting_writer);

    ASSERT_INT_EQ(0, kin_plat_pipe_read(done, &done_byte, 1));
    write_to(done_writer, "x", 1);
    wait_until_signalled(loop);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(waiting, &waiting_byte, 1));
    EXPECT_TRUE(door_signalled(loop));
    EXPECT_SIZE_EQ(1, door_expect(loop, KIN_PLAT_READ, &done).size);

    kin_plat_pipe_cancel(waiting);
    EXPECT_INT_EQ(KIN_ECANCELED, door_expect(loop, KIN_PLAT_READ, &waiting).code);
    CloseHandle(done_writer);
    CloseHandle(waiting_writer);
    kin_plat_pipe_close(done);
    kin_plat_pipe_close(waiting);
    kin_plat_loop_close(loop);
}

/* A foreign loop must get to sleep again, and must be woken again. */
TEST_C(Win32Loop, EventGoesOutWhenNothingIsLeft)
{
    kin_plat_loop *loop = door_open();
    kin_plat_pipe *pipe;
    HANDLE writer;
    struct kin_plat_event event;
    char byte;
    make_pair(loop, false, &pipe, &writer);

    for (int round = 0; round < 20; round++) {
        ASSERT_INT_EQ(0, kin_plat_pipe_read(pipe, &byte, 1));
        EXPECT_INT_EQ(0, kin_plat_wait(loop, 0, &event, 1));
        EXPECT_FALSE(door_signalled(loop));
        write_to(writer, "x", 1);
        wait_until_signalled(loop);
        ASSERT_INT_EQ(1, kin_plat_wait(loop, 0, &event, 1));
        EXPECT_INT_EQ(0, kin_plat_wait(loop, 0, &event, 1));
        EXPECT_FALSE(door_signalled(loop));
    }
    CloseHandle(writer);
    kin_plat_pipe_close(pipe);
    kin_plat_loop_close(loop);
}

/* What a small array leaves behind stays signalled. */
TEST_C(Win32Loop, EventStaysWhileSomethingIsLeft)
{
    kin_plat_loop *loop = door_open();
    kin_plat_pipe *pipes[3];
    HANDLE writers[3];
    char bytes[3];
    struct kin_plat_event event;
    for (int i = 0; i < 3; i++) {
        make_pair(loop, false, &pipes[i], &writers[i]);
        ASSERT_INT_EQ(0, kin_plat_pipe_read(pipes[i], &bytes[i], 1));
        write_to(writers[i], "x", 1);
    }
    for (int i = 0; i < 3; i++) {
        EXPECT_TRUE(door_signalled(loop));
        ASSERT_INT_EQ(1, kin_plat_wait(loop, 0, &event, 1));
    }
    EXPECT_INT_EQ(0, kin_plat_wait(loop, 0, &event, 1));
    EXPECT_FALSE(door_signalled(loop));
    for (int i = 0; i < 3; i++) {
        CloseHandle(writers[i]);
        kin_plat_pipe_close(pipes[i]);
    }
    kin_plat_loop_close(loop);
}

/* The system may set the event before the packet is in the port. Going to sleep on that would be for ever. */
TEST_C(Win32Loop, ResultWithoutPacketYetKeepsTheEvent)
{
    kin_plat_loop *loop = door_open();
    kin_plat_pipe *pipe;
    HANDLE writer;
    struct kin_plat_event event;
    make_pair(loop, false, &pipe, &writer);
    EXPECT_INT_EQ(0, kin_plat_wait(loop, 0, &event, 1));

    pipe->read.under_way = true; /* as if the result were there (Internal is 0) and the packet not yet */
    EXPECT_INT_EQ(0, kin_plat_wait(loop, 0, &event, 1));
    EXPECT_TRUE(door_signalled(loop));
    pipe->read.under_way = false;
    EXPECT_INT_EQ(0, kin_plat_wait(loop, 0, &event, 1));
    EXPECT_FALSE(door_signalled(loop));
    CloseHandle(writer);
    kin_plat_pipe_close(pipe);
    kin_plat_loop_close(loop);
}

/* An operation that fails at once has no packet, and is told all the same: to both kinds of waiting. */
TEST_C(Win32Loop, FailureAtOnceIsAnEvent)
{
    kin_plat_loop *loop = door_open();
    kin_plat_pipe *pipe;
    HANDLE writer;
    char byte;
    make_pair(loop, false, &pipe, &writer);
    CloseHandle(writer);
    EXPECT_FALSE(kin_plat_loop_ready(loop));
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pipe, &byte, 1));
    EXPECT_TRUE(kin_plat_loop_ready(loop));
    EXPECT_TRUE(door_signalled(loop));
    struct kin_plat_event event = door_expect(loop, KIN_PLAT_READ, &pipe);
    EXPECT_INT_EQ(0, event.code);
    EXPECT_SIZE_EQ(0, event.size);
    EXPECT_FALSE(kin_plat_loop_ready(loop));
    kin_plat_pipe_close(pipe);
    kin_plat_loop_close(loop);
}

/* As many packets of closed pipes as are taken at once, in the first look and in the one after the reset. */
TEST_C(Win32Loop, PacketsOfClosedThingsHideNothing)
{
    kin_plat_loop *loop = door_open();
    kin_plat_pipe *pipes[2];
    HANDLE readers[2];
    struct kin_plat_event event;
    int count;

    for (int i = 0; i < 2; i++) {
        make_pair(loop, true, &pipes[i], &readers[i]);
        kin_win32_pipe_watch(pipes[i]);
    }
    for (int i = 0; i < 2; i++)
        kin_plat_pipe_close(pipes[i]);
    EXPECT_INT_EQ(0, kin_plat_wake(loop));
    count = kin_plat_wait(loop, 0, &event, 1);
    EXPECT_TRUE(count == 1 || door_signalled(loop));
    if (count == 0)
        count = kin_plat_wait(loop, 1000, &event, 1);
    EXPECT_INT_EQ(1, count);
    EXPECT_INT_EQ(KIN_PLAT_WAKE, event.kind);
    for (int i = 0; i < 2; i++)
        CloseHandle(readers[i]);
    kin_plat_loop_close(loop);
}
