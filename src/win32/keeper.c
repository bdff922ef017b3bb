/* SPDX-License-Identifier: MIT */
#include "keeper.h"

#include <stdlib.h>

#include "error.h"
#include "job.h"

#define ATTEMPTS 8

struct kin_win32_keeper {
    HANDLE job;
    HANDLE member;   /* whose end is waited for */
    HMODULE library; /* which has our code, until the next callback has returned */
    PTP_WAIT wait;
};

/* Somewhere in the program or DLL that kin is linked into. */
static const char here;

static void release(struct kin_win32_keeper *keeper)
{
    if (keeper->member != NULL)
        CloseHandle(keeper->member);
    if (keeper->job != NULL)
        CloseHandle(keeper->job);
    CloseThreadpoolWait(keeper->wait);
    free(keeper);
}

/* NULL when there was none that could be opened. */
static HANDLE open_a_member(HANDLE job)
{
    JOBOBJECT_BASIC_PROCESS_ID_LIST *members;
    HANDLE member = NULL;
    if (kin_win32_job_members(job, &members) < 0)
        return NULL;
    for (DWORD i = 0; member == NULL && i < members->NumberOfProcessIdsInList; i++)
        kin_win32_job_open_member(job, (DWORD)members->ProcessIdList[i], SYNCHRONIZE, &member);
    free(members);
    return member;
}

/* Between a look at the list and the opening its members may have ended, and others have come. */
static void choose_next(struct kin_win32_keeper *keeper)
{
    CloseHandle(keeper->member);
    keeper->member = NULL;
    for (int i = 0; i < ATTEMPTS && keeper->member == NULL && !kin_win32_job_is_empty(keeper->job); i++)
        keeper->member = open_a_member(keeper->job);
}

/* A host may unload the DLL that kin is part of, since all that it knows of was closed; the code has to stay until it has run. */
static void hold_our_library(struct kin_win32_keeper *keeper)
{
    const wchar_t *address = (const wchar_t *)(const void *)&here;
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, address, &keeper->library))
        keeper->library = NULL;
}

/*
 * Runs on a thread of the system's pool. When there are members, but for want of memory or of rights none to wait for, the job
 * stays open until our end: one handle too many is better than a process that is ended by mistake.
 * The next callback may run before this one has returned, so each has a hold of its own on the library.
 */
static void CALLBACK member_ended(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WAIT wait, TP_WAIT_RESULT result)
{
    struct kin_win32_keeper *keeper = context;
    (void)result;

    if (keeper->library != NULL)
        FreeLibraryWhenCallbackReturns(instance, keeper->library);
    choose_next(keeper);
    if (keeper->member != NULL) {
        hold_our_library(keeper);
        SetThreadpoolWait(wait, keeper->member, NULL);
    } else if (kin_win32_job_is_empty(keeper->job)) {
        release(keeper);
    }
}

int kin_win32_keeper_make(struct kin_win32_keeper **keeper)
{
    struct kin_win32_keeper *made = calloc(1, sizeof *made);
    if (made == NULL)
        return KIN_ENOMEM;
    made->wait = CreateThreadpoolWait(member_ended, made, NULL);
    if (made->wait == NULL) {
        int rc = kin_win32_code(GetLastError());
        free(made);
        return rc;
    }
    *keeper = made;
    return 0;
}

void kin_win32_keeper_take(struct kin_win32_keeper *keeper, HANDLE job, HANDLE process)
{
    keeper->job = job;
    keeper->member = process;
    if (process == NULL || kin_win32_job_is_empty(job)) {
        release(keeper);
        return;
    }
    hold_our_library(keeper);
    SetThreadpoolWait(keeper->wait, process, NULL);
}
