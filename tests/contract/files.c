/* SPDX-License-Identifier: MIT */
/* Files as streams, and kin_stream_pipe() between everything. */
#include "support/support.h"

struct carried {
    unsigned count;
    int code;
    uint64_t bytes;
};

static void note_carried(int code, uint64_t bytes, void *user)
{
    struct carried *carried = user;

    carried->count++;
    carried->code = code;
    carried->bytes = bytes;
}

static kin_stream *open_file(kin_loop *loop, const char *path, kin_file_mode mode)
{
    kin_stream *stream = NULL;
    kin_error error = { 0 };

    if (kin_stream_open_file(loop, path, mode, &stream, &error) < 0)
        FAIL_C("%s", kin_error_text(&error));
    return stream;
}

static kin_child *start(kin_loop *loop, bool in, bool out, struct recorder *recorder, const char *const *argv)
{
    kin_spawn_options options = { .argv = argv, RECORDED(recorder) };
    kin_child *child = NULL;

    options.in.kind = in ? KIN_STDIO_PIPE : KIN_STDIO_IGNORE;
    options.out.kind = out ? KIN_STDIO_PIPE : KIN_STDIO_IGNORE;
    options.err.kind = KIN_STDIO_IGNORE;
    ASSERT_INT_EQ(0, kin_spawn(loop, &options, &child));
    return child;
}

static const char *pattern_file(const char *name, size_t size)
{
    const char *path = scratch(name);
    unsigned char *data = malloc(size);

    ASSERT_NOT_NULL(data);
    pattern_write(data, size);
    EXPECT_TRUE(host_write_file(path, data, size));
    free(data);
    return path;
}

static void expect_pattern_file(const char *path, size_t size)
{
    unsigned char *data = malloc(size + 1);

    ASSERT_NOT_NULL(data);
    EXPECT_INT_EQ(size, host_read_file(path, data, size + 1));
    EXPECT_TRUE(pattern_is_at(data, size));
    free(data);
}

TEST_C(Files, are_read_as_streams)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_stream *file = open_file(loop, pattern_file("input", 300000), KIN_FILE_READ);

    ASSERT_INT_EQ(0, kin_stream_on_data(file, record_out, record_end, &recorder));
    EXPECT_STR_EQ("", recorder.events);
    run_loop(loop);
    EXPECT_STR_EQ("data,end", recorder.events);
    EXPECT_UINT_EQ(300000, recorder.out.size);
    EXPECT_TRUE(pattern_is_in(&recorder.out));
    kin_stream_release(file);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Files, an_empty_one_ends_at_once)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_stream *file = open_file(loop, scratch_file("empty", ""), KIN_FILE_READ);

    ASSERT_INT_EQ(0, kin_stream_on_data(file, record_out, record_end, &recorder));
    run_loop(loop);
    EXPECT_STR_EQ("end", recorder.events);
    kin_stream_release(file);
    close_loop(loop);
}

TEST_C(Files, are_written_as_streams)
{
    struct recorder recorder = { 0 };
    const char *path = scratch_file("output", "this was here before");
    char text[64] = "";
    kin_loop *loop = open_loop();
    kin_stream *file = open_file(loop, path, KIN_FILE_TRUNCATE);

    EXPECT_INT_EQ(0, kin_stream_write(file, "new ", 4, record_written, &recorder));
    EXPECT_INT_EQ(0, kin_stream_write(file, "text", 4, record_written, &recorder));
    EXPECT_STR_EQ("", recorder.events);
    kin_stream_end(file);
    run_loop(loop);
    EXPECT_STR_EQ("written,written", recorder.events);
    kin_stream_release(file);
    EXPECT_INT_EQ(8, host_read_file(path, text, sizeof text));
    EXPECT_STR_EQ("new text", text);
    close_loop(loop);
}

TEST_C(Files, are_appended_to)
{
    const char *path = scratch_file("output", "old ");
    char text[64] = "";
    kin_loop *loop = open_loop();
    kin_stream *file = open_file(loop, path, KIN_FILE_APPEND);

    EXPECT_INT_EQ(0, kin_stream_write(file, "new", 3, NULL, NULL));
    run_loop(loop);
    kin_stream_release(file);
    EXPECT_INT_EQ(7, host_read_file(path, text, sizeof text));
    EXPECT_STR_EQ("old new", text);
    close_loop(loop);
}

