/* SPDX-License-Identifier: MIT */
/*
 * Linux: system calls that a sandbox refuses, each with ENOSYS as an old kernel would, and with EPERM as some container
 * managers do (edge cases R04, R05; step V8). A start works all the same, by another way.
 */
#include <errno.h>
#include <shim.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "../../src/posix/sanitizer.h"
#include "door.h"

/* The same numbers on all architectures of today; the headers may be older than the calls. */
enum { CALL_SEND_SIGNAL = 424, CALL_PIDFD_OPEN = 434, CALL_CLONE3 = 435, CALL_CLOSE_RANGE = 436 };

/* <linux/filter.h> and <linux/seccomp.h>, which a musl compiler on a glibc system does not find. */
struct instruction {
    uint16_t code;
    uint8_t if_true;
    uint8_t if_false;
    uint32_t value;
};

struct program {
    unsigned short size;
    struct instruction *instructions;
};

enum { LOAD_WORD = 0x20, JUMP_IF_EQUAL = 0x15, RETURN = 0x06 };
enum { OFFSET_OF_NUMBER = 0, OFFSET_OF_FIRST_ARGUMENT = 16, MODE_FILTER = 2 };
#define ANSWER_ERROR 0x00050000u
#define ANSWER_ALLOW 0x7fff0000u

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

/* Is it this call, with this argument? Then the error. Otherwise the next one. */
static struct instruction *add_call(struct instruction *next, const struct refused_call *call, int error)
{
    const bool any = call->first_argument == ANY_ARGUMENT;

    *next++ = (struct instruction){ LOAD_WORD, 0, 0, OFFSET_OF_NUMBER };
    *next++ = (struct instruction){ JUMP_IF_EQUAL, 0, any ? 1 : 3, (uint32_t)call->number };
    if (!any) {
        *next++ = (struct instruction){ LOAD_WORD, 0, 0, OFFSET_OF_FIRST_ARGUMENT };
        *next++ = (struct instruction){ JUMP_IF_EQUAL, 0, 1, (uint32_t)call->first_argument };
    }
    *next++ = (struct instruction){ RETURN, 0, 0, ANSWER_ERROR | (uint32_t)error };
    return next;
}

static bool refuse(const struct refusal *refusal)
{
    struct instruction instructions[MOST_REFUSED * 5 + 1];
    struct instruction *next = instructions;
    struct program program;

    for (size_t i = 0; i < MOST_REFUSED && refusal->calls[i].number != 0; i++)
        next = add_call(next, &refusal->calls[i], refusal->error);
    *next++ = (struct instruction){ RETURN, 0, 0, ANSWER_ALLOW };
    program = (struct program){ (unsigned short)(next - instructions), instructions };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, MODE_FILTER, &program) == 0;
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
    int result;

    if (KIN_POSIX_THREAD_SANITIZER && strcmp(row->name, "all_eperm") == 0)
        SKIP_C("glibc makes no threads when clone3() says EPERM, and there is no other way left under this sanitizer");
    result = door_in_copy(run_refused, row);
    if (result == 99)
        SKIP_C("no seccomp filters here");
    EXPECT_INT_EQ(0, result);
}
