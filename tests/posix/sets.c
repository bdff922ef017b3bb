/* SPDX-License-Identifier: MIT */
/* Descriptors with numbers that no set of select(2) has room for. */
#include <fcntl.h>
#include <shim.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include "door.h"

enum { MOST = FD_SETSIZE + 64 };

static struct door_child child;
static int taken[MOST];
static int taken_count;

static bool raise_limit(struct rlimit *before)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, before) != 0)
        return false;
    limit = *before;
    limit.rlim_cur = MOST + 64;
    return limit.rlim_max >= limit.rlim_cur && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* All numbers that a set could have. */
static bool take_low_numbers(void)
{
    int number = 0;

    for (taken_count = 0; number < FD_SETSIZE; taken_count++) {
        number = taken_count < MOST ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : -1;
        if (number < 0)
            return false;
        taken[taken_count] = number;
    }
    return true;
}

static void give_numbers_back(const struct rlimit *limit)
{
    while (taken_count > 0)
        close(taken[--taken_count]);
    setrlimit(RLIMIT_NOFILE, limit);
}

TEST_C(Descriptors, T09_AboveTheRoomOfASet)
{
    kin_plat_loop *loop = NULL;
    struct rlimit limit;

    if (!raise_limit(&limit))
        SKIP_C("so many descriptors are not to be had here");
    EXPECT_TRUE(take_low_numbers());
    EXPECT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
    if (loop != NULL) {
        EXPECT_INT_EQ(0, door_run(loop, &child, "pid", NULL));
        kin_plat_loop_close(loop);
    }
    give_numbers_back(&limit);
}
