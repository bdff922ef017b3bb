/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sockets.h"
#include "support/host.h"

static int open_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static struct sockaddr_in local(unsigned port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)port),
        .sin_addr = { htonl(INADDR_LOOPBACK) },
    };
}

static unsigned port_of(int descriptor)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;

    return getsockname(descriptor, (struct sockaddr *)&address, &size) == 0 ? ntohs(address.sin_port) : 0;
}

kin_native_handle socket_listen(unsigned *port)
{
    const struct sockaddr_in address = local(0);
    int descriptor = open_socket();

    if (bind(descriptor, (const struct sockaddr *)&address, sizeof address) != 0 || listen(descriptor, 8) != 0)
        return -1;
    *port = port_of(descriptor);
    return descriptor;
}

kin_native_handle socket_connect(unsigned port)
{
    const struct sockaddr_in address = local(port);
    int descriptor = open_socket();

    return connect(descriptor, (const struct sockaddr *)&address, sizeof address) == 0 ? descriptor : -1;
}

bool socket_pair(kin_native_handle ends[2])
{
    unsigned port = 0;
    const int server = socket_listen(&port);

    ends[0] = socket_connect(port);
    ends[1] = accept4(server, NULL, NULL, SOCK_CLOEXEC);
    (void)close(server);
    return ends[0] >= 0 && ends[1] >= 0;
}

bool socket_write(kin_native_handle socket, const char *text)
{
    return host_write(socket, text, strlen(text));
}

void socket_close(kin_native_handle socket)
{
    host_close(socket);
}

const char *socket_read_all(kin_native_handle socket, char *text, size_t size)
{
    size_t length = 0;
    int64_t count = 0;

    while (length + 1 < size && (count = host_read(socket, text + length, size - length - 1)) > 0)
        length += (size_t)count;
    text[length] = '\0';
    host_close(socket);
    return text;
}

const char *socket_ask(unsigned port, char *text, size_t size)
{
    return socket_read_all(socket_connect(port), text, size);
}

bool socket_serves(kin_native_handle server)
{
    const int flags = fcntl(server, F_GETFL);
    const int client = socket_connect(port_of(server));
    int accepted;

    (void)fcntl(server, F_SETFL, flags & ~O_NONBLOCK);
    accepted = accept(server, NULL, NULL);
    (void)close(server);
    (void)close(client);
    (void)close(accepted);
    return client >= 0 && accepted >= 0;
}
