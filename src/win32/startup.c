/* SPDX-License-Identifier: MIT */
#include "startup.h"

#include <stdlib.h>

#include "rules/crt_descriptors.h"
#include "rules/handle_list.h"

/* The handles are listed as numbers, and given to the system as handles. */
_Static_assert(sizeof(uintptr_t) == sizeof(HANDLE), "a handle is as large as a pointer");

static DWORD describe_slots(struct kin_win32_startup *startup, const struct kin_win32_slots *slots)
{
    STARTUPINFOW *info = &startup->info.StartupInfo;
    struct kin_win32_crt_descriptor *list = calloc(slots->count, sizeof *list);
    uint16_t size;

    if (list == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < slots->count; i++) {
        list[i].handle = (uintptr_t)slots->handles[i];
        list[i].flags = kin_win32_crt_flags_of(GetFileType(slots->handles[i]));
    }
    int rc = kin_win32_crt_descriptors(list, slots->count, &startup->descriptors, &size);
    free(list);
    if (rc < 0)
        return rc == KIN_ENOMEM ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER;
    info->lpReserved2 = startup->descriptors;
    info->cbReserved2 = size;
    return ERROR_SUCCESS;
}

/* Slots from 3 on are known to C runtimes only. For the first three the standard handles are enough, for any program. */
static DWORD place_handles(struct kin_win32_startup *startup, const struct kin_win32_slots *slots)
{
    STARTUPINFOW *info = &startup->info.StartupInfo;
    info->cb = sizeof startup->info;
    info->dwFlags = STARTF_USESTDHANDLES;
    info->hStdInput = slots->handles[0];
    info->hStdOutput = slots->handles[1];
    info->hStdError = slots->handles[2];
    return slots->count > 3 ? describe_slots(startup, slots) : ERROR_SUCCESS;
}

/* It does not fail when it only tells the size that it needs, but for want of room (documented). */
static DWORD make_attributes(struct kin_win32_startup *startup, DWORD count)
{
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(NULL, count, 0, &size);
    LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(size);
    if (list == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!InitializeProcThreadAttributeList(list, count, 0, &size)) {
        DWORD error = GetLastError();
        free(list);
        return error;
    }
    startup->info.lpAttributeList = list;
    return ERROR_SUCCESS;
}

static DWORD set_attribute(struct kin_win32_startup *startup, DWORD_PTR attribute, void *value, size_t size)
{
    LPPROC_THREAD_ATTRIBUTE_LIST list = startup->info.lpAttributeList;
    return UpdateProcThreadAttribute(list, 0, attribute, value, size, NULL, NULL) ? ERROR_SUCCESS : GetLastError();
}

static DWORD list_handles(struct kin_win32_startup *startup, const struct kin_win32_slots *slots)
{
    uintptr_t *list = calloc(slots->count, sizeof *list);
    if (list == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < slots->count; i++)
        list[i] = (uintptr_t)slots->handles[i];
    size_t count = kin_win32_handle_list(list, slots->count);

    startup->inherited = calloc(slots->count, sizeof *startup->inherited);
    for (size_t i = 0; startup->inherited != NULL && i < count; i++)
        startup->inherited[i] = (HANDLE)list[i];
    free(list);
    if (startup->inherited == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    return set_attribute(startup, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, startup->inherited, count * sizeof(HANDLE));
}

DWORD kin_win32_startup_make(struct kin_win32_startup *startup, const struct kin_win32_slots *slots, HANDLE job)
{
    *startup = (struct kin_win32_startup){ .job = job };
    DWORD error = place_handles(startup, slots);
    if (error == ERROR_SUCCESS)
        error = make_attributes(startup, job != NULL ? 2 : 1);
    if (error == ERROR_SUCCESS)
        error = list_handles(startup, slots);
    if (error == ERROR_SUCCESS && job != NULL)
        error = set_attribute(startup, PROC_THREAD_ATTRIBUTE_JOB_LIST, &startup->job, sizeof startup->job);
    return error;
}

void kin_win32_startup_free(struct kin_win32_startup *startup)
{
    if (startup->info.lpAttributeList != NULL)
        DeleteProcThreadAttributeList(startup->info.lpAttributeList);
    free(startup->info.lpAttributeList);
    free(startup->inherited);
    free(startup->descriptors);
}
