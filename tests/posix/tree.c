/* SPDX-License-Identifier: MIT */
/* Groups and sessions: who is in them, what reaches them, and whether anybody is left. */
#include <fcntl.h>
#include <shim.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "../../src/posix/stat_linux.h"
#include "door.h"
#include "parent.h"

static struct door_child child;
static struct door_child other;
static struct door_account account;

static kin_plat_loop *open_loop(const struct policy_path *path)
{
    kin_plat_loop *loop = NULL;

    policy_take(path);
    account = door_take_account();
    ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
    return loop;
}

static void close_loop(kin_plat_loop *loop)
{
    kin_plat_loop_close(loop);
    policy_take(NULL);
    EXPECT_INT_EQ(0, door_check_account(&account));
}

static pid_t id_of(const struct door_child *started)
{
    return (pid_t)kin_plat_process_id(started->process);
}

/* The first launch of a loop is on probation, and the second is not. */
#define LAUNCHES 2

/* ------------------------------------------------------------------------------------------------------------- detached --- */

TEST_CP(Tree, C07_DetachedLeadsASession, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES * 2; i++) {
        door_plan(&child, "read-nothing", NULL);
        child.launch.detached = true;
        child.launch.tree = i % 2 == 1;
        ASSERT_INT_EQ(0, door_start(loop, &child));
        EXPECT_INT_EQ(id_of(&child), getsid(id_of(&child)));
        EXPECT_INT_EQ(id_of(&child), getpgid(id_of(&child)));
        EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, SIGKILL, child.launch.tree));
        EXPECT_TRUE(door_finish(loop, &child));
        EXPECT_INT_EQ(SIGKILL, child.status.signal);
    }
    close_loop(loop);
}

TEST_CP(Tree, C07_DetachedTreeEndsAsAWhole, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, "grandchild-beside", "read-nothing");
        child.launch.detached = true;
        child.launch.tree = true;
        ASSERT_INT_EQ(0, door_start(loop, &child));
        ASSERT_TRUE(door_read_line(loop, &child));
        EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, SIGKILL, true));
        EXPECT_TRUE(door_finish(loop, &child)); /* the grandchild had the pipe, too */
    }
    close_loop(loop);
}

struct terminal_case {
    const struct policy_path *path;
    int master;
    int slave;
};

/* The leader of a session with a terminal. SIGHUP will end it, and then, by the system, all in the foreground's group. */
static int lead_session_with_terminal(const struct parent *parent, const void *argument)
{
    const struct terminal_case *wanted = argument;
    struct parent_word word = { 0 };
    kin_plat_loop *loop = NULL;

    policy_take(wanted->path);
    close(wanted->master); /* it hangs up when the last copy is closed */
    if (setsid() < 0 || ioctl(wanted->slave, TIOCSCTTY, 0) != 0)
        word.code = 99;
    if (word.code == 0 && kin_plat_loop_open(NULL, &loop) != 0)
        word.code = 10;
    door_plan(&child, "read-nothing", NULL);
    child.slots[1].kind = KIN_PLAT_SLOT_NULL;
    child.launch.detached = true;
    door_plan(&other, "read-nothing", NULL);
    parent_mark(parent, &other);
    if (word.code == 0 && (door_start(loop, &child) != 0 || door_start(loop, &other) != 0))
        word.code = 11;
    if (word.code == 0)
        word.numbers[0] = id_of(&child);
    parent_say(parent, &word);
    return parent_stay();
}

