/* SPDX-License-Identifier: MIT */
/* Channels whose peer is this test, with the bare socket in its hands: hostile ones, and descriptors on the way. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/support.h"

struct scene {
    kin_loop *loop;
    kin_channel *channel;
    int peer;
    char log[4096];
    size_t size;
    unsigned ends;
    int end_code;
};

static struct scene scene;

static void note(const char *format, ...) SHIM_PRINTF(1, 2);

static void note(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    scene.size += (size_t)vsnprintf(scene.log + scene.size, sizeof scene.log - scene.size, format, arguments);
    va_end(arguments);
}

static void on_message(kin_channel *channel, kin_message *message, void *user)
{
    (void)channel;
    (void)user;
    note("%.*s%s ", message->size > 40 ? 40 : (int)message->size, message->data, message->handle_kind == 0 ? "" : "+");
}

static void on_end(kin_channel *channel, int code, void *user)
{
    (void)channel;
    (void)user;
    scene.ends++;
    scene.end_code = code;
    note("end(%s)", kin_code_name(code));
}

static void on_sent(kin_channel *channel, int code, void *user)
{
    (void)channel;
    note("%s(%s) ", (const char *)user, kin_code_name(code));
}

static kin_channel_options options_of(kin_channel_mode mode)
{
    return (kin_channel_options){ .mode = mode, .max_message = 1024, .on_message = on_message, .on_end = on_end };
}

static void open_with(kin_channel_options options)
{
    int ends[2];

    scene = (struct scene){ .loop = open_loop(), .peer = -1 };
    ASSERT_INT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    ASSERT_INT_EQ(0, kin_channel_open(scene.loop, ends[0], ends[0], &options, &scene.channel));
    scene.peer = ends[1];
    ASSERT_INT_EQ(0, fcntl(scene.peer, F_SETFL, O_NONBLOCK));
}

static void open_json(void)
{
    open_with(options_of(KIN_CHANNEL_JSON));
}

static void turns(int count)
{
    while (count-- > 0)
        (void)kin_loop_run(scene.loop, KIN_RUN_NOWAIT);
}

static void peer_says(const void *data, size_t size)
{
    ASSERT_INT_EQ((int)size, send(scene.peer, data, size, MSG_NOSIGNAL));
}

static void peer_says_text(const char *text)
{
    peer_says(text, strlen(text));
}

static const char *peer_hears(void)
{
    static char text[8192];
    const ssize_t count = recv(scene.peer, text, sizeof text - 1, 0);

    text[count > 0 ? count : 0] = '\0';
    return text;
}

static void peer_goes(void)
{
    (void)close(scene.peer);
    scene.peer = -1;
}

static void close_scene(void)
{
    if (scene.peer >= 0)
        (void)close(scene.peer);
    kin_channel_release(scene.channel);
    close_loop(scene.loop);
}

/* With descriptors on its back. */
static void peer_passes(const char *text, const int *descriptors, size_t count)
{
    union {
        struct cmsghdr aligned;
        char bytes[CMSG_SPACE(253 * sizeof(int))];
    } control = { .bytes = { 0 } };
    struct iovec part = { .iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text) };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = control.bytes,
                              .msg_controllen = (socklen_t)CMSG_SPACE(count * sizeof(int)) };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = (socklen_t)CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    ASSERT_INT_EQ((int)strlen(text), sendmsg(scene.peer, &message, MSG_NOSIGNAL));
}

/* ------------------------------------------------------------------------------------------------------ hostile peers --- */

#define HANDLE_LINE "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\",\"msg\":1}\n"
#define ACK_LINE "{\"cmd\":\"NODE_HANDLE_ACK\"}\n"
#define NACK_LINE "{\"cmd\":\"NODE_HANDLE_NACK\"}\n"

struct hostile {
    const char *name;
    kin_channel_mode mode;
    const char *bytes;
    size_t size;
    const char *expected;
};

#define JSON(text) KIN_CHANNEL_JSON, text, sizeof text - 1
#define BINARY(text) KIN_CHANNEL_BINARY, text, sizeof text - 1

