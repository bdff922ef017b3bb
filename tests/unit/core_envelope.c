/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "core/envelope.h"
#include "core/serial.h"
#include "shim.h"

static struct kin_envelope read(kin_channel_mode mode, const char *data, size_t size)
{
    struct kin_envelope envelope;

    kin_envelope_read(mode, (struct kin_slice){ data, size }, &envelope);
    return envelope;
}

struct row {
    const char *name;
    const char *text;
    enum kin_envelope_kind kind;
    uint64_t id;
    const char *body; /* NULL: all of the text */
};

static const struct row rows[] = {
    { "object", "{\"a\":1}", KIN_ENVELOPE_PLAIN, 0, NULL },
    { "number", "17", KIN_ENVELOPE_PLAIN, 0, NULL },
    { "string_with_the_prefix", "\"NODE_HANDLE\"", KIN_ENVELOPE_PLAIN, 0, NULL },
    { "request", "{\"kin\":\"request\",\"id\":7,\"body\":[1,{\"b\":2}]}", KIN_ENVELOPE_REQUEST, 7, "[1,{\"b\":2}]" },
    { "request_with_blanks", "{\"kin\": \"request\", \"id\": 7, \"body\": null }", KIN_ENVELOPE_REQUEST, 7, "null" },
    { "reply", "{\"kin\":\"reply\",\"body\":\"}\\\"\",\"id\":9007199254740991}", KIN_ENVELOPE_REPLY, 9007199254740991u,
      "\"}\\\"\"" },
    { "error", "{\"kin\":\"error\",\"id\":0,\"body\":1,\"more\":true}", KIN_ENVELOPE_ERROR, 0, "1" },
    { "without_id", "{\"kin\":\"request\",\"body\":1}", KIN_ENVELOPE_PLAIN, 0, NULL },
    { "without_body", "{\"kin\":\"request\",\"id\":1}", KIN_ENVELOPE_PLAIN, 0, NULL },
    { "id_that_is_no_number", "{\"kin\":\"reply\",\"id\":-1,\"body\":1}", KIN_ENVELOPE_PLAIN, 0, NULL },
    { "id_too_large", "{\"kin\":\"reply\",\"id\":9007199254740992,\"body\":1}", KIN_ENVELOPE_PLAIN, 0, NULL },
    { "another_word", "{\"kin\":\"folk\",\"id\":1,\"body\":1}", KIN_ENVELOPE_PLAIN, 0, NULL },
    { "torn", "{\"kin\":\"request\",\"id\":1,\"body\":[1}", KIN_ENVELOPE_PLAIN, 0, NULL },
    { "a_backslash_at_the_end", "{\"kin\":\"request\",\"id\":1,\"body\":\"\\}", KIN_ENVELOPE_PLAIN, 0, NULL },
    { "handle", "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":{\"x\":1}}", KIN_ENVELOPE_HANDLE, 0, "{\"x\":1}" },
    { "handle_without_message", "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\"}", KIN_ENVELOPE_HANDLE, 0, "null" },
    { "handle_wrapped_twice",
      "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\",\"msg\":{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":5}}",
      KIN_ENVELOPE_HANDLE, 0, "5" },
    { "acknowledged", "{\"cmd\":\"NODE_HANDLE_ACK\"}", KIN_ENVELOPE_ACK, 0, NULL },
    { "not_acknowledged", "{\"cmd\":\"NODE_HANDLE_NACK\"}", KIN_ENVELOPE_NACK, 0, NULL },
    { "order_does_not_matter", "{\"seq\":1,\"cmd\":\"NODE_CLUSTER\"}", KIN_ENVELOPE_INTERNAL, 0, NULL },
    { "prefix_alone_is_ordinary", "{\"cmd\":\"NODE_\"}", KIN_ENVELOPE_PLAIN, 0, NULL },
    { "prefix_not_at_the_beginning", "{\"cmd\":\"fooNODE_\"}", KIN_ENVELOPE_PLAIN, 0, NULL },
    { "deeper_down", "{\"a\":{\"cmd\":\"NODE_HANDLE\"}}", KIN_ENVELOPE_PLAIN, 0, NULL },
};

TEST_CP(Envelope, of_json, rows)
{
    const struct kin_envelope envelope = read(KIN_CHANNEL_JSON, row->text, strlen(row->text));
    const char *body = row->body != NULL ? row->body : row->text;

    EXPECT_INT_EQ(row->kind, envelope.kind);
    EXPECT_UINT_EQ(row->id, envelope.id);
    ASSERT_SIZE_EQ(strlen(body), envelope.body.size);
    EXPECT_MEM_EQ(body, envelope.body.data, envelope.body.size);
}

