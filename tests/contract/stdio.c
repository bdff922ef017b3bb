/* SPDX-License-Identifier: MIT */
/* Promise 4: what a child finds in its slots, and nothing else. */
#include "support/support.h"

/* Runs the child to its end on a loop of its own. */
static void run_recorded(kin_spawn_options options, struct recorder *recorder)
{
    kin_loop *loop = open_loop();
    kin_error error = { 0 };

    options.on_exit = record_exit;
    options.on_close = record_close;
    options.user = recorder;
    options.error = &error;
    if (kin_spawn(loop, &options, NULL) < 0)
        NOTE_FAILURE_C("%s", kin_error_text(&error));
    run_loop(loop);
    close_loop(loop);
}

static void expect_kinds(const char *expected, kin_stdio in, kin_stdio err)
{
    struct recorder recorder = { 0 };

    run_recorded((kin_spawn_options){ .argv = CHILD("kinds", "0", "1", "2"), .in = in, .out = { RECORDED_OUT }, .err = err },
                 &recorder);
    EXPECT_STR_EQ(expected, text_in(&recorder.out));
    recorder_free(&recorder);
}

static void expect_file(const char *expected, const char *path)
{
    char text[4096] = "";
    const int64_t size = host_read_file(path, text, sizeof text - 1);

    EXPECT_INT_EQ(strlen(expected), size);
    EXPECT_STR_EQ(expected, text);
}

TEST_C(Stdio, F09_pipes_are_pipes)
{
    expect_kinds("pipe pipe pipe", (kin_stdio){ .kind = KIN_STDIO_PIPE }, (kin_stdio){ .kind = KIN_STDIO_PIPE });
}

TEST_C(Stdio, F06_ignore_is_the_null_device)
{
    expect_kinds("null pipe null", (kin_stdio){ .kind = KIN_STDIO_IGNORE }, (kin_stdio){ .kind = KIN_STDIO_IGNORE });
}

TEST_C(Stdio, F19_files_are_files)
{
    const char *path = scratch_file("input", "text");

    expect_kinds("file pipe file", (kin_stdio){ .kind = KIN_STDIO_FILE_READ, .path = path },
                 (kin_stdio){ .kind = KIN_STDIO_FILE_TRUNCATE, .path = scratch("output") });
}

TEST_C(Stdio, F08_the_ends_of_the_child_block)
{
    struct recorder recorder = { 0 };

    run_recorded((kin_spawn_options){ .argv = CHILD("modes", "0", "1", "2"),
                                      .in = { .kind = KIN_STDIO_PIPE },
                                      .out = { RECORDED_OUT },
                                      .err = { .kind = KIN_STDIO_PIPE } },
                 &recorder);
    EXPECT_STR_EQ("blocking blocking blocking", text_in(&recorder.out));
    recorder_free(&recorder);
}

TEST_C(Stdio, a_callback_alone_asks_for_a_pipe)
{
    struct recorder recorder = { 0 };

    run_recorded((kin_spawn_options){ .argv = CHILD("say", "1", "out", "2", "err"),
                                      .out = { .on_data = record_out },
                                      .err = { .on_data = record_err } },
                 &recorder);
    EXPECT_STR_EQ("out", text_in(&recorder.out));
    EXPECT_STR_EQ("err", text_in(&recorder.err));
    recorder_free(&recorder);
}

TEST_C(Stdio, F06_reading_from_ignore_is_the_end)
{
    struct recorder recorder = { 0 };

    run_recorded((kin_spawn_options){ .argv = CHILD("count"), .in = { .kind = KIN_STDIO_IGNORE }, .out = { RECORDED_OUT } },
                 &recorder);
    EXPECT_STR_EQ("0 match", text_in(&recorder.out));
    recorder_free(&recorder);
}

TEST_C(Stdio, F06_writing_to_ignore_vanishes)
{
    struct recorder recorder = { 0 };

    run_recorded((kin_spawn_options){ .argv = CHILD("spam", "both", "1000000"),
                                      .out = { .kind = KIN_STDIO_IGNORE },
                                      .err = { .kind = KIN_STDIO_IGNORE } },
                 &recorder);
    EXPECT_EXITED(0, &recorder.close_status);
    EXPECT_STR_EQ("exit,close", recorder.events);
}

