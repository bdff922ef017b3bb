/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <kin/error.h>

#include "shim.h"
#include "win32/rules/node_frame.h"

static struct kin_win32_node_frames frames;
static char line[4096];
static size_t line_size;

/* Pieces as text: data as it is, "<S…>" for a listening socket, "<C…>" for a connected one. */
static int decode(const unsigned char *data, size_t size)
{
    struct kin_win32_node_piece piece;
    int code;

    while ((code = kin_win32_node_frames_next(&frames, &data, &size, &piece)) > 0) {
        const bool socket = piece.kind == KIN_WIN32_NODE_SOCKET_INFO;
        const int shown = socket ? 1 : (int)piece.size;

        line_size += (size_t)snprintf(line + line_size, sizeof line - line_size, socket ? "<%s%.*s%u>" : "%s%.*s",
                                      socket ? piece.connection ? "C" : "S" : "", shown, (const char *)piece.data, piece.error);
    }
    return code;
}

static void begin(void)
{
    memset(&frames, 0, sizeof frames);
    memset(line, 0, sizeof line);
    line_size = 0;
}

static size_t put_header(unsigned char *bytes, size_t data_size, bool socket, bool connection)
{
    kin_win32_node_header_write(bytes, data_size, socket, connection);
    if (!socket)
        return KIN_WIN32_NODE_HEADER;
    memset(bytes + KIN_WIN32_NODE_HEADER, 'i', KIN_WIN32_NODE_PROTOCOL_INFO);
    kin_win32_node_error_write(bytes + KIN_WIN32_NODE_HEADER + KIN_WIN32_NODE_PROTOCOL_INFO, connection ? 5 : 0);
    return KIN_WIN32_NODE_HEADER + KIN_WIN32_NODE_SOCKET;
}

static size_t make_stream(unsigned char *bytes)
{
    size_t size = put_header(bytes, 3, false, false);

    memcpy(bytes + size, "abc", 3);
    size += 3;
    size += put_header(bytes + size, 2, true, false);
    memcpy(bytes + size, "de", 2);
    size += 2;
    size += put_header(bytes + size, 1, true, true);
    bytes[size++] = 'f';
    size += put_header(bytes + size, 0, false, false);
    return size;
}

TEST_C(NodeFrame, as_libuv_writes_them)
{
    static const unsigned char expected[] = { 7, 0, 0, 0, 0, 0, 0, 0, 0x34, 0x12, 0, 0, 0, 0, 0, 0 };
    unsigned char header[KIN_WIN32_NODE_HEADER];

    kin_win32_node_header_write(header, 0x1234, true, true);
    EXPECT_MEM_EQ(expected, header, sizeof header);
    kin_win32_node_header_write(header, 1, false, true);
    EXPECT_INT_EQ(1, header[0]);
    kin_win32_node_header_write(header, 1, true, false);
    EXPECT_INT_EQ(3, header[0]);
}

TEST_C(NodeFrame, I02_split_at_any_place)
{
    static unsigned char bytes[4096];
    const size_t size = make_stream(bytes);

    for (size_t step = 1; step <= size; step++) {
        begin();
        for (size_t at = 0; at < size; at += step)
            ASSERT_INT_EQ(0, decode(bytes + at, size - at < step ? size - at : step));
        ASSERT_STR_EQ("abc<Si0>de<Ci5>f", line);
        ASSERT_FALSE(kin_win32_node_frames_are_partial(&frames));
    }
}

TEST_C(NodeFrame, I04_an_end_in_a_frame_is_seen)
{
    static unsigned char bytes[4096];
    const size_t size = put_header(bytes, 2, true, false) + 2;

    for (size_t cut = 1; cut < size; cut++) {
        begin();
        ASSERT_INT_EQ(0, decode(bytes, cut));
        ASSERT_TRUE(kin_win32_node_frames_are_partial(&frames));
    }
}

struct row {
    const char *name;
    unsigned char header[KIN_WIN32_NODE_HEADER];
};

static const struct row refused[] = {
    { "an_unknown_flag", { 8 } },
    { "a_high_flag", { 1, 0, 0, 0x80 } },
    { "a_connection_without_socket", { 5 } },
    { "a_length_without_data", { 0, 0, 0, 0, 0, 0, 0, 0, 1 } },
    { "a_second_reserved_number", { 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1 } },
};

TEST_CP(NodeFrame, X17_refused, refused)
{
    begin();
    EXPECT_INT_EQ(KIN_EPROTO, decode(row->header, sizeof row->header));
    EXPECT_INT_EQ(KIN_EPROTO, decode((const unsigned char *)"abc", 3));
    EXPECT_STR_EQ("", line);
}

TEST_C(NodeFrame, the_first_reserved_number_is_not_looked_at)
{
    const unsigned char bytes[] = { 1, 0, 0, 0, 9, 9, 9, 9, 1, 0, 0, 0, 0, 0, 0, 0, 'x' };

    begin();
    EXPECT_INT_EQ(0, decode(bytes, sizeof bytes));
    EXPECT_STR_EQ("x", line);
}
