/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

#include "shim.h"
#include "support/argument_parsers.h"
#include "support/nasty_arguments.h"
#include "win32/rules/command_line.h"
#include "win32/rules/utf16.h"

static char *line_of(const char *const *argv, bool verbatim)
{
    uint16_t *line = NULL;
    char *text = NULL;
    size_t count = 0;

    ASSERT_INT_EQ(KIN_OK, kin_win32_command_line(argv, verbatim, &line));
    while (line[count] != 0) {
        count++;
    }
    ASSERT_INT_EQ(KIN_OK, kin_win32_utf16_to_utf8(line, count, &text, NULL));
    free(line);
    return text;
}

static const struct {
    const char *name;
    const char *argument;
    const char *quoted;
} quoting[] = {
    { "plain", "abc", "abc" },
    { "empty", "", "\"\"" },
    { "blank", "a b", "\"a b\"" },
    { "only_a_blank", " ", "\" \"" },
    { "tab", "a\tb", "\"a\tb\"" },
    { "newline", "a\nb", "\"a\nb\"" },
    { "vertical_tab", "a\vb", "\"a\vb\"" },
    { "carriage_return_is_no_separator", "a\rb", "a\rb" },
    { "quote", "a\"b", "\"a\\\"b\"" },
    { "two_quotes", "\"\"", "\"\\\"\\\"\"" },
    { "backslash_alone", "\\", "\\" },
    { "backslashes_without_quote", "a\\\\b", "a\\\\b" },
    { "backslash_at_the_end_unquoted", "C:\\dir\\", "C:\\dir\\" },
    { "backslash_at_the_end_quoted", "C:\\my dir\\", "\"C:\\my dir\\\\\"" },
    { "two_backslashes_at_the_end_quoted", "a b\\\\", "\"a b\\\\\\\\\"" },
    { "one_backslash_before_a_quote", "a\\\"b", "\"a\\\\\\\"b\"" },
    { "two_backslashes_before_a_quote", "a\\\\\"b", "\"a\\\\\\\\\\\"b\"" },
    { "backslash_before_a_blank", "a\\ b", "\"a\\ b\"" },
    { "cmd_means_nothing_here", "%PATH%&|<>^!", "%PATH%&|<>^!" },
    { "beyond_ascii", "\xE6\x97\xA5\xF0\x9F\x98\x80", "\xE6\x97\xA5\xF0\x9F\x98\x80" },
    { "half_of_a_pair", "\xED\xA0\x80", "\xED\xA0\x80" },
};

TEST_CP(CommandLine, W01_arguments_are_quoted_as_the_runtime_reads_them, quoting)
{
    const char *argv[] = { "p", row->argument, "z", NULL };
    char expected[128] = "\"p\" ";
    char *line = line_of(argv, false);

    strcat(strcat(expected, row->quoted), " z");
    EXPECT_STR_EQ(expected, line);
    free(line);
}

TEST_C(CommandLine, W02_the_program_is_quoted_without_escapes)
{
    const char *argv[] = { "C:\\Program Files\\a\\", "b", NULL };
    char *line = line_of(argv, false);

    EXPECT_STR_EQ("\"C:\\Program Files\\a\\\" b", line);
    free(line);
}

TEST_C(CommandLine, W02_a_program_of_no_characters_is_an_argument_all_the_same)
{
    const char *argv[] = { "", "b", NULL };
    char *line = line_of(argv, false);

    EXPECT_STR_EQ("\"\" b", line);
    free(line);
}

TEST_C(CommandLine, W02_a_quote_in_the_program_is_refused)
{
    const char *argv[] = { "a\"b", NULL };
    uint16_t *line = NULL;

    EXPECT_INT_EQ(KIN_EINVAL, kin_win32_command_line(argv, false, &line));
    EXPECT_INT_EQ(KIN_EINVAL, kin_win32_command_line(argv, true, &line));
    EXPECT_NULL(line);
}

TEST_C(CommandLine, S28_no_argument_at_all_is_refused)
{
    const char *argv[] = { NULL };
    uint16_t *line = NULL;

    EXPECT_INT_EQ(KIN_EINVAL, kin_win32_command_line(argv, false, &line));
    EXPECT_NULL(line);
}

TEST_C(CommandLine, verbatim_arguments_are_joined_by_blanks)
{
    const char *argv[] = { "C:\\a b.exe", "/c", "\"x\" & y\\", "", "\"", NULL };
    char *line = line_of(argv, true);

    EXPECT_STR_EQ("\"C:\\a b.exe\" /c \"x\" & y\\  \"", line);
    free(line);
}

TEST_C(CommandLine, W16_text_that_is_no_utf8_is_refused)
{
    const char *argv[] = { "p", "\xFF", NULL };
    uint16_t *line = NULL;

    EXPECT_INT_EQ(KIN_EILSEQ, kin_win32_command_line(argv, false, &line));
    EXPECT_NULL(line);
}

