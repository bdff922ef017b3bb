/* SPDX-License-Identifier: MIT */
/*
 * Every public operation with each of its allocations failing in turn: it says KIN_ENOMEM and can be tried again, or it
 * manages without; nothing is left behind, and what was started is told its end exactly once.
 */
#include "fault/allocation.h"
#include "scene.h"

#include <string.h>

/* Does something twice if the first time fails for want of memory. */
#define AGAIN(call) ((void)(again((call), __LINE__) && again((call), -__LINE__)))

static bool again(int64_t code, int line)
{
    if (code == KIN_ENOMEM && line > 0)
        return true;
    if (code < 0)
        NOTE_FAILURE_C("line %d: %s", line, kin_code_name((int)code));
    return false;
}

/* ------------------------------------------------------------------------------------------------------------ scenarios */

static void life_of_a_loop(void)
{
    kin_loop *other = NULL;

    AGAIN(kin_loop_create(&other));
    kin_loop_release(other);
}

static void life_of_a_timer(void)
{
    AGAIN(kin_timer_start(loop, 1, 0, note_timer, NULL, NULL));
    run();
    EXPECT_STR_EQ("timer", noted());
}

static void life_of_a_child(void)
{
    static const char *const set[] = { "A=1", "B=2", NULL };
    static const char *const unset[] = { "HOME", NULL };
    static const kin_stdio extra[] = { { .kind = KIN_STDIO_PIPE_INPUT }, { .on_data = note_data, .on_end = note_end } };
    kin_spawn_options options = usual_options();

    options.env_set = set;
    options.env_unset = unset;
    options.extra = extra;
    options.extra_count = 2;
    AGAIN(kin_spawn(loop, &options, &child));
    ASSERT_NOT_NULL(child);
    fake_child_says(fake_pipe(1), "out");
    fake_child_says(fake_pipe(4), "extra");
    fake_child_ends(fake_pipe(1));
    fake_child_ends(fake_pipe(4));
    fake_exits(fake_process(), 0);
    run();
    EXPECT_SIZE_EQ(1, count_of("exit("));
    EXPECT_SIZE_EQ(1, count_of("close("));
    EXPECT_SIZE_EQ(2, count_of("end("));
    EXPECT_SIZE_EQ(2, count_of("data(") + count_of("end(ENOMEM)"));
    EXPECT_SIZE_EQ(2, count_of("end(ok)") + count_of("end(ENOMEM)"));
    release_child();
}

static void life_of_writes(void)
{
    const kin_spawn_options options = usual_options();
    char text[] = "a";

    AGAIN(kin_spawn(loop, &options, &child));
    ASSERT_NOT_NULL(child);
    for (int i = 0; i < 5; i++) {
        AGAIN(kin_stream_write(in(), text, 1, note_written, NULL));
        text[0]++;
    }
    AGAIN(kin_stream_write_borrowed(in(), "end", 3, note_written, NULL));
    kin_stream_end(in());
    settle_down();
    EXPECT_STR_EQ("abcdeend", fake_written(fake_pipe(0), NULL));
    EXPECT_SIZE_EQ(6, count_of("written(ok)"));
    release_child();
}

static void life_of_a_carrying(void)
{
    kin_spawn_options options = usual_options();
    kin_stream *file = NULL;

    options.out = (kin_stdio){ .kind = KIN_STDIO_PIPE };
    AGAIN(kin_spawn(loop, &options, &child));
    ASSERT_NOT_NULL(child);
    AGAIN(kin_stream_open_file(loop, "file", KIN_FILE_TRUNCATE, &file, NULL));
    ASSERT_NOT_NULL(file);
    AGAIN(kin_stream_pipe(out(), file, KIN_PIPE_DEFAULT, note_carried, NULL));
    fake_child_says(fake_pipe(1), "carried");
    fake_child_ends(fake_pipe(1));
    fake_exits(fake_process(), 0);
    run();
    EXPECT_SIZE_EQ(1, count_of("carried(ok 7)") + count_of("carried(ENOMEM 0)"));
    EXPECT_SIZE_EQ(1, count_of("close("));
    EXPECT_TRUE(fake_is_closed(fake_file()));
    kin_stream_release(file);
    release_child();
}