TEST_C(Files, released_after_a_write_are_complete)
{
    const char *path = scratch("output");
    char text[64] = "";
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_stream *file = open_file(loop, path, KIN_FILE_TRUNCATE);

    EXPECT_INT_EQ(0, kin_stream_write(file, "all of it", 9, record_written, &recorder));
    kin_stream_release(file);
    run_loop(loop);
    EXPECT_STR_EQ("written", recorder.events);
    EXPECT_INT_EQ(9, host_read_file(path, text, sizeof text));
    close_loop(loop);
}

TEST_C(Files, that_cannot_be_opened)
{
    kin_loop *loop = open_loop();
    kin_stream *file = NULL;
    kin_error error = { 0 };
    const char *missing = scratch("missing");
    int code;

    EXPECT_INT_EQ(KIN_ENOENT, kin_stream_open_file(loop, missing, KIN_FILE_READ, &file, &error));
    EXPECT_ERROR(KIN_ENOENT, KIN_STAGE_OPEN, missing, &error);
    EXPECT_STR_EQ(text_of("open: ENOENT: %s", missing), kin_error_text(&error));
    EXPECT_NULL(file);
    code = kin_stream_open_file(loop, scratch(""), KIN_FILE_TRUNCATE, &file, NULL);
    EXPECT_TRUE(code == KIN_EISDIR || code == KIN_EACCES);
    EXPECT_NULL(file);
    close_loop(loop);
}

/* --------------------------------------------------------------------------------------------------------------- pipe --- */

TEST_C(Pipe, from_a_child_to_a_file)
{
    const char *path = scratch("output");
    struct recorder recorder = { 0 };
    struct carried carried = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = start(loop, false, true, &recorder, CHILD("spam", "out", "3000000"));
    kin_stream *file = open_file(loop, path, KIN_FILE_TRUNCATE);

    ASSERT_INT_EQ(0, kin_stream_pipe(kin_child_stream(child, 1), file, KIN_PIPE_DEFAULT, note_carried, &carried));
    EXPECT_INT_EQ(0, carried.count);
    run_loop(loop);
    EXPECT_INT_EQ(1, carried.count);
    EXPECT_INT_EQ(0, carried.code);
    EXPECT_UINT_EQ(3000000, carried.bytes);
    EXPECT_STR_EQ("exit,close", recorder.events);
    kin_stream_release(file);
    kin_child_release(child);
    close_loop(loop);
    expect_pattern_file(path, 3000000);
}

TEST_C(Pipe, from_a_file_to_a_child)
{
    struct recorder recorder = { 0 };
    struct carried carried = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = start(loop, true, true, &recorder, CHILD("count"));
    kin_stream *file = open_file(loop, pattern_file("input", 3000000), KIN_FILE_READ);

    ASSERT_INT_EQ(0, kin_stream_on_data(kin_child_stream(child, 1), record_out, NULL, &recorder));
    ASSERT_INT_EQ(0, kin_stream_pipe(file, kin_child_stream(child, 0), KIN_PIPE_DEFAULT, note_carried, &carried));
    run_loop(loop);
    EXPECT_INT_EQ(1, carried.count);
    EXPECT_INT_EQ(0, carried.code);
    EXPECT_UINT_EQ(3000000, carried.bytes);
    EXPECT_STR_EQ("3000000 match", text_in(&recorder.out));
    kin_stream_release(file);
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Pipe, from_a_child_to_a_child)
{
    struct recorder first = { 0 };
    struct recorder second = { 0 };
    struct carried carried = { 0 };
    kin_loop *loop = open_loop();
    kin_child *writer = start(loop, false, true, &first, CHILD("spam", "out", "5000000"));
    kin_child *reader = start(loop, true, true, &second, CHILD("count"));

    ASSERT_INT_EQ(0, kin_stream_on_data(kin_child_stream(reader, 1), record_out, NULL, &second));
    ASSERT_INT_EQ(
        0, kin_stream_pipe(kin_child_stream(writer, 1), kin_child_stream(reader, 0), KIN_PIPE_DEFAULT, note_carried, &carried));
    run_loop(loop);
    EXPECT_INT_EQ(1, carried.count);
    EXPECT_INT_EQ(0, carried.code);
    EXPECT_UINT_EQ(5000000, carried.bytes);
    EXPECT_STR_EQ("5000000 match", text_in(&second.out));
    EXPECT_EXITED(0, &first.close_status);
    kin_child_release(writer);
    kin_child_release(reader);
    recorder_free(&second);
    close_loop(loop);
}

