/* SPDX-License-Identifier: MIT */
/*
 * The inside of a process that we started.
 */
#ifndef KIN_WIN32_PROCESS_H
#define KIN_WIN32_PROCESS_H

#include "system.h"

#include "../platform.h"

struct kin_plat_process {
    kin_plat_loop *loop;
    void *owner;
    HANDLE handle;
    HANDLE job; /* of a tree; else NULL */
    DWORD id;
    PTP_WAIT wait;
    bool signaled;        /* we have ended it, or tried */
    volatile LONG posted; /* the packet of its end is in the port, or was */
    volatile LONG closing;
    bool told; /* the packet has come */
    bool closed;
};

/* A process that is yet to be started, with all that watching it needs; so nothing can fail once it runs. */
int kin_win32_process_prepare(kin_plat_loop *loop, void *owner, kin_plat_process **process);

/* From now on its end is told. `handle` is the process's now. */
void kin_win32_process_started(kin_plat_process *process, HANDLE handle, DWORD id);

/* The packet of its end has come. Whether there is an event to tell. */
bool kin_win32_process_ended(kin_plat_process *process, struct kin_plat_event *event);

#endif
