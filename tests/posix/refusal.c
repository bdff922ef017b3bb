/* SPDX-License-Identifier: MIT */
/*
 * Linux: system calls that a sandbox refuses, each with ENOSYS as an old kernel would, and with EPERM as some container
 * managers do (edge cases R04, R05; step V8). A start works all the same, by another way.
 */
#include <errno.h>
#include <shim.h>
#include <string.h>

#include "../../src/posix/sanitizer.h"
#include "door.h"
#include "parent.h"
#include "seccomp.h"

static const struct refusal refusals[] = {
    { "clone3_enosys", ENOSYS, { CLONE3 } },
    { "clone3_eperm", EPERM, { CLONE3 } },
    { "pidfd_open_enosys", ENOSYS, { PIDFD_OPEN } },
    { "pidfd_open_eperm", EPERM, { PIDFD_OPEN } },
    { "send_signal_enosys", ENOSYS, { SEND_SIGNAL } },
    { "send_signal_eperm", EPERM, { SEND_SIGNAL } },
    { "close_range_enosys", ENOSYS, { CLOSE_RANGE } },
    { "close_range_eperm", EPERM, { CLOSE_RANGE } },
    { "wait_by_pidfd_einval", EINVAL, { WAIT_BY_PIDFD } },
    { "wait_by_pidfd_enosys", ENOSYS, { WAIT_BY_PIDFD } },
    { "wait_by_pidfd_eperm", EPERM, { WAIT_BY_PIDFD } },
    { "death_signal_enosys", ENOSYS, { DEATH_SIGNAL } },
    { "death_signal_eperm", EPERM, { DEATH_SIGNAL } },
    { "all_enosys", ENOSYS, { CLONE3, PIDFD_OPEN, SEND_SIGNAL, CLOSE_RANGE, WAIT_BY_PIDFD, DEATH_SIGNAL } },
    { "all_eperm", EPERM, { CLONE3, PIDFD_OPEN, SEND_SIGNAL, CLOSE_RANGE, WAIT_BY_PIDFD, DEATH_SIGNAL } },
};

static int run_refused(const void *argument)
{
    static struct door_child child;
    struct door_account account;
    kin_plat_loop *loop = NULL;

    if (!seccomp_refuse(argument))
        return 99; /* no seccomp here */
    account = door_take_account();
    if (kin_plat_loop_open(NULL, &loop) != 0)
        return 10;
    for (int round = 0; round < 3; round++) {
        if (door_run(loop, &child, "exit", "42") != 0 || child.status.kind != KIN_EXIT_CODE || child.status.code != 42)
            return 11;
        if (door_run(loop, &child, "open-slots", NULL) != 0 || strcmp(child.text, "0 1 2") != 0)
            return 12;
        door_plan(&child, NULL, NULL);
        child.launch.file = "/no/such/program";
        if (door_start(loop, &child) != KIN_ENOENT || child.failure.stage != KIN_STAGE_EXEC)
            return 13;
        door_plan(&child, "read-nothing", NULL);
        child.launch.tree = round % 2 == 0;
        if (door_start(loop, &child) != 0)
            return 14;
        if (kin_plat_process_signal(child.process, 9, false) != 0 || !door_finish(loop, &child) || child.status.signal != 9)
            return 15;
        door_plan(&child, "exit", "43");
        child.launch.tree = round % 2 == 0;
        child.launch.die_with_parent = true;
        if (door_start(loop, &child) != 0 || !door_finish(loop, &child) || child.status.code != 43)
            return 16;
    }
    kin_plat_loop_close(loop);
    return door_check_account(&account);
}

TEST_CP(Refusal, R04_R05_AnotherWayIsFound, refusals)
{
    int result;

    if (KIN_POSIX_THREAD_SANITIZER && strcmp(row->name, "all_eperm") == 0)
        SKIP_C("glibc makes no threads when clone3() says EPERM, and there is no other way left under this sanitizer");
    result = door_in_copy(run_refused, row);
    if (result == 99)
        SKIP_C("no seccomp filters here");
    EXPECT_INT_EQ(0, result);
}

/* The parent is killed in such a sandbox: what cannot be had of the system, the watcher does. */
static int be_refused_parent(const struct parent *parent, const void *argument)
{
    static struct door_child children[2];
    struct parent_word word = { 0 };
    kin_plat_loop *loop = NULL;

    if (!seccomp_refuse(argument))
        word.code = 99;
    if (word.code == 0 && kin_plat_loop_open(NULL, &loop) != 0)
        word.code = 10;
    for (int tree = 0; tree < 2 && word.code == 0; tree++) {
        struct door_child *child = &children[tree];

        door_plan(child, tree ? "grandchild-beside" : "read-nothing", tree ? "read-nothing" : NULL);
        parent_mark(parent, child);
        child->launch.tree = tree != 0;
        child->launch.die_with_parent = true;
        if (door_start(loop, child) != 0 || !door_read_lines(loop, child, 1 + tree))
            word.code = 11;
    }
    parent_say(parent, &word);
    return parent_stay();
}

TEST_CP(Refusal, R04_R23_DiesWithItsParentAllTheSame, refusals)
{
    struct parent_word word = { 0 };
    struct parent parent;
    int code;

    if (KIN_POSIX_THREAD_SANITIZER && strcmp(row->name, "all_eperm") == 0)
        SKIP_C("as above");
    ASSERT_INT_EQ(0, parent_start(&parent, be_refused_parent, row));
    code = parent_hear(&parent, &word);
    parent_kill(&parent);
    EXPECT_TRUE(parent_all_gone(&parent));
    if (code == 99)
        SKIP_C("no seccomp filters here");
    EXPECT_INT_EQ(0, code);
}
