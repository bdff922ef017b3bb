/* SPDX-License-Identifier: MIT */
/* Which descriptor the child finds in which slot. */
#include <fcntl.h>
#include <kin/kin.h>
#include <shim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/host.h"
#include "door.h"

static struct door_child child;

/* ------------------------------------------------------------------------------------------------------------- F01, F07 --- */

struct closed_case {
    const struct policy_path *path;
    unsigned closed; /* a bit for each of 0, 1, 2 */
};

static unsigned closed_now(void)
{
    unsigned closed = 0;

    for (int slot = 0; slot < 3; slot++)
        closed |= fcntl(slot, F_GETFD) < 0 ? 1u << slot : 0;
    return closed;
}

/* All slots are pipes, then all are inherited: in none of the cases does a descriptor of ours take the empty place. */
static int run_with_closed(const void *argument)
{
    const struct closed_case *wanted = argument;
    kin_plat_loop *loop = NULL;

    policy_take(wanted->path);
    for (int slot = 0; slot < 3; slot++) {
        if ((wanted->closed & (1u << slot)) != 0)
            close(slot);
    }
    if (kin_plat_loop_open(NULL, &loop) != 0)
        return 10;
    for (int round = 0; round < 2; round++) {
        door_plan(&child, "kinds", "0");
        child.argv[3] = "1";
        child.argv[4] = "2";
        child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
        child.slots[2].kind = KIN_PLAT_SLOT_PIPE_WRITE;
        if (door_start(loop, &child) != 0 || !door_finish(loop, &child))
            return 11;
        if (strcmp(child.text, "pipe pipe pipe") != 0)
            return 12;
    }
    door_plan(&child, "kinds", "0");
    child.argv[3] = "2";
    child.slots[0].kind = KIN_PLAT_SLOT_INHERIT;
    child.slots[2].kind = KIN_PLAT_SLOT_INHERIT;
    if (door_start(loop, &child) != 0 || !door_finish(loop, &child))
        return 13;
    if ((wanted->closed & 1) != 0 && strncmp(child.text, "null ", 5) != 0)
        return 14;
    if ((wanted->closed & 4) != 0 && strstr(child.text, " null") == NULL)
        return 15;
    if (closed_now() != wanted->closed)
        return 16;
    kin_plat_loop_close(loop);
    return 0;
}

TEST_CP(Descriptors, F01_ClosedStandardStreams, policy_paths)
{
    for (unsigned closed = 0; closed < 8; closed++) {
        const struct closed_case wanted = { row, closed };

        TRACE_C("closed: %u", closed);
        EXPECT_INT_EQ(0, door_in_copy(run_with_closed, &wanted));
        TRACE_END_C();
    }
}

/* ------------------------------------------------------------------------------------------------------------- mapping --- */

/* A file for each place, so that the child can say by its content which one it has. */
static int open_named(const char *text)
{
    char path[] = "/tmp/kin_posix_XXXXXX";
    const int descriptor = mkostemp(path, O_CLOEXEC);

    unlink(path);
    (void)!write(descriptor, text, strlen(text));
    lseek(descriptor, 0, SEEK_SET);
    return descriptor;
}

/* Slots 3 and 4 swapped, 5 from 3, 6 the same as 4: everything stands in the way of something. */
static int run_swapped(const void *argument)
{
    kin_plat_loop *loop = NULL;
    int a;
    int b;

    policy_take(argument);
    for (int descriptor = 3; descriptor < 40; descriptor++)
        close(descriptor);
    a = open_named("a");
    b = open_named("b");
    if (a != 3 || b != 4 || kin_plat_loop_open(NULL, &loop) != 0)
        return 10;
    for (int round = 0; round < 2; round++) {
        door_plan(&child, "-c", "for i in 3 4 5 6; do head -c 1 /proc/self/fd/$i; done");
        child.argv[0] = "sh";
        child.launch.file = "/bin/sh";
        child.launch.slot_count = 7;
        child.slots[3] = (struct kin_plat_slot){ .kind = KIN_PLAT_SLOT_HANDLE, .handle = b };
        child.slots[4] = (struct kin_plat_slot){ .kind = KIN_PLAT_SLOT_HANDLE, .handle = a };
        child.slots[5] = (struct kin_plat_slot){ .kind = KIN_PLAT_SLOT_HANDLE, .handle = a };
        child.slots[6] = (struct kin_plat_slot){ .kind = KIN_PLAT_SLOT_SAME, .same_as = 4 };
        if (door_start(loop, &child) != 0 || !door_finish(loop, &child))
            return 11;
        if (strcmp(child.text, "baaa") != 0)
            return 12;
    }
    kin_plat_loop_close(loop);
    return 0;
}