TEST_C(Stdio, F19_input_from_a_file)
{
    const char *path = scratch_file("input", "from a file");
    struct recorder recorder = { 0 };

    run_recorded((kin_spawn_options){ .argv = CHILD("cat"),
                                      .in = { .kind = KIN_STDIO_FILE_READ, .path = path },
                                      .out = { RECORDED_OUT } },
                 &recorder);
    EXPECT_STR_EQ("from a file", text_in(&recorder.out));
    recorder_free(&recorder);
}

TEST_C(Stdio, F19_output_to_a_file_from_nothing)
{
    const char *path = scratch_file("output", "something long that was there before");
    struct recorder recorder = { 0 };

    run_recorded(
        (kin_spawn_options){ .argv = CHILD("say", "1", "new"), .out = { .kind = KIN_STDIO_FILE_TRUNCATE, .path = path } },
        &recorder);
    expect_file("new", path);
}

TEST_C(Stdio, F19_output_to_a_file_at_its_end)
{
    const char *path = scratch_file("output", "old ");
    struct recorder recorder = { 0 };

    run_recorded(
        (kin_spawn_options){ .argv = CHILD("say", "2", "new "), .err = { .kind = KIN_STDIO_FILE_APPEND, .path = path } },
        &recorder);
    run_recorded(
        (kin_spawn_options){ .argv = CHILD("say", "2", "newer"), .err = { .kind = KIN_STDIO_FILE_APPEND, .path = path } },
        &recorder);
    expect_file("old new newer", path);
}

TEST_C(Stdio, F19_files_are_made_if_missing)
{
    struct recorder recorder = { 0 };

    run_recorded((kin_spawn_options){ .argv = CHILD("say", "1", "out", "2", "err"),
                                      .out = { .kind = KIN_STDIO_FILE_TRUNCATE, .path = scratch("out") },
                                      .err = { .kind = KIN_STDIO_FILE_APPEND, .path = scratch("err") } },
                 &recorder);
    expect_file("out", scratch("out"));
    expect_file("err", scratch("err"));
}

TEST_C(Stdio, F03_both_outputs_to_one_file_share_its_offset)
{
    const char *path = scratch("output");
    struct recorder recorder = { 0 };

    run_recorded((kin_spawn_options){ .argv = CHILD("say", "1", "a", "2", "b", "1", "c"),
                                      .out = { .kind = KIN_STDIO_FILE_TRUNCATE, .path = path },
                                      .err = { .kind = KIN_STDIO_SAME_AS, .slot = 1 } },
                 &recorder);
    expect_file("abc", path);
}

TEST_C(Stdio, F03_2_to_1_into_a_pipe_keeps_the_order)
{
    struct recorder recorder = { 0 };

    run_recorded((kin_spawn_options){ .argv = CHILD("turns", "6"),
                                      .out = { RECORDED_OUT },
                                      .err = { .kind = KIN_STDIO_SAME_AS, .slot = 1 } },
                 &recorder);
    EXPECT_STR_EQ("out 0\nerr 1\nout 2\nerr 3\nout 4\nerr 5\n", text_in(&recorder.out));
    recorder_free(&recorder);
}

TEST_C(Stdio, F03_1_to_2_into_a_pipe)
{
    struct recorder recorder = { 0 };

    run_recorded((kin_spawn_options){ .argv = CHILD("say", "1", "a", "2", "b"),
                                      .err = { RECORDED_ERR },
                                      .out = { .kind = KIN_STDIO_SAME_AS, .slot = 2 } },
                 &recorder);
    EXPECT_INT_EQ(2, recorder.err.size);
    recorder_free(&recorder);
}

TEST_C(Stdio, F02_swapped_files)
{
    const kin_native_handle first = host_open_for_writing(scratch("first"));
    const kin_native_handle second = host_open_for_writing(scratch("second"));
    struct recorder recorder = { 0 };

    run_recorded((kin_spawn_options){ .argv = CHILD("say", "1", "out", "2", "err"),
                                      .out = { .kind = KIN_STDIO_HANDLE, .handle = second },
                                      .err = { .kind = KIN_STDIO_HANDLE, .handle = first } },
                 &recorder);
    host_close(first);
    host_close(second);
    expect_file("err", scratch("first"));
    expect_file("out", scratch("second"));
}

