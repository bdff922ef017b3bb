/* SPDX-License-Identifier: MIT */
/* What makes no sense is refused, named, and has no effect; never an assertion, never an abort. */
#include "support/support.h"

/* The call is refused and says which option. */
static void refuse(const kin_spawn_options *wanted, int code, const char *subject)
{
    kin_loop *loop = open_loop();
    kin_error error = { 0 };
    kin_spawn_options options = *wanted;
    kin_child *child = (kin_child *)&error;

    options.error = &error;
    EXPECT_INT_EQ(code, kin_spawn(loop, &options, &child));
    EXPECT_NULL(child);
    EXPECT_ERROR((kin_code)code, KIN_STAGE_OPTIONS, subject, &error);
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    close_loop(loop);
}

#define REFUSED(subject, ...) refuse(SPAWN_OPTIONS(.argv = CHILD("exit", "0"), __VA_ARGS__), KIN_EINVAL, subject)

TEST_C(BadUse, A01_null_everywhere)
{
    char text[8];
    kin_result result;

    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_create(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_run(NULL, KIN_RUN_ONCE));
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_wake(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_on_wake(NULL, NULL, NULL));
    EXPECT_INT_EQ(0, kin_loop_timeout_ms(NULL));
    kin_loop_handle(NULL);
    kin_loop_stop(NULL);
    kin_loop_release(NULL);
    kin_timer_release(NULL);
    kin_timer_ref(NULL);
    kin_timer_unref(NULL);
    EXPECT_INT_EQ(KIN_EINVAL, kin_spawn(NULL, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_which(NULL, text, sizeof text));
    EXPECT_INT_EQ(KIN_EINVAL, kin_kill(NULL, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_kill_tree(NULL, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_id(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_status(NULL, NULL));
    EXPECT_NULL(kin_child_stream(NULL, 0));
    EXPECT_NULL(kin_child_user(NULL));
    kin_child_release(NULL);
    kin_child_ref(NULL);
    kin_child_unref(NULL);
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file_sync(NULL, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file_sync(NULL, NULL, &result));
    EXPECT_STR_EQ("options: EINVAL: argv", kin_error_text(&result.error));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_sync(NULL, NULL, &result));
    EXPECT_STR_EQ("options: EINVAL: command", kin_error_text(&result.error));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_file(NULL, CHILD("exit", "0"), NULL, NULL, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec(NULL, "exit", NULL, NULL, NULL, NULL));
    kin_result_free(NULL);
    EXPECT_FALSE(kin_status_ok(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_status_text(NULL, text, sizeof text));
}

TEST_C(BadUse, A01_null_streams)
{
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_data(NULL, record_out, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pause(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_resume(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write(NULL, "x", 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write_borrowed(NULL, "x", 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_end(NULL));
    EXPECT_SIZE_EQ(0, kin_stream_queued(NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_set_high_water(NULL, 1));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_drain(NULL, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(NULL, NULL, KIN_PIPE_DEFAULT, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_open_file(NULL, "x", KIN_FILE_READ, NULL, NULL));
    kin_stream_close(NULL);
    kin_stream_release(NULL);
}

TEST_C(BadUse, S28_an_empty_argv)
{
    refuse(SPAWN_OPTIONS(.argv = NULL), KIN_EINVAL, "argv");
    refuse(SPAWN_OPTIONS(.argv = ((const char *const[]){ NULL })), KIN_EINVAL, "argv");
    refuse(SPAWN_OPTIONS(.argv = LIST("")), KIN_EINVAL, "argv");
    REFUSED("file", .file = "");
    REFUSED("cwd", .cwd = "");
}

TEST_C(BadUse, W14_an_environment_without_names)
{
    REFUSED("env_set", .env_set = LIST("NAME"));
    REFUSED("env_set", .env_set = LIST("GOOD=1", "=value"));
    REFUSED("env_set", .env_set = LIST(""));
    REFUSED("env_unset", .env_unset = LIST(""));
    REFUSED("env_unset", .env_unset = LIST("NAME=value"));
}

TEST_C(BadUse, A01_slots_that_contradict_themselves)
{
    REFUSED("out", .out = { .kind = (kin_stdio_kind)99 });
    REFUSED("in", .in = { .kind = (kin_stdio_kind)-1 });
    REFUSED("out", .out = { .kind = KIN_STDIO_FILE_TRUNCATE });
    REFUSED("out", .out = { .kind = KIN_STDIO_FILE_TRUNCATE, .path = "" });
    REFUSED("out", .out = { .kind = KIN_STDIO_PIPE, .path = "x" });
    REFUSED("err", .err = { .kind = KIN_STDIO_INHERIT, .on_data = record_out });
    REFUSED("in", .in = { .kind = KIN_STDIO_PIPE, .on_data = record_out });
    REFUSED("out", .out = { .kind = KIN_STDIO_PIPE, .on_end = record_end });
    REFUSED("out", .out = { .kind = KIN_STDIO_IGNORE, .slot = 1 });
    REFUSED("out", .out = { .kind = KIN_STDIO_PIPE_INPUT });
}

TEST_C(BadUse, A01_same_as_nothing)
{
    REFUSED("err", .err = { .kind = KIN_STDIO_SAME_AS, .slot = 2 });
    REFUSED("out", .out = { .kind = KIN_STDIO_SAME_AS, .slot = 2 }, .err = { .kind = KIN_STDIO_SAME_AS, .slot = 1 });
    REFUSED("err", .err = { .kind = KIN_STDIO_SAME_AS, .slot = 3 });
    REFUSED("err", .err = { .kind = KIN_STDIO_SAME_AS, .slot = UINT32_MAX });
}

TEST_C(BadUse, F04_extra_slots)
{
    static const kin_stdio many[300];

    REFUSED("extra", .extra_count = 1);
    REFUSED("extra", .extra = many, .extra_count = 300);
    REFUSED("extra", .extra = many, .extra_count = SIZE_MAX);
    REFUSED("extra", .extra = &(kin_stdio){ .kind = KIN_STDIO_INHERIT }, .extra_count = 1);
}

TEST_C(BadUse, R19_times_before_now)
{
    kin_loop *loop = open_loop();

    REFUSED("timeout_ms", .timeout_ms = -2);
    REFUSED("close_delay_ms", .close_delay_ms = -3);
    REFUSED("timeout_ms", .timeout_ms = INT64_MIN);
    EXPECT_INT_EQ(KIN_EINVAL, kin_timer_start(loop, -1, 0, NULL, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_timer_start(loop, 0, 0, NULL, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_loop_run(loop, (kin_run_mode)7));
    close_loop(loop);
}

TEST_C(BadUse, C04_credentials_that_mean_no_change)
{
    const uint32_t group = 1;

    REFUSED("credentials", .credentials = &(kin_credentials){ .uid = (uint32_t)-1 });
    REFUSED("credentials", .credentials = &(kin_credentials){ .gid = (uint32_t)-1 });
    REFUSED("credentials", .credentials = &(kin_credentials){ .group_count = 1 });
    REFUSED("credentials", .credentials = &(kin_credentials){ .groups = &group, .group_count = 1, .keep_groups = true });
    REFUSED("umask", .set_umask = true, .umask = 01000);
    REFUSED("umask", .umask = 022);
    REFUSED("batch", .batch = (kin_batch_policy)5);
}

TEST_C(BadUse, C06_windows_has_no_umask_and_no_user_ids)
{
    SKIP_ON_POSIX_C("these options work here");
    refuse(SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .set_umask = true), KIN_ENOTSUP, "umask");
    refuse(SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .credentials = &(kin_credentials){ .uid = 1 }), KIN_ENOTSUP,
           "credentials");
}

TEST_C(BadUse, S39_the_umask_of_the_child_is_set_and_ours_stays)
{
    kin_result result = { 0 };
    unsigned before;

    SKIP_ON_WINDOWS_C("no umask");
    before = host_umask();
    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.set_umask = true, .umask = 027), "umask"));
    EXPECT_STR_CONTAINS("27", result.out.data);
    EXPECT_INT_EQ(before, host_umask());
    kin_result_free(&result);
}

TEST_C(BadUse, C01_the_child_is_somebody_else_and_has_no_groups_left)
{
    kin_result result = { 0 };

    SKIP_ON_WINDOWS_C("no user ids");
    if (!host_is_superuser())
        SKIP_C("needs the superuser");
    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.credentials = &(kin_credentials){ .uid = 65534, .gid = 65533 }), "ids"));
    EXPECT_STR_CONTAINS("65534", result.out.data);
    EXPECT_STR_CONTAINS("65533", result.out.data);
    kin_result_free(&result);
}

TEST_C(BadUse, A03_input_without_bytes_is_refused)
{
    kin_result result = { 0 };

    EXPECT_INT_EQ(KIN_EINVAL, run_child(&result, EXEC_OPTIONS(.input_size = 5), "cat"));
    EXPECT_STR_EQ("options: EINVAL: input", kin_error_text(&result.error));
    EXPECT_INT_EQ(KIN_EINVAL, kin_exec_sync("exit", EXEC_OPTIONS(.file = "x"), &result));
    EXPECT_STR_EQ("options: EINVAL: file", kin_error_text(&result.error));
}
