/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

#include "shim.h"
#include "support/argument_parsers.h"
#include "support/nasty_arguments.h"
#include "win32/rules/batch.h"
#include "win32/rules/utf16.h"

/* ----------------------------------------------------------------------------------------------- recognising --- */

static const struct {
    const char *name;
    const char *path;
    bool is_batch;
} paths[] = {
    { "bat", "C:\\a.bat", true },
    { "cmd", "C:\\a.cmd", true },
    { "capitals", "C:\\A.BAT", true },
    { "mixed", "a.CmD", true },
    { "CVE_2024_43402_dot", "a.bat.", true },
    { "CVE_2024_43402_blank", "a.bat ", true },
    { "CVE_2024_36138_blank_dot", "a.cmd .", true },
    { "CVE_2024_36138_blank_dots", "a.cmd ....", true },
    { "dots_and_blanks", "a.cmd. . .", true },
    { "separator", "C:\\a.bat\\", true },
    { "slash", "C:/a.bat/", true },
    { "slash_dot", "C:/a.bat/.", true },
    { "data_stream", "C:\\a.cmd::$DATA", true },
    { "data_stream_small", "C:\\a.cmd::$data", true },
    { "stream", "C:\\a.cmd:x", true },
    { "stream_of_a_name_with_blank", "C:\\a.cmd .:x", true },
    { "name_of_a_stream", "C:\\a.txt:b.bat", true },
    { "drive_relative", "C:a.bat", true },
    { "no_directory", "a.bat", true },
    { "extension_alone", ".bat", true },
    { "verbatim", "\\\\?\\C:\\a.bat", true },
    { "short_name", "C:\\LONGNA~1.BAT", true },
    { "program", "C:\\a.exe", false },
    { "batch_directory", "C:\\a.bat\\b.exe", false },
    { "longer_extension", "a.batx", false },
    { "shorter_extension", "a.ba", false },
    { "bat_inside", "a.bat.exe", false },
    { "no_dot", "abat", false },
    { "letters_alone", "bat", false },
    { "comma", "a,bat", false },
    { "empty", "", false },
    { "dots", "...", false },
    { "separators", "\\/\\", false },
    { "colons", "::", false },
    { "dotless_i_is_no_letter_of_bat", "a.b\xC4\xB1t", false },
};

TEST_CP(Batch, W03_X1_X2_batch_files_are_recognised, paths)
{
    EXPECT_INT_EQ(row->is_batch, kin_win32_is_batch_file(row->path));
}

TEST_C(Batch, W03_in_every_letter_case)
{
    for (unsigned cases = 0; cases < 8; cases++) {
        char bat[] = "x.bat";
        char cmd[] = "x.cmd";

        for (unsigned i = 0; i < 3; i++) {
            if (cases >> i & 1) {
                bat[2 + i] = (char)(bat[2 + i] - 'a' + 'A');
                cmd[2 + i] = (char)(cmd[2 + i] - 'a' + 'A');
            }
        }
        EXPECT_TRUE(kin_win32_is_batch_file(bat));
        EXPECT_TRUE(kin_win32_is_batch_file(cmd));
    }
}

TEST_C(Batch, X2_what_windows_drops_changes_nothing)
{
    static const char characters[] = "batcmdBATCMD... \\/:$x";
    static const char *const dropped[] = { " .", ".", " ", "/", "\\", "..." };
    uint64_t state = 2024;

    for (int round = 0; round < 100000; round++) {
        char path[24] = { 0 };
        size_t size = nasty_number(&state, 12);
        bool is_batch;

        for (size_t i = 0; i < size; i++) {
            path[i] = characters[nasty_number(&state, sizeof characters - 1)];
        }
        is_batch = kin_win32_is_batch_file(path);
        strcat(path, dropped[nasty_number(&state, sizeof dropped / sizeof dropped[0])]);
        TRACE_C("%s", path);
        ASSERT_INT_EQ(is_batch, kin_win32_is_batch_file(path));
        TRACE_END_C();
    }
}

/* -------------------------------------------------------------------------------------------------- running --- */

static int batch_line(const char *script, const char *const *argv, char **text)
{
    uint16_t *line = NULL;
    size_t count = 0;
    int rc = kin_win32_batch_command_line(script, argv, &line);

    if (rc == KIN_OK) {
        while (line[count] != 0) {
            count++;
        }
        ASSERT_INT_EQ(KIN_OK, kin_win32_utf16_to_utf8(line, count, text, NULL));
    }
    free(line);
    return rc;
}

