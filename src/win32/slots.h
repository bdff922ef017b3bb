/* SPDX-License-Identifier: MIT */
/*
 * The handles that a child shall find, while it is being started.
 */
#ifndef KIN_WIN32_SLOTS_H
#define KIN_WIN32_SLOTS_H

#include "system.h"

#include "../platform.h"

/* `handles` has one for each slot. They are copies for the child, not inheritable, and ours to close. */
struct kin_win32_slots {
    kin_plat_loop *loop;
    struct kin_plat_slot *plan;
    size_t count;
    HANDLE *handles;
};

/* Opens everything, or nothing. */
int kin_win32_slots_open(struct kin_win32_slots *slots, kin_plat_loop *loop, struct kin_plat_launch *launch,
                         struct kin_plat_failure *failure);

/*
 * Done right before CreateProcess, and the handles are closed right after it. In between, another CreateProcess in this process
 * that inherits handles without a list of them would take ours along: nobody can prevent that but its author.
 */
DWORD kin_win32_slots_make_inheritable(const struct kin_win32_slots *slots);

/* Closes the copies of the child. */
void kin_win32_slots_close(struct kin_win32_slots *slots);

/* Closes our ends of its pipes too: there will be no child. */
void kin_win32_slots_abandon(struct kin_win32_slots *slots);

#endif
