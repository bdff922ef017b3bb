/* SPDX-License-Identifier: MIT */
/*
 * Suspending and resuming. Whether a thread is suspended, and how often, is told by the calls that change it.
 */
#include "door.h"

#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

#include "../../src/win32/process.h"

struct Win32Suspend {
    kin_plat_loop *loop;
    struct door_child child;
};

static void *Win32Suspend_setup(void)
{
    struct Win32Suspend *fixture = calloc(1, sizeof *fixture);
    ASSERT_NOT_NULL(fixture);
    fixture->loop = door_open();
    return fixture;
}

static void Win32Suspend_teardown(void *self)
{
    struct Win32Suspend *fixture = self;
    door_close_child(&fixture->child);
    kin_plat_loop_close(fixture->loop);
    free(fixture);
}

/* Starts it, and returns what it says first. */
static const char *start(struct Win32Suspend *fixture, const char *verb, const char *argument, bool tree)
{
    struct door_child *child = &fixture->child;
    door_plan(child, verb, argument);
    child->launch.tree = tree;
    child->slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    child->slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    ASSERT_INT_EQ(0, door_start(fixture->loop, child));
    return door_hear(fixture->loop, child);
}

/* Writes that came to an end and hangups of slot 0 may come in between. */
static kin_status wait_for_exit(struct Win32Suspend *fixture)
{
    struct kin_plat_event event;
    do {
        door_wait(fixture->loop, &event, 1);
    } while (event.kind != KIN_PLAT_EXIT);
    EXPECT_TRUE(event.owner == &fixture->child);
    return event.status;
}

static kin_status end(struct Win32Suspend *fixture, bool tree)
{
    EXPECT_INT_EQ(0, kin_plat_process_signal(fixture->child.process, KIN_SIGNAL_KILL, tree));
    kin_status status = wait_for_exit(fixture);
    EXPECT_INT_EQ(KIN_EXIT_SIGNAL, status.kind);
    EXPECT_INT_EQ(KIN_SIGNAL_KILL, status.signal);
    return status;
}

/* ------------------------------------------------------------------------------------------------------ counting --- */

struct counts {
    size_t threads;
    DWORD least;
    DWORD most;
};

/* One that ends meanwhile is not counted. */
static void count_thread(struct counts *counts, DWORD id)
{
    HANDLE thread = OpenThread(THREAD_SUSPEND_RESUME, FALSE, id);
    if (thread == NULL)
        return;
    DWORD count = SuspendThread(thread);
    if (count != (DWORD)-1) {
        ResumeThread(thread);
        counts->threads++;
        counts->least = count < counts->least ? count : counts->least;
        counts->most = count > counts->most ? count : counts->most;
    }
    CloseHandle(thread);
}

static struct counts count_suspensions(DWORD process_id)
{
    struct counts counts = { .least = 1000 };
    THREADENTRY32 thread = { .dwSize = sizeof thread };
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    ASSERT_TRUE(snapshot != INVALID_HANDLE_VALUE);
    for (BOOL more = Thread32First(snapshot, &thread); more; more = Thread32Next(snapshot, &thread)) {
        if (thread.th32OwnerProcessID == process_id)
            count_thread(&counts, thread.th32ThreadID);
    }
    CloseHandle(snapshot);
    return counts;
}

static void expect_count(DWORD process_id, DWORD expected)
{
    struct counts counts = count_suspensions(process_id);
    EXPECT_SIZE_EQ(expected, counts.least);
    EXPECT_SIZE_EQ(expected, counts.most);
}

static DWORD id_of(const struct Win32Suspend *fixture)
{
    return (DWORD)kin_plat_process_id(fixture->child.process);
}

static int suspend(struct Win32Suspend *fixture, bool tree)
{
    return kin_plat_process_suspend(fixture->child.process, tree);
}

static int resume(struct Win32Suspend *fixture, bool tree)
{
    return kin_plat_process_resume(fixture->child.process, tree);
}

/* --------------------------------------------------------------------------------------------------- one process --- */

