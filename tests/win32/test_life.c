/* SPDX-License-Identifier: MIT */
/*
 * Outliving the parent, and not outliving it. The parents are programs of their own, since they have to end.
 */
#include "door.h"

#include <stdio.h>
#include <stdlib.h>

#include <support/support.h>

#include "../../src/win32/loop.h"
#include "../../src/win32/process.h"

/* A parent, and what it has said of its child. */
struct Win32Life {
    kin_plat_loop *loop;
    struct door_child parent;
    HANDLE child;
    HANDLE grandchild; /* NULL: none */
};

static void *Win32Life_setup(void)
{
    struct Win32Life *fixture = calloc(1, sizeof *fixture);
    ASSERT_NOT_NULL(fixture);
    fixture->loop = door_open();
    return fixture;
}

static void end_handle(HANDLE process)
{
    if (process == NULL)
        return;
    TerminateProcess(process, 1);
    CloseHandle(process);
}

static void Win32Life_teardown(void *self)
{
    struct Win32Life *fixture = self;
    if (fixture->parent.process != NULL)
        kin_plat_process_signal(fixture->parent.process, KIN_SIGNAL_KILL, false);
    end_handle(fixture->child);
    end_handle(fixture->grandchild);
    door_close_child(&fixture->parent);
    kin_plat_loop_close(fixture->loop);
    free(fixture);
}

static HANDLE open_process(DWORD id)
{
    return id != 0 ? OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, id) : NULL;
}

/* Starts a parent with these options whose child has a grandchild; all three run. */
static void start_parent(struct Win32Life *fixture, const char *first, const char *second, const char *third)
{
    const char *options[] = { first, second, third };
    struct door_child *parent = &fixture->parent;
    size_t count = 0;
    door_plan(parent, NULL, NULL);
    parent->launch.file = door_parent_path();
    parent->argv[count++] = door_parent_path();
    for (size_t i = 0; i < 3 && options[i] != NULL; i++)
        parent->argv[count++] = options[i];
    parent->argv[count++] = "--";
    parent->argv[count++] = "family";
    parent->argv[count++] = "30000";
    parent->slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    ASSERT_INT_EQ(0, door_start(fixture->loop, parent));

    char *rest;
    DWORD child = (DWORD)strtoul(door_hear(fixture->loop, parent), &rest, 10);
    fixture->child = open_process(child);
    fixture->grandchild = open_process((DWORD)strtoul(rest, NULL, 10));
    ASSERT_NOT_NULL(fixture->child);
    ASSERT_NOT_NULL(fixture->grandchild);
}

/* Also a little later: who is ended by a job is not always ended at once. */
static bool is_alive(HANDLE process)
{
    return WaitForSingleObject(process, 100) == WAIT_TIMEOUT;
}

static bool has_ended_soon(HANDLE process)
{
    return WaitForSingleObject(process, DOOR_PATIENCE_MS) == WAIT_OBJECT_0;
}

/* TerminateProcess: it gets no chance to do anything. Its handles are closed before its end is told. */
static void end_parent(struct Win32Life *fixture)
{
    EXPECT_INT_EQ(0, kin_plat_process_signal(fixture->parent.process, KIN_SIGNAL_KILL, false));
    door_expect(fixture->loop, KIN_PLAT_EXIT, &fixture->parent);
}

/* Whether a job that is not ours lies around everything here; what it allows is unknown. */
static void skip_inside_a_job(void)
{
    BOOL inside = FALSE;
    if (!IsProcessInJob(GetCurrentProcess(), NULL, &inside) || inside)
        SKIP_C("this program is in a job itself");
}

/* -------------------------------------------------------------------------------------------------------- detached --- */

