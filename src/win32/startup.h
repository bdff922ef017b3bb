/* SPDX-License-Identifier: MIT */
/*
 * What CreateProcess is told beside the program: exactly which handles the child inherits, where it finds them, and its job.
 */
#ifndef KIN_WIN32_STARTUP_H
#define KIN_WIN32_STARTUP_H

#include "system.h"

#include "slots.h"

/* The attributes point into it: it stays where it was made, until kin_win32_startup_free(). */
struct kin_win32_startup {
    STARTUPINFOEXW info;
    HANDLE *inherited;
    unsigned char *descriptors;
    HANDLE job;
};

/* `job` may be NULL. ERROR_SUCCESS or why not; in both cases it is to be freed. */
DWORD kin_win32_startup_make(struct kin_win32_startup *startup, const struct kin_win32_slots *slots, HANDLE job);
void kin_win32_startup_free(struct kin_win32_startup *startup);

#endif
