/* SPDX-License-Identifier: MIT */
/*
 * Parent and worker in one program, with requests between them; and the same parent with a worker in another language, and the same
 * worker under another parent.
 *
 *      calculator                       forks itself
 *      calculator node calculator.js    a worker in JavaScript
 *      node calculator_parent.js        forks this program as its worker: the entry without a name
 */
#include <kin/kin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ----------------------------------------------------------------------------------------------------------- the worker --- */

/* The sum of "[1,2,3]"; false for anything else. */
static bool add(const char *text, double *sum)
{
    char *end = NULL;

    *sum = 0;
    if (*text++ != '[')
        return false;
    do {
        *sum += strtod(text, &end);
        if (end == text)
            return false;
        text = end + 1;
    } while (*end == ',');
    return *end == ']';
}

static int answer(kin_channel *parent, const kin_message *message)
{
    char text[256];
    double sum;

    (void)snprintf(text, sizeof text, "%.*s", (int)message->size, message->data);
    if (!add(text, &sum))
        return kin_channel_reply_error(parent, message->request, "\"not a list of numbers\"", 23);
    (void)snprintf(text, sizeof text, "%.17g", sum);
    return kin_channel_reply(parent, message->request, text, strlen(text));
}

static int worker(kin_channel *parent)
{
    kin_message message;

    while (kin_channel_receive(parent, &message, KIN_FOREVER) > 0) {
        if (message.request != 0 && answer(parent, &message) < 0)
            return 1;
    }
    return 0; /* the parent has disconnected */
}

/* ----------------------------------------------------------------------------------------------------------- the parent --- */

struct job {
    const char *question;
    unsigned *open; /* jobs that have no answer yet */
};

static void on_answer(kin_channel *channel, int code, const kin_message *reply, void *user)
{
    struct job *job = user;

    if (reply != NULL)
        printf("%s %s %.*s\n", job->question, code == 0 ? "is" : "failed:", (int)reply->size, reply->data);
    else
        printf("%s: %s\n", job->question, kin_code_text(code));
    if (--*job->open == 0)
        kin_channel_disconnect(channel);
}

static void on_close(kin_child *child, const kin_status *status, void *user)
{
    char text[64];

    (void)child;
    kin_status_text(status, text, sizeof text);
    printf("the worker %s\n", text);
    *(bool *)user = kin_status_ok(status);
}

static int ask(kin_channel *channel, struct job *jobs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (kin_channel_request(channel, jobs[i].question, strlen(jobs[i].question), 10000, on_answer, &jobs[i]) < 0)
            return 1;
    }
    return 0;
}

/* With a command, that is the worker; without, we are. */
static int parent(const char *const *command)
{
    unsigned open = 3;
    struct job jobs[] = { { "[1,2,3,4,5]", &open }, { "[0.5,0.25]", &open }, { "\"x\"", &open } };
    kin_error error = { 0 };
    kin_loop *loop = NULL;
    kin_child *child = NULL;
    bool good = false;
    const kin_spawn_options options = {
        .argv = command, .die_with_parent = true, .on_close = on_close, .user = &good, .error = &error
    };
    int code = kin_loop_create(&loop);

    if (code == 0)
        code = kin_fork(loop, command == NULL ? "calculator" : NULL, &options, &child);
    if (code < 0) {
        fprintf(stderr, "%s\n", kin_error_text(&error));
        kin_loop_release(loop);
        return 1;
    }
    code = ask(kin_child_channel(child), jobs, sizeof jobs / sizeof jobs[0]);
    kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
    kin_child_release(child);
    kin_loop_release(loop);
    return code == 0 && good && open == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const kin_entry entries[] = { { "calculator", worker }, { "", worker }, { NULL, NULL } };
    int code;

    if (kin_dispatch(entries, &code))
        return code;
    return parent(argc > 1 ? (const char *const *)(argv + 1) : NULL);
}
