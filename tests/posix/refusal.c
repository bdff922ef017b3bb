/* SPDX-License-Identifier: MIT */
/*
 * Linux: system calls that a sandbox refuses, each with ENOSYS as an old kernel would, and with EPERM as some container
 * managers do (edge cases R04, R05; step V8). A start works all the same, by another way.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <shim.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "door.h"

/* The same numbers on all architectures of today; the headers may be older than the calls. */
enum { CALL_SEND_SIGNAL = 424, CALL_PIDFD_OPEN = 434, CALL_CLONE3 = 435, CALL_CLOSE_RANGE = 436 };

#define ANY_ARGUMENT (-1)
#define BY_PIDFD 3 /* P_PIDFD of waitid() */
#define MOST_REFUSED 5

struct refused_call {
    long number;
    long first_argument;
};

struct refusal {
    const char *name;
    int error;
    struct refused_call calls[MOST_REFUSED];
};

#define CLONE3                    \
    {                             \
        CALL_CLONE3, ANY_ARGUMENT \
    }
#define PIDFD_OPEN                    \
    {                                 \
        CALL_PIDFD_OPEN, ANY_ARGUMENT \
    }
#define SEND_SIGNAL                    \
    {                                  \
        CALL_SEND_SIGNAL, ANY_ARGUMENT \
    }
#define CLOSE_RANGE                    \
    {                                  \
        CALL_CLOSE_RANGE, ANY_ARGUMENT \
    }
#define WAIT_BY_PIDFD        \
    {                        \
        SYS_waitid, BY_PIDFD \
    }

static const struct refusal refusals[] = {
    { "clone3_enosys", ENOSYS, { CLONE3 } },
    { "clone3_eperm", EPERM, { CLONE3 } },
    { "pidfd_open_enosys", ENOSYS, { PIDFD_OPEN } },
    { "pidfd_open_eperm", EPERM, { PIDFD_OPEN } },
    { "send_signal_enosys", ENOSYS, { SEND_SIGNAL } },
    { "send_signal_eperm", EPERM, { SEND_SIGNAL } },
    { "close_range_enosys", ENOSYS, { CLOSE_RANGE } },
    { "close_range_eperm", EPERM, { CLOSE_RANGE } },
    { "wait_by_pidfd_einval", EINVAL, { WAIT_BY_PIDFD } },
    { "wait_by_pidfd_enosys", ENOSYS, { WAIT_BY_PIDFD } },
    { "wait_by_pidfd_eperm", EPERM, { WAIT_BY_PIDFD } },
    { "all_enosys", ENOSYS, { CLONE3, PIDFD_OPEN, SEND_SIGNAL, CLOSE_RANGE, WAIT_BY_PIDFD } },
    { "all_eperm", EPERM, { CLONE3, PIDFD_OPEN, SEND_SIGNAL, CLOSE_RANGE, WAIT_BY_PIDFD } },
};

/* Four instructions for each call: is it this one, with this argument? Then the error. */
static bool refuse(const struct refusal *refusal)
{
    struct sock_filter program[MOST_REFUSED * 5 + 1];
    struct sock_fprog filter = { .filter = program };
    unsigned short count = 0;

    for (size_t i = 0; i < MOST_REFUSED && refusal->calls[i].number != 0; i++) {
        const struct refused_call *call = &refusal->calls[i];
        const unsigned char skip = call->first_argument == ANY_ARGUMENT ? 1 : 3;

        program[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
        program[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call->number, 0, skip);
        if (call->first_argument != ANY_ARGUMENT) {
            program[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args));
            program[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call->first_argument, 0, 1);
        }
        program[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)refusal->error);
    }
    program[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter.len = count;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

static int run_refused(const void *argument)
{
    static struct door_child child;
    struct door_account account;
    kin_plat_loop *loop = NULL;

    if (!refuse(argument))
        return 99; /* no seccomp here */
    account = door_take_account();
    if (kin_plat_loop_open(NULL, &loop) != 0)
        return 10;
    for (int round = 0; round < 3; round++) {
        if (door_run(loop, &child, "exit", "42") != 0 || child.status.kind != KIN_EXIT_CODE || child.status.code != 42)
            return 11;
        if (door_run(loop, &child, "open-slots", NULL) != 0 || strcmp(child.text, "0 1 2") != 0)
            return 12;
        door_plan(&child, NULL, NULL);
        child.launch.file = "/no/such/program";
        if (door_start(loop, &child) != KIN_ENOENT || child.failure.stage != KIN_STAGE_EXEC)
            return 13;
        door_plan(&child, "read-nothing", NULL);
        child.launch.tree = round % 2 == 0;
        if (door_start(loop, &child) != 0)
            return 14;
        if (kin_plat_process_signal(child.process, 9, false) != 0 || !door_finish(loop, &child) || child.status.signal != 9)
            return 15;
    }
    kin_plat_loop_close(loop);
    return door_check_account(&account);
}

TEST_CP(Refusal, R04_R05_AnotherWayIsFound, refusals)
{
    const int result = door_in_copy(run_refused, row);

    if (result == 99)
        SKIP_C("no seccomp filters here");
    EXPECT_INT_EQ(0, result);
}
