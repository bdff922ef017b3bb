/* SPDX-License-Identifier: MIT */
/* kin_cancel: any thread gives up what others have started. */
#include "support/support.h"

enum { GRACE_MS = 50 };

static kin_cancel *open_token(void)
{
    kin_cancel *cancel = NULL;

    ASSERT_INT_EQ(0, kin_cancel_create(&cancel));
    ASSERT_NOT_NULL(cancel);
    return cancel;
}

static void trigger(void *cancel)
{
    EXPECT_INT_EQ(0, kin_cancel_trigger(cancel));
}

static void trigger_and_release(void *cancel)
{
    trigger(cancel);
    kin_cancel_release(cancel);
}

/* Another thread looks for a file that the child writes when it runs, and then triggers the token. */
struct watcher {
    kin_cancel *cancel;
    char path[4096];
};

static void look(kin_timer *timer, void *user)
{
    struct watcher *watcher = user;

    if (host_read_file(watcher->path, NULL, 0) < 0)
        return;
    trigger(watcher->cancel);
    kin_timer_release(timer);
}

static void trigger_when_it_runs(void *watcher)
{
    kin_loop *loop = NULL;

    EXPECT_INT_EQ(0, kin_loop_create(&loop));
    EXPECT_INT_EQ(0, kin_timer_start(loop, 1, 1, look, watcher, NULL));
    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    kin_loop_release(loop);
}

static void watch_for(struct watcher *watcher, const char *name)
{
    watcher->cancel = open_token();
    snprintf(watcher->path, sizeof watcher->path, "%s", scratch(name));
}

/* ---------------------------------------------------------------------------------------------------------------- spawn --- */

TEST_C(Cancel, T07_before_the_start_nothing_starts)
{
    kin_cancel *cancel = open_token();
    kin_loop *loop = open_loop();
    kin_child *child = NULL;
    kin_error error = { 0 };
    kin_result result = { 0 };

    EXPECT_FALSE(kin_cancel_is_triggered(cancel));
    host_thread_join(host_thread_start(trigger, cancel));
    EXPECT_TRUE(kin_cancel_is_triggered(cancel));
    EXPECT_INT_EQ(KIN_ECANCELED,
                  kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .cancel = cancel, .error = &error), &child));
    EXPECT_NULL(child);
    EXPECT_INT_EQ(KIN_ECANCELED, error.code);
    EXPECT_INT_EQ(KIN_ECANCELED,
                  run_child(&result, EXEC_OPTIONS(.cancel = cancel), "write-file-first", scratch("x"), "x", "wait"));
    EXPECT_INT_EQ(KIN_ECANCELED, result.code);
    EXPECT_INT_EQ(-1, host_read_file(scratch("x"), NULL, 0));
    run_loop(loop);
    kin_result_free(&result);
    kin_cancel_release(cancel);
    close_loop(loop);
}

TEST_C(Cancel, T07_while_it_runs)
{
    kin_cancel *cancel = open_token();
    struct host_thread *thread;
    struct victim victim;

    victim_start(&victim, SPAWN_OPTIONS(.argv = CHILD("refuse-to-end"), .cancel = cancel, .grace_ms = GRACE_MS));
    thread = host_thread_start(trigger, cancel);
    victim_run(&victim);
    EXPECT_ENDED_BY(KIN_SIGNAL_KILL, KIN_CAUSE_CANCELLED, &victim.recorder.exit_status);
    EXPECT_ENDED_BY(KIN_SIGNAL_KILL, KIN_CAUSE_CANCELLED, &victim.recorder.close_status);
    EXPECT_TRUE(victim.recorder.close_status.forced);
    EXPECT_STR_EQ("ready\n", text_in(&victim.recorder.out));
    host_thread_join(thread);
    victim_free(&victim);
    kin_cancel_release(cancel);
}

TEST_C(Cancel, T07_after_the_end_nothing_changes)
{
    kin_cancel *cancel = open_token();
    struct victim victim;

    victim_start(&victim, SPAWN_OPTIONS(.argv = CHILD("wait"), .cancel = cancel));
    victim_end_input(&victim);
    victim_run(&victim);
    host_thread_join(host_thread_start(trigger, cancel));
    run_loop(victim.loop);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    EXPECT_INT_EQ(KIN_CAUSE_NONE, victim.recorder.close_status.cause);
    EXPECT_INT_EQ(1, victim.recorder.closes);
    victim_free(&victim);
    kin_cancel_release(cancel);
}

