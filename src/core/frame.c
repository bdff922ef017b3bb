/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* One read of a usual size; a buffer of it is kept. */
#define READ_SIZE ((size_t)64 * 1024)
/* Less room than this is not worth a read. */
#define LEAST_ROOM ((size_t)16 * 1024)
/* A buffer that one large message has blown up is given back after it. */
#define KEPT_SIZE ((size_t)256 * 1024)

#define LENGTH_SIZE ((size_t)4)

/* -------------------------------------------------------------------------------------------------------------- memory --- */

static int resize(struct kin_frames *frames, size_t capacity)
{
    char *data = realloc(frames->data, capacity);

    if (data == NULL)
        return KIN_ENOMEM;
    frames->data = data;
    frames->capacity = capacity;
    return 0;
}

/* What was delivered makes place for what comes. */
static void move_down(struct kin_frames *frames)
{
    if (frames->begin == 0)
        return;
    frames->end -= frames->begin;
    memmove(frames->data, frames->data + frames->begin, frames->end);
    frames->begin = 0;
}

/* The limit may have been lowered since more than that has come; then the next look at it ends the matter. */
static int grow(struct kin_frames *frames)
{
    const size_t allowed = frames->limit + KIN_FRAME_EXTRA + READ_SIZE;
    const size_t needed = frames->end + LEAST_ROOM;
    const size_t most = allowed > needed ? allowed : needed;
    const size_t doubled = frames->capacity > most / 2 ? most : 2 * frames->capacity;

    return resize(frames, doubled > READ_SIZE ? doubled : READ_SIZE);
}

int kin_frames_room(struct kin_frames *frames, void **room, size_t *size)
{
    int code = 0;

    if (frames->begin == frames->end && frames->capacity > KEPT_SIZE)
        kin_frames_free(frames);
    if (frames->capacity - frames->end < LEAST_ROOM || frames->begin == frames->end)
        move_down(frames);
    if (frames->capacity - frames->end < LEAST_ROOM)
        code = grow(frames);
    if (code < 0)
        return code;
    *room = frames->data + frames->end;
    *size = frames->capacity - frames->end;
    return 0;
}

int kin_frames_detach(struct kin_frames *frames, char **delivered)
{
    const size_t held = frames->end - frames->begin;
    const size_t capacity = held + LEAST_ROOM > READ_SIZE ? held + LEAST_ROOM : READ_SIZE;
    char *data = malloc(capacity);

    if (data == NULL)
        return KIN_ENOMEM;
    if (held > 0)
        memcpy(data, frames->data + frames->begin, held);
    *delivered = frames->data;
    frames->data = data;
    frames->capacity = capacity;
    frames->begin = 0;
    frames->end = held;
    return 0;
}

void kin_frames_came(struct kin_frames *frames, size_t size)
{
    frames->end += size;
}

void kin_frames_free(struct kin_frames *frames)
{
    free(frames->data);
    frames->data = NULL;
    frames->capacity = 0;
    frames->begin = 0;
    frames->end = 0;
    frames->scanned = 0;
}

bool kin_frames_are_partial(const struct kin_frames *frames)
{
    return frames->begin < frames->end;
}

/* ----------------------------------------------------------------------------------------------------------- plausible --- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* How a JSON value ends that begins like this; it tells text from noise at no cost. */
static bool can_enclose(char first, char last, size_t size)
{
    switch (first) {
    case '{':
        return last == '}';
    case '[':
        return last == ']';
    case '"':
        return last == '"' && size > 1;
    case 't':
    case 'f':
        return last == 'e';
    case 'n':
        return last == 'l';
    default:
        return (first == '-' || is_digit(first)) && is_digit(last);
    }
}

static bool is_plausible_json(const char *data, size_t size)
{
    while (size > 0 && is_blank(data[size - 1]))
        size--;
    while (size > 0 && is_blank(data[0])) {
        data++;
        size--;
    }
    return size > 0 && can_enclose(data[0], data[size - 1], size);
}

bool kin_frame_is_message(kin_channel_mode mode, const char *data, size_t size)
{
    if (mode == KIN_CHANNEL_BINARY)
        return true;
    return size > 0 && is_plausible_json(data, size) && memchr(data, '\n', size) == NULL;
}

/* -------------------------------------------------------------------------------------------------------------- decode --- */

static int fail(struct kin_frames *frames, int code)
{
    frames->error = code;
    return code;
}

/* The bytes before a line feed are looked at once, however many reads they come in. */
static int next_line(struct kin_frames *frames, struct kin_frame *frame)
{
    const size_t held = frames->end - frames->begin;
    const char *data = frames->data + frames->begin;
    const char *feed = held > frames->scanned ? memchr(data + frames->scanned, '\n', held - frames->scanned) : NULL;
    size_t size;

    if (feed == NULL) {
        frames->scanned = held;
        return held > frames->limit + 1 ? fail(frames, KIN_EMSGSIZE) : 0;
    }
    size = (size_t)(feed - data);
    frames->begin += size + 1;
    frames->scanned = 0;
    if (size > 0 && data[size - 1] == '\r')
        size--;
    if (size > frames->limit)
        return fail(frames, KIN_EMSGSIZE);
    if (!is_plausible_json(data, size))
        return fail(frames, KIN_EPROTO);
    *frame = (struct kin_frame){ data, size };
    return 1;
}

static uint32_t length_at(const char *data)
{
    const unsigned char *bytes = (const unsigned char *)data;

    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
}

static int next_block(struct kin_frames *frames, struct kin_frame *frame)
{
    const size_t held = frames->end - frames->begin;
    const char *data = frames->data + frames->begin;
    uint32_t size;

    if (held < LENGTH_SIZE)
        return 0;
    size = length_at(data);
    if (size > frames->limit)
        return fail(frames, KIN_EMSGSIZE);
    if (held - LENGTH_SIZE < size)
        return 0;
    frames->begin += LENGTH_SIZE + size;
    *frame = (struct kin_frame){ data + LENGTH_SIZE, size };
    return 1;
}

int kin_frames_next(struct kin_frames *frames, struct kin_frame *frame)
{
    if (frames->error != 0)
        return frames->error;
    if (frames->begin == frames->end)
        return 0;
    return frames->mode == KIN_CHANNEL_BINARY ? next_block(frames, frame) : next_line(frames, frame);
}

/* -------------------------------------------------------------------------------------------------------------- encode --- */

size_t kin_frame_head(kin_channel_mode mode, size_t size, char *head)
{
    if (mode != KIN_CHANNEL_BINARY)
        return 0;
    head[0] = (char)(unsigned char)(size >> 24 & 0xFFU);
    head[1] = (char)(unsigned char)(size >> 16 & 0xFFU);
    head[2] = (char)(unsigned char)(size >> 8 & 0xFFU);
    head[3] = (char)(unsigned char)(size & 0xFFU);
    return LENGTH_SIZE;
}

size_t kin_frame_tail(kin_channel_mode mode, char *tail)
{
    if (mode == KIN_CHANNEL_BINARY)
        return 0;
    tail[0] = '\n';
    return 1;
}
