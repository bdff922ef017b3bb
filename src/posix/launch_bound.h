/* SPDX-License-Identifier: MIT */
/* The launch of a child that shall not outlive this process. */
#ifndef KIN_POSIX_LAUNCH_BOUND_H
#define KIN_POSIX_LAUNCH_BOUND_H

#include <stdbool.h>

#include "launch.h"
#include "waiter.h"
#include "watcher.h"

/* What ties the child to this process, until it has ended. All zero: nothing does. */
struct kin_posix_bond {
    struct kin_posix_waiter *parent; /* the thread that made the child, where the system ends the child with it; NULL: none */
    struct kin_posix_watcher watcher;
    bool watcher_failed; /* result of a launch: it was the watcher that could not be started */
};

/* As kin_posix_launch(). After a failure there is no bond. */
int kin_posix_launch_bound(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch, struct kin_posix_bond *bond);

#endif
