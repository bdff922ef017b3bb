/* SPDX-License-Identifier: MIT */
/* A child by calls, without callbacks and without a loop. */
#include "support/support.h"

/* Longer than anything here takes; a test that needs it fails. */
#define PATIENCE_MS 60000

static kin_child *start(const char *const *argv)
{
    kin_child *child = NULL;
    kin_error error = { 0 };
    const int code = kin_spawn(NULL,
                               SPAWN_OPTIONS(.argv = argv, .in = { .kind = KIN_STDIO_PIPE }, .out = { .kind = KIN_STDIO_PIPE },
                                             .err = { .kind = KIN_STDIO_PIPE }, .error = &error),
                               &child);

    if (code < 0)
        FAIL_C("start: %s", kin_error_text(&error));
    return child;
}

/* Reads a slot to its end. */
static void read_all(kin_child *child, unsigned slot, struct bytes *bytes)
{
    char part[10000];
    int64_t size;

    while ((size = kin_child_read(child, slot, part, sizeof part, PATIENCE_MS)) > 0)
        bytes_append(bytes, part, (size_t)size);
    EXPECT_INT_EQ(0, size);
}

static void finish(kin_child *child, uint32_t code)
{
    kin_status status;

    EXPECT_INT_EQ(0, kin_child_wait(child, PATIENCE_MS, &status));
    EXPECT_EXITED(code, &status);
    kin_child_release(child);
}

TEST_C(Blocking, question_and_answer)
{
    kin_child *child = start(CHILD("cat"));
    char answer[16];

    for (int i = 0; i < 100; i++) {
        ASSERT_INT_EQ(6, kin_child_write(child, 0, "hello\n", 6, PATIENCE_MS));
        ASSERT_INT_EQ(6, kin_child_read(child, 1, answer, sizeof answer, PATIENCE_MS));
        EXPECT_MEM_EQ("hello\n", answer, 6);
    }
    EXPECT_INT_EQ(0, kin_child_close(child, 0));
    EXPECT_INT_EQ(0, kin_child_read(child, 1, answer, sizeof answer, PATIENCE_MS));
    EXPECT_INT_EQ(0, kin_child_read(child, 1, answer, sizeof answer, PATIENCE_MS));
    finish(child, 0);
}

TEST_C(Blocking, a_large_output_arrives_whole)
{
    struct bytes bytes = { 0 };
    kin_child *child = start(CHILD("spam", "out", "3000000"));

    read_all(child, 1, &bytes);
    EXPECT_SIZE_EQ(3000000, bytes.size);
    EXPECT_TRUE(pattern_is_in(&bytes));
    free(bytes.data);
    finish(child, 0);
}

TEST_C(Blocking, F22_what_was_written_before_the_exit_is_read_after_it)
{
    struct bytes bytes = { 0 };
    kin_child *child = start(CHILD("say", "1", "out", "2", "err"));
    kin_status status;

    EXPECT_INT_EQ(0, kin_child_wait(child, PATIENCE_MS, &status));
    read_all(child, 2, &bytes);
    EXPECT_STR_EQ("err", text_in(&bytes));
    free(bytes.data);
    bytes = (struct bytes){ 0 };
    read_all(child, 1, &bytes);
    EXPECT_STR_EQ("out", text_in(&bytes));
    free(bytes.data);
    finish(child, 0);
}

TEST_C(Blocking, without_time_it_only_looks)
{
    kin_child *child = start(CHILD("wait"));
    char data[16];

    ASSERT_INT_EQ(6, kin_child_read(child, 1, data, sizeof data, PATIENCE_MS));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_read(child, 1, data, sizeof data, 0));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_read(child, 1, data, sizeof data, 5));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_wait(child, 0, NULL));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_wait(child, 5, NULL));
    kin_child_close(child, 0);
    finish(child, 0);
}

TEST_C(Blocking, a_child_that_never_reads_takes_what_a_pipe_holds)
{
    enum { SIZE = 4 * 1024 * 1024 };
    static char data[SIZE];
    kin_child *child = start(CHILD("read-nothing"));
    int64_t written;

    written = kin_child_write(child, 0, data, SIZE, 50);
    EXPECT_INT_LT(written, SIZE);
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_write(child, 0, data, SIZE, 20));
    EXPECT_INT_EQ(0, kin_kill(child, KIN_SIGNAL_KILL));
    EXPECT_INT_EQ(0, kin_child_wait(child, PATIENCE_MS, NULL));
    EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_kill(child, KIN_SIGNAL_KILL));
    kin_child_release(child);
}

TEST_C(Blocking, F11_writing_to_a_child_that_has_ended_is_epipe)
{
    kin_child *child = start(CHILD("exit", "3"));
    int64_t written = 1;

    EXPECT_INT_EQ(0, kin_child_wait(child, PATIENCE_MS, NULL));
    for (int i = 0; i < 1000 && written > 0; i++)
        written = kin_child_write(child, 0, "x", 1, PATIENCE_MS);
    EXPECT_INT_EQ(KIN_EPIPE, written);
    finish(child, 3);
}

TEST_C(Blocking, R18_waiting_again_gives_the_same_answer)
{
    kin_child *child = start(CHILD("exit", "42"));
    kin_status first;

    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, &first));
    EXPECT_EXITED(42, &first);
    EXPECT_INT_EQ(1, kin_child_status(child, NULL));
    finish(child, 42);
}

TEST_C(Blocking, released_while_it_runs_it_runs_on)
{
    kin_child *child = start(CHILD("wait"));
    char data[16];

    ASSERT_INT_EQ(6, kin_child_read(child, 1, data, sizeof data, PATIENCE_MS));
    kin_child_release(child);
}

/* The grandchild keeps the pipe; nobody waits for it longer than the close delay. */
TEST_C(Blocking, F23_a_grandchild_that_holds_the_pipe_does_not_hold_us)
{
    kin_child *child = NULL;
    struct bytes bytes = { 0 };
    char part[100];
    int64_t size;

    ASSERT_INT_EQ(0, kin_spawn(NULL,
                               SPAWN_OPTIONS(.argv = CHILD("grandchild", "read-nothing"), .out = { .kind = KIN_STDIO_PIPE },
                                             .tree = true, .close_delay_ms = 100),
                               &child));
    while ((size = kin_child_read(child, 1, part, sizeof part, PATIENCE_MS)) > 0)
        bytes_append(&bytes, part, (size_t)size);
    EXPECT_INT_EQ(KIN_ECANCELED, size);
    free(bytes.data);
    kin_kill_tree(child, KIN_SIGNAL_KILL);
    kin_child_release(child);
}

TEST_C(Blocking, A01_slots_and_children_that_are_not_for_it)
{
    kin_child *child = start(CHILD("cat"));
    kin_child *other = NULL;
    kin_loop *loop = open_loop();
    char data[4];

    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(NULL, 1, data, 4, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 0, data, 4, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 7, data, 4, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 1, data, 0, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 1, NULL, 4, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 1, data, 4, -7));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_write(child, 1, data, 4, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_write(NULL, 0, data, 4, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_close(child, 9));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait(NULL, 0, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait(child, -7, NULL));
    ASSERT_INT_EQ(0, kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("exit", "0")), &other));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait(other, 0, NULL));
    run_loop(loop);
    kin_child_release(other);
    close_loop(loop);
    kin_child_close(child, 0);
    finish(child, 0);
}
