/* SPDX-License-Identifier: MIT */
/*
 * Asking to end: who can be asked, who refuses, and how it is told.
 */
#include "door.h"

#include <stdlib.h>

#include <support/support.h>

#include "../../src/win32/process.h"

struct Win32Ask {
    kin_plat_loop *loop;
    struct door_child child;
};

static void *Win32Ask_setup(void)
{
    struct Win32Ask *fixture = calloc(1, sizeof *fixture);
    ASSERT_NOT_NULL(fixture);
    fixture->loop = door_open();
    return fixture;
}

static void Win32Ask_teardown(void *self)
{
    struct Win32Ask *fixture = self;
    door_close_child(&fixture->child);
    kin_plat_loop_close(fixture->loop);
    free(fixture);
}

static void plan(struct Win32Ask *fixture, bool tree, const char *verb, const char *first, const char *second)
{
    door_plan(&fixture->child, verb, first);
    fixture->child.argv[3] = second;
    fixture->child.launch.tree = tree;
    fixture->child.slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
}

/* Starts what is planned; it is ready. */
static void start(struct Win32Ask *fixture)
{
    ASSERT_INT_EQ(0, door_start(fixture->loop, &fixture->child));
    ASSERT_STR_EQ("ready", door_hear(fixture->loop, &fixture->child));
}

static int ask(struct Win32Ask *fixture, bool tree)
{
    return kin_plat_process_ask(fixture->child.process, tree);
}

static void expect_code(struct Win32Ask *fixture, uint32_t code)
{
    door_finish(fixture->loop, &fixture->child);
    EXPECT_INT_EQ(KIN_EXIT_CODE, fixture->child.status.kind);
    EXPECT_UINT_EQ(code, fixture->child.status.code);
}

static void expect_signal(struct Win32Ask *fixture, int signal)
{
    door_finish(fixture->loop, &fixture->child);
    EXPECT_INT_EQ(KIN_EXIT_SIGNAL, fixture->child.status.kind);
    EXPECT_INT_EQ(signal, fixture->child.status.signal);
    EXPECT_UINT_EQ(0, fixture->child.status.code);
}

static void end(struct Win32Ask *fixture, bool tree)
{
    EXPECT_INT_EQ(0, kin_plat_process_signal(fixture->child.process, KIN_SIGNAL_KILL, tree));
    expect_signal(fixture, KIN_SIGNAL_KILL);
}

/* ------------------------------------------------------------------------------------------------------- nobody to ask --- */

/* `hidden`: on a console of its own, which is not ours to send events to. */
TEST_CF(Win32Ask, H11_NoConsoleOfOursAndNoWindow)
{
    struct Win32Ask *fixture = self;
    for (int tree = 0; tree < 2; tree++) {
        plan(fixture, tree != 0, "threads", "1", NULL);
        fixture->child.launch.hidden = true;
        start(fixture);
        EXPECT_INT_EQ(KIN_ENOTSUP, ask(fixture, false));
        EXPECT_INT_EQ(KIN_ENOTSUP, ask(fixture, true));
        EXPECT_INT_EQ(0, kin_plat_process_signal(fixture->child.process, KIN_SIGNAL_NONE, false));
        end(fixture, tree != 0);
        EXPECT_INT_EQ(KIN_ALREADY_ENDED, ask(fixture, false));
        EXPECT_INT_EQ(KIN_ALREADY_ENDED, ask(fixture, true));
        door_close_child(&fixture->child);
    }
}

/* A group of its own is what makes the event safe; without `tree` there is none. */
TEST_CF(Win32Ask, H11_NoEventWithoutAGroup)
{
    struct Win32Ask *fixture = self;
    plan(fixture, false, "breakable", NULL, NULL);
    start(fixture);
    EXPECT_INT_EQ(KIN_ENOTSUP, ask(fixture, true));
    end(fixture, false);
}

TEST_CF(Win32Ask, DetachedHasNoConsole)
{
    struct Win32Ask *fixture = self;
    plan(fixture, true, "breakable", NULL, NULL);
    fixture->child.launch.detached = true;
    start(fixture);
    EXPECT_INT_EQ(KIN_ENOTSUP, ask(fixture, true));
    end(fixture, true);
}

/* --------------------------------------------------------------------------------------------------------- windows --- */

TEST_CF(Win32Ask, WindowIsClosed)
{
    struct Win32Ask *fixture = self;
    plan(fixture, false, "window", "7", NULL);
    start(fixture);
    EXPECT_INT_EQ(0, ask(fixture, false));
    expect_code(fixture, 7);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, ask(fixture, false));
}

