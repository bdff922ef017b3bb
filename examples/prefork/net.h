/* SPDX-License-Identifier: MIT */
/* Sockets, as far as the server needs them. One file per system: net_posix.c, net_win32.c. */
#ifndef PREFORK_NET_H
#define PREFORK_NET_H

#include <stdbool.h>
#include <stddef.h>

#include <kin/kin.h>

/* A process has sockets between these two: the server, and each worker too, although all of its sockets come by its channel. */
bool net_start(void);
void net_stop(void);

/* On the loopback interface; the system chooses the port. */
bool net_listen(kin_native_handle *listener, unsigned short *port);
bool net_connect(unsigned short port, kin_native_handle *client);

/* These three wait. */
bool net_accept(kin_native_handle listener, kin_native_handle *connection);
bool net_write(kin_native_handle connection, const char *data, size_t size);
/* What comes until the peer closes, or until the room is used up; a zero is put behind it. Returns how much. */
size_t net_read(kin_native_handle connection, char *text, size_t size);

void net_close(kin_native_handle handle);

#endif
