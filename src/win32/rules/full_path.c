/* SPDX-License-Identifier: MIT */
#include "full_path.h"

#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

#include "text.h"
#include "utf16.h"

static const char verbatim_prefix[] = "\\\\?\\";
static const char verbatim_unc_prefix[] = "\\\\?\\UNC\\";
static const char verbatim_volume_prefix[] = "\\\\?\\Volume{";

/* ---------------------------------------------------------------------------------------- kinds of paths --- */

bool kin_win32_path_is_separator(char character)
{
    return character == '\\' || character == '/';
}

static bool is_letter(char character)
{
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z');
}

static bool begins_with(const char *path, const char *prefix)
{
    for (; *prefix != '\0'; prefix++, path++) {
        if (!kin_win32_text_is_same(path, prefix, 1)) {
            return false;
        }
    }
    return true;
}

static bool begins_with_drive(const char *path)
{
    return is_letter(path[0]) && path[1] == ':';
}

/* Below `\\?\` are all objects of the system; only what holds files is let through. */
static enum kin_win32_path_kind kind_below_verbatim_prefix(const char *path)
{
    const char *rest = path + sizeof verbatim_prefix - 1;

    if ((begins_with_drive(rest) && rest[2] == '\\') || begins_with(path, verbatim_unc_prefix) ||
        begins_with(path, verbatim_volume_prefix)) {
        return KIN_WIN32_PATH_VERBATIM;
    }
    return KIN_WIN32_PATH_DEVICE;
}

/* Of paths that begin with two separators, or with the `\??\` of the kernel. */
static bool is_device(const char *path)
{
    if (begins_with(path, "\\??\\")) {
        return true;
    }
    return kin_win32_path_is_separator(path[1]) && (path[2] == '.' || path[2] == '?') &&
           (path[3] == '\0' || kin_win32_path_is_separator(path[3]));
}

enum kin_win32_path_kind kin_win32_path_kind(const char *path)
{
    if (begins_with(path, verbatim_prefix)) {
        return kind_below_verbatim_prefix(path);
    }
    if (kin_win32_path_is_separator(path[0])) {
        if (is_device(path)) {
            return KIN_WIN32_PATH_DEVICE;
        }
        return kin_win32_path_is_separator(path[1]) ? KIN_WIN32_PATH_UNC : KIN_WIN32_PATH_ROOT_RELATIVE;
    }
    if (begins_with_drive(path)) {
        return kin_win32_path_is_separator(path[2]) ? KIN_WIN32_PATH_DRIVE : KIN_WIN32_PATH_DRIVE_RELATIVE;
    }
    return KIN_WIN32_PATH_RELATIVE;
}

bool kin_win32_path_is_absolute(const char *path)
{
    enum kin_win32_path_kind kind = kin_win32_path_kind(path);

    return kind == KIN_WIN32_PATH_DRIVE || kind == KIN_WIN32_PATH_UNC || kind == KIN_WIN32_PATH_VERBATIM;
}

bool kin_win32_path_is_stream(const char *path)
{
    if (begins_with(path, verbatim_prefix)) {
        path += sizeof verbatim_prefix - 1;
    }
    if (begins_with_drive(path)) {
        path += 2;
    }
    return strchr(path, ':') != NULL;
}

/* --------------------------------------------------------------------------------------- reserved names --- */

static const char *last_part(const char *path)
{
    const char *part = begins_with_drive(path) ? path + 2 : path;

    for (const char *at = part; *at != '\0'; at++) {
        if (kin_win32_path_is_separator(*at)) {
            part = at + 1;
        }
    }
    return part;
}

/* One to nine, or one of the superscript digits of Latin-1, which count as digits here ("Naming files"). */
static bool is_port_number(const char *text, size_t size)
{
    if (size == 1) {
        return text[0] >= '1' && text[0] <= '9';
    }
    return size == 2 &&
           (memcmp(text, "\xC2\xB9", 2) == 0 || memcmp(text, "\xC2\xB2", 2) == 0 || memcmp(text, "\xC2\xB3", 2) == 0);
}

