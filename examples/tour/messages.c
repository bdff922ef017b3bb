/* SPDX-License-Identifier: MIT */
/* This program again, at an entry of its own, with messages between the two. */
#include "tour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 1000

/* ------------------------------------------------------------------------------------------------------ the worker --- */

/* "[1,2]"; false for anything else. */
static bool read_pair(const char *text, long *left, long *right)
{
    char *end = NULL;

    if (text[0] != '[')
        return false;
    *left = strtol(text + 1, &end, 10);
    if (*end != ',')
        return false;
    *right = strtol(end + 1, &end, 10);
    return *end == ']';
}

/* Adds two numbers; replies in any order would find their way, since each names its request. */
static int add(kin_channel *parent)
{
    kin_message message;
    char text[64];
    long left;
    long right;

    while (kin_channel_receive(parent, &message, KIN_FOREVER) > 0) {
        snprintf(text, sizeof text, "%.*s", (int)message.size, message.data);
        if (read_pair(text, &left, &right)) {
            snprintf(text, sizeof text, "%ld", left + right);
            kin_channel_reply(parent, message.request, text, strlen(text));
        } else {
            kin_channel_reply_error(parent, message.request, "\"not two numbers\"", 17);
        }
    }
    return 0; /* the parent has disconnected */
}

bool tour_dispatch(int *code)
{
    static const kin_entry entries[] = { { "add", add }, { NULL, NULL } };

    return kin_dispatch(entries, code);
}

/* ------------------------------------------------------------------------------------------------------ the parent --- */

struct talk {
    unsigned answers;
    unsigned right;
    unsigned closes;
    kin_status status;
};

static void on_answer(kin_channel *channel, int code, const kin_message *reply, void *user)
{
    const char *question = user;

    (void)channel;
    if (reply != NULL)
        tour_say("%s: %s%.*s", question, code == 0 ? "" : "refused: ", (int)reply->size, reply->data);
    else
        tour_say("%s: %s", question, kin_code_name(code));
}

static void on_one_of_many(kin_channel *channel, int code, const kin_message *reply, void *user)
{
    struct talk *talk = user;

    talk->answers++;
    if (code == 0 && reply->size == 1 && reply->data[0] == '3')
        talk->right++;
    if (talk->answers == MANY)
        kin_channel_disconnect(channel);
}

static void on_close(kin_child *child, const kin_status *status, void *user)
{
    struct talk *talk = user;

    (void)child;
    talk->closes++;
    talk->status = *status;
}

static bool ask(kin_channel *channel, const char *question)
{
    return kin_channel_request(channel, question, strlen(question), 0, on_answer, (void *)question) > 0;
}

static bool ask_all(kin_channel *channel, struct talk *talk)
{
    bool asked = ask(channel, "[1,2]") && ask(channel, "[40,2]") && ask(channel, "[\"x\"]");

    for (unsigned i = 0; asked && i < MANY; i++)
        asked = kin_channel_request(channel, "[1,2]", 5, 0, on_one_of_many, talk) > 0;
    return asked;
}

void tour_messages(struct tour *tour)
{
    struct talk talk = { .closes = 0 };
    kin_loop *loop = NULL;
    kin_child *child = NULL;

    tour_chapter(tour, "Messages between parent and child");
    int rc = kin_loop_create(&loop);
    if (rc == 0)
        rc =
            kin_fork(loop, "add", &(kin_spawn_options){ .die_with_parent = true, .on_close = on_close, .user = &talk }, &child);
    tour_check(tour, rc == 0, "this program runs again, at its entry \"add\"");
    bool asked = rc == 0 && ask_all(kin_child_channel(child), &talk);
    if (asked)
        kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
    tour_say("and %u more questions at once: %u answers, %u of them right", MANY, talk.answers, talk.right);
    tour_status(&talk.status);
    tour_check(tour, asked && talk.answers == MANY && talk.right == MANY, "each request has its own answer");
    tour_check(tour, talk.closes == 1 && kin_status_ok(&talk.status), "the worker leaves when its channel ends");
    kin_child_release(child);
    kin_loop_release(loop);
}
