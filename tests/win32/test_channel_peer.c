/* SPDX-License-Identifier: MIT */
/*
 * Channels to another process: what it finds, how it ends, and handles both ways.
 */
#include "../../src/win32/system.h"

#include <winsock2.h>
#include <ws2tcpip.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/win32/channel.h"
#include "door.h"

/* The library of sockets keeps handles of its own from the first use on, which are no leak. */
SHIM_CONSTRUCTOR(use_sockets_once)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return;
    SOCKET server = socket(AF_INET, SOCK_STREAM, 0);
    SOCKET client = socket(AF_INET, SOCK_STREAM, 0);
    int size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(server, (struct sockaddr *)&address, sizeof address);
    listen(server, 1);
    getsockname(server, (struct sockaddr *)&address, &size);
    connect(client, (struct sockaddr *)&address, sizeof address);
    closesocket(client);
    closesocket(server);
}

enum { CHANNEL = 3, TEN_MB = 10 * 1000 * 1000 };

struct Win32Peer {
    kin_plat_loop *loop;
    struct door_child child;
    char line[256];
    size_t line_size;
};

static void *Win32Peer_setup(void)
{
    struct Win32Peer *peer = calloc(1, sizeof *peer);
    WSADATA data;
    ASSERT_NOT_NULL(peer);
    ASSERT_INT_EQ(0, WSAStartup(MAKEWORD(2, 2), &data));
    peer->loop = door_open();
    return peer;
}

static void Win32Peer_teardown(void *self)
{
    struct Win32Peer *peer = self;
    if (peer->child.process != NULL && peer->child.exits == 0)
        kin_plat_process_signal(peer->child.process, KIN_SIGNAL_KILL, false);
    door_close_child(&peer->child);
    kin_plat_loop_close(peer->loop);
    WSACleanup();
    free(peer);
}

static const char *peer_path(void)
{
    static char path[1024];
    static const char name[] = "kin_win32_peer.exe";
    DWORD size = GetModuleFileNameA(NULL, path, sizeof path - sizeof name);
    while (size > 0 && path[size - 1] != '\\')
        size--;
    memcpy(path + size, name, sizeof name);
    return path;
}

static kin_plat_pipe *start_peer(struct Win32Peer *peer, const char *verb, const char *argument)
{
    door_plan(&peer->child, verb, argument);
    peer->child.launch.file = peer_path();
    peer->child.argv[0] = peer_path();
    peer->child.launch.slot_count = CHANNEL + 1;
    peer->child.slots[CHANNEL].kind = KIN_PLAT_SLOT_CHANNEL;
    ASSERT_INT_EQ(0, door_start(peer->loop, &peer->child));
    kin_plat_channel_accept(peer->child.slots[CHANNEL].pipe, 4);
    return peer->child.slots[CHANNEL].pipe;
}

/* The next event of the channel; the peer's exit may come in between. */
static struct kin_plat_event channel_event(struct Win32Peer *peer, enum kin_plat_event_kind kind)
{
    struct kin_plat_event event;
    for (;;) {
        door_wait(peer->loop, &event, 1);
        if (event.kind != KIN_PLAT_EXIT)
            break;
        peer->child.status = event.status;
        peer->child.exits++;
    }
    EXPECT_INT_EQ(kind, event.kind);
    EXPECT_PTR_EQ(&peer->child.slots[CHANNEL], event.owner);
    return event;
}

static void expect_exit(struct Win32Peer *peer, uint32_t code)
{
    if (peer->child.exits == 0) {
        struct kin_plat_event event = door_expect(peer->loop, KIN_PLAT_EXIT, &peer->child);
        peer->child.status = event.status;
        peer->child.exits++;
    }
    EXPECT_INT_EQ(KIN_EXIT_CODE, peer->child.status.kind);
    EXPECT_UINT_EQ(code, peer->child.status.code);
}

