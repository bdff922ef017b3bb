/* SPDX-License-Identifier: MIT */
/* Promise 8: signals reach the child and nobody else. */
#include "support/support.h"

/* A child that is known to run. */
static void start_victim(struct victim *victim, bool tree, const char *const *argv)
{
    victim_start(victim, SPAWN_OPTIONS(.argv = argv, .tree = tree));
}

static const struct {
    const char *name;
    int signal;
} signal_rows[] = { { "interrupt", KIN_SIGNAL_INTERRUPT },
                    { "quit", KIN_SIGNAL_QUIT },
                    { "kill", KIN_SIGNAL_KILL },
                    { "terminate", KIN_SIGNAL_TERMINATE } };

TEST_CP(Kill, ends_the_child_and_the_status_names_the_signal, signal_rows)
{
    struct victim victim;

    start_victim(&victim, false, CHILD("read-nothing"));
    EXPECT_INT_EQ(0, kin_kill(victim.child, row->signal));
    run_loop(victim.loop);
    EXPECT_ENDED_BY(row->signal, KIN_CAUSE_KILLED, &victim.recorder.exit_status);
    EXPECT_ENDED_BY(row->signal, KIN_CAUSE_KILLED, &victim.recorder.close_status);
    EXPECT_FALSE(victim.recorder.close_status.forced);
    victim_finish(&victim);
}

TEST_C(Kill, signal_0_only_asks)
{
    struct victim victim;

    start_victim(&victim, false, CHILD("wait"));
    EXPECT_INT_EQ(0, kin_kill(victim.child, KIN_SIGNAL_NONE));
    kin_stream_end(kin_child_stream(victim.child, 0));
    run_loop(victim.loop);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    EXPECT_INT_EQ(KIN_CAUSE_NONE, victim.recorder.close_status.cause);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill(victim.child, KIN_SIGNAL_NONE));
    victim_finish(&victim);
}

TEST_C(Kill, R09_after_the_end_is_no_error)
{
    struct victim victim;

    start_victim(&victim, false, CHILD("wait"));
    kin_stream_end(kin_child_stream(victim.child, 0));
    run_loop(victim.loop);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill(victim.child, KIN_SIGNAL_KILL));
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill(victim.child, KIN_SIGNAL_TERMINATE));
    EXPECT_EXITED(0, &victim.recorder.close_status);
    victim_finish(&victim);
}

TEST_C(Kill, R09_between_the_end_and_its_event_is_no_error)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = NULL;
    kin_native_handle ends[2];
    char byte;
    int code;

    ASSERT_TRUE(host_pipe(ends));
    ASSERT_INT_EQ(0, kin_spawn(loop,
                               SPAWN_OPTIONS(.argv = CHILD("exit", "5"), .out = { .kind = KIN_STDIO_HANDLE, .handle = ends[1] },
                                             RECORDED(&recorder)),
                               &child));
    host_close(ends[1]);
    EXPECT_INT_EQ(0, host_read(ends[0], &byte, 1)); /* its end of the pipe is closed: it is ending */
    code = kin_kill(child, KIN_SIGNAL_TERMINATE);
    EXPECT_TRUE(code == 0 || code == KIN_ALREADY_ENDED);
    run_loop(loop);
    EXPECT_INT_EQ(1, recorder.closes);
    host_close(ends[0]);
    kin_child_release(child);
    close_loop(loop);
}

TEST_C(Kill, twice)
{
    struct victim victim;

    start_victim(&victim, false, CHILD("read-nothing"));
    EXPECT_INT_EQ(0, kin_kill(victim.child, KIN_SIGNAL_KILL));
    EXPECT_INT_GE(kin_kill(victim.child, KIN_SIGNAL_KILL), 0);
    run_loop(victim.loop);
    EXPECT_ENDED_BY(KIN_SIGNAL_KILL, KIN_CAUSE_KILLED, &victim.recorder.close_status);
    victim_finish(&victim);
}

TEST_C(Kill, a_signal_that_there_is_not)
{
    struct victim victim;

    start_victim(&victim, true, CHILD("wait"));
    EXPECT_INT_EQ(KIN_EINVAL, kin_kill(victim.child, -1));
    EXPECT_INT_EQ(KIN_EINVAL, kin_kill_tree(victim.child, -9));
    EXPECT_INT_LT(kin_kill(victim.child, 1000), 0);
    EXPECT_INT_EQ(0, kin_kill(victim.child, KIN_SIGNAL_NONE));
    kin_stream_end(kin_child_stream(victim.child, 0));
    victim_finish(&victim);
}

TEST_C(Kill, what_is_no_signal_of_every_system_is_not_supported_on_windows)
{
    struct victim victim;

    SKIP_ON_POSIX_C("every signal works");
    start_victim(&victim, false, CHILD("wait"));
    EXPECT_INT_EQ(KIN_ENOTSUP, kin_kill(victim.child, 1));
    EXPECT_INT_EQ(KIN_ENOTSUP, kin_kill(victim.child, 10));
    kin_stream_end(kin_child_stream(victim.child, 0));
    victim_finish(&victim);
}

