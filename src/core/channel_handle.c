/* SPDX-License-Identifier: MIT */
/* Handles that travel with messages, and the rest of what Node says to itself. */
#include "channel.h"

#define NOTE_SIZE ((size_t)512)

/* --------------------------------------------------------------------------------------------------------------- sending --- */

static const char *type_of(kin_handle_kind kind)
{
    switch (kind) {
    case KIN_HANDLE_SERVER:
        return "net.Server";
    case KIN_HANDLE_SOCKET:
        return "net.Socket";
    case KIN_HANDLE_DATAGRAM:
        return "dgram.Socket";
    default:
        return "kin.Handle";
    }
}

static struct kin_envelope envelope_of(const struct kin_plat_handle *handle, size_t size)
{
    return (struct kin_envelope){
        .kind = KIN_ENVELOPE_HANDLE,
        .body = { NULL, size },
        .type = type_of(handle->kind),
        .datagram = handle->kind != KIN_HANDLE_DATAGRAM ? NULL
                    : handle->version6                  ? "udp6"
                                                        : "udp4",
        .number = kin_plat_handle_number(handle),
    };
}

int kin_channel_send_handle(kin_channel *channel, const void *data, size_t size, kin_native_handle native, bool give,
                            kin_sent_callback *on_sent, void *user)
{
    struct kin_plat_handle handle = { .kind = KIN_HANDLE_NONE };
    struct kin_envelope envelope;
    int code = on_sent == NULL && !give ? KIN_EINVAL : kin_outbox_check(channel, data, size);

    if (code == 0)
        code = kin_plat_handle_examine(native, &handle);
    if (code == 0 && handle.kind == KIN_HANDLE_OTHER && !channel->options.kin_peer)
        code = KIN_ENOTSUP; /* Node would end itself over it */
    if (code == 0)
        code = kin_outbox_reserve(channel);
    if (code < 0)
        return code;
    envelope = envelope_of(&handle, size);
    code = kin_outbox_add(channel, &envelope, data, size, &handle, give);
    if (code >= 0)
        (void)kin_outbox_notify(channel, on_sent, user);
    return code;
}

/* ------------------------------------------------------------------------------------------------------------- receiving --- */

static void note(kin_channel *channel, const struct kin_envelope *envelope)
{
    char text[NOTE_SIZE];
    const size_t size = kin_envelope_note(channel->options.mode, envelope, text, sizeof text);

    if (size > 0 && channel->outbox.error == 0 && kin_outbox_add_urgent(channel, text, size) < 0)
        kin_channel_finish(channel, KIN_ENOMEM);
}

/* Each message with a handle has exactly one answer: Node ends itself over a second one. */
static bool take_handle(kin_channel *channel, uint64_t number, struct kin_plat_handle *handle)
{
    const int code = kin_plat_channel_take(channel->pipe, number, handle);

    note(channel, &(struct kin_envelope){ .kind = code == 0 ? KIN_ENVELOPE_ACK : KIN_ENVELOPE_NACK });
    if (code == 0)
        return true;
    handle->kind = KIN_HANDLE_NONE;
    channel->inbox.lost_handles++;
    return false;
}

static void tell_internal(kin_channel *channel)
{
    kin_message message = {
        .data = channel->inbox.frame.data,
        .size = channel->inbox.frame.size,
        .channel = channel,
    };

    if (channel->options.on_internal != NULL)
        channel->options.on_internal(channel, &message, channel->options.user);
}

bool kin_channel_take_internal(kin_channel *channel, const struct kin_envelope *envelope, struct kin_plat_handle *handle)
{
    switch (envelope->kind) {
    case KIN_ENVELOPE_HANDLE:
        return take_handle(channel, envelope->number, handle);
    case KIN_ENVELOPE_ACK:
        kin_outbox_acknowledged(channel, 0);
        return false;
    case KIN_ENVELOPE_NACK:
        kin_outbox_acknowledged(channel, KIN_EREMOTE);
        return false;
    case KIN_ENVELOPE_NOTIFY_CLOSE:
    case KIN_ENVELOPE_GET_COUNT:
        note(channel, envelope);
        return false;
    default:
        tell_internal(channel);
        return false;
    }
}
