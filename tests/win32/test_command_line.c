/* SPDX-License-Identifier: MIT */
/*
 * What Windows itself makes of our command lines; the unit tests ask two readers that were written from its documentation.
 */
#include <windows.h>

#include <shellapi.h>
#include <shim.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/win32/rules/command_line.h"
#include "../../src/win32/rules/utf16.h"
#include "support/nasty_arguments.h"

static void expect_read_back(const char *const *argv, size_t count)
{
    uint16_t *line = NULL;
    wchar_t **read;
    int read_count = 0;

    ASSERT_INT_EQ(0, kin_win32_command_line(argv, false, &line));
    read = CommandLineToArgvW((const wchar_t *)line, &read_count);
    free(line);
    ASSERT_NOT_NULL(read);
    ASSERT_INT_EQ(count, read_count);
    for (size_t i = 0; i < count; i++) {
        char *text = NULL;

        TRACE_C("argument %u", (unsigned)i);
        ASSERT_INT_EQ(0, kin_win32_utf16_to_utf8((const uint16_t *)read[i], wcslen(read[i]), &text, NULL));
        ASSERT_STR_EQ(argv[i], text);
        TRACE_END_C();
        free(text);
    }
    LocalFree(read);
}

/* argv[0], which has no escapes, is as nasty as the others, but for quotes. */
TEST_C(CommandLine, W01_W02_windows_reads_what_was_meant)
{
    static struct nasty_arguments arguments;

    nasty_arguments_seed(&arguments, 20240410);
    for (int round = 0; round < 10000; round++) {
        nasty_arguments_next(&arguments);
        TRACE_C("round %d", round);
        expect_read_back(arguments.argv, arguments.count);
        TRACE_END_C();
    }
}

/* The line is `"p" "` and an argument in which every quote is two units, and a quote: as long as a line may be. */
TEST_C(CommandLine, W01_S30_windows_reads_the_longest_line)
{
    enum { QUOTES = (KIN_WIN32_COMMAND_LINE_MAX - 6) / 2 };
    static char argument[QUOTES + 1];
    const char *const argv[] = { "p", argument, NULL };

    memset(argument, '"', QUOTES);
    expect_read_back(argv, 2);
}
