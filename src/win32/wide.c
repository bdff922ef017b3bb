/* SPDX-License-Identifier: MIT */
#include "wide.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "rules/full_path.h"
#include "rules/utf16.h"

int kin_win32_wide(const char *text, wchar_t **wide)
{
    return kin_win32_utf16_from_utf8(text, strlen(text), wide, NULL);
}

int kin_win32_narrow(const wchar_t *wide, char **text)
{
    return kin_win32_utf16_to_utf8(wide, wcslen(wide), text, NULL);
}

static int wide_long_path(const char *path, wchar_t **wide)
{
    char *base = NULL;
    char *full = NULL;
    char *marked = NULL;

    int rc = kin_win32_current_directory(&base);
    if (rc == 0)
        rc = kin_win32_full_path(base, path, &full);
    if (rc == 0)
        rc = kin_win32_long_path(full, KIN_WIN32_PATH_MAX, &marked);
    if (rc == 0)
        rc = kin_win32_wide(marked, wide);
    free(marked);
    free(full);
    free(base);
    return rc;
}

int kin_win32_wide_path(const char *path, wchar_t **wide)
{
    size_t count;
    int rc = kin_win32_utf16_count(path, strlen(path), &count);
    if (rc < 0)
        return rc;
    return count > KIN_WIN32_PATH_MAX ? wide_long_path(path, wide) : kin_win32_wide(path, wide);
}

typedef DWORD directory_function(DWORD size, wchar_t *buffer);

/* The system says how much room it needs; another thread may change that before it gets it. */
static int read_directory(directory_function *read, char **directory)
{
    wchar_t *buffer = NULL;
    DWORD room = 0;
    DWORD size = MAX_PATH + 1;
    int rc = 0;

    while (rc == 0 && size > room) {
        wchar_t *larger = realloc(buffer, size * sizeof *buffer);
        if (larger == NULL) {
            rc = KIN_ENOMEM;
        } else {
            buffer = larger;
            room = size;
            size = read(room, buffer);
            rc = size == 0 ? kin_win32_code(GetLastError()) : 0;
        }
    }
    if (rc == 0)
        rc = kin_win32_narrow(buffer, directory);
    free(buffer);
    return rc;
}

static DWORD read_current_directory(DWORD size, wchar_t *buffer)
{
    return GetCurrentDirectoryW(size, buffer);
}

static DWORD read_system_directory(DWORD size, wchar_t *buffer)
{
    return GetSystemDirectoryW(buffer, size);
}

int kin_win32_current_directory(char **directory)
{
    return read_directory(read_current_directory, directory);
}

int kin_win32_system_directory(char **directory)
{
    return read_directory(read_system_directory, directory);
}
