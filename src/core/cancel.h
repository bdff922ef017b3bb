/* SPDX-License-Identifier: MIT */
/* How a loop hears of a token that another thread has triggered: it is woken, and those that watch the token look at it. */
#ifndef KIN_CORE_CANCEL_H
#define KIN_CORE_CANCEL_H

#include <kin/cancel.h>

#include "loop.h"

/* Belongs to a thing of a loop; all zero watches nothing. */
struct kin_cancel_watch {
    kin_cancel *cancel;
    kin_loop *loop;
    struct kin_list node;         /* in the token, under its mutex */
    struct kin_wake_watcher wake; /* in the loop */
    void (*cancelled)(struct kin_cancel_watch *watch);
};

/* `cancelled` runs once, in a later turn of the loop, also if the token was triggered before. NULL watches nothing. */
void kin_cancel_watch_start(struct kin_cancel_watch *watch, kin_cancel *cancel, kin_loop *loop,
                            void (*cancelled)(struct kin_cancel_watch *watch));

/* It does not run any more. */
void kin_cancel_watch_stop(struct kin_cancel_watch *watch);

#endif
