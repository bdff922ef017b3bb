/* SPDX-License-Identifier: MIT */
/*
 * How we end a child: because a limit was passed, a token was triggered, or kin_stop() was called.
 *
 *      not ──asked──▶ asked ──the grace is over──▶ forced ──our patience is over──▶ given up
 *       └───────there is no way to ask───────────────▲
 *
 * With a tree all of it is asked and forced. The exit of its leader does not end the grace of the others.
 */
#ifndef KIN_CORE_ENDING_H
#define KIN_CORE_ENDING_H

#include "cancel.h"

struct kin_plan;

enum kin_ending_phase { KIN_ENDING_NOT = 0, KIN_ENDING_ASKED, KIN_ENDING_FORCED, KIN_ENDING_GIVEN_UP };

struct kin_ending {
    enum kin_ending_phase phase;
    struct kin_alarm alarm; /* the next limit; then the end of the grace; then that of our patience */
    int64_t grace_ms;       /* unless kin_stop() says otherwise */
    uint64_t deadline_ns;   /* of the time limit; UINT64_MAX: none */
    int64_t idle_timeout_ms;
    uint64_t quiet_since_ns; /* nobody expects output before; what came later is in the streams */
    uint64_t quiet_waits;    /* the loop's number of waits, plus 1, when it was found quiet for too long; 0: it was not */
    struct kin_cancel_watch cancel;
};

/* Begins to watch the limits of a child that has just been started. */
void kin_ending_watch(kin_child *child, const struct kin_plan *plan);

/* Stops that, and whatever is under way. */
void kin_ending_forget(kin_child *child);

/* Asks the child or its tree to end, and ends it by force when it does not; the status will say `cause`. */
void kin_child_end(kin_child *child, kin_exit_cause cause);

/* The process has ended: what is left to do about its tree. */
void kin_ending_exited(kin_child *child);

/* Whether on_close has to wait for descendants: they live, and somebody wants to know them gone. */
bool kin_ending_waits_for_tree(const kin_child *child);

/* Whether the present grace will end what still holds the pipes. */
bool kin_ending_has_grace(const kin_child *child);

#endif