static const struct {
    const char *name;
    const char *argument;
    const char *escaped;
} escapes[] = {
    { "plain", "abc", "abc" },
    { "harmless", "a-b_c.d/e:f?g*h@i#j$k+l\\m", "a-b_c.d/e:f?g*h@i#j$k+l\\m" },
    { "empty", "", "\"\"" },
    { "blank", "a b", "\"a b\"" },
    { "BatBadBut", "\"&calc.exe", "\"\"\"&calc.exe\"" },
    { "BatBadBut_closed", "\"&calc\"", "\"\"\"&calc\"\"\"" },
    { "whoami", "&whoami", "\"&whoami\"" },
    { "percent", "%PATH%", "\"%%cd:~,%PATH%%cd:~,%\"" },
    { "substring_of_a_variable", "%CMDCMDLINE:~-1%&calc", "\"%%cd:~,%CMDCMDLINE:~-1%%cd:~,%&calc\"" },
    { "caret", "a^b", "\"a^b\"" },
    { "exclamation", "!PATH!", "\"!PATH!\"" },
    { "redirection", "a>b<c|d", "\"a>b<c|d\"" },
    { "parentheses", "(a)", "\"(a)\"" },
    { "separators", "a,b;c=d", "\"a,b;c=d\"" },
    { "tab", "a\tb", "\"a\tb\"" },
    { "backslash_at_the_end", "C:\\", "\"C:\\\\\"" },
    { "backslash_before_a_quote", "a\\\"b", "\"a\\\\\"\"b\"" },
    { "tilde", "~", "\"~\"" },
    { "beyond_ascii", "\xC2\xA0", "\"\xC2\xA0\"" },
};

TEST_CP(Batch, W04_X1_arguments_are_escaped_for_cmd, escapes)
{
    const char *argv[] = { "ignored\"", row->argument, NULL };
    char expected[160] = "cmd.exe /e:ON /v:OFF /d /c \"\"C:\\a b.bat\" ";
    char *line = NULL;

    ASSERT_INT_EQ(KIN_OK, batch_line("C:\\a b.bat", argv, &line));
    strcat(strcat(expected, row->escaped), "\"");
    EXPECT_STR_EQ(expected, line);
    free(line);
}

static const struct {
    const char *name;
    const char *script;
    const char *argument;
    int rc;
} impossible[] = {
    { "newline", "C:\\a.bat", "a\nb", KIN_EINVAL },
    { "carriage_return", "C:\\a.bat", "a\r", KIN_EINVAL },
    { "script_with_quote", "C:\\a\"b.bat", "a", KIN_EINVAL },
    { "script_with_backslash", "C:\\a.bat\\", "a", KIN_EINVAL },
    { "script_with_slash", "C:\\a.bat/", "a", KIN_EINVAL },
    { "script_with_newline", "C:\\a\n.bat", "a", KIN_EINVAL },
    { "script_with_stream", "C:\\a.bat::$DATA", "a", KIN_EINVAL },
    { "script_of_no_characters", "", "a", KIN_EINVAL },
    { "no_utf8", "C:\\a.bat", "\xFF", KIN_EILSEQ },
};

TEST_CP(Batch, W04_what_cannot_be_escaped_is_refused, impossible)
{
    const char *argv[] = { "a", row->argument, NULL };
    char *line = NULL;

    EXPECT_INT_EQ(row->rc, batch_line(row->script, argv, &line));
    EXPECT_NULL(line);
}

TEST_C(Batch, W04_a_percent_in_the_scripts_path_is_escaped_too)
{
    const char *argv[] = { "a", NULL };
    char *line = NULL;

    ASSERT_INT_EQ(KIN_OK, batch_line("C:\\%TEMP%\\a.bat", argv, &line));
    EXPECT_STR_EQ("cmd.exe /e:ON /v:OFF /d /c \"\"C:\\%%cd:~,%TEMP%%cd:~,%\\a.bat\"\"", line);
    free(line);
}

