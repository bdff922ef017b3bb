/* SPDX-License-Identifier: MIT */
/* Requests: messages with a number, each told exactly once how it went. */
#include <stdlib.h>

#include "channel.h"

static struct kin_request *request_at(struct kin_list *node)
{
    return KIN_LIST_MEMBER(node, struct kin_request, node);
}

/* Replies come in the order of the requests more often than not. */
static struct kin_request *find(kin_channel *channel, uint64_t id)
{
    for (struct kin_list *node = channel->requests.next; node != &channel->requests; node = node->next) {
        if (request_at(node)->id == id)
            return request_at(node);
    }
    return NULL;
}

static void finish(struct kin_request *request, int code, const kin_message *reply)
{
    kin_channel *channel = request->channel;
    kin_reply_callback *on_reply = request->on_reply;
    void *user = request->user;

    kin_list_remove(&request->node);
    kin_loop_clear_alarm(channel->loop, &request->limit);
    free(request);
    on_reply(channel, code, reply, user);
}

/* The callback comes in the next turn, never in the cancellation: the time limit is over at once, with another code. */
static void given_up(struct kin_alarm *alarm)
{
    finish(KIN_LIST_MEMBER(alarm, struct kin_request, limit), KIN_ECANCELED, NULL);
}

static bool is_given_up(const struct kin_request *request)
{
    return request->limit.ring == given_up;
}

void kin_requests_answer(kin_channel *channel, const struct kin_envelope *envelope)
{
    const kin_message reply = { .data = envelope->body.data, .size = envelope->body.size, .channel = channel };
    struct kin_request *request = find(channel, envelope->id);

    if (request == NULL || is_given_up(request))
        channel->inbox.late_replies++;
    else
        finish(request, envelope->kind == KIN_ENVELOPE_ERROR ? KIN_EREMOTE : 0, &reply);
}

/* Nothing can be sent any more, so none is added meanwhile. */
void kin_requests_fail(kin_channel *channel, int code)
{
    struct kin_list *node;

    while ((node = kin_list_take_first(&channel->requests)) != NULL)
        finish(request_at(node), is_given_up(request_at(node)) ? KIN_ECANCELED : code, NULL);
}

static void time_is_up(struct kin_alarm *alarm)
{
    finish(KIN_LIST_MEMBER(alarm, struct kin_request, limit), KIN_ETIMEDOUT, NULL);
}

static struct kin_request *make(kin_channel *channel, kin_reply_callback *on_reply, void *user)
{
    struct kin_request *made = calloc(1, sizeof *made);

    if (made == NULL)
        return NULL;
    kin_list_init(&made->node);
    made->channel = channel;
    made->limit.ring = time_is_up;
    made->id = channel->last_request + 1;
    made->on_reply = on_reply;
    made->user = user;
    return made;
}

int64_t kin_channel_request(kin_channel *channel, const void *data, size_t size, int64_t timeout_ms,
                            kin_reply_callback *on_reply, void *user)
{
    struct kin_envelope envelope = { .kind = KIN_ENVELOPE_REQUEST, .body = { NULL, size } };
    struct kin_request *made;
    int code = on_reply == NULL || timeout_ms < KIN_FOREVER ? KIN_EINVAL : kin_outbox_check(channel, data, size);

    if (code < 0)
        return code;
    made = make(channel, on_reply, user);
    if (made == NULL)
        return KIN_ENOMEM;
    envelope.id = made->id;
    code = kin_outbox_add(channel, &envelope, data, size, NULL, false);
    if (code < 0) {
        free(made);
        return code;
    }
    channel->last_request = made->id;
    kin_list_append(&channel->requests, &made->node);
    kin_loop_set_alarm(channel->loop, &made->limit, timeout_ms == 0 ? KIN_FOREVER : timeout_ms);
    return (int64_t)made->id;
}

int kin_channel_cancel(kin_channel *channel, int64_t request)
{
    struct kin_request *found = channel == NULL || request <= 0 ? NULL : find(channel, (uint64_t)request);

    if (channel == NULL || request <= 0)
        return KIN_EINVAL;
    if (found == NULL || is_given_up(found))
        return KIN_ENOENT;
    found->limit.ring = given_up;
    kin_loop_set_alarm(channel->loop, &found->limit, 0);
    return 0;
}

static int reply(kin_channel *channel, enum kin_envelope_kind kind, uint64_t request, const void *data, size_t size)
{
    const struct kin_envelope envelope = { .kind = kind, .id = request, .body = { NULL, size } };
    const int code = request == 0 ? KIN_EINVAL : kin_outbox_check(channel, data, size);

    return code < 0 ? code : kin_outbox_add(channel, &envelope, data, size, NULL, false);
}

int kin_channel_reply(kin_channel *channel, uint64_t request, const void *data, size_t size)
{
    return reply(channel, KIN_ENVELOPE_REPLY, request, data, size);
}

int kin_channel_reply_error(kin_channel *channel, uint64_t request, const void *data, size_t size)
{
    return reply(channel, KIN_ENVELOPE_ERROR, request, data, size);
}
