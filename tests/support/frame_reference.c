/* SPDX-License-Identifier: MIT */
#include "frame_reference.h"

#include <string.h>

static int refuse(struct reference_frames *frames, int error)
{
    frames->error = error;
    return 0;
}

/* A line may be a JSON value if, blanks aside, its ends are those of one. */
static bool looks_like_json(const unsigned char *line, size_t size)
{
    static const char *const ends[] = { "{}", "[]", "\"\"", "te", "fe", "nl" };
    size_t first = 0;

    while (first < size && strchr(" \t\r", line[first]) != NULL && line[first] != 0)
        first++;
    while (size > first && strchr(" \t\r", line[size - 1]) != NULL && line[size - 1] != 0)
        size--;
    if (first == size)
        return false;
    if (line[first] == '-' || (line[first] >= '0' && line[first] <= '9'))
        return line[size - 1] >= '0' && line[size - 1] <= '9';
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (line[first] == (unsigned char)ends[i][0])
            return line[size - 1] == (unsigned char)ends[i][1] && size - first > 1;
    }
    return false;
}

static int next_line(struct reference_frames *frames, const unsigned char **message, size_t *size)
{
    size_t end = frames->at;

    while (end < frames->size && frames->bytes[end] != '\n')
        end++;
    *message = frames->bytes + frames->at;
    *size = end - frames->at;
    if (end == frames->size)
        return *size > frames->limit + 1 ? refuse(frames, -2) : 0;
    frames->at = end + 1;
    if (*size > 0 && (*message)[*size - 1] == '\r')
        --*size;
    if (*size > frames->limit)
        return refuse(frames, -2);
    return looks_like_json(*message, *size) ? 1 : refuse(frames, -1);
}

int reference_next(struct reference_frames *frames, const unsigned char **message, size_t *size)
{
    const unsigned char *bytes = frames->bytes + frames->at;
    const size_t left = frames->size - frames->at;

    if (frames->error != 0)
        return 0;
    if (!frames->binary)
        return next_line(frames, message, size);
    if (left < 4)
        return 0;
    *size = ((size_t)bytes[0] << 24) + ((size_t)bytes[1] << 16) + ((size_t)bytes[2] << 8) + bytes[3];
    if (*size > frames->limit)
        return refuse(frames, -2);
    if (left - 4 < *size)
        return 0;
    *message = bytes + 4;
    frames->at += 4 + *size;
    return 1;
}
