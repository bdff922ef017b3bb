/* SPDX-License-Identifier: MIT */
/*
 * Real peers: Node, Bun and Deno as children of kin, and a child of kin's under Node. KIN_NODE, KIN_BUN and KIN_DENO name the programs;
 * ci/interop-peers installs the last two.
 */
#include "sockets.h"
#include "support/support.h"

#define SMALL_COUNT ((size_t)SCALED(100000, 5000))
#define LARGE_MEGABYTES SCALED(100, 10)
#define LARGE_SIZE ((size_t)LARGE_MEGABYTES * 1024 * 1024)
#define PATIENCE_MS 120000

enum { ECHO_ENDED = 7, ECHO_FAILED = 8 };

/* ---------------------------------------------------------------------------------------------- as a child of Node --- */

static int echo_all(kin_channel *parent)
{
    kin_message message;
    int code = kin_channel_set_limits(parent, KIN_CHANNEL_MOST, KIN_CHANNEL_MOST);

    while (code >= 0 && (code = kin_channel_receive(parent, &message, KIN_FOREVER)) > 0) {
        if (message.handle_kind != KIN_HANDLE_NONE)
            code = kin_channel_send_handle(parent, message.data, message.size, kin_message_take_handle(&message), true, NULL,
                                           NULL);
        else
            code = kin_channel_send(parent, message.data, message.size, NULL, NULL);
        if (code == KIN_CHANNEL_FULL)
            code = kin_channel_flush_wait(parent, PATIENCE_MS);
    }
    return code == 0 ? ECHO_ENDED : ECHO_FAILED;
}

static bool dispatch(int *code)
{
    static const kin_entry entries[] = { { "", echo_all }, { NULL, NULL } };

    return kin_dispatch(entries, code) != 0;
}

SHIM_CONSTRUCTOR(install_dispatch)
{
    shim_set_dispatch(dispatch);
}

/* ------------------------------------------------------------------------------------------------------------ peers --- */

static const char *peer_program(const char *variable, const char *otherwise)
{
    static char path[4096];
    const char *given = getenv(variable);
    const char *const argv[] = { given != NULL ? given : otherwise, NULL };

    if (kin_which(&(kin_spawn_options){ .argv = argv }, path, sizeof path) < 0)
        SKIP_C("%s is not installed; %s may name it", argv[0], variable);
    return path;
}

struct talk {
    kin_child *child;
    kin_channel *channel;
};

static void start_script(struct talk *talk, const char *variable, const char *program, kin_channel_mode mode)
{
    const bool deno = strcmp(variable, "KIN_DENO") == 0;
    const char *const argv[] = { peer_program(variable, program), deno ? "run" : KIN_INTEROP_PEER, deno ? "-A" : NULL,
                                 KIN_INTEROP_PEER, NULL };
    const kin_channel_options options = { .mode = mode, .max_message = KIN_CHANNEL_MOST, .max_queued = KIN_CHANNEL_MOST };
    kin_error error = { 0 };

    if (kin_fork(NULL, NULL, SPAWN_OPTIONS(.argv = argv, .channel = &options, .error = &error), &talk->child) < 0)
        FAIL_C("%s", kin_error_text(&error));
    talk->channel = kin_child_channel(talk->child);
}

static void finish_script(struct talk *talk)
{
    kin_message message;
    kin_status status;

    kin_channel_disconnect(talk->channel);
    EXPECT_INT_EQ(KIN_ECANCELED, kin_channel_receive(talk->channel, &message, PATIENCE_MS));
    EXPECT_INT_EQ(0, kin_child_wait(talk->child, PATIENCE_MS, &status));
    EXPECT_EXITED(ECHO_ENDED, &status);
    kin_child_release(talk->child);
}

static void receive(struct talk *talk, kin_message *message)
{
    ASSERT_INT_EQ(1, kin_channel_receive(talk->channel, message, PATIENCE_MS));
}

static void expect_text(struct talk *talk, const char *text)
{
    kin_message message;

    receive(talk, &message);
    ASSERT_SIZE_EQ(strlen(text), message.size);
    EXPECT_MEM_EQ(text, message.data, message.size);
}

static void send_text(struct talk *talk, const char *text)
{
    ASSERT_INT_GE(kin_channel_send(talk->channel, text, strlen(text), NULL, NULL), 0);
}

/* Node's serialization of a string of Latin-1: what we write, and what comes back with another version. */
static size_t put_string(char *to, const char *text, size_t size)
{
    size_t at = 0;
    size_t left = size;

    to[at++] = '\xff';
    to[at++] = 13;
    to[at++] = '"';
    for (; left > 0x7f; left >>= 7)
        to[at++] = (char)(unsigned char)(0x80 | (left & 0x7f));
    to[at++] = (char)(unsigned char)left;
    memcpy(to + at, text, size);
    return at + size;
}

