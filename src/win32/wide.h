/* SPDX-License-Identifier: MIT */
/*
 * Text and paths on their way to the system and back. Results are for free().
 */
#ifndef KIN_WIN32_WIDE_H
#define KIN_WIN32_WIDE_H

#include "system.h"

#include <stddef.h>

/* 0, KIN_EILSEQ, KIN_ENOMEM. */
int kin_win32_wide(const char *text, wchar_t **wide);

/* A path for the functions of files: as it is, or when it is too long for them, in the form that may be long. */
int kin_win32_wide_path(const char *path, wchar_t **wide);

/* 0 or KIN_ENOMEM. */
int kin_win32_narrow(const wchar_t *wide, char **text);

/* Of this process; absolute. */
int kin_win32_current_directory(char **directory);

/* Where the system has its programs: C:\Windows\System32. Not by a variable, which anybody may set. */
int kin_win32_system_directory(char **directory);

#endif
