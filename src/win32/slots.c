/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include <stdlib.h>

#include "channel.h"
#include "error.h"
#include "file.h"
#include "pipe.h"
#include "rules/handle_list.h"

static const char *slot_name(size_t slot)
{
    static const char *const names[] = { "in", "out", "err" };
    return slot < sizeof names / sizeof names[0] ? names[slot] : "extra";
}

static int open_null(HANDLE *handle, struct kin_plat_failure *failure)
{
    static const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE;
    HANDLE opened = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, share, NULL, OPEN_EXISTING, 0, NULL);
    if (opened == INVALID_HANDLE_VALUE)
        return kin_win32_fail_system(failure, GetLastError(), KIN_STAGE_OPEN, "NUL");
    *handle = opened;
    return 0;
}

/* Pseudo handles mean something else in every process, and INVALID_HANDLE_VALUE is one of them: GetCurrentProcess(). */
static DWORD copy_handle(HANDLE source, HANDLE *copy)
{
    HANDLE self = GetCurrentProcess();
    if (!kin_win32_handle_is_listable((uintptr_t)source))
        return ERROR_INVALID_HANDLE;
    return DuplicateHandle(self, source, self, copy, 0, FALSE, DUPLICATE_SAME_ACCESS) ? ERROR_SUCCESS : GetLastError();
}

/* A program without console has NULL, INVALID_HANDLE_VALUE or -2 here, or the number of a handle that was closed. */
static int copy_standard_handle(size_t slot, HANDLE *handle, struct kin_plat_failure *failure)
{
    static const DWORD names[] = { STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE };
    if (slot < sizeof names / sizeof names[0] && copy_handle(GetStdHandle(names[slot]), handle) == ERROR_SUCCESS)
        return 0;
    return open_null(handle, failure);
}

static int copy_given_handle(size_t slot, HANDLE given, HANDLE *handle, struct kin_plat_failure *failure)
{
    DWORD error = copy_handle(given, handle);
    if (error != ERROR_SUCCESS)
        return kin_win32_fail_system(failure, error, KIN_STAGE_STDIO, slot_name(slot));
    return 0;
}

static int open_pipe(kin_plat_loop *loop, struct kin_plat_slot *slot, HANDLE *handle, struct kin_plat_failure *failure)
{
    bool child_reads = slot->kind == KIN_PLAT_SLOT_PIPE_READ;
    return kin_win32_pipe_pair(loop, child_reads, slot->owner, &slot->pipe, handle, failure);
}

static int open_slot(struct kin_win32_slots *slots, size_t i, struct kin_plat_failure *failure)
{
    struct kin_plat_slot *slot = &slots->plan[i];
    HANDLE *handle = &slots->handles[i];

    switch (slot->kind) {
    case KIN_PLAT_SLOT_NULL:
        return open_null(handle, failure);
    case KIN_PLAT_SLOT_INHERIT:
        return copy_standard_handle(i, handle, failure);
    case KIN_PLAT_SLOT_PIPE_READ:
    case KIN_PLAT_SLOT_PIPE_WRITE:
        return open_pipe(slots->loop, slot, handle, failure);
    case KIN_PLAT_SLOT_FILE:
        return kin_win32_file_open(slot->path, slot->mode, 0, handle, failure);
    case KIN_PLAT_SLOT_HANDLE:
        return copy_given_handle(i, slot->handle, handle, failure);
    case KIN_PLAT_SLOT_CHANNEL:
        return kin_win32_channel_pair(slots->loop, slot->owner, &slot->pipe, handle, failure);
    case KIN_PLAT_SLOT_SAME:
        return 0;
    }
    return kin_win32_fail(failure, KIN_EINVAL, KIN_STAGE_OPTIONS, slot_name(i));
}

static void share_slots(struct kin_win32_slots *slots)
{
    for (size_t i = 0; i < slots->count; i++) {
        if (slots->plan[i].kind == KIN_PLAT_SLOT_SAME)
            slots->handles[i] = slots->handles[slots->plan[i].same_as];
    }
}

int kin_win32_slots_open(struct kin_win32_slots *slots, kin_plat_loop *loop, struct kin_plat_launch *launch,
                         struct kin_plat_failure *failure)
{
    int rc = 0;

    *slots = (struct kin_win32_slots){ .loop = loop, .plan = launch->slots, .count = launch->slot_count };
    slots->handles = calloc(launch->slot_count, sizeof *slots->handles);
    if (slots->handles == NULL)
        return kin_win32_fail(failure, KIN_ENOMEM, KIN_STAGE_MEMORY, NULL);

    for (size_t i = 0; i < slots->count; i++)
        slots->plan[i].pipe = NULL;
    for (size_t i = 0; rc == 0 && i < slots->count; i++)
        rc = open_slot(slots, i, failure);
    if (rc < 0)
        kin_win32_slots_abandon(slots);
    else
        share_slots(slots);
    return rc;
}

static bool owns(const struct kin_win32_slots *slots, size_t i)
{
    return slots->plan[i].kind != KIN_PLAT_SLOT_SAME && slots->handles[i] != NULL;
}

DWORD kin_win32_slots_make_inheritable(const struct kin_win32_slots *slots)
{
    for (size_t i = 0; i < slots->count; i++) {
        if (owns(slots, i) && !SetHandleInformation(slots->handles[i], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT))
            return GetLastError();
    }
    return ERROR_SUCCESS;
}

void kin_win32_slots_close(struct kin_win32_slots *slots)
{
    if (slots->handles == NULL)
        return;
    for (size_t i = 0; i < slots->count; i++) {
        if (owns(slots, i))
            CloseHandle(slots->handles[i]);
    }
    free(slots->handles);
    slots->handles = NULL;
}

void kin_win32_slots_abandon(struct kin_win32_slots *slots)
{
    kin_win32_slots_close(slots);
    for (size_t i = 0; i < slots->count; i++) {
        if (slots->plan[i].pipe != NULL)
            kin_plat_pipe_close(slots->plan[i].pipe);
        slots->plan[i].pipe = NULL;
    }
}
