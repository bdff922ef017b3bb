/* SPDX-License-Identifier: MIT */
#include "command_line.h"

#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

#include "text.h"
#include "utf16.h"

/*
 * The program's name knows no escape: a quote only begins and ends it. Always quoted, since the runtimes do not
 * agree on what else would end it: CommandLineToArgvW stops at any control character, the C runtime at blank and
 * tab.
 */
static int append_program(struct kin_win32_text *line, const char *program)
{
    if (program == NULL || strchr(program, '"') != NULL) {
        return KIN_EINVAL;
    }
    kin_win32_text_append_character(line, '"');
    kin_win32_text_append(line, program);
    kin_win32_text_append_character(line, '"');
    return KIN_OK;
}

/*
 * Backslashes mean themselves unless a quote follows; then n of them are written 2n, and one more makes the quote a
 * character. The closing quote is a quote too.
 */
static void append_quoted(struct kin_win32_text *line, const char *argument)
{
    size_t backslashes = 0;

    kin_win32_text_append_character(line, '"');
    for (; *argument != '\0'; argument++) {
        if (*argument == '"') {
            kin_win32_text_append_repeated(line, '\\', backslashes + 1);
        }
        kin_win32_text_append_character(line, *argument);
        backslashes = *argument == '\\' ? backslashes + 1 : 0;
    }
    kin_win32_text_append_repeated(line, '\\', backslashes);
    kin_win32_text_append_character(line, '"');
}

static void append_argument(struct kin_win32_text *line, const char *argument)
{
    if (*argument == '\0' || strpbrk(argument, " \t\n\v\"") != NULL) {
        append_quoted(line, argument);
    } else {
        kin_win32_text_append(line, argument);
    }
}

int kin_win32_command_line(const char *const *argv, bool verbatim, uint16_t **line)
{
    struct kin_win32_text text = { 0 };
    int rc = append_program(&text, argv[0]);

    if (rc < 0) {
        goto finish;
    }
    for (size_t i = 1; argv[i] != NULL; i++) {
        kin_win32_text_append_character(&text, ' ');
        if (verbatim) {
            kin_win32_text_append(&text, argv[i]);
        } else {
            append_argument(&text, argv[i]);
        }
    }
    rc = kin_win32_command_line_finish(&text, KIN_WIN32_COMMAND_LINE_MAX, line);

finish:
    kin_win32_text_free(&text);
    return rc;
}

int kin_win32_command_line_finish(const struct kin_win32_text *text, size_t max, uint16_t **line)
{
    size_t count = 0;
    int rc = text->error;

    if (rc == KIN_OK) {
        rc = kin_win32_utf16_count(text->data, text->size, &count);
    }
    if (rc == KIN_OK && count > max) {
        rc = KIN_E2BIG;
    }
    if (rc == KIN_OK) {
        rc = kin_win32_utf16_from_utf8(text->data, text->size, line, NULL);
    }
    return rc;
}