static bool open_terminal(struct terminal_case *wanted)
{
    wanted->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (wanted->master < 0 || grantpt(wanted->master) != 0 || unlockpt(wanted->master) != 0)
        return false;
    wanted->slave = open(ptsname(wanted->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    return wanted->slave >= 0;
}

/* The terminal hangs up, its session ends: the child that stayed in it goes, the one with a session of its own does not. */
static int run_with_terminal(const void *argument)
{
    struct terminal_case wanted = { .path = argument };
    struct parent_word word;
    struct parent parent;

    if (!open_terminal(&wanted))
        return 99; /* none to be had here */
    if (parent_start(&parent, lead_session_with_terminal, &wanted) != 0 || parent_hear(&parent, &word) != 0)
        return word.code == 99 ? 99 : 10;
    close(wanted.slave);
    close(wanted.master);
    if (!parent_all_gone(&parent))
        return 11;
    if (getsid((pid_t)word.numbers[0]) != word.numbers[0] || strchr("ZX", door_state_of(word.numbers[0])) != NULL)
        return 12;
    return kill((pid_t)word.numbers[0], SIGKILL) == 0 ? 0 : 13;
}

TEST_CP(Tree, C07_DetachedOutlivesItsTerminal, policy_paths)
{
    const int result = door_in_copy(run_with_terminal, row);

    if (result == 99)
        SKIP_C("no terminals to be had here");
    EXPECT_INT_EQ(0, result);
}

/* ---------------------------------------------------------------------------------------------------- does anybody live? --- */

static bool expect_nobody(kin_plat_process *process)
{
    for (int tries = 0; tries < 2000; tries++) {
        if (kin_plat_process_signal(process, 0, true) == KIN_ALREADY_ENDED)
            return true;
        (void)nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
    }
    return false;
}

TEST_CP(Tree, R11_LivesUntilTheLastHasEnded, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);
    struct kin_plat_event event;

    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, "grandchild", "read-nothing");
        child.launch.tree = true;
        ASSERT_INT_EQ(0, door_start(loop, &child));
        ASSERT_TRUE(door_read_line(loop, &child)); /* the grandchild runs */
        while (child.exits == 0)
            ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_EXIT, &event));
        EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_plat_process_signal(child.process, 0, false));
        EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, 0, true));
        EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, SIGKILL, true));
        EXPECT_TRUE(expect_nobody(child.process));
        EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_plat_process_signal(child.process, SIGKILL, true));
        EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_plat_process_ask(child.process, true));
        EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_plat_process_suspend(child.process, true));
        EXPECT_TRUE(door_finish(loop, &child));
    }
    close_loop(loop);
}

TEST_CP(Tree, R11_LivesWhileTheLeaderLives, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, "read-nothing", NULL);
        child.launch.tree = true;
        ASSERT_INT_EQ(0, door_start(loop, &child));
        EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, 0, true));
        EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, SIGKILL, false));
        EXPECT_TRUE(expect_nobody(child.process)); /* also before the loop has seen it */
        EXPECT_TRUE(door_finish(loop, &child));
    }
    close_loop(loop);
}

TEST_C(Tree, R12_WhoLeftTheGroupIsNotCounted)
{
    kin_plat_loop *loop = open_loop(NULL);
    struct kin_plat_event event;
    pid_t escaped;

    door_plan_script(&child, "setsid sh -c 'echo $$; exec sleep 300' & exit 0");
    child.launch.tree = true;
    ASSERT_INT_EQ(0, door_start(loop, &child));
    ASSERT_TRUE(door_read_line(loop, &child));
    escaped = (pid_t)strtol(child.text, NULL, 10);
    ASSERT_INT_GT(escaped, 1);
    while (child.exits == 0)
        ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_EXIT, &event));
    EXPECT_TRUE(expect_nobody(child.process));
    EXPECT_INT_EQ(0, kill(escaped, SIGKILL));
    EXPECT_TRUE(door_finish(loop, &child));
    close_loop(loop);
}

/* The first thread of a process ends before the others: it looks like a zombie, and is none. */
struct stat_case {
    const char *name;
    const char *text;
    bool valid;
    pid_t group;
    bool ended;
    bool executes_nothing;
};

#define REST " 0 0 0 0 0 0 20 0 "

