/* SPDX-License-Identifier: MIT */
/*
 * How processes end, are ended, and are let go.
 */
#include "door.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../src/win32/loop.h"
#include "../../src/win32/process.h"

struct Win32Process {
    kin_plat_loop *loop;
};

static void *Win32Process_setup(void)
{
    struct Win32Process *fixture = calloc(1, sizeof *fixture);
    ASSERT_NOT_NULL(fixture);
    fixture->loop = door_open();
    return fixture;
}

static void Win32Process_teardown(void *self)
{
    struct Win32Process *fixture = self;
    kin_plat_loop_close(fixture->loop);
    free(fixture);
}

/* H05: 259 is what a running process has as its code. H07: all 32 bits; an exception is a crash. */
TEST_CF(Win32Process, H05_H07_ExitCodes)
{
    struct Win32Process *fixture = self;
    static const struct {
        const char *argument;
        kin_exit_kind kind;
        uint32_t code;
    } rows[] = {
        { "0", KIN_EXIT_CODE, 0 },
        { "1", KIN_EXIT_CODE, 1 },
        { "255", KIN_EXIT_CODE, 255 },
        { "256", KIN_EXIT_CODE, 256 },
        { "259", KIN_EXIT_CODE, 259 },
        { "0x7FFFFFFF", KIN_EXIT_CODE, 0x7FFFFFFFU },
        { "0x80000000", KIN_EXIT_CODE, 0x80000000U },
        { "0xFFFFFFFF", KIN_EXIT_CODE, 0xFFFFFFFFU },
        { "0x4B494E09", KIN_EXIT_CODE, 0x4B494E09U }, /* ours, but we did not end it */
        { "0xC0000005", KIN_EXIT_CRASH, 0xC0000005U },
        { "0xC00000FD", KIN_EXIT_CRASH, 0xC00000FDU },
        { "0x80000003", KIN_EXIT_CRASH, 0x80000003U },
        { "0xE06D7363", KIN_EXIT_CRASH, 0xE06D7363U },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct door_child child;
        TRACE_C("exit %s", rows[i].argument);
        door_run(fixture->loop, &child, "exit", rows[i].argument);
        EXPECT_INT_EQ(rows[i].kind, child.status.kind);
        EXPECT_UINT_EQ(rows[i].code, child.status.code);
        EXPECT_TRUE(child.status.usage.known);
        TRACE_END_C();
    }
}

TEST_CF(Win32Process, H07_RealCrash)
{
    struct Win32Process *fixture = self;
    struct door_child child;
    door_run(fixture->loop, &child, "crash", NULL);
    EXPECT_INT_EQ(KIN_EXIT_CRASH, child.status.kind);
    EXPECT_UINT_EQ(0xC0000005U, child.status.code);
}

static void start_sleeper(kin_plat_loop *loop, struct door_child *child, bool tree)
{
    door_plan(child, "sleep", "30000");
    child->launch.tree = tree;
    ASSERT_INT_EQ(0, door_start(loop, child));
}

TEST_CF(Win32Process, SignalsEndItAndAreNamed)
{
    struct Win32Process *fixture = self;
    static const int signals[] = { KIN_SIGNAL_INTERRUPT, KIN_SIGNAL_QUIT, KIN_SIGNAL_KILL, KIN_SIGNAL_TERMINATE };
    for (size_t i = 0; i < 2 * sizeof signals / sizeof signals[0]; i++) {
        struct door_child child;
        int signal = signals[i / 2];
        bool tree = i % 2 != 0;
        start_sleeper(fixture->loop, &child, tree);
        EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, KIN_SIGNAL_NONE, tree));
        EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, signal, tree));
        door_finish(fixture->loop, &child);
        EXPECT_INT_EQ(KIN_EXIT_SIGNAL, child.status.kind);
        EXPECT_INT_EQ(signal, child.status.signal);
        EXPECT_UINT_EQ(0, child.status.code);
        EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_plat_process_signal(child.process, KIN_SIGNAL_NONE, tree));
        EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_plat_process_signal(child.process, signal, tree));
        door_close_child(&child);
    }
}