static void tell(struct Win32Peer *peer, const char *text, const struct kin_plat_handle *handle)
{
    char line[256];
    kin_plat_pipe *pipe = peer->child.slots[CHANNEL].pipe;
    size_t size = (size_t)snprintf(line, sizeof line, "%s\n", text);
    int rc = handle != NULL ? kin_plat_channel_write(pipe, line, size, handle) : kin_plat_pipe_write(pipe, line, size);
    ASSERT_INT_EQ(0, rc);
    struct kin_plat_event event = channel_event(peer, KIN_PLAT_WRITE);
    ASSERT_INT_EQ(0, event.code);
    ASSERT_SIZE_EQ(size, event.size);
}

static const char *hear(struct Win32Peer *peer)
{
    peer->line_size = 0;
    do {
        char *rest = peer->line + peer->line_size;
        size_t room = sizeof peer->line - 1 - peer->line_size;
        ASSERT_INT_EQ(0, kin_plat_pipe_read(peer->child.slots[CHANNEL].pipe, rest, room));
        struct kin_plat_event event = channel_event(peer, KIN_PLAT_READ);
        ASSERT_INT_EQ(0, event.code);
        ASSERT_TRUE(event.size > 0);
        peer->line_size += event.size;
    } while (peer->line[peer->line_size - 1] != '\n');
    peer->line[peer->line_size - 1] = '\0';
    return peer->line;
}

static void expect_end(struct Win32Peer *peer, int code)
{
    char byte;
    ASSERT_INT_EQ(0, kin_plat_pipe_read(peer->child.slots[CHANNEL].pipe, &byte, 1));
    struct kin_plat_event event = channel_event(peer, KIN_PLAT_READ);
    EXPECT_INT_EQ(code, event.code);
    EXPECT_SIZE_EQ(0, event.size);
}

static void close_channel(struct Win32Peer *peer)
{
    kin_plat_pipe_close(peer->child.slots[CHANNEL].pipe);
    peer->child.slots[CHANNEL].pipe = NULL;
}

/* ------------------------------------------------------------------------------------------------------- bytes --- */

TEST_CF(Win32Peer, FindsItsChannelOnce)
{
    struct Win32Peer *peer = self;
    start_peer(peer, "once", NULL);
    EXPECT_STR_EQ("once", hear(peer));
    expect_end(peer, 0);
    expect_exit(peer, 0);
}

/* Its place in the block of the runtime stays, whatever has become of it. */
TEST_CF(Win32Peer, DescriptorThatWasClosedIsNoChannel)
{
    struct Win32Peer *peer = self;
    start_peer(peer, "reused", NULL);
    expect_end(peer, 0);
    expect_exit(peer, 0);
}

/* As any other slot: `stdio: ["ipc", …]` in Node. */
TEST_CF(Win32Peer, ChannelAsStandardInput)
{
    struct Win32Peer *peer = self;
    door_plan(&peer->child, "standard", NULL);
    peer->child.launch.file = peer_path();
    peer->child.argv[0] = peer_path();
    peer->child.slots[0].kind = KIN_PLAT_SLOT_CHANNEL;
    ASSERT_INT_EQ(0, door_start(peer->loop, &peer->child));
    char line[16];
    ASSERT_INT_EQ(0, kin_plat_pipe_read(peer->child.slots[0].pipe, line, sizeof line));
    for (int i = 0; i < 2; i++) {
        struct kin_plat_event event;
        door_wait(peer->loop, &event, 1);
        if (event.kind == KIN_PLAT_EXIT) {
            EXPECT_UINT_EQ(0, event.status.code);
            peer->child.exits++;
        } else {
            EXPECT_SIZE_EQ(5, event.size);
        }
    }
    EXPECT_INT_EQ(1, peer->child.exits);
    EXPECT_MEM_EQ("here\n", line, 5);
}

/* By its end: nobody says goodbye. */
TEST_CF(Win32Peer, OurCloseEndsIt)
{
    struct Win32Peer *peer = self;
    start_peer(peer, "echo", NULL);
    tell(peer, "hello", NULL);
    EXPECT_STR_EQ("hello", hear(peer));
    close_channel(peer);
    expect_exit(peer, 0);
}

