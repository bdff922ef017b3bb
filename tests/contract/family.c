/* SPDX-License-Identifier: MIT */
/*
 * Children that outlive their parent, and children that do not. The parent is a program of its own (tests/parent); its child has
 * the pipes that the parent has from us, so that they tell whether it lives: a pipe ends when nobody has it any more.
 */
#include "support/support.h"

/* The child of the parent says "alive" when its input ends, which is our end of the parent's. */
#define WITNESS PARENT_OF("say-after-input", "1", "alive")

static void start_parent(struct victim *victim, const char *const *argv)
{
    victim_begin(victim, SPAWN_OPTIONS(.argv = argv));
    victim_run_until(victim, "started");
}

static void kill_parent(struct victim *victim)
{
    EXPECT_INT_EQ(0, kin_kill(victim->child, KIN_SIGNAL_KILL));
    run_until(victim->loop, has_exited, &victim->recorder);
}

/* Nobody has said a word yet; now the input ends. */
static void expect_survivor(struct victim *victim)
{
    EXPECT_TRUE(strstr(text_in(&victim->recorder.out), "alive") == NULL);
    EXPECT_INT_EQ(0, victim->recorder.closes);
    victim_end_input(victim);
    victim_run(victim);
    EXPECT_STR_CONTAINS("alive", text_in(&victim->recorder.out));
    victim_free(victim);
}

/* The input does not end: the pipe of the output does, since nobody is left who has it. */
static void expect_no_survivor(struct victim *victim)
{
    victim_run(victim);
    EXPECT_TRUE(strstr(text_in(&victim->recorder.out), "alive") == NULL);
    EXPECT_FALSE(victim->recorder.close_status.output_incomplete);
    victim_free(victim);
}

/* ------------------------------------------------------------------------------------------------------------- detached --- */

TEST_C(Detached, C07_outlives_a_parent_that_exits)
{
    struct victim victim;

    start_parent(&victim, PARENT("detached", "exit", WITNESS));
    run_until(victim.loop, has_exited, &victim.recorder);
    EXPECT_EXITED(0, &victim.recorder.exit_status);
    expect_survivor(&victim);
}

TEST_C(Detached, C07_outlives_a_parent_that_is_killed)
{
    struct victim victim;

    start_parent(&victim, PARENT("detached", "stay", WITNESS));
    kill_parent(&victim);
    expect_survivor(&victim);
}

TEST_C(Detached, C07_outlives_the_tree_of_its_parent)
{
    struct victim victim;

    SKIP_ON_WINDOWS_C("a job lets nobody go unless whoever made it allows that");
    victim_begin(&victim, SPAWN_OPTIONS(.argv = PARENT("detached", "stay", WITNESS), .tree = true));
    victim_run_until(&victim, "started");
    EXPECT_INT_EQ(0, kin_kill_tree(victim.child, KIN_SIGNAL_KILL));
    run_until(victim.loop, has_exited, &victim.recorder);
    expect_survivor(&victim);
}

TEST_C(Detached, C07_writes_a_file_when_its_parent_is_gone)
{
    const char *path = scratch("written");
    struct victim victim;
    char text[8] = "";

    start_parent(&victim, PARENT("detached", "tree", "stay", PARENT_OF("write-file-after-input", path, "later")));
    kill_parent(&victim);
    EXPECT_INT_EQ(-1, host_read_file(path, text, sizeof text));
    victim_end_input(&victim);
    victim_finish(&victim); /* its output ends with it */
    EXPECT_INT_EQ(5, host_read_file(path, text, sizeof text));
    EXPECT_STR_EQ("later", text);
}

TEST_C(Detached, C07_has_the_null_device_for_its_slots)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();

    ASSERT_INT_EQ(0, kin_spawn(loop,
                               SPAWN_OPTIONS(.argv = CHILD("kinds-to", "3", "0", "1", "2"), .detached = true, .extra_count = 1,
                                             .extra = (const kin_stdio[]){ { RECORDED_OUT } }, RECORDED(&recorder)),
                               NULL));
    run_loop(loop);
    EXPECT_STR_EQ("null null null", text_in(&recorder.out));
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Detached, C07_has_the_slots_that_it_is_given)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("cat"), .detached = true));
    EXPECT_INT_GE(kin_stream_write(kin_child_stream(victim.child, 0), "hello", 5, NULL, NULL), 0);
    victim_end_input(&victim);
    victim_run(&victim);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    EXPECT_STR_EQ("hello", text_in(&victim.recorder.out));
    victim_free(&victim);
}

TEST_C(Detached, C07_without_reference_lets_the_loop_end)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("wait"), .detached = true));
    victim_run_until(&victim, "ready");
    kin_child_unref(victim.child);
    run_loop(victim.loop);
    EXPECT_INT_EQ(0, victim.recorder.exits);
    EXPECT_INT_EQ(0, kin_kill(victim.child, KIN_SIGNAL_NONE));
    kin_child_ref(victim.child);
    victim_end_input(&victim);
    victim_finish(&victim);
}

