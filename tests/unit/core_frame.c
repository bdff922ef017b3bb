/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/frame.h"
#include "shim.h"
#include "support/frame_reference.h"

#define LIMIT ((size_t)1024)

static struct kin_frames frames;

static void begin(kin_channel_mode mode, size_t limit)
{
    frames = (struct kin_frames){ .mode = mode, .limit = limit };
}

static void feed(const void *data, size_t size)
{
    while (size > 0) {
        void *room;
        size_t most;

        ASSERT_INT_EQ(0, kin_frames_room(&frames, &room, &most));
        most = size < most ? size : most;
        memcpy(room, data, most);
        kin_frames_came(&frames, most);
        data = (const char *)data + most;
        size -= most;
    }
}

/* Everything that comes of the bytes, in pieces of `step`, as one line: "a|b|" and the error. */
static void decode(const void *data, size_t size, size_t step, char *line, size_t room)
{
    struct kin_frame frame;
    size_t length = 0;
    int code = 0;

    for (size_t at = 0; at < size && code >= 0; at += step) {
        feed((const char *)data + at, size - at < step ? size - at : step);
        while ((code = kin_frames_next(&frames, &frame)) > 0) {
            ASSERT_TRUE(length + frame.size + 2 < room);
            memcpy(line + length, frame.data, frame.size);
            length += frame.size;
            line[length++] = '|';
        }
    }
    snprintf(line + length, room - length, "%s%s", code < 0 ? kin_code_name(code) : "",
             code == 0 && kin_frames_are_partial(&frames) ? "…" : "");
}

struct row {
    const char *name;
    kin_channel_mode mode;
    const char *bytes;
    size_t size;
    const char *expected;
};

#define JSON(text) KIN_CHANNEL_JSON, text, sizeof text - 1
#define BINARY(text) KIN_CHANNEL_BINARY, text, sizeof text - 1

static const struct row rows[] = {
    { "nothing", JSON(""), "" },
    { "one", JSON("{\"a\":1}\n"), "{\"a\":1}|" },
    { "every_kind_of_value", JSON("[]\n\"\"\n-1.5e3\n0\ntrue\nfalse\nnull\n{}\n"), "[]|\"\"|-1.5e3|0|true|false|null|{}|" },
    { "carriage_return", JSON("{}\r\n[1]\r\n"), "{}|[1]|" },
    { "blanks_around", JSON(" {} \t\n"), " {} \t|" },
    { "I03_many_in_one", JSON("1\n2\n3\n"), "1|2|3|" },
    { "I04_an_end_in_the_middle", JSON("1\n{\"a\""), "1|…" },
    { "I08_noise", JSON("1\nhello\n2\n"), "1|EPROTO" },
    { "an_empty_line", JSON("1\n\n2\n"), "1|EPROTO" },
    { "a_line_of_blanks", JSON("  \r\n"), "EPROTO" },
    { "a_zero_byte", JSON("\0\n"), "EPROTO" },
    { "a_lone_quote", JSON("\"\n"), "EPROTO" },
    { "brackets_that_do_not_match", JSON("{]\n"), "EPROTO" },
    { "utf8_stays_as_it_is", JSON("\"\xc3\xa4\xf0\x9f\x99\x82\"\n"), "\"\xc3\xa4\xf0\x9f\x99\x82\"|" },
    { "blocks", BINARY("\0\0\0\1a\0\0\0\2bc"), "a|bc|" },
    { "I03_a_block_of_nothing", BINARY("\0\0\0\0\0\0\0\1a"), "|a|" },
    { "I02_split_length", BINARY("\0\0\0"), "…" },
    { "I04_an_end_in_a_block", BINARY("\0\0\0\5ab"), "…" },
    { "I01_X17_a_length_with_the_sign_bit", BINARY("\0\0\0\1a\x80\0\0\0"), "a|EMSGSIZE" },
    { "I01_the_largest_length", BINARY("\xff\xff\xff\xff"), "EMSGSIZE" },
    { "one_more_than_the_limit", BINARY("\0\0\4\1"), "EMSGSIZE" },
    { "a_feed_is_a_byte_like_others", BINARY("\0\0\0\1\n"), "\n|" },
};

