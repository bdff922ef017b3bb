/* SPDX-License-Identifier: MIT */
#include <winsock2.h>
#include <ws2tcpip.h>

#include <string.h>

#include "shim.h"
#include "sockets.h"

static void start_sockets(void)
{
    WSADATA data;

    (void)WSAStartup(MAKEWORD(2, 2), &data);
}

static struct sockaddr_in local(unsigned port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((u_short)port) };

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static unsigned port_of(SOCKET socket)
{
    struct sockaddr_in address;
    int size = sizeof address;

    return getsockname(socket, (struct sockaddr *)&address, &size) == 0 ? ntohs(address.sin_port) : 0;
}

static SOCKET listen_somewhere(unsigned *port)
{
    const struct sockaddr_in address = local(0);
    SOCKET server = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(server, (const struct sockaddr *)&address, sizeof address) != 0 || listen(server, 8) != 0)
        return INVALID_SOCKET;
    *port = port_of(server);
    return server;
}

static SOCKET connect_to(unsigned port)
{
    const struct sockaddr_in address = local(port);
    SOCKET client = socket(AF_INET, SOCK_STREAM, 0);

    return connect(client, (const struct sockaddr *)&address, sizeof address) == 0 ? client : INVALID_SOCKET;
}

/* One that came through a channel may be of the kind that does not wait. */
static void make_waiting(SOCKET socket)
{
    u_long zero = 0;

    (void)ioctlsocket(socket, (long)FIONBIO, &zero);
}

/* The library of sockets keeps handles of its own from the first use on, which are no leak. It stays open, as it does in a program
   that has sockets. */
SHIM_CONSTRUCTOR(use_sockets_once)
{
    unsigned port = 0;
    SOCKET server;

    start_sockets();
    server = listen_somewhere(&port);
    (void)closesocket(connect_to(port));
    (void)closesocket(server);
}

kin_native_handle socket_listen(unsigned *port)
{
    return (kin_native_handle)listen_somewhere(port);
}

kin_native_handle socket_connect(unsigned port)
{
    return (kin_native_handle)connect_to(port);
}

bool socket_pair(kin_native_handle ends[2])
{
    unsigned port = 0;
    const SOCKET server = listen_somewhere(&port);
    const SOCKET client = connect_to(port);
    const SOCKET accepted = accept(server, NULL, NULL);

    ends[0] = (kin_native_handle)client;
    ends[1] = (kin_native_handle)accepted;
    (void)closesocket(server);
    return client != INVALID_SOCKET && accepted != INVALID_SOCKET;
}

bool socket_write(kin_native_handle handle, const char *text)
{
    const int size = (int)strlen(text);

    make_waiting((SOCKET)handle);
    return send((SOCKET)handle, text, size, 0) == size;
}

void socket_close(kin_native_handle handle)
{
    (void)closesocket((SOCKET)handle);
}

const char *socket_read_all(kin_native_handle handle, char *text, size_t size)
{
    const SOCKET socket = (SOCKET)handle;
    size_t length = 0;
    int count = 0;

    make_waiting(socket);
    while (length + 1 < size && (count = recv(socket, text + length, (int)(size - length - 1), 0)) > 0)
        length += (size_t)count;
    text[length] = '\0';
    (void)closesocket(socket);
    return text;
}

const char *socket_ask(unsigned port, char *text, size_t size)
{
    return socket_read_all(socket_connect(port), text, size);
}

static bool has_client(SOCKET server)
{
    struct timeval patience = { .tv_usec = 200 * 1000 };
    fd_set set;

    FD_ZERO(&set);
    FD_SET(server, &set);
    return select(0, &set, NULL, NULL, &patience) == 1;
}

/* The sender accepts ahead (AcceptEx) and so gets the clients that come before it has closed its own. */
bool socket_serves(kin_native_handle handle)
{
    const SOCKET server = (SOCKET)handle;
    bool served = false;

    make_waiting(server);
    for (int i = 0; i < 50 && !served; i++) {
        const SOCKET client = connect_to(port_of(server));

        if (client != INVALID_SOCKET && has_client(server)) {
            const SOCKET accepted = accept(server, NULL, NULL);
            served = accepted != INVALID_SOCKET;
            (void)closesocket(accepted);
        }
        (void)closesocket(client);
    }
    (void)closesocket(server);
    return served;
}
