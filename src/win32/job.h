/* SPDX-License-Identifier: MIT */
/*
 * Job objects: what Windows has for a tree of processes, and for a process that ends with its parent.
 */
#ifndef KIN_WIN32_JOB_H
#define KIN_WIN32_JOB_H

#include "system.h"

#include <stdbool.h>

/*
 * A job without members. One that dies with us ends them when its last handle is closed; there is no other than ours, so the
 * system does it at our end, however that comes. Without `tree` only the process that is put into it is a member, and what it
 * starts is not.
 */
DWORD kin_win32_job_make(bool tree, bool dies_with_us, HANDLE *job);

bool kin_win32_job_is_empty(HANDLE job);

/* The ids of its members, to be freed. 0 or a negative kin_code. */
int kin_win32_job_members(HANDLE job, JOBOBJECT_BASIC_PROCESS_ID_LIST **members);

/* Opens one of the members, and nobody who got the id of one that has ended. ERROR_ACCESS_DENIED when it is not for us. */
DWORD kin_win32_job_open_member(HANDLE job, DWORD id, DWORD access, HANDLE *member);

#endif