TEST_CP(Descriptors, F02_SwappedAndChained, policy_paths)
{
    EXPECT_INT_EQ(0, door_in_copy(run_swapped, row));
}

TEST_CP(Descriptors, F02_StandardStreamsSwapped, policy_paths)
{
    kin_plat_loop *loop = NULL;
    struct door_account account;

    policy_take(row);
    account = door_take_account();
    ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
    for (int round = 0; round < 2; round++) {
        door_plan(&child, "-c", "echo out; echo err >&2");
        child.argv[0] = "sh";
        child.launch.file = "/bin/sh";
        child.slots[0] = (struct kin_plat_slot){ .kind = KIN_PLAT_SLOT_HANDLE, .handle = 2 };
        child.slots[2] = (struct kin_plat_slot){ .kind = KIN_PLAT_SLOT_SAME, .same_as = 1 }; /* F03: 2>&1 */
        ASSERT_INT_EQ(0, door_start(loop, &child));
        ASSERT_TRUE(door_finish(loop, &child));
        EXPECT_STR_EQ("out\nerr\n", child.text);
    }
    kin_plat_loop_close(loop);
    policy_take(NULL);
    EXPECT_INT_EQ(0, door_check_account(&account));
}

TEST_CP(Descriptors, F08_ChildEndsBlock, policy_paths)
{
    kin_plat_loop *loop = NULL;

    policy_take(row);
    ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
    for (int round = 0; round < 2; round++) {
        door_plan(&child, "modes", "0");
        child.argv[3] = "1";
        child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
        ASSERT_INT_EQ(0, door_start(loop, &child));
        ASSERT_TRUE(door_finish(loop, &child));
        EXPECT_STR_EQ("blocking blocking", child.text);
    }
    kin_plat_loop_close(loop);
    policy_take(NULL);
}

/* -------------------------------------------------------------------------------------------------- many, and too many --- */

#define MANY 600

static void open_many(int *descriptors)
{
    descriptors[0] = open("/dev/null", O_RDWR); /* not close-on-exec: must not be seen in the child either */
    for (int i = 1; i < MANY; i++)
        descriptors[i] = dup(descriptors[0]);
}

/* The descriptor table is shared here, if the way allows it: the sources are high, the child's copy is small. */
TEST_CP(Descriptors, ManyAreOpen, policy_paths)
{
    kin_plat_loop *loop = NULL;
    struct door_account account;
    int many[MANY];

    policy_take(row);
    account = door_take_account();
    ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
    open_many(many);
    for (int round = 0; round < 3; round++) {
        door_plan(&child, "cat", NULL);
        child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
        child.slots[2].kind = KIN_PLAT_SLOT_PIPE_WRITE;
        ASSERT_INT_EQ(0, door_start(loop, &child));
        kin_plat_pipe_close(child.slots[0].pipe); /* no end of it may have stayed anywhere, or cat waits for ever */
        child.slots[0].pipe = NULL;
        ASSERT_TRUE(door_finish(loop, &child));
        ASSERT_INT_EQ(0, door_run(loop, &child, "open-slots", NULL));
        EXPECT_STR_EQ("0 1 2", child.text);
    }
    for (int i = 0; i < MANY; i++)
        EXPECT_INT_EQ(0, close(many[i]));
    kin_plat_loop_close(loop);
    policy_take(NULL);
    EXPECT_INT_EQ(0, door_check_account(&account));
}

