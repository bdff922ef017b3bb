/* SPDX-License-Identifier: MIT */
/* Descendants that have no pipe of ours, and a tree that is suspended. */
#include "support/support.h"

/* Nothing tells of the grandchild but its life: it holds only its input, and ends when that ends. */
#define QUIET_GRANDCHILD CHILD("grandchild-without", "12", "exit-after-input", "0")

/* Something that takes its time and has nothing to do with the victim; what should not happen had its chance. */
static void let_another_child_live(kin_loop *loop)
{
    struct recorder other = { 0 };

    ASSERT_INT_EQ(0, kin_spawn(loop,
                               SPAWN_OPTIONS(.argv = CHILD("say", "1", "something"), .out = { RECORDED_OUT }, RECORDED(&other)),
                               NULL));
    run_until(loop, has_closed, &other);
    EXPECT_STR_EQ("something", text_in(&other.out));
    recorder_free(&other);
}

static bool has_exited_and_ended(void *recorder)
{
    return has_exited(recorder) && ((const struct recorder *)recorder)->ends > 0;
}

/* --------------------------------------------------------------------------------------------------------- waiting for it --- */

TEST_C(Tree, close_waits_until_nobody_lives)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = QUIET_GRANDCHILD, .tree = true, .wait_tree = true));
    run_until(victim.loop, has_exited_and_ended, &victim.recorder);
    let_another_child_live(victim.loop);
    EXPECT_INT_EQ(0, victim.recorder.closes);
    EXPECT_INT_EQ(0, kin_kill_tree(victim.child, KIN_SIGNAL_NONE));
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill(victim.child, KIN_SIGNAL_NONE));
    victim_end_input(&victim);
    victim_run(&victim);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    EXPECT_FALSE(victim.recorder.close_status.output_incomplete);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill_tree(victim.child, KIN_SIGNAL_NONE));
    victim_free(&victim);
}

TEST_C(Tree, close_does_not_wait_for_it_unless_asked)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = QUIET_GRANDCHILD, .tree = true));
    victim_run(&victim);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    EXPECT_FALSE(victim.recorder.close_status.output_incomplete);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill_tree(victim.child, KIN_SIGNAL_NONE)); /* nothing is known of it any more */
    victim_free(&victim);
}

TEST_C(Tree, R11_that_is_waited_for_can_be_killed)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = QUIET_GRANDCHILD, .tree = true, .wait_tree = true));
    run_until(victim.loop, has_exited_and_ended, &victim.recorder);
    EXPECT_INT_EQ(0, kin_kill_tree(victim.child, KIN_SIGNAL_KILL));
    victim_run(&victim);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    victim_free(&victim);
}

TEST_C(Tree, T03_a_limit_ends_what_is_waited_for)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = QUIET_GRANDCHILD, .tree = true, .wait_tree = true,
                                        .timeout_ms = SCALED(100, 1500), .grace_ms = KIN_AT_ONCE));
    victim_run(&victim);
    EXPECT_INT_EQ(KIN_CAUSE_TIMEOUT, victim.recorder.close_status.cause);
    victim_free(&victim);
}

TEST_C(Tree, a_run_may_wait_for_it)
{
    const char *path = scratch("written");
    kin_result result = { 0 };
    char text[8] = "";

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.wait_tree = true), "grandchild-without", "12", "write-file-after-input",
                               path, "late"));
    EXPECT_EXITED(0, &result.status);
    EXPECT_INT_EQ(4, host_read_file(path, text, sizeof text));
    EXPECT_STR_EQ("late", text);
    kin_result_free(&result);
}

TEST_C(Tree, signal_0_asks_whether_any_of_it_lives)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("grandchild", "wait"), .tree = true));
    victim_run_until(&victim, "ready");
    run_until(victim.loop, has_exited, &victim.recorder);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill(victim.child, KIN_SIGNAL_NONE));
    EXPECT_INT_EQ(0, kin_kill_tree(victim.child, KIN_SIGNAL_NONE));
    victim_end_input(&victim);
    victim_run(&victim);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill_tree(victim.child, KIN_SIGNAL_NONE));
    victim_free(&victim);
}

/* With a tree it closes only after it: its input is ours until then. */
static kin_child *start_blocking(const char *const *argv, bool tree)
{
    kin_child *child = NULL;

    ASSERT_INT_EQ(0, kin_spawn(NULL,
                               SPAWN_OPTIONS(.argv = argv, .in = { .kind = KIN_STDIO_PIPE },
                                             .out = { .kind = KIN_STDIO_IGNORE }, .tree = tree, .wait_tree = tree),
                               &child));
    return child;
}

TEST_C(Tree, can_be_waited_for_by_a_call)
{
    kin_child *child = start_blocking(QUIET_GRANDCHILD, true);

    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_wait_tree(child, 0));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_wait_tree(child, 20));
    EXPECT_INT_EQ(0, kin_child_close(child, 0));
    EXPECT_INT_EQ(0, kin_child_wait_tree(child, KIN_FOREVER));
    EXPECT_INT_EQ(0, kin_child_wait_tree(child, 0));
    kin_child_release(child);
}

