/* SPDX-License-Identifier: MIT */
/*
 * The other end of a channel, in a process of its own and by the library's own door: descriptor 3 but for one verb. The first argument is the
 * verb. Exit code 0 when all went as the verb says, else the line that did not.
 */
#include "../../../src/win32/system.h"

#include <winsock2.h>
#include <ws2tcpip.h>

#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../src/platform.h"

#define DESCRIPTOR 3
#define MUST(condition) ((condition) ? (void)0 : ExitProcess(__LINE__))

static kin_plat_loop *loop;
static kin_plat_pipe *channel;

static struct kin_plat_event next_event(void)
{
    struct kin_plat_event event;
    while (kin_plat_wait(loop, -1, &event, 1) == 0)
        continue;
    return event;
}

static size_t receive(void *bytes, size_t size)
{
    MUST(kin_plat_pipe_read(channel, bytes, size) == 0);
    struct kin_plat_event event = next_event();
    MUST(event.kind == KIN_PLAT_READ && event.code == 0);
    return event.size;
}

/* A line, without its end; the peer sends one at a time. */
static const char *receive_line(void)
{
    static char line[256];
    size_t size = 0;
    do {
        size_t some = receive(line + size, sizeof line - 1 - size);
        MUST(some > 0);
        size += some;
    } while (line[size - 1] != '\n');
    line[size - 1] = '\0';
    return line;
}

static void send_bytes(const char *bytes, size_t size, const struct kin_plat_handle *handle)
{
    while (size > 0) {
        int rc =
            handle != NULL ? kin_plat_channel_write(channel, bytes, size, handle) : kin_plat_pipe_write(channel, bytes, size);
        MUST(rc == 0);
        struct kin_plat_event event = next_event();
        MUST(event.kind == KIN_PLAT_WRITE && event.code == 0 && event.size > 0);
        bytes += event.size;
        size -= event.size;
        handle = NULL;
    }
}

static void send_line(const char *text, const struct kin_plat_handle *handle)
{
    char line[256];
    int size = snprintf(line, sizeof line, "%s\n", text);
    send_bytes(line, (size_t)size, handle);
}

static void open_channel(int descriptor)
{
    kin_native_handle handle;
    DWORD flags;
    MUST(kin_plat_channel_inherited(descriptor, &handle) == 0);
    MUST(GetHandleInformation(handle, &flags) && (flags & HANDLE_FLAG_INHERIT) == 0);
    MUST(kin_plat_loop_open(NULL, &loop) == 0);
    MUST(kin_plat_channel_open(loop, handle, handle, true, NULL, &channel) == 0);
    kin_plat_channel_accept(channel, 4);
}

static void close_channel(void)
{
    kin_plat_pipe_close(channel);
    kin_plat_loop_close(loop);
}

/* ------------------------------------------------------------------------------------------------------- verbs --- */

/* echo: until the end */
static void verb_echo(const char *argument)
{
    static char bytes[100000];
    size_t size;
    (void)argument;
    while ((size = receive(bytes, sizeof bytes)) > 0)
        send_bytes(bytes, size, NULL);
}

/* once: the channel cannot be had twice, and its descriptor is free */
static void verb_once(const char *argument)
{
    kin_native_handle handle;
    (void)argument;
    MUST(kin_plat_channel_inherited(DESCRIPTOR, &handle) == KIN_EBADF);
    MUST(_dup(1) == DESCRIPTOR);
    send_line("once", NULL);
}

/* reused: the program has closed the descriptor, and what it opens then gets the handle's number */
static void run_reused(void)
{
    HANDLE ends[2] = { NULL, NULL };
    HANDLE was = (HANDLE)_get_osfhandle(DESCRIPTOR);
    kin_native_handle handle;
    DWORD flags;
    MUST(GetHandleInformation(was, &flags) && (flags & HANDLE_FLAG_INHERIT) != 0);
    MUST(_close(DESCRIPTOR) == 0);
    for (int i = 0; ends[0] != was && ends[1] != was; i++)
        MUST(i < 64 && CreatePipe(&ends[0], &ends[1], NULL, 0));
    MUST(kin_plat_channel_inherited(DESCRIPTOR, &handle) == KIN_EBADF);
    ExitProcess(0);
}

/* standard: the channel is descriptor 0 */
static void verb_standard(const char *argument)
{
    (void)argument;
    send_line("here", NULL);
}

/* last SIZE: writes so many bytes and ends at once */
static void verb_last(const char *argument)
{
    static char bytes[100000];
    size_t size = (size_t)atol(argument);
    memset(bytes, 'z', sizeof bytes);
    while (size > 0) {
        size_t some = size < sizeof bytes ? size : sizeof bytes;
        send_bytes(bytes, some, NULL);
        size -= some;
    }
    ExitProcess(0);
}

static SOCKET take_socket(kin_handle_kind kind)
{
    struct kin_plat_handle handle;
    MUST(kin_plat_channel_take(channel, 0, &handle) == 0);
    MUST(handle.kind == kind);
    return (SOCKET)handle.native;
}

