/* SPDX-License-Identifier: MIT */
/*
 * Asking a process to end, in the two ways that Windows knows: an event of the console that it shares with us, and a message to
 * its windows. A process can refuse both.
 */
#include "system.h"

#include <stdlib.h>

#include "../platform.h"
#include "process.h"
#include "rules/asking.h"

/* ---------------------------------------------------------------------------------------------- the console event --- */

/* Processes on a console, usually. */
#define FEW_PROCESSES 16

/* Those on our console, to be freed; NULL when we have none. Too small a list is not filled, but its size is told. */
static DWORD *list_console(DWORD *count)
{
    DWORD *list = NULL;
    DWORD room = 0;

    *count = FEW_PROCESSES;
    while (*count > room) {
        room = *count;
        free(list);
        list = malloc(room * sizeof *list);
        if (list == NULL)
            return NULL;
        *count = GetConsoleProcessList(list, room);
    }
    return list;
}

static bool is_on_our_console(DWORD id)
{
    DWORD count;
    DWORD *list = list_console(&count);
    bool found = list != NULL && kin_win32_break_may_be_sent(id, list, count);
    free(list);
    return found;
}

/*
 * The id of a child that leads a group is that of the group. CTRL_C is switched off in groups that are new (CreateProcess,
 * CREATE_NEW_PROCESS_GROUP), CTRL_BREAK never. To reach other consoles we would have to leave ours.
 */
static bool send_break(const kin_plat_process *process, bool tree)
{
    return tree && process->tree && is_on_our_console(process->id) &&
           GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, process->id) != 0;
}

/* ------------------------------------------------------------------------------------------------------- windows --- */

/* What we need of user32.dll. Programs that never ask do not load it: it makes them programs with windows, and those of a
   service share little memory for that. */
typedef BOOL WINAPI enumerate_function(WNDENUMPROC callback, LPARAM argument);
typedef DWORD WINAPI process_of_function(HWND window, DWORD *id);
typedef HWND WINAPI related_function(HWND window, UINT relation);
typedef BOOL WINAPI is_visible_function(HWND window);
typedef BOOL WINAPI post_function(HWND window, UINT message, WPARAM first, LPARAM second);
typedef void any_function(void);

struct user32 {
    HMODULE library;
    enumerate_function *enumerate;
    process_of_function *process_of;
    related_function *related;
    is_visible_function *is_visible;
    post_function *post;
};

struct closing {
    struct user32 user32;
    const JOBOBJECT_BASIC_PROCESS_ID_LIST *members;
    bool posted;
};

static any_function *find(HMODULE library, const char *name)
{
    return (any_function *)GetProcAddress(library, name);
}

static bool find_functions(struct user32 *user32)
{
    user32->enumerate = (enumerate_function *)find(user32->library, "EnumWindows");
    user32->process_of = (process_of_function *)find(user32->library, "GetWindowThreadProcessId");
    user32->related = (related_function *)find(user32->library, "GetWindow");
    user32->is_visible = (is_visible_function *)find(user32->library, "IsWindowVisible");
    user32->post = (post_function *)find(user32->library, "PostMessageW");
    return user32->enumerate != NULL && user32->process_of != NULL && user32->related != NULL && user32->is_visible != NULL &&
           user32->post != NULL;
}

static bool is_member(const JOBOBJECT_BASIC_PROCESS_ID_LIST *members, DWORD id)
{
    for (DWORD i = 0; i < members->NumberOfProcessIdsInList; i++) {
        if (members->ProcessIdList[i] == id)
            return true;
    }
    return false;
}

/* Posting waits for nobody, also not for a window that does not answer. */
static BOOL CALLBACK close_window(HWND window, LPARAM argument)
{
    struct closing *closing = (struct closing *)argument;
    const struct user32 *user32 = &closing->user32;
    DWORD id = 0;

    user32->process_of(window, &id);
    bool owned = user32->related(window, GW_OWNER) != NULL;
    if (is_member(closing->members, id) &&
        kin_win32_window_may_be_asked(user32->is_visible(window) != 0, owned, window == GetConsoleWindow()) &&
        user32->post(window, WM_CLOSE, 0, 0))
        closing->posted = true;
    return TRUE;
}

/*
 * Where there is no desktop, a service for example, there are no windows. The library stays: this thread is one with windows from
 * now on, and libraries of the system are meant to be loaded once and leave behind what they have when they are freed (Q171145).
 */
static bool close_windows(const JOBOBJECT_BASIC_PROCESS_ID_LIST *members)
{
    struct closing closing = { .members = members };
    closing.user32.library = LoadLibraryExW(L"user32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (closing.user32.library == NULL)
        return false;
    if (find_functions(&closing.user32))
        closing.user32.enumerate(close_window, (LPARAM)&closing);
    return closing.posted;
}

/* --------------------------------------------------------------------------------------------------------- asking --- */

/* Who is suspended cannot hear. */
int kin_plat_process_ask(kin_plat_process *process, bool tree)
{
    JOBOBJECT_BASIC_PROCESS_ID_LIST *members;

    int rc = kin_plat_process_resume(process, tree);
    if (rc == 0)
        rc = kin_win32_process_members(process, tree, &members);
    if (rc != 0)
        return rc;
    bool event_sent = send_break(process, tree);
    bool windows_asked = close_windows(members);
    free(members);

    if (!event_sent && !windows_asked)
        return KIN_ENOTSUP;
    process->asked = true;
    return 0;
}