static const struct {
    const char *name;
    const char *variable;
    const char *program;
    kin_channel_mode mode;
} children[] = { { "node_json", "KIN_NODE", "node", KIN_CHANNEL_JSON },
                 { "node_binary", "KIN_NODE", "node", KIN_CHANNEL_BINARY },
                 { "bun_json", "KIN_BUN", "bun", KIN_CHANNEL_JSON },
                 { "deno_json", "KIN_DENO", "deno", KIN_CHANNEL_JSON } };

static size_t make_small(kin_channel_mode mode, size_t number, char *to)
{
    char text[64];
    const size_t size = (size_t)snprintf(text, sizeof text, "{\"i\":%zu,\"s\":\"\xc3\xa4\"}", number);

    if (mode == KIN_CHANNEL_BINARY)
        return put_string(to, text, size);
    memcpy(to, text, size);
    return size;
}

static bool same_but_version(kin_channel_mode mode, const char *sent, const kin_message *message)
{
    const size_t skipped = mode == KIN_CHANNEL_BINARY ? 2 : 0;

    return memcmp(sent + skipped, message->data + skipped, message->size - skipped) == 0;
}

TEST_CP(Children, messages_in_order, children)
{
    struct talk talk;
    kin_message message;
    char text[128];

    start_script(&talk, row->variable, row->program, row->mode);
    for (size_t i = 0; i < SMALL_COUNT; i++)
        ASSERT_INT_GE(kin_channel_send(talk.channel, text, make_small(row->mode, i, text), NULL, NULL), 0);
    for (size_t i = 0; i < SMALL_COUNT; i++) {
        receive(&talk, &message);
        ASSERT_SIZE_EQ(make_small(row->mode, i, text), message.size);
        ASSERT_TRUE(same_but_version(row->mode, text, &message));
    }
    finish_script(&talk);
}

TEST_CP(Children, a_large_message_each_way, children)
{
    const size_t size = LARGE_SIZE;
    size_t sent_size = size;
    struct talk talk;
    kin_message message;
    char *text;
    char *sent;

    start_script(&talk, row->variable, row->program, row->mode);
    text = malloc(size);
    sent = malloc(size + 16);
    ASSERT_TRUE(text != NULL && sent != NULL);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + (i * 7 + i / 977) % 26);
    text[0] = text[size - 1] = '"';
    if (row->mode == KIN_CHANNEL_BINARY)
        sent_size = put_string(sent, text, size);
    else
        memcpy(sent, text, size);
    ASSERT_INT_GE(kin_channel_send(talk.channel, sent, sent_size, NULL, NULL), 0);
    receive(&talk, &message);
    ASSERT_SIZE_EQ(sent_size, message.size);
    EXPECT_TRUE(same_but_version(row->mode, sent, &message));
    finish_script(&talk);
    free(text);
    free(sent);
}

struct answer {
    int code;
    char text[64];
    unsigned count;
};

static void on_reply(kin_channel *channel, int code, const kin_message *reply, void *user)
{
    struct answer *answer = user;

    (void)channel;
    answer->count++;
    answer->code = code;
    (void)snprintf(answer->text, sizeof answer->text, "%.*s", reply == NULL ? 0 : (int)reply->size,
                   reply == NULL ? "" : reply->data);
}

TEST_CP(Children, requests, children)
{
    struct talk talk;
    struct answer answer = { 0 };
    kin_message message;

    start_script(&talk, row->variable, row->program, row->mode);
    ASSERT_INT_EQ(1, kin_channel_request(talk.channel, "[1,2,3]", 7, PATIENCE_MS, on_reply, &answer));
    for (int i = 0; i < 1000 && answer.count == 0; i++)
        EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_channel_receive(talk.channel, &message, 50));
    EXPECT_INT_EQ(0, answer.code);
    EXPECT_STR_EQ("[1,2,3]", answer.text);
    if (row->mode == KIN_CHANNEL_JSON) {
        ASSERT_INT_EQ(2, kin_channel_request(talk.channel, "\"fail\"", 6, PATIENCE_MS, on_reply, &answer));
        for (int i = 0; i < 1000 && answer.count == 1; i++)
            EXPECT_INT_EQ(KIN_ETIMEDOUT, kin_channel_receive(talk.channel, &message, 50));
        EXPECT_INT_EQ(KIN_EREMOTE, answer.code);
    }
    EXPECT_INT_EQ(1 + (row->mode == KIN_CHANNEL_JSON), (int)answer.count);
    finish_script(&talk);
}

