/* SPDX-License-Identifier: MIT */
/* Sockets on this host, as far as the tests of passing them need. */
#ifndef KIN_TESTS_INTEROP_SOCKETS_H
#define KIN_TESTS_INTEROP_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

#include <kin/kin.h>

/* Listens on a port of its own choice. */
kin_native_handle socket_listen(unsigned *port);
kin_native_handle socket_connect(unsigned port);

/* Two connected ends. */
bool socket_pair(kin_native_handle ends[2]);

bool socket_write(kin_native_handle socket, const char *text);
void socket_close(kin_native_handle socket);

/* What comes until the end; closes it. */
const char *socket_read_all(kin_native_handle socket, char *text, size_t size);

/* Connects, and what the server says. */
const char *socket_ask(unsigned port, char *text, size_t size);

/* Whether a listening socket accepts a client; closes it. */
bool socket_serves(kin_native_handle server);

#endif
