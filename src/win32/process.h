/* SPDX-License-Identifier: MIT */
/*
 * The inside of a process that we started.
 */
#ifndef KIN_WIN32_PROCESS_H
#define KIN_WIN32_PROCESS_H

#include "system.h"

#include "../platform.h"
#include "keeper.h"
#include "suspend.h"

struct kin_plat_process {
    kin_plat_loop *loop;
    void *owner;
    HANDLE handle;
    HANDLE job;                      /* of a tree, or of a process that dies with us; else NULL */
    bool tree;                       /* the job is that of a tree */
    struct kin_win32_keeper *keeper; /* for one that dies with us; else NULL */
    DWORD id;
    PTP_WAIT wait;
    struct kin_win32_suspension suspension;
    bool asked;           /* to end, in a way that it could refuse */
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

/* Whether it, or all of its tree, has ended. A process without a tree is one by itself. */
bool kin_win32_process_has_ended(const kin_plat_process *process, bool tree);

/* The ids of it, or of all of its tree, as a job lists them; to be freed. 0 or a negative kin_code. */
int kin_win32_process_members(const kin_plat_process *process, bool tree, JOBOBJECT_BASIC_PROCESS_ID_LIST **members);

/* The packet of its end has come. Whether there is an event to tell. */
bool kin_win32_process_ended(kin_plat_process *process, struct kin_plat_event *event);

#endif
