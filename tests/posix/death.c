/* SPDX-License-Identifier: MIT */
/* A child that dies with its parent, and all that could go wrong with it. Parents here are processes of their own: parent.h. */
#include <errno.h>
#include <sched.h>
#include <shim.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/posix/child.h"
#include "../../src/posix/policy.h"
#include "door.h"
#include "parent.h"

static struct door_child child;
static struct door_child other;

static pid_t id_of(const struct door_child *started)
{
    return (pid_t)kin_plat_process_id(started->process);
}

/* ------------------------------------------------------------------------------------------------- the parent is killed --- */

enum what { ALONE, TREE, LEADER_GONE, SUSPENDED, RELEASED, RELEASED_TREE, OTHER_USER, UNBOUND };

struct plan {
    const struct policy_path *path;
    bool by_watcher;
    enum what what;
};

static bool has_tree(enum what what)
{
    return what == TREE || what == LEADER_GONE || what == SUSPENDED || what == RELEASED_TREE;
}

static int start_bound(const struct parent *parent, kin_plat_loop *loop, enum what what, struct door_child *made)
{
    static const kin_credentials nobody = { .uid = 65534, .gid = 65534 };
    const char *verb = what == LEADER_GONE ? "grandchild" : has_tree(what) ? "grandchild-beside" : "read-nothing";
    struct kin_plat_event event;

    door_plan(made, verb, has_tree(what) ? "read-nothing" : NULL);
    if (what == OTHER_USER) { /* who may not enter the directory of the test child */
        door_plan_script(made, "echo ready; exec sleep 300");
        made->launch.credentials = &nobody;
    }
    parent_mark(parent, made);
    made->launch.tree = has_tree(what);
    made->launch.die_with_parent = what != UNBOUND;
    if (door_start(loop, made) != 0)
        return 20;
    if (!door_read_lines(loop, made, has_tree(what) && what != LEADER_GONE ? 2 : 1))
        return 21;
    while (what == LEADER_GONE && made->exits == 0) {
        if (!door_expect(loop, made, KIN_PLAT_EXIT, &event))
            return 22;
    }
    if (what == SUSPENDED && kin_plat_process_suspend(made->process, true) != 0)
        return 23;
    if (what == RELEASED || what == RELEASED_TREE)
        kin_plat_process_close(made->process);
    return 0;
}

/* Two: the first launch of a loop is on probation, and the second is not. */
static int be_parent(const struct parent *parent, const void *argument)
{
    const struct plan *plan = argument;
    struct parent_word word = { 0 };
    kin_plat_loop *loop = NULL;

    policy_take_and_deny(plan->path, plan->by_watcher ? KIN_POSIX_DENY_DEATH_SIGNAL : 0);
    if (kin_plat_loop_open(NULL, &loop) != 0)
        return 10;
    word.code = start_bound(parent, loop, plan->what, &child);
    if (word.code == 0)
        word.code = start_bound(parent, loop, plan->what, &other);
    if (word.code == 0 && plan->what == UNBOUND) {
        word.numbers[0] = id_of(&child);
        word.numbers[1] = id_of(&other);
    }
    if (plan->what == RELEASED_TREE) {
        door_close_pipes(&child);
        door_close_pipes(&other);
        kin_plat_loop_close(loop);
    }
    parent_say(parent, &word);
    return parent_stay();
}

static void run_plan(const struct policy_path *path, enum what what)
{
    for (int by_watcher = 0; by_watcher < 2; by_watcher++) {
        const struct plan plan = { path, by_watcher != 0, what };
        struct parent_word word = { 0 };
        struct parent parent;

        TRACE_C(by_watcher ? "by the watcher" : "by the signal");
        ASSERT_INT_EQ(0, parent_start(&parent, be_parent, &plan));
        EXPECT_INT_EQ(0, parent_hear(&parent, &word));
        EXPECT_TRUE(parent_any_lives(&parent));
        parent_kill(&parent);
        EXPECT_TRUE(parent_all_gone(&parent));
        TRACE_END_C();
    }
}

TEST_CP(Death, R23_OfAChild, policy_paths)
{
    run_plan(row, ALONE);
}

TEST_CP(Death, R23_OfATree, policy_paths)
{
    run_plan(row, TREE);
}

TEST_CP(Death, R23_OfATreeWhoseLeaderHasEnded, policy_paths)
{
    run_plan(row, LEADER_GONE);
}

TEST_CP(Death, R23_OfASuspendedTree, policy_paths)
{
    run_plan(row, SUSPENDED);
}

TEST_CP(Death, R20_R23_OfAReleasedChild, policy_paths)
{
    run_plan(row, RELEASED);
}

TEST_CP(Death, R20_R23_OfAReleasedTreeWithoutLoop, policy_paths)
{
    run_plan(row, RELEASED_TREE);
}

