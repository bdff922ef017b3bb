/* SPDX-License-Identifier: MIT */
/* A child without callbacks. */
#include "support/support.h"

static kin_child *start(kin_stdio_kind in, kin_stdio_kind out, const char *const *argv)
{
    kin_child *child = NULL;
    kin_error error = { 0 };

    if (kin_spawn(NULL, SPAWN_OPTIONS(.argv = argv, .in = { .kind = in }, .out = { .kind = out }, .error = &error), &child) < 0)
        FAIL_C("%s", kin_error_text(&error));
    return child;
}

/* Reads until so many bytes are there, or the end. */
static size_t read_all(kin_child *child, unsigned slot, char *data, size_t size)
{
    size_t done = 0;

    while (done < size) {
        const int64_t part = kin_child_read(child, slot, data + done, size - done, 60000);

        EXPECT_INT_GE(part, 0);
        if (part <= 0)
            break;
        done += (size_t)part;
    }
    return done;
}

TEST_C(Blocking, write_read_close_wait)
{
    kin_child *child = start(KIN_STDIO_PIPE, KIN_STDIO_PIPE, CHILD("cat"));
    char data[16] = "";
    kin_status status;

    EXPECT_INT_EQ(5, kin_child_write(child, 0, "hello", 5, KIN_FOREVER));
    EXPECT_UINT_EQ(5, read_all(child, 1, data, 5));
    EXPECT_STR_EQ("hello", data);
    EXPECT_INT_EQ(0, kin_child_close(child, 0));
    EXPECT_INT_EQ(0, kin_child_read(child, 1, data, sizeof data, KIN_FOREVER));
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, &status));
    EXPECT_EXITED(0, &status);
    kin_child_release(child);
}

TEST_C(Blocking, a_conversation)
{
    const unsigned rounds = SCALED(500, 50);
    kin_child *child = start(KIN_STDIO_PIPE, KIN_STDIO_PIPE, CHILD("cat"));

    for (unsigned i = 0; i < rounds; i++) {
        const char *text = text_of("message %u", i);
        char data[64] = "";

        ASSERT_INT_EQ(strlen(text), kin_child_write(child, 0, text, strlen(text), KIN_FOREVER));
        read_all(child, 1, data, strlen(text));
        EXPECT_STR_EQ(text, data);
    }
    kin_child_close(child, 0);
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    kin_child_release(child);
}

TEST_C(Blocking, R18_wait_may_be_called_again)
{
    kin_child *child = start(KIN_STDIO_INHERIT, KIN_STDIO_INHERIT, CHILD("exit", "6"));
    kin_status status = { 0 };

    for (unsigned i = 0; i < 3; i++) {
        EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, &status));
        EXPECT_EXITED(6, &status);
    }
    EXPECT_INT_EQ(1, kin_child_status(child, &status));
    EXPECT_EXITED(6, &status);
    kin_child_release(child);
}

TEST_C(Blocking, R19_wait_with_a_timeout)
{
    kin_child *child = start(KIN_STDIO_PIPE, KIN_STDIO_IGNORE, CHILD("wait"));

    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_wait(child, 0, NULL));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_wait(child, 10, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait(child, -7, NULL));
    kin_child_close(child, 0);
    EXPECT_INT_EQ(0, kin_child_wait(child, INT64_MAX, NULL));
    kin_child_release(child);
}

TEST_C(Blocking, read_with_a_timeout)
{
    kin_child *child = start(KIN_STDIO_PIPE, KIN_STDIO_PIPE, CHILD("cat"));
    char data[8];

    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_read(child, 1, data, sizeof data, 0));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_read(child, 1, data, sizeof data, 10));
    EXPECT_INT_EQ(1, kin_child_write(child, 0, "x", 1, KIN_FOREVER));
    EXPECT_INT_EQ(1, kin_child_read(child, 1, data, sizeof data, KIN_FOREVER));
    kin_child_close(child, 0);
    EXPECT_INT_EQ(0, kin_child_read(child, 1, data, sizeof data, KIN_FOREVER));
    EXPECT_INT_EQ(0, kin_child_read(child, 1, data, sizeof data, KIN_FOREVER));
    kin_child_release(child);
}

TEST_C(Blocking, T06_write_with_a_timeout_says_how_much_was_taken)
{
    const size_t size = 16 * 1024 * 1024;
    char *data = calloc(size, 1);
    kin_child *child = start(KIN_STDIO_PIPE, KIN_STDIO_IGNORE, CHILD("read-nothing"));
    int64_t written;

    ASSERT_NOT_NULL(data);
    written = kin_child_write(child, 0, data, size, 50);
    EXPECT_TRUE(written == KIN_ETIMEDOUT || (written > 0 && written < (int64_t)size));
    EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_child_write(child, 0, data, size, 0));
    EXPECT_INT_EQ(0, kin_kill(child, KIN_SIGNAL_KILL));
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    kin_child_release(child);
    free(data);
}

TEST_C(Blocking, what_was_written_can_be_read_after_the_exit)
{
    kin_child *child = start(KIN_STDIO_INHERIT, KIN_STDIO_PIPE, CHILD("say", "1", "last words"));
    char data[32] = "";

    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    EXPECT_UINT_EQ(10, read_all(child, 1, data, sizeof data));
    EXPECT_STR_EQ("last words", data);
    kin_child_release(child);
}

