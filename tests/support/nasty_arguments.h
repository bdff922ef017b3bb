/* SPDX-License-Identifier: MIT */
/*
 * Lists of arguments that break naive quoting, from a seed: the same list in every run, on every system.
 */
#ifndef KIN_TESTS_NASTY_ARGUMENTS_H
#define KIN_TESTS_NASTY_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

enum { NASTY_ARGUMENTS_MOST = 12, NASTY_ARGUMENT_SIZE = 160 };

struct nasty_arguments {
    uint64_t state;
    size_t count;                               /* at least one */
    const char *argv[NASTY_ARGUMENTS_MOST + 1]; /* NULL-terminated; argv[0] has no quote and is not empty */
    char texts[NASTY_ARGUMENTS_MOST][NASTY_ARGUMENT_SIZE];
};

/* A number from 0 to limit - 1, the next of the series (xorshift64*). The state is not 0. */
uint32_t nasty_number(uint64_t *state, uint32_t limit);

void nasty_arguments_seed(struct nasty_arguments *arguments, uint64_t seed);

/* Makes the next list in place of the last. */
void nasty_arguments_next(struct nasty_arguments *arguments);

#endif
