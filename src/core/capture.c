/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <stdlib.h>

/* The first buffer holds what most programs say; later ones double, so that each byte is moved about once. */
#define FIRST_CAPACITY ((size_t)4 * 1024)
/* Less room than this makes reads small when the buffer is nearly full. */
#define LEAST_ROOM ((size_t)4 * 1024)

/* Two bytes more than the limit: one that shows that there was more, one for the terminator. */
static size_t most_capacity(const struct kin_capture *capture)
{
    return capture->limit < SIZE_MAX - 2 ? capture->limit + 2 : SIZE_MAX;
}

static size_t next_capacity(const struct kin_capture *capture)
{
    const size_t most = most_capacity(capture);
    size_t next = capture->capacity == 0 ? FIRST_CAPACITY : capture->capacity;

    if (capture->capacity > 0)
        next = next > SIZE_MAX / 2 ? SIZE_MAX : next * 2;
    return next < most ? next : most;
}

static int grow(struct kin_capture *capture)
{
    const size_t capacity = next_capacity(capture);
    char *data;

    if (capacity <= capture->capacity)
        return KIN_ENOMEM;
    data = realloc(capture->data, capacity);
    if (data == NULL)
        return KIN_ENOMEM;
    capture->data = data;
    capture->capacity = capacity;
    return 0;
}

/* One byte is always kept back for the terminator. */
static size_t room_left(const struct kin_capture *capture)
{
    return capture->capacity == 0 ? 0 : capture->capacity - 1 - capture->size;
}

static int capture_room(struct kin_consumer *consumer, void **data, size_t *size)
{
    struct kin_capture *capture = KIN_LIST_MEMBER(consumer, struct kin_capture, consumer);

    if (room_left(capture) < LEAST_ROOM && capture->capacity < most_capacity(capture)) {
        const int code = grow(capture);

        if (code < 0 && room_left(capture) == 0)
            return code;
    }
    *data = capture->data + capture->size;
    *size = room_left(capture);
    return 0;
}

static void capture_data(struct kin_consumer *consumer, kin_stream *stream, const char *data, size_t size)
{
    struct kin_capture *capture = KIN_LIST_MEMBER(consumer, struct kin_capture, consumer);

    (void)data;
    capture->size += size;
    if (capture->size <= capture->limit)
        return;
    capture->size = capture->limit;
    capture->truncated = true;
    kin_stream_close(stream);
    capture->on_problem(capture, KIN_ENOBUFS);
}

static void capture_end(struct kin_consumer *consumer, kin_stream *stream, int code)
{
    struct kin_capture *capture = KIN_LIST_MEMBER(consumer, struct kin_capture, consumer);

    (void)stream;
    capture->code = code;
    if (code < 0 && code != KIN_ECANCELED)
        capture->on_problem(capture, code);
}

void kin_capture_init(struct kin_capture *capture, size_t limit, void (*on_problem)(struct kin_capture *, int), void *owner)
{
    capture->consumer.room = capture_room;
    capture->consumer.data = capture_data;
    capture->consumer.end = capture_end;
    capture->limit = limit;
    capture->on_problem = on_problem;
    capture->owner = owner;
}

/* A buffer that is mostly empty is cut to size; failing to is no harm. */
static void trim(struct kin_capture *capture)
{
    char *data;

    if (capture->capacity / 2 < capture->size + 1)
        return;
    data = realloc(capture->data, capture->size + 1);
    if (data != NULL)
        capture->data = data;
}

int kin_capture_take(struct kin_capture *capture, kin_bytes *bytes)
{
    if (capture->capacity == 0 && grow(capture) < 0)
        return KIN_ENOMEM;
    trim(capture);
    capture->data[capture->size] = '\0';
    bytes->data = capture->data;
    bytes->size = capture->size;
    bytes->truncated = capture->truncated;
    capture->data = NULL;
    return 0;
}

void kin_capture_free(struct kin_capture *capture)
{
    free(capture->data);
    capture->data = NULL;
}