/* The socket came in whatever mode; these tests want it to wait. */
static void make_waiting(SOCKET socket)
{
    u_long zero = 0;
    MUST(ioctlsocket(socket, (long)FIONBIO, &zero) == 0);
}

/* accept: a listening socket comes; whoever connects is greeted */
static void verb_accept(const char *argument)
{
    (void)argument;
    MUST(strcmp(receive_line(), "server") == 0);
    SOCKET server = take_socket(KIN_HANDLE_SERVER);
    make_waiting(server);
    send_line("got", NULL);
    SOCKET client = accept(server, NULL, NULL);
    MUST(client != INVALID_SOCKET);
    MUST(send(client, "greetings", 9, 0) == 9);
    closesocket(client);
    closesocket(server);
}

/* answer: a connected socket comes, and is written to */
static void verb_answer(const char *argument)
{
    (void)argument;
    MUST(strcmp(receive_line(), "socket") == 0);
    SOCKET client = take_socket(KIN_HANDLE_SOCKET);
    make_waiting(client);
    MUST(send(client, "answer", 6, 0) == 6);
    closesocket(client);
    send_line("got", NULL);
    MUST(strcmp(receive_line(), "bye") == 0);
}

static struct sockaddr_in loopback(unsigned port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((u_short)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void give(SOCKET socket, kin_handle_kind kind, const char *text)
{
    struct kin_plat_handle handle;
    MUST(kin_plat_handle_examine((HANDLE)socket, &handle) == 0);
    MUST(handle.kind == kind && kin_plat_handle_number(&handle) == 0);
    send_line(text, &handle);
    MUST(strcmp(receive_line(), "got") == 0);
    kin_plat_handle_close(&handle);
}

/* listen: makes a listening socket and gives it away */
static void verb_listen(const char *argument)
{
    struct sockaddr_in address = loopback(0);
    SOCKET server = socket(AF_INET, SOCK_STREAM, 0);
    (void)argument;
    MUST(bind(server, (struct sockaddr *)&address, sizeof address) == 0 && listen(server, 4) == 0);
    give(server, KIN_HANDLE_SERVER, "server");
}

/* connect PORT: connects and gives the connection away */
static void verb_connect(const char *argument)
{
    struct sockaddr_in address = loopback((unsigned)atoi(argument));
    SOCKET client = socket(AF_INET, SOCK_STREAM, 0);
    MUST(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
    give(client, KIN_HANDLE_SOCKET, "socket");
}

/* fetch: the number of a handle comes; it is fetched and written to */
static void verb_fetch(const char *argument)
{
    struct kin_plat_handle handle;
    DWORD written;
    (void)argument;
    uint64_t number = strtoull(receive_line(), NULL, 10);
    int rc = kin_plat_channel_take(channel, number, &handle);
    if (rc == 0) {
        MUST(handle.kind == KIN_HANDLE_OTHER);
        MUST(WriteFile(handle.native, "fetched", 7, &written, NULL) && written == 7);
        kin_plat_handle_close(&handle);
    }
    send_line(rc == 0 ? "got" : rc == KIN_ENOENT ? "nothing" : "wrong", NULL);
    MUST(strcmp(receive_line(), "bye") == 0);
}

/* offer: a file of ours is to be fetched */
static void verb_offer(const char *argument)
{
    struct kin_plat_handle handle;
    HANDLE reader, writer;
    char text[32];
    DWORD size;
    (void)argument;
    MUST(CreatePipe(&reader, &writer, NULL, 0));
    MUST(kin_plat_handle_examine(writer, &handle) == 0 && handle.kind == KIN_HANDLE_OTHER);
    snprintf(text, sizeof text, "%llu", (unsigned long long)kin_plat_handle_number(&handle));
    send_line(text, &handle);
    MUST(strcmp(receive_line(), "got") == 0);
    kin_plat_handle_close(&handle);
    MUST(ReadFile(reader, text, sizeof text, &size, NULL) && size == 4 && memcmp(text, "from", 4) == 0);
    MUST(!ReadFile(reader, text, sizeof text, &size, NULL) && GetLastError() == ERROR_BROKEN_PIPE);
    CloseHandle(reader);
}

static const struct {
    const char *name;
    void (*run)(const char *argument);
} verbs[] = {
    { "echo", verb_echo },     { "once", verb_once },         { "last", verb_last },       { "accept", verb_accept },
    { "answer", verb_answer }, { "listen", verb_listen },     { "connect", verb_connect }, { "fetch", verb_fetch },
    { "offer", verb_offer },   { "standard", verb_standard },
};

int main(int argc, char **argv)
{
    WSADATA data;
    MUST(argc > 1 && WSAStartup(MAKEWORD(2, 2), &data) == 0);
    if (strcmp(argv[1], "reused") == 0)
        run_reused();
    open_channel(strcmp(argv[1], "standard") == 0 ? 0 : DESCRIPTOR);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            verbs[i].run(argc > 2 ? argv[2] : "");
            close_channel();
            WSACleanup();
            return 0;
        }
    }
    return 2;
}
