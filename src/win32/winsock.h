/* SPDX-License-Identifier: MIT */
/*
 * The few functions of Windows Sockets that passing a socket needs. The library is loaded when it is needed first: a program
 * that passes no sockets shall not load it because of us.
 *
 * Windows counts WSAStartup and WSACleanup, and a socket lives only while the count is not 0 (WSACleanup: open sockets are
 * "reset and automatically deallocated"). So whoever keeps sockets keeps this open too.
 */
#ifndef KIN_WIN32_WINSOCK_H
#define KIN_WIN32_WINSOCK_H

#include "system.h"

#include <winsock2.h>

#include "../platform.h"

struct kin_win32_winsock {
    HMODULE library;
    int(WSAAPI *startup)(WORD version, WSADATA *data);
    int(WSAAPI *cleanup)(void);
    int(WSAAPI *last_error)(void);
    int(WSAAPI *get_option)(SOCKET socket, int level, int name, char *value, int *size);
    int(WSAAPI *duplicate)(SOCKET socket, DWORD process, WSAPROTOCOL_INFOW *description);
    SOCKET(WSAAPI *open)(int family, int type, int protocol, WSAPROTOCOL_INFOW *description, GROUP group, DWORD flags);
    int(WSAAPI *close)(SOCKET socket);
};

/* 0 or a negative kin_code. */
int kin_win32_winsock_open(struct kin_win32_winsock *winsock);
void kin_win32_winsock_close(struct kin_win32_winsock *winsock);

/* The kin_code for what the last call said that failed. */
int kin_win32_winsock_code(const struct kin_win32_winsock *winsock);

/*
 * What a socket is: KIN_HANDLE_SERVER, KIN_HANDLE_SOCKET; KIN_ENOTSUP for one that libuv's wire has no word for, which is
 * any but TCP; KIN_EBADF for what is no socket.
 */
int kin_win32_winsock_kind(const struct kin_win32_winsock *winsock, SOCKET socket, kin_handle_kind *kind);

#endif
