/* SPDX-License-Identifier: MIT */
/* What leaves: a queue of chunks, one write each, and those who are told when their bytes are gone. */
#include <stdlib.h>
#include <string.h>

#include "channel.h"

/* Messages up to this size are put side by side; a larger one is a chunk of its own. */
#define SMALL ((size_t)16 * 1024)
#define LEAST_CHUNK ((size_t)4 * 1024)
#define MOST_CHUNK ((size_t)64 * 1024)

/* What stands around a message. */
struct frame {
    char head[KIN_FRAME_EXTRA + KIN_ENVELOPE_HEAD];
    char tail[KIN_FRAME_EXTRA + KIN_ENVELOPE_TAIL];
    size_t head_size;
    size_t tail_size;
};

/* -------------------------------------------------------------------------------------------------------------- chunks --- */

static struct kin_chunk *chunk_of(struct kin_list *node)
{
    return KIN_LIST_MEMBER(node, struct kin_chunk, node);
}

static struct kin_chunk *first_chunk(struct kin_outbox *outbox)
{
    return kin_list_is_empty(&outbox->chunks) ? NULL : chunk_of(outbox->chunks.next);
}

static struct kin_chunk *make_chunk(size_t room)
{
    struct kin_chunk *chunk = room > SIZE_MAX - sizeof *chunk ? NULL : malloc(sizeof *chunk + room);

    if (chunk == NULL)
        return NULL;
    *chunk = (struct kin_chunk){ .room = room, .data = (const char *)(chunk + 1), .begins_frame = true };
    kin_list_init(&chunk->node);
    return chunk;
}

static struct kin_chunk *make_small_chunk(struct kin_outbox *outbox, size_t size)
{
    struct kin_chunk *spare = outbox->spare;
    size_t room = size < LEAST_CHUNK ? LEAST_CHUNK : size;

    if (spare == NULL || spare->room < room)
        return make_chunk(room);
    outbox->spare = NULL;
    room = spare->room;
    *spare = (struct kin_chunk){ .room = room, .data = (const char *)(spare + 1), .begins_frame = true };
    kin_list_init(&spare->node);
    return spare;
}

static void drop_chunk(struct kin_outbox *outbox, struct kin_chunk *chunk)
{
    if (chunk == NULL)
        return;
    if (chunk->give && chunk->handle.kind != KIN_HANDLE_NONE)
        kin_plat_handle_close(&chunk->handle);
    if (outbox->spare == NULL && chunk->room == LEAST_CHUNK)
        outbox->spare = chunk;
    else
        free(chunk);
}

static void put(struct kin_chunk *chunk, const void *data, size_t size)
{
    if (size > 0)
        memcpy((char *)(chunk + 1) + chunk->size, data, size);
    chunk->size += size;
}

void kin_outbox_init(struct kin_outbox *outbox)
{
    kin_list_init(&outbox->chunks);
}

void kin_outbox_free(struct kin_outbox *outbox)
{
    struct kin_list *node;

    while ((node = kin_list_take_first(&outbox->chunks)) != NULL)
        drop_chunk(outbox, chunk_of(node));
    drop_chunk(outbox, outbox->unacknowledged);
    outbox->unacknowledged = NULL;
    free(outbox->spare); /* NOLINT(clang-analyzer-unix.Malloc): see list.h */
    outbox->spare = NULL;
    free(outbox->completions);
    outbox->completions = NULL;
}

bool kin_outbox_is_empty(const struct kin_outbox *outbox)
{
    return kin_list_is_empty(&outbox->chunks) && outbox->unacknowledged == NULL;
}

/* --------------------------------------------------------------------------------------------------------- completions --- */

/* What was told makes place in front; only then is more memory asked for. */
int kin_outbox_reserve(kin_channel *channel)
{
    struct kin_outbox *outbox = &channel->outbox;
    const size_t waiting = outbox->completion_count - outbox->first_completion;
    struct kin_completion *completions = outbox->completions;
    size_t room = outbox->completion_room;

    if (outbox->completion_count < room)
        return 0;
    if (outbox->first_completion <= room / 2) {
        room = room == 0 ? 16 : 2 * room;
        completions = room > SIZE_MAX / sizeof *completions ? NULL : realloc(completions, room * sizeof *completions);
        if (completions == NULL)
            return KIN_ENOMEM;
        outbox->completions = completions;
        outbox->completion_room = room;
    }
    memmove(completions, completions + outbox->first_completion, waiting * sizeof *completions);
    outbox->first_completion = 0;
    outbox->completion_count = waiting;
    return 0;
}