TEST_C(Stdio, F17_a_handle_stays_ours)
{
    kin_native_handle ends[2];
    struct recorder recorder = { 0 };
    char text[16] = "";

    ASSERT_TRUE(host_pipe(ends));
    run_recorded(
        (kin_spawn_options){ .argv = CHILD("say", "1", "child"), .out = { .kind = KIN_STDIO_HANDLE, .handle = ends[1] } },
        &recorder);
    EXPECT_TRUE(host_write(ends[1], " and we", 7));
    host_close(ends[1]);
    for (size_t size = 0; size < 12;) {
        const int64_t part = host_read(ends[0], text + size, sizeof text - 1 - size);

        if (part <= 0)
            break;
        size += (size_t)part;
    }
    EXPECT_STR_EQ("child and we", text);
    EXPECT_INT_EQ(0, host_read(ends[0], text, 1));
    host_close(ends[0]);
}

TEST_C(Stdio, F03_one_handle_in_two_slots)
{
    const kin_native_handle file = host_open_for_writing(scratch("output"));
    struct recorder recorder = { 0 };

    run_recorded((kin_spawn_options){ .argv = CHILD("say", "1", "a", "2", "b"),
                                      .out = { .kind = KIN_STDIO_HANDLE, .handle = file },
                                      .err = { .kind = KIN_STDIO_HANDLE, .handle = file } },
                 &recorder);
    host_close(file);
    expect_file("ab", scratch("output"));
}

TEST_C(Stdio, inherited_slots_are_ours)
{
    struct recorder inner = { 0 };

    /* The child's child has what the child has: pipes of ours, not our own slots. */
    run_recorded((kin_spawn_options){ .argv = CHILD("parent-of", "kinds", "0", "1", "2"),
                                      .in = { .kind = KIN_STDIO_IGNORE },
                                      .out = { RECORDED_OUT },
                                      .err = { .kind = KIN_STDIO_PIPE } },
                 &inner);
    EXPECT_STR_EQ("null pipe pipe", text_in(&inner.out));
    recorder_free(&inner);
}

static const struct {
    const char *name;
    bool closed[3];
} closed_rows[] = { { "none", { false, false, false } },  { "in", { true, false, false } },
                    { "out", { false, true, false } },    { "err", { false, false, true } },
                    { "in_out", { true, true, false } },  { "in_err", { true, false, true } },
                    { "out_err", { false, true, true } }, { "all", { true, true, true } } };

static void close_slots(const bool *closed)
{
    for (int slot = 0; slot < 3; slot++) {
        if (closed[slot])
            host_close_slot(slot);
    }
}

TEST_CP(Stdio, F01_pipes_work_when_our_own_slots_are_closed, closed_rows)
{
    kin_result result = { 0 };
    int code;

    close_slots(row->closed);
    code = run_child(&result, EXEC_OPTIONS(.input = "through", .input_size = 7), "cat");
    host_restore_slots();
    EXPECT_INT_EQ(0, code);
    EXPECT_EXITED(0, &result.status);
    EXPECT_OUTPUT("through", &result);
    kin_result_free(&result);
}

TEST_CP(Stdio, F07_inheriting_a_closed_slot_gives_the_null_device, closed_rows)
{
    struct recorder recorder = { 0 };
    static const char *const numbers[] = { "0", "1", "2" };

    for (int slot = 0; slot < 3; slot++) {
        kin_spawn_options options = { .argv = slot == 1 ? CHILD("kinds-to", "2", "1") : CHILD("kinds", numbers[slot]) };

        if (!row->closed[slot])
            continue;
        (slot == 1 ? &options.err : &options.out)->kind = KIN_STDIO_PIPE;
        (slot == 1 ? &options.err : &options.out)->on_data = record_out;
        close_slots(row->closed);
        run_recorded(options, &recorder);
        host_restore_slots();
        EXPECT_STR_EQ("null", text_in(&recorder.out));
        recorder_free(&recorder);
    }
}

/* ----------------------------------------------------------------------------------------------------------- extra slots --- */

