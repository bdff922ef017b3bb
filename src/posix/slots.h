/* SPDX-License-Identifier: MIT */
/* From the slots that core asks for to descriptors of this process, one for each. */
#ifndef KIN_POSIX_SLOTS_H
#define KIN_POSIX_SLOTS_H

#include "../platform.h"

struct kin_posix_slots {
    int *sources; /* what the child shall have in each slot */
    int *opened;  /* those of them that were opened for it; -1: none */
    int *scratch; /* for the child */
    size_t count;
    int null; /* the null device, for all slots that need it; -1: none does */
};

/* Opens everything, also our ends: `launch->slots[…].pipe`. On failure nothing is left open. */
int kin_posix_slots_open(struct kin_posix_slots *slots, kin_plat_loop *loop, struct kin_plat_launch *launch,
                         struct kin_plat_failure *failure);

/* Closes what was opened for the child. */
void kin_posix_slots_close(struct kin_posix_slots *slots);

/* Closes our ends, when the launch has failed. */
void kin_posix_slots_close_pipes(struct kin_plat_launch *launch);

/* The name of a slot, for messages. */
const char *kin_posix_slot_name(size_t number);

#endif