static void tell_first(kin_channel *channel, int code)
{
    struct kin_outbox *outbox = &channel->outbox;
    const struct kin_completion told = outbox->completions[outbox->first_completion++];

    if (outbox->first_completion == outbox->completion_count) {
        outbox->first_completion = 0;
        outbox->completion_count = 0;
    }
    if (told.on_sent != NULL)
        told.on_sent(channel, code, told.user);
}

static size_t waiting_completions(const struct kin_outbox *outbox)
{
    return outbox->completion_count - outbox->first_completion;
}

/* Those who come meanwhile have their turn later, so that they cannot hold up the loop. */
static void complete(kin_channel *channel, int code)
{
    struct kin_outbox *outbox = &channel->outbox;

    for (size_t left = waiting_completions(outbox); left > 0 && waiting_completions(outbox) > 0; left--) {
        if (outbox->completions[outbox->first_completion].position > outbox->gone)
            return;
        tell_first(channel, code);
    }
}

int kin_outbox_notify(kin_channel *channel, kin_sent_callback *on_sent, void *user)
{
    struct kin_outbox *outbox = &channel->outbox;
    const int code = kin_outbox_reserve(channel);

    if (code == 0)
        outbox->completions[outbox->completion_count++] = (struct kin_completion){ outbox->position, on_sent, user };
    return code;
}

void kin_outbox_forget(kin_channel *channel, const void *user)
{
    struct kin_outbox *outbox = &channel->outbox;

    for (size_t i = outbox->first_completion; i < outbox->completion_count; i++) {
        if (outbox->completions[i].user == user)
            outbox->completions[i].on_sent = NULL;
    }
}

/* ------------------------------------------------------------------------------------------------------------ enqueuing --- */

int kin_outbox_check(const kin_channel *channel, const void *data, size_t size)
{
    if (channel == NULL || (data == NULL && size > 0))
        return KIN_EINVAL;
    if (!kin_channel_is_connected(channel))
        return KIN_EPIPE;
    if (size > channel->options.max_message)
        return KIN_EMSGSIZE;
    if (!kin_frame_is_message(channel->options.mode, data, size))
        return KIN_EINVAL;
    if (channel->outbox.queued > 0 &&
        (channel->outbox.queued >= channel->options.max_queued || size > channel->options.max_queued - channel->outbox.queued))
        return KIN_EAGAIN;
    return 0;
}

static void prepare_frame(kin_channel_mode mode, const struct kin_envelope *envelope, size_t size, struct frame *frame)
{
    char head[KIN_ENVELOPE_HEAD];
    size_t head_size = 0;
    size_t tail_size = 0;

    if (envelope->kind != KIN_ENVELOPE_PLAIN) {
        head_size = kin_envelope_head(mode, envelope, head);
        tail_size = kin_envelope_tail(mode, envelope, frame->tail);
    }
    frame->head_size = kin_frame_head(mode, head_size + size + tail_size, frame->head);
    if (head_size > 0)
        memcpy(frame->head + frame->head_size, head, head_size);
    frame->head_size += head_size;
    frame->tail_size = tail_size + kin_frame_tail(mode, frame->tail + tail_size);
}

static void append_chunk(struct kin_outbox *outbox, struct kin_chunk *chunk)
{
    if (chunk->node.next == &chunk->node)
        kin_list_append(&outbox->chunks, &chunk->node);
}

static bool may_take_more(const struct kin_chunk *chunk, size_t size)
{
    return chunk->room - chunk->size >= size;
}

/* The more waits, the larger: one write for the messages of a turn, little memory for a few. Without memory for it, they are two. */
static struct kin_chunk *grow_chunk(kin_channel *channel, struct kin_chunk *chunk, size_t size)
{
    const bool under_way = channel->writing && channel->outbox.chunks.next == &chunk->node;
    struct kin_list *behind = chunk->node.next;
    size_t room = chunk->room;
    struct kin_chunk *grown;

