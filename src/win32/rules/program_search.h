/* SPDX-License-Identifier: MIT */
/*
 * Which file is meant. CreateProcess would look in our own directory, the current one, two system directories and
 * our PATH, and would try "C:\Program.exe" for "C:\Program Files\…". We decide ourselves and pass an absolute path.
 *
 *  - A name without separator is looked up in the PATH of the child only. Entries that are empty, relative, on no
 *    drive, or devices are passed over. Quotes around an entry, or a part of it, protect semicolons and are taken
 *    off.
 *  - Anything else is a path, seen from the working directory of the child; see kin_win32_path_kind() for its
 *    kinds.
 *  - Dots and blanks at the end of the name are no part of it, as everywhere on Windows.
 *  - In each place are tried, in this order: the name as it is, when it has an extension (any dot: foo.bar); the
 *    name with .exe; with .com; and, for a path only, the name as it is, when it has none. PATHEXT is not read: it
 *    brings in batch files and scripts.
 *  - A batch file is found only under its full name, and then `batch` decides.
 *  - Refused are the names of devices, and streams of files (a colon that belongs to no drive).
 */
#ifndef KIN_WIN32_RULES_PROGRAM_SEARCH_H
#define KIN_WIN32_RULES_PROGRAM_SEARCH_H

#include <kin/process.h>

enum kin_win32_file_kind {
    KIN_WIN32_FILE_MISSING,
    KIN_WIN32_FILE_PRESENT,   /* any file, links too; ask GetFileAttributesW, which does not follow them */
    KIN_WIN32_FILE_DIRECTORY, /* no hit, but if nothing else is found the answer is KIN_EACCES, not KIN_ENOENT */
    KIN_WIN32_FILE_DENIED     /* may not be looked at: the same */
};

/* What is at an absolute path, which is shorter than MAX_PATH or begins with `\\?\`. */
typedef enum kin_win32_file_kind kin_win32_look_at_file(const char *path, void *context);

struct kin_win32_search {
    const char *file;              /* a name or a path */
    const char *path;              /* the child's PATH; NULL: it has none */
    const char *cwd;               /* the child's working directory, itself relative to the next; NULL: the next */
    const char *current_directory; /* of this process, absolute */
    kin_batch_policy batch;
    kin_win32_look_at_file *look_at_file;
    void *context;
};

/*
 * *program is an absolute path, normalised, with `\\?\` in front when it is longer than MAX_PATH; for free(). When
 * it is a batch file (kin_win32_is_batch_file), the policy was to escape.
 *
 * 0; KIN_ENOENT; KIN_EACCES: only directories or what may not be looked at; KIN_EINVAL: a device, a stream, a batch
 * file against the policy, a current directory that is not absolute; KIN_EILSEQ; KIN_ENAMETOOLONG; KIN_ENOMEM.
 */
int kin_win32_program_search(const struct kin_win32_search *search, char **program);

#endif
