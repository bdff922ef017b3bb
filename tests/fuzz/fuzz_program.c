/* SPDX-License-Identifier: MIT */
/*
 * Batch files and the search. Whatever is asked for, the answer is an absolute path that was looked at and found,
 * no batch file against the policy; and a line for cmd.exe never shows it anything outside quotes.
 */
#include <kin/error.h>

#include "fuzz.h"
#include "win32/rules/batch.h"
#include "win32/rules/full_path.h"
#include "win32/rules/program_search.h"
#include "win32/rules/utf16.h"

static enum kin_win32_file_kind look(const char *path, void *context)
{
    size_t size = strlen(path);
    uint8_t salt = *(uint8_t *)context;

    FUZZ_CHECK(kin_win32_path_is_absolute(path));
    FUZZ_CHECK(size <= KIN_WIN32_PATH_MAX * 3 || strncmp(path, "\\\\?\\", 4) == 0);
    return (enum kin_win32_file_kind)((size + salt) % 4);
}

static void check_search(const struct fuzz_texts *texts, uint8_t salt)
{
    struct kin_win32_search search = { .current_directory = "C:\\work", .look_at_file = look, .context = &salt };
    char *program = NULL;
    int rc;

    search.file = texts->count > 0 ? texts->items[0] : "";
    search.path = texts->count > 1 ? texts->items[1] : NULL;
    search.cwd = texts->count > 2 ? texts->items[2] : NULL;
    rc = kin_win32_program_search(&search, &program);
    FUZZ_CHECK((rc == KIN_OK) == (program != NULL));
    if (rc == KIN_OK) {
        FUZZ_CHECK(look(program, &salt) == KIN_WIN32_FILE_PRESENT);
        FUZZ_CHECK(!kin_win32_is_batch_file(program));
        free(program);
        program = NULL;
        search.batch = KIN_BATCH_ESCAPE;
        FUZZ_CHECK(kin_win32_program_search(&search, &program) == KIN_OK);
    }
    free(program);
}

static void check_full_path(const char *path)
{
    char *full = NULL;
    char *again = NULL;

    if (kin_win32_full_path("C:\\work", path, &full) == KIN_OK) {
        FUZZ_CHECK(kin_win32_path_is_absolute(full));
        FUZZ_CHECK(kin_win32_full_path("D:\\", full, &again) == KIN_OK);
        FUZZ_CHECK(strcmp(full, again) == 0);
    }
    (void)kin_win32_path_is_reserved(path);
    free(again);
    free(full);
}

/* What Windows drops from the end of a name makes no other file of it. */
static void check_detector(const char *path)
{
    size_t size = strlen(path);
    char *longer = malloc(size + 3);

    FUZZ_CHECK(longer != NULL);
    memcpy(longer, path, size);
    memcpy(longer + size, " .", 3);
    FUZZ_CHECK(kin_win32_is_batch_file(path) == kin_win32_is_batch_file(longer));
    free(longer);
}

static void check_batch_line(const struct fuzz_texts *texts)
{
    uint16_t *line = NULL;
    bool is_quoted = false;
    int rc = kin_win32_batch_command_line(texts->count > 0 ? texts->items[0] : "", texts->items, &line);

    FUZZ_CHECK((rc == KIN_OK) == (line != NULL));
    if (rc == KIN_OK) {
        size_t count = fuzz_units(line);
        size_t at = 0;

        FUZZ_CHECK(count <= KIN_WIN32_BATCH_LINE_MAX && line[count - 1] == '"');
        while (line[at++] != '"') {
        }
        for (; at + 1 < count; at++) {
            FUZZ_CHECK(line[at] != '\r' && line[at] != '\n');
            is_quoted = line[at] == '"' ? !is_quoted : is_quoted;
            FUZZ_CHECK(is_quoted || line[at] > 0x7F || strchr("&|<>^()%!,;=\t'`~[]{}", (char)line[at]) == NULL);
        }
        FUZZ_CHECK(!is_quoted);
    }
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_texts texts;

    fuzz_texts_open(&texts, data, size);
    check_search(&texts, size > 0 ? data[size - 1] : 0);
    check_batch_line(&texts);
    for (size_t i = 0; i < texts.count; i++) {
        check_full_path(texts.items[i]);
        check_detector(texts.items[i]);
    }
    fuzz_texts_close(&texts);
    return 0;
}