TEST_CF(Win32Suspend, EveryThreadOnceHoweverOftenItIsCalled)
{
    struct Win32Suspend *fixture = self;
    EXPECT_STR_EQ("ready", start(fixture, "threads", "20", false));
    EXPECT_INT_EQ(0, resume(fixture, false));
    expect_count(id_of(fixture), 0);
    for (int round = 0; round < 3; round++) {
        EXPECT_INT_EQ(0, suspend(fixture, false));
        EXPECT_INT_EQ(0, suspend(fixture, false));
        EXPECT_TRUE(count_suspensions(id_of(fixture)).threads >= 20);
        expect_count(id_of(fixture), 1);
        EXPECT_INT_EQ(0, resume(fixture, false));
        expect_count(id_of(fixture), 0);
        EXPECT_INT_EQ(0, resume(fixture, false));
        expect_count(id_of(fixture), 0);
    }
    end(fixture, false);
}

TEST_CF(Win32Suspend, AnswersOnlyWhenResumed)
{
    struct Win32Suspend *fixture = self;
    struct door_child *child = &fixture->child;
    EXPECT_STR_EQ("ready", start(fixture, "echo", NULL, false));
    EXPECT_INT_EQ(0, suspend(fixture, false));
    ASSERT_INT_EQ(0, kin_plat_pipe_write(child->slots[0].pipe, "hello", 5));
    door_expect(fixture->loop, KIN_PLAT_WRITE, &child->slots[0]);
    door_expect_silence(fixture->loop);
    EXPECT_INT_EQ(0, resume(fixture, false));
    EXPECT_STR_EQ("hello", door_hear(fixture->loop, child));
    end(fixture, false);
}

/* A thread that is started while we look for threads. */
TEST_CF(Win32Suspend, ThreadsThatStartThreads)
{
    struct Win32Suspend *fixture = self;
    EXPECT_STR_EQ("ready", start(fixture, "restless", NULL, false));
    for (int round = 0; round < 10; round++) {
        EXPECT_INT_EQ(0, suspend(fixture, false));
        struct counts first = count_suspensions(id_of(fixture));
        struct counts second = count_suspensions(id_of(fixture));
        EXPECT_SIZE_EQ(1, first.least);
        EXPECT_SIZE_EQ(first.threads, second.threads);
        EXPECT_INT_EQ(0, resume(fixture, false));
    }
    end(fixture, false);
}

/* A debugger's for example; they stay theirs. */
TEST_CF(Win32Suspend, SuspensionsOfOthersStay)
{
    struct Win32Suspend *fixture = self;
    EXPECT_STR_EQ("ready", start(fixture, "threads", "1", false));
    HANDLE thread = NULL;
    THREADENTRY32 entry = { .dwSize = sizeof entry };
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    for (BOOL more = Thread32First(snapshot, &entry); more && thread == NULL; more = Thread32Next(snapshot, &entry)) {
        if (entry.th32OwnerProcessID == id_of(fixture))
            thread = OpenThread(THREAD_SUSPEND_RESUME, FALSE, entry.th32ThreadID);
    }
    CloseHandle(snapshot);
    ASSERT_NOT_NULL(thread);

    EXPECT_SIZE_EQ(0, SuspendThread(thread));
    EXPECT_INT_EQ(0, suspend(fixture, false));
    EXPECT_SIZE_EQ(2, count_suspensions(id_of(fixture)).most);
    EXPECT_INT_EQ(0, resume(fixture, false));
    EXPECT_SIZE_EQ(1, count_suspensions(id_of(fixture)).most);
    EXPECT_SIZE_EQ(1, ResumeThread(thread));
    CloseHandle(thread);
    end(fixture, false);
}

TEST_CF(Win32Suspend, EndedIsAlreadyEnded)
{
    struct Win32Suspend *fixture = self;
    for (int tree = 0; tree < 2; tree++) {
        EXPECT_STR_EQ("ready", start(fixture, "threads", "3", tree != 0));
        EXPECT_INT_EQ(0, suspend(fixture, tree != 0));
        end(fixture, tree != 0);
        EXPECT_INT_EQ(KIN_ALREADY_ENDED, suspend(fixture, tree != 0));
        EXPECT_INT_EQ(KIN_ALREADY_ENDED, resume(fixture, tree != 0));
        door_close_child(&fixture->child);
    }
}

