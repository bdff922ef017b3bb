/* SPDX-License-Identifier: MIT */
/* What arrives: read when there is nothing left to deliver, delivered as long as somebody takes it. */
#include <stdlib.h>

#include "channel.h"

/* A peer that does not read our answers is not read on: they would pile up. */
#define MOST_URGENT ((size_t)16 * 1024)

/* ------------------------------------------------------------------------------------------------------------- handles --- */

static void close_handle(kin_message *message)
{
    const struct kin_plat_handle handle = { .kind = message->handle_kind, .native = message->handle };

    if (handle.kind != KIN_HANDLE_NONE)
        kin_plat_handle_close(&handle);
    message->handle_kind = KIN_HANDLE_NONE;
}

void kin_inbox_take_back(kin_channel *channel)
{
    struct kin_inbox *inbox = &channel->inbox;

    if (inbox->given_handle.kind != KIN_HANDLE_NONE)
        kin_plat_handle_close(&inbox->given_handle);
    inbox->given_handle.kind = KIN_HANDLE_NONE;
    inbox->given = false;
    free(inbox->given_memory);
    inbox->given_memory = NULL;
}

void kin_inbox_free(kin_channel *channel)
{
    kin_inbox_take_back(channel);
    close_handle(&channel->inbox.message);
    kin_frames_free(&channel->inbox.frames);
}

kin_native_handle kin_message_take_handle(kin_message *message)
{
    struct kin_inbox *inbox;

    if (message == NULL || message->handle_kind == KIN_HANDLE_NONE || message->channel == NULL)
        return kin_plat_loop_handle(NULL);
    inbox = &message->channel->inbox;
    message->handle_kind = KIN_HANDLE_NONE;
    if (inbox->given_handle.native == message->handle)
        inbox->given_handle.kind = KIN_HANDLE_NONE;
    return message->handle;
}

/* ------------------------------------------------------------------------------------------------------------ delivery --- */

static bool next_frame(struct kin_inbox *inbox)
{
    int code;

    if (inbox->has_frame)
        return true;
    code = kin_frames_next(&inbox->frames, &inbox->frame);
    inbox->has_frame = code > 0;
    if (code < 0) {
        inbox->ended = true;
        inbox->code = code;
    }
    return inbox->has_frame;
}

static void read_frame(kin_channel *channel, struct kin_envelope *envelope)
{
    const struct kin_frame *frame = &channel->inbox.frame;

    kin_envelope_read(channel->options.mode, (struct kin_slice){ frame->data, frame->size }, envelope);
}

static void fill_message(kin_channel *channel, const struct kin_envelope *envelope, const struct kin_plat_handle *handle)
{
    channel->inbox.message = (kin_message){
        .data = envelope->body.data,
        .size = envelope->body.size,
        .request = envelope->kind == KIN_ENVELOPE_REQUEST ? envelope->id : 0,
        .handle_kind = handle->kind,
        .channel = channel,
        .handle = handle->native,
    };
    channel->inbox.delivered++;
}

/* Without a callback it waits for kin_channel_receive(); unless nobody will call that, or a callback is named after all. */
static void hand_over(kin_channel *channel)
{
    struct kin_inbox *inbox = &channel->inbox;
    const bool told = channel->options.on_message != NULL;

    if (!inbox->has_message || (told ? channel->paused : !channel->discards))
        return;
    inbox->has_message = false;
    if (told)
        channel->options.on_message(channel, &inbox->message, channel->options.user);
    close_handle(&inbox->message);
}

static void deliver_message(kin_channel *channel, const struct kin_envelope *envelope, const struct kin_plat_handle *handle)
{
    fill_message(channel, envelope, handle);
    channel->inbox.has_message = true;
    hand_over(channel);
}

static void deliver_frame(kin_channel *channel)
{
    struct kin_plat_handle handle = { .kind = KIN_HANDLE_NONE };
    struct kin_envelope envelope;

    read_frame(channel, &envelope);
    channel->inbox.has_frame = false;
    if (envelope.body.size > channel->options.max_message)
        kin_channel_finish(channel, KIN_EMSGSIZE);
    else if (envelope.kind == KIN_ENVELOPE_REPLY || envelope.kind == KIN_ENVELOPE_ERROR)
        kin_requests_answer(channel, &envelope);
    else if (envelope.kind == KIN_ENVELOPE_PLAIN || envelope.kind == KIN_ENVELOPE_REQUEST ||
             kin_channel_take_internal(channel, &envelope, &handle))
        deliver_message(channel, &envelope, &handle);
}