/* With `hidden` a child has a console of its own, which nobody sees. */
TEST_CF(Win32Life, H10_DetachedHasNoConsole)
{
    struct Win32Life *fixture = self;
    static const struct {
        bool hidden;
        bool detached;
        const char *count;
    } rows[] = { { true, false, "1" }, { false, true, "0" }, { true, true, "0" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct door_child *child = &fixture->parent;
        TRACE_C("row %d", (int)i);
        door_plan(child, "console", NULL);
        child->launch.hidden = rows[i].hidden;
        child->launch.detached = rows[i].detached;
        child->slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
        ASSERT_INT_EQ(0, door_start(fixture->loop, child));
        door_finish(fixture->loop, child);
        EXPECT_STR_EQ(rows[i].count, child->text);
        door_close_child(child);
        TRACE_END_C();
    }
}

TEST_CF(Win32Life, H10_DetachedOutlivesItsParent)
{
    struct Win32Life *fixture = self;
    start_parent(fixture, "detached", NULL, NULL);
    end_parent(fixture);
    EXPECT_TRUE(is_alive(fixture->child));
    EXPECT_TRUE(is_alive(fixture->grandchild));
}

TEST_CF(Win32Life, H10_DetachedTreeOutlivesItsParent)
{
    struct Win32Life *fixture = self;
    start_parent(fixture, "detached", "tree", "leave");
    door_expect(fixture->loop, KIN_PLAT_EXIT, &fixture->parent);
    EXPECT_TRUE(is_alive(fixture->child));
    EXPECT_TRUE(is_alive(fixture->grandchild));
}

TEST_CF(Win32Life, H10_DetachedLeavesAJobThatLetsGo)
{
    struct Win32Life *fixture = self;
    skip_inside_a_job();
    start_parent(fixture, "open-job", "detached", NULL);
    end_parent(fixture);
    EXPECT_TRUE(is_alive(fixture->child));
    EXPECT_TRUE(is_alive(fixture->grandchild));
}

TEST_CF(Win32Life, H10_DetachedTreeLeavesAJobThatLetsGo)
{
    struct Win32Life *fixture = self;
    skip_inside_a_job();
    start_parent(fixture, "open-job", "detached", "tree");
    end_parent(fixture);
    EXPECT_TRUE(is_alive(fixture->child));
    EXPECT_TRUE(is_alive(fixture->grandchild));
}

/* The system does not let it out, so it is started inside, and ends with the job. */
TEST_CF(Win32Life, H10_DetachedEndsWithAJobThatDoesNotLetGo)
{
    struct Win32Life *fixture = self;
    start_parent(fixture, "closed-job", "detached", NULL);
    end_parent(fixture);
    EXPECT_TRUE(has_ended_soon(fixture->child));
    EXPECT_TRUE(has_ended_soon(fixture->grandchild));
}

TEST_CF(Win32Life, H10_DetachedTreeEndsWithAJobThatDoesNotLetGo)
{
    struct Win32Life *fixture = self;
    start_parent(fixture, "closed-job", "detached", "tree");
    end_parent(fixture);
    EXPECT_TRUE(has_ended_soon(fixture->child));
    EXPECT_TRUE(has_ended_soon(fixture->grandchild));
}

/* What is not detached shares the fate of its parent, whatever the job allows. */
TEST_CF(Win32Life, H09_OthersStayInOurJob)
{
    struct Win32Life *fixture = self;
    start_parent(fixture, "open-job", "tree", NULL);
    end_parent(fixture);
    EXPECT_TRUE(has_ended_soon(fixture->child));
    EXPECT_TRUE(has_ended_soon(fixture->grandchild));
}

/* ----------------------------------------------------------------------------------------------- dying with the parent --- */

TEST_CF(Win32Life, WithoutItTheChildLivesOn)
{
    struct Win32Life *fixture = self;
    start_parent(fixture, "tree", NULL, NULL);
    end_parent(fixture);
    EXPECT_TRUE(is_alive(fixture->child));
    EXPECT_TRUE(is_alive(fixture->grandchild));
}

TEST_CF(Win32Life, H08_ChildDiesWithItsParentAndTheGrandchildDoesNot)
{
    struct Win32Life *fixture = self;
    start_parent(fixture, "die", NULL, NULL);
    end_parent(fixture);
    EXPECT_TRUE(has_ended_soon(fixture->child));
    EXPECT_TRUE(is_alive(fixture->grandchild));
}

TEST_CF(Win32Life, H08_TreeDiesWithItsParent)
{
    struct Win32Life *fixture = self;
    start_parent(fixture, "die", "tree", NULL);
    end_parent(fixture);
    EXPECT_TRUE(has_ended_soon(fixture->child));
    EXPECT_TRUE(has_ended_soon(fixture->grandchild));
}

TEST_CF(Win32Life, H08_DiesAlsoWhenTheParentJustEnds)
{
    struct Win32Life *fixture = self;
    start_parent(fixture, "die", "tree", "leave");
    EXPECT_INT_EQ(0, door_expect(fixture->loop, KIN_PLAT_EXIT, &fixture->parent).status.code);
    EXPECT_TRUE(has_ended_soon(fixture->child));
    EXPECT_TRUE(has_ended_soon(fixture->grandchild));
}

/* The tree dies although its root had ended before. */
TEST_CF(Win32Life, H08_TreeWithoutItsRootDiesToo)
{
    struct Win32Life *fixture = self;
    start_parent(fixture, "die", "tree", NULL);
    TerminateProcess(fixture->child, 1);
    EXPECT_TRUE(has_ended_soon(fixture->child));
    EXPECT_TRUE(is_alive(fixture->grandchild));
    end_parent(fixture);
    EXPECT_TRUE(has_ended_soon(fixture->grandchild));
}

TEST_CF(Win32Life, H09_DiesInsideAnotherJob)
{
    struct Win32Life *fixture = self;
    start_parent(fixture, "closed-job", "die", "tree");
    end_parent(fixture);
    EXPECT_TRUE(has_ended_soon(fixture->child));
    EXPECT_TRUE(has_ended_soon(fixture->grandchild));
}

/* The parent says who its child is after it has let go of it and of the loop. */
TEST_CF(Win32Life, ReleasedLivesOnAndStillDiesWithItsParent)
{
    struct Win32Life *fixture = self;
    start_parent(fixture, "die", "release", NULL);
    EXPECT_TRUE(is_alive(fixture->child));
    end_parent(fixture);
    EXPECT_TRUE(has_ended_soon(fixture->child));
    EXPECT_TRUE(is_alive(fixture->grandchild));
}

TEST_CF(Win32Life, ReleasedTreeStillDiesWithItsParent)
{
    struct Win32Life *fixture = self;
    start_parent(fixture, "die", "tree", "release");
    TerminateProcess(fixture->child, 1);
    EXPECT_TRUE(has_ended_soon(fixture->child));
    EXPECT_TRUE(is_alive(fixture->grandchild));
    end_parent(fixture);
    EXPECT_TRUE(has_ended_soon(fixture->grandchild));
}
