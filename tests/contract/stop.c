/* SPDX-License-Identifier: MIT */
/* kin_stop(): asks, waits, forces. */
#include "support/support.h"

enum { GRACE_MS = 50 };

static void start(struct victim *victim, bool tree, const char *const *argv)
{
    victim_start(victim, SPAWN_OPTIONS(.argv = argv, .tree = tree));
}

/* Windows has no way to ask a child that has no windows and shares no console with us: it is ended at once. */
static void expect_obeyed(const kin_status *status)
{
    EXPECT_ENDED_BY(host_is_windows() ? KIN_SIGNAL_KILL : KIN_SIGNAL_TERMINATE, KIN_CAUSE_STOPPED, status);
    EXPECT_INT_EQ(host_is_windows(), status->forced);
}

static void expect_forced(const kin_status *status)
{
    EXPECT_ENDED_BY(KIN_SIGNAL_KILL, KIN_CAUSE_STOPPED, status);
    EXPECT_TRUE(status->forced);
}

TEST_C(Stop, a_child_that_obeys_is_asked_and_no_more)
{
    struct victim victim;

    start(&victim, false, CHILD("read-nothing"));
    EXPECT_INT_EQ(0, kin_stop(victim.child, KIN_FOREVER));
    victim_run(&victim);
    expect_obeyed(&victim.recorder.exit_status);
    expect_obeyed(&victim.recorder.close_status);
    victim_free(&victim);
}

TEST_C(Stop, a_child_may_end_in_its_own_way_when_asked)
{
    struct victim victim;

    start(&victim, false, CHILD("exit-when-asked", "7"));
    EXPECT_INT_EQ(0, kin_stop(victim.child, KIN_FOREVER));
    victim_run(&victim);
    EXPECT_INT_EQ(KIN_CAUSE_STOPPED, victim.recorder.close_status.cause);
    if (host_is_windows()) {
        expect_forced(&victim.recorder.close_status);
    } else {
        EXPECT_EXITED(7, &victim.recorder.close_status);
        EXPECT_FALSE(victim.recorder.close_status.forced);
    }
    victim_free(&victim);
}

TEST_C(Stop, T03_a_child_that_does_not_obey_is_ended_by_force)
{
    struct victim victim;

    start(&victim, false, CHILD("refuse-to-end"));
    EXPECT_INT_EQ(0, kin_stop(victim.child, GRACE_MS));
    victim_run(&victim);
    expect_forced(&victim.recorder.exit_status);
    expect_forced(&victim.recorder.close_status);
    victim_free(&victim);
}

TEST_C(Stop, without_grace_does_not_ask)
{
    struct victim victim;

    start(&victim, false, CHILD("exit-when-asked", "7"));
    EXPECT_INT_EQ(0, kin_stop(victim.child, 0));
    victim_run(&victim);
    expect_forced(&victim.recorder.close_status);
    victim_free(&victim);
}

TEST_C(Stop, for_ever_only_asks)
{
    struct victim victim;

    SKIP_ON_WINDOWS_C("a child that cannot be asked is ended at once");
    start(&victim, false, CHILD("ignore-term"));
    EXPECT_INT_EQ(0, kin_stop(victim.child, KIN_FOREVER));
    victim_end_input(&victim);
    victim_run(&victim);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    EXPECT_FALSE(victim.recorder.close_status.forced);
    victim_free(&victim);
}

TEST_C(Stop, R14_a_stopped_child_hears_it_all_the_same)
{
    struct victim victim;

    SKIP_ON_WINDOWS_C("a child cannot stop itself");
    start(&victim, false, CHILD("stop-self"));
    EXPECT_INT_EQ(0, kin_stop(victim.child, KIN_FOREVER));
    victim_run(&victim);
    expect_obeyed(&victim.recorder.close_status);
    victim_free(&victim);
}

TEST_C(Stop, again_makes_the_grace_shorter)
{
    struct victim victim;

    start(&victim, false, CHILD("refuse-to-end"));
    EXPECT_INT_EQ(0, kin_stop(victim.child, KIN_FOREVER));
    EXPECT_INT_GE(kin_stop(victim.child, 60000), 0);
    EXPECT_INT_GE(kin_stop(victim.child, 0), 0);
    EXPECT_INT_GE(kin_stop(victim.child, KIN_FOREVER), 0);
    victim_run(&victim);
    expect_forced(&victim.recorder.close_status);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_stop(victim.child, 0));
    victim_free(&victim);
}

