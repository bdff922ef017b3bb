/* SPDX-License-Identifier: MIT */
/* How a child is ended by us: stop, suspended children, trees that have to be gone, and those that do not go. */
#include "scene.h"

static void start_quiet(bool tree)
{
    const kin_spawn_options options = quiet_options(tree);

    start_with(&options);
}

static void descendants_leave(void *process)
{
    fake_has_descendants(process, false);
}

static void stop_child(void)
{
    EXPECT_INT_EQ(0, kin_stop(child, 0));
}

static void end_output(void *unused)
{
    (void)unused;
    fake_child_ends(fake_pipe(1));
}

/* ----------------------------------------------------------------------------------------------------------------- stop */

TEST_C(Stop, AsksAndTheChildObeys)
{
    start_quiet(false);
    EXPECT_INT_EQ(0, kin_stop(child, 500));
    fake_later(100, child_obeys, fake_process());
    EXPECT_INT_EQ(100, run_for_ms());
    EXPECT_STR_EQ("exit(signal 15 (stopped)) close(signal 15 (stopped))", noted());
    EXPECT_SIZE_EQ(1, fake_asks_of(fake_process()));
    EXPECT_SIZE_EQ(0, fake_kills_of(fake_process()));
}

TEST_C(Stop, AChildThatCleansUpHasItsOwnCode)
{
    start_quiet(false);
    EXPECT_INT_EQ(0, kin_stop(child, 500));
    fake_later(100, child_leaves, fake_process());
    run();
    EXPECT_STR_EQ("exit(exited 0 (stopped)) close(exited 0 (stopped))", noted());
}

TEST_C(Stop, ForcesAfterTheGrace)
{
    bool tree = false;

    start_quiet(true);
    EXPECT_INT_EQ(0, kin_stop(child, 500));
    EXPECT_INT_EQ(500, run_for_ms());
    EXPECT_STR_EQ("exit(signal 9 (stopped), forced) close(signal 9 (stopped), forced)", noted());
    EXPECT_INT_EQ(KIN_SIGNAL_KILL, fake_last_signal(fake_process(), &tree));
    EXPECT_TRUE(tree);
}

TEST_C(Stop, WithoutGraceDoesNotAsk)
{
    start_quiet(false);
    EXPECT_INT_EQ(0, kin_stop(child, 0));
    EXPECT_INT_EQ(0, run_for_ms());
    EXPECT_STR_EQ("exit(signal 9 (stopped), forced) close(signal 9 (stopped), forced)", noted());
    EXPECT_SIZE_EQ(0, fake_asks_of(fake_process()));
}

TEST_C(Stop, ForcesAtOnceWhereThereIsNoWayToAsk)
{
    start_quiet(false);
    fake_answers(fake_process(), KIN_ENOTSUP);
    EXPECT_INT_EQ(0, kin_stop(child, 500));
    EXPECT_INT_EQ(0, run_for_ms());
    EXPECT_STR_EQ("exit(signal 9 (stopped), forced) close(signal 9 (stopped), forced)", noted());
}

TEST_C(Stop, AsksByTheChannelWhereThereIsNoOtherWay)
{
    kin_spawn_options options = quiet_options(false);

    options.channel = &(kin_channel_options){ .mode = KIN_CHANNEL_JSON };
    start_with(&options);
    fake_answers(fake_process(), KIN_ENOTSUP);
    EXPECT_INT_EQ(0, kin_stop(child, 500));
    EXPECT_FALSE(kin_channel_is_connected(kin_child_channel(child)));
    fake_later(100, child_leaves, fake_process());
    EXPECT_INT_EQ(100, run_for_ms());
    EXPECT_STR_EQ("exit(exited 0 (stopped)) close(exited 0 (stopped))", noted());
    EXPECT_SIZE_EQ(0, fake_kills_of(fake_process()));
}

TEST_C(Stop, ForEverOnlyAsks)
{
    start_quiet(false);
    EXPECT_INT_EQ(0, kin_stop(child, KIN_FOREVER));
    fake_later(3600 * 1000, child_obeys, fake_process());
    EXPECT_INT_EQ(3600 * 1000, run_for_ms());
    EXPECT_SIZE_EQ(0, fake_kills_of(fake_process()));
}