static void note_done(kin_result *result, void *user)
{
    (void)user;
    note("done(%s)", kin_code_name(result->code));
    if (result->code == 0) {
        EXPECT_STR_EQ("out", result->out.data);
        EXPECT_STR_EQ("", result->err.data);
    }
}

/* Whatever runs says a word and ends. */
static void say_and_end(void)
{
    if (fake_process() == NULL || fake_is_closed(fake_pipe(1)) || fake_is_process_closed(fake_process()))
        return;
    if (fake_reads_of(fake_pipe(1)) == 1)
        fake_child_says(fake_pipe(1), "out");
    fake_child_ends(fake_pipe(1));
    if (fake_pipe(2) != NULL)
        fake_child_ends(fake_pipe(2));
    fake_exits(fake_process(), 0);
}

static void life_of_an_exec(void)
{
    static const char *const argv[] = { "program", NULL };
    const kin_exec_options options = { .input = "input", .input_size = 5 };

    fake_when_idle(say_and_end);
    AGAIN(kin_exec_file(loop, argv, &options, note_done, NULL, NULL));
    run();
    EXPECT_SIZE_EQ(1, count_of("done(ok)") + count_of("done(ENOMEM)"));
    forget();
    AGAIN(kin_exec(loop, "line", NULL, note_done, NULL, NULL));
    run();
    EXPECT_SIZE_EQ(1, count_of("done(ok)") + count_of("done(ENOMEM)"));
}

static void life_of_an_exec_sync(void)
{
    static const char *const argv[] = { "program", NULL };
    kin_result result;
    int code;

    fake_when_idle(say_and_end);
    code = kin_exec_file_sync(argv, NULL, &result);
    EXPECT_TRUE(code == 0 || code == KIN_ENOMEM);
    EXPECT_INT_EQ(code, result.code);
    EXPECT_INT_EQ(code, result.error.code);
    kin_result_free(&result);
    code = kin_exec_sync("line", &(kin_exec_options){ .merge_err = true }, &result);
    EXPECT_TRUE(code == 0 || code == KIN_ENOMEM);
    EXPECT_INT_EQ(code, result.code);
    kin_result_free(&result);
}

static void life_of_a_blocking_child(void)
{
    static const char *const argv[] = { "program", NULL };
    const kin_spawn_options options = { .argv = argv, .in = { .kind = KIN_STDIO_PIPE }, .out = { .kind = KIN_STDIO_PIPE } };
    char text[8];

    AGAIN(kin_spawn(NULL, &options, &child));
    ASSERT_NOT_NULL(child);
    AGAIN(kin_child_write(child, 0, "hello", 5, KIN_FOREVER));
    EXPECT_STR_EQ("hello", fake_written(fake_pipe(0), NULL));
    fake_child_says(fake_pipe(1), "out");
    EXPECT_INT_EQ(3, kin_child_read(child, 1, text, sizeof text, KIN_FOREVER));
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    release_child();
}

static void search(void)
{
    static const char *const argv[] = { "program", NULL };
    static const char *const set[] = { "PATH=/other", NULL };
    const kin_spawn_options options = { .argv = argv, .env_set = set };
    char path[64];

    AGAIN(kin_which(&options, path, sizeof path));
    EXPECT_STR_EQ("/fake/program", path);
}