TEST_C(Kill, a_child_that_ignores_the_signal_lives_on)
{
    struct victim victim;

    SKIP_ON_WINDOWS_C("a signal cannot be ignored");
    start_victim(&victim, false, CHILD("ignore-term"));
    EXPECT_INT_EQ(0, kin_kill(victim.child, KIN_SIGNAL_TERMINATE));
    kin_stream_end(kin_child_stream(victim.child, 0));
    run_loop(victim.loop);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    EXPECT_INT_EQ(KIN_CAUSE_NONE, victim.recorder.close_status.cause);
    victim_finish(&victim);
}

TEST_C(Kill, of_a_child_alone_leaves_its_grandchild)
{
    struct victim victim;

    start_victim(&victim, false, CHILD("grandchild-beside", "say-after-input", "1", "alive"));
    EXPECT_INT_EQ(0, kin_kill(victim.child, KIN_SIGNAL_KILL));
    run_until(victim.loop, has_exited, &victim.recorder);
    EXPECT_INT_EQ(0, kin_stream_end(kin_child_stream(victim.child, 0)));
    run_loop(victim.loop);
    EXPECT_STR_CONTAINS("alive", text_in(&victim.recorder.out));
    victim_finish(&victim);
}

TEST_C(Kill, R11_of_a_tree_reaches_the_grandchild)
{
    struct victim victim;

    start_victim(&victim, true, CHILD("grandchild-beside", "read-nothing"));
    EXPECT_INT_EQ(0, kin_kill_tree(victim.child, KIN_SIGNAL_KILL));
    run_loop(victim.loop); /* the grandchild held stdout: close comes only when it has ended */
    EXPECT_ENDED_BY(KIN_SIGNAL_KILL, KIN_CAUSE_KILLED, &victim.recorder.close_status);
    EXPECT_FALSE(victim.recorder.close_status.output_incomplete);
    victim_finish(&victim);
}

TEST_C(Kill, R11_of_a_tree_reaches_the_grandchild_after_the_child_has_ended)
{
    struct victim victim;

    start_victim(&victim, true, CHILD("grandchild", "read-nothing"));
    run_until(victim.loop, has_exited, &victim.recorder);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill(victim.child, KIN_SIGNAL_KILL));
    EXPECT_INT_EQ(0, kin_kill_tree(victim.child, KIN_SIGNAL_KILL));
    run_loop(victim.loop);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    EXPECT_FALSE(victim.recorder.close_status.output_incomplete);
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill_tree(victim.child, KIN_SIGNAL_KILL));
    victim_finish(&victim);
}

TEST_C(Kill, of_a_tree_needs_a_tree)
{
    struct victim victim;

    start_victim(&victim, false, CHILD("wait"));
    EXPECT_INT_EQ(KIN_EINVAL, kin_kill_tree(victim.child, KIN_SIGNAL_KILL));
    kin_stream_end(kin_child_stream(victim.child, 0));
    run_loop(victim.loop);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    victim_finish(&victim);
}

static void kill_on_data(kin_stream *stream, const char *data, size_t size, void *user)
{
    struct victim *victim = user;

    record_out(stream, data, size, &victim->recorder);
    EXPECT_INT_GE(kin_kill(victim->child, KIN_SIGNAL_KILL), 0);
}

TEST_C(Kill, in_a_callback)
{
    struct victim victim = { .loop = open_loop() };

    ASSERT_INT_EQ(0,
                  kin_spawn(victim.loop,
                            SPAWN_OPTIONS(.argv = CHILD("read-nothing"), .out = { .on_data = kill_on_data }, .user = &victim),
                            &victim.child));
    run_loop(victim.loop);
    kin_child_release(victim.child);
    recorder_free(&victim.recorder);
    close_loop(victim.loop);
}

TEST_C(Kill, before_the_child_has_done_anything)
{
    const unsigned rounds = SCALED(50, 10);
    kin_loop *loop = open_loop();

    for (unsigned i = 0; i < rounds; i++) {
        struct recorder recorder = { 0 };
        kin_child *child = NULL;

        ASSERT_INT_EQ(0, kin_spawn(loop,
                                   SPAWN_OPTIONS(.argv = CHILD("read-nothing"), .out = { RECORDED_OUT }, .tree = i % 2 == 0,
                                                 RECORDED(&recorder)),
                                   &child));
        EXPECT_INT_EQ(0, i % 2 == 0 ? kin_kill_tree(child, KIN_SIGNAL_KILL) : kin_kill(child, KIN_SIGNAL_KILL));
        run_loop(loop);
        EXPECT_ENDED_BY(KIN_SIGNAL_KILL, KIN_CAUSE_KILLED, &recorder.close_status);
        kin_child_release(child);
        recorder_free(&recorder);
    }
    close_loop(loop);
}