static const struct kin_envelope written[] = {
    { .kind = KIN_ENVELOPE_REQUEST, .id = 1 },
    { .kind = KIN_ENVELOPE_REPLY, .id = 3000000000 },
    { .kind = KIN_ENVELOPE_ERROR, .id = UINT64_C(9007199254740991) },
    { .kind = KIN_ENVELOPE_HANDLE, .type = "net.Socket" },
    { .kind = KIN_ENVELOPE_HANDLE, .type = "dgram.Socket", .datagram = "udp4" },
    { .kind = KIN_ENVELOPE_HANDLE, .type = "kin.Handle", .number = 44 },
};

static void check_round_trip(kin_channel_mode mode, struct kin_envelope envelope, const char *body)
{
    char text[KIN_ENVELOPE_HEAD + KIN_ENVELOPE_TAIL + 512];
    struct kin_envelope again;
    size_t size;

    envelope.body.size = strlen(body);
    size = kin_envelope_head(mode, &envelope, text);
    ASSERT_TRUE(size <= KIN_ENVELOPE_HEAD);
    memcpy(text + size, body, strlen(body));
    size += strlen(body);
    size += kin_envelope_tail(mode, &envelope, text + size);
    again = read(mode, text, size);
    EXPECT_INT_EQ(envelope.kind, again.kind);
    EXPECT_UINT_EQ(envelope.id, again.id);
    EXPECT_UINT_EQ(envelope.number, again.number);
    ASSERT_SIZE_EQ(strlen(body), again.body.size);
    EXPECT_MEM_EQ(body, again.body.data, again.body.size);
}

TEST_C(Envelope, what_is_written_is_read)
{
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        TRACE_C("%zu", i);
        check_round_trip(KIN_CHANNEL_JSON, written[i], "{\"a\":[1,2,\"}\"]}");
        check_round_trip(KIN_CHANNEL_BINARY, written[i], "");
        check_round_trip(KIN_CHANNEL_BINARY, written[i],
                         "any bytes, and more than one hundred and twenty-eight of them so "
                         "that their number takes two bytes: abcdefghijklmnopqrstuvwxyz "
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789");
        TRACE_END_C();
    }
}

#define NODE_ACK \
    "\xff\x0f"   \
    "o\"\x03"    \
    "cmd\"\x0f"  \
    "NODE_HANDLE_ACK{\x01"
#define NODE_REPLY_INT   \
    "\xff\x0f"           \
    "o\"\x03"            \
    "kin\"\x05"          \
    "reply\"\x02"        \
    "idI\x0e\"\x04"      \
    "body\\\x00\x0a\x03" \
    "abc{\x03"
#define NODE_REPLY_OBJECT \
    "\xff\x0f"            \
    "o\"\x03"             \
    "kin\"\x05"           \
    "reply\"\x02"         \
    "idI\x0e\"\x04"       \
    "bodyo\"\x01"         \
    "aI\x02{\x01{\x03"
#define NODE_REPLY_NUMBER \
    "\xff\x0f"            \
    "o\"\x03"             \
    "kin\"\x05"           \
    "reply\"\x02"         \
    "idI\x0e\"\x04"       \
    "bodyI\x0c{\x03"
#define NODE_REPLY_TRUE \
    "\xff\x0f"          \
    "o\"\x03"           \
    "kin\"\x05"         \
    "error\"\x02"       \
    "idI\x0e\"\x04"     \
    "bodyT{\x03"
#define NODE_REPLY_TEXT \
    "\xff\x0f"          \
    "o\"\x03"           \
    "kin\"\x05"         \
    "reply\"\x02"       \
    "idI\x0e\"\x04"     \
    "body\"\x02"        \
    "no{\x03"
#define NODE_OBJECT \
    "\xff\x0f"      \
    "o\"\x01"       \
    "a\"\x01"       \
    "x{\x01"