static unsigned char byte_at(size_t offset)
{
    return (unsigned char)(offset * 2654435761U >> 13);
}

/* Both directions at once; the peer stops reading while it writes, and so do we not. */
static void exchange(struct Win32Peer *peer, unsigned char *bytes, unsigned char *back)
{
    kin_plat_pipe *pipe = peer->child.slots[CHANNEL].pipe;
    size_t written = 0;
    size_t received = 0;
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pipe, back, TEN_MB));
    ASSERT_INT_EQ(0, kin_plat_pipe_write(pipe, bytes, TEN_MB));
    while (received < TEN_MB) {
        struct kin_plat_event event;
        door_wait(peer->loop, &event, 1);
        ASSERT_INT_EQ(0, event.code);
        ASSERT_TRUE(event.size > 0);
        if (event.kind == KIN_PLAT_READ) {
            received += event.size;
            if (received < TEN_MB)
                ASSERT_INT_EQ(0, kin_plat_pipe_read(pipe, back + received, TEN_MB - received));
        } else {
            written += event.size;
            if (written < TEN_MB)
                ASSERT_INT_EQ(0, kin_plat_pipe_write(pipe, bytes + written, TEN_MB - written));
        }
    }
}

TEST_CF(Win32Peer, I06_TenMegabytesThereAndBack)
{
    struct Win32Peer *peer = self;
    unsigned char *bytes = malloc(TEN_MB);
    unsigned char *back = malloc(TEN_MB);
    ASSERT_NOT_NULL(bytes);
    ASSERT_NOT_NULL(back);
    for (size_t i = 0; i < TEN_MB; i++)
        bytes[i] = byte_at(i);
    start_peer(peer, "echo", NULL);
    exchange(peer, bytes, back);
    EXPECT_TRUE(memcmp(bytes, back, TEN_MB) == 0);
    close_channel(peer);
    expect_exit(peer, 0);
    free(back);
    free(bytes);
}

/* The peer ends right after its last write came back. */
TEST_CF(Win32Peer, I07_NothingIsLostThatWasWrittenBeforeTheExit)
{
    struct Win32Peer *peer = self;
    static char bytes[70000];
    size_t total = 0;
    start_peer(peer, "last", "1000000");
    for (;;) {
        ASSERT_INT_EQ(0, kin_plat_pipe_read(peer->child.slots[CHANNEL].pipe, bytes, sizeof bytes));
        struct kin_plat_event event = channel_event(peer, KIN_PLAT_READ);
        ASSERT_INT_EQ(0, event.code);
        if (event.size == 0)
            break;
        total += event.size;
    }
    EXPECT_SIZE_EQ(1000000, total);
    expect_exit(peer, 0);
}

TEST_CF(Win32Peer, KilledPeerIsTheEnd)
{
    struct Win32Peer *peer = self;
    start_peer(peer, "echo", NULL);
    tell(peer, "up", NULL);
    EXPECT_STR_EQ("up", hear(peer));
    ASSERT_INT_EQ(0, kin_plat_process_signal(peer->child.process, KIN_SIGNAL_KILL, false));
    expect_end(peer, 0);
    ASSERT_INT_EQ(0, kin_plat_pipe_write(peer->child.slots[CHANNEL].pipe, "x", 1));
    EXPECT_INT_EQ(KIN_EPIPE, channel_event(peer, KIN_PLAT_WRITE).code);
    if (peer->child.exits == 0)
        door_expect(peer->loop, KIN_PLAT_EXIT, &peer->child);
    peer->child.exits = 1;
}

/* Nothing of ours is in the hands of a child that has no channel. */
TEST_CF(Win32Peer, X14_SiblingsDoNotHoldIt)
{
    struct Win32Peer *peer = self;
    struct door_child sibling;
    start_peer(peer, "echo", NULL);
    door_plan(&sibling, "sleep", "20000");
    ASSERT_INT_EQ(0, door_start(peer->loop, &sibling));
    close_channel(peer);
    expect_exit(peer, 0);
    kin_plat_process_signal(sibling.process, KIN_SIGNAL_KILL, false);
    door_expect(peer->loop, KIN_PLAT_EXIT, &sibling);
    door_close_child(&sibling);
}

