/* SPDX-License-Identifier: MIT */
/*
 * One line for CreateProcess that the child's runtime takes apart again into exactly the arguments we were given.
 * The rules are those of CommandLineToArgvW and of Microsoft's C runtime ("Parsing C command-line arguments"),
 * where both agree.
 */
#ifndef KIN_WIN32_RULES_COMMAND_LINE_H
#define KIN_WIN32_RULES_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kin_win32_text;

/*
 * CreateProcess: "32,767 characters, including the Unicode terminating null character". Wine cuts a longer one
 * silently.
 */
#define KIN_WIN32_COMMAND_LINE_MAX 32766

/*
 * `argv` is NULL-terminated UTF-8 with at least one argument. With `verbatim`, the arguments after the first are
 * joined by single blanks as they are; the first is quoted all the same.
 *
 * *line ends with a zero and is for free(). 0; KIN_EINVAL: no argv[0], or a quote in it, for which no escape
 * exists; KIN_EILSEQ; KIN_E2BIG: more than KIN_WIN32_COMMAND_LINE_MAX units; KIN_ENOMEM.
 */
int kin_win32_command_line(const char *const *argv, bool verbatim, uint16_t **line);

/* The last step: a line of at most `max` units from its text. 0, KIN_EILSEQ, KIN_E2BIG or KIN_ENOMEM. */
int kin_win32_command_line_finish(const struct kin_win32_text *text, size_t max, uint16_t **line);

#endif
