/* SPDX-License-Identifier: MIT */
/*
 * What is remembered of a process, or a tree, that we have suspended.
 */
#ifndef KIN_WIN32_SUSPEND_H
#define KIN_WIN32_SUSPEND_H

#include "system.h"

#include <stdbool.h>
#include <stddef.h>

struct kin_win32_suspended_thread {
    HANDLE handle; /* open, so that no other thread gets the id */
    DWORD id;
    bool suspended; /* by us; else it was ending when we tried */
};

/* All zero: not suspended. */
struct kin_win32_suspension {
    struct kin_win32_suspended_thread *threads;
    size_t count;
    size_t room;
    bool active;
};

/* The threads stay as they are. */
void kin_win32_suspension_forget(struct kin_win32_suspension *suspension);

#endif