/* ----------------------------------------------------------------------------------------------------- sockets --- */

static struct sockaddr_in loopback(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static SOCKET listening_socket(struct sockaddr_in *address)
{
    int size = sizeof *address;
    SOCKET server = socket(AF_INET, SOCK_STREAM, 0);
    *address = loopback();
    ASSERT_TRUE(server != INVALID_SOCKET);
    ASSERT_INT_EQ(0, bind(server, (struct sockaddr *)address, sizeof *address));
    ASSERT_INT_EQ(0, listen(server, 4));
    ASSERT_INT_EQ(0, getsockname(server, (struct sockaddr *)address, &size));
    return server;
}

static SOCKET connection_to(const struct sockaddr_in *address)
{
    SOCKET client = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_TRUE(client != INVALID_SOCKET);
    ASSERT_INT_EQ(0, connect(client, (const struct sockaddr *)address, sizeof *address));
    return client;
}

static struct kin_plat_handle examined(SOCKET socket, kin_handle_kind kind)
{
    struct kin_plat_handle handle = { .kind = KIN_HANDLE_NONE };
    EXPECT_INT_EQ(0, kin_plat_handle_examine((HANDLE)socket, &handle));
    EXPECT_INT_EQ(kind, handle.kind);
    EXPECT_UINT_EQ(0, kin_plat_handle_number(&handle));
    return handle;
}

/* All that comes until the end. */
static void expect_text(SOCKET socket, const char *text)
{
    char bytes[64];
    int total = 0;
    int size;
    while ((size = recv(socket, bytes + total, (int)sizeof bytes - total, 0)) > 0)
        total += size;
    EXPECT_INT_EQ(0, size);
    ASSERT_SIZE_EQ(strlen(text), total);
    EXPECT_MEM_EQ(text, bytes, strlen(text));
}

TEST_CF(Win32Peer, ListeningSocketThere)
{
    struct Win32Peer *peer = self;
    struct sockaddr_in address;
    start_peer(peer, "accept", NULL);
    SOCKET server = listening_socket(&address);
    struct kin_plat_handle handle = examined(server, KIN_HANDLE_SERVER);
    tell(peer, "server", &handle);
    EXPECT_STR_EQ("got", hear(peer));
    kin_plat_handle_close(&handle);
    SOCKET client = connection_to(&address);
    expect_text(client, "greetings");
    closesocket(client);
    expect_exit(peer, 0);
}

TEST_CF(Win32Peer, ConnectedSocketThere)
{
    struct Win32Peer *peer = self;
    struct sockaddr_in address;
    start_peer(peer, "answer", NULL);
    SOCKET server = listening_socket(&address);
    SOCKET client = connection_to(&address);
    SOCKET accepted = accept(server, NULL, NULL);
    struct kin_plat_handle handle = examined(accepted, KIN_HANDLE_SOCKET);
    tell(peer, "socket", &handle);
    EXPECT_STR_EQ("got", hear(peer));
    kin_plat_handle_close(&handle); /* the last one: the peer has closed its own */
    expect_text(client, "answer");
    tell(peer, "bye", NULL);
    closesocket(client);
    closesocket(server);
    expect_exit(peer, 0);
}

static SOCKET taken(struct Win32Peer *peer, kin_handle_kind kind)
{
    struct kin_plat_handle handle = { .kind = KIN_HANDLE_NONE };
    DWORD flags;
    EXPECT_INT_EQ(0, kin_plat_channel_take(peer->child.slots[CHANNEL].pipe, 0, &handle));
    EXPECT_INT_EQ(kind, handle.kind);
    EXPECT_TRUE(GetHandleInformation(handle.native, &flags) != 0);
    EXPECT_INT_EQ(0, flags & HANDLE_FLAG_INHERIT);
    EXPECT_INT_EQ(KIN_ENOENT, kin_plat_channel_take(peer->child.slots[CHANNEL].pipe, 0, &handle));
    return (SOCKET)handle.native;
}

TEST_CF(Win32Peer, ListeningSocketBack)
{
    struct Win32Peer *peer = self;
    struct sockaddr_in address;
    int size = sizeof address;
    start_peer(peer, "listen", NULL);
    EXPECT_STR_EQ("server", hear(peer));
    SOCKET server = taken(peer, KIN_HANDLE_SERVER);
    tell(peer, "got", NULL);
    expect_exit(peer, 0);
    /* It listens although the one who made it is gone. */
    ASSERT_INT_EQ(0, getsockname(server, (struct sockaddr *)&address, &size));
    SOCKET client = connection_to(&address);
    SOCKET accepted = accept(server, NULL, NULL);
    ASSERT_TRUE(accepted != INVALID_SOCKET);
    send(accepted, "hi", 2, 0);
    closesocket(accepted);
    expect_text(client, "hi");
    closesocket(client);
    closesocket(server);
}

TEST_CF(Win32Peer, ConnectedSocketBack)
{
    struct Win32Peer *peer = self;
    struct sockaddr_in address;
    char port[16];
    SOCKET server = listening_socket(&address);
    snprintf(port, sizeof port, "%u", ntohs(address.sin_port));
    start_peer(peer, "connect", port);
    EXPECT_STR_EQ("socket", hear(peer));
    SOCKET client = taken(peer, KIN_HANDLE_SOCKET);
    tell(peer, "got", NULL);
    expect_exit(peer, 0);
    SOCKET accepted = accept(server, NULL, NULL);
    send(client, "through", 7, 0);
    closesocket(client);
    expect_text(accepted, "through");
    closesocket(accepted);
    closesocket(server);
}

/* Received, and never taken: it goes with the channel. */
TEST_CF(Win32Peer, X21_SocketThatNobodyTakesIsClosed)
{
    struct Win32Peer *peer = self;
    struct sockaddr_in address;
    char port[16];
    SOCKET server = listening_socket(&address);
    snprintf(port, sizeof port, "%u", ntohs(address.sin_port));
    start_peer(peer, "connect", port);
    EXPECT_STR_EQ("socket", hear(peer));
    tell(peer, "got", NULL);
    expect_exit(peer, 0);
    close_channel(peer);
    SOCKET accepted = accept(server, NULL, NULL);
    expect_text(accepted, "");
    closesocket(accepted);
    closesocket(server);
}

TEST_CF(Win32Peer, SocketToAPeerThatIsGone)
{
    struct Win32Peer *peer = self;
    struct sockaddr_in address;
    kin_plat_pipe *pipe = start_peer(peer, "once", NULL);
    EXPECT_STR_EQ("once", hear(peer));
    expect_exit(peer, 0);
    SOCKET server = listening_socket(&address);
    struct kin_plat_handle handle = examined(server, KIN_HANDLE_SERVER);
    int rc = kin_plat_channel_write(pipe, "x", 1, &handle);
    if (rc == 0)
        rc = channel_event(peer, KIN_PLAT_WRITE).code;
    EXPECT_TRUE(rc < 0);
    closesocket(server);
}

TEST_CF(Win32Peer, WhatKindAHandleIs)
{
    struct kin_plat_handle handle;
    HANDLE reader, writer;
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    SOCKET datagram = socket(AF_INET, SOCK_DGRAM, 0);
    (void)self;
    ASSERT_TRUE(CreatePipe(&reader, &writer, NULL, 0) != 0);
    const HANDLE others[] = { reader, writer, event };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        EXPECT_INT_EQ(0, kin_plat_handle_examine(others[i], &handle));
        EXPECT_INT_EQ(KIN_HANDLE_OTHER, handle.kind);
        EXPECT_UINT_EQ((uintptr_t)others[i], kin_plat_handle_number(&handle));
    }
    EXPECT_INT_EQ(KIN_ENOTSUP, kin_plat_handle_examine((HANDLE)datagram, &handle));
    EXPECT_INT_EQ(KIN_EBADF, kin_plat_handle_examine(NULL, &handle));
    EXPECT_INT_EQ(KIN_EBADF, kin_plat_handle_examine(GetCurrentProcess(), &handle));
    EXPECT_INT_EQ(KIN_EBADF, kin_plat_handle_examine((HANDLE)(intptr_t)0x7770, &handle));
    closesocket(datagram);
    CloseHandle(event);
    CloseHandle(writer);
    CloseHandle(reader);
}

