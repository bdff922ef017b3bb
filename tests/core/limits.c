/* SPDX-License-Identifier: MIT */
/* Signals, time limits, the tree: asked first, then forced, and told why. */
#include "scene.h"

static kin_spawn_options limited(int64_t timeout_ms, bool tree)
{
    kin_spawn_options options = quiet_options(tree);

    options.timeout_ms = timeout_ms;
    return options;
}

static void start_limited(int64_t timeout_ms, bool tree)
{
    const kin_spawn_options options = limited(timeout_ms, tree);

    start_with(&options);
}

/* ------------------------------------------------------------------------------------------------------------- timeouts */

TEST_C(Timeout, AsksAndTheChildObeys)
{
    start_limited(100, false);
    fake_later(150, child_obeys, fake_process());
    EXPECT_INT_EQ(150, run_for_ms());
    EXPECT_STR_EQ("exit(signal 15 (timeout)) close(signal 15 (timeout))", noted());
    EXPECT_SIZE_EQ(1, fake_asks_of(fake_process()));
    EXPECT_SIZE_EQ(0, fake_kills_of(fake_process()));
}

TEST_C(Timeout, ForcesAfterTheGrace)
{
    start_limited(100, false);
    EXPECT_INT_EQ(100 + KIN_GRACE_MS, run_for_ms());
    EXPECT_STR_EQ("exit(signal 9 (timeout), forced) close(signal 9 (timeout), forced)", noted());
    EXPECT_SIZE_EQ(1, fake_asks_of(fake_process()));
    EXPECT_SIZE_EQ(1, fake_kills_of(fake_process()));
}

TEST_C(Timeout, ForcesAtOnceWhereThereIsNoWayToAsk)
{
    start_limited(100, false);
    fake_answers(fake_process(), KIN_ENOTSUP);
    EXPECT_INT_EQ(100, run_for_ms());
    EXPECT_STR_EQ("exit(signal 9 (timeout), forced) close(signal 9 (timeout), forced)", noted());
}

/* It had ended before it was asked; the event was still on its way. */
TEST_C(Timeout, OfAChildThatHasJustEndedForcesNothing)
{
    start_limited(100, false);
    fake_answers(fake_process(), KIN_ALREADY_ENDED);
    fake_survives(fake_process());
    fake_later(101, child_obeys, fake_process());
    run();
    EXPECT_SIZE_EQ(0, fake_kills_of(fake_process()));
    EXPECT_SIZE_EQ(0, count_of("forced"));
}

TEST_C(Timeout, DoesNotTouchAChildThatEndsInTime)
{
    start_limited(100, true);
    fake_later(99, child_obeys, fake_process());
    EXPECT_INT_EQ(99, run_for_ms());
    EXPECT_STR_EQ("exit(signal 15) close(signal 15)", noted());
    EXPECT_SIZE_EQ(0, fake_asks_of(fake_process()));
    EXPECT_INT_EQ(0, fake_last_signal(fake_process(), NULL));
}

/* The leader may be a shell that dies at once, and the program that is to clean up its child: all have the same grace. */
TEST_C(Timeout, EndsTheRestOfTheTreeAfterTheGraceWhenOnlyTheLeaderObeys)
{
    bool tree = false;

    start_limited(100, true);
    fake_has_descendants(fake_process(), true);
    fake_later(150, child_obeys, fake_process());
    EXPECT_INT_EQ(100 + KIN_GRACE_MS, run_for_ms());
    EXPECT_INT_EQ(KIN_SIGNAL_KILL, fake_last_signal(fake_process(), &tree));
    EXPECT_TRUE(tree);
    EXPECT_STR_EQ("exit(signal 15 (timeout)) close(signal 15 (timeout), forced)", noted());
}

static void descendants_obey(void *process)
{
    fake_has_descendants(process, false);
}

