/* SPDX-License-Identifier: MIT */
/*
 * A server that forks its workers first and passes each accepted connection to the next of them. Here it is its own client too: it
 * connects a few times, prints who answered, and ends. Sockets are what differs between systems; they are in prefork/.
 */
#include <kin/kin.h>

#include <stdio.h>
#include <string.h>

#include "prefork/net.h"

enum { WORKERS = 3, CLIENTS = 6 };

/* ----------------------------------------------------------------------------------------------------------- the worker --- */

static void greet(kin_native_handle connection, const kin_message *message)
{
    char text[64];

    (void)snprintf(text, sizeof text, "hello from worker %.*s\n", (int)message->size, message->data);
    (void)net_write(connection, text, strlen(text));
    net_close(connection);
}

static int serve(kin_channel *parent)
{
    kin_message message;
    int code;

    if (!net_start())
        return 1;
    while ((code = kin_channel_receive(parent, &message, KIN_FOREVER)) > 0) {
        if (message.handle_kind == KIN_HANDLE_SOCKET)
            greet(kin_message_take_handle(&message), &message);
    }
    net_stop();
    return code == 0 ? 0 : 1; /* 0: the server has disconnected */
}

/* ----------------------------------------------------------------------------------------------------------- the server --- */

static bool fork_workers(kin_loop *loop, kin_child **workers)
{
    kin_error error = { 0 };
    const kin_spawn_options options = { .die_with_parent = true, .error = &error };

    for (unsigned i = 0; i < WORKERS; i++) {
        if (kin_fork(loop, "serve", &options, &workers[i]) < 0) {
            fprintf(stderr, "%s\n", kin_error_text(&error));
            return false;
        }
    }
    return true;
}

/* The library closes our copy of the connection when the worker has acknowledged its own; what it does not take stays ours. */
static void pass_on(kin_native_handle listener, kin_child *worker, unsigned number)
{
    kin_channel *channel = kin_child_channel(worker);
    kin_native_handle connection;
    char name[16];

    if (!net_accept(listener, &connection))
        return;
    (void)snprintf(name, sizeof name, "%u", number);
    if (kin_channel_send_handle(channel, name, strlen(name), connection, true, NULL, NULL) < 0)
        net_close(connection);
}

static bool hear(kin_native_handle client, unsigned number)
{
    char text[64];
    const bool answered = net_read(client, text, sizeof text) > 0;

    printf("client %u: %s", number, answered ? text : "no answer\n");
    net_close(client);
    return answered;
}

/* Says how many clients were answered. */
static unsigned talk(kin_loop *loop, kin_child **workers)
{
    kin_native_handle listener;
    kin_native_handle clients[CLIENTS];
    unsigned short port;
    unsigned connected = 0;
    unsigned answered = 0;

    if (!net_listen(&listener, &port))
        return 0;
    for (; connected < CLIENTS && net_connect(port, &clients[connected]); connected++)
        pass_on(listener, workers[connected % WORKERS], connected % WORKERS);
    net_close(listener);
    for (unsigned i = 0; i < WORKERS; i++)
        kin_channel_disconnect(kin_child_channel(workers[i])); /* after everything that is under way */
    kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
    for (unsigned i = 0; i < connected; i++)
        answered += hear(clients[i], i) ? 1 : 0;
    return answered;
}

static int server(void)
{
    kin_loop *loop = NULL;
    kin_child *workers[WORKERS] = { NULL };
    unsigned answered = 0;

    if (!net_start())
        return 1;
    if (kin_loop_create(&loop) == 0 && fork_workers(loop, workers))
        answered = talk(loop, workers);
    for (unsigned i = 0; i < WORKERS; i++)
        kin_child_release(workers[i]);
    kin_loop_release(loop);
    net_stop();
    return answered == CLIENTS ? 0 : 1;
}

int main(void)
{
    static const kin_entry entries[] = { { "serve", serve }, { NULL, NULL } };
    int code;

    if (kin_dispatch(entries, &code))
        return code;
    return server();
}