static const struct hostile hostiles[] = {
    { "noise", JSON("1\n2\nhello\n3\n"), "1 2 end(EPROTO)" },
    { "an_empty_line", JSON("1\n\n"), "1 end(EPROTO)" },
    { "an_end_in_a_message", JSON("1\n{\"a\":"), "1 end(EPROTO)" },
    { "a_huge_length", BINARY("\0\0\0\1a\x7f\xff\xff\xff"), "a end(EMSGSIZE)" },
    { "a_negative_length", BINARY("\0\0\0\1a\x80\0\0\0"), "a end(EMSGSIZE)" },
    { "an_end_in_a_length", BINARY("\0\0\0\1a\0\0"), "a end(EPROTO)" },
    { "an_end_in_a_block", BINARY("\0\0\0\1a\0\0\0\5bc"), "a end(EPROTO)" },
    { "answers_nobody_asked_for", JSON(ACK_LINE NACK_LINE "{\"kin\":\"reply\",\"id\":9,\"body\":1}\n2\n"), "2 end(ok)" },
    { "clean", JSON("1\r\n2\n"), "1 2 end(ok)" },
};

TEST_CP(ChannelPeer, X17_costs_its_own_channel_only, hostiles)
{
    for (size_t step = 1; step <= row->size; step += step < 4 ? 1 : row->size) {
        open_with(options_of(row->mode));
        for (size_t at = 0; at < row->size && scene.ends == 0; at += step) {
            peer_says(row->bytes + at, row->size - at < step ? row->size - at : step);
            turns(3);
        }
        peer_goes();
        run_loop(scene.loop);
        EXPECT_STR_EQ(row->expected, scene.log);
        EXPECT_INT_EQ(KIN_EPIPE, kin_channel_send(scene.channel, "1", 1, NULL, NULL));
        close_scene();
    }
}

TEST_C(ChannelPeer, a_message_that_is_too_large)
{
    char text[3000];

    memset(text, '1', sizeof text);
    open_json();
    peer_says_text("1\n");
    peer_says(text, sizeof text);
    run_loop(scene.loop);
    EXPECT_STR_EQ("1 end(EMSGSIZE)", scene.log);
    close_scene();
}

TEST_C(ChannelPeer, an_end_with_unread_bytes_is_an_end)
{
    open_json();
    peer_says_text("1\n");
    ASSERT_INT_EQ(0, kin_channel_send(scene.channel, "2", 1, NULL, NULL));
    turns(3);
    peer_goes();
    run_loop(scene.loop);
    EXPECT_STR_EQ("1 end(ok)", scene.log);
    close_scene();
}

TEST_C(ChannelPeer, a_half_close_is_an_end)
{
    open_json();
    (void)shutdown(scene.peer, SHUT_WR);
    run_loop(scene.loop);
    EXPECT_STR_EQ("end(ok)", scene.log);
    close_scene();
}

/* Both come with one edge. */
TEST_C(ChannelPeer, a_half_close_right_behind_a_message_is_an_end)
{
    open_json();
    turns(2);
    peer_says_text("1\n");
    (void)shutdown(scene.peer, SHUT_WR);
    turns(10);
    EXPECT_STR_EQ("1 end(ok)", scene.log);
    close_scene();
}

TEST_C(ChannelPeer, I05_a_peer_that_never_stops_hears_us)
{
    open_json();
    ASSERT_INT_EQ(0, kin_channel_send(scene.channel, "\"stop\"", 6, NULL, NULL));
    for (int i = 0; i < 20; i++) {
        peer_says_text("1\n");
        turns(1);
    }
    EXPECT_STR_EQ("\"stop\"\n", peer_hears());
    close_scene();
}

TEST_C(ChannelPeer, X19_the_budget_of_a_turn)
{
    kin_channel_options options = options_of(KIN_CHANNEL_JSON);

    options.receive_budget = 2;
    open_with(options);
    peer_says_text("1\n2\n3\n4\n5\n6\n7\n");
    for (int i = 0; i < 20 && scene.size == 0; i++)
        turns(1);
    EXPECT_TRUE(scene.size <= strlen("1 2 3 4 ")); /* what is put off has its place in the same turn, and then in the next */
    turns(5);
    EXPECT_STR_EQ("1 2 3 4 5 6 7 ", scene.log);
    close_scene();
}