    while (room < MOST_CHUNK && room - chunk->size < size)
        room *= 2;
    if (under_way || room > MOST_CHUNK || room - chunk->size < size)
        return NULL;
    kin_list_remove(&chunk->node);
    grown = realloc(chunk, sizeof *chunk + room);
    if (grown != NULL) {
        grown->room = room;
        grown->data = (const char *)(grown + 1);
    }
    kin_list_append(behind, grown != NULL ? &grown->node : &chunk->node); /* before what stood behind */
    return grown;
}

/* The last chunk, if so many bytes still go into it; else a new one, which is not in the queue yet. */
static struct kin_chunk *chunk_with_room(kin_channel *channel, size_t size)
{
    struct kin_outbox *outbox = &channel->outbox;
    struct kin_chunk *last = kin_list_is_empty(&outbox->chunks) ? NULL : chunk_of(outbox->chunks.previous);
    const bool open = last != NULL && !last->urgent && last->handle.kind == KIN_HANDLE_NONE && last->room > 0 && size <= SMALL;
    struct kin_chunk *grown;

    if (open && may_take_more(last, size))
        return last;
    grown = open ? grow_chunk(channel, last, size) : NULL;
    if (grown != NULL)
        return grown;
    return size <= SMALL ? make_small_chunk(outbox, size) : make_chunk(size);
}

static void count_in(struct kin_outbox *outbox, size_t size)
{
    outbox->queued += size;
    outbox->position += size;
}

static int add_copied(kin_channel *channel, const struct frame *frame, const void *data, size_t size,
                      const struct kin_plat_handle *handle, bool give)
{
    struct kin_outbox *outbox = &channel->outbox;
    const size_t total = frame->head_size + size + frame->tail_size;
    struct kin_chunk *chunk = handle != NULL ? make_chunk(total) : chunk_with_room(channel, total);

    if (chunk == NULL)
        return KIN_ENOMEM;
    put(chunk, frame->head, frame->head_size);
    put(chunk, data, size);
    put(chunk, frame->tail, frame->tail_size);
    chunk->messages++;
    if (handle != NULL)
        chunk->handle = *handle;
    chunk->give = handle != NULL && give;
    append_chunk(outbox, chunk);
    count_in(outbox, total);
    return 0;
}

/* Three pieces: what stands before goes behind what waits, the bytes stay where they are, what stands behind begins a chunk. */
static int add_borrowed(kin_channel *channel, const struct frame *frame, const void *data, size_t size)
{
    struct kin_outbox *outbox = &channel->outbox;
    const bool has_head = frame->head_size > 0;
    struct kin_chunk *body = make_chunk(0);
    struct kin_chunk *tail = make_small_chunk(outbox, frame->tail_size);
    struct kin_chunk *head = has_head && body != NULL && tail != NULL ? chunk_with_room(channel, frame->head_size) : NULL;

    if (body == NULL || tail == NULL || (has_head && head == NULL)) {
        drop_chunk(outbox, body);
        drop_chunk(outbox, tail);
        return KIN_ENOMEM;
    }
    if (head != NULL) {
        put(head, frame->head, frame->head_size);
        append_chunk(outbox, head);
    }
    put(tail, frame->tail, frame->tail_size);
    body->data = data;
    body->size = size;
    body->begins_frame = !has_head;
    tail->begins_frame = false;
    tail->messages = 1;
    append_chunk(outbox, body);
    append_chunk(outbox, tail);
    count_in(outbox, frame->head_size + size + frame->tail_size);
    return 0;
}

static int finish_add(kin_channel *channel, int code)
{
    if (code < 0)
        return code;
    if (channel->outbox.queued > channel->options.high_water)
        channel->outbox.full = true;
    kin_channel_later(channel);
    return channel->outbox.full ? KIN_CHANNEL_FULL : 0;
}

int kin_outbox_add(kin_channel *channel, const struct kin_envelope *envelope, const void *data, size_t size,
                   const struct kin_plat_handle *handle, bool give)
{
    struct frame frame;

    prepare_frame(channel->options.mode, envelope, size, &frame);
    return finish_add(channel, add_copied(channel, &frame, data, size, handle, give));
}

/* ------------------------------------------------------------------------------------------------------------- urgent --- */