TEST_CP(Frames, table, rows)
{
    char line[4096];

    for (size_t step = 1; step <= row->size + 1; step++) {
        TRACE_C("pieces of %zu", step);
        begin(row->mode, LIMIT);
        decode(row->bytes, row->size, step, line, sizeof line);
        EXPECT_STR_EQ(row->expected, line);
        kin_frames_free(&frames);
        TRACE_END_C();
    }
}

TEST_C(Frames, I03_exactly_the_limit_and_one_more)
{
    char text[LIMIT + 3];
    struct kin_frame frame;

    memset(text, '1', sizeof text);
    text[LIMIT] = '\r';
    text[LIMIT + 1] = '\n';
    begin(KIN_CHANNEL_JSON, LIMIT);
    feed(text, LIMIT + 2);
    ASSERT_INT_EQ(1, kin_frames_next(&frames, &frame));
    EXPECT_SIZE_EQ(LIMIT, frame.size);
    feed(text, LIMIT);
    feed("1\n", 2);
    EXPECT_INT_EQ(KIN_EMSGSIZE, kin_frames_next(&frames, &frame));
    EXPECT_INT_EQ(KIN_EMSGSIZE, kin_frames_next(&frames, &frame));
    kin_frames_free(&frames);
}

TEST_C(Frames, X18_memory_grows_with_what_came_and_not_with_what_is_claimed)
{
    struct kin_frame frame;
    char block[4096];
    size_t came = 4;

    memset(block, 'x', sizeof block);
    begin(KIN_CHANNEL_BINARY, KIN_CHANNEL_MOST);
    feed("\x1f\xff\xff\xff", 4);
    for (int i = 0; i < 1000; i++) {
        EXPECT_INT_EQ(0, kin_frames_next(&frames, &frame));
        EXPECT_TRUE(frames.capacity <= 2 * came + 64 * 1024);
        feed(block, sizeof block);
        came += sizeof block;
    }
    kin_frames_free(&frames);
}

TEST_C(Frames, memory_of_a_large_message_is_given_back_after_it)
{
    const size_t size = 4 * 1024 * 1024;
    char *text = malloc(size);
    struct kin_frame frame;
    void *room;
    size_t most;

    ASSERT_NOT_NULL(text);
    memset(text, '7', size);
    text[size - 1] = '\n';
    begin(KIN_CHANNEL_JSON, size);
    feed(text, size);
    ASSERT_INT_EQ(1, kin_frames_next(&frames, &frame));
    EXPECT_SIZE_EQ(size - 1, frame.size);
    ASSERT_INT_EQ(0, kin_frames_room(&frames, &room, &most));
    EXPECT_TRUE(frames.capacity <= 256 * 1024);
    kin_frames_free(&frames);
    free(text);
}

TEST_C(Frames, detached_memory_keeps_what_was_delivered)
{
    struct kin_frame first;
    struct kin_frame second;
    char *delivered = NULL;
    void *room;
    size_t most;

    begin(KIN_CHANNEL_JSON, LIMIT);
    feed("\"one\"\n\"tw", 9);
    ASSERT_INT_EQ(1, kin_frames_next(&frames, &first));
    ASSERT_INT_EQ(0, kin_frames_detach(&frames, &delivered));
    ASSERT_INT_EQ(0, kin_frames_room(&frames, &room, &most));
    memset(room, 0, most);
    feed("o\"\n", 3);
    ASSERT_INT_EQ(1, kin_frames_next(&frames, &second));
    EXPECT_MEM_EQ("\"one\"", first.data, 5);
    EXPECT_MEM_EQ("\"two\"", second.data, 5);
    free(delivered);
    kin_frames_free(&frames);
}

/* A generator of streams that are mostly right, from a seed. */
static uint64_t state;

static unsigned draw(unsigned below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(state >> 33) % below;
}

