/* SPDX-License-Identifier: MIT */
/*
 * The child of the Windows tests: what the portable test child cannot do or say. The first argument is the verb. It is a
 * program of its own, and the only one that looks at its handles with Windows' eyes.
 */
#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int verb_function(int argc, char **argv);

static void say(const char *text)
{
    DWORD written;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, (DWORD)strlen(text), &written, NULL);
}

/* exit CODE: any 32 bits */
static int verb_exit(int argc, char **argv)
{
    ExitProcess(argc > 2 ? (UINT)strtoul(argv[2], NULL, 0) : 0);
}

/* sleep MILLISECONDS */
static int verb_sleep(int argc, char **argv)
{
    Sleep(argc > 2 ? (DWORD)strtoul(argv[2], NULL, 0) : 1000);
    return 0;
}

/* crash: writes to nowhere */
static int verb_crash(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    *(volatile int *)NULL = 1;
    return 0;
}

/* say TEXT */
static int verb_say(int argc, char **argv)
{
    say(argc > 2 ? argv[2] : "");
    return 0;
}

/* count DELAY: waits, then reads stdin to its end and says how many bytes came */
static int verb_count(int argc, char **argv)
{
    char buffer[4096];
    char line[32];
    unsigned long total = 0;
    DWORD size;

    Sleep(argc > 2 ? (DWORD)strtoul(argv[2], NULL, 0) : 0);
    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), buffer, sizeof buffer, &size, NULL) && size > 0)
        total += size;
    snprintf(line, sizeof line, "%lu", total);
    say(line);
    return 0;
}

/* flood SIZE: writes so many bytes */
static int verb_flood(int argc, char **argv)
{
    static char buffer[5000];
    DWORD written;
    unsigned long left = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;

    memset(buffer, 'f', sizeof buffer);
    while (left > 0) {
        DWORD size = left < sizeof buffer ? (DWORD)left : (DWORD)sizeof buffer;
        if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), buffer, size, &written, NULL))
            return 9;
        left -= written;
    }
    return 0;
}

/* empty TEXT: a write of 0 bytes, then the text */
static int verb_empty(int argc, char **argv)
{
    DWORD written;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "", 0, &written, NULL);
    Sleep(50);
    return verb_say(argc, argv);
}

/* handle NUMBER: whether it is a handle here */
static int verb_handle(int argc, char **argv)
{
    DWORD flags;
    HANDLE handle = (HANDLE)(uintptr_t)strtoull(argc > 2 ? argv[2] : "0", NULL, 0);
    say(GetHandleInformation(handle, &flags) ? "valid" : "invalid");
    return 0;
}

/* descriptor NUMBER: copies a descriptor of the C runtime to stdout */
static int verb_descriptor(int argc, char **argv)
{
    char buffer[256];
    int descriptor = argc > 2 ? atoi(argv[2]) : 3;
    int size;

    _setmode(descriptor, _O_BINARY);
    while ((size = _read(descriptor, buffer, sizeof buffer)) > 0)
        _write(1, buffer, (unsigned)size);
    return size < 0 ? 9 : 0;
}

/* tell DESCRIPTOR TEXT: writes to a descriptor of the C runtime */
static int verb_tell(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    int size = (int)strlen(argv[3]);
    return _write(atoi(argv[2]), argv[3], (unsigned)size) == size ? 0 : 9;
}

/* Starts this program with another verb; it has our standard handles. */
static HANDLE start_self(char **argv, const char *verb, const char *argument, DWORD *id)
{
    STARTUPINFOA startup = { .cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES };
    PROCESS_INFORMATION created;
    char line[1024];

    startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    snprintf(line, sizeof line, "\"%s\" %s %s", argv[0], verb, argument);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &created))
        ExitProcess(9);
    *id = created.dwProcessId;
    CloseHandle(created.hThread);
    return created.hProcess;
}

/* family MILLISECONDS [COUNT]: starts grandchildren that sleep, says the id of the last, sleeps too */
static int verb_family(int argc, char **argv)
{
    const char *duration = argc > 2 ? argv[2] : "1000";
    int count = argc > 3 ? atoi(argv[3]) : 1;
    STARTUPINFOA startup = { .cb = sizeof startup };
    PROCESS_INFORMATION created = { 0 };
    char line[1024];

    for (int i = 0; i < count; i++) {
        snprintf(line, sizeof line, "\"%s\" sleep %s", argv[0], duration);
        if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &created))
            return 9;
    }
    snprintf(line, sizeof line, "%lu", created.dwProcessId);
    say(line);
    return verb_sleep(argc, argv);
}

/* above VERB ARGUMENT: starts a grandchild, waits for it, and exits as it did */
static int verb_above(int argc, char **argv)
{
    DWORD id;
    DWORD code = 9;
    HANDLE grandchild = start_self(argv, argc > 2 ? argv[2] : "exit", argc > 3 ? argv[3] : "0", &id);
    WaitForSingleObject(grandchild, INFINITE);
    GetExitCodeProcess(grandchild, &code);
    ExitProcess(code);
}

static DWORD WINAPI sleep_for_ever(void *argument)
{
    (void)argument;
    Sleep(INFINITE);
    return 0;
}