/* Each of them wants an answer, and none is read. */
TEST_C(ChannelPeer, X19_a_flood_of_questions_is_not_read_on)
{
    size_t taken = 0;
    kin_channel_counters counters;

    open_json();
    for (int i = 0; i < 200000; i++) {
        if (send(scene.peer, HANDLE_LINE, sizeof HANDLE_LINE - 1, MSG_NOSIGNAL) > 0)
            taken++;
        turns(1);
    }
    ASSERT_INT_EQ(0, kin_channel_count(scene.channel, &counters));
    EXPECT_TRUE(taken < 20000);
    EXPECT_TRUE(counters.lost_handles <= taken);
    close_scene();
}

/* --------------------------------------------------------------------------------------------------------- descriptors --- */

TEST_C(ChannelPeer, a_handle_arrives_and_is_acknowledged)
{
    const int passed = open("/dev/null", O_RDWR | O_CLOEXEC);

    open_json();
    peer_says_text("\"before\"\n");
    peer_passes(HANDLE_LINE "\"behind\"\n", &passed, 1);
    turns(5);
    EXPECT_STR_EQ("\"before\" 1+ \"behind\" ", scene.log);
    EXPECT_STR_EQ(ACK_LINE, peer_hears());
    (void)close(passed);
    close_scene();
}

TEST_C(ChannelPeer, I09_more_descriptors_than_announced_are_closed)
{
    const int passed = open("/dev/null", O_RDWR | O_CLOEXEC);
    int many[250]; /* the kernel takes 253 at once (unix(7)), sendmsg() of musl not quite as many */

    for (size_t i = 0; i < 250; i++)
        many[i] = passed;
    open_json();
    peer_passes("1\n", many, 250);
    peer_passes("2\n", many, 7);
    turns(5);
    EXPECT_STR_EQ("1 2 ", scene.log);
    (void)close(passed);
    close_scene(); /* the hooks of the test count what is left */
}

TEST_C(ChannelPeer, a_handle_that_did_not_arrive_is_answered_once)
{
    kin_channel_counters counters;

    open_json();
    peer_says_text(HANDLE_LINE "2\n");
    turns(5);
    EXPECT_STR_EQ("2 ", scene.log);
    EXPECT_STR_EQ(NACK_LINE, peer_hears());
    ASSERT_INT_EQ(0, kin_channel_count(scene.channel, &counters));
    EXPECT_UINT_EQ(1, counters.lost_handles);
    close_scene();
}

TEST_C(ChannelPeer, handles_may_be_refused)
{
    const int passed = open("/dev/null", O_RDWR | O_CLOEXEC);
    kin_channel_options options = options_of(KIN_CHANNEL_JSON);

    options.refuse_handles = true;
    open_with(options);
    peer_passes(HANDLE_LINE, &passed, 1);
    peer_says_text("2\n");
    turns(5);
    EXPECT_STR_EQ("2 ", scene.log);
    EXPECT_STR_EQ(NACK_LINE, peer_hears());
    (void)close(passed);
    close_scene();
}

/* Turns in which no descriptor can be had. */
static void turns_at_the_limit(int count)
{
    struct rlimit before;
    struct rlimit none;

    ASSERT_INT_EQ(0, getrlimit(RLIMIT_NOFILE, &before));
    none = before;
    none.rlim_cur = 3;
    ASSERT_INT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
    turns(count);
    (void)setrlimit(RLIMIT_NOFILE, &before);
}

TEST_C(ChannelPeer, X21_without_a_free_descriptor_the_handle_is_lost_and_the_channel_lives)
{
    int passed;

    if (host_is_below_valgrind())
        SKIP_C("valgrind keeps its own descriptors beside the limit that it emulates");
    passed = open("/dev/null", O_RDWR | O_CLOEXEC);
    open_json();
    peer_passes(HANDLE_LINE, &passed, 1);
    turns_at_the_limit(5);
    peer_says_text("2\n");
    turns(5);
    EXPECT_STR_EQ("2 ", scene.log);
    EXPECT_STR_EQ(NACK_LINE, peer_hears());
    (void)close(passed);
    close_scene();
}

