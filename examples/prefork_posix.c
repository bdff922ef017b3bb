/* SPDX-License-Identifier: MIT */
/*
 * A server that forks its workers first and passes each accepted connection to the next of them. Here it is its own client too: it
 * connects a few times, prints who answered, and ends.
 */
#include <kin/kin.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORKERS = 3, CLIENTS = 6 };

/* ----------------------------------------------------------------------------------------------------------- the worker --- */

static int serve(kin_channel *parent)
{
    kin_message message;

    while (kin_channel_receive(parent, &message, KIN_FOREVER) > 0) {
        const int connection = kin_message_take_handle(&message);

        if (connection >= 0) {
            (void)dprintf(connection, "hello from worker %.*s\n", (int)message.size, message.data);
            (void)close(connection);
        }
    }
    return 0;
}

/* ----------------------------------------------------------------------------------------------------------- the server --- */

static int listen_somewhere(struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    const int server = socket(AF_INET, SOCK_STREAM, 0);

    *address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    if (server < 0 || bind(server, (struct sockaddr *)address, size) != 0 || listen(server, CLIENTS) != 0 ||
        getsockname(server, (struct sockaddr *)address, &size) != 0)
        return -1;
    return server;
}

static int connect_to(const struct sockaddr_in *address)
{
    const int client = socket(AF_INET, SOCK_STREAM, 0);

    return connect(client, (const struct sockaddr *)address, sizeof *address) == 0 ? client : -1;
}

/* The library closes our copy when the worker has acknowledged its own. */
static int pass_on(int server, kin_child *worker, unsigned number)
{
    char name[16];
    const int connection = accept(server, NULL, NULL);

    (void)snprintf(name, sizeof name, "%u", number);
    return kin_channel_send_handle(kin_child_channel(worker), name, strlen(name), connection, true, NULL, NULL);
}

static int talk(kin_loop *loop, kin_child **workers)
{
    struct sockaddr_in address;
    const int server = listen_somewhere(&address);
    int clients[CLIENTS];
    int code = server < 0 ? 1 : 0;

    for (unsigned i = 0; i < CLIENTS && code == 0; i++) {
        clients[i] = connect_to(&address);
        if (clients[i] < 0 || pass_on(server, workers[i % WORKERS], i % WORKERS) < 0)
            code = 1;
    }
    for (unsigned i = 0; i < WORKERS; i++)
        kin_channel_disconnect(kin_child_channel(workers[i]));
    kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
    for (unsigned i = 0; i < CLIENTS && code == 0; i++) {
        char text[64] = "";

        if (read(clients[i], text, sizeof text - 1) <= 0)
            code = 1;
        printf("client %u: %s", i, text);
        (void)close(clients[i]);
    }
    (void)close(server);
    return code;
}

int main(void)
{
    static const kin_entry entries[] = { { "serve", serve }, { NULL, NULL } };
    kin_loop *loop = NULL;
    kin_child *workers[WORKERS] = { NULL };
    int code;

    if (kin_dispatch(entries, &code))
        return code;
    code = kin_loop_create(&loop);
    for (int i = 0; i < WORKERS && code == 0; i++)
        code = kin_fork(loop, "serve", &(kin_spawn_options){ .die_with_parent = true }, &workers[i]);
    if (code == 0)
        code = talk(loop, workers);
    for (int i = 0; i < WORKERS; i++)
        kin_child_release(workers[i]);
    kin_loop_release(loop);
    return code == 0 ? 0 : 1;
}
