/* SPDX-License-Identifier: MIT */
/* The signal mask of the calling thread, changed for moments and always put back. Dispositions are never touched. */
#ifndef KIN_POSIX_SIGNALS_H
#define KIN_POSIX_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Writes to a pipe without reader raise SIGPIPE in the writing thread. A guard keeps it from the host. */
struct kin_posix_sigpipe_guard {
    bool on;
    bool was_blocked;
    bool was_pending;
    bool raised; /* a write got EPIPE */
};

/* For the first write of a turn; further calls do nothing. */
void kin_posix_sigpipe_hold(struct kin_posix_sigpipe_guard *guard);

/* For the end of the turn: takes away what we raised, and only that; then the mask is as it was. */
void kin_posix_sigpipe_release(struct kin_posix_sigpipe_guard *guard);

/* All signals, those that the C library keeps for itself too. */
struct kin_posix_mask {
    sigset_t set;
};

void kin_posix_signals_block(struct kin_posix_mask *before);

/* Those that are not the C library's own: a thread that blocks these as well would hold up a change of user for ever, since the
   library has every thread make it (nptl(7)). */
void kin_posix_signals_block_for_thread(struct kin_posix_mask *before);
void kin_posix_signals_restore(const struct kin_posix_mask *before);

#endif
