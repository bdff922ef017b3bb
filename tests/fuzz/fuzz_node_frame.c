/* SPDX-License-Identifier: MIT */
/* libuv's frames, in any pieces, against a reader that has everything at once and takes it byte by byte. */
#include "fuzz.h"
#include "win32/rules/node_frame.h"

struct outcome {
    uint8_t *bytes;
    size_t size;
    uint8_t *sockets;
    size_t socket_count;
    bool broken;
    bool between_frames;
};

static void open_outcome(struct outcome *outcome, size_t size)
{
    memset(outcome, 0, sizeof *outcome);
    outcome->bytes = malloc(size + 1);
    outcome->sockets = malloc(size + 1);
    FUZZ_CHECK(outcome->bytes != NULL && outcome->sockets != NULL);
}

static void close_outcome(struct outcome *outcome)
{
    free(outcome->sockets);
    free(outcome->bytes);
}

static uint32_t number_at(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The rules once more, as the text of docs/wire.md has them. */
static void read_plainly(struct outcome *outcome, const uint8_t *data, size_t size)
{
    size_t at = 0;

    outcome->between_frames = true;
    while (at < size && !outcome->broken) {
        if (size - at < 16) {
            outcome->between_frames = false;
            return;
        }
        const uint32_t flags = number_at(data + at);
        const uint32_t length = number_at(data + at + 8);
        outcome->broken = flags > 7 || (flags & 6) == 4 || (length > 0 && (flags & 1) == 0) || number_at(data + at + 12) != 0;
        outcome->between_frames = !outcome->broken;
        if (outcome->broken) {
            return;
        }
        at += 16;
        if ((flags & 2) != 0) {
            if (size - at < 632) {
                outcome->between_frames = false;
                return;
            }
            memcpy(outcome->sockets + 632 * outcome->socket_count++, data + at, 632);
            at += 632;
        }
        const size_t here = length < size - at ? length : size - at;
        memcpy(outcome->bytes + outcome->size, data + at, here);
        outcome->size += here;
        at += here;
        outcome->between_frames = here == length;
    }
}

static void read_piece(struct kin_win32_node_reader *reader, struct outcome *outcome, const uint8_t *data, size_t size)
{
    struct kin_win32_node_input input = { .bytes = malloc(size), .size = size };
    enum kin_win32_node_found found;

    FUZZ_CHECK(input.bytes != NULL);
    memcpy(input.bytes, data, size);
    while ((found = kin_win32_node_read(reader, &input)) == KIN_WIN32_NODE_FOUND_SOCKET) {
        memcpy(outcome->sockets + 632 * outcome->socket_count++, input.socket, 632);
    }
    memcpy(outcome->bytes + outcome->size, input.bytes, input.kept);
    outcome->size += input.kept;
    outcome->broken = found == KIN_WIN32_NODE_BROKEN;
    free(input.bytes);
}

/* The first byte of the input says how large the pieces are: the same size, or growing ones. */
static void read_in_pieces(struct outcome *outcome, const uint8_t *data, size_t size, uint8_t how)
{
    struct kin_win32_node_reader reader = { .broken = false };
    size_t piece = (how & 0x7F) + (size_t)1;

    for (size_t at = 0; at < size; at += piece) {
        if ((how & 0x80) != 0) {
            piece = piece * 2 % 1021 + 1;
        }
        const size_t here = piece < size - at ? piece : size - at;
        read_piece(&reader, outcome, data + at, here);
        piece = here;
    }
    outcome->between_frames = kin_win32_node_is_between_frames(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome plain;
    struct outcome pieces;

    if (size == 0) {
        return 0;
    }
    open_outcome(&plain, size);
    open_outcome(&pieces, size);
    read_plainly(&plain, data + 1, size - 1);
    read_in_pieces(&pieces, data + 1, size - 1, data[0]);
    FUZZ_CHECK(plain.size == pieces.size && memcmp(plain.bytes, pieces.bytes, plain.size) == 0);
    FUZZ_CHECK(plain.socket_count == pieces.socket_count);
    FUZZ_CHECK(memcmp(plain.sockets, pieces.sockets, 632 * plain.socket_count) == 0);
    FUZZ_CHECK(plain.broken == pieces.broken && plain.between_frames == pieces.between_frames);
    close_outcome(&pieces);
    close_outcome(&plain);
    return 0;
}