/* The line is `"p" ` and the argument; its length is counted in UTF-16 units, not in bytes. */
static int result_with_argument_of(size_t count, const char *character)
{
    size_t size = strlen(character);
    char *argument = malloc(count * size + 1);
    const char *argv[] = { "p", argument, NULL };
    uint16_t *line = NULL;
    int rc;

    ASSERT_TRUE(argument != NULL);
    for (size_t i = 0; i < count; i++) {
        memcpy(argument + i * size, character, size);
    }
    argument[count * size] = '\0';
    rc = kin_win32_command_line(argv, false, &line);
    free(line);
    free(argument);
    return rc;
}

TEST_C(CommandLine, S30_the_longest_line_is_taken_and_one_unit_more_is_not)
{
    EXPECT_INT_EQ(KIN_OK, result_with_argument_of(KIN_WIN32_COMMAND_LINE_MAX - 4, "x"));
    EXPECT_INT_EQ(KIN_E2BIG, result_with_argument_of(KIN_WIN32_COMMAND_LINE_MAX - 3, "x"));
    EXPECT_INT_EQ(KIN_OK, result_with_argument_of(KIN_WIN32_COMMAND_LINE_MAX - 4, "\xE6\x97\xA5"));
    EXPECT_INT_EQ(KIN_OK, result_with_argument_of((KIN_WIN32_COMMAND_LINE_MAX - 4) / 2, "\xF0\x9F\x98\x80"));
    EXPECT_INT_EQ(KIN_E2BIG, result_with_argument_of((KIN_WIN32_COMMAND_LINE_MAX - 4) / 2 + 1, "\xF0\x9F\x98\x80"));
}

/* ------------------------------------------------------------------------------------------------ properties --- */

static void expect_same(const struct nasty_arguments *arguments, const struct parsed_arguments *parsed)
{
    ASSERT_SIZE_EQ(arguments->count, parsed->count);
    for (size_t i = 0; i < parsed->count; i++) {
        size_t count = 0;
        char *text = NULL;

        while (parsed->argv[i][count] != 0) {
            count++;
        }
        ASSERT_INT_EQ(KIN_OK, kin_win32_utf16_to_utf8(parsed->argv[i], count, &text, NULL));
        ASSERT_STR_EQ(arguments->argv[i], text);
        free(text);
    }
}

static void expect_round_trips(void (*parse)(const uint16_t *line, struct parsed_arguments *parsed))
{
    static struct nasty_arguments arguments;
    static struct parsed_arguments parsed;

    nasty_arguments_seed(&arguments, 20240409);
    for (int round = 0; round < 10000; round++) {
        uint16_t *line = NULL;

        nasty_arguments_next(&arguments);
        TRACE_C("round %d", round);
        ASSERT_INT_EQ(KIN_OK, kin_win32_command_line(arguments.argv, false, &line));
        parse(line, &parsed);
        expect_same(&arguments, &parsed);
        TRACE_END_C();
        free(line);
    }
}

TEST_C(CommandLine, W01_the_c_runtime_reads_what_was_meant)
{
    expect_round_trips(parse_like_the_c_runtime);
}

TEST_C(CommandLine, W01_shell32_reads_what_was_meant)
{
    expect_round_trips(parse_like_shell32);
}

/* ------------------------------------------------------------------------------- the oracles have to be right --- */

static const struct {
    const char *name;
    const uint16_t *line;
    const uint16_t *c_runtime[3];
    const uint16_t *shell32[3];
} documented[] = {
    { "MSDN_quoted_word", u"p \"a b c\" d e", { u"a b c", u"d", u"e" }, { u"a b c", u"d", u"e" } },
    { "MSDN_escaped_quote", u"p \"ab\\\"c\" \"\\\\\" d", { u"ab\"c", u"\\", u"d" }, { u"ab\"c", u"\\", u"d" } },
    { "MSDN_backslashes", u"p a\\\\\\b d\"e f\"g h", { u"a\\\\\\b", u"de fg", u"h" }, { u"a\\\\\\b", u"de fg", u"h" } },
    { "MSDN_odd_backslashes", u"p a\\\\\\\"b c d", { u"a\\\"b", u"c", u"d" }, { u"a\\\"b", u"c", u"d" } },
    { "MSDN_even_backslashes", u"p a\\\\\\\\\"b c\" d e", { u"a\\\\b c", u"d", u"e" }, { u"a\\\\b c", u"d", u"e" } },
    { "MSDN_two_quotes", u"p a\"b\"\" c d", { u"ab\" c d" }, { u"ab\"", u"c", u"d" } },
};

static void expect_arguments(const uint16_t *const *expected, const struct parsed_arguments *parsed)
{
    size_t count = 0;

    while (count < 3 && expected[count] != NULL) {
        count++;
    }
    ASSERT_SIZE_EQ(count + 1, parsed->count);
    for (size_t i = 0; i < count; i++) {
        size_t units = 0;

        while (expected[i][units] != 0) {
            units++;
        }
        EXPECT_MEM_EQ(expected[i], parsed->argv[i + 1], (units + 1) * sizeof(uint16_t));
    }
}

TEST_CP(ArgumentParsers, agree_with_the_documentation, documented)
{
    static struct parsed_arguments parsed;

    parse_like_the_c_runtime(row->line, &parsed);
    expect_arguments(row->c_runtime, &parsed);
    parse_like_shell32(row->line, &parsed);
    expect_arguments(row->shell32, &parsed);
}
