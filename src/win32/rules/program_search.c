/* SPDX-License-Identifier: MIT */
#include "program_search.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

#include "batch.h"
#include "full_path.h"
#include "text.h"
#include "utf16.h"

/* A search under way. */
struct lookup {
    const struct kin_win32_search *search;
    bool is_denied; /* something was there, but not a file that we may run */
    char *program;  /* what was found */
};

static bool is_name(const char *file)
{
    return kin_win32_path_kind(file) == KIN_WIN32_PATH_RELATIVE && strpbrk(file, "\\/") == NULL;
}

/* Whether the path has no name at its end: it ends in a separator, or in a part of nothing but dots and blanks. */
static bool names_no_file(const char *file)
{
    size_t size = strlen(file);

    while (size > 0 && (file[size - 1] == '.' || file[size - 1] == ' ')) {
        size--;
    }
    return size == 0 || kin_win32_path_is_separator(file[size - 1]) ||
           (kin_win32_path_kind(file) == KIN_WIN32_PATH_DRIVE_RELATIVE && size == 2);
}

static int check_file(const char *file)
{
    enum kin_win32_path_kind kind = kin_win32_path_kind(file);
    size_t count;

    if (kin_win32_utf16_count(file, strlen(file), &count) < 0) {
        return KIN_EILSEQ;
    }
    if (kind == KIN_WIN32_PATH_DEVICE || kin_win32_path_is_stream(file) ||
        (kind != KIN_WIN32_PATH_VERBATIM && kin_win32_path_is_reserved(file))) {
        return KIN_EINVAL;
    }
    return *file == '\0' ? KIN_ENOENT : KIN_OK;
}

/* ---------------------------------------------------------------------------------------- in one place --- */

/* Looks at `full` with an extension added; keeps the path when it is there. */
static int try_file(struct lookup *lookup, const char *full, const char *extension)
{
    const struct kin_win32_search *search = lookup->search;
    struct kin_win32_text text = { 0 };
    char *path = NULL;
    int rc;

    kin_win32_text_append(&text, full);
    kin_win32_text_append(&text, extension);
    rc = text.error;
    if (rc == KIN_OK) {
        rc = kin_win32_long_path(text.data, KIN_WIN32_PATH_MAX, &path);
    }
    if (rc == KIN_OK) {
        enum kin_win32_file_kind kind = search->look_at_file(path, search->context);

        if (kind == KIN_WIN32_FILE_PRESENT) {
            lookup->program = path;
            path = NULL;
        } else if (kind != KIN_WIN32_FILE_MISSING) {
            lookup->is_denied = true;
        }
    }
    free(path);
    kin_win32_text_free(&text);
    return rc;
}

static bool has_extension(const char *full)
{
    const char *dot = strrchr(full, '.');

    return dot != NULL && strpbrk(dot, "\\/") == NULL;
}

/* Tries the names that `file` may stand for, as seen from the absolute path `base`. */
static int try_place(struct lookup *lookup, const char *base, const char *file)
{
    static const char *const extensions[] = { "", ".exe", ".com", "" };
    enum { AS_IT_IS = 0, LAST = 3 };
    size_t first = AS_IT_IS;
    size_t last = AS_IT_IS;
    char *full = NULL;
    int rc = kin_win32_full_path(base, file, &full);

    if (rc == KIN_OK && !names_no_file(file)) {
        first = has_extension(full) ? AS_IT_IS : AS_IT_IS + 1;
        last = is_name(file) || has_extension(full) ? LAST - 1 : LAST;
    }
    for (size_t i = first; rc == KIN_OK && lookup->program == NULL && i <= last; i++) {
        rc = try_file(lookup, full, extensions[i]);
    }
    free(full);
    return rc;
}

/* ------------------------------------------------------------------------------------------- in all places --- */

/* Takes the next entry off the PATH, without its quotes. Returns what follows; NULL: it was the last. */
static const char *read_entry(const char *path, struct kin_win32_text *entry)
{
    bool is_quoted = false;

    for (; *path != '\0' && (*path != ';' || is_quoted); path++) {
        if (*path == '"') {
            is_quoted = !is_quoted;
        } else {
            kin_win32_text_append_character(entry, *path);
        }
    }
    return *path == ';' ? path + 1 : NULL;
}

/* An entry that makes no path is passed over like one where nothing is. */
static int try_entry(struct lookup *lookup, const char *entry)
{
    int rc = KIN_OK;

    if (kin_win32_path_is_absolute(entry)) {
        rc = try_place(lookup, entry, lookup->search->file);
    }
    return rc == KIN_ENOMEM ? rc : KIN_OK;
}

static int search_path(struct lookup *lookup)
{
    const char *rest = names_no_file(lookup->search->file) ? NULL : lookup->search->path;
    int rc = KIN_OK;

    while (rc == KIN_OK && rest != NULL && lookup->program == NULL) {
        struct kin_win32_text entry = { 0 };

        rest = read_entry(rest, &entry);
        rc = entry.error;
        if (rc == KIN_OK) {
            rc = try_entry(lookup, kin_win32_text_string(&entry));
        }
        kin_win32_text_free(&entry);
    }
    return rc;
}

static int search_directory(struct lookup *lookup)
{
    const struct kin_win32_search *search = lookup->search;
    char *cwd = NULL;
    int rc = kin_win32_full_path(search->current_directory, search->cwd == NULL ? "" : search->cwd, &cwd);

    if (rc == KIN_OK) {
        rc = try_place(lookup, cwd, search->file);
    }
    free(cwd);
    return rc;
}

int kin_win32_program_search(const struct kin_win32_search *search, char **program)
{
    struct lookup lookup = { .search = search };
    int rc = check_file(search->file);

    if (rc == KIN_OK) {
        rc = is_name(search->file) ? search_path(&lookup) : search_directory(&lookup);
    }
    if (rc == KIN_OK && lookup.program == NULL) {
        rc = lookup.is_denied ? KIN_EACCES : KIN_ENOENT;
    }
    if (rc == KIN_OK && search->batch == KIN_BATCH_REFUSE && kin_win32_is_batch_file(lookup.program)) {
        rc = KIN_EINVAL;
    }
    if (rc == KIN_OK) {
        *program = lookup.program;
        lookup.program = NULL;
    }
    free(lookup.program);
    return rc;
}