/* The first place where a message may stand that does not tear another one apart; answers keep their own order. */
static struct kin_list *place_for_urgent(kin_channel *channel)
{
    struct kin_list *end = &channel->outbox.chunks;
    struct kin_list *node = end->next;

    if (node != end && channel->writing)
        node = node->next;
    while (node != end) {
        const struct kin_chunk *chunk = chunk_of(node);

        if (chunk->written == 0 && chunk->begins_frame && !chunk->urgent)
            break;
        node = node->next;
    }
    return node;
}

int kin_outbox_add_urgent(kin_channel *channel, const char *data, size_t size)
{
    const struct kin_envelope plain = { .kind = KIN_ENVELOPE_PLAIN };
    struct frame frame;
    struct kin_chunk *chunk;

    prepare_frame(channel->options.mode, &plain, size, &frame);
    chunk = make_chunk(frame.head_size + size + frame.tail_size);
    if (chunk == NULL)
        return KIN_ENOMEM;
    put(chunk, frame.head, frame.head_size);
    put(chunk, data, size);
    put(chunk, frame.tail, frame.tail_size);
    chunk->urgent = true;
    kin_list_append(place_for_urgent(channel), &chunk->node); /* before that place */
    channel->outbox.urgent += chunk->size;
    kin_channel_later(channel);
    return 0;
}

/* ------------------------------------------------------------------------------------------------------------- writing --- */

/* Positions count what is gone for good: the last of a handle's message is not, before the peer has acknowledged it. */
static void finish_chunk(kin_channel *channel, struct kin_chunk *chunk)
{
    struct kin_outbox *outbox = &channel->outbox;

    kin_list_remove(&chunk->node);
    if (chunk->handle.kind != KIN_HANDLE_NONE) {
        outbox->unacknowledged = chunk;
        return;
    }
    outbox->messages += chunk->messages;
    drop_chunk(outbox, chunk);
}

static void advance(kin_channel *channel, size_t size)
{
    struct kin_outbox *outbox = &channel->outbox;
    struct kin_chunk *chunk = first_chunk(outbox);

    if (chunk == NULL || size > chunk->size - chunk->written)
        return; /* more than was asked for: no backend does that */
    chunk->written += size;
    if (chunk->urgent) {
        outbox->urgent -= size;
    } else {
        outbox->queued -= size;
        outbox->gone += chunk->handle.kind == KIN_HANDLE_NONE ? size : 0;
    }
    if (chunk->written == chunk->size)
        finish_chunk(channel, chunk);
}

void kin_outbox_acknowledged(kin_channel *channel, int code)
{
    struct kin_outbox *outbox = &channel->outbox;
    struct kin_chunk *chunk = outbox->unacknowledged;

    if (chunk == NULL)
        return; /* nobody asked; Node would end itself over it */
    outbox->unacknowledged = NULL;
    outbox->gone += chunk->size;
    outbox->messages += code == 0 ? chunk->messages : 0;
    drop_chunk(outbox, chunk);
    complete(channel, code);
}

/* A handle that cannot travel costs its message, not the channel, and nobody who waited for what was before it. */
static void refuse_handle(kin_channel *channel, struct kin_chunk *chunk, int code)
{
    struct kin_outbox *outbox = &channel->outbox;
    const size_t size = chunk->size;

    kin_list_remove(&chunk->node);
    outbox->queued -= size;
    drop_chunk(outbox, chunk);
    complete(channel, 0);
    outbox->gone += size;
    complete(channel, code);
}

static void broken(kin_channel *channel, int code)
{
    struct kin_chunk *chunk = first_chunk(&channel->outbox);

    if (code != KIN_EPIPE && chunk != NULL && chunk->handle.kind != KIN_HANDLE_NONE && chunk->written == 0)
        refuse_handle(channel, chunk, code);
    else
        kin_outbox_fail(channel, code);
}

static int submit(kin_channel *channel, const struct kin_chunk *chunk)
{
    const char *data = chunk->data + chunk->written;
    const size_t size = chunk->size - chunk->written;
    const bool carries = chunk->handle.kind != KIN_HANDLE_NONE && chunk->written == 0;
    const int code = carries ? kin_plat_channel_write(channel->pipe, data, size, &chunk->handle)
                             : kin_plat_pipe_write(channel->pipe, data, size);

    if (code == 0) {
        channel->writing = true;
        channel->loop->operations++;
    }
    return code;
}