TEST_C(Blocking, much_data)
{
    enum { SIZE = 3000000 };
    char *data = malloc(SIZE);
    kin_child *child = start(KIN_STDIO_INHERIT, KIN_STDIO_PIPE, CHILD("spam", "out", "3000000"));
    kin_status status;

    ASSERT_NOT_NULL(data);
    EXPECT_UINT_EQ(SIZE, read_all(child, 1, data, SIZE));
    EXPECT_TRUE(pattern_is_at(data, SIZE));
    EXPECT_INT_EQ(0, kin_child_read(child, 1, data, SIZE, KIN_FOREVER));
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, &status));
    EXPECT_EXITED(0, &status);
    kin_child_release(child);
    free(data);
}

TEST_C(Blocking, F11_writing_to_a_child_that_has_ended_is_epipe)
{
    kin_child *child = start(KIN_STDIO_PIPE, KIN_STDIO_INHERIT, CHILD("exit", "0"));
    int64_t code;

    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    code = kin_child_write(child, 0, "x", 1, KIN_FOREVER);
    if (code == 1) /* the system had not told yet */
        code = kin_child_write(child, 0, "x", 1, KIN_FOREVER);
    EXPECT_INT_EQ(KIN_EPIPE, code);
    kin_child_release(child);
}

TEST_C(Blocking, an_extra_slot)
{
    kin_child *child = NULL;
    char data[16] = "";

    ASSERT_INT_EQ(0, kin_spawn(NULL,
                               SPAWN_OPTIONS(.argv = CHILD("cat", "3", "4"), .extra_count = 2,
                                             .extra = (const kin_stdio[]){ { .kind = KIN_STDIO_PIPE_INPUT },
                                                                           { .kind = KIN_STDIO_PIPE } }),
                               &child));
    EXPECT_INT_EQ(5, kin_child_write(child, 3, "extra", 5, KIN_FOREVER));
    kin_child_close(child, 3);
    EXPECT_UINT_EQ(5, read_all(child, 4, data, sizeof data));
    EXPECT_STR_EQ("extra", data);
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    kin_child_release(child);
}

TEST_C(Blocking, a_slot_without_such_a_pipe_is_refused)
{
    kin_child *child = start(KIN_STDIO_PIPE, KIN_STDIO_PIPE, CHILD("cat"));
    char data[8];

    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 0, data, sizeof data, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 2, data, sizeof data, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 99, data, sizeof data, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 1, NULL, sizeof data, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 1, data, 0, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_write(child, 1, data, sizeof data, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_write(child, 0, NULL, 1, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_close(child, 7));
    EXPECT_INT_EQ(0, kin_child_close(child, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_write(child, 0, "x", 1, 0));
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    kin_child_release(child);
}

TEST_C(Blocking, is_not_for_a_child_of_a_loop)
{
    kin_loop *loop = open_loop();
    kin_child *child = NULL;
    char data[8];

    ASSERT_INT_EQ(0, kin_spawn(loop, SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .out = { .kind = KIN_STDIO_PIPE }), &child));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_wait(child, 0, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_child_read(child, 1, data, sizeof data, 0));
    run_loop(loop);
    kin_child_release(child);
    close_loop(loop);
}

TEST_C(Blocking, needs_somebody_who_keeps_the_child)
{
    kin_error error = { 0 };

    EXPECT_INT_EQ(KIN_EINVAL, kin_spawn(NULL, SPAWN_OPTIONS(.argv = CHILD("exit", "0"), .error = &error), NULL));
    EXPECT_INT_EQ(KIN_STAGE_OPTIONS, error.stage);
}

TEST_C(Blocking, T03_a_timeout_of_the_child_ends_it_while_we_wait)
{
    kin_child *child = NULL;
    kin_status status = { 0 };

    ASSERT_INT_EQ(
        0, kin_spawn(NULL, SPAWN_OPTIONS(.argv = CHILD("read-nothing"), .out = { .kind = KIN_STDIO_IGNORE }, .timeout_ms = 50),
                     &child));
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, &status));
    EXPECT_INT_EQ(KIN_CAUSE_TIMEOUT, status.cause);
    kin_child_release(child);
}

TEST_C(Blocking, R20_released_while_it_runs_leaves_no_zombie)
{
    kin_child *child = start(KIN_STDIO_PIPE, KIN_STDIO_PIPE, CHILD("cat"));

    kin_child_release(child);
}

/* The grandchild keeps the pipe until its input ends; nobody waits for it longer than the close delay. */
TEST_C(Blocking, F23_a_grandchild_that_holds_the_pipe_does_not_hold_us)
{
    kin_child *child = NULL;
    char part[100];
    int64_t size;

    ASSERT_INT_EQ(
        0, kin_spawn(NULL,
                     SPAWN_OPTIONS(.argv = CHILD("grandchild", "say-after-input", "1", "late"),
                                   .in = { .kind = KIN_STDIO_PIPE }, .out = { .kind = KIN_STDIO_PIPE }, .close_delay_ms = 100),
                     &child));
    do
        size = kin_child_read(child, 1, part, sizeof part, 60000);
    while (size > 0);
    EXPECT_INT_EQ(KIN_ECANCELED, size);
    kin_child_release(child);
}

TEST_C(Blocking, F22_both_outputs_can_be_read_after_the_exit_in_any_order)
{
    kin_child *child = NULL;
    char data[8] = "";

    ASSERT_INT_EQ(0, kin_spawn(NULL,
                               SPAWN_OPTIONS(.argv = CHILD("say", "1", "out", "2", "err"), .out = { .kind = KIN_STDIO_PIPE },
                                             .err = { .kind = KIN_STDIO_PIPE }),
                               &child));
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    EXPECT_UINT_EQ(3, read_all(child, 2, data, sizeof data));
    EXPECT_STR_EQ("err", data);
    EXPECT_UINT_EQ(3, read_all(child, 1, data, sizeof data));
    EXPECT_STR_EQ("out", data);
    kin_child_release(child);
}