TEST_C(Stop, AgainMakesTheGraceShorterNeverLonger)
{
    start_quiet(false);
    EXPECT_INT_EQ(0, kin_stop(child, 1000));
    EXPECT_INT_EQ(0, kin_stop(child, 200));
    EXPECT_INT_EQ(0, kin_stop(child, 5000));
    EXPECT_INT_EQ(0, kin_stop(child, KIN_FOREVER));
    EXPECT_INT_EQ(200, run_for_ms());
    EXPECT_SIZE_EQ(1, fake_asks_of(fake_process()));
}

TEST_C(Stop, AfterForEverCanStillForce)
{
    start_quiet(false);
    EXPECT_INT_EQ(0, kin_stop(child, KIN_FOREVER));
    EXPECT_INT_EQ(0, kin_stop(child, 0));
    EXPECT_INT_EQ(0, run_for_ms());
    EXPECT_STR_EQ("exit(signal 9 (stopped), forced) close(signal 9 (stopped), forced)", noted());
}

TEST_C(Stop, OfAnEndedChildHasNothingToDo)
{
    start_quiet(false);
    fake_exits(fake_process(), 3);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_stop(child, 100)); /* the event is still on its way */
    run();
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_stop(child, 100));
    EXPECT_STR_EQ("exit(exited 3) close(exited 3)", noted());
}

TEST_C(Stop, OfATreeWhoseLeaderHasEndedEndsTheOthers)
{
    kin_spawn_options options = usual_options();

    options.tree = true;
    options.close_delay_ms = KIN_FOREVER;
    start_with(&options);
    fake_has_descendants(fake_process(), true);
    fake_exits(fake_process(), 0);
    settle_down();
    EXPECT_INT_EQ(0, kin_stop(child, 500));
    fake_later(100, descendants_leave, fake_process());
    fake_later(120, end_output, NULL);
    EXPECT_INT_LE(run_for_ms(), 500);
    EXPECT_STR_EQ("exit(exited 0) end(ok) close(exited 0)", noted()); /* its own end was not our doing */
}

TEST_C(Stop, WithoutTheRightIsSaidAndChangesNothing)
{
    kin_spawn_options options = quiet_options(false);

    options.timeout_ms = 1000;
    start_with(&options);
    fake_answers(fake_process(), KIN_EPERM);
    fake_refuses_signals(fake_process(), KIN_EPERM);
    EXPECT_INT_EQ(KIN_EPERM, kin_stop(child, 500));
    fake_later(900, child_leaves, fake_process());
    EXPECT_INT_EQ(900, run_for_ms());
    EXPECT_STR_EQ("exit(exited 0) close(exited 0)", noted());
}

TEST_C(Stop, ALimitThatIsPassedMeanwhileChangesNoCause)
{
    kin_spawn_options options = quiet_options(false);

    options.timeout_ms = 100;
    start_with(&options);
    EXPECT_INT_EQ(0, kin_stop(child, 1000));
    EXPECT_INT_EQ(1000, run_for_ms());
    EXPECT_STR_EQ("exit(signal 9 (stopped), forced) close(signal 9 (stopped), forced)", noted());
}

TEST_C(Stop, InItsOwnCallbacksIsLegal)
{
    kin_spawn_options options = usual_options();

    start_with(&options);
    fake_child_says(fake_pipe(1), "a");
    act_in("data", stop_child);
    fake_when_idle(end_outputs_of_the_forced);
    run();
    EXPECT_STR_EQ("data(a) exit(signal 9 (stopped), forced) end(ok) close(signal 9 (stopped), forced)", noted());
}

