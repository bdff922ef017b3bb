/* SPDX-License-Identifier: MIT */
/* The frames of libuv: as it writes them, in any pieces, and what it would never write. */
#include <stdlib.h>
#include <string.h>

#include "shim.h"
#include "win32/rules/node_frame.h"

enum { MOST = 4096, SOCKETS = 8 };

struct stream {
    unsigned char bytes[MOST];
    size_t size;
};

/* What came out of a stream. */
struct result {
    unsigned char bytes[MOST];
    size_t size;
    unsigned char sockets[SOCKETS]; /* the byte with which each is filled */
    size_t socket_count;
    bool broken;
    bool between_frames;
};

static void put(struct stream *stream, const void *bytes, size_t size)
{
    ASSERT_TRUE(size <= sizeof stream->bytes - stream->size);
    if (size > 0) {
        memcpy(stream->bytes + stream->size, bytes, size);
    }
    stream->size += size;
}

static void put_raw_header(struct stream *stream, uint32_t flags, uint32_t ignored, uint32_t size, uint32_t zero)
{
    const uint32_t numbers[] = { flags, ignored, size, zero };

    for (size_t i = 0; i < 16; i++) {
        const unsigned char byte = (unsigned char)(numbers[i / 4] >> (8 * (i % 4)));
        put(stream, &byte, 1);
    }
}

static void put_frame(struct stream *stream, uint32_t flags, const char *payload)
{
    unsigned char header[KIN_WIN32_NODE_HEADER_SIZE];

    kin_win32_node_header(header, flags, (uint32_t)strlen(payload));
    put(stream, header, sizeof header);
    put(stream, payload, strlen(payload));
}

static void put_socket_frame(struct stream *stream, uint32_t flags, unsigned char filler, const char *payload)
{
    unsigned char head[KIN_WIN32_NODE_HEADER_SIZE + KIN_WIN32_NODE_SOCKET_SIZE];

    kin_win32_node_header(head, flags, (uint32_t)strlen(payload));
    memset(head + KIN_WIN32_NODE_HEADER_SIZE, filler, KIN_WIN32_NODE_SOCKET_SIZE);
    put(stream, head, sizeof head);
    put(stream, payload, strlen(payload));
}

static void take_socket(struct result *result, const struct kin_win32_node_input *input)
{
    ASSERT_TRUE(result->socket_count < SOCKETS);
    for (size_t i = 1; i < sizeof input->socket; i++) {
        EXPECT_INT_EQ(input->socket[0], input->socket[i]);
    }
    result->sockets[result->socket_count++] = input->socket[0];
}

/* One piece, in memory of exactly its size so that tools see what is read beyond it. */
static void read_piece(struct kin_win32_node_reader *reader, struct result *result, const unsigned char *bytes, size_t size)
{
    struct kin_win32_node_input input = { .bytes = malloc(size), .size = size };
    enum kin_win32_node_found found;

    ASSERT_NOT_NULL(input.bytes);
    memcpy(input.bytes, bytes, size);
    do {
        found = kin_win32_node_read(reader, &input);
        if (found == KIN_WIN32_NODE_FOUND_SOCKET) {
            take_socket(result, &input);
        }
    } while (found == KIN_WIN32_NODE_FOUND_SOCKET);
    EXPECT_TRUE(found == KIN_WIN32_NODE_BROKEN || input.taken == size);
    ASSERT_TRUE(input.kept <= sizeof result->bytes - result->size);
    memcpy(result->bytes + result->size, input.bytes, input.kept);
    result->size += input.kept;
    result->broken = found == KIN_WIN32_NODE_BROKEN;
    free(input.bytes);
}

/* In pieces of `piece` bytes, the first of `first`. */
static struct result read_all(const struct stream *stream, size_t first, size_t piece)
{
    struct kin_win32_node_reader reader = { .broken = false };
    struct result result = { .size = 0 };
    size_t at = 0;

    while (at < stream->size) {
        size_t size = at == 0 && first > 0 ? first : piece;
        size = size < stream->size - at ? size : stream->size - at;
        read_piece(&reader, &result, stream->bytes + at, size);
        at += size;
    }
    result.between_frames = kin_win32_node_is_between_frames(&reader);
    return result;
}

static void expect_bytes(const char *expected, const struct result *result)
{
    ASSERT_SIZE_EQ(strlen(expected), result->size);
    EXPECT_MEM_EQ(expected, result->bytes, result->size);
}

/* --------------------------------------------------------------------------------------------------- writing --- */

TEST_C(NodeFrame, A09_the_header_is_four_numbers_low_byte_first)
{
    static const unsigned char expected[] = { 7, 0, 0, 0, 0, 0, 0, 0, 0x04, 0x03, 0x02, 0x81, 0, 0, 0, 0 };
    unsigned char header[KIN_WIN32_NODE_HEADER_SIZE];

    memset(header, 0xEE, sizeof header);
    kin_win32_node_header(header, KIN_WIN32_NODE_DATA | KIN_WIN32_NODE_SOCKET | KIN_WIN32_NODE_CONNECTION, 0x81020304);
    EXPECT_MEM_EQ(expected, header, sizeof expected);
}

/* --------------------------------------------------------------------------------------------------- reading --- */

