/* SPDX-License-Identifier: MIT */
/*
 * From the system's error codes to ours.
 */
#ifndef KIN_WIN32_ERROR_H
#define KIN_WIN32_ERROR_H

#include "system.h"

#include "../platform.h"

/* The kin_code for a value of GetLastError(); KIN_EUNKNOWN when there is no name for it. */
int kin_win32_code(DWORD error);

/* Fill in a failure and return its code: one that we found, or one that the system told. */
int kin_win32_fail(struct kin_plat_failure *failure, int code, kin_stage stage, const char *subject);
int kin_win32_fail_system(struct kin_plat_failure *failure, DWORD error, kin_stage stage, const char *subject);

#endif