bool kin_win32_path_is_reserved(const char *path)
{
    static const char *const names[] = { "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$" };
    const char *name = last_part(path);
    size_t size = strcspn(name, ".:");

    while (size > 0 && name[size - 1] == ' ') {
        size--;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i]) == size && kin_win32_text_is_same(name, names[i], size)) {
            return true;
        }
    }
    return size > 3 && (begins_with(name, "COM") || begins_with(name, "LPT")) && is_port_number(name + 3, size - 3);
}

/* ------------------------------------------------------------------------------------------- the full path --- */

static const char *skip_separators(const char *path)
{
    while (kin_win32_path_is_separator(*path)) {
        path++;
    }
    return path;
}

static size_t part_size(const char *path)
{
    size_t size = 0;

    while (path[size] != '\0' && !kin_win32_path_is_separator(path[size])) {
        size++;
    }
    return size;
}

static bool is_dots(const char *part, size_t size)
{
    return (size == 1 || size == 2) && memcmp(part, "..", size) == 0;
}

static const char *append_drive(struct kin_win32_text *full, const char *path)
{
    kin_win32_text_append_character(full, path[0]);
    kin_win32_text_append(full, ":\\");
    return path + 2;
}

/* A server named `.` or `?` would make a device of the share: \\?\UNC\.\pipe is not \\.\pipe. */
static bool is_server(const char *name, size_t size)
{
    return size > 0 && !is_dots(name, size) && !(size == 1 && name[0] == '?');
}

/* `path` begins with the name of the server. A share is needed: without one there is no place for files. */
static const char *append_share(struct kin_win32_text *full, const char *path)
{
    size_t server_size = part_size(path);
    const char *share = skip_separators(path + server_size);
    size_t share_size = part_size(share);

    if (!is_server(path, server_size) || share_size == 0 || is_dots(share, share_size)) {
        return NULL;
    }
    kin_win32_text_append(full, "\\\\");
    kin_win32_text_append_bytes(full, path, server_size);
    kin_win32_text_append_character(full, '\\');
    kin_win32_text_append_bytes(full, share, share_size);
    kin_win32_text_append_character(full, '\\');
    return share + share_size;
}

static const char *append_verbatim_root(struct kin_win32_text *full, const char *path)
{
    size_t prefix_size = sizeof verbatim_prefix - 1;

    if (begins_with(path, verbatim_unc_prefix)) {
        return append_share(full, path + sizeof verbatim_unc_prefix - 1);
    }
    if (begins_with_drive(path + prefix_size)) {
        return append_drive(full, path + prefix_size);
    }
    prefix_size += part_size(path + prefix_size);
    kin_win32_text_append_bytes(full, path, prefix_size);
    kin_win32_text_append_character(full, '\\');
    return path + prefix_size;
}

/*
 * Appends the root of an absolute path, which ends in a backslash. Returns the rest of the path; NULL: it has no
 * root.
 */
static const char *append_root(struct kin_win32_text *full, const char *path)
{
    switch (kin_win32_path_kind(path)) {
    case KIN_WIN32_PATH_DRIVE:
        return append_drive(full, path);
    case KIN_WIN32_PATH_UNC:
        return append_share(full, path + 2);
    case KIN_WIN32_PATH_VERBATIM:
        return append_verbatim_root(full, path);
    case KIN_WIN32_PATH_RELATIVE:
    case KIN_WIN32_PATH_ROOT_RELATIVE:
    case KIN_WIN32_PATH_DRIVE_RELATIVE:
    case KIN_WIN32_PATH_DEVICE:
        break;
    }
    return NULL;
}

/* Takes off the last part; `..` stops at the root. */
static void remove_part(struct kin_win32_text *full, size_t root_size)
{
    size_t size = full->size;

    if (full->error == KIN_OK && size > root_size) {
        size--;
        while (size > root_size && full->data[size - 1] != '\\') {
            size--;
        }
        kin_win32_text_truncate(full, size);
    }
}

/* A part in the middle loses one dot at its end; three or more dots are a name ("File path formats": trimming). */
static void append_part(struct kin_win32_text *full, const char *part, size_t size, bool is_last)
{
    if (!is_last && size >= 2 && part[size - 1] == '.' && part[size - 2] != '.') {
        size--;
    }
    kin_win32_text_append_bytes(full, part, size);
    kin_win32_text_append_character(full, '\\');
}

