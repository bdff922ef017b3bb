/* SPDX-License-Identifier: MIT */
/*
 * The library on the real system with each of its allocations failing in turn, and with all of them failing from one on: it
 * says KIN_ENOMEM and can be tried again, or it manages without. What is left behind is counted by the support library.
 */
#include "fault/allocation.h"
#include "support/support.h"

/* ------------------------------------------------------------------------------------------------------------- scenarios */

/* True when the call was refused for want of memory; any other failure is one of the test. */
static bool lacked_memory(int64_t code)
{
    if (code < 0 && code != KIN_ENOMEM)
        NOTE_FAILURE_C("%s", kin_code_name((int)code));
    return code == KIN_ENOMEM;
}

/* The memory of the tests themselves does not run out. */
static volatile bool recording;

static bool is_recording(void)
{
    return recording;
}

static void record_bytes(kin_stream *stream, const char *data, size_t size, void *user)
{
    recording = true;
    record_out(stream, data, size, user);
    recording = false;
}

static void exec_file(void)
{
    const kin_exec_options options = { .input = "hello", .input_size = 5, .env_set = LIST("KIN_TEST=1") };
    kin_result result = { 0 };
    const int code = run_child(&result, &options, "cat");

    EXPECT_INT_EQ(code, result.code);
    EXPECT_INT_EQ(code, result.error.code);
    if (!lacked_memory(code)) {
        EXPECT_OUTPUT("hello", &result);
        EXPECT_EXITED(0, &result.status);
    }
    kin_result_free(&result);
}

static void exec_shell(void)
{
    kin_result result = { 0 };

    if (!lacked_memory(kin_exec_sync("echo hello", NULL, &result)))
        EXPECT_OUTPUT("hello\n", &result);
    kin_result_free(&result);
}

static void missing_program(void)
{
    static const char *const argv[] = { "kin-no-such-program", NULL };
    kin_result result = { 0 };
    const int code = kin_exec_file_sync(argv, EXEC_OPTIONS(.env_set = LIST("KIN_TEST=1")), &result);

    EXPECT_TRUE(code == KIN_ENOENT || code == KIN_ENOMEM);
    kin_result_free(&result);
}

static void search(void)
{
    const kin_spawn_options options = { .argv = LIST("sh"), .env_set = LIST("PATH=/nowhere:/bin") };
    char path[256];

    if (!lacked_memory(kin_which(&options, path, sizeof path)))
        EXPECT_STR_EQ("/bin/sh", path);
}

/* Bytes through the child; a file of its stderr; an extra slot. Every write and every callback of the child is told once. */
static void live_on(kin_loop *loop)
{
    static const kin_stdio extra[] = { { .kind = KIN_STDIO_IGNORE } };
    struct recorder recorder = { 0 };
    const kin_spawn_options options = { .argv = CHILD("cat"),
                                        .in = { .kind = KIN_STDIO_PIPE },
                                        .out = { .on_data = record_bytes, .on_end = record_end },
                                        .err = { .kind = KIN_STDIO_IGNORE },
                                        .extra = extra,
                                        .extra_count = 1,
                                        .tree = true,
                                        RECORDED(&recorder) };
    kin_child *child = NULL;

    recorder.loop = loop;
    if (!lacked_memory(kin_spawn(loop, &options, &child))) {
        lacked_memory(kin_stream_write(kin_child_stream(child, 0), "a", 1, record_written, &recorder));
        lacked_memory(kin_stream_write(kin_child_stream(child, 0), "b", 1, record_written, &recorder));
        kin_stream_end(kin_child_stream(child, 0));
        EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
        EXPECT_INT_EQ(1, recorder.exits);
        EXPECT_INT_EQ(1, recorder.closes);
        EXPECT_INT_EQ(1, recorder.ends);
    }
    kin_child_release(child);
    recorder_free(&recorder);
}

static void child_on_a_loop(void)
{
    kin_loop *loop = NULL;

    if (!lacked_memory(kin_loop_create(&loop))) {
        live_on(loop);
        live_on(loop); /* the loop is as good as before */
    }
    kin_loop_release(loop);
}

static void carry_on(kin_loop *loop, const char *path)
{
    const kin_spawn_options options = { .argv = CHILD("say", "1", "hello"), .out = { .kind = KIN_STDIO_PIPE } };
    kin_child *child = NULL;
    kin_stream *file = NULL;

    if (!lacked_memory(kin_stream_open_file(loop, path, KIN_FILE_TRUNCATE, &file, NULL)) &&
        !lacked_memory(kin_spawn(loop, &options, &child))) {
        lacked_memory(kin_stream_pipe(kin_child_stream(child, 1), file, KIN_PIPE_DEFAULT, NULL, NULL));
        EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    }
    kin_stream_release(file);
    kin_child_release(child);
    kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
}

static void carry_into_a_file(void)
{
    kin_loop *loop = NULL;

    if (!lacked_memory(kin_loop_create(&loop)))
        carry_on(loop, scratch("carried"));
    kin_loop_release(loop);
}

static void blocking_child(void)
{
    const kin_spawn_options options = { .argv = CHILD("cat"),
                                        .in = { .kind = KIN_STDIO_PIPE },
                                        .out = { .kind = KIN_STDIO_PIPE } };
    kin_child *child = NULL;
    kin_status status;
    char text[8];

    if (lacked_memory(kin_spawn(NULL, &options, &child)))
        return;
    if (!lacked_memory(kin_child_write(child, 0, "a", 1, KIN_FOREVER)))
        lacked_memory(kin_child_read(child, 1, text, sizeof text, KIN_FOREVER));
    EXPECT_INT_EQ(0, kin_child_close(child, 0));
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, &status));
    EXPECT_EXITED(0, &status);
    kin_child_release(child);
}

/* ---------------------------------------------------------------------------------------------------------- each in turn */

static const struct {
    const char *name;
    void (*live)(void);
} scenarios[] = {
    { "exec_file", exec_file },
    { "exec_shell", exec_shell },
    { "missing_program", missing_program },
    { "search", search },
    { "child_on_a_loop", child_on_a_loop },
    { "carry_into_a_file", carry_into_a_file },
    { "blocking_child", blocking_child },
};

#define MOST_ALLOCATIONS ((size_t)500)

static bool live_with_failure(void (*live)(void), void (*fail)(size_t number), size_t number)
{
    const size_t before = allocation_blocks();
    bool failed;

    fail(number);
    live();
    failed = allocation_stop_failing();
    EXPECT_SIZE_EQ(before, allocation_blocks());
    return failed;
}

static void check_each(void (*live)(void), void (*fail)(size_t number))
{
    bool failed = true;
    size_t number = 1;

    allocation_spare(is_recording);
    scratch(""); /* the directory is the test's, not the scenario's */
    for (; failed && number < MOST_ALLOCATIONS; number++) {
        TRACE_C("allocation %zu", number);
        failed = live_with_failure(live, fail, number);
        TRACE_END_C();
    }
    EXPECT_TRUE(number > 2 && number < MOST_ALLOCATIONS);
}

TEST_CP(Fault, OneAllocationFails, scenarios)
{
    check_each(row->live, allocation_fail_at);
}

TEST_CP(Fault, EveryAllocationFailsFromOneOn, scenarios)
{
    check_each(row->live, allocation_fail_from);
}
