/* SPDX-License-Identifier: MIT */
/* A close that always comes: others that hold the pipes are waited for as long as was said, and are named. */
#include "support/support.h"

#define SLOT(number) (UINT64_C(1) << (number))

/* The grandchild has stderr alone of the two, until its input ends. */
#define HOLDER_OF_STDERR CHILD("grandchild-without", "1", "say-after-input", "2", "late")
#define HOLDER_OF_BOTH CHILD("grandchild", "say-after-input", "2", "late")

static void start(struct victim *victim, const char *const *argv, int64_t close_delay_ms)
{
    victim_begin(victim, SPAWN_OPTIONS(.argv = argv, .err = { RECORDED_ERR }, .tree = true, .close_delay_ms = close_delay_ms));
}

static const struct {
    const char *name;
    int64_t delay_ms;
} delay_rows[] = { { "at_once", KIN_AT_ONCE }, { "soon", 20 }, { "usual", KIN_CLOSE_DELAY_MS } };

TEST_CP(Close, F23_names_the_pipe_that_is_held, delay_rows)
{
    struct victim victim;

    start(&victim, HOLDER_OF_STDERR, row->delay_ms);
    victim_run(&victim);
    EXPECT_FALSE(victim.recorder.exit_status.output_incomplete);
    EXPECT_TRUE(victim.recorder.close_status.output_incomplete);
    EXPECT_UINT_EQ(SLOT(2), victim.recorder.close_status.held_slots);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    EXPECT_STR_EQ("", text_in(&victim.recorder.err));
    victim_free(&victim); /* the grandchild's input has ended with the close */
}

TEST_C(Close, F23_names_all_that_are_held)
{
    struct victim victim;

    start(&victim, HOLDER_OF_BOTH, KIN_AT_ONCE);
    victim_run(&victim);
    EXPECT_UINT_EQ(SLOT(1) | SLOT(2), victim.recorder.close_status.held_slots);
    victim_free(&victim);
}

TEST_C(Close, F23_an_extra_pipe_is_named_too)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("grandchild-without", "12", "say-after-input", "3", "late"),
                                        .extra = (const kin_stdio[]){ { RECORDED_OUT } }, .extra_count = 1,
                                        .close_delay_ms = KIN_AT_ONCE));
    victim_run(&victim);
    EXPECT_UINT_EQ(SLOT(3), victim.recorder.close_status.held_slots);
    victim_free(&victim);
}

TEST_C(Close, F23_for_ever_is_until_the_tree_is_ended)
{
    struct victim victim;

    start(&victim, HOLDER_OF_STDERR, KIN_FOREVER);
    run_until(victim.loop, has_exited, &victim.recorder);
    EXPECT_INT_EQ(0, victim.recorder.closes);
    EXPECT_INT_EQ(0, kin_kill_tree(victim.child, KIN_SIGNAL_KILL));
    victim_run(&victim);
    EXPECT_FALSE(victim.recorder.close_status.output_incomplete);
    EXPECT_UINT_EQ(0, victim.recorder.close_status.held_slots);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    victim_free(&victim);
}

TEST_C(Close, F23_who_lets_go_in_time_is_not_named)
{
    struct victim victim;

    start(&victim, HOLDER_OF_STDERR, 60000);
    run_until(victim.loop, has_exited, &victim.recorder);
    victim_end_input(&victim);
    victim_run(&victim);
    EXPECT_FALSE(victim.recorder.close_status.output_incomplete);
    EXPECT_STR_EQ("late", text_in(&victim.recorder.err));
    victim_free(&victim);
}

/* Whoever holds stderr writes until nobody reads any more, and ends. */
TEST_C(Close, F23_a_run_says_which_output_is_incomplete)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.close_delay_ms = KIN_AT_ONCE, .max_buffer = KIN_UNLIMITED),
                               "grandchild-without", "1", "spam", "err", "100000000000"));
    EXPECT_EXITED(0, &result.status);
    EXPECT_TRUE(result.status.output_incomplete);
    EXPECT_TRUE(result.err.incomplete);
    EXPECT_FALSE(result.out.incomplete);
    EXPECT_FALSE(result.err.truncated);
    EXPECT_TRUE(pattern_is_at(result.err.data, result.err.size));
    kin_result_free(&result);
}

TEST_C(Close, F23_a_run_whose_output_is_complete_says_so)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.close_delay_ms = KIN_AT_ONCE), "spam", "both", "100000"));
    EXPECT_FALSE(result.status.output_incomplete);
    EXPECT_FALSE(result.out.incomplete);
    EXPECT_FALSE(result.err.incomplete);
    EXPECT_UINT_EQ(0, result.status.held_slots);
    kin_result_free(&result);
}