TEST_C(Stdio, F16_extra_slots_for_writing)
{
    struct recorder recorder = { 0 };

    run_recorded((kin_spawn_options){ .argv = CHILD("say", "3", "three", "4", "four"),
                                      .extra_count = 2,
                                      .extra = (const kin_stdio[]){ { .kind = KIN_STDIO_PIPE, .on_data = record_out },
                                                                    { .kind = KIN_STDIO_PIPE, .on_data = record_err } } },
                 &recorder);
    EXPECT_STR_EQ("three", text_in(&recorder.out));
    EXPECT_STR_EQ("four", text_in(&recorder.err));
    recorder_free(&recorder);
}

TEST_C(Stdio, F16_extra_slots_for_reading)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    ASSERT_INT_EQ(
        0, kin_spawn(loop,
                     SPAWN_OPTIONS(.argv = CHILD("cat", "3", "1"), .out = { RECORDED_OUT }, .extra_count = 1,
                                   .extra = (const kin_stdio[]){ { .kind = KIN_STDIO_PIPE_INPUT } }, RECORDED(&recorder)),
                     &child));
    ASSERT_NOT_NULL(kin_child_stream(child, 3));
    EXPECT_INT_EQ(0, kin_stream_write(kin_child_stream(child, 3), "by slot three", 13, NULL, NULL));
    EXPECT_INT_EQ(0, kin_stream_end(kin_child_stream(child, 3)));
    run_loop(loop);
    EXPECT_STR_EQ("by slot three", text_in(&recorder.out));
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Stdio, F16_extra_slots_of_every_kind)
{
    const kin_native_handle file = host_open_for_writing(scratch("handle"));
    struct recorder recorder = { 0 };

    run_recorded(
        (kin_spawn_options){ .argv = CHILD("kinds", "3", "4", "5", "6", "7", "8"),
                             .out = { RECORDED_OUT },
                             .extra_count = 6,
                             .extra = (const kin_stdio[]){ { .kind = KIN_STDIO_PIPE },
                                                           { .kind = KIN_STDIO_IGNORE },
                                                           { .kind = KIN_STDIO_FILE_TRUNCATE, .path = scratch("file") },
                                                           { .kind = KIN_STDIO_HANDLE, .handle = file },
                                                           { .kind = KIN_STDIO_SAME_AS, .slot = 1 },
                                                           { 0 } } },
        &recorder);
    host_close(file);
    EXPECT_STR_EQ("pipe null file file pipe null", text_in(&recorder.out));
    recorder_free(&recorder);
}

TEST_C(Stdio, S37_only_the_slots_asked_for_are_open)
{
    kin_native_handle ends[2];
    struct recorder recorder = { 0 };

    ASSERT_TRUE(host_pipe(ends));
    run_recorded((kin_spawn_options){ .argv = CHILD("open-slots"), .in = { .kind = KIN_STDIO_PIPE }, .out = { RECORDED_OUT } },
                 &recorder);
    EXPECT_STR_EQ("0 1 2", text_in(&recorder.out));
    host_close(ends[0]);
    host_close(ends[1]);
    recorder_free(&recorder);
}

TEST_C(Stdio, S37_only_the_slots_asked_for_are_open_with_extra_ones)
{
    struct recorder recorder = { 0 };

    run_recorded(
        (kin_spawn_options){ .argv = CHILD("open-slots"),
                             .out = { RECORDED_OUT },
                             .extra_count = 2,
                             .extra = (const kin_stdio[]){ { .kind = KIN_STDIO_PIPE }, { .kind = KIN_STDIO_IGNORE } } },
        &recorder);
    EXPECT_STR_EQ("0 1 2 3 4", text_in(&recorder.out));
    recorder_free(&recorder);
}

TEST_C(Stdio, F16_the_most_extra_slots_there_may_be)
{
    enum { COUNT = 252 };
    kin_stdio extra[COUNT + 1] = { { 0 } };
    struct recorder recorder = { 0 };
    kin_child *child = NULL;

    extra[COUNT - 1] = (kin_stdio){ .kind = KIN_STDIO_PIPE, .on_data = record_out };
    run_recorded((kin_spawn_options){ .argv = CHILD("say", "254", "the last"), .extra = extra, .extra_count = COUNT },
                 &recorder);
    EXPECT_STR_EQ("the last", text_in(&recorder.out));
    EXPECT_INT_EQ(KIN_EINVAL,
                  kin_spawn(NULL, SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .extra = extra, .extra_count = COUNT + 1), &child));
    recorder_free(&recorder);
}

