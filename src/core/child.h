/* SPDX-License-Identifier: MIT */
/*
 * The inside of a child: a process, its streams, its limits.
 *
 *      running ──exit event──▶ exited ──all that it wrote is read, or the close delay is over──▶ closed
 *
 * How we end it, is in ending.h.
 */
#ifndef KIN_CORE_CHILD_H
#define KIN_CORE_CHILD_H

#include "channel.h"
#include "ending.h"
#include "loop.h"
#include "options.h"
#include "stream.h"

struct kin_child {
    struct kin_resource resource;
    kin_loop *loop;
    bool private_loop;
    kin_plat_process *process;
    int64_t id;
    bool tree;
    bool wait_tree;
    bool suspended;
    kin_status status;
    uint32_t sent; /* signals that kin_kill() and kin_kill_tree() have sent, a bit each */
    bool exited;
    bool closed;
    bool released;  /* nobody is called any more; it goes when it has ended and settled */
    bool anonymous; /* the caller kept no handle: released after on_close */
    bool borrowed;  /* a handle that is not the caller's to release: that of kin_exec() */
    bool referenced;
    bool held;
    struct kin_ending ending;
    struct kin_alarm close_delay; /* after the exit: the time of those that hold the pipes; then the next look at the tree */
    int64_t look_ms;              /* how long until then */
    int64_t close_delay_ms;
    bool draining;          /* the close delay is over: what is in the pipes is read, nothing is waited for */
    uint64_t drained;       /* bytes received when that was looked at last, */
    uint64_t drained_waits; /* the loop's number of waits at that time, */
    uint64_t drained_limit; /* and the number of bytes after which it is enough */
    struct kin_deferred update;
    void (*on_exit)(kin_child *child, const kin_status *status, void *user);
    void (*on_close)(kin_child *child, const kin_status *status, void *user);
    void *callback_user;                  /* for the two above */
    void *user;                           /* for kin_child_user() */
    void (*dispose)(void *callback_user); /* frees what is behind the callbacks, together with the child */
    size_t slot_count;
    kin_stream **streams; /* one for each slot, NULL where there is no pipe */
    kin_channel *channel; /* NULL: none */
};

/* kin_spawn() after the options have been resolved: starts, and watches. `error` may be NULL. */
int kin_child_start(kin_loop *loop, const kin_spawn_options *options, struct kin_plan *plan, kin_child **child,
                    kin_error *error);

/* kin_spawn(), and the entry at which this program begins again, or NULL. */
int kin_spawn_at(kin_loop *loop, const char *entry, const kin_spawn_options *options, kin_child **child);

/* Puts a child that has just been started into the loop's care. */
void kin_child_watch(kin_child *child, kin_loop *loop, const struct kin_plan *plan);

/* The process has ended, or is said to have; once. */
void kin_child_exited(kin_child *child, const kin_status *seen);

/* Starts the time in which others may go on holding the child's pipes. */
void kin_child_start_close_delay(kin_child *child);

/* Whether kin_kill() or kin_kill_tree() has sent this signal. */
bool kin_child_was_sent(const kin_child *child, int signal);

/* How long to wait before the next look at a tree that lives: more each time. */
int64_t kin_child_next_look_ms(int64_t last_ms);

#endif
