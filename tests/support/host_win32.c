/* SPDX-License-Identifier: MIT */
#include "host.h"

#if defined(_WIN32)

#include <windows.h>

#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { PATH_UNITS = 2048 };

/* --------------------------------------------------------------------------------------------------- where we run --- */

bool host_is_windows(void)
{
    return true;
}

bool host_is_wine(void)
{
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

bool host_is_slow(void)
{
    return host_is_wine();
}

bool host_is_below_valgrind(void)
{
    return false;
}

bool host_memory_is_distorted(void)
{
    return false;
}

bool host_is_superuser(void)
{
    return false;
}

/* What is hostile on POSIX are signals and waiting for strangers, and Windows has neither. */
const char *host_hostility(void)
{
    return "";
}

void host_become_hostile(void)
{
}

void host_become_friendly(void)
{
}

/* ----------------------------------------------------------------------------------------------------------- files --- */

static wchar_t *wide(const char *text, wchar_t *room)
{
    MultiByteToWideChar(CP_UTF8, 0, text, -1, room, PATH_UNITS);
    return room;
}

static void narrow(const wchar_t *text, char *room, size_t size)
{
    if (WideCharToMultiByte(CP_UTF8, 0, text, -1, room, (int)size, NULL, NULL) == 0)
        room[0] = '\0';
}

static void remove_wide(const wchar_t *path)
{
    WIN32_FIND_DATAW entry;
    wchar_t inner[PATH_UNITS];
    HANDLE search;

    if ((GetFileAttributesW(path) & FILE_ATTRIBUTE_DIRECTORY) == 0) {
        DeleteFileW(path);
        return;
    }
    swprintf(inner, PATH_UNITS, L"%ls\\*", path);
    search = FindFirstFileW(inner, &entry);
    while (search != INVALID_HANDLE_VALUE) {
        if (wcscmp(entry.cFileName, L".") != 0 && wcscmp(entry.cFileName, L"..") != 0) {
            swprintf(inner, PATH_UNITS, L"%ls\\%ls", path, entry.cFileName);
            remove_wide(inner);
        }
        if (!FindNextFileW(search, &entry))
            break;
    }
    if (search != INVALID_HANDLE_VALUE)
        FindClose(search);
    RemoveDirectoryW(path);
}

void host_remove(const char *path)
{
    wchar_t room[PATH_UNITS];

    if (GetFileAttributesW(wide(path, room)) != INVALID_FILE_ATTRIBUTES)
        remove_wide(room);
}

bool host_make_directory(const char *path)
{
    wchar_t room[PATH_UNITS];

    return CreateDirectoryW(wide(path, room), NULL) != 0;
}

bool host_write_file(const char *path, const void *data, size_t size)
{
    const kin_native_handle file = host_open_for_writing(path);
    const bool good = file != INVALID_HANDLE_VALUE && host_write(file, data, size);

    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return good;
}

int64_t host_read_file(const char *path, void *data, size_t room)
{
    wchar_t name[PATH_UNITS];
    const HANDLE file = CreateFileW(wide(path, name), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                    NULL, OPEN_EXISTING, 0, NULL);
    int64_t total = 0;

    if (file == INVALID_HANDLE_VALUE)
        return -1;
    while ((size_t)total < room) {
        const int64_t size = host_read(file, (char *)data + total, room - (size_t)total);

        if (size <= 0)
            break;
        total += size;
    }
    CloseHandle(file);
    return total;
}

bool host_make_executable(const char *path)
{
    (void)path;
    return true;
}

bool host_copy_program(const char *from, const char *to)
{
    wchar_t source[PATH_UNITS];
    wchar_t target[PATH_UNITS];

    return CopyFileW(wide(from, source), wide(to, target), FALSE) != 0;
}

void host_temporary_directory(char *path, size_t size)
{
    static unsigned number;
    wchar_t base[PATH_UNITS];
    wchar_t name[PATH_UNITS];

    GetTempPathW(PATH_UNITS, base);
    swprintf(name, PATH_UNITS, L"%lskin-test-%lu-%u", base, GetCurrentProcessId(), number++);
    CreateDirectoryW(name, NULL);
    narrow(name, path, size);
}

void host_make_absolute(char *path, size_t size)
{
    wchar_t room[PATH_UNITS];
    wchar_t full[PATH_UNITS];

    if (GetFullPathNameW(wide(path, room), PATH_UNITS, full, NULL) > 0)
        narrow(full, path, size);
}

static bool identify(const char *path, BY_HANDLE_FILE_INFORMATION *information)
{
    wchar_t room[PATH_UNITS];
    const HANDLE file = CreateFileW(wide(path, room), 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    const bool good = file != INVALID_HANDLE_VALUE && GetFileInformationByHandle(file, information);

    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return good;
}

bool host_same_path(const char *left, const char *right)
{
    BY_HANDLE_FILE_INFORMATION first;
    BY_HANDLE_FILE_INFORMATION second;

    return identify(left, &first) && identify(right, &second) && first.dwVolumeSerialNumber == second.dwVolumeSerialNumber &&
           first.nFileIndexHigh == second.nFileIndexHigh && first.nFileIndexLow == second.nFileIndexLow;
}

const char *host_program_suffix(void)
{
    return ".exe";
}

char host_separator(void)
{
    return '\\';
}

char host_list_separator(void)
{
    return ';';
}

/* --------------------------------------------------------------------------------------------------------- process --- */

void host_set_variable(const char *name, const char *value)
{
    wchar_t wide_name[PATH_UNITS];
    wchar_t wide_value[PATH_UNITS];

    SetEnvironmentVariableW(wide(name, wide_name), value != NULL ? wide(value, wide_value) : NULL);
}

void host_get_directory(char *path, size_t size)
{
    wchar_t room[PATH_UNITS];

    GetCurrentDirectoryW(PATH_UNITS, room);
    narrow(room, path, size);
}

void host_set_directory(const char *path)
{
    wchar_t room[PATH_UNITS];

    SetCurrentDirectoryW(wide(path, room));
}

uint64_t host_peak_memory(void)
{
    PROCESS_MEMORY_COUNTERS counters = { .cb = sizeof counters };

    return GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters) ? counters.PeakWorkingSetSize : 0;
}

unsigned host_umask(void)
{
    return 0;
}

uint32_t host_exit_code_seen(uint32_t code)
{
    return code;
}

bool host_status_is_crash(const kin_status *status)
{
    return status->kind == KIN_EXIT_CRASH && status->code == 0xC0000005U;
}

/* ------------------------------------------------------------------------------------------------------- native handles --- */

bool host_pipe(kin_native_handle ends[2])
{
    return CreatePipe(&ends[0], &ends[1], NULL, 0) != 0;
}

void host_close(kin_native_handle handle)
{
    CloseHandle(handle);
}

bool host_write(kin_native_handle handle, const void *data, size_t size)
{
    DWORD written = 0;

    return WriteFile(handle, data, (DWORD)size, &written, NULL) && written == size;
}

int64_t host_read(kin_native_handle handle, void *data, size_t size)
{
    DWORD done = 0;

    if (ReadFile(handle, data, (DWORD)size, &done, NULL))
        return done;
    return GetLastError() == ERROR_BROKEN_PIPE || GetLastError() == ERROR_HANDLE_EOF ? 0 : -1;
}

kin_native_handle host_open_for_writing(const char *path)
{
    wchar_t room[PATH_UNITS];

    return CreateFileW(wide(path, room), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, CREATE_ALWAYS, 0, NULL);
}

kin_native_handle host_bad_handle(void)
{
    return (HANDLE)(uintptr_t)0x77774;
}

kin_native_handle host_no_handle(void)
{
    return NULL;
}

bool host_wait(kin_native_handle handle, int64_t timeout_ms)
{
    return WaitForSingleObject(handle, timeout_ms > 60000 || timeout_ms < 0 ? 60000 : (DWORD)timeout_ms) == WAIT_OBJECT_0;
}

static const DWORD slot_names[3] = { STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE };
static HANDLE kept_slots[3];

void host_close_slot(int slot)
{
    fflush(NULL);
    kept_slots[slot] = GetStdHandle(slot_names[slot]);
    SetStdHandle(slot_names[slot], NULL);
}

void host_restore_slots(void)
{
    for (int slot = 0; slot < 3; slot++) {
        if (kept_slots[slot] != NULL)
            SetStdHandle(slot_names[slot], kept_slots[slot]);
        kept_slots[slot] = NULL;
    }
}

/* ----------------------------------------------------------------------------------------------------------- threads --- */

struct host_thread {
    HANDLE handle;
    void (*run)(void *argument);
    void *argument;
};

static DWORD WINAPI enter_thread(void *argument)
{
    struct host_thread *thread = argument;

    thread->run(thread->argument);
    return 0;
}

struct host_thread *host_thread_start(void (*run)(void *argument), void *argument)
{
    struct host_thread *thread = malloc(sizeof *thread);

    if (thread == NULL)
        abort();
    thread->run = run;
    thread->argument = argument;
    thread->handle = CreateThread(NULL, 0, enter_thread, thread, 0, NULL);
    if (thread->handle == NULL)
        abort();
    return thread;
}

void host_thread_join(struct host_thread *thread)
{
    WaitForSingleObject(thread->handle, INFINITE);
    CloseHandle(thread->handle);
    free(thread);
}

#endif
