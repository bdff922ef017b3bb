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

/* The system says how much room it needs; another thread may change that before it gets it. */
DWORD kin_win32_read_text(kin_win32_text_function *read, const void *context, wchar_t **text)
{
    wchar_t *buffer = NULL;
    DWORD room = 0;
    DWORD size = MAX_PATH + 1;
    DWORD error = ERROR_SUCCESS;

    while (error == ERROR_SUCCESS && size > room) {
        wchar_t *larger = realloc(buffer, size * sizeof *buffer);
        if (larger == NULL) {
            error = ERROR_NOT_ENOUGH_MEMORY;
        } else {
            buffer = larger;
            buffer[0] = L'\0';
            room = size;
            SetLastError(ERROR_SUCCESS);
            size = read(context, room, buffer);
            error = size == 0 ? GetLastError() : ERROR_SUCCESS;
        }
    }
    if (error == ERROR_SUCCESS)
        *text = buffer;
    else
        free(buffer);
    return error;
}

static int read_directory(kin_win32_text_function *read, char **directory)
{
    wchar_t *wide = NULL;
    DWORD error = kin_win32_read_text(read, NULL, &wide);
    if (error != ERROR_SUCCESS)
        return kin_win32_code(error);
    int rc = kin_win32_narrow(wide, directory);
    free(wide);
    return rc;
}

static DWORD read_current_directory(const void *context, DWORD room, wchar_t *buffer)
{
    (void)context;
    return GetCurrentDirectoryW(room, buffer);
}

static DWORD read_system_directory(const void *context, DWORD room, wchar_t *buffer)
{
    (void)context;
    return GetSystemDirectoryW(buffer, room);
}

int kin_win32_current_directory(char **directory)
{
    return read_directory(read_current_directory, directory);
}

int kin_win32_system_directory(char **directory)
{
    return read_directory(read_system_directory, directory);
}

int kin_win32_copy_text(const char *text, char *room, size_t size)
{
    size_t length = strlen(text);
    if (length >= size)
        return KIN_ENAMETOOLONG;
    memcpy(room, text, length + 1);
    return (int)length;
}
