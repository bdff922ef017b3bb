/* SPDX-License-Identifier: MIT */
/* This program again, by the file that runs and not by its name; and announcements that are none. */
#include <fcntl.h>
#include <unistd.h>

#include "support/support.h"

static int pong(kin_channel *parent)
{
    (void)kin_channel_send(parent, "\"pong\"", 6, NULL, NULL);
    return 0;
}

/* Takes its own file away, and then forks itself. */
static int fork_without_file(kin_channel *parent)
{
    char path[4096];
    kin_child *child = NULL;
    kin_message message;
    const ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);

    path[size > 0 ? size : 0] = '\0';
    if (unlink(path) != 0 || kin_fork(NULL, "pong", NULL, &child) < 0)
        return 1;
    if (kin_channel_receive(kin_child_channel(child), &message, KIN_FOREVER) != 1)
        return 2;
    (void)kin_channel_send(parent, message.data, message.size, NULL, NULL);
    kin_child_release(child);
    return 0;
}

static bool dispatch(int *code)
{
    static const kin_entry entries[] = { { "pong", pong }, { "fork-without-file", fork_without_file }, { NULL, NULL } };

    return kin_dispatch(entries, code) != 0;
}

SHIM_CONSTRUCTOR(install_dispatch)
{
    shim_set_dispatch(dispatch);
}

/* The bytes: a link would lead to ourselves. */
static bool copy_self(const char *path)
{
    static char block[64 * 1024];
    const int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    const int to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    ssize_t size = 1;

    while (from >= 0 && to >= 0 && size > 0) {
        size = read(from, block, sizeof block);
        if (size > 0 && write(to, block, (size_t)size) != size)
            size = -1;
    }
    (void)close(from);
    (void)close(to);
    return size == 0;
}

TEST_C(ForkSelf, X29_a_program_whose_file_is_gone_forks_itself)
{
    const char *path = scratch("program");
    const char *const argv[] = { path, NULL };
    kin_child *child = NULL;
    kin_message message;
    kin_status status;

    ASSERT_TRUE(copy_self(path));
    ASSERT_INT_EQ(0, kin_fork(NULL, NULL, SPAWN_OPTIONS(.argv = argv, .env_set = LIST("KIN_ENTRY=fork-without-file")), &child));
    ASSERT_INT_EQ(1, kin_channel_receive(kin_child_channel(child), &message, 60000));
    EXPECT_MEM_EQ("\"pong\"", message.data, 6);
    EXPECT_INT_EQ(0, kin_child_wait(child, 60000, &status));
    EXPECT_EXITED(0, &status);
    kin_child_release(child);
}

TEST_C(ForkSelf, I08_a_stray_announcement_is_not_taken_for_a_channel)
{
    kin_channel *channel = NULL;

    host_set_variable("NODE_CHANNEL_FD", "77");
    EXPECT_INT_EQ(KIN_EBADF, kin_channel_to_parent(NULL, NULL, &channel));
    host_set_variable("NODE_CHANNEL_FD", "junk");
    EXPECT_INT_EQ(KIN_EBADF, kin_channel_to_parent(NULL, NULL, &channel));
    host_set_variable("NODE_CHANNEL_FD", "");
    EXPECT_INT_EQ(KIN_ENOENT, kin_channel_to_parent(NULL, NULL, &channel));
    host_set_variable("NODE_CHANNEL_FD", NULL);
}