/* After the last message: an end in the middle of one is the peer's fault. */
static void end_of_frames(kin_channel *channel)
{
    struct kin_inbox *inbox = &channel->inbox;
    const bool torn = inbox->code == 0 && kin_frames_are_partial(&inbox->frames);

    inbox->hungry = !inbox->ended;
    if (inbox->ended)
        kin_channel_finish(channel, torn ? KIN_EPROTO : inbox->code);
}

static bool may_deliver(const kin_channel *channel)
{
    return !channel->ended && !channel->paused && !channel->inbox.has_message && channel->outbox.urgent < MOST_URGENT;
}

void kin_inbox_deliver(kin_channel *channel)
{
    struct kin_inbox *inbox = &channel->inbox;
    size_t budget = channel->options.receive_budget;

    if (channel->reading)
        return; /* nothing has come since there was nothing left */
    hand_over(channel);
    inbox->hungry = false;
    while (may_deliver(channel)) {
        if (!next_frame(inbox)) {
            end_of_frames(channel);
            return;
        }
        if (budget-- == 0) {
            kin_channel_later(channel);
            return;
        }
        deliver_frame(channel);
    }
}

/* ------------------------------------------------------------------------------------------------------------- reading --- */

/* A message that was given to the caller of kin_channel_receive() stays where it is, if the user has not come back for more. */
static int make_room(struct kin_inbox *inbox, void **room, size_t *size)
{
    int code = 0;

    if (inbox->given && inbox->given_memory == NULL)
        code = kin_frames_detach(&inbox->frames, &inbox->given_memory);
    return code < 0 ? code : kin_frames_room(&inbox->frames, room, size);
}

void kin_inbox_read_on(kin_channel *channel)
{
    void *room;
    size_t size;
    int code;

    if (channel->reading || channel->ended || channel->paused || !channel->inbox.hungry)
        return;
    code = make_room(&channel->inbox, &room, &size);
    if (code == 0)
        code = kin_plat_pipe_read(channel->pipe, room, size);
    if (code < 0) {
        kin_channel_finish(channel, code);
        return;
    }
    channel->reading = true;
    channel->loop->operations++;
}

/* A peer that is gone has no more to say than what it said before. */
void kin_inbox_event(kin_channel *channel, const struct kin_plat_event *event)
{
    struct kin_inbox *inbox = &channel->inbox;

    channel->reading = false;
    if (event->code == 0 && event->size > 0) {
        kin_frames_came(&inbox->frames, event->size);
        inbox->received += event->size;
        return;
    }
    inbox->ended = true;
    inbox->code = event->code;
}

/* ------------------------------------------------------------------------------------------------------------- by call --- */

static bool needs_no_callback(kin_channel *channel)
{
    struct kin_envelope envelope;

    if (channel->paused || channel->ended || channel->reading || !next_frame(&channel->inbox))
        return false;
    read_frame(channel, &envelope);
    if (envelope.kind != KIN_ENVELOPE_PLAIN && envelope.kind != KIN_ENVELOPE_REQUEST)
        return false;
    if (envelope.body.size > channel->options.max_message)
        return false;
    fill_message(channel, &envelope, &(struct kin_plat_handle){ .kind = KIN_HANDLE_NONE });
    channel->inbox.has_frame = false;
    return true;
}

bool kin_inbox_give(kin_channel *channel, kin_message *message)
{
    struct kin_inbox *inbox = &channel->inbox;

    if (!inbox->has_message && !needs_no_callback(channel))
        return false;
    inbox->has_message = false;
    inbox->given = true;
    inbox->given_handle = (struct kin_plat_handle){ .kind = inbox->message.handle_kind, .native = inbox->message.handle };
    *message = inbox->message;
    inbox->message.handle_kind = KIN_HANDLE_NONE;
    return true;
}

/* -------------------------------------------------------------------------------------------------------------- public --- */

int kin_channel_on_message(kin_channel *channel, kin_message_callback *on_message, kin_channel_end_callback *on_end, void *user)
{
    if (channel == NULL || channel->released)
        return KIN_EINVAL;
    channel->options.on_message = on_message;
    channel->options.on_end = on_end;
    channel->options.user = user;
    kin_channel_later(channel);
    return 0;
}

int kin_channel_pause(kin_channel *channel)
{
    if (channel == NULL)
        return KIN_EINVAL;
    channel->paused = true;
    return 0;
}

int kin_channel_resume(kin_channel *channel)
{
    if (channel == NULL)
        return KIN_EINVAL;
    channel->paused = false;
    kin_channel_later(channel);
    return 0;
}