/* ---------------------------------------------------------------------------------------------- anything else --- */

TEST_CF(Win32Peer, AnyHandleThere)
{
    struct Win32Peer *peer = self;
    struct kin_plat_handle handle = { .kind = KIN_HANDLE_NONE };
    HANDLE reader, writer;
    char text[32];
    DWORD size;
    start_peer(peer, "fetch", NULL);
    ASSERT_TRUE(CreatePipe(&reader, &writer, NULL, 0) != 0);
    ASSERT_INT_EQ(0, kin_plat_handle_examine(writer, &handle));
    snprintf(text, sizeof text, "%llu", (unsigned long long)kin_plat_handle_number(&handle));
    tell(peer, text, &handle);
    EXPECT_STR_EQ("got", hear(peer));
    kin_plat_handle_close(&handle);
    ASSERT_TRUE(ReadFile(reader, text, sizeof text, &size, NULL) != 0);
    ASSERT_SIZE_EQ(7, size);
    EXPECT_MEM_EQ("fetched", text, 7);
    EXPECT_FALSE(ReadFile(reader, text, sizeof text, &size, NULL));
    tell(peer, "bye", NULL);
    expect_exit(peer, 0);
    CloseHandle(reader);
}

TEST_CF(Win32Peer, AnyHandleBack)
{
    struct Win32Peer *peer = self;
    struct kin_plat_handle handle = { .kind = KIN_HANDLE_NONE };
    DWORD size;
    kin_plat_pipe *pipe = start_peer(peer, "offer", NULL);
    uint64_t number = strtoull(hear(peer), NULL, 10);
    ASSERT_INT_EQ(0, kin_plat_channel_take(pipe, number, &handle));
    EXPECT_INT_EQ(KIN_HANDLE_OTHER, handle.kind);
    tell(peer, "got", NULL);
    EXPECT_TRUE(WriteFile(handle.native, "from", 4, &size, NULL) != 0);
    kin_plat_handle_close(&handle);
    expect_exit(peer, 0);
}

/* Neither pseudo handles nor numbers that name nothing; and nothing at all where handles are not accepted. */
TEST_CF(Win32Peer, X21_NumbersThatNameNothingAreNotFetched)
{
    struct Win32Peer *peer = self;
    struct kin_plat_handle handle;
    static const uint64_t numbers[] = { UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 5, 0xFFFFFFFF,
                                        0x7FFFFFF0, 0xFFFFFFFF0000, 0x100000004 };
    kin_plat_pipe *pipe = start_peer(peer, "offer", NULL);
    uint64_t number = strtoull(hear(peer), NULL, 10);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        EXPECT_INT_EQ(KIN_ENOENT, kin_plat_channel_take(pipe, numbers[i], &handle));
    kin_plat_channel_accept(pipe, 0);
    EXPECT_INT_EQ(KIN_ENOENT, kin_plat_channel_take(pipe, number, &handle));
}

TEST_CF(Win32Peer, X21_PeerDoesNotFetchPseudoHandles)
{
    struct Win32Peer *peer = self;
    start_peer(peer, "fetch", NULL);
    tell(peer, "18446744073709551615", NULL);
    EXPECT_STR_EQ("nothing", hear(peer));
    tell(peer, "bye", NULL);
    expect_exit(peer, 0);
}