/* A failing allocation refuses a call, or ends the channel; whoever was accepted is told. */
static void life_of_a_channel(void)
{
    static const kin_channel_options options = { .on_message = note_message, .on_end = note_channel_end };
    static char large[20000];
    const kin_native_handle end = (kin_native_handle)(intptr_t)10;
    const kin_native_handle passed = fake_handle(KIN_HANDLE_SOCKET);
    kin_channel *channel = NULL;

    memset(large, '7', sizeof large);
    AGAIN(kin_channel_open(loop, end, end, &options, &channel));
    ASSERT_NOT_NULL(channel);
    for (int i = 0; i < 20; i++)
        AGAIN(kin_channel_send(channel, "1", 1, note_sent, NULL));
    AGAIN(kin_channel_request(channel, "2", 1, 1000, note_reply, NULL));
    AGAIN(kin_channel_reply(channel, 5, "3", 1));
    AGAIN(kin_channel_send_borrowed(channel, large, sizeof large, note_sent, NULL));
    AGAIN(kin_channel_send_handle(channel, "4", 1, passed, true, note_sent, NULL));
    AGAIN(kin_channel_flush(channel, note_sent, NULL));
    settle_down();
    fake_child_passes(fake_channel(), KIN_HANDLE_SOCKET);
    fake_child_says(fake_channel(), "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\",\"msg\":1}\n"
                                    "{\"cmd\":\"NODE_HANDLE_ACK\"}\n{\"kin\":\"reply\",\"id\":1,\"body\":1}\n");
    fake_child_ends(fake_channel());
    run();
    EXPECT_SIZE_EQ(1, count_of("reply("));
    EXPECT_SIZE_EQ(1, count_of("channel-end("));
    kin_channel_release(channel);
    settle_down();
    EXPECT_SIZE_EQ(0, fake_open_handles());
}

static void life_of_a_forked_child(void)
{
    kin_message message;

    AGAIN(kin_fork(NULL, "entry", NULL, &child));
    ASSERT_NOT_NULL(child);
    AGAIN(kin_channel_send_wait(kin_child_channel(child), "1", 1, KIN_FOREVER));
    fake_child_says(fake_pipe(3), "1\n");
    fake_child_ends(fake_pipe(3));
    while (kin_channel_receive(kin_child_channel(child), &message, KIN_FOREVER) > 0)
        continue;
    fake_exits(fake_process(), 0);
    EXPECT_INT_EQ(0, kin_child_wait(child, KIN_FOREVER, NULL));
    release_child();
}

/* ------------------------------------------------------------------------------------------------------------ each in turn */

static const struct {
    const char *name;
    void (*live)(void);
} scenarios[] = {
    { "loop", life_of_a_loop },
    { "timer", life_of_a_timer },
    { "child", life_of_a_child },
    { "writes", life_of_writes },
    { "carrying", life_of_a_carrying },
    { "exec", life_of_an_exec },
    { "exec_sync", life_of_an_exec_sync },
    { "blocking", life_of_a_blocking_child },
    { "search", search },
    { "channel", life_of_a_channel },
    { "forked_child", life_of_a_forked_child },
};

/* One life from nothing to nothing, so that the blocks in use can be counted. */
static bool live_with_failure(void (*live)(void), size_t number)
{
    const size_t before = allocation_blocks();
    bool failed;

    fake_reset();
    forget();
    ASSERT_INT_EQ(0, kin_loop_create(&loop));
    allocation_fail_at(number);
    live();
    kin_loop_release(loop);
    loop = NULL;
    failed = allocation_stop_failing();
    fake_check();
    fake_reset();
    EXPECT_SIZE_EQ(before, allocation_blocks());
    return failed;
}

TEST_CP(Memory, EachAllocationMayFail, scenarios)
{
    size_t number = 1;
    bool failed = true;

    kin_loop_release(loop);
    loop = NULL;
    fake_reset();
    allocation_spare(fake_is_allocating);
    for (; failed && number < 1000; number++) {
        TRACE_C("allocation %zu", number);
        failed = live_with_failure(row->live, number);
        TRACE_END_C();
    }
    EXPECT_TRUE(number > 2 && number < 1000);
}