TEST_C(Stdio, streams_are_there_for_pipes_only)
{
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    ASSERT_INT_EQ(0, kin_spawn(loop,
                               SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .in = { .kind = KIN_STDIO_PIPE },
                                             .out = { .kind = KIN_STDIO_IGNORE }, .err = { .kind = KIN_STDIO_PIPE }),
                               &child));
    EXPECT_NOT_NULL(kin_child_stream(child, 0));
    EXPECT_NULL(kin_child_stream(child, 1));
    EXPECT_NOT_NULL(kin_child_stream(child, 2));
    EXPECT_NULL(kin_child_stream(child, 3));
    EXPECT_NULL(kin_child_stream(child, 4000000000U));
    run_loop(loop);
    kin_child_release(child);
    close_loop(loop);
}

TEST_C(Stdio, F26_bytes_are_bytes)
{
    char expected[256 + 7];
    kin_result result = { 0 };

    for (size_t i = 0; i < 256; i++)
        expected[i] = (char)i;
    memcpy(expected + 256, "\r\n\n\r\x1a\0\xff", 7);
    ASSERT_INT_EQ(0, run_child(&result, NULL, "binary"));
    check_output(SHIM_HERE(false), "stdout", expected, sizeof expected, &result.out);
    kin_result_free(&result);
}

TEST_C(Stdio, S06_S07_signals_of_the_child_are_the_default_ones)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, NULL, "signals"));
    EXPECT_OUTPUT("default", &result);
    kin_result_free(&result);
}

TEST_C(Stdio, S39_the_umask_is_inherited_or_set)
{
    kin_result result = { 0 };

    SKIP_ON_WINDOWS_C("there is no umask");
    ASSERT_INT_EQ(0, run_child(&result, NULL, "umask"));
    EXPECT_OUTPUT(text_of("%03o", host_umask()), &result);
    kin_result_free(&result);
    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.set_umask = true, .umask = 0), "umask"));
    EXPECT_OUTPUT("000", &result);
    kin_result_free(&result);
    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.set_umask = true, .umask = 0137), "umask"));
    EXPECT_OUTPUT("137", &result);
    kin_result_free(&result);
}

TEST_C(Stdio, C06_what_windows_has_not_is_refused_there)
{
    kin_result result = { 0 };

    SKIP_ON_POSIX_C("it has both");
    EXPECT_INT_EQ(KIN_ENOTSUP, run_child(&result, EXEC_OPTIONS(.set_umask = true, .umask = 0), "exit", "0"));
    kin_result_free(&result);
    EXPECT_INT_EQ(KIN_ENOTSUP,
                  run_child(&result, EXEC_OPTIONS(.credentials = &(kin_credentials){ 1, 1, NULL, 0, false }), "exit", "0"));
    kin_result_free(&result);
}

TEST_C(Stdio, C01_C02_another_user_with_no_groups)
{
    kin_result result = { 0 };

    SKIP_ON_WINDOWS_C("there are no such ids");
    if (!host_is_superuser())
        SKIP_C("only the superuser may become another");
    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.credentials = &(kin_credentials){ .uid = 65534, .gid = 65533 }), "ids"));
    EXPECT_OUTPUT("uid 65534 65534 gid 65533 65533 groups", &result);
    kin_result_free(&result);
}

TEST_C(Stdio, C01_another_user_with_groups)
{
    const uint32_t groups[] = { 7, 65533 };
    kin_result result = { 0 };

    SKIP_ON_WINDOWS_C("there are no such ids");
    if (!host_is_superuser())
        SKIP_C("only the superuser may become another");
    ASSERT_INT_EQ(0,
                  run_child(&result, EXEC_OPTIONS(.credentials = &(kin_credentials){ 65534, 65533, groups, 2, false }), "ids"));
    EXPECT_OUTPUT("uid 65534 65534 gid 65533 65533 groups 7 65533", &result);
    kin_result_free(&result);
}
