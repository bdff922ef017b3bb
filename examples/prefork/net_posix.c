/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE

#include "net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* A client that has left shall be an error of net_write(), not the end of the process. */
bool net_start(void)
{
    return signal(SIGPIPE, SIG_IGN) != SIG_ERR;
}

void net_stop(void)
{
}

static struct sockaddr_in loopback(unsigned short port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

bool net_listen(kin_native_handle *listener, unsigned short *port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;

    *listener = socket(AF_INET, SOCK_STREAM, 0);
    if (*listener < 0)
        return false;
    if (bind(*listener, (struct sockaddr *)&address, size) != 0 || listen(*listener, SOMAXCONN) != 0 ||
        getsockname(*listener, (struct sockaddr *)&address, &size) != 0) {
        net_close(*listener);
        return false;
    }
    *port = ntohs(address.sin_port);
    return true;
}

bool net_connect(unsigned short port, kin_native_handle *client)
{
    const struct sockaddr_in address = loopback(port);

    *client = socket(AF_INET, SOCK_STREAM, 0);
    if (*client < 0)
        return false;
    if (connect(*client, (const struct sockaddr *)&address, sizeof address) != 0) {
        net_close(*client);
        return false;
    }
    return true;
}

bool net_accept(kin_native_handle listener, kin_native_handle *connection)
{
    *connection = accept(listener, NULL, NULL);
    return *connection >= 0;
}

bool net_write(kin_native_handle connection, const char *data, size_t size)
{
    ssize_t count = 0;

    for (; size > 0 && (count = write(connection, data, size)) >= 0; size -= (size_t)count)
        data += count;
    return size == 0;
}

size_t net_read(kin_native_handle connection, char *text, size_t size)
{
    size_t length = 0;
    ssize_t count;

    while (length + 1 < size && (count = read(connection, text + length, size - length - 1)) > 0)
        length += (size_t)count;
    text[length] = '\0';
    return length;
}

void net_close(kin_native_handle handle)
{
    (void)close(handle);
}