/* V9: with room for 0 … 20 more descriptors. Whatever the outcome: nothing is left, and with room it works. */
static int run_with_limit(const void *argument)
{
    kin_plat_loop *loop = NULL;
    struct rlimit limit;
    bool worked = false;
    rlim_t all;

    policy_take(argument);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || kin_plat_loop_open(NULL, &loop) != 0)
        return 10;
    all = limit.rlim_cur;
    for (rlim_t room = 0; room <= 20; room++) {
        const int before = door_count_descriptors();
        int code;

        door_plan(&child, "exit", "5");
        child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
        child.slots[2].kind = KIN_PLAT_SLOT_PIPE_WRITE;
        limit.rlim_cur = (rlim_t)before + room;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        code = door_start(loop, &child);
        limit.rlim_cur = all;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        if (code == 0 && (!door_finish(loop, &child) || child.status.code != 5))
            return 11;
        if (code != 0 && code != KIN_EMFILE)
            return 100 - code;
        if (door_count_descriptors() != before)
            return 12;
        if (worked && code != 0)
            return 13;
        worked = code == 0;
    }
    kin_plat_loop_close(loop);
    return worked ? 0 : 14;
}

TEST_CP(Descriptors, S34_LimitReached, policy_paths)
{
    if (host_is_below_valgrind())
        SKIP_C("valgrind's own assertion fails when clone() gives a pidfd beyond the limit");
    EXPECT_INT_EQ(0, door_in_copy(run_with_limit, row));
}

static int open_loop_with_limit(const void *argument)
{
    struct rlimit limit;

    (void)argument;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 10;
    for (rlim_t room = 0; room <= 8; room++) {
        const int before = door_count_descriptors();
        const rlim_t all = limit.rlim_cur;
        kin_plat_loop *loop = NULL;
        int code;

        limit.rlim_cur = (rlim_t)before + room;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        code = kin_plat_loop_open(NULL, &loop);
        limit.rlim_cur = all;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        if (code == 0)
            kin_plat_loop_close(loop);
        else if (code != KIN_EMFILE)
            return 11;
        if (door_count_descriptors() != before)
            return 12;
    }
    return 0;
}

TEST_C(Descriptors, S34_LimitReachedByALoop)
{
    EXPECT_INT_EQ(0, door_in_copy(open_loop_with_limit, NULL));
}

/* More slots than there may be descriptors: fcntl(2) calls the number behind them invalid, and it is a lack. */
static int start_with_more_slots_than_descriptors(const void *argument)
{
    kin_loop *loop = NULL;
    kin_stdio extra[60] = { 0 };
    const char *const argv[] = { door_child_path(), "exit", "0", NULL };
    struct rlimit limit = { 40, 40 };
    kin_error error = { 0 };
    int code;

    policy_take(argument);
    for (size_t i = 0; i < 60; i++)
        extra[i].kind = KIN_STDIO_IGNORE;
    if (kin_loop_create(&loop) != 0 || setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 10;
    code = kin_spawn(loop, &(kin_spawn_options){ .argv = argv, .extra = extra, .extra_count = 60, .error = &error }, NULL);
    kin_loop_release(loop);
    return code == KIN_EMFILE || (error.stage == KIN_STAGE_STDIO && code == KIN_EBADF) ? 0 : 11;
}

TEST_CP(Descriptors, S34_MoreSlotsThanDescriptors, policy_paths)
{
    if (host_is_below_valgrind())
        SKIP_C("valgrind keeps its own descriptors beside the limit that it emulates");
    EXPECT_INT_EQ(0, door_in_copy(start_with_more_slots_than_descriptors, row));
}

/* Nobody could use it any more, and the parent would wait for its end. */
TEST_C(ChannelToParent, is_closed_when_it_cannot_be_opened)
{
    struct rlimit limit;
    kin_channel *channel = NULL;
    char number[16];
    char byte;
    rlim_t all;
    int ends[2];

    ASSERT_INT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    ASSERT_INT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
    (void)snprintf(number, sizeof number, "%d", ends[0]);
    ASSERT_INT_EQ(0, setenv("NODE_CHANNEL_FD", number, 1));
    all = limit.rlim_cur;
    limit.rlim_cur = 0;
    ASSERT_INT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
    EXPECT_INT_EQ(KIN_EMFILE, kin_channel_to_parent(NULL, NULL, &channel));
    limit.rlim_cur = all;
    ASSERT_INT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
    EXPECT_INT_EQ(0, recv(ends[1], &byte, 1, MSG_DONTWAIT));
    (void)close(ends[1]);
}
