/* SPDX-License-Identifier: MIT */
/*
 * Windows documents no call that suspends a process; it has one for each of its threads, and snapshots of all threads (Tool Help
 * Library). A thread that is not suspended yet may start another one, or another process, and end, while we look. So we look again
 * until a look brings no news: every process that was listed has threads, and all of them were suspended before the list was
 * made; then nobody can have started anything since.
 *
 * Windows counts suspensions, and others may suspend the same threads, a debugger for example. So each thread is suspended once
 * by us, and exactly those are resumed once.
 */
#include "suspend.h"

#include <stdlib.h>

#include <tlhelp32.h>

#include "error.h"
#include "job.h"
#include "process.h"

/* Two looks are usual. What is handed on from thread to thread faster than we look is caught by luck, or not at all. */
#define MOST_LOOKS 200

/* ----------------------------------------------------------------------------------------------- what we suspended --- */

static bool is_known(const struct kin_win32_suspension *suspension, DWORD id)
{
    for (size_t i = 0; i < suspension->count; i++) {
        if (suspension->threads[i].id == id)
            return true;
    }
    return false;
}

static bool make_room(struct kin_win32_suspension *suspension)
{
    if (suspension->count < suspension->room)
        return true;
    size_t room = suspension->room * 2 + 8;
    struct kin_win32_suspended_thread *threads = realloc(suspension->threads, room * sizeof *threads);
    if (threads == NULL)
        return false;
    suspension->threads = threads;
    suspension->room = room;
    return true;
}

void kin_win32_suspension_forget(struct kin_win32_suspension *suspension)
{
    for (size_t i = 0; i < suspension->count; i++)
        CloseHandle(suspension->threads[i].handle);
    free(suspension->threads);
    *suspension = (struct kin_win32_suspension){ 0 };
}

static void resume_ours(struct kin_win32_suspension *suspension)
{
    for (size_t i = 0; i < suspension->count; i++) {
        if (suspension->threads[i].suspended)
            ResumeThread(suspension->threads[i].handle);
    }
    kin_win32_suspension_forget(suspension);
}

/* ------------------------------------------------------------------------------------------------------ suspending --- */

struct look {
    kin_plat_process *process;
    HANDLE snapshot;
    bool news;
};

/*
 * SuspendThread fails for one that is ending, or is suspended as often as it can be; that is as good. One that has ended since the
 * snapshot does not matter, its id may even have a new owner.
 */
static int suspend_thread(struct kin_win32_suspension *suspension, DWORD id, DWORD process_id)
{
    if (!make_room(suspension))
        return KIN_ENOMEM;
    HANDLE handle = OpenThread(THREAD_SUSPEND_RESUME | THREAD_QUERY_LIMITED_INFORMATION, FALSE, id);
    if (handle == NULL)
        return GetLastError() == ERROR_ACCESS_DENIED ? KIN_EPERM : 0;
    if (GetProcessIdOfThread(handle) != process_id) {
        CloseHandle(handle);
        return 0;
    }
    struct kin_win32_suspended_thread *thread = &suspension->threads[suspension->count++];
    thread->handle = handle;
    thread->id = id;
    thread->suspended = SuspendThread(handle) != (DWORD)-1;
    return 0;
}

static int suspend_threads(struct look *look, DWORD process_id)
{
    struct kin_win32_suspension *suspension = &look->process->suspension;
    THREADENTRY32 thread = { .dwSize = sizeof thread };
    bool has_threads = false;
    int rc = 0;

    for (BOOL more = Thread32First(look->snapshot, &thread); rc == 0 && more; more = Thread32Next(look->snapshot, &thread)) {
        if (thread.th32OwnerProcessID == process_id) {
            has_threads = true;
            if (!is_known(suspension, thread.th32ThreadID)) {
                look->news = true;
                rc = suspend_thread(suspension, thread.th32ThreadID, process_id);
            }
        }
        thread.dwSize = sizeof thread;
    }
    if (!has_threads) /* it has ended since the list was made, or is about to begin */
        look->news = true;
    return rc;
}

/* The handle of our own child keeps its id from being given away; that of another member has to be held for it. */
static int suspend_member(struct look *look, DWORD id)
{
    HANDLE member;
    if (id == look->process->id)
        return suspend_threads(look, id);

    DWORD error = kin_win32_job_open_member(look->process->job, id, 0, &member);
    if (error != ERROR_SUCCESS) {
        look->news = true;
        return error == ERROR_ACCESS_DENIED ? KIN_EPERM : 0;
    }
    int rc = suspend_threads(look, id);
    CloseHandle(member);
    return rc;
}

static int suspend_members(struct look *look, const JOBOBJECT_BASIC_PROCESS_ID_LIST *members)
{
    int rc = 0;
    look->snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    if (look->snapshot == INVALID_HANDLE_VALUE)
        return kin_win32_code(GetLastError());
    for (DWORD i = 0; rc == 0 && i < members->NumberOfProcessIdsInList; i++)
        rc = suspend_member(look, (DWORD)members->ProcessIdList[i]);
    CloseHandle(look->snapshot);
    return rc;
}

/* 0 when everything is suspended, 1 when it takes another look, or an error. */
static int take_a_look(kin_plat_process *process, bool tree)
{
    struct look look = { .process = process };
    JOBOBJECT_BASIC_PROCESS_ID_LIST *members;

    int rc = kin_win32_process_members(process, tree, &members);
    if (rc < 0)
        return rc;
    rc = suspend_members(&look, members);
    free(members);
    return rc == 0 && look.news ? 1 : rc;
}

static int suspend_all(kin_plat_process *process, bool tree)
{
    for (int looks = 0; looks < MOST_LOOKS; looks++) {
        if (kin_win32_process_has_ended(process, tree))
            return KIN_ALREADY_ENDED;
        int rc = take_a_look(process, tree);
        if (rc <= 0)
            return rc;
    }
    return KIN_EAGAIN;
}

/* Everything, or nothing. */
int kin_plat_process_suspend(kin_plat_process *process, bool tree)
{
    if (process->suspension.active && !kin_win32_process_has_ended(process, tree))
        return 0;
    int rc = suspend_all(process, tree);
    if (rc == 0)
        process->suspension.active = true;
    else
        resume_ours(&process->suspension);
    return rc;
}

int kin_plat_process_resume(kin_plat_process *process, bool tree)
{
    if (kin_win32_process_has_ended(process, tree))
        return KIN_ALREADY_ENDED;
    resume_ours(&process->suspension);
    return 0;
}
