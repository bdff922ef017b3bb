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

/* family MILLISECONDS: starts a grandchild that sleeps, says its id, sleeps too */
static int verb_family(int argc, char **argv)
{
    STARTUPINFOA startup = { .cb = sizeof startup };
    PROCESS_INFORMATION created;
    char line[1024];

    snprintf(line, sizeof line, "\"%s\" sleep %s", argv[0], argc > 2 ? argv[2] : "1000");
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &created))
        return 9;
    snprintf(line, sizeof line, "%lu", created.dwProcessId);
    say(line);
    return verb_sleep(argc, argv);
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
    { "variable", verb_variable }, { "directory", verb_directory },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc, argv);
    }
    return 2;
}