/* While a handle is not acknowledged, only answers to the peer's may leave: else two peers that send handles to each other would
   wait for ever. */
static bool may_leave(const struct kin_outbox *outbox, const struct kin_chunk *chunk)
{
    return outbox->unacknowledged == NULL || chunk->urgent;
}

void kin_outbox_write_on(kin_channel *channel)
{
    struct kin_outbox *outbox = &channel->outbox;
    struct kin_chunk *chunk;

    while (!channel->writing && !channel->ended && outbox->error == 0 && (chunk = first_chunk(outbox)) != NULL &&
           may_leave(outbox, chunk)) {
        const int code = submit(channel, chunk);

        if (code < 0)
            broken(channel, code);
    }
}

void kin_outbox_event(kin_channel *channel, const struct kin_plat_event *event)
{
    if (event->kind == KIN_PLAT_WRITE)
        channel->writing = false;
    if (event->kind == KIN_PLAT_HANGUP) {
        if (!channel->writing && !channel->ended)
            kin_outbox_fail(channel, KIN_EPIPE); /* else the write says so itself */
    } else if (event->code == 0) {
        advance(channel, event->size);
        complete(channel, 0);
    } else if (!channel->ended) {
        broken(channel, event->code);
    }
}

void kin_outbox_drained(kin_channel *channel)
{
    struct kin_outbox *outbox = &channel->outbox;

    complete(channel, 0);
    if (!outbox->full || outbox->queued > 0 || outbox->error != 0)
        return;
    outbox->full = false;
    if (channel->options.on_drain != NULL)
        channel->options.on_drain(channel, channel->options.user);
}

/* Who still waits is told in the order of the sends; none can be added meanwhile, since nothing can be sent. */
void kin_outbox_fail(kin_channel *channel, int code)
{
    struct kin_outbox *outbox = &channel->outbox;
    struct kin_list *node;

    if (outbox->error == 0)
        outbox->error = code;
    while ((node = kin_list_take_first(&outbox->chunks)) != NULL)
        drop_chunk(outbox, chunk_of(node));
    drop_chunk(outbox, outbox->unacknowledged);
    outbox->unacknowledged = NULL;
    outbox->queued = 0;
    outbox->urgent = 0;
    while (waiting_completions(outbox) > 0)
        tell_first(channel, outbox->error);
}

/* -------------------------------------------------------------------------------------------------------------- public --- */

static const struct kin_envelope plain = { .kind = KIN_ENVELOPE_PLAIN };

int kin_channel_send(kin_channel *channel, const void *data, size_t size, kin_sent_callback *on_sent, void *user)
{
    int code = kin_outbox_check(channel, data, size);
    int result;

    if (code == 0 && on_sent != NULL)
        code = kin_outbox_reserve(channel);
    if (code < 0)
        return code;
    result = kin_outbox_add(channel, &plain, data, size, NULL, false);
    if (result >= 0 && on_sent != NULL)
        (void)kin_outbox_notify(channel, on_sent, user);
    return result;
}

int kin_channel_send_borrowed(kin_channel *channel, const void *data, size_t size, kin_sent_callback *on_sent, void *user)
{
    int code = on_sent == NULL ? KIN_EINVAL : kin_outbox_check(channel, data, size);
    struct frame frame;

    if (code < 0 || size <= SMALL)
        return code < 0 ? code : kin_channel_send(channel, data, size, on_sent, user);
    code = kin_outbox_reserve(channel);
    if (code < 0)
        return code;
    prepare_frame(channel->options.mode, &plain, size, &frame);
    code = finish_add(channel, add_borrowed(channel, &frame, data, size));
    if (code >= 0)
        (void)kin_outbox_notify(channel, on_sent, user);
    return code;
}

int kin_channel_flush(kin_channel *channel, kin_sent_callback *on_flushed, void *user)
{
    int code;

    if (channel == NULL || on_flushed == NULL || channel->released)
        return KIN_EINVAL;
    if (channel->outbox.error != 0 || channel->end_told)
        return channel->outbox.error != 0 ? channel->outbox.error : KIN_EPIPE;
    code = kin_outbox_notify(channel, on_flushed, user);
    if (code == 0)
        kin_channel_later(channel);
    return code;
}
