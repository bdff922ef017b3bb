/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static bool to_utf8(const wchar_t *wide, char *text, size_t size)
{
    return WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)size, NULL, NULL) > 0;
}

static bool to_wide(const char *text, wchar_t *wide, size_t size)
{
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, (int)size) > 0;
}

/* All pointers and all texts in one piece of memory, so that one free() is enough. */
static char **arguments_to_utf8(wchar_t **wide, int count)
{
    size_t table = ((size_t)count + 1) * sizeof(char *);
    size_t size = 0;
    for (int index = 0; index < count; index++)
        size += wcslen(wide[index]) * 3 + 1;
    char **argv = malloc(table + size);
    if (!argv)
        return NULL;
    char *text = (char *)argv + table;
    for (int index = 0; index < count; index++) {
        size_t room = wcslen(wide[index]) * 3 + 1;
        argv[index] = text;
        *text = '\0';
        to_utf8(wide[index], text, room);
        text += room;
    }
    argv[count] = NULL;
    return argv;
}

int wmain(int argc, wchar_t **wide); /* no header declares it */

int wmain(int argc, wchar_t **wide)
{
    char **argv = arguments_to_utf8(wide, argc);
    int code = 70;
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);
    if (argv)
        code = tour_main(argc, argv);
    free(argv);
    return code;
}

const char *host_name(void)
{
    return "Windows";
}

bool host_program_path(const char *name, char *path, size_t size)
{
    wchar_t wide[HOST_PATH_SIZE];
    (void)name;
    DWORD length = GetModuleFileNameW(NULL, wide, HOST_PATH_SIZE);
    return length > 0 && length < HOST_PATH_SIZE && to_utf8(wide, path, size);
}

uint64_t host_peak_memory(void)
{
    PROCESS_MEMORY_COUNTERS counters = { .cb = sizeof counters };
    return GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters) ? counters.PeakWorkingSetSize : 0;
}

int64_t host_now_ms(void)
{
    return (int64_t)GetTickCount64();
}

bool host_make_directory(char *path, size_t size)
{
    wchar_t parent[MAX_PATH + 1];
    wchar_t wide[MAX_PATH + 64];
    DWORD length = GetTempPathW(MAX_PATH + 1, parent);
    if (length == 0 || length > MAX_PATH)
        return false;
    swprintf(wide, MAX_PATH + 64, L"%lskin-tour-%lu-%lu", parent, GetCurrentProcessId(), GetTickCount());
    return CreateDirectoryW(wide, NULL) && to_utf8(wide, path, size);
}

bool host_remove_file(const char *path)
{
    wchar_t wide[HOST_PATH_SIZE];
    return to_wide(path, wide, HOST_PATH_SIZE) && DeleteFileW(wide);
}

bool host_remove_directory(const char *path)
{
    wchar_t wide[HOST_PATH_SIZE];
    return to_wide(path, wide, HOST_PATH_SIZE) && RemoveDirectoryW(wide);
}