/* Appends the parts of a path, each with a backslash behind it. */
static void append_parts(struct kin_win32_text *full, size_t root_size, const char *path)
{
    size_t size;

    for (path = skip_separators(path); *path != '\0'; path = skip_separators(path + size)) {
        size = part_size(path);
        if (!is_dots(path, size)) {
            append_part(full, path, size, path[size] == '\0');
        } else if (size == 2) {
            remove_part(full, root_size);
        }
    }
}

/* The end of a path that names a file: no separator, and no dots and blanks, of which Windows takes no notice there. */
static void trim_end(struct kin_win32_text *full, size_t root_size)
{
    size_t size = full->size;

    if (full->error < 0 || size <= root_size) {
        return;
    }
    size--;
    while (size > root_size && (full->data[size - 1] == '.' || full->data[size - 1] == ' ')) {
        size--;
    }
    kin_win32_text_truncate(full, size);
}

static bool ends_with_separator(const char *path)
{
    size_t size = strlen(path);

    return size > 0 && kin_win32_path_is_separator(path[size - 1]);
}

/* Whether the drive of "D:foo" is the one that the root names. */
static bool is_on_drive(const struct kin_win32_text *root, const char *path)
{
    return kin_win32_text_is_same(kin_win32_text_string(root), path, 2);
}

/* Puts root and parts of `path` together, as seen from the absolute path `base`. */
static int append_full_path(struct kin_win32_text *full, const char *base, const char *path)
{
    enum kin_win32_path_kind kind = kin_win32_path_kind(path);
    bool is_absolute = kin_win32_path_is_absolute(path);
    const char *rest = append_root(full, is_absolute ? path : base);
    size_t root_size = full->size;

    if (rest == NULL || kind == KIN_WIN32_PATH_DEVICE) {
        return KIN_EINVAL;
    }
    if (kind == KIN_WIN32_PATH_DRIVE_RELATIVE && !is_on_drive(full, path)) {
        kin_win32_text_truncate(full, 0);
        append_drive(full, path);
        root_size = full->size;
    } else if (kind == KIN_WIN32_PATH_RELATIVE || kind == KIN_WIN32_PATH_DRIVE_RELATIVE) {
        append_parts(full, root_size, rest);
    }
    append_parts(full, root_size, is_absolute ? rest : kind == KIN_WIN32_PATH_DRIVE_RELATIVE ? path + 2 : path);
    if (!ends_with_separator(path)) {
        trim_end(full, root_size);
    }
    return full->error;
}

int kin_win32_full_path(const char *base, const char *path, char **full)
{
    struct kin_win32_text text = { 0 };
    int rc = KIN_OK;

    if (kin_win32_path_kind(path) == KIN_WIN32_PATH_VERBATIM) {
        kin_win32_text_append(&text, path);
    } else {
        rc = append_full_path(&text, base, path);
    }
    if (rc == KIN_OK) {
        rc = kin_win32_text_take(&text, full);
    }
    kin_win32_text_free(&text);
    return rc;
}

/* -------------------------------------------------------------------------------------------- long paths --- */

int kin_win32_long_path(const char *full, size_t max, char **result)
{
    struct kin_win32_text text = { 0 };
    size_t count = 0;
    int rc = kin_win32_utf16_count(full, strlen(full), &count);

    if (rc == KIN_OK && count > max && kin_win32_path_kind(full) != KIN_WIN32_PATH_VERBATIM) {
        bool is_share = kin_win32_path_kind(full) == KIN_WIN32_PATH_UNC;
        const char *prefix = is_share ? verbatim_unc_prefix : verbatim_prefix;

        kin_win32_text_append(&text, prefix);
        full += is_share ? 2 : 0;
        count += strlen(prefix);
    }
    if (rc == KIN_OK && count > KIN_WIN32_LONG_PATH_MAX) {
        rc = KIN_ENAMETOOLONG;
    }
    if (rc == KIN_OK) {
        kin_win32_text_append(&text, full);
        rc = kin_win32_text_take(&text, result);
    }
    kin_win32_text_free(&text);
    return rc;
}
