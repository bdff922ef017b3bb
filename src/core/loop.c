/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <stdlib.h>

/* Enough to take many events per system call, little enough for a stack. */
#define EVENTS_PER_TURN 64

static bool has_deferred(const kin_loop *loop)
{
    return !kin_list_is_empty(&loop->deferred);
}

static bool is_alive(const kin_loop *loop)
{
    return loop->active > 0 || has_deferred(loop);
}

/* ---------------------------------------------------------------------------------------------- for the layers above --- */

void kin_loop_adopt(kin_loop *loop, struct kin_resource *resource, const struct kin_resource_type *type)
{
    resource->type = type;
    kin_list_append(&loop->resources, &resource->node);
}

void kin_loop_bury(kin_loop *loop, struct kin_resource *resource)
{
    kin_list_remove(&resource->node);
    if (loop->running || loop->releasing)
        kin_list_append(&loop->graves, &resource->node);
    else
        resource->type->destroy(resource);
}

void kin_deferred_init(struct kin_deferred *deferred, void (*run)(struct kin_deferred *deferred))
{
    kin_list_init(&deferred->node);
    deferred->run = run;
}

void kin_loop_defer(kin_loop *loop, struct kin_deferred *deferred)
{
    if (kin_list_is_empty(&deferred->node))
        kin_list_append(&loop->deferred, &deferred->node);
}

void kin_loop_hold(kin_loop *loop, bool *held)
{
    if (!*held)
        loop->active++;
    *held = true;
}

void kin_loop_drop(kin_loop *loop, bool *held)
{
    if (*held)
        loop->active--;
    *held = false;
}

void kin_loop_set_alarm(kin_loop *loop, struct kin_alarm *alarm, int64_t delay_ms)
{
    kin_alarm_clear(&loop->alarms, alarm);
    if (delay_ms != KIN_FOREVER)
        kin_alarm_set(&loop->alarms, alarm, kin_deadline_ns(kin_plat_now_ns(), delay_ms));
}

void kin_loop_clear_alarm(kin_loop *loop, struct kin_alarm *alarm)
{
    kin_alarm_clear(&loop->alarms, alarm);
}

/* ------------------------------------------------------------------------------------------------------------ a turn --- */

/* Alarms that are set while others ring wait for the next turn, so that a timer without delay cannot hold up the loop. Whether
   one rang. */
static bool ring_alarms(kin_loop *loop)
{
    const uint64_t now_ns = kin_plat_now_ns();
    const uint64_t newcomers = loop->alarms.order;
    struct kin_alarm *alarm = kin_alarms_first(&loop->alarms);
    bool rang = false;

    while (!loop->releasing && alarm != NULL && alarm->deadline_ns <= now_ns && alarm->order < newcomers) {
        kin_alarm_clear(&loop->alarms, alarm);
        alarm->ring(alarm);
        rang = true;
        alarm = kin_alarms_first(&loop->alarms);
    }
    return rang;
}

/* Work that is deferred meanwhile waits for the next turn. */
static void run_deferred(kin_loop *loop)
{
    struct kin_list batch;
    struct kin_list *node;

    kin_list_move(&batch, &loop->deferred);
    while ((node = kin_list_take_first(&batch)) != NULL) {
        struct kin_deferred *deferred = KIN_LIST_MEMBER(node, struct kin_deferred, node);

        deferred->run(deferred);
    }
}

static void destroy_all(struct kin_list *list)
{
    struct kin_list *node;

    while ((node = kin_list_take_first(list)) != NULL) {
        struct kin_resource *resource = KIN_LIST_MEMBER(node, struct kin_resource, node);

        resource->type->destroy(resource);
    }
}

static int64_t until_next_work_ms(const kin_loop *loop)
{
    const struct kin_alarm *first = kin_alarms_first(&loop->alarms);

    if (has_deferred(loop) || kin_plat_loop_ready(loop->platform))
        return 0;
    return first == NULL ? KIN_FOREVER : kin_deadline_left_ms(kin_plat_now_ns(), first->deadline_ns);
}

