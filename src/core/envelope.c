/* SPDX-License-Identifier: MIT */
#include "envelope.h"

#include <stdio.h>
#include <string.h>

#include "serial.h"

/* The members that are of interest, in the order of their values below. */
static const char *const member_names[] = { "kin", "cmd", "id", "body", "msg", "key", "number" };
enum { M_KIN, M_CMD, M_ID, M_BODY, M_MSG, M_KEY, M_NUMBER, M_COUNT };

struct word {
    const char *text;
    enum kin_envelope_kind kind;
};

static const struct word own_words[] = {
    { "request", KIN_ENVELOPE_REQUEST },
    { "reply", KIN_ENVELOPE_REPLY },
    { "error", KIN_ENVELOPE_ERROR },
};

static const struct word node_words[] = {
    { "NODE_HANDLE", KIN_ENVELOPE_HANDLE },
    { "NODE_HANDLE_ACK", KIN_ENVELOPE_ACK },
    { "NODE_HANDLE_NACK", KIN_ENVELOPE_NACK },
    { "NODE_SOCKET_NOTIFY_CLOSE", KIN_ENVELOPE_NOTIFY_CLOSE },
    { "NODE_SOCKET_GET_COUNT", KIN_ENVELOPE_GET_COUNT },
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define NODE_PREFIX "NODE_"

/* ---------------------------------------------------------------------------------------------------------------- JSON --- */

static void read_own_json(const struct kin_slice *members, struct kin_envelope *envelope)
{
    uint64_t id;

    if (members[M_BODY].data == NULL || !kin_json_number(members[M_ID], &id))
        return;
    for (size_t i = 0; i < COUNT(own_words); i++) {
        if (kin_json_is(members[M_KIN], own_words[i].text))
            envelope->kind = own_words[i].kind;
    }
    if (envelope->kind == KIN_ENVELOPE_PLAIN)
        return;
    envelope->id = id;
    envelope->body = members[M_BODY];
}

/* Node hides what begins with its prefix and is longer. */
static bool is_nodes(struct kin_slice command)
{
    return command.size > sizeof NODE_PREFIX + 1 && kin_slice_begins(command, "\"" NODE_PREFIX);
}

static void read_node_json(const struct kin_slice *members, struct kin_envelope *envelope)
{
    if (!is_nodes(members[M_CMD]))
        return;
    envelope->kind = KIN_ENVELOPE_INTERNAL;
    for (size_t i = 0; i < COUNT(node_words); i++) {
        if (kin_json_is(members[M_CMD], node_words[i].text))
            envelope->kind = node_words[i].kind;
    }
    envelope->key = members[M_KEY];
    (void)kin_json_number(members[M_NUMBER], &envelope->number);
    if (envelope->kind == KIN_ENVELOPE_HANDLE)
        envelope->body = members[M_MSG];
}

/* Node wraps a handle that it sends again once more (docs/wire.md). */
static void unwrap_json(struct kin_envelope *envelope)
{
    struct kin_slice members[M_COUNT];

    if (envelope->body.data == NULL)
        envelope->body = (struct kin_slice){ "null", 4 }; /* undefined is not written */
    if (kin_json_members(envelope->body, member_names, M_COUNT, members) && kin_json_is(members[M_CMD], "NODE_HANDLE") &&
        members[M_MSG].data != NULL)
        envelope->body = members[M_MSG];
}

/* Messages that are neither cost the search for the prefix. */
static void read_json(struct kin_slice message, struct kin_envelope *envelope)
{
    struct kin_slice members[M_COUNT];
    const bool own = kin_slice_begins(message, "{\"kin\"");

    if (message.size == 0 || message.data[0] != '{' || (!own && !kin_slice_contains(message, NODE_PREFIX)))
        return;
    if (!kin_json_members(message, member_names, M_COUNT, members))
        return;
    if (own)
        read_own_json(members, envelope);
    else
        read_node_json(members, envelope);
    if (envelope->kind == KIN_ENVELOPE_HANDLE)
        unwrap_json(envelope);
}

/* -------------------------------------------------------------------------------------------------------------- binary --- */

static void read_own_binary(const struct kin_serial_value *members, struct kin_envelope *envelope)
{
    const struct kin_serial_value *body = &members[M_BODY];

    if (body->kind == KIN_SERIAL_NONE || members[M_ID].kind != KIN_SERIAL_NUMBER)
        return;
    for (size_t i = 0; i < COUNT(own_words); i++) {
        if (kin_serial_is(&members[M_KIN], own_words[i].text))
            envelope->kind = own_words[i].kind;
    }
    if (envelope->kind == KIN_ENVELOPE_PLAIN)
        return;
    envelope->id = members[M_ID].number;
    envelope->body = body->kind == KIN_SERIAL_BYTES ? body->slice : body->encoded;
}

static void read_node_binary(const struct kin_serial_value *members, struct kin_envelope *envelope)
{
    const struct kin_serial_value *command = &members[M_CMD];

    if (command->kind != KIN_SERIAL_TEXT || command->slice.size < sizeof NODE_PREFIX ||
        !kin_slice_begins(command->slice, NODE_PREFIX))
        return;
    envelope->kind = KIN_ENVELOPE_INTERNAL;
    for (size_t i = 0; i < COUNT(node_words); i++) {
        if (kin_serial_is(command, node_words[i].text))
            envelope->kind = node_words[i].kind;
    }
    envelope->key = members[M_KEY].slice;
    envelope->number = members[M_NUMBER].number;
    if (envelope->kind == KIN_ENVELOPE_HANDLE && members[M_MSG].kind == KIN_SERIAL_BYTES)
        envelope->body = members[M_MSG].slice;
}

static void read_binary(struct kin_slice message, struct kin_envelope *envelope)
{
    struct kin_serial_value members[M_COUNT];

    if (!kin_serial_members(message, member_names, M_COUNT, members))
        return;
    if (members[M_KIN].kind == KIN_SERIAL_TEXT)
        read_own_binary(members, envelope);
    else
        read_node_binary(members, envelope);
}

void kin_envelope_read(kin_channel_mode mode, struct kin_slice message, struct kin_envelope *envelope)
{
    *envelope = (struct kin_envelope){ .kind = KIN_ENVELOPE_PLAIN, .body = message };
    if (mode == KIN_CHANNEL_BINARY)
        read_binary(message, envelope);
    else
        read_json(message, envelope);
}

/* ------------------------------------------------------------------------------------------------------------- writing --- */

static const char *own_word(enum kin_envelope_kind kind)
{
    return kind == KIN_ENVELOPE_REQUEST ? "request" : kind == KIN_ENVELOPE_REPLY ? "reply" : "error";
}

static size_t head_json(const struct kin_envelope *envelope, char *head)
{
    const unsigned long long id = envelope->id;
    const unsigned long long number = envelope->number;

    if (envelope->kind != KIN_ENVELOPE_HANDLE)
        return (size_t)snprintf(head, KIN_ENVELOPE_HEAD, "{\"kin\":\"%s\",\"id\":%llu,\"body\":", own_word(envelope->kind), id);
    if (envelope->datagram != NULL)
        return (size_t)snprintf(head, KIN_ENVELOPE_HEAD,
                                "{\"cmd\":\"NODE_HANDLE\",\"type\":\"%s\",\"dgramType\":\"%s\",\"msg\":", envelope->type,
                                envelope->datagram);
    if (number != 0)
        return (size_t)snprintf(head, KIN_ENVELOPE_HEAD,
                                "{\"cmd\":\"NODE_HANDLE\",\"type\":\"%s\",\"number\":%llu,\"msg\":", envelope->type, number);
    return (size_t)snprintf(head, KIN_ENVELOPE_HEAD, "{\"cmd\":\"NODE_HANDLE\",\"type\":\"%s\",\"msg\":", envelope->type);
}

static size_t head_binary(const struct kin_envelope *envelope, char *head)
{
    const bool handle = envelope->kind == KIN_ENVELOPE_HANDLE;
    char *to = kin_serial_begin(head);

    to = kin_serial_text(to, handle ? "cmd" : "kin");
    to = kin_serial_text(to, handle ? "NODE_HANDLE" : own_word(envelope->kind));
    to = kin_serial_text(to, handle ? "type" : "id");
    to = handle ? kin_serial_text(to, envelope->type) : kin_serial_number(to, envelope->id);
    if (handle && envelope->datagram != NULL)
        to = kin_serial_text(kin_serial_text(to, "dgramType"), envelope->datagram);
    if (handle && envelope->number != 0)
        to = kin_serial_number(kin_serial_text(to, "number"), envelope->number);
    to = kin_serial_text(to, handle ? "msg" : "body");
    return (size_t)(kin_serial_bytes(to, envelope->body.size) - head);
}

size_t kin_envelope_head(kin_channel_mode mode, const struct kin_envelope *envelope, char *head)
{
    return mode == KIN_CHANNEL_BINARY ? head_binary(envelope, head) : head_json(envelope, head);
}

size_t kin_envelope_tail(kin_channel_mode mode, const struct kin_envelope *envelope, char *tail)
{
    const bool more = envelope->kind == KIN_ENVELOPE_HANDLE && (envelope->datagram != NULL || envelope->number != 0);

    if (mode == KIN_CHANNEL_BINARY)
        return (size_t)(kin_serial_end(tail, more ? 4 : 3) - tail);
    tail[0] = '}';
    return 1;
}

static const char *note_command(enum kin_envelope_kind kind)
{
    switch (kind) {
    case KIN_ENVELOPE_ACK:
        return "NODE_HANDLE_ACK";
    case KIN_ENVELOPE_NACK:
        return "NODE_HANDLE_NACK";
    case KIN_ENVELOPE_NOTIFY_CLOSE:
        return "NODE_SOCKET_ALL_CLOSED";
    default:
        return "NODE_SOCKET_COUNT";
    }
}

static size_t note_binary(const struct kin_envelope *envelope, char *note)
{
    const bool counts = envelope->kind == KIN_ENVELOPE_GET_COUNT;
    char key[64];
    char *to = kin_serial_text(kin_serial_text(kin_serial_begin(note), "cmd"), note_command(envelope->kind));

    if (envelope->key.data == NULL)
        return (size_t)(kin_serial_end(to, 1) - note);
    if (envelope->key.size >= sizeof key)
        return 0;
    memcpy(key, envelope->key.data, envelope->key.size);
    key[envelope->key.size] = '\0';
    to = kin_serial_text(kin_serial_text(to, "key"), key);
    if (counts)
        to = kin_serial_number(kin_serial_text(to, "count"), 0);
    return (size_t)(kin_serial_end(to, counts ? 3 : 2) - note);
}

/* The sockets that came are the user's, and nobody knows whether they are still open: they do not keep Node's server waiting. */
size_t kin_envelope_note(kin_channel_mode mode, const struct kin_envelope *envelope, char *note, size_t room)
{
    const bool keyed = envelope->key.data != NULL;
    int size;

    if (mode == KIN_CHANNEL_BINARY)
        return note_binary(envelope, note);
    if (envelope->key.size >= room)
        return 0;
    size = snprintf(note, room, "{\"cmd\":\"%s\"%s%.*s%s}", note_command(envelope->kind), keyed ? ",\"key\":" : "",
                    (int)envelope->key.size, keyed ? envelope->key.data : "",
                    envelope->kind == KIN_ENVELOPE_GET_COUNT ? ",\"count\":0" : "");
    return size > 0 && (size_t)size < room ? (size_t)size : 0;
}