static size_t make_stream(bool binary, unsigned char *bytes, size_t room)
{
    size_t size = 0;

    while (size + 400 < room && draw(20) > 0) {
        const unsigned body = draw(300);

        if (binary) {
            bytes[size++] = draw(40) == 0;
            bytes[size++] = 0;
            bytes[size++] = (unsigned char)(body >> 8);
            bytes[size++] = (unsigned char)body;
        }
        for (unsigned i = 0; i < body; i++)
            bytes[size++] = (unsigned char)(binary ? draw(256) : '0' + draw(10));
        if (!binary)
            bytes[size++] = '\n';
        if (!binary && draw(30) == 0)
            bytes[size++] = (unsigned char)draw(256);
    }
    return size;
}

TEST_C(Frames, as_the_reference_at_any_split)
{
    static unsigned char bytes[8192];

    for (unsigned round = 0; round < 3000; round++) {
        const bool binary = round % 2 == 0;
        struct reference_frames reference = { .binary = binary, .limit = 250, .bytes = bytes };
        struct kin_frame frame;
        const unsigned char *message;
        size_t message_size;
        int code = 0;

        state = round;
        reference.size = make_stream(binary, bytes, sizeof bytes);
        begin(binary ? KIN_CHANNEL_BINARY : KIN_CHANNEL_JSON, 250);
        for (size_t at = 0; at < reference.size && code >= 0;) {
            const size_t step = 1 + draw(500);
            const size_t piece = reference.size - at < step ? reference.size - at : step;

            feed(bytes + at, piece);
            at += piece;
            while ((code = kin_frames_next(&frames, &frame)) > 0) {
                ASSERT_INT_EQ(1, reference_next(&reference, &message, &message_size));
                ASSERT_SIZE_EQ(message_size, frame.size);
                ASSERT_INT_EQ(0, memcmp(message, frame.data, message_size));
            }
        }
        ASSERT_INT_EQ(0, reference_next(&reference, &message, &message_size));
        ASSERT_INT_EQ(reference.error == 0 ? 0 : reference.error == -1 ? KIN_EPROTO : KIN_EMSGSIZE, code);
        kin_frames_free(&frames);
    }
}

/* The limit is lowered while a message is coming that is larger, and the buffer almost full of it. */
TEST_C(Frames, a_lower_limit_leaves_what_has_come_where_it_is)
{
    void *room;
    size_t size;

    begin(KIN_CHANNEL_JSON, 1024 * 1024);
    for (int reads = 0; reads < 3; reads++) {
        ASSERT_INT_EQ(0, kin_frames_room(&frames, &room, &size));
        memset(room, '1', size);
        kin_frames_came(&frames, size);
    }
    frames.limit = 100;
    ASSERT_INT_EQ(0, kin_frames_room(&frames, &room, &size));
    EXPECT_TRUE(frames.capacity >= frames.end);
    EXPECT_TRUE(size <= frames.capacity - frames.end);
    EXPECT_TRUE(frames.capacity <= 512 * 1024);
    kin_frames_free(&frames);
}

TEST_C(Frames, what_may_be_sent)
{
    EXPECT_TRUE(kin_frame_is_message(KIN_CHANNEL_JSON, "{\"a\":\"b\"}", 9));
    EXPECT_TRUE(kin_frame_is_message(KIN_CHANNEL_JSON, "null", 4));
    EXPECT_FALSE(kin_frame_is_message(KIN_CHANNEL_JSON, "", 0));
    EXPECT_FALSE(kin_frame_is_message(KIN_CHANNEL_JSON, "hello", 5));
    EXPECT_FALSE(kin_frame_is_message(KIN_CHANNEL_JSON, "{\n}", 3));
    EXPECT_FALSE(kin_frame_is_message(KIN_CHANNEL_JSON, "1\n2", 3));
    EXPECT_TRUE(kin_frame_is_message(KIN_CHANNEL_BINARY, "", 0));
    EXPECT_TRUE(kin_frame_is_message(KIN_CHANNEL_BINARY, "\n", 1));
}