TEST_C(Envelope, of_what_node_writes_in_binary)
{
    struct kin_envelope envelope = read(KIN_CHANNEL_BINARY, NODE_ACK, sizeof NODE_ACK - 1);

    EXPECT_INT_EQ(KIN_ENVELOPE_ACK, envelope.kind);
    envelope = read(KIN_CHANNEL_BINARY, NODE_REPLY_INT, sizeof NODE_REPLY_INT - 1);
    EXPECT_INT_EQ(KIN_ENVELOPE_REPLY, envelope.kind);
    EXPECT_UINT_EQ(7, envelope.id);
    ASSERT_SIZE_EQ(3, envelope.body.size);
    EXPECT_MEM_EQ("abc", envelope.body.data, 3);
    envelope = read(KIN_CHANNEL_BINARY, NODE_REPLY_OBJECT, sizeof NODE_REPLY_OBJECT - 1);
    EXPECT_INT_EQ(KIN_ENVELOPE_REPLY, envelope.kind);
    ASSERT_SIZE_EQ(8, envelope.body.size);
    EXPECT_MEM_EQ("o\"\x01"
                  "aI\x02{\x01",
                  envelope.body.data, 8);
    envelope = read(KIN_CHANNEL_BINARY, NODE_OBJECT, sizeof NODE_OBJECT - 1);
    EXPECT_INT_EQ(KIN_ENVELOPE_PLAIN, envelope.kind);
    EXPECT_SIZE_EQ(sizeof NODE_OBJECT - 1, envelope.body.size);
}

static void check_body(const char *data, size_t size, const char *body)
{
    const struct kin_envelope envelope = read(KIN_CHANNEL_BINARY, data, size);

    EXPECT_UINT_EQ(7, envelope.id);
    ASSERT_SIZE_EQ(strlen(body), envelope.body.size);
    EXPECT_MEM_EQ(body, envelope.body.data, envelope.body.size);
}

TEST_C(Envelope, a_body_that_is_no_buffer_is_the_bytes_of_its_value)
{
    check_body(NODE_REPLY_NUMBER, sizeof NODE_REPLY_NUMBER - 1, "I\x0c");
    check_body(NODE_REPLY_TRUE, sizeof NODE_REPLY_TRUE - 1, "T");
    check_body(NODE_REPLY_TEXT, sizeof NODE_REPLY_TEXT - 1, "\"\x02no");
}

/* Cut anywhere, and with any byte changed: memory checkers see what is read. */
TEST_C(Envelope, torn_and_changed_messages_do_no_harm)
{
    static const struct kin_slice samples[] = { { NODE_REPLY_INT, sizeof NODE_REPLY_INT - 1 },
                                                { NODE_REPLY_OBJECT, sizeof NODE_REPLY_OBJECT - 1 },
                                                { "{\"kin\":\"reply\",\"id\":1,\"body\":[\"\\\"\"]}", 37 } };

    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char copy[128];

        for (size_t at = 0; at < samples[i].size; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                memcpy(copy, samples[i].data, samples[i].size);
                copy[at] = (char)byte;
                (void)read(KIN_CHANNEL_BINARY, copy, samples[i].size);
                (void)read(KIN_CHANNEL_JSON, copy, at + 1);
            }
        }
    }
}

TEST_C(Envelope, notes)
{
    char note[256];
    const struct kin_envelope ack = { .kind = KIN_ENVELOPE_ACK };
    const struct kin_envelope closed = { .kind = KIN_ENVELOPE_NOTIFY_CLOSE, .key = { "\"4:::1\"", 7 } };
    const struct kin_envelope count = { .kind = KIN_ENVELOPE_GET_COUNT, .key = { "\"k\"", 3 } };
    char long_key[300] = { 0 };
    const struct kin_envelope too_long = { .kind = KIN_ENVELOPE_GET_COUNT, .key = { long_key, sizeof long_key } };

    note[kin_envelope_note(KIN_CHANNEL_JSON, &ack, note, sizeof note)] = '\0';
    EXPECT_STR_EQ("{\"cmd\":\"NODE_HANDLE_ACK\"}", note);
    note[kin_envelope_note(KIN_CHANNEL_JSON, &closed, note, sizeof note)] = '\0';
    EXPECT_STR_EQ("{\"cmd\":\"NODE_SOCKET_ALL_CLOSED\",\"key\":\"4:::1\"}", note);
    note[kin_envelope_note(KIN_CHANNEL_JSON, &count, note, sizeof note)] = '\0';
    EXPECT_STR_EQ("{\"cmd\":\"NODE_SOCKET_COUNT\",\"key\":\"k\",\"count\":0}", note);
    EXPECT_SIZE_EQ(0, kin_envelope_note(KIN_CHANNEL_JSON, &too_long, note, sizeof note));
    EXPECT_SIZE_EQ(0, kin_envelope_note(KIN_CHANNEL_BINARY, &too_long, note, sizeof note));
}
