/* SPDX-License-Identifier: MIT */
/*
 * Letting go of children that die with us, in a host that lives on: nobody is ended by it, and no handle stays. The handles are
 * counted around every test (tests/support/leak.h), with patience, since the system's pool closes the last of them.
 */
#include "door.h"

#include <stdlib.h>
#include <string.h>

#include "../../src/win32/loop.h"
#include "../../src/win32/process.h"

struct Win32Release {
    kin_plat_loop *loop;
    struct door_child child;
    DWORD id;
    DWORD grandchild;
};

static void *Win32Release_setup(void)
{
    struct Win32Release *fixture = calloc(1, sizeof *fixture);
    ASSERT_NOT_NULL(fixture);
    fixture->loop = door_open();
    return fixture;
}

static void Win32Release_teardown(void *self)
{
    struct Win32Release *fixture = self;
    door_close_child(&fixture->child);
    if (fixture->loop != NULL)
        kin_plat_loop_close(fixture->loop);
    free(fixture);
}

static void start(struct Win32Release *fixture, bool tree)
{
    struct door_child *child = &fixture->child;
    door_plan(child, "family", "30000");
    child->launch.tree = tree;
    child->launch.die_with_parent = true;
    child->slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    ASSERT_INT_EQ(0, door_start(fixture->loop, child));
    fixture->grandchild = (DWORD)strtoul(door_hear(fixture->loop, child), NULL, 10);
    fixture->id = (DWORD)kin_plat_process_id(child->process);
}

static void expect_both_alive(const struct Win32Release *fixture)
{
    EXPECT_TRUE(door_lives(fixture->id));
    EXPECT_TRUE(door_lives(fixture->grandchild));
}

static void end_both(const struct Win32Release *fixture)
{
    door_end_process(fixture->id);
    EXPECT_TRUE(door_ends_soon(fixture->id));
    EXPECT_TRUE(door_lives(fixture->grandchild));
    door_end_process(fixture->grandchild);
    EXPECT_TRUE(door_ends_soon(fixture->grandchild));
}

TEST_CF(Win32Release, RunningChildLivesOn)
{
    struct Win32Release *fixture = self;
    start(fixture, false);
    door_close_child(&fixture->child);
    expect_both_alive(fixture);
    end_both(fixture);
    door_expect_silence(fixture->loop);
}

/* The keeper waits for one member after the other. */
TEST_CF(Win32Release, RunningTreeLivesOn)
{
    struct Win32Release *fixture = self;
    start(fixture, true);
    door_close_child(&fixture->child);
    expect_both_alive(fixture);
    end_both(fixture);
    door_expect_silence(fixture->loop);
}

TEST_CF(Win32Release, LoopIsClosedBefore)
{
    struct Win32Release *fixture = self;
    for (int tree = 0; tree < 2; tree++) {
        start(fixture, tree != 0);
        door_close_child(&fixture->child);
        kin_plat_loop_close(fixture->loop);
        expect_both_alive(fixture);
        end_both(fixture);
        fixture->loop = door_open();
    }
}

/* The root has ended and was told; who is left of its tree lives on. */
TEST_CF(Win32Release, TreeWithoutItsRootLivesOn)
{
    struct Win32Release *fixture = self;
    start(fixture, true);
    door_end_process(fixture->id);
    EXPECT_UINT_EQ(1, door_expect(fixture->loop, KIN_PLAT_EXIT, &fixture->child).status.code);
    EXPECT_INT_EQ(0, kin_plat_process_signal(fixture->child.process, KIN_SIGNAL_NONE, true));
    door_close_child(&fixture->child);
    EXPECT_TRUE(door_lives(fixture->grandchild));
    door_end_process(fixture->grandchild);
    EXPECT_TRUE(door_ends_soon(fixture->grandchild));
}

TEST_CF(Win32Release, EndIsToldAndSignalsWork)
{
    struct Win32Release *fixture = self;
    for (int tree = 0; tree < 2; tree++) {
        start(fixture, tree != 0);
        EXPECT_INT_EQ(tree ? 0 : KIN_EINVAL, kin_plat_process_signal(fixture->child.process, KIN_SIGNAL_NONE, true));
        EXPECT_INT_EQ(0, kin_plat_process_signal(fixture->child.process, KIN_SIGNAL_TERMINATE, tree != 0));
        kin_status status = door_expect(fixture->loop, KIN_PLAT_EXIT, &fixture->child).status;
        EXPECT_INT_EQ(KIN_EXIT_SIGNAL, status.kind);
        EXPECT_INT_EQ(KIN_SIGNAL_TERMINATE, status.signal);
        if (!tree)
            door_end_process(fixture->grandchild);
        EXPECT_TRUE(door_ends_soon(fixture->grandchild));
        door_close_child(&fixture->child);
    }
}

