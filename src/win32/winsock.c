/* SPDX-License-Identifier: MIT */
#include "winsock.h"

#include <stddef.h>
#include <string.h>

#include "error.h"

/* The version that every program of the last decades asks for. */
#define VERSION MAKEWORD(2, 2)

struct function {
    const char *name;
    size_t place;
};

static const struct function functions[] = {
    { "WSAStartup", offsetof(struct kin_win32_winsock, startup) },
    { "WSACleanup", offsetof(struct kin_win32_winsock, cleanup) },
    { "WSAGetLastError", offsetof(struct kin_win32_winsock, last_error) },
    { "getsockopt", offsetof(struct kin_win32_winsock, get_option) },
    { "WSADuplicateSocketW", offsetof(struct kin_win32_winsock, duplicate) },
    { "WSASocketW", offsetof(struct kin_win32_winsock, open) },
    { "closesocket", offsetof(struct kin_win32_winsock, close) },
};

static bool find_functions(struct kin_win32_winsock *winsock)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        FARPROC found = GetProcAddress(winsock->library, functions[i].name);
        if (found == NULL)
            return false;
        memcpy((unsigned char *)winsock + functions[i].place, &found, sizeof found);
    }
    return true;
}

/* From the directory of the system and nowhere else (LoadLibraryEx): not a library of that name beside the program. */
int kin_win32_winsock_open(struct kin_win32_winsock *winsock)
{
    WSADATA data;

    winsock->library = LoadLibraryExW(L"ws2_32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (winsock->library == NULL)
        return kin_win32_code(GetLastError());
    if (!find_functions(winsock) || winsock->startup(VERSION, &data) != 0) {
        FreeLibrary(winsock->library);
        winsock->library = NULL;
        return KIN_ENOTSUP;
    }
    return 0;
}

void kin_win32_winsock_close(struct kin_win32_winsock *winsock)
{
    if (winsock->library == NULL)
        return;
    winsock->cleanup();
    FreeLibrary(winsock->library);
    winsock->library = NULL;
}

int kin_win32_winsock_code(const struct kin_win32_winsock *winsock)
{
    switch (winsock->last_error()) {
    case WSAENOTSOCK:
    case WSAEBADF:
        return KIN_EBADF;
    case WSAEMFILE:
        return KIN_EMFILE;
    case WSAENOBUFS:
        return KIN_ENOMEM;
    case WSAEACCES:
        return KIN_EACCES;
    case WSAEINVAL:
        return KIN_EINVAL;
    default:
        return KIN_ENOTSUP;
    }
}

static bool is_of_tcp(const WSAPROTOCOL_INFOW *description)
{
    return description->iSocketType == SOCK_STREAM &&
           (description->iAddressFamily == AF_INET || description->iAddressFamily == AF_INET6);
}

int kin_win32_winsock_kind(const struct kin_win32_winsock *winsock, SOCKET socket, kin_handle_kind *kind)
{
    WSAPROTOCOL_INFOW description;
    int description_size = sizeof description;
    DWORD listens = 0;
    int listens_size = sizeof listens;

    if (winsock->get_option(socket, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&description, &description_size) != 0)
        return kin_win32_winsock_code(winsock);
    if (!is_of_tcp(&description))
        return KIN_ENOTSUP;
    if (winsock->get_option(socket, SOL_SOCKET, SO_ACCEPTCONN, (char *)&listens, &listens_size) != 0)
        return kin_win32_winsock_code(winsock);
    *kind = listens != 0 ? KIN_HANDLE_SERVER : KIN_HANDLE_SOCKET;
    return 0;
}
