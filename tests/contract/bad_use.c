/* SPDX-License-Identifier: MIT */
/* Promise 15: bad use is KIN_EINVAL and has no effect. */
#include <limits.h>

#include "support/support.h"

static void refused(const char *subject, kin_spawn_options options)
{
    struct recorder recorder = { 0 };
    kin_error error = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    options.error = &error;
    options.on_exit = record_exit;
    options.user = &recorder;
    EXPECT_INT_EQ(KIN_EINVAL, kin_spawn(loop, &options, &child));
    EXPECT_NULL(child);
    EXPECT_ERROR(KIN_EINVAL, KIN_STAGE_OPTIONS, subject, &error);
    run_loop(loop);
    EXPECT_INT_EQ(0, recorder.exits);
    close_loop(loop);
}

/* One option that makes no sense, beside an argv that does. */
#define REFUSED(subject, ...) refused(subject, (kin_spawn_options){ .argv = CHILD("exit", "0"), __VA_ARGS__ })

TEST_C(BadUse, A01_null_for_everything_of_a_loop)
{
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_create(NULL));
    kin_loop_release(NULL);
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_run(NULL, KIN_RUN_UNTIL_IDLE));
    kin_loop_stop(NULL);
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_wake(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_on_wake(NULL, NULL, NULL));
    EXPECT_TRUE(kin_loop_handle(NULL) == host_no_handle());
    kin_loop_timeout_ms(NULL);
    EXPECT_INT_EQ(KIN_EINVAL, kin_timer_start(NULL, 0, 0, NULL, NULL, NULL));
    kin_timer_release(NULL);
    kin_timer_unref(NULL);
    kin_timer_ref(NULL);
}

