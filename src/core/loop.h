/* SPDX-License-Identifier: MIT */
/* The inside of a loop: what it watches, what waits for the next turn, what keeps it alive. */
#ifndef KIN_CORE_LOOP_H
#define KIN_CORE_LOOP_H

#include "../platform.h"
#include "alarm.h"
#include "list.h"

struct kin_resource;

/* What a loop needs to know of a thing that belongs to it. */
struct kin_resource_type {
    /* An event of the platform has come for it. */
    void (*event)(struct kin_resource *resource, const struct kin_plat_event *event);
    /* The loop ends: no callbacks from now on; bring back what is under way. */
    void (*abandon)(struct kin_resource *resource);
    /* Nothing is under way any more: let go of everything, the memory too. */
    void (*destroy)(struct kin_resource *resource);
};

/* A thing that belongs to a loop, or a part of one: the first member of a child, a stream, a timer. Its address is the owner
   in events of the platform. */
struct kin_resource {
    struct kin_list node;
    const struct kin_resource_type *type;
};

/* Work for the next turn of the loop, so that no callback runs inside the call that caused it. */
struct kin_deferred {
    struct kin_list node;
    void (*run)(struct kin_deferred *deferred);
};

/* Told at each wake-up of the loop, whatever it was about. */
struct kin_wake_watcher {
    struct kin_list node;
    void (*woken)(struct kin_wake_watcher *watcher);
};

struct kin_loop {
    struct kin_resource resource; /* its wake-up is an event like any other */
    kin_plat_loop *platform;
    struct kin_alarms alarms;
    struct kin_list resources;
    struct kin_list deferred;
    struct kin_list graves;
    struct kin_list wake_watchers;
    size_t active;     /* things that keep the loop alive */
    size_t operations; /* reads and writes under way in the platform */
    uint64_t waits;    /* how often the platform was asked for events */
    bool running;
    bool stopped;
    bool releasing;
    void (*on_wake)(kin_loop *loop, void *user);
    void *wake_user;
};

/* Puts a thing into the loop's care. */
void kin_loop_adopt(kin_loop *loop, struct kin_resource *resource, const struct kin_resource_type *type);

/* Has the type's destroy called when nobody can be using the thing any more: at the end of the present turn. */
void kin_loop_bury(kin_loop *loop, struct kin_resource *resource);

/* Has the work done in the next turn; work that is waiting already is not doubled. */
void kin_loop_defer(kin_loop *loop, struct kin_deferred *deferred);
void kin_deferred_init(struct kin_deferred *deferred, void (*run)(struct kin_deferred *deferred));

/* One thing more, or fewer, that keeps the loop alive; `held` remembers on the thing's side whether it counts. */
void kin_loop_hold(kin_loop *loop, bool *held);
void kin_loop_drop(kin_loop *loop, bool *held);

/* One turn: timers, deferred work, a wait of at most `timeout_ms`, what it brought. 0 or the error of waiting. */
int kin_loop_turn(kin_loop *loop, int64_t timeout_ms);

/* Turns until `is_done`, but at least one, so that a call without time sees what is there. 0; KIN_ETIMEDOUT; the error of waiting. */
int kin_loop_run_until(kin_loop *loop, bool (*is_done)(const void *context), const void *context, int64_t timeout_ms);

/* Carries out a kin_loop_release() that came from inside a callback; the loop is gone then. Whether it did. */
bool kin_loop_finish_release(kin_loop *loop);

/* Like alarms' own functions, in the loop's time. */
void kin_loop_set_alarm(kin_loop *loop, struct kin_alarm *alarm, int64_t delay_ms);
void kin_loop_clear_alarm(kin_loop *loop, struct kin_alarm *alarm);

#endif