static int64_t shorter_ms(int64_t left, int64_t right)
{
    if (left == KIN_FOREVER)
        return right;
    return right == KIN_FOREVER || left < right ? left : right;
}

static int wait_and_dispatch(kin_loop *loop, int64_t timeout_ms)
{
    struct kin_plat_event events[EVENTS_PER_TURN];
    const int count = kin_plat_wait(loop->platform, timeout_ms, events, EVENTS_PER_TURN);

    loop->waits++;
    for (int i = 0; i < count; i++) {
        struct kin_resource *resource = events[i].owner;

        if (events[i].kind == KIN_PLAT_READ || events[i].kind == KIN_PLAT_WRITE)
            loop->operations--;
        resource->type->event(resource, &events[i]);
    }
    return count < 0 ? count : 0;
}

/* A timer that was due is what KIN_RUN_ONCE waits for. What rings or was deferred may also have been the last thing that kept
   the loop alive. When the loop is released, a call that waits still looks at what it waits for: it goes with the loop. */
static int turn(kin_loop *loop, int64_t timeout_ms, bool only_while_alive)
{
    bool rang;
    int code;

    loop->running = true;
    rang = ring_alarms(loop);
    run_deferred(loop);
    if (rang || loop->stopped || loop->releasing || (only_while_alive && !is_alive(loop)))
        timeout_ms = 0;
    code = wait_and_dispatch(loop, shorter_ms(timeout_ms, until_next_work_ms(loop)));
    ring_alarms(loop);
    run_deferred(loop);
    loop->running = false;
    if (!loop->releasing)
        destroy_all(&loop->graves);
    return code;
}

int kin_loop_turn(kin_loop *loop, int64_t timeout_ms)
{
    return turn(loop, timeout_ms, false);
}

int kin_loop_run_until(kin_loop *loop, bool (*is_done)(const void *context), const void *context, int64_t timeout_ms)
{
    const uint64_t deadline_ns = timeout_ms == KIN_FOREVER ? UINT64_MAX : kin_deadline_ns(kin_plat_now_ns(), timeout_ms);
    int64_t left_ms = timeout_ms;
    int code = 0;

    while (!is_done(context)) {
        /* What waits to be done may be what the caller waits for: it is not slept over. */
        code = kin_loop_turn(loop, has_deferred(loop) ? 0 : left_ms);
        if (code < 0 || left_ms == 0 || loop->releasing)
            break;
        if (timeout_ms != KIN_FOREVER)
            left_ms = kin_deadline_left_ms(kin_plat_now_ns(), deadline_ns);
    }
    if (code < 0)
        return code;
    return is_done(context) ? 0 : KIN_ETIMEDOUT;
}

/* ------------------------------------------------------------------------------------------------------------- birth --- */

/* A watcher may leave, or bring others, while it is told. */
static void tell_wake_watchers(kin_loop *loop)
{
    struct kin_list watchers;
    struct kin_list *node;

    kin_list_move(&watchers, &loop->wake_watchers);
    while ((node = kin_list_take_first(&watchers)) != NULL) {
        struct kin_wake_watcher *watcher = KIN_LIST_MEMBER(node, struct kin_wake_watcher, node);

        kin_list_append(&loop->wake_watchers, node);
        watcher->woken(watcher);
    }
}

static void loop_event(struct kin_resource *resource, const struct kin_plat_event *event)
{
    kin_loop *loop = KIN_LIST_MEMBER(resource, kin_loop, resource);

    if (event->kind != KIN_PLAT_WAKE)
        return;
    tell_wake_watchers(loop);
    if (loop->on_wake != NULL)
        loop->on_wake(loop, loop->wake_user);
}

static const struct kin_resource_type loop_type = { .event = loop_event };