/* The token is triggered while others are starting: each is refused, or ended and told. */
TEST_C(Cancel, T07_at_any_moment_of_a_start)
{
    const unsigned rounds = SCALED(100, 8);
    kin_loop *loop = open_loop();

    for (unsigned i = 0; i < rounds; i++) {
        struct recorder recorder = { 0 };
        kin_cancel *cancel = open_token();
        struct host_thread *thread = host_thread_start(trigger, cancel);
        const int code = kin_spawn(loop,
                                   SPAWN_OPTIONS(.argv = CHILD("read-nothing"), .out = { .kind = KIN_STDIO_IGNORE },
                                                 .cancel = cancel, RECORDED(&recorder)),
                                   NULL);

        EXPECT_TRUE(code == 0 || code == KIN_ECANCELED);
        run_loop(loop);
        host_thread_join(thread);
        EXPECT_INT_EQ(code == 0, recorder.closes);
        if (code == 0)
            EXPECT_INT_EQ(KIN_CAUSE_CANCELLED, recorder.close_status.cause);
        kin_cancel_release(cancel);
    }
    close_loop(loop);
}

TEST_C(Cancel, T07_one_token_for_many)
{
    enum { MOST = 20 };
    const unsigned count = SCALED(MOST, 8);
    struct recorder recorders[MOST] = { { .exits = 0 } };
    kin_cancel *cancel = open_token();
    kin_loop *loop = open_loop();
    struct host_thread *thread;

    for (unsigned i = 0; i < count; i++) {
        ASSERT_INT_EQ(0, kin_spawn(loop,
                                   SPAWN_OPTIONS(.argv = CHILD("read-nothing"), .out = { RECORDED_OUT }, .cancel = cancel,
                                                 .tree = i % 2 == 0, RECORDED(&recorders[i])),
                                   NULL));
    }
    for (unsigned i = 0; i < count; i++)
        run_until(loop, has_output, &recorders[i]);
    thread = host_thread_start(trigger, cancel);
    run_loop(loop);
    host_thread_join(thread);
    for (unsigned i = 0; i < count; i++) {
        EXPECT_INT_EQ(1, recorders[i].exits);
        EXPECT_INT_EQ(1, recorders[i].closes);
        EXPECT_INT_EQ(KIN_CAUSE_CANCELLED, recorders[i].close_status.cause);
        recorder_free(&recorders[i]);
    }
    kin_cancel_release(cancel);
    close_loop(loop);
}

TEST_C(Cancel, a_token_may_be_released_before_its_children_end)
{
    kin_cancel *cancel = open_token();
    struct victim victim;

    victim_start(&victim, SPAWN_OPTIONS(.argv = CHILD("wait"), .cancel = cancel));
    kin_cancel_release(cancel);
    EXPECT_INT_EQ(0, kin_kill(victim.child, KIN_SIGNAL_NONE));
    victim_end_input(&victim);
    victim_run(&victim);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    victim_free(&victim);
}

TEST_C(Cancel, a_token_may_be_released_by_who_triggers_it)
{
    kin_cancel *cancel = open_token();
    struct host_thread *thread;
    struct victim victim;

    victim_start(&victim, SPAWN_OPTIONS(.argv = CHILD("read-nothing"), .cancel = cancel));
    thread = host_thread_start(trigger_and_release, cancel);
    victim_run(&victim);
    EXPECT_INT_EQ(KIN_CAUSE_CANCELLED, victim.recorder.close_status.cause);
    host_thread_join(thread);
    victim_free(&victim);
}

TEST_C(Cancel, R11_reaches_the_tree)
{
    kin_cancel *cancel = open_token();
    struct host_thread *thread;
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("grandchild-beside", "refuse-to-end"), .tree = true, .cancel = cancel,
                                        .grace_ms = GRACE_MS));
    victim_run_until(&victim, "ready");
    victim_run_until(&victim, "started");
    thread = host_thread_start(trigger, cancel);
    victim_run(&victim);
    EXPECT_INT_EQ(KIN_CAUSE_CANCELLED, victim.recorder.close_status.cause);
    EXPECT_FALSE(victim.recorder.close_status.output_incomplete);
    host_thread_join(thread);
    victim_free(&victim);
    kin_cancel_release(cancel);
}

