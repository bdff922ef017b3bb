/* SPDX-License-Identifier: MIT */
#include "leak.h"

#if defined(_WIN32)

#include <windows.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <winternl.h>

#include <shim.h>

/* Handles are multiples of four, the lowest free one is taken first. */
enum { MOST_HANDLES = 1024, TYPE_SIZE = 24, PATIENCE_MS = 10000 };

struct state {
    char types[MOST_HANDLES][TYPE_SIZE];
    wchar_t directory[1024];
};

static struct state before;
static struct state after;

static void describe(HANDLE handle, char *type)
{
    union {
        PUBLIC_OBJECT_TYPE_INFORMATION information;
        unsigned char room[1024];
    } answer;
    DWORD flags;

    type[0] = '\0';
    if (!GetHandleInformation(handle, &flags))
        return;
    strcpy(type, "?");
    if (NtQueryObject(handle, ObjectTypeInformation, &answer, sizeof answer, NULL) == 0)
        snprintf(type, TYPE_SIZE, "%.*ls", answer.information.TypeName.Length / 2, answer.information.TypeName.Buffer);
}

/* What kin, or a test, opens. The system's own libraries keep further kinds for themselves, opened when first needed; and the
   threads of its pool come and go as they like. */
static bool is_counted(const char *type)
{
    static const char *const names[] = { "File", "Process", "Job", "IoCompletion", "Event", "Token" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], type) == 0)
            return true;
    }
    return false;
}

static void look(struct state *state)
{
    for (uintptr_t i = 0; i < MOST_HANDLES; i++)
        describe((HANDLE)(i * 4 + 4), state->types[i]);
    GetCurrentDirectoryW(sizeof state->directory / sizeof state->directory[0], state->directory);
}

static size_t count(const struct state *state, const char *type)
{
    size_t number = 0;

    for (size_t i = 0; i < MOST_HANDLES; i++)
        number += strcmp(state->types[i], type) == 0;
    return number;
}

/* A type that has more or fewer than before; NULL when all are the same. */
static const char *find_difference(void)
{
    for (size_t i = 0; i < MOST_HANDLES; i++) {
        const char *types[] = { before.types[i], after.types[i] };

        for (size_t side = 0; side < 2; side++) {
            if (is_counted(types[side]) && count(&before, types[side]) != count(&after, types[side]))
                return types[side];
        }
    }
    return NULL;
}

static void CALLBACK never(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WAIT wait, TP_WAIT_RESULT result)
{
    (void)instance;
    (void)context;
    (void)wait;
    (void)result;
}

/* The pool opens handles when it has something to wait for, and closes them seconds after it has nothing any more. A wait that
   never ends keeps it from both. */
static void keep_the_pool_busy(void)
{
    static PTP_WAIT wait;

    if (wait != NULL)
        return;
    wait = CreateThreadpoolWait(never, NULL, NULL);
    SetThreadpoolWait(wait, CreateEventW(NULL, TRUE, FALSE, NULL), NULL);
}

static BOOL CALLBACK pass_over(HWND window, LPARAM argument)
{
    (void)window;
    (void)argument;
    return TRUE;
}

/* The first look at the windows of others connects the process with its desktop, for good. */
static void meet_the_desktop(void)
{
    static bool met;

    if (!met)
        EnumWindows(pass_over, 0);
    met = true;
}

void leak_before(void)
{
    keep_the_pool_busy();
    meet_the_desktop();
    look(&before);
}

void leak_after(void)
{
    const char *type;

    look(&after);
    for (int i = 0; i < PATIENCE_MS / 10 && find_difference() != NULL; i++) {
        Sleep(10);
        look(&after);
    }
    type = find_difference();
    if (type != NULL)
        NOTE_FAILURE_C("leak: there were %d handles of type %s, there are %d", (int)count(&before, type), type,
                       (int)count(&after, type));
    if (wcscmp(before.directory, after.directory) != 0)
        NOTE_FAILURE_C("leak: the directory has changed");
}

#endif
