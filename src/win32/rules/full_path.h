/* SPDX-License-Identifier: MIT */
/*
 * Paths of Windows: which kind, and the absolute form of each ("File path formats on Windows systems"). Done on
 * text alone, without the process's current directory, which any thread may change.
 */
#ifndef KIN_WIN32_RULES_FULL_PATH_H
#define KIN_WIN32_RULES_FULL_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define KIN_WIN32_PATH_MAX 259 /* MAX_PATH counts the terminating zero */
#define KIN_WIN32_LONG_PATH_MAX 32766

enum kin_win32_path_kind {
    KIN_WIN32_PATH_RELATIVE,       /* foo\bar, also nothing at all */
    KIN_WIN32_PATH_ROOT_RELATIVE,  /* \foo: from the root of the base's drive or share */
    KIN_WIN32_PATH_DRIVE_RELATIVE, /* D:foo: from the base when it is on that drive, else from the drive's root */
    KIN_WIN32_PATH_DRIVE,          /* D:\foo */
    KIN_WIN32_PATH_UNC,            /* \\server\share\foo */
    KIN_WIN32_PATH_VERBATIM,       /* \\?\D:\foo, \\?\UNC\server\share\foo, \\?\Volume{…}\foo: taken as it is */
    KIN_WIN32_PATH_DEVICE          /* \\.\foo, \??\foo, and all else that is no file: //?/D:/foo, \\?\pipe\foo */
};

/* `\\` and `/` */
bool kin_win32_path_is_separator(char character);

/* Both separators count, except in the `\\?\` of a verbatim path. */
enum kin_win32_path_kind kin_win32_path_kind(const char *path);

/* Whether both say where to begin: a drive, a share, a verbatim path. */
bool kin_win32_path_is_absolute(const char *path);

/*
 * Whether the last part of the path is a name that means a device in every directory, with any extension and in any
 * case: CON, PRN, AUX, NUL, COM1 to COM9, LPT1 to LPT9 (also with ¹ ² ³), CONIN$, CONOUT$.
 */
bool kin_win32_path_is_reserved(const char *path);

/*
 * Whether the path has a colon that belongs to no drive: it names a stream of a file, like `a.txt:b` and
 * `a.cmd::$DATA`.
 */
bool kin_win32_path_is_stream(const char *path);

/*
 * The absolute form of `path`, seen from the absolute path `base`: backslashes, no `.` and `..`, no trailing dots
 * and blanks where Windows ignores them. A trailing separator stays. A verbatim path is copied. It may be longer
 * than MAX_PATH; see kin_win32_long_path().
 *
 * *full is for free(). 0; KIN_EINVAL: `base` is not absolute, or either is a device; KIN_ENOMEM.
 */
int kin_win32_full_path(const char *base, const char *path, char **full);

/*
 * The form that Windows takes at any length: an absolute path in the form of kin_win32_full_path(), with `\\?\` in
 * front when it has more than `max` UTF-16 units (259 for a file; 247 for a new directory).
 *
 * *result is for free(). 0; KIN_EILSEQ; KIN_ENAMETOOLONG: more than KIN_WIN32_LONG_PATH_MAX units; KIN_ENOMEM.
 */
int kin_win32_long_path(const char *full, size_t max, char **result);

#endif