TEST_C(Tree, R11_is_gone_after_a_kill)
{
    kin_child *child = start_blocking(CHILD("grandchild-beside", "read-nothing"), true);

    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_wait_tree(child, 0));
    EXPECT_INT_EQ(0, kin_kill_tree(child, KIN_SIGNAL_KILL));
    EXPECT_INT_EQ(0, kin_child_wait_tree(child, KIN_FOREVER));
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill_tree(child, KIN_SIGNAL_NONE));
    kin_child_release(child);
}

TEST_C(Tree, waiting_for_it_needs_one)
{
    kin_child *child = start_blocking(CHILD("exit-after-input", "0"), false);

    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait_tree(child, 0));
    EXPECT_INT_EQ(0, kin_child_close(child, 0));
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    kin_child_release(child);
}

/* ------------------------------------------------------------------------------------------------------------ suspended --- */

static void write_line(struct victim *victim, const char *text)
{
    EXPECT_INT_GE(kin_stream_write(kin_child_stream(victim->child, 0), text, strlen(text), NULL, NULL), 0);
}

static const struct {
    const char *name;
    bool tree;
    const char *verbs[3];
} echo_rows[] = { { "alone", false, { "cat" } },
                  { "tree_of_one", true, { "cat" } },
                  { "tree", true, { "grandchild-beside", "cat" } } };

TEST_CP(Suspend, R15_a_suspended_child_does_nothing_until_it_is_resumed, echo_rows)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD(row->verbs[0], row->verbs[1]), .tree = row->tree));
    write_line(&victim, "first\n");
    victim_run_until(&victim, "first\n");
    EXPECT_INT_EQ(0, kin_suspend(victim.child));
    EXPECT_INT_EQ(0, kin_suspend(victim.child));
    write_line(&victim, "second\n");
    let_another_child_live(victim.loop);
    EXPECT_TRUE(strstr(text_in(&victim.recorder.out), "second") == NULL);
    EXPECT_INT_EQ(0, victim.recorder.exits);
    EXPECT_INT_EQ(0, kin_kill(victim.child, KIN_SIGNAL_NONE));
    EXPECT_INT_EQ(0, kin_resume(victim.child));
    EXPECT_INT_EQ(0, kin_resume(victim.child));
    victim_run_until(&victim, "second\n");
    EXPECT_INT_EQ(0, row->tree ? kin_kill_tree(victim.child, KIN_SIGNAL_KILL) : kin_kill(victim.child, KIN_SIGNAL_KILL));
    victim_finish(&victim);
}

static void suspend(struct victim *victim, const kin_spawn_options *options)
{
    victim_start(victim, options);
    EXPECT_INT_EQ(0, kin_suspend(victim->child));
}

TEST_C(Suspend, R14_a_suspended_child_can_be_killed)
{
    struct victim victim;

    suspend(&victim, SPAWN_OPTIONS(.argv = CHILD("read-nothing")));
    EXPECT_INT_EQ(0, kin_kill(victim.child, KIN_SIGNAL_KILL));
    victim_run(&victim);
    EXPECT_ENDED_BY(KIN_SIGNAL_KILL, KIN_CAUSE_KILLED, &victim.recorder.close_status);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_suspend(victim.child));
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_resume(victim.child));
    victim_free(&victim);
}

TEST_C(Suspend, R14_a_suspended_child_can_be_stopped)
{
    struct victim victim;

    suspend(&victim, SPAWN_OPTIONS(.argv = CHILD("read-nothing")));
    EXPECT_INT_EQ(0, kin_stop(victim.child, KIN_FOREVER));
    victim_run(&victim);
    EXPECT_INT_EQ(KIN_CAUSE_STOPPED, victim.recorder.close_status.cause);
    EXPECT_INT_EQ(host_is_windows(), victim.recorder.close_status.forced);
    victim_free(&victim);
}

TEST_C(Suspend, R14_a_suspended_tree_can_be_stopped)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("grandchild-beside", "read-nothing"), .tree = true));
    victim_run_until(&victim, "ready");
    victim_run_until(&victim, "started");
    EXPECT_INT_EQ(0, kin_suspend(victim.child));
    EXPECT_INT_EQ(0, kin_stop(victim.child, KIN_FOREVER));
    victim_run(&victim);
    EXPECT_INT_EQ(KIN_CAUSE_STOPPED, victim.recorder.close_status.cause);
    EXPECT_FALSE(victim.recorder.close_status.output_incomplete);
    victim_free(&victim);
}

TEST_C(Suspend, T03_a_limit_ends_a_suspended_child)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("refuse-to-end"), .timeout_ms = SCALED(100, 1500), .grace_ms = 50));
    EXPECT_INT_EQ(0, kin_suspend(victim.child));
    victim_run(&victim);
    EXPECT_INT_EQ(KIN_CAUSE_TIMEOUT, victim.recorder.close_status.cause);
    victim_free(&victim);
}