TEST_C(Stop, RefusesWhatMakesNoSense)
{
    EXPECT_INT_EQ(KIN_EINVAL, kin_stop(NULL, 0));
    start_quiet(false);
    EXPECT_INT_EQ(KIN_EINVAL, kin_stop(child, -5));
    EXPECT_INT_EQ(KIN_EINVAL, kin_suspend(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_resume(NULL));
}

/* -------------------------------------------------------------------------------------------------------- what does not go */

TEST_C(T08, AChildThatCannotBeEndedIsGivenUp)
{
    start_quiet(false);
    fake_survives(fake_process());
    EXPECT_INT_EQ(0, kin_stop(child, 500));
    EXPECT_INT_EQ(500 + KIN_ABANDON_MS, run_for_ms());
    EXPECT_STR_EQ("exit(abandoned (stopped), forced) close(abandoned (stopped), forced)", noted());
    EXPECT_TRUE(fake_is_process_closed(fake_process()));
}

TEST_C(T08, ItsPipesAreNotWaitedFor)
{
    kin_spawn_options options = usual_options();

    options.close_delay_ms = KIN_FOREVER;
    options.timeout_ms = 1;
    options.tree = true;
    start_with(&options);
    fake_survives(fake_process());
    fake_has_descendants(fake_process(), true);
    EXPECT_INT_EQ(1 + KIN_GRACE_MS + KIN_ABANDON_MS, run_for_ms());
    EXPECT_STR_EQ("exit(abandoned (timeout), forced) end(ECANCELED) close(abandoned (timeout), output incomplete, forced)",
                  noted());
}

TEST_C(T08, ALimitWithoutTheRightToEndItGivesUpToo)
{
    kin_spawn_options options = quiet_options(false);

    options.timeout_ms = 100;
    start_with(&options);
    fake_answers(fake_process(), KIN_EPERM);
    fake_refuses_signals(fake_process(), KIN_EPERM);
    EXPECT_INT_EQ(100 + KIN_ABANDON_MS, run_for_ms());
    EXPECT_STR_EQ("exit(abandoned (timeout)) close(abandoned (timeout))", noted());
}

/* ----------------------------------------------------------------------------------------------------------------- tree */

TEST_C(Tree, CloseWaitsForDescendantsWhenAsked)
{
    kin_spawn_options options = quiet_options(true);

    options.wait_tree = true;
    start_with(&options);
    fake_has_descendants(fake_process(), true);
    fake_exits(fake_process(), 0);
    settle_down();
    EXPECT_STR_EQ("exit(exited 0)", noted());
    fake_later(10 * 1000, descendants_leave, fake_process());
    EXPECT_INT_LE(run_for_ms(), 10 * 1000 + 100);
    EXPECT_STR_EQ("exit(exited 0) close(exited 0)", noted());
}

TEST_C(Tree, IsLookedForSoonAlsoWhenThePipesEndedEarly)
{
    kin_spawn_options options = usual_options();

    options.tree = options.wait_tree = true;
    start_with(&options);
    fake_has_descendants(fake_process(), true);
    fake_exits(fake_process(), 0);
    fake_child_ends(fake_pipe(1));
    fake_later(20, descendants_leave, fake_process());
    EXPECT_INT_LE(run_for_ms(), 100);
    EXPECT_STR_EQ("exit(exited 0) end(ok) close(exited 0)", noted());
}

TEST_C(Tree, WithoutWishIsNotWaitedFor)
{
    start_quiet(true);
    fake_has_descendants(fake_process(), true);
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(0, run_for_ms());
    EXPECT_STR_EQ("exit(exited 0) close(exited 0)", noted());
}

TEST_C(Tree, ALimitEndsTheWait)
{
    kin_spawn_options options = quiet_options(true);

    options.wait_tree = true;
    options.timeout_ms = 1000;
    options.grace_ms = KIN_AT_ONCE;
    start_with(&options);
    fake_has_descendants(fake_process(), true);
    fake_exits(fake_process(), 0);
    EXPECT_INT_LE(run_for_ms(), 1100);
    EXPECT_STR_EQ("exit(exited 0) close(exited 0 (timeout), forced)", noted());
}

TEST_C(Tree, HeldSlotsAreNamed)
{
    kin_spawn_options options = usual_options();
    kin_status status;

    options.err = (kin_stdio){ .kind = KIN_STDIO_PIPE };
    start_with(&options);
    fake_exits(fake_process(), 0);
    fake_child_ends(fake_pipe(1));
    run();
    EXPECT_INT_EQ(1, kin_child_status(child, &status));
    EXPECT_TRUE(status.output_incomplete);
    EXPECT_INT_EQ(1 << 2, status.held_slots);
}

/* ---------------------------------------------------------------------------------------------------------------- grace */

TEST_C(Grace, OfALimitCanBeSet)
{
    kin_spawn_options options = quiet_options(false);

    options.timeout_ms = 100;
    options.grace_ms = 50;
    start_with(&options);
    EXPECT_INT_EQ(150, run_for_ms());
    release_child();
    options.grace_ms = KIN_AT_ONCE;
    start_with(&options);
    EXPECT_INT_EQ(100, run_for_ms());
    EXPECT_SIZE_EQ(0, fake_asks_of(fake_process()));
    release_child();
    options.grace_ms = KIN_FOREVER;
    start_with(&options);
    fake_later(5000, child_obeys, fake_process());
    EXPECT_INT_EQ(5000, run_for_ms());
}

/* ------------------------------------------------------------------------------------------------------------- T05 and T02 */

static void be_busy_elsewhere(void)
{
    fake_advance_ms(10 * 1000);
}

TEST_C(Timeout, T05_AnExitThatCameInTimeIsNoTimeout)
{
    kin_spawn_options options = quiet_options(true);

    options.timeout_ms = 100;
    start_with(&options);
    fake_exits(fake_process(), 0);
    be_busy_elsewhere(); /* the loop does not turn, and the time is up when it does */
    run();
    EXPECT_STR_EQ("exit(exited 0) close(exited 0)", noted());
    EXPECT_SIZE_EQ(0, fake_asks_of(fake_process()));
}

/* ---------------------------------------------------------------------------------------------------------------- suspend */

TEST_C(Suspend, IsPassedOnAndKeptInMind)
{
    start_quiet(true);
    EXPECT_INT_EQ(0, kin_suspend(child));
    EXPECT_INT_EQ(0, kin_suspend(child));
    EXPECT_TRUE(fake_is_suspended(fake_process()));
    EXPECT_INT_EQ(0, kin_resume(child));
    EXPECT_FALSE(fake_is_suspended(fake_process()));
    fake_refuses_signals(fake_process(), KIN_EPERM);
    EXPECT_INT_EQ(KIN_EPERM, kin_suspend(child));
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_suspend(child));
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_resume(child));
    run();
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_suspend(child));
}

