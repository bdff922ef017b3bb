/* SPDX-License-Identifier: MIT */
/* Tokens that end children. */
#include "scene.h"

static kin_cancel *token;

static void start_with_token(bool tree)
{
    kin_spawn_options options = quiet_options(tree);

    ASSERT_INT_EQ(0, kin_cancel_create(&token));
    options.cancel = token;
    start_with(&options);
}

static void trigger(void *unused)
{
    (void)unused;
    EXPECT_INT_EQ(0, kin_cancel_trigger(token));
}

TEST_C(Cancel, AsksThenForces)
{
    start_with_token(true);
    EXPECT_FALSE(kin_cancel_is_triggered(token));
    fake_later(100, trigger, NULL);
    EXPECT_INT_EQ(100 + KIN_GRACE_MS, run_for_ms());
    EXPECT_TRUE(kin_cancel_is_triggered(token));
    EXPECT_STR_EQ("exit(signal 9 (cancelled), forced) close(signal 9 (cancelled), forced)", noted());
    kin_cancel_release(token);
}

TEST_C(Cancel, BeforeTheStartRefusesIt)
{
    kin_spawn_options options = quiet_options(false);
    kin_error error;

    ASSERT_INT_EQ(0, kin_cancel_create(&token));
    options.cancel = token;
    options.error = &error;
    trigger(NULL);
    EXPECT_INT_EQ(KIN_ECANCELED, kin_spawn(loop, &options, &child));
    EXPECT_NULL(child);
    EXPECT_NULL(fake_process());
    EXPECT_STR_EQ("options: ECANCELED: cancel", kin_error_text(&error));
    kin_cancel_release(token);
}

TEST_C(Cancel, AfterTheEndDoesNothing)
{
    start_with_token(false);
    fake_exits(fake_process(), 0);
    run();
    trigger(NULL);
    trigger(NULL);
    settle_down();
    EXPECT_STR_EQ("exit(exited 0) close(exited 0)", noted());
    kin_cancel_release(token);
}

TEST_C(Cancel, ATokenMayGoBeforeItsChildren)
{
    start_with_token(false);
    kin_cancel_release(token);
    fake_later(50, child_leaves, fake_process());
    run();
    EXPECT_STR_EQ("exit(exited 0) close(exited 0)", noted());
}

TEST_C(Cancel, ReachesAllOfItsChildren)
{
    kin_spawn_options options = quiet_options(false);
    kin_child *children[3] = { NULL };

    ASSERT_INT_EQ(0, kin_cancel_create(&token));
    options.cancel = token;
    options.grace_ms = KIN_AT_ONCE;
    for (size_t i = 0; i < 3; i++)
        ASSERT_INT_EQ(0, kin_spawn(loop, &options, &children[i]));
    trigger(NULL);
    EXPECT_STR_EQ("", noted()); /* nobody is told inside the call */
    run();
    EXPECT_SIZE_EQ(3, count_of("close(signal 9 (cancelled), forced)"));
    for (size_t i = 0; i < 3; i++)
        kin_child_release(children[i]);
    kin_cancel_release(token);
}

static void release_everything(void)
{
    release_child();
    kin_cancel_release(token);
    token = NULL;
}

TEST_C(Cancel, EverythingMayBeReleasedWhileItComes)
{
    start_with_token(false);
    trigger(NULL);
    release_everything();
    settle_down();
    EXPECT_STR_EQ("", noted());
    EXPECT_SIZE_EQ(0, fake_asks_of(fake_process()));
}

TEST_C(Cancel, ALoopMayGoWithItsChildren)
{
    start_with_token(false);
    release_loop();
    trigger(NULL);
    kin_cancel_release(token);
}

TEST_C(Cancel, OfARunIsItsResult)
{
    const char *const argv[] = { "tool", NULL };
    kin_result result;

    ASSERT_INT_EQ(0, kin_cancel_create(&token));
    fake_later(100, trigger, NULL);
    fake_when_idle(end_outputs_of_the_forced);
    EXPECT_INT_EQ(KIN_ECANCELED,
                  kin_exec_file_sync(argv, &(kin_exec_options){ .cancel = token, .grace_ms = KIN_AT_ONCE }, &result));
    EXPECT_STR_EQ("run: ECANCELED: tool", kin_error_text(&result.error));
    EXPECT_INT_EQ(KIN_CAUSE_CANCELLED, result.status.cause);
    kin_result_free(&result);
    EXPECT_INT_EQ(KIN_ECANCELED, kin_exec_file_sync(argv, &(kin_exec_options){ .cancel = token }, &result));
    EXPECT_INT_EQ(KIN_EXIT_NONE, result.status.kind);
    kin_result_free(&result);
    kin_cancel_release(token);
}

TEST_C(Cancel, RefusesWhatMakesNoSense)
{
    EXPECT_INT_EQ(KIN_EINVAL, kin_cancel_create(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_cancel_trigger(NULL));
    EXPECT_FALSE(kin_cancel_is_triggered(NULL));
    kin_cancel_release(NULL);
}
