/* SPDX-License-Identifier: MIT */
/* A socket is a number as wide as a handle, and travels as one. */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "net.h"

/* Windows counts these, and closes all sockets of the process at the last WSACleanup. The library has its own count. */
bool net_start(void)
{
    WSADATA data;

    return WSAStartup(MAKEWORD(2, 2), &data) == 0;
}

void net_stop(void)
{
    (void)WSACleanup();
}

static struct sockaddr_in loopback(unsigned short port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool net_listen(kin_native_handle *listener, unsigned short *port)
{
    struct sockaddr_in address = loopback(0);
    int size = sizeof address;
    const SOCKET made = socket(AF_INET, SOCK_STREAM, 0);

    if (made == INVALID_SOCKET)
        return false;
    if (bind(made, (struct sockaddr *)&address, size) != 0 || listen(made, SOMAXCONN) != 0 ||
        getsockname(made, (struct sockaddr *)&address, &size) != 0) {
        (void)closesocket(made);
        return false;
    }
    *listener = (kin_native_handle)made;
    *port = ntohs(address.sin_port);
    return true;
}

bool net_connect(unsigned short port, kin_native_handle *client)
{
    const struct sockaddr_in address = loopback(port);
    const SOCKET made = socket(AF_INET, SOCK_STREAM, 0);

    if (made == INVALID_SOCKET)
        return false;
    if (connect(made, (const struct sockaddr *)&address, sizeof address) != 0) {
        (void)closesocket(made);
        return false;
    }
    *client = (kin_native_handle)made;
    return true;
}

bool net_accept(kin_native_handle listener, kin_native_handle *connection)
{
    const SOCKET accepted = accept((SOCKET)listener, NULL, NULL);

    *connection = (kin_native_handle)accepted;
    return accepted != INVALID_SOCKET;
}

bool net_write(kin_native_handle connection, const char *data, size_t size)
{
    int count = 0;

    for (; size > 0 && (count = send((SOCKET)connection, data, (int)size, 0)) >= 0; size -= (size_t)count)
        data += count;
    return size == 0;
}

size_t net_read(kin_native_handle connection, char *text, size_t size)
{
    size_t length = 0;
    int count;

    while (length + 1 < size && (count = recv((SOCKET)connection, text + length, (int)(size - length - 1), 0)) > 0)
        length += (size_t)count;
    text[length] = '\0';
    return length;
}

void net_close(kin_native_handle handle)
{
    (void)closesocket((SOCKET)handle);
}
