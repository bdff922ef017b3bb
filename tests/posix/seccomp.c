/* SPDX-License-Identifier: MIT */
#include "seccomp.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>

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

bool seccomp_refuse(const struct refusal *refusal)
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
