/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "loop.h"

struct kin_timer {
    struct kin_resource resource;
    kin_loop *loop;
    struct kin_alarm alarm;
    int64_t period_ms;
    void (*on_timer)(kin_timer *timer, void *user);
    void *user;
    bool referenced;
    bool held;
    bool anonymous; /* the caller kept no handle: the library releases it */
};

static void timer_abandon(struct kin_resource *resource)
{
    kin_timer *timer = KIN_LIST_MEMBER(resource, kin_timer, resource);

    kin_loop_clear_alarm(timer->loop, &timer->alarm);
    kin_loop_drop(timer->loop, &timer->held);
}

static void timer_destroy(struct kin_resource *resource)
{
    free(KIN_LIST_MEMBER(resource, kin_timer, resource));
}

static const struct kin_resource_type timer_type = { .abandon = timer_abandon, .destroy = timer_destroy };

static void update_hold(kin_timer *timer)
{
    if (timer->alarm.set && timer->referenced)
        kin_loop_hold(timer->loop, &timer->held);
    else
        kin_loop_drop(timer->loop, &timer->held);
}

/* The next time lies on the grid of the period; times that a slow loop has missed are left out. */
static void set_again(kin_timer *timer)
{
    const uint64_t now_ns = kin_plat_now_ns();
    uint64_t deadline_ns = kin_deadline_ns(timer->alarm.deadline_ns, timer->period_ms);

    if (deadline_ns <= now_ns) {
        const uint64_t period_ns = kin_deadline_ns(0, timer->period_ms);

        deadline_ns += ((now_ns - deadline_ns) / period_ns + 1) * period_ns;
    }
    kin_alarm_set(&timer->loop->alarms, &timer->alarm, deadline_ns);
}

static void timer_ring(struct kin_alarm *alarm)
{
    kin_timer *timer = KIN_LIST_MEMBER(alarm, kin_timer, alarm);
    const bool last = timer->period_ms == 0;

    if (!last)
        set_again(timer);
    update_hold(timer);
    timer->on_timer(timer, timer->user);
    if (last && timer->anonymous)
        kin_timer_release(timer);
}

int kin_timer_start(kin_loop *loop, int64_t delay_ms, int64_t period_ms, void (*on_timer)(kin_timer *timer, void *user),
                    void *user, kin_timer **timer)
{
    kin_timer *made;

    if (timer != NULL)
        *timer = NULL;
    if (loop == NULL || loop->releasing || on_timer == NULL || delay_ms < 0 || period_ms < 0)
        return KIN_EINVAL;
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return KIN_ENOMEM;
    made->loop = loop;
    made->alarm.ring = timer_ring;
    made->period_ms = period_ms;
    made->on_timer = on_timer;
    made->user = user;
    made->referenced = true;
    made->anonymous = timer == NULL;
    kin_loop_adopt(loop, &made->resource, &timer_type);
    kin_loop_set_alarm(loop, &made->alarm, delay_ms);
    update_hold(made);
    if (timer != NULL)
        *timer = made;
    return 0;
}

void kin_timer_release(kin_timer *timer)
{
    if (timer == NULL)
        return;
    timer_abandon(&timer->resource);
    timer->anonymous = false;
    kin_loop_bury(timer->loop, &timer->resource);
}

void kin_timer_unref(kin_timer *timer)
{
    if (timer == NULL)
        return;
    timer->referenced = false;
    update_hold(timer);
}

void kin_timer_ref(kin_timer *timer)
{
    if (timer == NULL)
        return;
    timer->referenced = true;
    update_hold(timer);
}