/* Where the system refuses a job list. */
TEST_CF(Win32Release, BySuspendAndAssign)
{
    struct Win32Release *fixture = self;
    for (int tree = 0; tree < 2; tree++) {
        fixture->loop->assign_jobs = true;
        start(fixture, tree != 0);
        door_close_child(&fixture->child);
        expect_both_alive(fixture);
        end_both(fixture);
    }
}

TEST_CF(Win32Release, FailedStartLeavesNothing)
{
    struct Win32Release *fixture = self;
    struct door_child *child = &fixture->child;
    door_plan(child, "exit", "0");
    child->launch.file = "no-such-program";
    child->launch.tree = true;
    child->launch.die_with_parent = true;
    EXPECT_INT_EQ(KIN_ENOENT, door_start(fixture->loop, child));
    EXPECT_INT_EQ(KIN_STAGE_EXEC, child->failure.stage);
}

TEST_CF(Win32Release, DetachedTreeBySuspendAndAssign)
{
    struct Win32Release *fixture = self;
    struct door_child *child = &fixture->child;
    fixture->loop->assign_jobs = true;
    door_plan(child, "family", "30000");
    child->launch.tree = true;
    child->launch.detached = true;
    child->slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    ASSERT_INT_EQ(0, door_start(fixture->loop, child));
    DWORD grandchild = (DWORD)strtoul(door_hear(fixture->loop, child), NULL, 10);
    EXPECT_INT_EQ(0, kin_plat_process_signal(child->process, KIN_SIGNAL_KILL, true));
    door_expect(fixture->loop, KIN_PLAT_EXIT, child);
    EXPECT_TRUE(door_ends_soon(grandchild));
}

/* ------------------------------------------------------------------------------------------------------------- many --- */

enum { MANY = 200 };

/* Any sequence will do, as long as it is the same each time. */
static unsigned next_number(unsigned *state)
{
    *state = *state * 1103515245U + 12345U;
    return *state >> 16 & 0x7FFFU;
}

static void start_one(kin_plat_loop *loop, struct door_child *child, unsigned number)
{
    door_plan(child, "sleep", number % 3 == 0 ? "5" : "30000");
    child->launch.tree = number % 2 != 0;
    child->launch.die_with_parent = number % 5 != 0;
    child->launch.detached = number % 10 == 0;
    ASSERT_INT_EQ(0, door_start(loop, child));
}

static void take_events(kin_plat_loop *loop, int64_t timeout_ms, size_t *ended)
{
    struct kin_plat_event events[16];
    int count = kin_plat_wait(loop, timeout_ms, events, 16);
    for (int i = 0; i < count; i++) {
        struct door_child *child = events[i].owner;
        ASSERT_INT_EQ(KIN_PLAT_EXIT, events[i].kind);
        EXPECT_INT_EQ(1, ++child->exits);
        EXPECT_INT_NE(KIN_EXIT_LOST, events[i].status.kind);
        (*ended)++;
    }
}

/* Children are ended by themselves, by us, by others, or suspended and ended, and some are let go; each end is told once. */
static void end_one(struct door_child *child, unsigned number)
{
    bool tree = child->launch.tree && number % 4 < 2;
    if (number % 6 == 0)
        kin_plat_process_suspend(child->process, tree);
    if (number % 7 == 0)
        door_end_process((DWORD)kin_plat_process_id(child->process));
    else
        kin_plat_process_signal(child->process, KIN_SIGNAL_KILL, tree);
}

TEST_CF(Win32Release, ManyEndedAtAnyMoment)
{
    struct Win32Release *fixture = self;
    static struct door_child children[MANY];
    unsigned state = 1;
    size_t ended = 0;
    size_t released = 0;

    for (size_t i = 0; i < MANY; i++) {
        start_one(fixture->loop, &children[i], (unsigned)i);
        struct door_child *victim = &children[next_number(&state) % (i + 1)];
        if (victim->process != NULL)
            end_one(victim, next_number(&state));
        take_events(fixture->loop, 0, &ended);
        if (i % 20 == 19 && children[i].exits == 0) { /* ended, or not yet, but not told */
            door_end_process((DWORD)kin_plat_process_id(children[i].process));
            door_close_child(&children[i]);
            released++;
        }
    }
    for (size_t i = 0; i < MANY; i++) {
        if (children[i].process != NULL)
            end_one(&children[i], next_number(&state));
    }
    while (ended < MANY - released)
        take_events(fixture->loop, DOOR_PATIENCE_MS, &ended);
    for (size_t i = 0; i < MANY; i++)
        door_close_child(&children[i]);
    door_expect_silence(fixture->loop);
}