TEST_C(Batch, S28_no_argument_at_all_is_refused)
{
    const char *argv[] = { NULL };
    char *line = NULL;

    EXPECT_INT_EQ(KIN_EINVAL, batch_line("C:\\a.bat", argv, &line));
}

TEST_C(Batch, W04_S30_a_line_longer_than_cmd_takes_is_refused)
{
    enum { AROUND = 40 }; /* the rest of the line: cmd.exe, its switches, the script, quotes, one blank */
    static char argument[KIN_WIN32_BATCH_LINE_MAX + 1];
    const char *argv[] = { "a", argument, NULL };
    char *line = NULL;

    memset(argument, 'x', KIN_WIN32_BATCH_LINE_MAX - AROUND);
    argument[KIN_WIN32_BATCH_LINE_MAX - AROUND] = '\0';
    ASSERT_INT_EQ(KIN_OK, batch_line("C:\\a.bat", argv, &line));
    EXPECT_SIZE_EQ(KIN_WIN32_BATCH_LINE_MAX, strlen(line));
    free(line);
    line = NULL;
    argument[KIN_WIN32_BATCH_LINE_MAX - AROUND] = 'x';
    EXPECT_INT_EQ(KIN_E2BIG, batch_line("C:\\a.bat", argv, &line));
}

/* What cmd.exe does to its line first, as far as we use it: each of our escapes becomes one percent sign. */
static void expand_percent(char *line)
{
    static const char escape[] = "%%cd:~,%";
    char *to = line;

    while (*line != '\0') {
        if (*line == '%') {
            ASSERT_TRUE(strncmp(line, escape, sizeof escape - 1) == 0);
            line += sizeof escape - 2;
        }
        *to++ = *line++;
    }
    *to = '\0';
}

/* Outside of quotes nothing may stand that means something to cmd.exe. The last quote is one that /c drops. */
static void expect_harmless(const char *line)
{
    bool is_quoted = false;

    for (; line[1] != '\0'; line++) {
        if (*line == '"') {
            is_quoted = !is_quoted;
        } else if (!is_quoted) {
            ASSERT_NULL(strchr("&|<>^()%!,;=\t\v\n\r`'~[]{}", *line));
        }
    }
    ASSERT_FALSE(is_quoted);
}

/* The line without cmd.exe and the outermost quotes, as the script gets it and a program behind it. */
static void expect_arrives(const struct nasty_arguments *arguments, char *line)
{
    static struct parsed_arguments parsed;
    const char *inner = strchr(line, '"') + 1;
    uint16_t *units = NULL;

    line[strlen(line) - 1] = '\0';
    expand_percent(line);
    ASSERT_INT_EQ(KIN_OK, kin_win32_utf16_from_utf8(inner, strlen(inner), &units, NULL));
    parse_like_the_c_runtime(units, &parsed);
    ASSERT_SIZE_EQ(arguments->count, parsed.count);
    for (size_t i = 1; i < parsed.count; i++) {
        char *text = NULL;
        size_t count = 0;

        while (parsed.argv[i][count] != 0) {
            count++;
        }
        ASSERT_INT_EQ(KIN_OK, kin_win32_utf16_to_utf8(parsed.argv[i], count, &text, NULL));
        ASSERT_STR_EQ(arguments->argv[i], text);
        free(text);
    }
    free(units);
}

TEST_C(Batch, W04_X1_random_arguments_never_leave_their_quotes_and_arrive)
{
    static struct nasty_arguments arguments;
    int escaped = 0;

    nasty_arguments_seed(&arguments, 24576);
    for (int round = 0; round < 10000; round++) {
        char *line = NULL;
        int rc;

        nasty_arguments_next(&arguments);
        for (size_t i = 0; i < arguments.count; i++) {
            for (char *at = arguments.texts[i]; round % 4 != 0 && *at != '\0'; at++) {
                *at = *at == '\n' || *at == '\r' ? '%' : *at;
            }
        }
        TRACE_C("round %d", round);
        rc = batch_line("C:\\my %dir%\\a.bat", arguments.argv, &line);
        if (rc == KIN_OK) {
            escaped++;
            expect_harmless(strchr(line, '"') + 1);
            expect_arrives(&arguments, line);
        } else {
            ASSERT_INT_EQ(KIN_EINVAL, rc);
        }
        TRACE_END_C();
        free(line);
    }
    EXPECT_INT_GT(escaped, 7000);
}
