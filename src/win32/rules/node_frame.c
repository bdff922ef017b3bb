/* SPDX-License-Identifier: MIT */
#include "node_frame.h"

#include <string.h>

enum { OFFSET_FLAGS = 0, OFFSET_SIZE = 8, OFFSET_ZERO = 12 };

#define FLAGS_KNOWN ((uint32_t)(KIN_WIN32_NODE_DATA | KIN_WIN32_NODE_SOCKET | KIN_WIN32_NODE_CONNECTION))

static uint32_t load(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void store(unsigned char *bytes, uint32_t number)
{
    for (size_t i = 0; i < sizeof number; i++) {
        bytes[i] = (unsigned char)(number >> (8 * i));
    }
}

static bool has(uint32_t flags, enum kin_win32_node_flags flag)
{
    return (flags & (uint32_t)flag) != 0;
}

/* As libuv looks at it, which ends the connection where this says no. */
static bool is_good_header(const unsigned char *header)
{
    const uint32_t flags = load(header + OFFSET_FLAGS);

    return (flags & ~FLAGS_KNOWN) == 0 && load(header + OFFSET_ZERO) == 0 &&
           (has(flags, KIN_WIN32_NODE_SOCKET) || !has(flags, KIN_WIN32_NODE_CONNECTION)) &&
           (has(flags, KIN_WIN32_NODE_DATA) || load(header + OFFSET_SIZE) == 0);
}

static bool header_has_socket(const struct kin_win32_node_reader *reader)
{
    return has(load(reader->head + OFFSET_FLAGS), KIN_WIN32_NODE_SOCKET);
}

/* Known as soon as the header is there. */
static size_t head_wanted(const struct kin_win32_node_reader *reader)
{
    if (reader->head_size < KIN_WIN32_NODE_HEADER_SIZE || !header_has_socket(reader)) {
        return KIN_WIN32_NODE_HEADER_SIZE;
    }
    return KIN_WIN32_NODE_HEADER_SIZE + KIN_WIN32_NODE_SOCKET_SIZE;
}

static size_t smaller(size_t left, size_t right)
{
    return left < right ? left : right;
}

static void take_payload(struct kin_win32_node_reader *reader, struct kin_win32_node_input *input)
{
    const size_t size = smaller(reader->left, input->size - input->taken);

    if (input->kept != input->taken) {
        memmove(input->bytes + input->kept, input->bytes + input->taken, size);
    }
    input->kept += size;
    input->taken += size;
    reader->left -= (uint32_t)size;
}

static void take_head(struct kin_win32_node_reader *reader, struct kin_win32_node_input *input)
{
    const size_t size = smaller(head_wanted(reader) - reader->head_size, input->size - input->taken);

    memcpy(reader->head + reader->head_size, input->bytes + input->taken, size);
    reader->head_size += size;
    input->taken += size;
    if (reader->head_size == KIN_WIN32_NODE_HEADER_SIZE && !is_good_header(reader->head)) {
        reader->broken = true;
    }
}

static bool head_is_complete(const struct kin_win32_node_reader *reader)
{
    return reader->head_size >= KIN_WIN32_NODE_HEADER_SIZE && reader->head_size == head_wanted(reader);
}

/* Whether it brought a socket. */
static bool finish_head(struct kin_win32_node_reader *reader, struct kin_win32_node_input *input)
{
    const bool socket = header_has_socket(reader);

    if (socket) {
        memcpy(input->socket, reader->head + KIN_WIN32_NODE_HEADER_SIZE, KIN_WIN32_NODE_SOCKET_SIZE);
    }
    reader->left = load(reader->head + OFFSET_SIZE);
    reader->head_size = 0;
    return socket;
}

enum kin_win32_node_found kin_win32_node_read(struct kin_win32_node_reader *reader, struct kin_win32_node_input *input)
{
    while (!reader->broken && input->taken < input->size) {
        if (reader->left > 0) {
            take_payload(reader, input);
            continue;
        }
        take_head(reader, input);
        if (!reader->broken && head_is_complete(reader) && finish_head(reader, input)) {
            return KIN_WIN32_NODE_FOUND_SOCKET;
        }
    }
    return reader->broken ? KIN_WIN32_NODE_BROKEN : KIN_WIN32_NODE_ALL_TAKEN;
}

bool kin_win32_node_is_between_frames(const struct kin_win32_node_reader *reader)
{
    return reader->head_size == 0 && reader->left == 0 && !reader->broken;
}

void kin_win32_node_header(unsigned char header[KIN_WIN32_NODE_HEADER_SIZE], uint32_t flags, uint32_t size)
{
    memset(header, 0, KIN_WIN32_NODE_HEADER_SIZE);
    store(header + OFFSET_FLAGS, flags);
    store(header + OFFSET_SIZE, size);
}
