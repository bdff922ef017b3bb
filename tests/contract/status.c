/* SPDX-License-Identifier: MIT */
/* Promise 7: the status says how and why. */
#include "support/support.h"

static const struct {
    const char *name;
    const char *text;
    uint32_t code;
} code_rows[] = { { "0", "0", 0 },
                  { "1", "1", 1 },
                  { "42", "42", 42 },
                  { "126", "126", 126 },
                  { "128", "128", 128 },
                  { "255", "255", 255 },
                  { "256", "256", 256 },
                  { "259", "259", 259 },
                  { "300", "300", 300 },
                  { "65536", "65536", 65536 },
                  { "minus_one", "0xffffffff", 0xffffffff } };

TEST_CP(Status, R17_H05_H07_exit_code, code_rows)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, NULL, "exit", row->text));
    EXPECT_EXITED(host_exit_code_seen(row->code), &result.status);
    EXPECT_INT_EQ(KIN_CAUSE_NONE, result.status.cause);
    EXPECT_INT_EQ(host_exit_code_seen(row->code) == 0, kin_status_ok(&result.status));
    kin_result_free(&result);
}

TEST_C(Status, R16_all_codes_of_eight_bits)
{
    for (unsigned code = 0; code < 256; code += host_is_slow() ? 51 : 1) {
        kin_result result = { 0 };

        ASSERT_INT_EQ(0, run_child(&result, NULL, "exit", text_of("%u", code)));
        EXPECT_EXITED(code, &result.status);
        kin_result_free(&result);
    }
}

TEST_C(Status, H07_a_crash_is_a_crash)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, NULL, "crash"));
    EXPECT_TRUE(host_status_is_crash(&result.status));
    EXPECT_INT_EQ(KIN_CAUSE_NONE, result.status.cause);
    EXPECT_FALSE(kin_status_ok(&result.status));
    kin_result_free(&result);
}

static const struct {
    const char *name;
    int signal;
} signal_rows[] = { { "HUP", 1 },  { "INT", 2 },   { "QUIT", 3 },  { "ABRT", 6 },
                    { "KILL", 9 }, { "PIPE", 13 }, { "ALRM", 14 }, { "TERM", 15 } };

TEST_CP(Status, R16_a_signal_of_its_own, signal_rows)
{
    kin_result result = { 0 };

    SKIP_ON_WINDOWS_C("there are no signals");
    ASSERT_INT_EQ(0, run_child(&result, NULL, "signal", text_of("%d", row->signal)));
    EXPECT_ENDED_BY(row->signal, KIN_CAUSE_NONE, &result.status);
    kin_result_free(&result);
}

TEST_C(Status, usage_comes_with_it_or_is_not_known)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, NULL, "spam", "out", "500000"));
    if (!result.status.usage.known) {
        EXPECT_UINT_EQ(0, result.status.usage.user_us);
        EXPECT_UINT_EQ(0, result.status.usage.system_us);
        EXPECT_UINT_EQ(0, result.status.usage.peak_memory_bytes);
    } else if (!host_is_wine()) { /* whose counters are all 0 after the exit */
        EXPECT_INT_GE(result.status.usage.peak_memory_bytes, 10 * 1024);
        EXPECT_INT_LT(result.status.usage.peak_memory_bytes, 1024 * 1024 * 1024);
        EXPECT_INT_LT(result.status.usage.user_us + result.status.usage.system_us, 60 * 1000000);
    }
    kin_result_free(&result);
}

static const struct {
    const char *name;
    const char *text;
    kin_status status;
} text_rows[] = {
    { "exited_0", "exited 0", { .kind = KIN_EXIT_CODE } },
    { "exited_3", "exited 3", { .kind = KIN_EXIT_CODE, .code = 3 } },
    { "signal_9_timeout", "signal 9 (timeout)", { .kind = KIN_EXIT_SIGNAL, .signal = 9, .cause = KIN_CAUSE_TIMEOUT } },
    { "crashed", "crashed 0xc0000005", { .kind = KIN_EXIT_CRASH, .code = 0xC0000005U } },
};

TEST_CP(Status, has_a_text, text_rows)
{
    char text[64];
    char small[4] = "???";

    EXPECT_INT_EQ(strlen(row->text), kin_status_text(&row->status, text, sizeof text));
    EXPECT_STR_EQ(row->text, text);
    EXPECT_INT_EQ(strlen(row->text), kin_status_text(&row->status, small, sizeof small));
    EXPECT_INT_EQ(3, strlen(small));
    EXPECT_INT_EQ(strlen(row->text), kin_status_text(&row->status, NULL, 0));
}

TEST_C(Status, is_zero_while_the_child_runs)
{
    kin_loop *loop = open_loop();
    kin_child *child = NULL;
    kin_status status = { .kind = KIN_EXIT_LOST };

    ASSERT_INT_EQ(
        0, kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("exit-after-input", "5"), .in = { .kind = KIN_STDIO_PIPE }), &child));
    EXPECT_INT_EQ(0, kin_child_status(child, &status));
    EXPECT_INT_EQ(KIN_EXIT_NONE, status.kind);
    EXPECT_INT_GT(kin_child_id(child), 0);
    kin_stream_end(kin_child_stream(child, 0));
    run_loop(loop);
    EXPECT_INT_EQ(1, kin_child_status(child, &status));
    EXPECT_EXITED(5, &status);
    kin_child_release(child);
    close_loop(loop);
}

TEST_C(Status, the_id_is_that_of_the_process)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    ASSERT_INT_EQ(0,
                  kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("pid"), .out = { RECORDED_OUT }, RECORDED(&recorder)), &child));
    run_loop(loop);
    EXPECT_STR_EQ(text_of("%lld", (long long)kin_child_id(child)), text_in(&recorder.out));
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Status, R15_stopped_is_not_exited)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = NULL;
    kin_child *child = NULL;

    SKIP_ON_WINDOWS_C("a process cannot be stopped by a signal");
    loop = open_loop();
    ASSERT_INT_EQ(
        0, kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("stop-self"), .out = { RECORDED_OUT }, RECORDED(&recorder)), &child));
    run_until(loop, has_output, &recorder);
    EXPECT_INT_EQ(0, recorder.exits);
    while (recorder.exits == 0 && kin_kill(child, 18) == 0) /* SIGCONT; it may stop after it */
        kin_loop_run(loop, KIN_RUN_NOWAIT);
    run_loop(loop);
    EXPECT_STR_EQ("stopping\ncontinued\n", text_in(&recorder.out));
    EXPECT_EXITED(0, &recorder.close_status);
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(loop);
}

/* Whatever the host does with SIGCHLD, and who else waits; KIN_TEST_HOST names such hosts. */
TEST_C(Status, R02_R03_every_exit_is_told_with_its_code)
{
    const unsigned rounds = SCALED(500, 20);
    kin_loop *loop = open_loop();

    for (unsigned i = 0; i < rounds; i++) {
        struct recorder recorder = { 0 };

        ASSERT_INT_EQ(
            0, kin_spawn(loop,
                         SPAWN_OPTIONS(.argv = CHILD("exit", text_of("%u", i % 200)), .tree = i % 2 == 0, RECORDED(&recorder)),
                         NULL));
        run_loop(loop);
        EXPECT_STR_EQ("exit,close", recorder.events);
        EXPECT_EXITED(i % 200, &recorder.exit_status);
    }
    close_loop(loop);
}
