/* SPDX-License-Identifier: MIT */
#include "host.h"

#if defined(_WIN32)

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_LIMIT = 256, FORGOTTEN_MILLISECONDS = 300 * 1000, TERMINATED = 0xF0 };

static size_t encode(uint32_t code, char *at)
{
    static const unsigned char first[] = { 0, 0, 0xC0, 0xE0, 0xF0 }; /* by length */
    const size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        at[i] = (char)(0x80 | (code & 0x3F));
    at[0] = (char)(first[length] | code);
    return length;
}

/* By hand, since the system's function replaces the half of a surrogate pair by something else. */
static char *utf8(const wchar_t *text, int size)
{
    const size_t count = size < 0 ? wcslen(text) + 1 : (size_t)size;
    char *result = calloc(count * 3 + 1, 1);
    size_t length = 0;

    if (result == NULL)
        ExitProcess(95);
    for (size_t i = 0; i < count; i++) {
        uint32_t code = text[i];

        if (IS_HIGH_SURROGATE(code) && i + 1 < count && IS_LOW_SURROGATE(text[i + 1]))
            code = 0x10000 + ((code - 0xD800) << 10) + (text[++i] - 0xDC00U);
        length += encode(code, result + length);
    }
    return result;
}

static char **utf8_list(wchar_t **wide, int count)
{
    char **list = calloc((size_t)count + 1, sizeof *list);

    if (list == NULL)
        ExitProcess(95);
    for (int i = 0; i < count; i++)
        list[i] = utf8(wide[i], -1);
    return list;
}

void host_prepare(void)
{
    for (int slot = 0; slot < 16; slot++) {
        if (_get_osfhandle(slot) >= 0)
            _setmode(slot, _O_BINARY);
    }
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
}

/* The startup code of a narrow main() has lost what is not in the code page; the runtime keeps the wide list as well. */
char **host_arguments(int argc, char **argv)
{
    typedef struct {
        int newmode;
    } startup;
    extern int __wgetmainargs(int *, wchar_t ***, wchar_t ***, int, startup *);
    startup information = { 0 };
    wchar_t **wide = NULL;
    wchar_t **environment = NULL;
    int count = argc;

    (void)argv;
    __wgetmainargs(&count, &wide, &environment, 0, &information);
    return utf8_list(wide, count);
}

/* Loaded only when asked for: shell32 brings half of the desktop with it. */
char **host_system_arguments(void)
{
    typedef LPWSTR *WINAPI parse(LPCWSTR, int *);
    HMODULE shell = LoadLibraryW(L"shell32.dll");
    parse *command_line_to_argv = NULL;
    int count = 0;
    wchar_t **wide;

    if (shell != NULL)
        command_line_to_argv = (parse *)(uintptr_t)GetProcAddress(shell, "CommandLineToArgvW");
    if (command_line_to_argv == NULL)
        ExitProcess(95);
    wide = command_line_to_argv(GetCommandLineW(), &count);
    return utf8_list(wide, count);
}

long host_read(int slot, void *data, size_t size)
{
    return _read(slot, data, (unsigned)size);
}

long host_write(int slot, const void *data, size_t size)
{
    return _write(slot, data, (unsigned)size);
}

/* The standard handle is not the descriptor's own: closing the descriptor closes it all the same. */
int host_close(int slot)
{
    return _close(slot);
}

void host_exit(uint32_t code)
{
    ExitProcess(code);
}

void host_crash(void)
{
    *(volatile int *)NULL = 1;
}

void host_raise(int signal)
{
    (void)signal;
    TerminateProcess(GetCurrentProcess(), TERMINATED);
}

void host_ignore_signal(int signal)
{
    (void)signal;
}

void host_exit_on_signal(int signal, uint32_t code)
{
    (void)signal;
    (void)code;
}

void host_stop_self(void)
{
}

void host_join_parents_group(void)
{
}

void host_block_for_ever(void)
{
    Sleep(FORGOTTEN_MILLISECONDS);
}

long host_process_id(void)
{
    return (long)GetCurrentProcessId();
}

const char *host_variable(const char *name)
{
    const size_t size = strlen(name);

    for (const char *entry = host_environment(); *entry != '\0'; entry += strlen(entry) + 1) {
        if (_strnicmp(entry, name, size) == 0 && entry[size] == '=')
            return entry + size + 1;
    }
    return NULL;
}

const char *host_directory(void)
{
    static wchar_t wide[8192];

    GetCurrentDirectoryW(sizeof wide / sizeof wide[0], wide);
    return utf8(wide, -1);
}

const char *host_environment(void)
{
    const wchar_t *block = GetEnvironmentStringsW();
    const wchar_t *end = block;

    while (*end != 0)
        end += wcslen(end) + 1;
    return utf8(block, (int)(end - block) + 1);
}

const char *host_slot_kind(int slot)
{
    const HANDLE handle = (HANDLE)_get_osfhandle(slot);
    DWORD mode;

    if (handle == INVALID_HANDLE_VALUE || handle == (HANDLE)-2)
        return "closed";
    switch (GetFileType(handle)) {
    case FILE_TYPE_PIPE:
        return "pipe";
    case FILE_TYPE_DISK:
        return "file";
    case FILE_TYPE_CHAR:
        return GetConsoleMode(handle, &mode) ? "terminal" : "null";
    default:
        return "closed";
    }
}

int host_slot_limit(void)
{
    return SLOT_LIMIT;
}

const char *host_slot_mode(int slot)
{
    return strcmp(host_slot_kind(slot), "closed") == 0 ? "closed" : "blocking";
}

const char *host_signal_state(void)
{
    return "default";
}

const char *host_umask(void)
{
    return "";
}

const char *host_identity(void)
{
    return "";
}

/* Plain words only: this is not the place to test quoting. */
static void join(char **arguments, wchar_t *line, size_t size)
{
    int used = _snwprintf(line, size, L"child");

    for (; *arguments != NULL; arguments++)
        used += _snwprintf(line + used, size - (size_t)used, L" \"%hs\"", *arguments);
}

long host_start_self(char **arguments, int wait)
{
    STARTUPINFOW startup = { .cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES };
    PROCESS_INFORMATION process;
    wchar_t program[1024];
    wchar_t line[1024];
    DWORD code = 0;

    startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    join(arguments, line, sizeof line / sizeof line[0]);
    GetModuleFileNameW(NULL, program, sizeof program / sizeof program[0]);
    if (!CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        return -1;
    if (wait) {
        WaitForSingleObject(process.hProcess, INFINITE);
        GetExitCodeProcess(process.hProcess, &code);
    }
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return wait ? (long)(code & 0x7fffffff) : (long)process.dwProcessId;
}

#endif
