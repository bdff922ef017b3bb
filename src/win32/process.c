/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <stdlib.h>

#include <psapi.h>

#include "error.h"
#include "job.h"
#include "loop.h"

/*
 * What a process that we end has as its exit code, plus the signal: "KIN", which no program returns by chance. Only when
 * the process has it at its end, it was we who ended it; a process may always be faster than we.
 */
#define ENDED_BY_US 0x4B494E00U
#define SIGNAL_BITS 0xFFU

/* ------------------------------------------------------------------------------------------------- watching --- */

/*
 * Runs on a thread of the system's pool. Posting fails only when the system is out of memory; the end must not get lost, so it
 * is tried again, as long as there is somebody to hear it.
 */
static void CALLBACK post_end(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WAIT wait, TP_WAIT_RESULT result)
{
    kin_plat_process *process = context;
    OVERLAPPED *mark = (OVERLAPPED *)(void *)process;
    (void)instance;
    (void)wait;
    (void)result;

    while (!PostQueuedCompletionStatus(process->loop->port, 0, KIN_WIN32_PACKET_EXIT, mark)) {
        if (InterlockedCompareExchange(&process->closing, 0, 0) != 0)
            return;
        Sleep(1);
    }
    InterlockedExchange(&process->posted, 1);
    kin_win32_loop_signal(process->loop);
}

int kin_win32_process_prepare(kin_plat_loop *loop, void *owner, kin_plat_process **process)
{
    kin_plat_process *prepared = calloc(1, sizeof *prepared);
    if (prepared == NULL)
        return KIN_ENOMEM;
    prepared->wait = CreateThreadpoolWait(post_end, prepared, NULL);
    if (prepared->wait == NULL) {
        int rc = kin_win32_code(GetLastError());
        free(prepared);
        return rc;
    }
    prepared->loop = loop;
    prepared->owner = owner;
    *process = prepared;
    return 0;
}

void kin_win32_process_started(kin_plat_process *process, HANDLE handle, DWORD id)
{
    process->handle = handle;
    process->id = id;
    SetThreadpoolWait(process->wait, handle, NULL);
}

int64_t kin_plat_process_id(const kin_plat_process *process)
{
    return process->id;
}

/* -------------------------------------------------------------------------------------------------- its end --- */

static uint64_t microseconds(FILETIME time)
{
    return (((uint64_t)time.dwHighDateTime << 32) | time.dwLowDateTime) / 10;
}

static kin_usage read_usage(HANDLE handle)
{
    kin_usage usage = { 0 };
    PROCESS_MEMORY_COUNTERS memory = { .cb = sizeof memory };
    FILETIME created, exited, system, user;

    usage.known = GetProcessTimes(handle, &created, &exited, &system, &user) != 0;
    if (!usage.known)
        return usage;
    usage.user_us = microseconds(user);
    usage.system_us = microseconds(system);
    if (K32GetProcessMemoryInfo(handle, &memory, sizeof memory))
        usage.peak_memory_bytes = memory.PeakWorkingSetSize;
    return usage;
}

/*
 * An exception that nobody handles becomes the exit code. Those of the system are NTSTATUS values of severity "error" (0xC…) or
 * the few "warnings" that a processor raises; runtimes add theirs. An exit(-1) is 0xFFFFFFFF, and no crash.
 */
static bool is_exception(DWORD code)
{
    switch (code) {
    case (DWORD)EXCEPTION_GUARD_PAGE:
    case (DWORD)EXCEPTION_DATATYPE_MISALIGNMENT:
    case (DWORD)EXCEPTION_BREAKPOINT:
    case (DWORD)EXCEPTION_SINGLE_STEP:
    case 0xE06D7363U: /* C++ of Microsoft */
    case 0xE0434352U: /* .NET */
        return true;
    default:
        return code >> 28 == 0xC;
    }
}

static kin_status read_status(const kin_plat_process *process)
{
    kin_status status = { .kind = KIN_EXIT_LOST };
    DWORD code;

    status.usage = read_usage(process->handle);
    if (!GetExitCodeProcess(process->handle, &code))
        return status;
    if (process->signaled && (code & ~SIGNAL_BITS) == ENDED_BY_US) {
        status.kind = KIN_EXIT_SIGNAL;
        status.signal = (int)(code & SIGNAL_BITS);
        return status;
    }
    if (code == (DWORD)CONTROL_C_EXIT) { /* what the default handler of console events ends with (HandlerRoutine) */
        status.kind = KIN_EXIT_SIGNAL;
        status.signal = process->asked ? KIN_SIGNAL_TERMINATE : KIN_SIGNAL_INTERRUPT;
        return status;
    }
    status.kind = is_exception(code) ? KIN_EXIT_CRASH : KIN_EXIT_CODE;
    status.code = code;
    return status;
}

