/* SPDX-License-Identifier: MIT */
/* Promises 9 and 10, the times: a limit ends all that runs, and what came until then is kept. */
#include "support/support.h"

TEST_C(Timeout, ends_the_child_and_keeps_what_came)
{
    kin_result result = { 0 };

    UNTIL_IT_HAD_BEGUN(limit, result.out.size)
    {
        kin_result_free(&result);
        EXPECT_INT_EQ(KIN_ETIMEDOUT, run_child(&result, EXEC_OPTIONS(.timeout_ms = limit), "read-nothing"));
    }
    EXPECT_INT_EQ(KIN_ETIMEDOUT, result.code);
    EXPECT_INT_EQ(KIN_STAGE_RUN, result.error.stage);
    EXPECT_INT_EQ(KIN_CAUSE_TIMEOUT, result.status.cause);
    EXPECT_INT_EQ(KIN_EXIT_SIGNAL, result.status.kind);
    EXPECT_OUTPUT("ready\n", &result);
    kin_result_free(&result);
}

TEST_C(Timeout, T04_reaches_the_grandchild)
{
    kin_result result = { 0 };

    UNTIL_IT_HAD_BEGUN(limit, result.out.size)
    {
        kin_result_free(&result);
        EXPECT_INT_EQ(KIN_ETIMEDOUT, run_child(&result, EXEC_OPTIONS(.timeout_ms = limit, .close_delay_ms = KIN_FOREVER),
                                               "grandchild-beside", "read-nothing"));
    }
    EXPECT_FALSE(result.status.output_incomplete);
    kin_result_free(&result);
}

TEST_C(Timeout, T04_reaches_a_grandchild_whose_parent_has_ended)
{
    kin_result result = { 0 };

    UNTIL_IT_HAD_BEGUN(limit, result.out.size)
    {
        kin_result_free(&result);
        EXPECT_INT_EQ(KIN_ETIMEDOUT, run_child(&result, EXEC_OPTIONS(.timeout_ms = limit, .close_delay_ms = KIN_FOREVER),
                                               "grandchild", "read-nothing"));
    }
    EXPECT_INT_EQ(KIN_CAUSE_TIMEOUT, result.status.cause);
    kin_result_free(&result);
}

TEST_C(Timeout, T03_is_forced_on_a_child_that_ignores_the_request)
{
    kin_result result = { 0 };

    UNTIL_IT_HAD_BEGUN(limit, result.out.size)
    {
        kin_result_free(&result);
        EXPECT_INT_EQ(KIN_ETIMEDOUT, run_child(&result, EXEC_OPTIONS(.timeout_ms = limit), "refuse-to-end"));
    }
    EXPECT_ENDED_BY(KIN_SIGNAL_KILL, KIN_CAUSE_TIMEOUT, &result.status);
    EXPECT_TRUE(result.status.forced);
    EXPECT_OUTPUT("ready\n", &result);
    kin_result_free(&result);
}

/* The tree is a process group there, which its root can leave as well. */
TEST_C(Timeout, R12_covers_a_child_that_has_left_its_group)
{
    kin_result result = { 0 };

    UNTIL_IT_HAD_BEGUN(limit, result.out.size)
    {
        kin_result_free(&result);
        EXPECT_INT_EQ(KIN_ETIMEDOUT, run_child(&result, EXEC_OPTIONS(.timeout_ms = limit), "leave-group"));
    }
    EXPECT_INT_EQ(KIN_EXIT_SIGNAL, result.status.kind);
    EXPECT_INT_EQ(KIN_CAUSE_TIMEOUT, result.status.cause);
    EXPECT_OUTPUT("ready\n", &result);
    kin_result_free(&result);
}

TEST_C(Timeout, T06_covers_input_that_nobody_reads)
{
    const size_t size = 8 * 1024 * 1024;
    unsigned char *input = calloc(size, 1);
    kin_result result = { 0 };

    ASSERT_NOT_NULL(input);
    UNTIL_IT_HAD_BEGUN(limit, result.out.size)
    {
        kin_result_free(&result);
        EXPECT_INT_EQ(KIN_ETIMEDOUT, run_child(&result, EXEC_OPTIONS(.timeout_ms = limit, .input = input, .input_size = size),
                                               "read-nothing"));
    }
    kin_result_free(&result);
    free(input);
}

TEST_C(Timeout, T05_that_is_not_reached_leaves_no_trace)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.timeout_ms = 50000), "exit", "4"));
    EXPECT_EXITED(4, &result.status);
    EXPECT_INT_EQ(KIN_CAUSE_NONE, result.status.cause);
    kin_result_free(&result);
}

TEST_C(Timeout, R19_may_be_huge)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.timeout_ms = INT64_MAX, .close_delay_ms = INT64_MAX), "exit", "4"));
    EXPECT_EXITED(4, &result.status);
    kin_result_free(&result);
    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.timeout_ms = KIN_FOREVER), "exit", "5"));
    EXPECT_EXITED(5, &result.status);
    kin_result_free(&result);
}

TEST_C(Timeout, of_a_spawned_child)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();

    UNTIL_IT_HAD_BEGUN(limit, recorder.out.size)
    {
        recorder = (struct recorder){ 0 };
        ASSERT_INT_EQ(0, kin_spawn(loop,
                                   SPAWN_OPTIONS(.argv = CHILD("read-nothing"), .out = { RECORDED_OUT }, .timeout_ms = limit,
                                                 RECORDED(&recorder)),
                                   NULL));
        run_loop(loop);
    }
    EXPECT_INT_EQ(1, recorder.exits);
    EXPECT_INT_EQ(1, recorder.closes);
    EXPECT_INT_EQ(KIN_CAUSE_TIMEOUT, recorder.exit_status.cause);
    EXPECT_INT_EQ(KIN_CAUSE_TIMEOUT, recorder.close_status.cause);
    EXPECT_STR_EQ("ready\n", text_in(&recorder.out));
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Timeout, F23_exec_says_when_the_output_is_incomplete)
{
    kin_result result = { 0 };

    /* it writes until nobody reads any more, and ends */
    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.close_delay_ms = KIN_AT_ONCE, .max_buffer = KIN_UNLIMITED), "grandchild",
                               "spam", "out", "100000000000"));
    EXPECT_EXITED(0, &result.status);
    EXPECT_TRUE(result.status.output_incomplete);
    kin_result_free(&result);
}
