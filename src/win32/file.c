/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <stdlib.h>

#include "error.h"
#include "pipe.h"
#include "wide.h"

/* As on POSIX, others may do with the file what they like meanwhile. */
#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* The right to append without the right to write makes the system put everything at the end, whoever else writes. */
#define ACCESS_APPEND (FILE_GENERIC_WRITE & ~(DWORD)FILE_WRITE_DATA)

static HANDLE open_as(const wchar_t *path, kin_file_mode mode, DWORD flags)
{
    switch (mode) {
    case KIN_FILE_TRUNCATE:
        return CreateFileW(path, FILE_GENERIC_WRITE, SHARE_ALL, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL | flags, NULL);
    case KIN_FILE_APPEND:
        return CreateFileW(path, ACCESS_APPEND, SHARE_ALL, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL | flags, NULL);
    case KIN_FILE_READ:
    default:
        return CreateFileW(path, FILE_GENERIC_READ, SHARE_ALL, NULL, OPEN_EXISTING, flags, NULL);
    }
}

/* A directory is ERROR_ACCESS_DENIED without FILE_FLAG_BACKUP_SEMANTICS; it shall have its own name. */
static int open_failed(const wchar_t *path, DWORD error, const char *subject, struct kin_plat_failure *failure)
{
    kin_win32_fail_system(failure, error, KIN_STAGE_OPEN, subject);
    if (error == ERROR_ACCESS_DENIED) {
        DWORD attributes = GetFileAttributesW(path);
        if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
            failure->code = KIN_EISDIR;
    }
    return failure->code;
}

int kin_win32_file_open(const char *path, kin_file_mode mode, DWORD flags, HANDLE *handle, struct kin_plat_failure *failure)
{
    wchar_t *wide;
    int rc = kin_win32_wide_path(path, &wide);
    if (rc < 0)
        return kin_win32_fail(failure, rc, KIN_STAGE_OPEN, path);

    HANDLE opened = open_as(wide, mode, flags);
    if (opened == INVALID_HANDLE_VALUE)
        rc = open_failed(wide, GetLastError(), path, failure);
    else
        *handle = opened;
    free(wide);
    return rc;
}

int kin_plat_file_open(kin_plat_loop *loop, const char *path, kin_file_mode mode, void *owner, kin_plat_pipe **pipe,
                       struct kin_plat_failure *failure)
{
    enum kin_win32_pipe_nature nature = mode == KIN_FILE_APPEND ? KIN_WIN32_NATURE_APPEND : KIN_WIN32_NATURE_FILE;
    HANDLE handle = INVALID_HANDLE_VALUE;

    int rc = kin_win32_file_open(path, mode, FILE_FLAG_OVERLAPPED, &handle, failure);
    if (rc < 0)
        return rc;
    rc = kin_win32_pipe_adopt(loop, handle, nature, owner, pipe);
    if (rc < 0) {
        CloseHandle(handle);
        return kin_win32_fail(failure, rc, KIN_STAGE_OPEN, path);
    }
    return 0;
}