TEST_C(BadUse, A01_null_for_everything_of_a_child)
{
    char byte;

    EXPECT_INT_EQ(KIN_EINVAL, kin_spawn(NULL, NULL, NULL));
    kin_child_release(NULL);
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_id(NULL));
    EXPECT_NULL(kin_child_stream(NULL, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_status(NULL, NULL));
    EXPECT_NULL(kin_child_user(NULL));
    kin_child_unref(NULL);
    kin_child_ref(NULL);
    EXPECT_INT_EQ(KIN_EINVAL, kin_kill(NULL, KIN_SIGNAL_KILL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_kill_tree(NULL, KIN_SIGNAL_KILL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stop(NULL, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_suspend(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_resume(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait_tree(NULL, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(NULL, 1, &byte, 1, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_write(NULL, 0, "x", 1, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_close(NULL, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait(NULL, 0, NULL));
    EXPECT_FALSE(kin_status_ok(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_status_text(NULL, &byte, 1));
}

TEST_C(BadUse, A01_null_for_everything_of_a_stream)
{
    kin_stream *stream = NULL;

    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_data(NULL, record_out, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pause(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_resume(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write(NULL, "x", 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write_borrowed(NULL, "x", 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_end(NULL));
    EXPECT_UINT_EQ(0, kin_stream_queued(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_set_high_water(NULL, 1));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_drain(NULL, NULL, NULL));
    kin_stream_close(NULL);
    kin_stream_release(NULL);
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_open_file(NULL, "x", KIN_FILE_READ, &stream, NULL));
    EXPECT_NULL(stream);
}

TEST_C(BadUse, A01_null_for_everything_of_exec)
{
    kin_loop *loop = open_loop();
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file_sync(NULL, NULL, &result));
    EXPECT_INT_EQ(KIN_EINVAL, result.code);
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file_sync(CHILD("exit", "0"), NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_sync(NULL, NULL, &result));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_sync("exit 0", NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file(NULL, CHILD("exit", "0"), NULL, NULL, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file(loop, NULL, NULL, NULL, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec(loop, NULL, NULL, NULL, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec(NULL, "exit 0", NULL, NULL, NULL, NULL));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    close_loop(loop);
}

TEST_C(BadUse, A01_null_for_everything_of_a_token)
{
    EXPECT_INT_EQ(KIN_EINVAL, kin_cancel_create(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_cancel_trigger(NULL));
    EXPECT_FALSE(kin_cancel_is_triggered(NULL));
    kin_cancel_release(NULL);
}

TEST_C(BadUse, A01_missing_options)
{
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    EXPECT_INT_EQ(KIN_EINVAL, kin_spawn(loop, NULL, &child));
    EXPECT_NULL(child);
    close_loop(loop);
}

TEST_C(BadUse, S28_an_empty_argv)
{
    refused("argv", (kin_spawn_options){ 0 });
    refused("argv", (kin_spawn_options){ .argv = (const char *const[]){ NULL } });
    refused("argv", (kin_spawn_options){ .argv = LIST("") });
    refused("argv", (kin_spawn_options){ .argv = (const char *const[]){ NULL }, .file = "x" });
}

TEST_C(BadUse, empty_names)
{
    REFUSED("file", .file = "");
    REFUSED("cwd", .cwd = "");
}

TEST_C(BadUse, T06_negative_times)
{
    REFUSED("timeout_ms", .timeout_ms = -2);
    REFUSED("timeout_ms", .timeout_ms = INT64_MIN);
    REFUSED("close_delay_ms", .close_delay_ms = -3);
    REFUSED("close_delay_ms", .close_delay_ms = INT64_MIN);
}

TEST_C(BadUse, T06_negative_times_of_the_end)
{
    REFUSED("idle_timeout_ms", .out = { .kind = KIN_STDIO_PIPE }, .idle_timeout_ms = -2);
    REFUSED("idle_timeout_ms", .out = { .kind = KIN_STDIO_PIPE }, .idle_timeout_ms = INT64_MIN);
    REFUSED("grace_ms", .grace_ms = -3);
    REFUSED("grace_ms", .grace_ms = INT64_MIN);
    REFUSED("timeout_ms", .timeout_ms = KIN_AT_ONCE);
}

TEST_C(BadUse, ends_that_contradict_each_other)
{
    REFUSED("wait_tree", .wait_tree = true);
    REFUSED("die_with_parent", .detached = true, .die_with_parent = true);
    REFUSED("die_with_parent", .detached = true, .die_with_parent = true, .tree = true);
}

TEST_C(BadUse, silence_of_a_child_that_cannot_be_heard)
{
    REFUSED("idle_timeout_ms", .idle_timeout_ms = 50);
    REFUSED("idle_timeout_ms", .in = { .kind = KIN_STDIO_PIPE }, .idle_timeout_ms = 50);
    REFUSED("idle_timeout_ms", .out = { .kind = KIN_STDIO_IGNORE }, .idle_timeout_ms = 50);
}

TEST_C(BadUse, a_running_child)
{
    struct victim victim;

    victim_start(&victim, SPAWN_OPTIONS(.argv = CHILD("wait")));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stop(victim.child, -2));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stop(victim.child, INT64_MIN));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait_tree(victim.child, 0));
    EXPECT_INT_EQ(0, kin_kill(victim.child, KIN_SIGNAL_NONE));
    victim_end_input(&victim);
    victim_run(&victim);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    EXPECT_INT_EQ(KIN_CAUSE_NONE, victim.recorder.close_status.cause);
    victim_free(&victim);
}

TEST_C(BadUse, F19_a_path_without_a_file)
{
    REFUSED("out", .out = { .kind = KIN_STDIO_PIPE, .path = "x" });
    REFUSED("in", .in = { .path = "x" });
}

TEST_C(BadUse, F19_a_file_without_a_path)
{
    REFUSED("in", .in = { .kind = KIN_STDIO_FILE_READ });
    REFUSED("out", .out = { .kind = KIN_STDIO_FILE_TRUNCATE });
    REFUSED("err", .err = { .kind = KIN_STDIO_FILE_APPEND, .path = "" });
}

TEST_C(BadUse, F02_same_as_itself_or_in_a_circle)
{
    REFUSED("out", .out = { .kind = KIN_STDIO_SAME_AS, .slot = 1 });
    REFUSED("out", .out = { .kind = KIN_STDIO_SAME_AS, .slot = 2 }, .err = { .kind = KIN_STDIO_SAME_AS, .slot = 1 });
}

TEST_C(BadUse, F04_same_as_a_slot_that_there_is_not)
{
    REFUSED("err", .err = { .kind = KIN_STDIO_SAME_AS, .slot = 3 });
    REFUSED("err", .err = { .kind = KIN_STDIO_SAME_AS, .slot = UINT_MAX });
}

TEST_C(BadUse, callbacks_where_nothing_is_read)
{
    REFUSED("in", .in = { .kind = KIN_STDIO_PIPE, .on_data = record_out });
    REFUSED("in", .in = { .on_data = record_out });
    REFUSED("out", .out = { .kind = KIN_STDIO_INHERIT, .on_data = record_out });
    REFUSED("err", .err = { .kind = KIN_STDIO_IGNORE, .on_end = record_end });
}

TEST_C(BadUse, kinds_that_there_are_not)
{
    REFUSED("in", .in = { .kind = (kin_stdio_kind)99 });
    REFUSED("out", .out = { .kind = (kin_stdio_kind)-1 });
    REFUSED("batch", .batch = (kin_batch_policy)7);
}

TEST_C(BadUse, F16_extra_slots)
{
    REFUSED("extra", .extra_count = 1);
    REFUSED("extra", .extra_count = (size_t)-1, .extra = (const kin_stdio[]){ { 0 } });
    REFUSED("extra", .extra_count = 1, .extra = (const kin_stdio[]){ { .kind = KIN_STDIO_INHERIT } });
    REFUSED("in", .in = { .kind = KIN_STDIO_PIPE_INPUT });
    REFUSED("out", .out = { .kind = KIN_STDIO_PIPE_INPUT });
}

TEST_C(BadUse, W14_environment)
{
    REFUSED("env_set", .env_set = LIST("GOOD=1", "NO_EQUAL_SIGN"));
    REFUSED("env_set", .env_set = LIST("=value"));
    REFUSED("env_unset", .env_unset = LIST("A=B"));
    REFUSED("env_unset", .env_unset = LIST(""));
}

TEST_C(BadUse, C04_credentials)
{
    REFUSED("credentials", .credentials = &(kin_credentials){ .uid = (uint32_t)-1, .gid = 1 });
    REFUSED("credentials", .credentials = &(kin_credentials){ .uid = 1, .gid = (uint32_t)-1 });
    REFUSED("credentials", .credentials = &(kin_credentials){ .uid = 1, .gid = 1, .group_count = 3 });
    REFUSED("credentials", .credentials = &(kin_credentials){ 1, 1, (const uint32_t[]){ 1 }, 1, true });
}

TEST_C(BadUse, S39_umask)
{
    REFUSED("umask", .umask = 022);
    REFUSED("umask", .set_umask = true, .umask = 01000);
}

TEST_C(BadUse, the_error_says_which_option)
{
    kin_error error = { 0 };
    kin_child *child = NULL;

    EXPECT_INT_EQ(KIN_EINVAL,
                  kin_spawn(NULL, SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .timeout_ms = -9, .error = &error), &child));
    EXPECT_STR_EQ("options: EINVAL: timeout_ms", kin_error_text(&error));
}

static void never_called(kin_timer *timer, void *user)
{
    (void)timer;
    (void)user;
    NOTE_FAILURE_C("a timer that was refused came");
}

TEST_C(BadUse, timers_and_modes)
{
    kin_loop *loop = open_loop();
    kin_timer *timer = NULL;

    EXPECT_INT_EQ(KIN_EINVAL, kin_timer_start(loop, 0, 0, NULL, NULL, &timer));
    EXPECT_INT_EQ(KIN_EINVAL, kin_timer_start(loop, -1, 0, never_called, NULL, &timer));
    EXPECT_INT_EQ(KIN_EINVAL, kin_timer_start(loop, 0, -1, never_called, NULL, &timer));
    EXPECT_NULL(timer);
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_run(loop, (kin_run_mode)17));
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_run(loop, (kin_run_mode)-1));
    close_loop(loop);
}

TEST_C(BadUse, files)
{
    kin_loop *loop = open_loop();
    kin_stream *stream = NULL;

    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_open_file(loop, NULL, KIN_FILE_READ, &stream, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_open_file(loop, "", KIN_FILE_READ, &stream, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_open_file(loop, scratch("x"), (kin_file_mode)9, &stream, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_open_file(loop, scratch("x"), KIN_FILE_TRUNCATE, NULL, NULL));
    EXPECT_NULL(stream);
    EXPECT_INT_EQ(-1, host_read_file(scratch("x"), NULL, 0));
    close_loop(loop);
}

TEST_C(BadUse, exec_options)
{
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_EINVAL, run_child(&result, EXEC_OPTIONS(.input_size = 5), "cat"));
    kin_result_free(&result);
    EXPECT_INT_EQ(KIN_EINVAL, run_child(&result, EXEC_OPTIONS(.timeout_ms = -5), "cat"));
    EXPECT_ERROR(KIN_EINVAL, KIN_STAGE_OPTIONS, "timeout_ms", &result.error);
    kin_result_free(&result);
    EXPECT_INT_EQ(KIN_EINVAL, run_child(&result, EXEC_OPTIONS(.close_delay_ms = -5), "cat"));
    kin_result_free(&result);
    EXPECT_INT_EQ(KIN_EINVAL, run_child(&result, EXEC_OPTIONS(.idle_timeout_ms = -5), "cat"));
    EXPECT_ERROR(KIN_EINVAL, KIN_STAGE_OPTIONS, "idle_timeout_ms", &result.error);
    kin_result_free(&result);
    EXPECT_INT_EQ(KIN_EINVAL, run_child(&result, EXEC_OPTIONS(.grace_ms = -5), "cat"));
    EXPECT_ERROR(KIN_EINVAL, KIN_STAGE_OPTIONS, "grace_ms", &result.error);
    kin_result_free(&result);
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_sync("", NULL, &result));
    kin_result_free(&result);
}

TEST_C(BadUse, use_after_close)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;
    kin_stream *in;
    kin_stream *out;

    ASSERT_INT_EQ(0, kin_spawn(loop,
                               SPAWN_OPTIONS(.argv = CHILD("cat"), .in = { .kind = KIN_STDIO_PIPE }, .out = { RECORDED_OUT },
                                             RECORDED(&recorder)),
                               &child));
    in = kin_child_stream(child, 0);
    out = kin_child_stream(child, 1);
    kin_stream_close(in);
    run_loop(loop);
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write(in, "x", 1, record_written, &recorder));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_data(out, record_out, NULL, &recorder));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pause(out));
    kin_stream_close(in);
    kin_stream_release(out);
    EXPECT_PTR_EQ(in, kin_child_stream(child, 0));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    EXPECT_STR_EQ("end,exit,close", strcmp(recorder.events, "exit,end,close") == 0 ? "end,exit,close" : recorder.events);
    kin_child_release(child);
    close_loop(loop);
}

TEST_C(BadUse, F04_members_that_the_kind_does_not_use)
{
    REFUSED("out", .out = { .kind = KIN_STDIO_IGNORE, .slot = 1 });
    REFUSED("out", .out = { .kind = KIN_STDIO_PIPE, .on_end = record_end });
    REFUSED("extra", .extra = (const kin_stdio[300]){ { .kind = KIN_STDIO_DEFAULT } }, .extra_count = 300);
}

TEST_C(BadUse, C06_what_windows_has_not_is_named)
{
    kin_result result = { 0 };

    SKIP_ON_POSIX_C("it has both");
    EXPECT_INT_EQ(KIN_ENOTSUP, run_child(&result, EXEC_OPTIONS(.set_umask = true), "exit", "0"));
    EXPECT_ERROR(KIN_ENOTSUP, KIN_STAGE_OPTIONS, "umask", &result.error);
    kin_result_free(&result);
    EXPECT_INT_EQ(KIN_ENOTSUP, run_child(&result, EXEC_OPTIONS(.credentials = &(kin_credentials){ .uid = 1 }), "exit", "0"));
    EXPECT_ERROR(KIN_ENOTSUP, KIN_STAGE_OPTIONS, "credentials", &result.error);
    kin_result_free(&result);
}

TEST_C(BadUse, A01_exec_says_what_was_missing)
{
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file_sync(NULL, NULL, &result));
    EXPECT_STR_EQ("options: EINVAL: argv", kin_error_text(&result.error));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_sync(NULL, NULL, &result));
    EXPECT_STR_EQ("options: EINVAL: command", kin_error_text(&result.error));
    EXPECT_INT_EQ(KIN_EINVAL, run_child(&result, EXEC_OPTIONS(.input_size = 5), "cat"));
    EXPECT_STR_EQ("options: EINVAL: input", kin_error_text(&result.error));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_sync("exit", EXEC_OPTIONS(.file = "x"), &result));
    EXPECT_STR_EQ("options: EINVAL: file", kin_error_text(&result.error));
}
