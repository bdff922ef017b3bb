/* SPDX-License-Identifier: MIT */
/* Messages that are about messages: requests and their replies, handles and their acknowledgement, what Node says to itself. */
#ifndef KIN_CORE_ENVELOPE_H
#define KIN_CORE_ENVELOPE_H

#include <kin/channel.h>

#include "json.h"

enum kin_envelope_kind {
    KIN_ENVELOPE_PLAIN, /* the message is the user's, all of it */
    KIN_ENVELOPE_REQUEST,
    KIN_ENVELOPE_REPLY,
    KIN_ENVELOPE_ERROR, /* the reply that something failed */
    KIN_ENVELOPE_HANDLE,
    KIN_ENVELOPE_ACK,
    KIN_ENVELOPE_NACK,
    KIN_ENVELOPE_NOTIFY_CLOSE, /* Node asks to be told when the sockets of a server are closed */
    KIN_ENVELOPE_GET_COUNT,    /* Node asks how many of them are open */
    KIN_ENVELOPE_INTERNAL      /* another one of Node's */
};

struct kin_envelope {
    enum kin_envelope_kind kind;
    uint64_t id;           /* requests, replies */
    struct kin_slice body; /* what is inside: the user's message */
    struct kin_slice key;  /* which server Node asks about, as it stands there */
    const char *type;      /* writing a handle: what Node calls it */
    const char *datagram;  /* writing a datagram socket: "udp4" or "udp6"; else NULL */
    uint64_t number;       /* a handle that is fetched; else 0 */
};

/* Bytes around a body, at most. */
#define KIN_ENVELOPE_HEAD ((size_t)192)
#define KIN_ENVELOPE_TAIL ((size_t)4)

/* What a message is. */
void kin_envelope_read(kin_channel_mode mode, struct kin_slice message, struct kin_envelope *envelope);

/* What stands before the body (its size is needed, its bytes are not) and behind it. Each returns how many bytes. */
size_t kin_envelope_head(kin_channel_mode mode, const struct kin_envelope *envelope, char *head);
size_t kin_envelope_tail(kin_channel_mode mode, const struct kin_envelope *envelope, char *tail);

/* A whole message without body: ACK, NACK, and the answers to NOTIFY_CLOSE and GET_COUNT. 0 when the key is too long. */
size_t kin_envelope_note(kin_channel_mode mode, const struct kin_envelope *envelope, char *note, size_t room);

#endif