/* That nothing is left of it is looked at after every test. */
TEST_C(Detached, C07_R20_released_leaves_no_zombie_in_a_parent_that_lives_on)
{
    kin_native_handle in[2];
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    ASSERT_TRUE(host_pipe(in));
    ASSERT_INT_EQ(0, kin_spawn(loop,
                               SPAWN_OPTIONS(.argv = CHILD("exit-after-input", "0"), .detached = true,
                                             .in = { .kind = KIN_STDIO_HANDLE, .handle = in[0] }),
                               &child));
    host_close(in[0]);
    EXPECT_INT_EQ(0, kin_kill(child, KIN_SIGNAL_NONE));
    kin_child_release(child);
    run_loop(loop);
    close_loop(loop);
    host_close(in[1]); /* only now it ends */
}

TEST_C(Detached, C07_can_be_ended_as_any_other)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("grandchild-beside", "read-nothing"), .detached = true, .tree = true));
    victim_run_until(&victim, "ready");
    victim_run_until(&victim, "started");
    EXPECT_INT_EQ(0, kin_kill_tree(victim.child, KIN_SIGNAL_KILL));
    victim_run(&victim);
    EXPECT_ENDED_BY(KIN_SIGNAL_KILL, KIN_CAUSE_KILLED, &victim.recorder.close_status);
    victim_free(&victim);
}

/* ------------------------------------------------------------------------------------------------------ dies with parent --- */

TEST_C(DieWithParent, without_it_a_child_outlives_a_parent_that_is_killed)
{
    struct victim victim;

    start_parent(&victim, PARENT("stay", WITNESS));
    kill_parent(&victim);
    expect_survivor(&victim);
}

static const struct {
    const char *name;
    const char *words[2];
} tie_rows[] = { { "child", { "die", "die" } }, { "tree", { "die", "tree" } } };

TEST_CP(DieWithParent, R23_ends_with_a_parent_that_is_killed, tie_rows)
{
    struct victim victim;

    start_parent(&victim, PARENT(row->words[0], row->words[1], "stay", PARENT_OF("refuse-to-end")));
    victim_run_until(&victim, "ready");
    kill_parent(&victim);
    expect_no_survivor(&victim);
}

TEST_C(DieWithParent, R23_with_a_tree_the_grandchild_ends_too)
{
    struct victim victim;

    start_parent(&victim, PARENT("die", "tree", "stay", PARENT_OF("grandchild-beside", "refuse-to-end")));
    victim_run_until(&victim, "ready");
    kill_parent(&victim);
    expect_no_survivor(&victim);
}

TEST_C(DieWithParent, R23_with_a_tree_the_grandchild_ends_also_when_the_child_has_ended)
{
    struct victim victim;

    start_parent(&victim, PARENT("die", "tree", "wait-tree", "stay", PARENT_OF("grandchild", "refuse-to-end")));
    victim_run_until(&victim, "ready");
    kill_parent(&victim);
    expect_no_survivor(&victim);
}

static const struct {
    const char *name;
    const char *word;
} end_rows[] = { { "exit", "exit" }, { "vanish", "vanish" } };

/* It may end before the child has done anything. */
TEST_CP(DieWithParent, R23_ends_with_a_parent_that_ends_by_itself, end_rows)
{
    const unsigned rounds = SCALED(10, 2);

    for (unsigned i = 0; i < rounds; i++) {
        struct victim victim;

        start_parent(&victim, PARENT("die", i % 2 == 0 ? "die" : "tree", row->word, PARENT_OF("refuse-to-end")));
        expect_no_survivor(&victim);
    }
}

/* What ends is the thread that started it, and not the parent. */
TEST_CP(DieWithParent, R23_lives_on_when_only_the_thread_that_started_it_ends, tie_rows)
{
    struct victim victim;

    start_parent(&victim, PARENT(row->words[0], row->words[1], "thread", "stay", PARENT_OF("cat")));
    EXPECT_INT_GE(kin_stream_write(kin_child_stream(victim.child, 0), "ping", 4, NULL, NULL), 0);
    victim_run_until(&victim, "ping");
    kill_parent(&victim);
    expect_no_survivor(&victim);
}

TEST_C(DieWithParent, of_a_parent_that_lives_changes_nothing)
{
    struct victim victim;

    victim_begin(&victim, SPAWN_OPTIONS(.argv = CHILD("cat"), .die_with_parent = true, .tree = true));
    EXPECT_INT_GE(kin_stream_write(kin_child_stream(victim.child, 0), "hello", 5, NULL, NULL), 0);
    victim_end_input(&victim);
    victim_run(&victim);
    EXPECT_EXITED(0, &victim.recorder.close_status);
    EXPECT_STR_EQ("hello", text_in(&victim.recorder.out));
    victim_free(&victim);
}

TEST_C(DieWithParent, of_a_run)
{
    kin_result result = { 0 };

    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.die_with_parent = true, .input = "in", .input_size = 2), "cat"));
    EXPECT_EXITED(0, &result.status);
    EXPECT_OUTPUT("in", &result);
    kin_result_free(&result);
}

TEST_C(DieWithParent, R20_released_it_leaves_nothing_behind)
{
    kin_loop *loop = open_loop();
    kin_child *child = NULL;

    for (int tree = 0; tree < 2; tree++) {
        ASSERT_INT_EQ(0,
                      kin_spawn(loop,
                                SPAWN_OPTIONS(.argv = CHILD("wait"), .in = { .kind = KIN_STDIO_PIPE },
                                              .out = { .kind = KIN_STDIO_IGNORE }, .tree = tree != 0, .die_with_parent = true),
                                &child));
        kin_child_release(child);
    }
    run_loop(loop);
    close_loop(loop);
}