TEST_CF(Win32Process, H06_EndedBeforeTheSignalIsNoSignal)
{
    struct Win32Process *fixture = self;
    struct door_child child;
    door_plan(&child, "exit", "7");
    ASSERT_INT_EQ(0, door_start(fixture->loop, &child));
    ASSERT_INT_EQ(WAIT_OBJECT_0, WaitForSingleObject(child.process->handle, DOOR_PATIENCE_MS));
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_plat_process_signal(child.process, KIN_SIGNAL_KILL, false));
    door_finish(fixture->loop, &child);
    EXPECT_INT_EQ(KIN_EXIT_CODE, child.status.kind);
    EXPECT_UINT_EQ(7, child.status.code);
    door_close_child(&child);
}

TEST_CF(Win32Process, UnknownSignals)
{
    struct Win32Process *fixture = self;
    struct door_child child;
    start_sleeper(fixture->loop, &child, false);
    EXPECT_INT_EQ(KIN_EINVAL, kin_plat_process_signal(child.process, -1, false));
    EXPECT_INT_EQ(KIN_ENOTSUP, kin_plat_process_signal(child.process, 10, false));
    EXPECT_INT_EQ(KIN_ENOTSUP, kin_plat_process_ask(child.process, false));
    EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, KIN_SIGNAL_KILL, false));
    door_finish(fixture->loop, &child);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_plat_process_ask(child.process, false));
    door_close_child(&child);
}

TEST_CF(Win32Process, H14_IdIsThatOfTheSystem)
{
    struct Win32Process *fixture = self;
    struct door_child child;
    start_sleeper(fixture->loop, &child, false);
    DWORD id = (DWORD)kin_plat_process_id(child.process);
    EXPECT_TRUE(door_lives(id));
    EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, KIN_SIGNAL_KILL, false));
    door_finish(fixture->loop, &child);
    door_close_child(&child);
    EXPECT_TRUE(door_ends_soon(id));
}

/* ------------------------------------------------------------------------------------------------------- trees --- */

static DWORD start_family(kin_plat_loop *loop, struct door_child *child, bool tree)
{
    door_plan(child, "family", "30000");
    child->launch.tree = tree;
    child->slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    ASSERT_INT_EQ(0, door_start(loop, child));
    return (DWORD)strtoul(door_hear(loop, child), NULL, 10);
}

static void end_family(kin_plat_loop *loop, struct door_child *child, DWORD grandchild)
{
    ASSERT_TRUE(door_lives(grandchild));
    EXPECT_INT_EQ(0, kin_plat_process_signal(child->process, KIN_SIGNAL_KILL, true));
    door_finish(loop, child);
    EXPECT_INT_EQ(KIN_EXIT_SIGNAL, child->status.kind);
    EXPECT_TRUE(door_ends_soon(grandchild));
    door_close_child(child);
}

TEST_CF(Win32Process, H08_TreeEndsWithTheGrandchild)
{
    struct Win32Process *fixture = self;
    struct door_child child;
    DWORD grandchild = start_family(fixture->loop, &child, true);
    EXPECT_FALSE(fixture->loop->assign_jobs);
    end_family(fixture->loop, &child, grandchild);
}

/* Where the system refuses a job list. */
TEST_CF(Win32Process, H08_TreeBySuspendAndAssign)
{
    struct Win32Process *fixture = self;
    struct door_child child;
    fixture->loop->assign_jobs = true;
    DWORD grandchild = start_family(fixture->loop, &child, true);
    end_family(fixture->loop, &child, grandchild);
}

TEST_CF(Win32Process, H08_TreeOutlivesItsRoot)
{
    struct Win32Process *fixture = self;
    struct door_child child;
    DWORD grandchild = start_family(fixture->loop, &child, true);
    EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, KIN_SIGNAL_KILL, false));
    EXPECT_INT_EQ(KIN_EXIT_SIGNAL, door_expect(fixture->loop, KIN_PLAT_EXIT, &child).status.kind);
    EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, KIN_SIGNAL_NONE, true));
    EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, KIN_SIGNAL_KILL, true));
    EXPECT_TRUE(door_ends_soon(grandchild));
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_plat_process_signal(child.process, KIN_SIGNAL_KILL, true));
    door_close_child(&child);
}