static const struct stat_case stat_cases[] = {
    { "runs", "12 (name) R 1 34 34 0 -1 4194304 1 2" REST "1 0 5", true, 34, false, false },
    { "sleeps", "12 (name) S 1 34 34 0 -1 4194304 1 2" REST "7 0 5", true, 34, false, false },
    { "zombie", "12 (name) Z 1 34 34 0 -1 4194304 1 2" REST "1 0 5", true, 34, true, false },
    { "reaped", "12 (name) X 1 34 34 0 -1 4194304 1 2" REST "0 0 5", true, 34, true, false },
    { "first_thread_ended", "12 (name) Z 1 34 34 0 -1 4194304 1 2" REST "3 0 5", true, 34, false, false },
    { "copy", "12 (name) R 1 34 34 0 -1 4194368 1 2" REST "1 0 5", true, 34, false, true },
    { "odd_name", "12 (a) Z 1 99 (b c)) R 1 34 34 0 -1 4194304 1 2" REST "1 0 5", true, 34, false, false },
    { "empty_name", "12 () R 1 34 34 0 -1 4194304 1 2" REST "1 0 5", true, 34, false, false },
    { "empty", "", false, 0, false, false },
    { "no_name", "12 R 1 34", false, 0, false, false },
    { "name_only", "12 (name)", false, 0, false, false },
    { "cut", "12 (name) R 1 34 34 0", false, 0, false, false },
};

TEST_CP(Stat, IsReadWhateverTheName, stat_cases)
{
    struct kin_posix_stat stat = { 0 };

    ASSERT_INT_EQ(row->valid, kin_posix_stat_parse(row->text, &stat));
    EXPECT_INT_EQ(row->group, stat.group);
    EXPECT_INT_EQ(row->ended, stat.ended);
    EXPECT_INT_EQ(row->executes_nothing, stat.executes_nothing);
}

TEST_C(Stat, OfThisProcess)
{
    struct kin_posix_stat stat;

    ASSERT_TRUE(kin_posix_stat_read(getpid(), &stat));
    EXPECT_INT_EQ(getpgrp(), stat.group);
    EXPECT_FALSE(stat.ended);
}

/* ------------------------------------------------------------------------------------------------------------ suspended --- */

TEST_CP(Tree, SuspendsTheChildAlone, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, "read-nothing", NULL);
        ASSERT_INT_EQ(0, door_start(loop, &child));
        EXPECT_INT_EQ(0, kin_plat_process_suspend(child.process, false));
        EXPECT_TRUE(door_expect_state(id_of(&child), 'T'));
        EXPECT_INT_EQ(0, kin_plat_process_suspend(child.process, false));
        EXPECT_INT_EQ(0, kin_plat_process_resume(child.process, false));
        EXPECT_TRUE(door_expect_state(id_of(&child), 'S'));
        EXPECT_INT_EQ(0, kin_plat_process_resume(child.process, false));
        EXPECT_INT_EQ(0, kin_plat_process_suspend(child.process, false));
        EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, SIGKILL, false)); /* works on a stopped one */
        EXPECT_TRUE(door_finish(loop, &child));
        EXPECT_INT_EQ(SIGKILL, child.status.signal);
    }
    close_loop(loop);
}

TEST_CP(Tree, SuspendsTheTree, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        pid_t grandchild;

        door_plan_script(&child, "sleep 300 & echo $!; wait");
        child.launch.tree = true;
        ASSERT_INT_EQ(0, door_start(loop, &child));
        ASSERT_TRUE(door_read_line(loop, &child));
        grandchild = (pid_t)strtol(child.text, NULL, 10);
        EXPECT_INT_EQ(0, kin_plat_process_suspend(child.process, true));
        EXPECT_TRUE(door_expect_state(id_of(&child), 'T'));
        EXPECT_TRUE(door_expect_state(grandchild, 'T'));
        EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, 0, true));
        EXPECT_INT_EQ(0, kin_plat_process_resume(child.process, true));
        EXPECT_TRUE(door_expect_state(id_of(&child), 'S'));
        EXPECT_TRUE(door_expect_state(grandchild, 'S'));
        EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, SIGKILL, true));
        EXPECT_TRUE(door_finish(loop, &child));
    }
    close_loop(loop);
}