bool kin_win32_process_ended(kin_plat_process *process, struct kin_plat_event *event)
{
    if (process->closed) {
        process->loop->leftovers--;
        free(process);
        return false;
    }
    process->told = true;
    event->kind = KIN_PLAT_EXIT;
    event->owner = process->owner;
    event->status = read_status(process);
    return true;
}

/* -------------------------------------------------------------------------------------------------- signals --- */

/* By waiting: a code of 259 is that of a running process, but may also be that of one that ended. */
bool kin_win32_process_has_ended(const kin_plat_process *process, bool tree)
{
    if (tree && process->tree)
        return kin_win32_job_is_empty(process->job);
    return WaitForSingleObject(process->handle, 0) == WAIT_OBJECT_0;
}

int kin_win32_process_members(const kin_plat_process *process, bool tree, JOBOBJECT_BASIC_PROCESS_ID_LIST **members)
{
    if (tree && process->tree)
        return kin_win32_job_members(process->job, members);

    *members = calloc(1, sizeof **members);
    if (*members == NULL)
        return KIN_ENOMEM;
    (*members)->NumberOfAssignedProcesses = 1;
    (*members)->NumberOfProcessIdsInList = 1;
    (*members)->ProcessIdList[0] = process->id;
    return 0;
}

static bool ends_a_process(int signal)
{
    return signal == KIN_SIGNAL_INTERRUPT || signal == KIN_SIGNAL_QUIT || signal == KIN_SIGNAL_KILL ||
           signal == KIN_SIGNAL_TERMINATE;
}

/* Our handle has all rights; if we are denied all the same, the process is ending already (TerminateProcess). */
static int end_by_force(const kin_plat_process *process, UINT code, bool tree)
{
    BOOL done = tree ? TerminateJobObject(process->job, code) : TerminateProcess(process->handle, code);
    if (done)
        return 0;
    DWORD error = GetLastError();
    return error == ERROR_ACCESS_DENIED ? KIN_ALREADY_ENDED : kin_win32_code(error);
}

int kin_plat_process_signal(kin_plat_process *process, int signal, bool tree)
{
    if (signal < 0 || (tree && !process->tree))
        return KIN_EINVAL;
    if (signal != KIN_SIGNAL_NONE && !ends_a_process(signal))
        return KIN_ENOTSUP;
    if (kin_win32_process_has_ended(process, tree))
        return KIN_ALREADY_ENDED;
    if (signal == KIN_SIGNAL_NONE)
        return 0;

    int rc = end_by_force(process, ENDED_BY_US + (UINT)signal, tree);
    if (rc == 0)
        process->signaled = true;
    return rc;
}

/* -------------------------------------------------------------------------------------------------- closing --- */

/* After it no callback runs any more, so `posted` is final. */
static void stop_waiting(kin_plat_process *process)
{
    InterlockedExchange(&process->closing, 1);
    SetThreadpoolWait(process->wait, NULL, NULL);
    WaitForThreadpoolWaitCallbacks(process->wait, TRUE);
    CloseThreadpoolWait(process->wait);
}

/*
 * The members of a job live on when its handle is closed, unless they are to die with us; then a keeper takes it.
 */
static void close_handles(kin_plat_process *process)
{
    kin_win32_suspension_forget(&process->suspension);
    if (process->keeper != NULL) {
        kin_win32_keeper_take(process->keeper, process->job, process->handle);
        return;
    }
    if (process->job != NULL)
        CloseHandle(process->job);
    if (process->handle != NULL)
        CloseHandle(process->handle);
}

/* A packet that is in the port already points to the process; so its memory stays until the packet has come. */
void kin_plat_process_close(kin_plat_process *process)
{
    stop_waiting(process);
    close_handles(process);
    if (process->posted != 0 && !process->told) {
        process->closed = true;
        process->loop->leftovers++;
    } else {
        free(process);
    }
}