TEST_C(Pipe, from_a_file_to_a_file)
{
    const char *output = scratch("output");
    struct carried carried = { 0 };
    kin_loop *loop = open_loop();
    kin_stream *from = open_file(loop, pattern_file("input", 1000000), KIN_FILE_READ);
    kin_stream *to = open_file(loop, output, KIN_FILE_TRUNCATE);

    ASSERT_INT_EQ(0, kin_stream_pipe(from, to, KIN_PIPE_DEFAULT, note_carried, &carried));
    run_loop(loop);
    EXPECT_INT_EQ(1, carried.count);
    EXPECT_INT_EQ(0, carried.code);
    kin_stream_release(from);
    kin_stream_release(to);
    close_loop(loop);
    expect_pattern_file(output, 1000000);
}

TEST_C(Pipe, may_leave_the_other_end_open)
{
    struct recorder recorder = { 0 };
    struct carried carried = { 0 };
    kin_loop *loop = open_loop();
    kin_child *child = start(loop, true, true, &recorder, CHILD("cat"));
    kin_stream *file = open_file(loop, scratch_file("input", "first "), KIN_FILE_READ);

    ASSERT_INT_EQ(0, kin_stream_on_data(kin_child_stream(child, 1), record_out, NULL, &recorder));
    ASSERT_INT_EQ(0, kin_stream_pipe(file, kin_child_stream(child, 0), KIN_PIPE_KEEP_OPEN, note_carried, &carried));
    while (carried.count == 0)
        ASSERT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_ONCE));
    EXPECT_INT_EQ(0, kin_stream_write(kin_child_stream(child, 0), "second", 6, NULL, NULL));
    kin_stream_end(kin_child_stream(child, 0));
    run_loop(loop);
    EXPECT_STR_EQ("first second", text_in(&recorder.out));
    kin_stream_release(file);
    kin_child_release(child);
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Pipe, a_reader_that_ends_early_ends_the_writer)
{
    struct recorder first = { 0 };
    struct recorder second = { 0 };
    struct carried carried = { 0 };
    kin_loop *loop = open_loop();
    kin_child *writer = start(loop, false, true, &first, CHILD("spam", "out", "100000000000"));
    kin_child *reader = start(loop, true, false, &second, CHILD("take", "100000"));

    ASSERT_INT_EQ(
        0, kin_stream_pipe(kin_child_stream(writer, 1), kin_child_stream(reader, 0), KIN_PIPE_DEFAULT, note_carried, &carried));
    run_loop(loop);
    EXPECT_INT_EQ(1, carried.count);
    EXPECT_INT_LT(carried.code, 0);
    EXPECT_INT_GE(carried.bytes, 100000);
    EXPECT_EXITED(97, &first.close_status);
    EXPECT_EXITED(0, &second.close_status);
    kin_child_release(writer);
    kin_child_release(reader);
    close_loop(loop);
}

