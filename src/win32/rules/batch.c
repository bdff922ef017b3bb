/* SPDX-License-Identifier: MIT */
#include "batch.h"

#include <string.h>

#include <kin/error.h>

#include "command_line.h"
#include "full_path.h"
#include "text.h"

/* -------------------------------------------------------------------------------------------- recognising one --- */

/* Windows drops dots and blanks at the end of a name (CVE-2024-43402). */
static size_t size_without_trailing(const char *name, size_t size, const char *dropped)
{
    while (size > 0 && strchr(dropped, name[size - 1]) != NULL) {
        size--;
    }
    return size;
}

static bool has_batch_extension(const char *name, size_t size)
{
    enum { EXTENSION_SIZE = 4 };

    size = size_without_trailing(name, size, " .");
    if (size < EXTENSION_SIZE) {
        return false;
    }
    name += size - EXTENSION_SIZE;
    return kin_win32_text_is_same(name, ".bat", EXTENSION_SIZE) || kin_win32_text_is_same(name, ".cmd", EXTENSION_SIZE);
}

bool kin_win32_is_batch_file(const char *path)
{
    size_t end = size_without_trailing(path, strlen(path), " ./\\");
    size_t start = end;

    while (start > 0 && !kin_win32_path_is_separator(path[start - 1])) {
        start--;
    }
    /* The name of the file and that of its stream: either may be what Windows looks at. */
    while (start < end) {
        size_t size = 0;

        while (start + size < end && path[start + size] != ':') {
            size++;
        }
        if (has_batch_extension(path + start, size)) {
            return true;
        }
        start += size + 1;
    }
    return false;
}

/* --------------------------------------------------------------------------------------------- running one --- */

/* cmd.exe has no escape for a percent sign on its command line. This is one followed by a substring of length zero. */
static void append_percent(struct kin_win32_text *line)
{
    kin_win32_text_append(line, "%%cd:~,%");
}

static bool has_control_character(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ') {
            return true;
        }
    }
    return false;
}

static int append_script(struct kin_win32_text *line, const char *script)
{
    size_t size = strlen(script);

    if (size == 0 || kin_win32_path_is_separator(script[size - 1]) || kin_win32_path_is_stream(script) ||
        strchr(script, '"') != NULL || has_control_character(script)) {
        return KIN_EINVAL;
    }
    kin_win32_text_append_character(line, '"');
    for (; *script != '\0'; script++) {
        if (*script == '%') {
            append_percent(line);
        } else {
            kin_win32_text_append_character(line, *script);
        }
    }
    kin_win32_text_append_character(line, '"');
    return KIN_OK;
}

/*
 * Not a list of what is dangerous, which nobody knows in full, but of what is known to be harmless. A backslash at
 * the end would escape the closing quote of a script that writes "%~1".
 */
static bool needs_quotes(const char *argument)
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789#$*+-./:?@\\_";
    size_t size = strlen(argument);

    return size == 0 || argument[size - 1] == '\\' || strspn(argument, harmless) != size;
}

/*
 * Inside quotes cmd.exe takes all literally but percent signs and quotes. A quote is doubled: cmd.exe leaves its
 * quotes and enters them again, and a C runtime behind the script reads one quote. Backslashes before it are
 * doubled for the latter.
 */
static void append_quoted(struct kin_win32_text *line, const char *argument)
{
    size_t backslashes = 0;

    kin_win32_text_append_character(line, '"');
    for (; *argument != '\0'; argument++) {
        if (*argument == '%') {
            append_percent(line);
        } else if (*argument == '"') {
            kin_win32_text_append_repeated(line, '\\', backslashes);
            kin_win32_text_append(line, "\"\"");
        } else {
            kin_win32_text_append_character(line, *argument);
        }
        backslashes = *argument == '\\' ? backslashes + 1 : 0;
    }
    kin_win32_text_append_repeated(line, '\\', backslashes);
    kin_win32_text_append_character(line, '"');
}

static int append_argument(struct kin_win32_text *line, const char *argument)
{
    if (strpbrk(argument, "\r\n") != NULL) {
        return KIN_EINVAL;
    }
    kin_win32_text_append_character(line, ' ');
    if (needs_quotes(argument)) {
        append_quoted(line, argument);
    } else {
        kin_win32_text_append(line, argument);
    }
    return KIN_OK;
}

int kin_win32_batch_command_line(const char *script, const char *const *argv, uint16_t **line)
{
    struct kin_win32_text text = { 0 };
    int rc = argv[0] == NULL ? KIN_EINVAL : KIN_OK;

    /*
     * Extensions on, for the percent sign; `!` left alone; no AutoRun of the registry. /c drops the outermost
     * quotes.
     */
    kin_win32_text_append(&text, "cmd.exe /e:ON /v:OFF /d /c \"");
    if (rc == KIN_OK) {
        rc = append_script(&text, script);
    }
    for (size_t i = 1; rc == KIN_OK && argv[i] != NULL; i++) {
        rc = append_argument(&text, argv[i]);
    }
    kin_win32_text_append_character(&text, '"');
    if (rc == KIN_OK) {
        rc = kin_win32_command_line_finish(&text, KIN_WIN32_BATCH_LINE_MAX, line);
    }
    kin_win32_text_free(&text);
    return rc;
}
