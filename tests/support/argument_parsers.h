/* SPDX-License-Identifier: MIT */
/*
 * How a Windows program takes its command line apart; written from the documentation, as two oracles that share no
 * code with what they judge, nor with each other. They differ where a quote follows a quote.
 */
#ifndef KIN_TESTS_ARGUMENT_PARSERS_H
#define KIN_TESTS_ARGUMENT_PARSERS_H

#include <stddef.h>
#include <stdint.h>

enum { PARSED_ARGUMENTS_MOST = 64, PARSED_UNITS_MOST = 33000 };

/* Each argument ends with a zero. */
struct parsed_arguments {
    size_t count;
    const uint16_t *argv[PARSED_ARGUMENTS_MOST];
    size_t used;
    uint16_t units[PARSED_UNITS_MOST];
};

/* Microsoft's C runtime since 2008: "Parsing C command-line arguments". */
void parse_like_the_c_runtime(const uint16_t *line, struct parsed_arguments *parsed);

/* CommandLineToArgvW of shell32. */
void parse_like_shell32(const uint16_t *line, struct parsed_arguments *parsed);

#endif