static void several_frames(struct stream *stream)
{
    put_frame(stream, KIN_WIN32_NODE_DATA, "{\"a\":1}\n");
    put_socket_frame(stream, KIN_WIN32_NODE_DATA | KIN_WIN32_NODE_SOCKET, 'L', "{\"b\"");
    put_frame(stream, 0, "");
    put_frame(stream, KIN_WIN32_NODE_DATA, "");
    put_frame(stream, KIN_WIN32_NODE_DATA, ":2}\n");
    put_socket_frame(stream, KIN_WIN32_NODE_SOCKET, 'N', "");
    put_socket_frame(stream, KIN_WIN32_NODE_DATA | KIN_WIN32_NODE_SOCKET | KIN_WIN32_NODE_CONNECTION, 'C', "3\n");
}

TEST_C(NodeFrame, I02_I03_any_pieces_give_the_same_bytes_and_sockets)
{
    struct stream stream = { .size = 0 };

    several_frames(&stream);
    for (size_t piece = 1; piece <= stream.size; piece += piece < 100 ? 1 : 97) {
        const struct result result = read_all(&stream, 0, piece);
        expect_bytes("{\"a\":1}\n{\"b\":2}\n3\n", &result);
        ASSERT_SIZE_EQ(3, result.socket_count);
        EXPECT_MEM_EQ("LNC", result.sockets, 3);
        EXPECT_FALSE(result.broken);
        EXPECT_TRUE(result.between_frames);
    }
}

TEST_C(NodeFrame, I02_every_split_point)
{
    struct stream stream = { .size = 0 };

    several_frames(&stream);
    for (size_t first = 1; first < stream.size; first++) {
        const struct result result = read_all(&stream, first, stream.size);
        expect_bytes("{\"a\":1}\n{\"b\":2}\n3\n", &result);
        EXPECT_SIZE_EQ(3, result.socket_count);
    }
}

TEST_C(NodeFrame, I04_the_end_in_the_middle_is_known)
{
    struct stream stream = { .size = 0 };

    put_frame(&stream, KIN_WIN32_NODE_DATA, "abc");
    for (size_t size = stream.size; size > 0; size--) {
        stream.size = size;
        EXPECT_INT_EQ(size == 19, read_all(&stream, 0, MOST).between_frames);
    }
    stream.size = 0;
    put_socket_frame(&stream, KIN_WIN32_NODE_SOCKET, 'x', "");
    stream.size--;
    EXPECT_FALSE(read_all(&stream, 0, MOST).between_frames);
}

TEST_C(NodeFrame, the_second_number_is_ignored)
{
    struct stream stream = { .size = 0 };

    put_raw_header(&stream, KIN_WIN32_NODE_DATA, UINT32_MAX, 2, 0);
    put(&stream, "ok", 2);
    const struct result result = read_all(&stream, 0, MOST);
    expect_bytes("ok", &result);
}

TEST_C(NodeFrame, I01_a_huge_size_is_only_a_number)
{
    struct stream stream = { .size = 0 };

    put_raw_header(&stream, KIN_WIN32_NODE_DATA, 0, UINT32_MAX, 0);
    put(&stream, "all there is", 12);
    const struct result result = read_all(&stream, 0, 5);
    expect_bytes("all there is", &result);
    EXPECT_FALSE(result.broken);
    EXPECT_FALSE(result.between_frames);
}

/* ----------------------------------------------------------------------------------------- against the rules --- */

struct bad_header {
    const char *name;
    uint32_t flags;
    uint32_t size;
    uint32_t zero;
};

static const struct bad_header bad_headers[] = {
    { "an_unknown_flag", 0x09, 1, 0 },
    { "the_highest_flag", 0x80000001, 1, 0 },
    { "all_flags", UINT32_MAX, 0, 0 },
    { "connection_alone", 0x04, 0, 0 },
    { "connection_and_data", 0x05, 1, 0 },
    { "a_size_without_data", 0x00, 1, 0 },
    { "a_size_with_a_socket", 0x02, 1, 0 },
    { "not_zero", 0x01, 1, 1 },
    { "not_zero_in_front", 0x01, 1, 0x80000000 },
};

TEST_CP(NodeFrame, I01_bad_header, bad_headers)
{
    const struct bad_header *bad = row;
    struct stream stream = { .size = 0 };

    put_frame(&stream, KIN_WIN32_NODE_DATA, "good\n");
    put_raw_header(&stream, bad->flags, 0, bad->size, bad->zero);
    put_frame(&stream, KIN_WIN32_NODE_DATA, "never seen");
    for (size_t piece = 1; piece <= stream.size; piece++) {
        const struct result result = read_all(&stream, 0, piece);
        expect_bytes("good\n", &result);
        EXPECT_TRUE(result.broken);
        EXPECT_FALSE(result.between_frames);
        EXPECT_SIZE_EQ(0, result.socket_count);
    }
}

TEST_C(NodeFrame, I08_text_without_frames_is_broken_at_once)
{
    struct stream stream = { .size = 0 };

    put(&stream, "printf on the wrong descriptor\n", 31);
    const struct result result = read_all(&stream, 0, MOST);
    EXPECT_TRUE(result.broken);
    EXPECT_SIZE_EQ(0, result.size);
}
