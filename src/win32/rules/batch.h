/* SPDX-License-Identifier: MIT */
/*
 * Batch files. CreateProcess runs them in cmd.exe without being asked, and cmd.exe reads the command line by rules
 * of its own: quoting for the C runtime does not hold there, and an argument becomes a command (CVE-2024-24576,
 * "BatBadBut"). So they are recognised on the path that was found, refused by default, and else escaped for
 * cmd.exe.
 */
#ifndef KIN_WIN32_RULES_BATCH_H
#define KIN_WIN32_RULES_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "The maximum length of the string that you can use at the command prompt is 8191 characters." (KB 830473) */
#define KIN_WIN32_BATCH_LINE_MAX 8191

/*
 * Whether Windows would give this path to cmd.exe: its name ends in .bat or .cmd, in any letter case, also with
 * dots, blanks, separators or the name of a stream (`::$DATA`) behind it. In doubt the answer is yes.
 */
bool kin_win32_is_batch_file(const char *path);

/*
 * The command line that runs `script`, an absolute path, in cmd.exe: `cmd.exe /e:ON /v:OFF /d /c "…"`. The program
 * to start with it is cmd.exe by its absolute path in the system directory, never %COMSPEC%. `argv` is as for
 * kin_win32_command_line(); argv[0] is not used, a batch file sees its path as %0. There is no verbatim mode.
 *
 * *line ends with a zero and is for free(). 0; KIN_EINVAL: no argv[0], or something that cmd.exe has no escape for:
 * a line break in an argument; a quote, a control character, a stream or a trailing separator in the script's path;
 * KIN_EILSEQ; KIN_E2BIG: more than KIN_WIN32_BATCH_LINE_MAX units; KIN_ENOMEM.
 */
int kin_win32_batch_command_line(const char *script, const char *const *argv, uint16_t **line);

#endif