int kin_loop_create(kin_loop **loop)
{
    kin_loop *made = NULL;
    int code;

    if (loop == NULL)
        return KIN_EINVAL;
    *loop = NULL;
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return KIN_ENOMEM;
    made->resource.type = &loop_type;
    kin_list_init(&made->resources);
    kin_list_init(&made->deferred);
    kin_list_init(&made->graves);
    kin_list_init(&made->wake_watchers);
    code = kin_plat_loop_open(&made->resource, &made->platform);
    if (code < 0)
        free(made);
    else
        *loop = made;
    return code;
}

/* ------------------------------------------------------------------------------------------------------------- death --- */

static void abandon_all(kin_loop *loop)
{
    struct kin_list *node = loop->resources.next;

    while (node != &loop->resources) {
        struct kin_resource *resource = KIN_LIST_MEMBER(node, struct kin_resource, node);

        node = node->next;
        resource->type->abandon(resource);
    }
}

/* Buffers under way are in the system's hands: nothing may be freed before they are back. A wait that fails does not get
   better by waiting on, so it ends the attempt, and the memory at stake is left alone. */
static int bring_back_operations(kin_loop *loop)
{
    int code = 0;

    while (code == 0 && loop->operations > 0)
        code = wait_and_dispatch(loop, KIN_FOREVER);
    return code;
}

static void loop_destroy(kin_loop *loop)
{
    loop->releasing = true;
    loop->on_wake = NULL;
    abandon_all(loop);
    if (bring_back_operations(loop) < 0)
        return;
    while (has_deferred(loop))
        run_deferred(loop);
    destroy_all(&loop->graves);
    destroy_all(&loop->resources);
    kin_plat_loop_close(loop->platform);
    free(loop);
}

void kin_loop_release(kin_loop *loop)
{
    if (loop == NULL)
        return;
    loop->releasing = true;
    if (!loop->running)
        loop_destroy(loop);
}

bool kin_loop_finish_release(kin_loop *loop)
{
    const bool released = loop->releasing && !loop->running;

    if (released)
        loop_destroy(loop);
    return released;
}

/* --------------------------------------------------------------------------------------------------------------- run --- */

static int run_until_idle(kin_loop *loop)
{
    int code = 0;

    while (code == 0 && is_alive(loop) && !loop->stopped && !loop->releasing)
        code = turn(loop, KIN_FOREVER, true);
    return code;
}

static int run_mode(kin_loop *loop, kin_run_mode mode)
{
    switch (mode) {
    case KIN_RUN_UNTIL_IDLE:
        return run_until_idle(loop);
    case KIN_RUN_ONCE:
        return turn(loop, KIN_FOREVER, true);
    case KIN_RUN_NOWAIT:
        return turn(loop, 0, true);
    }
    return KIN_EINVAL;
}

int kin_loop_run(kin_loop *loop, kin_run_mode mode)
{
    int code;

    if (loop == NULL)
        return KIN_EINVAL;
    if (loop->running || loop->releasing)
        return KIN_EBUSY;
    code = run_mode(loop, mode);
    loop->stopped = false;
    if (kin_loop_finish_release(loop))
        return code;
    return code < 0 ? code : (int)is_alive(loop);
}

void kin_loop_stop(kin_loop *loop)
{
    if (loop != NULL)
        loop->stopped = true;
}

int kin_loop_wake(kin_loop *loop)
{
    return loop == NULL ? KIN_EINVAL : kin_plat_wake(loop->platform);
}

int kin_loop_on_wake(kin_loop *loop, void (*on_wake)(kin_loop *loop, void *user), void *user)
{
    if (loop == NULL)
        return KIN_EINVAL;
    loop->on_wake = on_wake;
    loop->wake_user = user;
    return 0;
}

kin_native_handle kin_loop_handle(const kin_loop *loop)
{
    return kin_plat_loop_handle(loop == NULL ? NULL : loop->platform);
}

int64_t kin_loop_timeout_ms(const kin_loop *loop)
{
    if (loop == NULL || loop->stopped)
        return 0;
    return until_next_work_ms(loop);
}