/* -------------------------------------------------------------------------------------------------------- blocking, exec --- */

TEST_C(Cancel, T07_a_run_that_blocks)
{
    static struct watcher watcher;
    kin_result result = { 0 };
    struct host_thread *thread;

    watch_for(&watcher, "runs");
    thread = host_thread_start(trigger_when_it_runs, &watcher);
    EXPECT_INT_EQ(KIN_ECANCELED, run_child(&result, EXEC_OPTIONS(.cancel = watcher.cancel, .grace_ms = GRACE_MS),
                                           "write-file-first", watcher.path, "x", "refuse-to-end"));
    host_thread_join(thread);
    EXPECT_INT_EQ(KIN_ECANCELED, result.code);
    EXPECT_INT_EQ(KIN_CAUSE_CANCELLED, result.status.cause);
    EXPECT_INT_NE(KIN_EXIT_NONE, result.status.kind);
    EXPECT_NOT_NULL(result.out.data);
    kin_result_free(&result);
    kin_cancel_release(watcher.cancel);
}

TEST_C(Cancel, T07_a_run_of_the_shell_that_blocks)
{
    static struct watcher watcher;
    kin_result result = { 0 };
    struct host_thread *thread;

    watch_for(&watcher, "runs");
    thread = host_thread_start(trigger_when_it_runs, &watcher);
    EXPECT_INT_EQ(KIN_ECANCELED,
                  kin_exec_sync(text_of("\"%s\" write-file-first \"%s\" x read-nothing", child_path(), watcher.path),
                                EXEC_OPTIONS(.cancel = watcher.cancel, .close_delay_ms = KIN_FOREVER), &result));
    host_thread_join(thread);
    EXPECT_INT_EQ(KIN_CAUSE_CANCELLED, result.status.cause);
    EXPECT_FALSE(result.status.output_incomplete);
    kin_result_free(&result);
    kin_cancel_release(watcher.cancel);
}

static void keep_result(kin_result *result, void *user)
{
    *(kin_result *)user = *result;
    result->out.data = NULL;
    result->err.data = NULL;
}

TEST_C(Cancel, T07_a_run_on_a_loop)
{
    static struct watcher watcher;
    kin_result result = { 0 };
    kin_loop *loop = open_loop();
    struct host_thread *thread;

    watch_for(&watcher, "runs");
    ASSERT_INT_EQ(0, kin_exec_file(loop, CHILD("write-file-first", watcher.path, "x", "read-nothing"),
                                   EXEC_OPTIONS(.cancel = watcher.cancel), keep_result, &result, NULL));
    thread = host_thread_start(trigger_when_it_runs, &watcher);
    run_loop(loop);
    host_thread_join(thread);
    EXPECT_INT_EQ(KIN_ECANCELED, result.code);
    EXPECT_INT_EQ(KIN_CAUSE_CANCELLED, result.status.cause);
    kin_result_free(&result);
    kin_cancel_release(watcher.cancel);
    close_loop(loop);
}

TEST_C(Cancel, T07_a_child_that_is_waited_for)
{
    kin_cancel *cancel = open_token();
    struct host_thread *thread;
    kin_child *child = NULL;
    kin_status status;
    char line[8];

    ASSERT_INT_EQ(
        0, kin_spawn(NULL, SPAWN_OPTIONS(.argv = CHILD("read-nothing"), .out = { .kind = KIN_STDIO_PIPE }, .cancel = cancel),
                     &child));
    EXPECT_INT_GT(kin_child_read(child, 1, line, sizeof line, KIN_FOREVER), 0);
    thread = host_thread_start(trigger, cancel);
    EXPECT_INT_EQ(0, kin_child_read(child, 1, line, sizeof line, KIN_FOREVER));
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, &status));
    EXPECT_INT_EQ(KIN_CAUSE_CANCELLED, status.cause);
    host_thread_join(thread);
    kin_child_release(child);
    kin_cancel_release(cancel);
}