TEST_C(Timeout, IsOverWhenTheRestOfTheTreeHasObeyed)
{
    start_limited(100, true);
    fake_has_descendants(fake_process(), true);
    fake_later(150, child_obeys, fake_process());
    fake_later(400, descendants_obey, fake_process());
    EXPECT_INT_LE(run_for_ms(), 450);
    EXPECT_SIZE_EQ(0, fake_kills_of(fake_process()));
    EXPECT_STR_EQ("exit(signal 15 (timeout)) close(signal 15 (timeout))", noted());
}

TEST_C(Timeout, ComesWhileAGrandchildHoldsThePipe)
{
    kin_spawn_options options = usual_options();
    bool tree = false;

    options.timeout_ms = 1000;
    options.close_delay_ms = KIN_FOREVER;
    options.tree = true;
    start_with(&options);
    fake_has_descendants(fake_process(), true);
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(1000 + KIN_GRACE_MS + KIN_CLOSE_DELAY_MS, run_for_ms());
    EXPECT_INT_EQ(KIN_SIGNAL_KILL, fake_last_signal(fake_process(), &tree));
    EXPECT_TRUE(tree);
    EXPECT_STR_EQ("exit(exited 0) end(ECANCELED) close(exited 0 (timeout), output incomplete, forced)", noted());
}

static void end_output(void)
{
    if (fake_last_signal(fake_process(), NULL) == KIN_SIGNAL_KILL)
        fake_child_ends(fake_pipe(1));
}

TEST_C(Timeout, OfTheTreeLetsThePipesEndByThemselves)
{
    kin_spawn_options options = usual_options();

    options.timeout_ms = 1000;
    options.close_delay_ms = KIN_FOREVER;
    options.tree = true;
    start_with(&options);
    fake_has_descendants(fake_process(), true);
    fake_exits(fake_process(), 0);
    fake_when_idle(end_output);
    run();
    EXPECT_STR_EQ("exit(exited 0) end(ok) close(exited 0 (timeout), forced)", noted());
}

/* Nobody is left to be ended by force: the process has gone, and it has no tree. */
TEST_C(Timeout, AfterTheExitOfAChildWithoutATreeOnlyCutsOff)
{
    kin_spawn_options options = usual_options();

    options.timeout_ms = 1000;
    options.close_delay_ms = KIN_FOREVER;
    start_with(&options);
    fake_exits(fake_process(), 0);
    run();
    EXPECT_SIZE_EQ(0, fake_kills_of(fake_process()));
    EXPECT_STR_EQ("exit(exited 0) end(ECANCELED) close(exited 0 (timeout), output incomplete)", noted());
}

TEST_C(Timeout, IsForgottenByARelease)
{
    start_limited(100, false);
    release_child();
    fake_advance_ms(10 * 1000);
    settle_down();
    EXPECT_SIZE_EQ(0, fake_asks_of(fake_process()));
}

TEST_C(Timeout, OfForeverIsNone)
{
    start_limited(KIN_FOREVER, false);
    settle_down();
    EXPECT_INT_EQ(KIN_FOREVER, kin_loop_timeout_ms(loop));
}

/* --------------------------------------------------------------------------------------------------------------- signals */

TEST_C(Kill, IsTheCauseOfTheSignalsExit)
{
    start_limited(0, false);
    EXPECT_INT_EQ(0, kin_kill(child, KIN_SIGNAL_NONE));
    EXPECT_INT_EQ(0, kin_kill(child, KIN_SIGNAL_TERMINATE));
    fake_is_killed(fake_process(), KIN_SIGNAL_TERMINATE);
    run();
    EXPECT_STR_EQ("exit(signal 15 (killed)) close(signal 15 (killed))", noted());
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill(child, KIN_SIGNAL_TERMINATE));
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill(child, KIN_SIGNAL_NONE));
}

TEST_C(Kill, IsNotTheCauseOfAnotherSignalOrOfACode)
{
    start_limited(0, false);
    kin_kill(child, KIN_SIGNAL_TERMINATE);
    fake_is_killed(fake_process(), KIN_SIGNAL_KILL);
    run();
    EXPECT_STR_EQ("exit(signal 9) close(signal 9)", noted());
    forget();
    release_child();
    start_limited(0, false);
    kin_kill(child, KIN_SIGNAL_TERMINATE);
    fake_exits(fake_process(), 1);
    run();
    EXPECT_STR_EQ("exit(exited 1) close(exited 1)", noted());
}

