/* SPDX-License-Identifier: MIT */
/*
 * A channel's decoder against the plain reference, with the stream cut anywhere. The first two bytes choose mode, limit and where it
 * is cut; whatever is delivered is also read as what it may mean.
 */
#include <kin/error.h>

#include "core/envelope.h"
#include "core/frame.h"
#include "fuzz.h"
#include "support/frame_reference.h"

struct cuts {
    uint64_t state;
    size_t most;
};

static size_t next_cut(struct cuts *cuts)
{
    cuts->state = cuts->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return 1 + (size_t)(cuts->state >> 33) % cuts->most;
}

static void feed(struct kin_frames *frames, const uint8_t *data, size_t size)
{
    while (size > 0) {
        void *room = NULL;
        size_t most = 0;

        FUZZ_CHECK(kin_frames_room(frames, &room, &most) == 0 && most > 0);
        most = size < most ? size : most;
        memcpy(room, data, most);
        kin_frames_came(frames, most);
        data += most;
        size -= most;
    }
}

static void look_into(kin_channel_mode mode, const struct kin_frame *frame)
{
    struct kin_envelope envelope;

    kin_envelope_read(mode, (struct kin_slice){ frame->data, frame->size }, &envelope);
    FUZZ_CHECK(envelope.body.size <= frame->size || envelope.kind == KIN_ENVELOPE_HANDLE);
}

static int compare(struct kin_frames *frames, struct reference_frames *reference)
{
    struct kin_frame frame;
    const unsigned char *message = NULL;
    size_t size = 0;
    int code;

    while ((code = kin_frames_next(frames, &frame)) > 0) {
        FUZZ_CHECK(reference_next(reference, &message, &size) == 1);
        FUZZ_CHECK(size == frame.size && (size == 0 || memcmp(message, frame.data, size) == 0));
        look_into(frames->mode, &frame);
    }
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cuts cuts = { .state = size > 1 ? data[1] : 0, .most = size > 1 ? 1u + data[1] % 64u : 1 };
    const uint8_t choice = size > 0 ? data[0] : 0;
    const size_t skipped = size < 2 ? size : 2;
    const bool binary = (choice & 1) != 0;
    struct kin_frames frames = { .mode = binary ? KIN_CHANNEL_BINARY : KIN_CHANNEL_JSON, .limit = choice / 2 };
    struct reference_frames reference = {
        .binary = binary, .limit = choice / 2, .bytes = data + skipped, .size = size - skipped
    };
    const unsigned char *message = NULL;
    size_t ignored = 0;
    int code = 0;

    for (size_t at = skipped; at < size && code >= 0;) {
        const size_t cut = next_cut(&cuts);
        const size_t piece = size - at < cut ? size - at : cut;

        feed(&frames, data + at, piece);
        at += piece;
        FUZZ_CHECK(frames.capacity <= 2 * size + 64 * 1024);
        code = compare(&frames, &reference);
    }
    FUZZ_CHECK(reference_next(&reference, &message, &ignored) == 0);
    FUZZ_CHECK(code == (reference.error == 0 ? 0 : reference.error == -1 ? KIN_EPROTO : KIN_EMSGSIZE));
    kin_frames_free(&frames);
    return 0;
}