/* A change of credentials clears the signal; it is asked for afterwards. */
TEST_CP(Death, R23_OfAChildOfAnotherUser, policy_paths)
{
    if (geteuid() != 0)
        SKIP_C("needs root");
    run_plan(row, OTHER_USER);
}

/* So that the tests above prove something: this one lives on. */
TEST_C(Death, R23_NotUnlessAsked)
{
    const struct plan plan = { &policy_paths[0], false, UNBOUND };
    struct parent_word word = { 0 };
    struct parent parent;

    ASSERT_INT_EQ(0, parent_start(&parent, be_parent, &plan));
    ASSERT_INT_EQ(0, parent_hear(&parent, &word));
    parent_kill(&parent);
    EXPECT_TRUE(parent_any_lives(&parent));
    EXPECT_INT_EQ('S', door_state_of(word.numbers[0]));
    EXPECT_INT_EQ(0, kill((pid_t)word.numbers[0], SIGKILL));
    EXPECT_INT_EQ(0, kill((pid_t)word.numbers[1], SIGKILL));
    EXPECT_TRUE(parent_all_gone(&parent));
}

/* --------------------------------------------------------------------------------------- the parent had died before that --- */

/* Looks into the record that a child writes which is run by hand. */
static struct kin_posix_record run_by_hand(pid_t expected_parent, int status, int lifeline)
{
    static const char *const candidates[] = { "/bin/true", NULL };
    static const char *const argv[] = { "true", NULL };
    static const int sources[] = { 0, 1, 2 };
    static int scratch[3];
    static struct kin_posix_record record;
    const struct kin_posix_child made = { .candidates = candidates,
                                          .candidate_count = 1,
                                          .argv = argv,
                                          .environment = argv + 1,
                                          .sources = sources,
                                          .scratch = scratch,
                                          .slot_count = 3,
                                          .parent = expected_parent,
                                          .status = status,
                                          .record = &record };
    char unused;

    if (lifeline >= 0)
        (void)!read(lifeline, &unused, 1);
    kin_posix_child_run(&made);
    return record;
}

/* Its father has ended before it does its first step, as if he had been killed just after the clone. */
static int leave_child_alone(const struct parent *parent, const void *argument)
{
    const pid_t father = getpid();
    int lifeline[2];

    (void)argument;
    if (pipe(lifeline) != 0)
        return 10;
    if (fork() == 0) {
        close(lifeline[1]);
        (void)run_by_hand(father, parent->say, lifeline[0]);
    }
    return 0;
}

TEST_C(Death, R23_ParentThatDiedMeanwhile)
{
    struct kin_posix_record record = { 0 };
    struct parent parent;

    ASSERT_INT_EQ(0, parent_start(&parent, leave_child_alone, NULL));
    EXPECT_INT_EQ(0, parent_wait(&parent));
    EXPECT_INT_EQ(sizeof record, read(parent.said, &record, sizeof record));
    EXPECT_INT_EQ(KIN_STAGE_LAUNCH, record.stage);
    EXPECT_INT_EQ(ESRCH, record.os_error);
    EXPECT_TRUE(parent_all_gone(&parent));
}

static int stay_with_child(const struct parent *parent, const void *argument)
{
    const pid_t father = getpid();
    const pid_t id = fork();
    int code = -1;

    (void)argument;
    if (id == 0)
        (void)run_by_hand(father, parent->say, -1);
    return waitpid(id, &code, 0) == id ? WEXITSTATUS(code) : 10;
}

TEST_C(Death, R23_ParentThatLives)
{
    struct kin_posix_record record = { 0 };
    struct parent parent;

    ASSERT_INT_EQ(0, parent_start(&parent, stay_with_child, NULL));
    EXPECT_INT_EQ(0, parent_wait(&parent));
    EXPECT_INT_EQ(0, read(parent.said, &record, sizeof record));
    EXPECT_TRUE(parent_all_gone(&parent));
}

/* There is no telling of ids to anybody in another namespace, and no thread to be had (clone(2): EINVAL). */
static int start_in_namespace(const void *argument)
{
    kin_plat_loop *loop = NULL;

    policy_take(argument);
    if (unshare(CLONE_NEWPID) != 0)
        return 99;
    if (kin_plat_loop_open(NULL, &loop) != 0)
        return 10;
    door_plan(&child, "exit", "42");
    child.launch.die_with_parent = true;
    if (door_start(loop, &child) != KIN_ENOTSUP || child.failure.stage != KIN_STAGE_TREE)
        return 11;
    kin_plat_loop_close(loop);
    return 0;
}

TEST_CP(Death, R23_NotIntoAnotherNamespace, policy_paths)
{
    const int result = door_in_copy(start_in_namespace, row);

    if (result == 99)
        SKIP_C("no namespaces to be had here");
    EXPECT_INT_EQ(0, result);
}
