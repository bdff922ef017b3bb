/* SPDX-License-Identifier: MIT */
#include "job.h"

#include <stdlib.h>

#include "error.h"

/* Most trees are small. */
#define FEW_MEMBERS 8

static DWORD set_limits(HANDLE job, bool tree)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { 0 };
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    if (!tree)
        limits.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
    if (SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits))
        return ERROR_SUCCESS;
    return GetLastError();
}

DWORD kin_win32_job_make(bool tree, bool dies_with_us, HANDLE *job)
{
    HANDLE made = CreateJobObjectW(NULL, NULL);
    if (made == NULL)
        return GetLastError();
    DWORD error = dies_with_us ? set_limits(made, tree) : ERROR_SUCCESS;
    if (error == ERROR_SUCCESS)
        *job = made;
    else
        CloseHandle(made);
    return error;
}

/* The handle of a job is signalled for a limit of time only (Job Objects), so its accounting is asked. */
bool kin_win32_job_is_empty(HANDLE job)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION accounting;
    if (!QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &accounting, sizeof accounting, NULL))
        return false;
    return accounting.ActiveProcesses == 0;
}

/* ERROR_MORE_DATA when there are more than `room`. */
static DWORD list_members(HANDLE job, JOBOBJECT_BASIC_PROCESS_ID_LIST *members, size_t room)
{
    DWORD size = (DWORD)(sizeof *members + (room - 1) * sizeof members->ProcessIdList[0]);
    if (!QueryInformationJobObject(job, JobObjectBasicProcessIdList, members, size, NULL))
        return GetLastError();
    return members->NumberOfProcessIdsInList < members->NumberOfAssignedProcesses ? ERROR_MORE_DATA : ERROR_SUCCESS;
}

/* New members may come while we ask, so the room is doubled until they fit. */
int kin_win32_job_members(HANDLE job, JOBOBJECT_BASIC_PROCESS_ID_LIST **members)
{
    JOBOBJECT_BASIC_PROCESS_ID_LIST *list = NULL;
    DWORD error = ERROR_MORE_DATA;

    for (size_t room = FEW_MEMBERS; error == ERROR_MORE_DATA; room *= 2) {
        free(list);
        list = malloc(sizeof *list + (room - 1) * sizeof list->ProcessIdList[0]);
        error = list != NULL ? list_members(job, list, room) : ERROR_NOT_ENOUGH_MEMORY;
    }
    if (error != ERROR_SUCCESS) {
        free(list);
        return kin_win32_code(error);
    }
    *members = list;
    return 0;
}

/* With the handle open, the id cannot be given to another process any more, and what is asked now stays true. */
DWORD kin_win32_job_open_member(HANDLE job, DWORD id, DWORD access, HANDLE *member)
{
    BOOL inside = FALSE;
    HANDLE process = OpenProcess(access | PROCESS_QUERY_INFORMATION, FALSE, id);
    if (process == NULL)
        return GetLastError();
    if (!IsProcessInJob(process, job, &inside) || !inside) {
        CloseHandle(process);
        return ERROR_NOT_FOUND;
    }
    *member = process;
    return ERROR_SUCCESS;
}