TEST_C(Pipe, a_writer_that_is_killed_ends_the_reader)
{
    struct recorder first = { 0 };
    struct recorder second = { 0 };
    struct carried carried = { 0 };
    kin_loop *loop = open_loop();
    kin_child *writer = start(loop, false, true, &first, CHILD("read-nothing"));
    kin_child *reader = start(loop, true, true, &second, CHILD("cat"));

    ASSERT_INT_EQ(0, kin_stream_on_data(kin_child_stream(reader, 1), record_out, NULL, &second));
    ASSERT_INT_EQ(
        0, kin_stream_pipe(kin_child_stream(writer, 1), kin_child_stream(reader, 0), KIN_PIPE_DEFAULT, note_carried, &carried));
    run_until(loop, has_output, &second);
    EXPECT_INT_EQ(0, kin_kill(writer, KIN_SIGNAL_KILL));
    run_loop(loop);
    EXPECT_INT_EQ(1, carried.count);
    EXPECT_INT_EQ(0, carried.code);
    EXPECT_STR_EQ("ready\n", text_in(&second.out));
    EXPECT_EXITED(0, &second.close_status);
    kin_child_release(writer);
    kin_child_release(reader);
    recorder_free(&second);
    close_loop(loop);
}

TEST_C(Pipe, closing_one_side_tells_and_closes_the_other)
{
    struct recorder first = { 0 };
    struct recorder second = { 0 };
    struct carried carried = { 0 };
    kin_loop *loop = open_loop();
    kin_child *writer = start(loop, false, true, &first, CHILD("spam", "out", "100000000000"));
    kin_child *reader = start(loop, true, false, &second, CHILD("count"));

    ASSERT_INT_EQ(
        0, kin_stream_pipe(kin_child_stream(writer, 1), kin_child_stream(reader, 0), KIN_PIPE_DEFAULT, note_carried, &carried));
    ASSERT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_ONCE));
    kin_stream_close(kin_child_stream(reader, 0));
    run_loop(loop);
    EXPECT_INT_EQ(1, carried.count);
    EXPECT_INT_EQ(KIN_ECANCELED, carried.code);
    EXPECT_EXITED(97, &first.close_status);
    kin_child_release(writer);
    kin_child_release(reader);
    close_loop(loop);
}

TEST_C(Pipe, a_chain_of_four)
{
    enum { LENGTH = 4 };
    struct recorder recorders[LENGTH] = { 0 };
    kin_child *children[LENGTH];
    kin_loop *loop = open_loop();

    for (unsigned i = 0; i < LENGTH; i++) {
        children[i] = start(loop, i > 0, true, &recorders[i],
                            i == 0            ? CHILD("spam", "out", "1000000")
                            : i == LENGTH - 1 ? CHILD("count")
                                              : CHILD("cat"));
        if (i > 0) {
            ASSERT_INT_EQ(0, kin_stream_pipe(kin_child_stream(children[i - 1], 1), kin_child_stream(children[i], 0),
                                             KIN_PIPE_DEFAULT, NULL, NULL));
        }
    }
    kin_stream_on_data(kin_child_stream(children[LENGTH - 1], 1), record_out, NULL, &recorders[LENGTH - 1]);
    run_loop(loop);
    EXPECT_STR_EQ("1000000 match", text_in(&recorders[LENGTH - 1].out));
    for (unsigned i = 0; i < LENGTH; i++)
        kin_child_release(children[i]);
    recorder_free(&recorders[LENGTH - 1]);
    close_loop(loop);
}

TEST_C(Pipe, what_cannot_be_joined_is_refused)
{
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();
    kin_loop *other = open_loop();
    kin_child *child = start(loop, true, true, &recorder, CHILD("cat"));
    kin_stream *in = kin_child_stream(child, 0);
    kin_stream *out = kin_child_stream(child, 1);
    kin_stream *foreign = open_file(other, scratch("foreign"), KIN_FILE_TRUNCATE);

    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(NULL, in, KIN_PIPE_DEFAULT, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(out, NULL, KIN_PIPE_DEFAULT, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(in, out, KIN_PIPE_DEFAULT, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(in, in, KIN_PIPE_DEFAULT, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(out, foreign, KIN_PIPE_DEFAULT, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(out, in, (kin_pipe_flags)64, NULL, NULL));
    ASSERT_INT_EQ(0, kin_stream_on_data(out, record_out, NULL, &recorder));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(out, in, KIN_PIPE_DEFAULT, NULL, NULL));
    kin_stream_end(in);
    run_loop(loop);
    kin_stream_release(foreign);
    kin_child_release(child);
    close_loop(other);
    close_loop(loop);
}