TEST_C(Stop, R09_of_a_child_that_has_ended_does_nothing)
{
    struct victim victim;

    start(&victim, false, CHILD("wait"));
    victim_end_input(&victim);
    victim_run(&victim);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_stop(victim.child, 0));
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_stop(victim.child, KIN_FOREVER));
    EXPECT_EXITED(0, &victim.recorder.close_status);
    EXPECT_INT_EQ(KIN_CAUSE_NONE, victim.recorder.close_status.cause);
    victim_free(&victim);
}

static void stop_at_exit(kin_child *child, const kin_status *status, void *user)
{
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_stop(child, 0));
    record_exit(child, status, user);
}

TEST_C(Stop, A04_in_the_callbacks_of_the_child)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();

    ASSERT_INT_EQ(0, kin_spawn(loop,
                               SPAWN_OPTIONS(.argv = CHILD("exit", "4"), .on_exit = stop_at_exit, .on_close = record_close,
                                             .user = &recorder),
                               NULL));
    run_loop(loop);
    EXPECT_STR_EQ("exit,close", recorder.events);
    EXPECT_EXITED(4, &recorder.close_status);
    close_loop(loop);
}

TEST_C(Stop, of_a_blocking_child)
{
    kin_child *child = NULL;
    kin_status status;
    char line[8];

    ASSERT_INT_EQ(0, kin_spawn(NULL,
                               SPAWN_OPTIONS(.argv = CHILD("refuse-to-end"), .in = { .kind = KIN_STDIO_PIPE },
                                             .out = { .kind = KIN_STDIO_PIPE }),
                               &child));
    EXPECT_INT_GT(kin_child_read(child, 1, line, sizeof line, KIN_FOREVER), 0);
    EXPECT_INT_EQ(0, kin_stop(child, GRACE_MS));
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, &status));
    expect_forced(&status);
    kin_child_release(child);
}

/* ---------------------------------------------------------------------------------------------------------------- trees --- */

TEST_C(Stop, R11_of_a_tree_asks_all_of_it)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("grandchild-beside", "read-nothing"), .tree = true));
    victim_run_until(&victim, "ready");
    victim_run_until(&victim, "started");
    EXPECT_INT_EQ(0, kin_stop(victim.child, KIN_FOREVER));
    victim_run(&victim);
    EXPECT_INT_EQ(KIN_CAUSE_STOPPED, victim.recorder.close_status.cause);
    EXPECT_FALSE(victim.recorder.close_status.output_incomplete);
    victim_free(&victim);
}

TEST_C(Stop, R11_a_grandchild_that_does_not_obey_is_ended_by_force)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("grandchild-beside", "refuse-to-end"), .tree = true));
    victim_run_until(&victim, "ready");
    victim_run_until(&victim, "started");
    EXPECT_INT_EQ(0, kin_stop(victim.child, GRACE_MS));
    victim_run(&victim);
    EXPECT_INT_EQ(KIN_CAUSE_STOPPED, victim.recorder.close_status.cause);
    EXPECT_TRUE(victim.recorder.close_status.forced);
    EXPECT_FALSE(victim.recorder.close_status.output_incomplete);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill_tree(victim.child, KIN_SIGNAL_NONE));
    victim_free(&victim);
}

static const struct {
    const char *name;
    const char *verb;
    int64_t grace_ms;
} orphan_rows[] = { { "asked", "read-nothing", 60000 }, { "forced", "refuse-to-end", GRACE_MS }, { "at_once", "wait", 0 } };

TEST_CP(Stop, R11_a_grandchild_whose_parent_has_ended, orphan_rows)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("grandchild", row->verb), .tree = true));
    victim_run_until(&victim, "ready");
    run_until(victim.loop, has_exited, &victim.recorder);
    EXPECT_INT_EQ(0, kin_stop(victim.child, row->grace_ms));
    victim_run(&victim);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    EXPECT_FALSE(victim.recorder.close_status.output_incomplete);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_stop(victim.child, 0));
    victim_free(&victim);
}

static void keep_status(kin_result *result, void *user)
{
    EXPECT_INT_EQ(0, result->code);
    *(kin_status *)user = result->status;
}

TEST_C(Stop, of_what_exec_runs)
{
    kin_status status = { 0 };
    kin_child *child = NULL;
    kin_loop *loop = open_loop();

    ASSERT_INT_EQ(0, kin_exec_file(loop, CHILD("read-nothing"), NULL, keep_status, &status, &child));
    EXPECT_INT_EQ(0, kin_stop(child, 60000));
    run_loop(loop);
    EXPECT_INT_EQ(KIN_CAUSE_STOPPED, status.cause);
    EXPECT_INT_EQ(KIN_EXIT_SIGNAL, status.kind);
    close_loop(loop);
}