/* A read ends behind the bytes with a handle, also when that is lost: it was short, and there is more. */
TEST_C(ChannelPeer, X21_what_lies_behind_a_handle_that_is_lost_is_read)
{
    int passed;

    if (host_is_below_valgrind())
        SKIP_C("valgrind keeps its own descriptors beside the limit that it emulates");
    passed = open("/dev/null", O_RDWR | O_CLOEXEC);
    open_json();
    turns(2);
    peer_passes(HANDLE_LINE, &passed, 1);
    peer_says_text("2\n");
    turns_at_the_limit(10);
    EXPECT_STR_EQ("2 ", scene.log);
    EXPECT_STR_EQ(NACK_LINE, peer_hears());
    (void)close(passed);
    close_scene();
}

static int open_stream_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

TEST_C(ChannelPeer, what_follows_a_handle_waits_for_its_acknowledgement)
{
    static const char lines[] = "0\n{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":1}\n";

    open_json();
    ASSERT_INT_EQ(0, kin_channel_send(scene.channel, "0", 1, on_sent, "zero"));
    ASSERT_INT_EQ(0, kin_channel_send_handle(scene.channel, "1", 1, open_stream_socket(), true, on_sent, "one"));
    ASSERT_INT_EQ(0, kin_channel_send(scene.channel, "2", 1, on_sent, "two"));
    ASSERT_INT_EQ(0, kin_channel_flush(scene.channel, on_sent, "flush"));
    turns(5);
    EXPECT_STR_EQ("zero(ok) ", scene.log);
    EXPECT_STR_EQ(lines, peer_hears());
    EXPECT_STR_EQ("", peer_hears());
    peer_says_text(HANDLE_LINE); /* an answer of ours may pass by */
    turns(5);
    EXPECT_STR_EQ(NACK_LINE, peer_hears());
    peer_says_text(ACK_LINE);
    turns(5);
    EXPECT_STR_EQ("zero(ok) one(ok) two(ok) flush(ok) ", scene.log);
    EXPECT_STR_EQ("2\n", peer_hears());
    close_scene();
}

TEST_C(ChannelPeer, a_refused_handle_is_told_and_the_next_goes_on)
{
    open_json();
    ASSERT_INT_EQ(0, kin_channel_send_handle(scene.channel, "1", 1, open_stream_socket(), true, on_sent, "one"));
    ASSERT_INT_EQ(0, kin_channel_send(scene.channel, "2", 1, on_sent, "two"));
    turns(3);
    peer_says_text(NACK_LINE);
    turns(5);
    EXPECT_STR_EQ("one(EREMOTE) two(ok) ", scene.log);
    close_scene();
}

TEST_C(ChannelPeer, a_peer_that_goes_before_it_acknowledges)
{
    open_json();
    ASSERT_INT_EQ(0, kin_channel_send_handle(scene.channel, "1", 1, open_stream_socket(), true, on_sent, "one"));
    ASSERT_INT_EQ(0, kin_channel_send_handle(scene.channel, "2", 1, open_stream_socket(), true, on_sent, "two"));
    turns(3);
    peer_goes();
    run_loop(scene.loop);
    EXPECT_STR_EQ("one(EPIPE) two(EPIPE) end(ok)", scene.log);
    close_scene();
}

TEST_C(ChannelPeer, files_go_to_kin_alone)
{
    const int file = open("/dev/null", O_RDWR | O_CLOEXEC);

    open_json();
    EXPECT_INT_EQ(KIN_ENOTSUP, kin_channel_send_handle(scene.channel, "1", 1, file, true, NULL, NULL));
    (void)close(file);
    close_scene();
}