/* --------------------------------------------------------------------------------------------------------- sockets --- */

static const struct {
    const char *name;
    const char *variable;
    const char *program;
} socket_peers[] = { { "node", "KIN_NODE", "node" }, { "bun", "KIN_BUN", "bun" }, { "deno", "KIN_DENO", "deno" } };

TEST_CP(Sockets, a_listening_one_to_the_child, socket_peers)
{
    struct talk talk;
    unsigned port = 0;
    kin_native_handle server;
    char text[64];

    start_script(&talk, row->variable, row->program, KIN_CHANNEL_JSON);
    server = socket_listen(&port);
    ASSERT_INT_EQ(0, kin_channel_send_handle(talk.channel, "\"serve\"", 7, server, true, NULL, NULL));
    ASSERT_INT_EQ(0, kin_channel_send(talk.channel, "\"behind\"", 8, NULL, NULL));
    expect_text(&talk, "\"serving\"");
    expect_text(&talk, "\"behind\"");
    EXPECT_STR_EQ("from the server", socket_ask(port, text, sizeof text));
    finish_script(&talk);
}

TEST_CP(Sockets, a_connected_one_to_the_child, socket_peers)
{
    struct talk talk;
    kin_native_handle ends[2];
    char text[64];

    start_script(&talk, row->variable, row->program, KIN_CHANNEL_JSON);
    ASSERT_TRUE(socket_pair(ends));
    ASSERT_INT_EQ(0, kin_channel_send_handle(talk.channel, "\"greet\"", 7, ends[0], true, NULL, NULL));
    expect_text(&talk, "\"greeted\"");
    EXPECT_STR_EQ("from the socket", socket_read_all(ends[1], text, sizeof text));
    finish_script(&talk);
}

TEST_C(Sockets, a_listening_one_from_node)
{
    struct talk talk;
    kin_message message;

    start_script(&talk, "KIN_NODE", "node", KIN_CHANNEL_JSON);
    send_text(&talk, "\"send-server\"");
    receive(&talk, &message);
    EXPECT_MEM_EQ("\"server\"", message.data, 8);
    ASSERT_INT_EQ(KIN_HANDLE_SERVER, message.handle_kind);
    EXPECT_TRUE(socket_serves(kin_message_take_handle(&message)));
    finish_script(&talk);
}

TEST_C(Sockets, a_connected_one_from_node)
{
    struct talk talk;
    kin_message message;
    kin_native_handle client;
    kin_native_handle socket;
    unsigned port = 0;
    char text[64];

    start_script(&talk, "KIN_NODE", "node", KIN_CHANNEL_JSON);
    send_text(&talk, "\"send-socket\"");
    receive(&talk, &message);
    snprintf(text, sizeof text, "%.*s", (int)message.size, message.data);
    ASSERT_INT_EQ(1, sscanf(text, "\"port %u", &port));
    client = socket_connect(port);
    receive(&talk, &message);
    EXPECT_MEM_EQ("\"socket\"", message.data, 8);
    ASSERT_INT_EQ(KIN_HANDLE_SOCKET, message.handle_kind);
    socket = kin_message_take_handle(&message);
    EXPECT_TRUE(socket_write(socket, "from C"));
    socket_close(socket);
    EXPECT_STR_EQ("from C", socket_read_all(client, text, sizeof text));
    finish_script(&talk);
}

/* --------------------------------------------------------------------------------------------------------- parents --- */

static const struct {
    const char *name;
    const char *serialization;
    const char *test;
} parents[] = { { "json_small", "json", "small" },
                { "json_large", "json", "large" },
                { "json_socket", "json", "socket" },
                { "binary_small", "advanced", "small" },
                { "binary_large", "advanced", "large" } };

TEST_CP(Parents, node_forks_a_program_of_kin, parents)
{
    const char *const argv[] = { peer_program("KIN_NODE", "node"),
                                 KIN_INTEROP_PEER,
                                 "parent",
                                 KIN_INTEROP_SELF,
                                 row->serialization,
                                 row->test,
                                 text_of("%zu", SMALL_COUNT),
                                 text_of("%d", LARGE_MEGABYTES),
                                 NULL };
    kin_result result = { 0 };

    EXPECT_INT_EQ(0, kin_exec_file_sync(argv, EXEC_OPTIONS(.timeout_ms = PATIENCE_MS), &result));
    EXPECT_ERROR_OUTPUT("", &result);
    EXPECT_EXITED(0, &result.status);
    kin_result_free(&result);
}
