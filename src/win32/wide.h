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

/* A function of the system that writes text: returns its size, or the room that it needs if that is more than `room`; 0 if the
   text is empty, or there is none and GetLastError() says why. */
typedef DWORD kin_win32_text_function(const void *context, DWORD room, wchar_t *buffer);

/* All that it writes. ERROR_SUCCESS, or why not. */
DWORD kin_win32_read_text(kin_win32_text_function *read, const void *context, wchar_t **text);

/* Copies the text to where the caller of the library has room. Its length, or KIN_ENAMETOOLONG. */
int kin_win32_copy_text(const char *text, char *room, size_t size);

/* Of this process; absolute. */
int kin_win32_current_directory(char **directory);

/* Where the system has its programs: C:\Windows\System32. Not by a variable, which anybody may set. */
int kin_win32_system_directory(char **directory);

#endif