TEST_CF(Win32Ask, WindowMayRefuse)
{
    struct Win32Ask *fixture = self;
    plan(fixture, false, "window", "7", "stubborn");
    start(fixture);
    for (int i = 0; i < 2; i++) {
        EXPECT_INT_EQ(0, ask(fixture, false));
        EXPECT_STR_EQ("no", door_hear(fixture->loop, &fixture->child));
    }
    end(fixture, false);
}

TEST_CF(Win32Ask, WindowOfAGrandchild)
{
    struct Win32Ask *fixture = self;
    plan(fixture, true, "above", "window", "6");
    fixture->child.launch.hidden = true;
    start(fixture);
    EXPECT_INT_EQ(KIN_ENOTSUP, ask(fixture, false));
    EXPECT_INT_EQ(0, ask(fixture, true));
    expect_code(fixture, 6);
}

TEST_CF(Win32Ask, WindowsOfOthersStay)
{
    struct Win32Ask *fixture = self;
    struct Win32Ask *other = Win32Ask_setup();
    plan(other, false, "window", "7", NULL);
    start(other);
    plan(fixture, true, "window", "5", NULL);
    start(fixture);
    EXPECT_INT_EQ(0, ask(fixture, true));
    expect_code(fixture, 5);
    EXPECT_INT_EQ(0, kin_plat_process_signal(other->child.process, KIN_SIGNAL_NONE, false));
    end(other, false);
    Win32Ask_teardown(other);
}

TEST_CF(Win32Ask, SuspendedIsResumedBefore)
{
    struct Win32Ask *fixture = self;
    for (int tree = 0; tree < 2; tree++) {
        plan(fixture, tree != 0, "window", "4", NULL);
        start(fixture);
        EXPECT_INT_EQ(0, kin_plat_process_suspend(fixture->child.process, tree != 0));
        EXPECT_INT_EQ(0, ask(fixture, tree != 0));
        expect_code(fixture, 4);
        door_close_child(&fixture->child);
    }
}

/* --------------------------------------------------------------------------------------------------- console events --- */

/* What the system ends a process with that has no handler: somebody's Ctrl-C, or our question. Never a crash. */
TEST_CF(Win32Ask, ExitByAConsoleEventIsASignal)
{
    struct Win32Ask *fixture = self;
    door_run(fixture->loop, &fixture->child, "exit", "0xC000013A");
    EXPECT_INT_EQ(KIN_EXIT_SIGNAL, fixture->child.status.kind);
    EXPECT_INT_EQ(KIN_SIGNAL_INTERRUPT, fixture->child.status.signal);
    EXPECT_UINT_EQ(0, fixture->child.status.code);

    plan(fixture, false, "window", "0xC000013A", NULL);
    start(fixture);
    EXPECT_INT_EQ(0, ask(fixture, false));
    expect_signal(fixture, KIN_SIGNAL_TERMINATE);
}

static void skip_without_console_events(void)
{
    DWORD ids[1];
    SKIP_ON_WINE_C("there is no CTRL_BREAK_EVENT");
    if (GetConsoleProcessList(ids, 1) == 0)
        SKIP_C("this program has no console");
}

TEST_CF(Win32Ask, H11_BreakIsHeard)
{
    struct Win32Ask *fixture = self;
    skip_without_console_events();
    plan(fixture, true, "breakable", NULL, NULL);
    start(fixture);
    EXPECT_INT_EQ(KIN_ENOTSUP, ask(fixture, false));
    EXPECT_INT_EQ(0, ask(fixture, true));
    expect_code(fixture, 5);
}

TEST_CF(Win32Ask, H11_BreakEndsWhoDoesNotListen)
{
    struct Win32Ask *fixture = self;
    skip_without_console_events();
    plan(fixture, true, "breakable", "default", NULL);
    start(fixture);
    EXPECT_INT_EQ(0, kin_plat_process_suspend(fixture->child.process, true));
    EXPECT_INT_EQ(0, ask(fixture, true));
    expect_signal(fixture, KIN_SIGNAL_TERMINATE);
}

/* The event goes to the group of the one and to nobody else, us included. */
TEST_CF(Win32Ask, H11_BreakIsForOneGroup)
{
    struct Win32Ask *fixture = self;
    skip_without_console_events();
    struct Win32Ask *other = Win32Ask_setup();
    plan(other, true, "breakable", NULL, NULL);
    start(other);
    plan(fixture, true, "above", "breakable", "default");
    start(fixture);
    EXPECT_INT_EQ(0, ask(fixture, true));
    expect_signal(fixture, KIN_SIGNAL_TERMINATE);
    EXPECT_INT_EQ(0, kin_plat_process_signal(other->child.process, KIN_SIGNAL_NONE, true));
    EXPECT_INT_EQ(0, ask(other, true));
    expect_code(other, 5);
    Win32Ask_teardown(other);
}