/* --------------------------------------------------------------------------------------------------------------- blocking */

TEST_C(WaitTree, ReturnsWhenNothingOfTheTreeLives)
{
    kin_spawn_options options = quiet_options(true);
    kin_child *own = NULL;

    options.on_exit = options.on_close = NULL;
    ASSERT_INT_EQ(0, kin_spawn(NULL, &options, &own));
    fake_has_descendants(fake_process(), true);
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_wait_tree(own, 0));
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_wait_tree(own, 100));
    EXPECT_INT_EQ(0, kin_child_wait(own, 0, NULL));
    fake_later(1000, descendants_leave, fake_process());
    EXPECT_INT_EQ(0, kin_child_wait_tree(own, KIN_FOREVER));
    EXPECT_INT_EQ(0, kin_child_wait_tree(own, 0));
    kin_child_release(own);
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait_tree(NULL, 0));
    ASSERT_INT_EQ(0, kin_spawn(loop, &options, &child));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait_tree(child, 0));
}

TEST_C(WaitTree, NeedsATree)
{
    kin_spawn_options options = quiet_options(false);
    kin_child *own = NULL;

    ASSERT_INT_EQ(0, kin_spawn(NULL, &options, &own));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait_tree(own, 0));
    kin_child_release(own);
}

/* ----------------------------------------------------------------------------------------------------------------- options */

static const struct {
    const char *name;
    kin_spawn_options options;
    const char *subject;
} refused[] = {
    { "wait_tree_without_a_tree", { .wait_tree = true }, "wait_tree" },
    { "die_with_parent_and_outlive_it", { .detached = true, .die_with_parent = true }, "die_with_parent" },
    { "a_negative_idle_limit", { .idle_timeout_ms = -2 }, "idle_timeout_ms" },
    { "a_negative_grace", { .grace_ms = -3 }, "grace_ms" },
};

TEST_CP(Ending, RefusesOptions, refused)
{
    const char *const argv[] = { "program", NULL };
    kin_spawn_options options = row->options;
    kin_error error;

    options.argv = argv;
    options.error = &error;
    EXPECT_INT_EQ(KIN_EINVAL, kin_spawn(loop, &options, &child));
    EXPECT_STR_EQ(row->subject, kin_error_subject(&error));
}

TEST_C(Detached, HasNothingOfOursUnlessAsked)
{
    const char *const argv[] = { "daemon", NULL };

    ASSERT_INT_EQ(0, kin_spawn(loop, &(kin_spawn_options){ .argv = argv, .detached = true }, &child));
    EXPECT_TRUE(fake_launch()->detached);
    for (size_t i = 0; i < 3; i++)
        EXPECT_INT_EQ(KIN_PLAT_SLOT_NULL, fake_slot_kind(i));
    release_child();
    ASSERT_INT_EQ(
        0, kin_spawn(loop,
                     &(kin_spawn_options){ .argv = argv, .detached = true, .tree = true, .err = { .kind = KIN_STDIO_INHERIT } },
                     &child));
    EXPECT_INT_EQ(KIN_PLAT_SLOT_INHERIT, fake_slot_kind(2));
    EXPECT_TRUE(fake_launch()->tree);
}