TEST_C(Kill, OfTheTreeNeedsATree)
{
    bool tree = true;

    start_limited(0, false);
    EXPECT_INT_EQ(KIN_EINVAL, kin_kill_tree(child, KIN_SIGNAL_TERMINATE));
    release_child();
    start_limited(0, true);
    EXPECT_INT_EQ(0, kin_kill(child, KIN_SIGNAL_INTERRUPT));
    EXPECT_INT_EQ(KIN_SIGNAL_INTERRUPT, fake_last_signal(fake_process(), &tree));
    EXPECT_FALSE(tree);
    EXPECT_INT_EQ(0, kin_kill_tree(child, KIN_SIGNAL_TERMINATE));
    fake_last_signal(fake_process(), &tree);
    EXPECT_TRUE(tree);
    EXPECT_INT_EQ(KIN_EINVAL, kin_kill(child, 1000));
    EXPECT_INT_EQ(KIN_EINVAL, kin_kill(child, -1));
    EXPECT_INT_EQ(KIN_EINVAL, kin_kill_tree(child, -1));
    EXPECT_INT_EQ(KIN_EINVAL, kin_kill(NULL, KIN_SIGNAL_KILL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_kill_tree(NULL, KIN_SIGNAL_KILL));
}

TEST_C(Kill, ReachesTheTreeAfterTheLeadersExitUntilClose)
{
    kin_spawn_options options = usual_options();
    bool tree = false;

    options.tree = true;
    start_with(&options);
    fake_has_descendants(fake_process(), true);
    fake_exits(fake_process(), 0);
    settle_down();
    EXPECT_STR_EQ("exit(exited 0)", noted());
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill(child, KIN_SIGNAL_KILL));
    EXPECT_INT_EQ(0, kin_kill_tree(child, KIN_SIGNAL_KILL));
    EXPECT_INT_EQ(KIN_SIGNAL_KILL, fake_last_signal(fake_process(), &tree));
    EXPECT_TRUE(tree);
    fake_child_ends(fake_pipe(1));
    run();
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill_tree(child, KIN_SIGNAL_KILL));
    EXPECT_TRUE(fake_is_process_closed(fake_process()));
}

/* ---------------------------------------------------------------------------------------------------------------- access */

TEST_C(Child, AnswersBeforeAndAfterItsEnd)
{
    kin_spawn_options options = usual_options();
    kin_status status = { .code = 99 };

    options.user = NULL;
    start_with(&options);
    EXPECT_INT_GT(kin_child_id(child), 0);
    EXPECT_INT_EQ(0, kin_child_status(child, &status));
    EXPECT_INT_EQ(0, status.code);
    EXPECT_INT_EQ(KIN_EXIT_NONE, status.kind);
    EXPECT_NULL(kin_child_user(child));
    fake_exits(fake_process(), 7);
    fake_child_ends(fake_pipe(1));
    run();
    EXPECT_INT_EQ(1, kin_child_status(child, &status));
    EXPECT_INT_EQ(7, status.code);
    EXPECT_INT_GT(kin_child_id(child), 0);
    EXPECT_NULL(kin_child_stream(child, 2));
    EXPECT_NULL(kin_child_stream(child, 3));
    EXPECT_NULL(kin_child_stream(child, 1000));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_id(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_status(NULL, NULL));
    EXPECT_NULL(kin_child_stream(NULL, 0));
    EXPECT_NULL(kin_child_user(NULL));
}

TEST_C(Child, HandsItsUserToEveryCallback)
{
    kin_spawn_options options = usual_options();

    options.user = (void *)"user";
    start_with(&options);
    EXPECT_STR_EQ("user", kin_child_user(child));
    fake_child_says(fake_pipe(1), "a");
    fake_child_ends(fake_pipe(1));
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("user.exit(exited 0) user.data(a) user.end(ok) user.close(exited 0)", noted());
}