/* threads COUNT: says "ready" when it has so many, and sleeps in all of them */
static int verb_threads(int argc, char **argv)
{
    int count = argc > 2 ? atoi(argv[2]) : 1;
    for (int i = 1; i < count; i++)
        CreateThread(NULL, 0, sleep_for_ever, NULL, 0, NULL);
    say("ready");
    return (int)sleep_for_ever(NULL);
}

static DWORD WINAPI pass_the_torch(void *argument)
{
    Sleep(20);
    HANDLE next = CreateThread(NULL, 0, pass_the_torch, argument, 0, NULL);
    if (next != NULL)
        CloseHandle(next);
    else
        ExitProcess(9);
    return 0;
}

/* restless: threads that soon start another one and end, and so on */
static int verb_restless(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (int i = 0; i < 8; i++)
        CreateThread(NULL, 0, pass_the_torch, NULL, 0, NULL);
    say("ready");
    return (int)sleep_for_ever(NULL);
}

/* echo: says what it is told */
static int verb_echo(int argc, char **argv)
{
    char buffer[256];
    DWORD size;
    (void)argc;
    (void)argv;
    say("ready");
    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), buffer, sizeof buffer - 1, &size, NULL) && size > 0) {
        buffer[size] = '\0';
        say(buffer);
    }
    return 0;
}

/* console: how many processes are on ours */
static int verb_console(int argc, char **argv)
{
    DWORD ids[16];
    char line[32];
    (void)argc;
    (void)argv;
    snprintf(line, sizeof line, "%lu", GetConsoleProcessList(ids, sizeof ids / sizeof ids[0]));
    say(line);
    return 0;
}

static BOOL WINAPI exit_when_broken(DWORD event)
{
    if (event == CTRL_BREAK_EVENT)
        ExitProcess(5);
    return FALSE;
}

/* breakable [default]: exits with 5 at CTRL_BREAK, or as the system has it */
static int verb_breakable(int argc, char **argv)
{
    (void)argv;
    if (argc <= 2)
        SetConsoleCtrlHandler(exit_when_broken, TRUE);
    say("ready");
    return (int)sleep_for_ever(NULL);
}

static LRESULT CALLBACK window_message(HWND window, UINT message, WPARAM first, LPARAM second)
{
    if (message != WM_CLOSE)
        return DefWindowProcA(window, message, first, second);
    if (GetWindowLongPtrA(window, GWLP_USERDATA) != 0)
        say("no");
    else
        PostQuitMessage(0);
    return 0;
}

/* window CODE [stubborn]: has a window, exits with the code when it is closed, or says "no" */
static int verb_window(int argc, char **argv)
{
    WNDCLASSA kind = { .lpfnWndProc = window_message, .lpszClassName = "kin" };
    MSG message;

    RegisterClassA(&kind);
    HWND window = CreateWindowA("kin", "kin", WS_OVERLAPPEDWINDOW | WS_VISIBLE, 0, 0, 100, 100, NULL, NULL, NULL, NULL);
    if (window == NULL) {
        say("none");
        return 9;
    }
    SetWindowLongPtrA(window, GWLP_USERDATA, argc > 3);
    say("ready");
    while (GetMessageA(&message, NULL, 0, 0) > 0)
        DispatchMessageA(&message);
    return verb_exit(argc, argv);
}

/* variable NAME */
static int verb_variable(int argc, char **argv)
{
    char value[4096];
    DWORD size = GetEnvironmentVariableA(argc > 2 ? argv[2] : "", value, sizeof value);
    say(size > 0 && size < sizeof value ? value : "(none)");
    return 0;
}

/* directory: the current one */
static int verb_directory(int argc, char **argv)
{
    char value[MAX_PATH + 1];
    (void)argc;
    (void)argv;
    GetCurrentDirectoryA(sizeof value, value);
    say(value);
    return 0;
}

/* kinds: of the three standard handles, as GetFileType() has them */
static int verb_kinds(int argc, char **argv)
{
    char line[64];
    (void)argc;
    (void)argv;
    snprintf(line, sizeof line, "%lu %lu %lu", GetFileType(GetStdHandle(STD_INPUT_HANDLE)),
             GetFileType(GetStdHandle(STD_OUTPUT_HANDLE)), GetFileType(GetStdHandle(STD_ERROR_HANDLE)));
    say(line);
    return 0;
}

static const struct {
    const char *name;
    verb_function *run;
} verbs[] = {
    { "exit", verb_exit },         { "sleep", verb_sleep },         { "crash", verb_crash },
    { "say", verb_say },           { "flood", verb_flood },         { "count", verb_count },
    { "empty", verb_empty },       { "handle", verb_handle },       { "descriptor", verb_descriptor },
    { "tell", verb_tell },         { "family", verb_family },       { "kinds", verb_kinds },
    { "variable", verb_variable }, { "directory", verb_directory }, { "above", verb_above },
    { "threads", verb_threads },   { "restless", verb_restless },   { "echo", verb_echo },
    { "console", verb_console },   { "breakable", verb_breakable }, { "window", verb_window },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc, argv);
    }
    return 2;
}