TEST_C(ChannelPeer, what_node_asks_about_sockets_is_answered)
{
    open_json();
    peer_says_text("{\"cmd\":\"NODE_SOCKET_NOTIFY_CLOSE\",\"key\":\"k\"}\n");
    turns(5);
    EXPECT_STR_EQ("{\"cmd\":\"NODE_SOCKET_ALL_CLOSED\",\"key\":\"k\"}\n", peer_hears());
    peer_says_text("{\"cmd\":\"NODE_SOCKET_GET_COUNT\",\"key\":\"k\"}\n{\"cmd\":\"NODE_CLUSTER\"}\n");
    turns(5);
    EXPECT_STR_EQ("{\"cmd\":\"NODE_SOCKET_COUNT\",\"key\":\"k\",\"count\":0}\n", peer_hears());
    EXPECT_STR_EQ("", scene.log);
    close_scene();
}

static unsigned both_sent;

static void on_both_sent(kin_channel *channel, int code, void *user)
{
    (void)channel;
    (void)user;
    both_sent += code == 0;
}

TEST_C(ChannelPeer, two_that_send_handles_to_each_other_do_not_wait_for_ever)
{
    kin_channel_options options = options_of(KIN_CHANNEL_JSON);
    kin_channel *channels[2];
    int ends[2];

    both_sent = 0;
    options.max_queued = 1024 * 1024;
    scene = (struct scene){ .loop = open_loop(), .peer = -1 };
    ASSERT_INT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    for (int i = 0; i < 2; i++)
        ASSERT_INT_EQ(0, kin_channel_open(scene.loop, ends[i], ends[i], &options, &channels[i]));
    for (int i = 0; i < 100; i++)
        ASSERT_INT_GE(kin_channel_send_handle(channels[i % 2], "1", 1, open_stream_socket(), true, on_both_sent, NULL), 0);
    turns(1000);
    EXPECT_INT_EQ(100, both_sent);
    kin_channel_release(channels[0]);
    kin_channel_release(channels[1]);
    close_loop(scene.loop);
}

TEST_C(ChannelPeer, over_two_pipes)
{
    const kin_channel_options options = options_of(KIN_CHANNEL_JSON);
    int to_us[2];
    int from_us[2];
    char text[16] = "";

    scene = (struct scene){ .loop = open_loop(), .peer = -1 };
    ASSERT_INT_EQ(0, pipe2(to_us, O_CLOEXEC));
    ASSERT_INT_EQ(0, pipe2(from_us, O_CLOEXEC));
    ASSERT_INT_EQ(0, kin_channel_open(scene.loop, to_us[0], from_us[1], &options, &scene.channel));
    ASSERT_INT_EQ(0, kin_channel_send(scene.channel, "[1]", 3, NULL, NULL));
    EXPECT_INT_EQ(0, kin_channel_send_handle(scene.channel, "1", 1, open_stream_socket(), true, on_sent, "handle"));
    ASSERT_INT_EQ(2, write(to_us[1], "2\n", 2));
    turns(5);
    EXPECT_INT_EQ(4, read(from_us[0], text, sizeof text));
    EXPECT_STR_EQ("[1]\n", text);
    EXPECT_STR_CONTAINS("handle(ENOTSUP)", scene.log);
    EXPECT_STR_CONTAINS("2 ", scene.log);
    (void)close(to_us[1]);
    run_loop(scene.loop);
    EXPECT_INT_EQ(0, scene.end_code);
    EXPECT_INT_EQ(1, scene.ends);
    kin_channel_release(scene.channel);
    (void)close(from_us[0]);
    close_loop(scene.loop);
}

static bool blocks(int descriptor)
{
    return (fcntl(descriptor, F_GETFL) & O_NONBLOCK) == 0;
}

TEST_C(ChannelPeer, what_can_be_no_channel_is_left_as_it_was)
{
    const int file = open(scratch("file"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    kin_channel *channel = NULL;
    int ends[2];

    scene = (struct scene){ .loop = open_loop(), .peer = -1 };
    ASSERT_INT_EQ(0, pipe2(ends, O_CLOEXEC));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_open(scene.loop, ends[0], file, NULL, &channel));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_open(scene.loop, file, ends[1], NULL, &channel));
    EXPECT_INT_EQ(KIN_EINVAL, kin_channel_open(scene.loop, ends[0], ends[0], NULL, &channel));
    EXPECT_TRUE(blocks(ends[0]) && blocks(ends[1]) && blocks(file));
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)close(file);
    close_loop(scene.loop);
}
