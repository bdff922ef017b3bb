/* SPDX-License-Identifier: MIT */
#if defined(_WIN32)

#include <windows.h>

#include <shellapi.h>

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"

static char *utf8(const wchar_t *wide)
{
    const int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = malloc((size_t)size);

    WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
    return text;
}

static wchar_t *wide_of(const char *text)
{
    const int size = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    wchar_t *wide = malloc((size_t)size * sizeof *wide);

    MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, size);
    return wide;
}

void host_start(int *argc, char ***argv)
{
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), argc);
    char **arguments = calloc((size_t)*argc + 1, sizeof *arguments);

    for (int i = 0; i < *argc; i++)
        arguments[i] = utf8(wide[i]);
    *argv = arguments;
    for (int descriptor = 0; descriptor < 3; descriptor++)
        _setmode(descriptor, _O_BINARY);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
}

/* The first three are the standard handles; further ones are descriptors of the C runtime. */
static HANDLE handle_of(int descriptor)
{
    static const DWORD names[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

    return descriptor < 3 ? GetStdHandle(names[descriptor]) : (HANDLE)_get_osfhandle(descriptor);
}

bool host_write(int descriptor, const char *data, size_t size)
{
    while (size > 0) {
        DWORD written = 0;

        if (!WriteFile(handle_of(descriptor), data, (DWORD)size, &written, NULL))
            return false;
        data += written;
        size -= written;
    }
    return true;
}

long host_read(int descriptor, char *data, size_t size)
{
    DWORD count = 0;

    if (ReadFile(handle_of(descriptor), data, (DWORD)size, &count, NULL))
        return (long)count;
    return GetLastError() == ERROR_BROKEN_PIPE ? 0 : -1;
}

void host_close(int descriptor)
{
    if (descriptor < 3)
        CloseHandle(handle_of(descriptor));
    else
        _close(descriptor);
}

static void ignore_parameter(const wchar_t *expression, const wchar_t *function, const wchar_t *file, unsigned line,
                             uintptr_t reserved)
{
    (void)expression;
    (void)function;
    (void)file;
    (void)line;
    (void)reserved;
}

bool host_is_open(int descriptor)
{
    HANDLE handle;
    DWORD flags;

    _set_invalid_parameter_handler(ignore_parameter);
    handle = handle_of(descriptor);
    return handle != INVALID_HANDLE_VALUE && handle != NULL && GetHandleInformation(handle, &flags);
}

const char *host_kind(int descriptor)
{
    if (!host_is_open(descriptor))
        return "closed";
    switch (GetFileType(handle_of(descriptor))) {
    case FILE_TYPE_DISK:
        return "file";
    case FILE_TYPE_PIPE:
        return "pipe";
    default:
        return "device";
    }
}

const char *host_variable(const char *name)
{
    static wchar_t value[32768];

    SetLastError(ERROR_SUCCESS);
    if (GetEnvironmentVariableW(wide_of(name), value, 32768) == 0 && GetLastError() != ERROR_SUCCESS)
        return NULL;
    return utf8(value);
}

int host_print_environment(void (*print)(const char *entry))
{
    const wchar_t *entry = GetEnvironmentStringsW();

    for (; entry != NULL && *entry != L'\0'; entry += wcslen(entry) + 1)
        print(utf8(entry));
    return 0;
}

bool host_directory(char *path, size_t size)
{
    wchar_t wide[4096];
    char *text;

    if (GetCurrentDirectoryW(4096, wide) == 0)
        return false;
    text = utf8(wide);
    if (strlen(text) >= size)
        return false;
    strcpy(path, text);
    return true;
}

unsigned long host_process_id(void)
{
    return GetCurrentProcessId();
}

void host_print_fact(const char *name)
{
    printf("%s", name);
    if (strcmp(name, "console") == 0)
        printf(" %d", GetConsoleWindow() != NULL);
    printf("\n");
    fflush(stdout);
}

void host_exit(unsigned code)
{
    ExitProcess(code);
}

void host_crash(void)
{
    RaiseException(EXCEPTION_ACCESS_VIOLATION, EXCEPTION_NONCONTINUABLE, 0, NULL);
}

void host_hang(void)
{
    Sleep(INFINITE);
}

void host_raise(int signal)
{
    (void)signal;
}

void host_ignore(int signal)
{
    (void)signal;
}

bool host_start_again(int count, char **arguments)
{
    static wchar_t line[32768];
    wchar_t path[4096];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION created;

    GetModuleFileNameW(NULL, path, 4096);
    wcscpy(line, L"child");
    for (int i = 0; i < count; i++) {
        wcscat(line, L" ");
        wcscat(line, wide_of(arguments[i]));
    }
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = handle_of(0);
    startup.hStdOutput = handle_of(1);
    startup.hStdError = handle_of(2);
    if (!CreateProcessW(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &created))
        return false;
    CloseHandle(created.hThread);
    CloseHandle(created.hProcess);
    return true;
}

#else
typedef int kin_test_host_is_elsewhere;
#endif
