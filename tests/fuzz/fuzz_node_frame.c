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

static void take_piece(struct outcome *outcome, const struct kin_win32_node_piece *piece)
{
    if (piece->kind == KIN_WIN32_NODE_DATA) {
        memcpy(outcome->bytes + outcome->size, piece->data, piece->size);
        outcome->size += piece->size;
        return;
    }
    uint8_t *socket = outcome->sockets + 632 * outcome->socket_count++;
    FUZZ_CHECK(piece->size == 628);
    memcpy(socket, piece->data, piece->size);
    kin_win32_node_error_write(socket + piece->size, piece->error);
}

/* In memory of exactly its size, so that tools see what is read beyond it. */
static void read_piece(struct kin_win32_node_frames *frames, struct outcome *outcome, const uint8_t *data, size_t size)
{
    struct kin_win32_node_piece piece;
    unsigned char *bytes = malloc(size);
    const unsigned char *rest = bytes;
    int found;

    FUZZ_CHECK(bytes != NULL);
    memcpy(bytes, data, size);
    while ((found = kin_win32_node_frames_next(frames, &rest, &size, &piece)) > 0) {
        take_piece(outcome, &piece);
    }
    outcome->broken = found < 0;
    free(bytes);
}

/* The first byte of the input says how large the pieces are: the same size, or growing ones. */
static void read_in_pieces(struct outcome *outcome, const uint8_t *data, size_t size, uint8_t how)
{
    struct kin_win32_node_frames frames = { .broken = false };
    size_t piece = (how & 0x7F) + (size_t)1;

    for (size_t at = 0; at < size; at += piece) {
        if ((how & 0x80) != 0) {
            piece = piece * 2 % 1021 + 1;
        }
        const size_t here = piece < size - at ? piece : size - at;
        read_piece(&frames, outcome, data + at, here);
        piece = here;
    }
    outcome->between_frames = !frames.broken && !kin_win32_node_frames_are_partial(&frames);
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