TEST_C(Child, PassesOnWhatItUsed)
{
    const kin_status status = {
        .kind = KIN_EXIT_SIGNAL, .signal = 6, .core_dumped = true, .usage = { true, 10, 20, 30 }, .cause = KIN_CAUSE_TIMEOUT
    };
    kin_status seen;

    start_limited(0, false);
    fake_ends(fake_process(), &status);
    run();
    EXPECT_INT_EQ(1, kin_child_status(child, &seen));
    EXPECT_TRUE(seen.core_dumped && seen.usage.known);
    EXPECT_INT_EQ(10, seen.usage.user_us);
    EXPECT_INT_EQ(20, seen.usage.system_us);
    EXPECT_INT_EQ(30, seen.usage.peak_memory_bytes);
    EXPECT_INT_EQ(KIN_CAUSE_NONE, seen.cause); /* that is core's to say */
}

TEST_C(Child, WithoutAReferenceLetsTheLoopEndAndIsStillWatched)
{
    start();
    kin_child_unref(child);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    fake_exits(fake_process(), 0);
    fake_child_ends(fake_pipe(1));
    settle_down();
    EXPECT_STR_EQ("exit(exited 0) end(ok) close(exited 0)", noted());
}

/* ----------------------------------------------------------------------------------------------------------------- start */

TEST_C(Start, AFailureIsSaidAndLeavesNothing)
{
    const struct kin_plat_failure failure = {
        .code = KIN_ENOENT, .os_code = 2, .stage = KIN_STAGE_CHDIR, .subject = "/no/such/directory"
    };
    kin_spawn_options options = usual_options();
    kin_error error;

    options.error = &error;
    fake_refuse_spawn(&failure);
    EXPECT_INT_EQ(KIN_ENOENT, kin_spawn(loop, &options, &child));
    EXPECT_NULL(child);
    EXPECT_STR_EQ("chdir: ENOENT: /no/such/directory", kin_error_text(&error));
    EXPECT_STR_EQ("/no/such/directory", kin_error_subject(&error));
    EXPECT_INT_EQ(2, error.os_code);
    EXPECT_INT_EQ(KIN_STAGE_CHDIR, error.stage);
    run();
    EXPECT_STR_EQ("", noted());
    fake_refuse_spawn(&failure);
    EXPECT_INT_EQ(KIN_ENOENT, kin_spawn(NULL, &options, &child));
    fake_refuse_spawn(&failure);
    options.error = NULL;
    EXPECT_INT_EQ(KIN_ENOENT, kin_spawn(loop, &options, NULL));
    fake_refuse_loop(KIN_EMFILE);
    options.error = &error;
    EXPECT_INT_EQ(KIN_EMFILE, kin_spawn(NULL, &options, &child));
    EXPECT_STR_EQ("loop: EMFILE", kin_error_text(&error));
}

TEST_C(Start, RefusesWhatMakesNoSense)
{
    kin_spawn_options options = usual_options();
    kin_error error;

    options.error = &error;
    EXPECT_INT_EQ(KIN_EINVAL, kin_spawn(loop, NULL, &child));
    EXPECT_INT_EQ(KIN_EINVAL, kin_spawn(NULL, &options, NULL));
    EXPECT_STR_EQ("child", kin_error_subject(&error));
    EXPECT_NULL(fake_process());
}

TEST_C(Start, WhichAsksThePlatform)
{
    const char *const argv[] = { "tool", NULL };
    kin_error error;
    kin_spawn_options options = { .argv = argv, .error = &error };
    char path[32];

    EXPECT_INT_EQ(10, kin_which(&options, path, sizeof path));
    EXPECT_STR_EQ("/fake/tool", path);
    EXPECT_INT_EQ(KIN_ENAMETOOLONG, kin_which(&options, path, 10));
    EXPECT_STR_EQ("exec: ENAMETOOLONG: tool", kin_error_text(&error));
    EXPECT_INT_EQ(KIN_EINVAL, kin_which(&options, path, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_which(&options, NULL, 10));
    EXPECT_INT_EQ(KIN_EINVAL, kin_which(NULL, path, 10));
}
