/* SPDX-License-Identifier: MIT */
/* libuv's frames, decoded in pieces and all at once by a plain reader: the same bytes, the same sockets, the same end. */
#include <kin/error.h>

#include "fuzz.h"
#include "win32/rules/node_frame.h"

struct seen {
    uint64_t sum; /* of bytes and sockets in their order */
    size_t data_size;
    size_t sockets;
    bool broken;
    bool partial;
};

static void see(struct seen *seen, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        seen->sum = seen->sum * 1099511628211u + data[i] + 1;
}

static uint32_t number_at(const uint8_t *data)
{
    return data[0] + 256u * data[1] + 65536u * data[2] + 16777216u * data[3];
}

static void read_plainly(const uint8_t *data, size_t size, struct seen *seen)
{
    size_t at = 0;

    while (at < size && !seen->broken) {
        const size_t left = size - at;
        uint32_t flags;
        size_t socket;
        size_t taken;

        seen->partial = left < 16;
        if (left < 16)
            return;
        flags = number_at(data + at);
        socket = (flags & 2) != 0 ? 632 : 0;
        seen->broken = flags > 7 || (flags & 6) == 4 || number_at(data + at + 12) != 0 ||
                       ((flags & 1) == 0 && number_at(data + at + 8) != 0);
        if (seen->broken)
            return;
        seen->partial = left - 16 < socket;
        if (seen->partial)
            return;
        if (socket != 0) {
            see(seen, data + at + 16, 628);
            seen->sum = seen->sum * 31 + number_at(data + at + 16 + 628) + (flags & 4);
            seen->sockets++;
        }
        taken = left - 16 - socket < number_at(data + at + 8) ? left - 16 - socket : number_at(data + at + 8);
        see(seen, data + at + 16 + socket, taken);
        seen->data_size += taken;
        seen->partial = taken < number_at(data + at + 8);
        at += 16 + socket + taken;
    }
}

static void read_in_pieces(const uint8_t *data, size_t size, size_t step, struct seen *seen)
{
    struct kin_win32_node_frames frames = { .held_size = 0 };
    struct kin_win32_node_piece piece;
    int code = 0;

    for (size_t at = 0; at < size && code == 0; at += step) {
        const uint8_t *rest = data + at;
        size_t left = size - at < step ? size - at : step;

        while ((code = kin_win32_node_frames_next(&frames, &rest, &left, &piece)) > 0) {
            see(seen, piece.data, piece.size);
            if (piece.kind == KIN_WIN32_NODE_SOCKET_INFO) {
                seen->sum = seen->sum * 31 + piece.error + (piece.connection ? 4 : 0);
                seen->sockets++;
            } else {
                seen->data_size += piece.size;
            }
        }
        FUZZ_CHECK(code < 0 || left == 0);
    }
    seen->broken = code == KIN_EPROTO;
    seen->partial = !seen->broken && kin_win32_node_frames_are_partial(&frames);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t step = size > 0 ? 1u + data[0] : 1;
    struct seen plain = { .sum = 0 };
    struct seen pieces = { .sum = 0 };

    if (size > 0) {
        data++;
        size--;
    }
    read_plainly(data, size, &plain);
    read_in_pieces(data, size, step, &pieces);
    FUZZ_CHECK(plain.sum == pieces.sum && plain.data_size == pieces.data_size && plain.sockets == pieces.sockets);
    FUZZ_CHECK(plain.broken == pieces.broken && (plain.broken || plain.partial == pieces.partial));
    return 0;
}