/* No library default may end what the program wants to live on: letting go of a tree ends nobody. */
TEST_CF(Win32Process, H08_LettingGoOfATreeEndsNobody)
{
    struct Win32Process *fixture = self;
    struct door_child child;
    DWORD grandchild = start_family(fixture->loop, &child, true);
    DWORD id = (DWORD)kin_plat_process_id(child.process);
    door_close_child(&child);
    Sleep(100);
    EXPECT_TRUE(door_lives(id));
    EXPECT_TRUE(door_lives(grandchild));
    door_end_process(id);
    door_end_process(grandchild);
}

TEST_CF(Win32Process, TreeOfAProcessWithoutTreeIsRefused)
{
    struct Win32Process *fixture = self;
    struct door_child child;
    start_sleeper(fixture->loop, &child, false);
    EXPECT_INT_EQ(KIN_EINVAL, kin_plat_process_signal(child.process, KIN_SIGNAL_KILL, true));
    EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, KIN_SIGNAL_KILL, false));
    door_finish(fixture->loop, &child);
    door_close_child(&child);
}

/* ------------------------------------------------------------------------------------------------- letting go --- */

TEST_CF(Win32Process, H13_ClosedWhileItRuns)
{
    struct Win32Process *fixture = self;
    struct door_child child;
    start_sleeper(fixture->loop, &child, false);
    DWORD id = (DWORD)kin_plat_process_id(child.process);
    door_close_child(&child);
    EXPECT_TRUE(door_lives(id));
    door_end_process(id);
    EXPECT_TRUE(door_ends_soon(id));
    door_expect_silence(fixture->loop);
}

static void wait_until_posted(const struct door_child *child)
{
    for (int i = 0; i < DOOR_PATIENCE_MS && child->process->posted == 0; i++)
        Sleep(1);
    ASSERT_INT_EQ(1, child->process->posted);
}

/* The packet is in the port and points to the process that is closed now. */
TEST_CF(Win32Process, H13_ClosedBeforeItsEndIsTold)
{
    struct Win32Process *fixture = self;
    struct door_child child;
    door_plan(&child, "exit", "0");
    ASSERT_INT_EQ(0, door_start(fixture->loop, &child));
    wait_until_posted(&child);
    door_close_child(&child);
    door_expect_silence(fixture->loop);
}

TEST_CF(Win32Process, H13_LoopClosedBeforeTheEndIsTold)
{
    struct Win32Process *fixture = self;
    struct door_child child;
    door_plan(&child, "exit", "0");
    ASSERT_INT_EQ(0, door_start(fixture->loop, &child));
    wait_until_posted(&child);
    door_close_child(&child); /* and the teardown closes the loop, whose port still has the packet */
}

TEST_CF(Win32Process, H13_ClosedAtAnyMoment)
{
    struct Win32Process *fixture = self;
    for (DWORD i = 0; i < 20; i++) {
        struct door_child child;
        door_plan(&child, "exit", "0");
        ASSERT_INT_EQ(0, door_start(fixture->loop, &child));
        Sleep(2 * i);
        door_close_child(&child);
    }
    door_expect_silence(fixture->loop);
}

/* H15: WaitForMultipleObjects would stop at 64. */
TEST_CF(Win32Process, H15_HundredChildrenAtOnce)
{
    enum { COUNT = 100 };
    struct Win32Process *fixture = self;
    static struct door_child children[COUNT];
    int ended = 0;

    for (int i = 0; i < COUNT; i++) {
        door_plan(&children[i], "count", "0");
        children[i].slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
        ASSERT_INT_EQ(0, door_start(fixture->loop, &children[i]));
    }
    for (int i = 0; i < COUNT; i++) {
        EXPECT_INT_EQ(0, kin_plat_process_signal(children[i].process, KIN_SIGNAL_NONE, false));
        kin_plat_pipe_close(children[i].slots[0].pipe);
        children[i].slots[0].pipe = NULL;
    }
    while (ended < COUNT) {
        struct kin_plat_event events[16];
        int count = door_wait(fixture->loop, events, 16);
        for (int i = 0; i < count; i++) {
            struct door_child *child = events[i].owner;
            ASSERT_INT_EQ(KIN_PLAT_EXIT, events[i].kind);
            EXPECT_INT_EQ(1, ++child->exits);
            EXPECT_INT_EQ(KIN_EXIT_CODE, events[i].status.kind);
            ended++;
        }
    }
    for (int i = 0; i < COUNT; i++)
        door_close_child(&children[i]);
}