/* Letting go changes nothing, as on POSIX. */
TEST_CF(Win32Suspend, StaysSuspendedWhenItIsLetGo)
{
    struct Win32Suspend *fixture = self;
    EXPECT_STR_EQ("ready", start(fixture, "threads", "3", false));
    DWORD id = id_of(fixture);
    EXPECT_INT_EQ(0, suspend(fixture, false));
    door_close_child(&fixture->child);
    expect_count(id, 1);
    door_end_process(id);
    EXPECT_TRUE(door_ends_soon(id));
}

/* --------------------------------------------------------------------------------------------------------- trees --- */

TEST_CF(Win32Suspend, TreeWithItsGrandchild)
{
    struct Win32Suspend *fixture = self;
    DWORD grandchild = (DWORD)strtoul(start(fixture, "family", "30000", true), NULL, 10);
    ASSERT_TRUE(door_lives(grandchild));
    EXPECT_INT_EQ(0, suspend(fixture, true));
    EXPECT_INT_EQ(0, suspend(fixture, true));
    expect_count(id_of(fixture), 1);
    expect_count(grandchild, 1);
    EXPECT_INT_EQ(0, resume(fixture, true));
    EXPECT_INT_EQ(0, resume(fixture, true));
    expect_count(id_of(fixture), 0);
    expect_count(grandchild, 0);

    EXPECT_INT_EQ(0, suspend(fixture, true));
    end(fixture, true);
    EXPECT_TRUE(door_ends_soon(grandchild));
}

TEST_CF(Win32Suspend, OnlyTheChildOfATree)
{
    struct Win32Suspend *fixture = self;
    DWORD grandchild = (DWORD)strtoul(start(fixture, "family", "30000", true), NULL, 10);
    EXPECT_INT_EQ(0, suspend(fixture, false));
    expect_count(id_of(fixture), 1);
    expect_count(grandchild, 0);
    end(fixture, true);
    EXPECT_TRUE(door_ends_soon(grandchild));
}

TEST_CF(Win32Suspend, TreeWhoseRootHasEnded)
{
    struct Win32Suspend *fixture = self;
    DWORD grandchild = (DWORD)strtoul(start(fixture, "family", "30000", true), NULL, 10);
    end(fixture, false);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, suspend(fixture, false));
    EXPECT_INT_EQ(0, suspend(fixture, true));
    expect_count(grandchild, 1);
    EXPECT_INT_EQ(0, resume(fixture, true));
    expect_count(grandchild, 0);
    EXPECT_INT_EQ(0, kin_plat_process_signal(fixture->child.process, KIN_SIGNAL_KILL, true));
    EXPECT_TRUE(door_ends_soon(grandchild));
}

/* More than the first list of a job has room for. */
TEST_CF(Win32Suspend, TreeOfMany)
{
    struct Win32Suspend *fixture = self;
    struct door_child *child = &fixture->child;
    JOBOBJECT_BASIC_PROCESS_ID_LIST *members = NULL;
    door_plan(child, "family", "30000");
    child->argv[3] = "20";
    child->launch.tree = true;
    child->slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    ASSERT_INT_EQ(0, door_start(fixture->loop, child));
    door_hear(fixture->loop, child);

    ASSERT_INT_EQ(0, kin_win32_process_members(child->process, true, &members));
    EXPECT_SIZE_EQ(21, members->NumberOfProcessIdsInList);
    EXPECT_INT_EQ(0, suspend(fixture, true));
    for (DWORD i = 0; i < members->NumberOfProcessIdsInList; i++)
        expect_count((DWORD)members->ProcessIdList[i], 1);
    EXPECT_INT_EQ(0, resume(fixture, true));
    for (DWORD i = 0; i < members->NumberOfProcessIdsInList; i++)
        expect_count((DWORD)members->ProcessIdList[i], 0);
    end(fixture, true);
    for (DWORD i = 0; i < members->NumberOfProcessIdsInList; i++)
        EXPECT_TRUE(door_ends_soon((DWORD)members->ProcessIdList[i]));
    free(members);
}
