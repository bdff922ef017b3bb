/* SPDX-License-Identifier: MIT */
/*
 * Who holds the job of a process that dies with us, after the process itself was let go: closing the job would end it.
 */
#ifndef KIN_WIN32_KEEPER_H
#define KIN_WIN32_KEEPER_H

#include "system.h"

struct kin_win32_keeper;

/* Made before the process, so that letting go of it cannot fail. 0 or a negative kin_code. */
int kin_win32_keeper_make(struct kin_win32_keeper **keeper);

/*
 * The handles, and the keeper, are its own from now on. The system's thread pool waits for the members of the job; when there
 * are none left, all is closed, without a thread and without a loop of ours. `process` is NULL when none was started.
 */
void kin_win32_keeper_take(struct kin_win32_keeper *keeper, HANDLE job, HANDLE process);

#endif
