/* SPDX-License-Identifier: MIT */
/* The clock, the queue of events, and what may be asked at any time. */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#include "shim.h"

#define NS_PER_MS UINT64_C(1000000)
#define MOST_LATER 64
/* A core that never comes to rest would otherwise hang the tests. */
#define MOST_WAITS 2000000

struct kin_plat_loop {
    void *owner;
    bool open;
    bool woken;
    kin_plat_loop *next;
};

struct later {
    uint64_t at_ns;
    void (*act)(void *context);
    void *context;
};

static struct {
    uint64_t now_ns;
    kin_plat_loop *loops;
    struct fake_event *first;
    struct fake_event **last;
    struct later later[MOST_LATER];
    size_t later_count;
    void (*when_idle)(void);
    size_t events_per_wait;
    size_t waits;
    int refuse_waits;
    size_t refused_waits;
    int refuse_loop;
    bool ready;
    volatile bool allocating; /* read inside the allocator, which the compiler takes for one that looks at nothing */
} fake = { .last = &fake.first, .now_ns = 1000 * NS_PER_MS };

/* ------------------------------------------------------------------------------------------------------------- helpers */

void fake_breach(const char *rule)
{
    NOTE_FAILURE_C("core breaks a rule of platform.h: %s", rule);
}

bool fake_is_allocating(void)
{
    return fake.allocating;
}

void *fake_grow(void *data, size_t size)
{
    void *grown;

    fake.allocating = true;
    grown = realloc(data, size > 0 ? size : 1);
    fake.allocating = false;
    if (grown == NULL)
        abort();
    return grown;
}

void *fake_allocate(size_t size)
{
    return memset(fake_grow(NULL, size), 0, size > 0 ? size : 1);
}

/* --------------------------------------------------------------------------------------------------------------- events */

void fake_post(kin_plat_loop *loop, const struct kin_plat_event *event, kin_plat_pipe *pipe, kin_plat_process *process)
{
    struct fake_event *made = fake_allocate(sizeof *made);

    made->event = *event;
    made->loop = loop;
    made->pipe = pipe;
    made->process = process;
    *fake.last = made;
    fake.last = &made->next;
}

static void drop_event(struct fake_event **place)
{
    struct fake_event *event = *place;

    *place = event->next;
    if (event->next == NULL)
        fake.last = place;
    free(event);
}

void fake_withdraw(const kin_plat_pipe *pipe, const kin_plat_process *process)
{
    struct fake_event **place = &fake.first;

    while (*place != NULL) {
        if ((pipe != NULL && (*place)->pipe == pipe) || (process != NULL && (*place)->process == process))
            drop_event(place);
        else
            place = &(*place)->next;
    }
}

static int take_events(kin_plat_loop *loop, struct kin_plat_event *events, size_t capacity)
{
    struct fake_event **place = &fake.first;
    size_t count = 0;

    if (loop->woken && capacity > 0) {
        events[count++] = (struct kin_plat_event){ .kind = KIN_PLAT_WAKE, .owner = loop->owner };
        loop->woken = false;
    }
    while (*place != NULL && count < capacity) {
        struct fake_event *event = *place;

        if (event->loop != loop) {
            place = &event->next;
            continue;
        }
        events[count] = event->event;
        if (event->pipe == NULL || fake_pipe_deliver(event->pipe, &events[count]))
            count++;
        drop_event(place);
    }
    return (int)count;
}

/* ---------------------------------------------------------------------------------------------------------------- time */

void fake_advance_ms(int64_t ms)
{
    fake.now_ns += (uint64_t)ms * NS_PER_MS;
}

void fake_later(int64_t delay_ms, void (*act)(void *context), void *context)
{
    if (fake.later_count == MOST_LATER)
        abort();
    fake.later[fake.later_count++] = (struct later){ fake.now_ns + (uint64_t)delay_ms * NS_PER_MS, act, context };
}

static size_t find_next_later(void)
{
    size_t next = 0;

    for (size_t i = 1; i < fake.later_count; i++) {
        if (fake.later[i].at_ns < fake.later[next].at_ns)
            next = i;
    }
    return next;
}

/* Lets the time pass up to the next thing that the test has planned. False when there is none before the limit. */
static bool act_later(uint64_t limit_ns)
{
    const size_t next = find_next_later();
    struct later later;

    if (fake.later_count == 0 || fake.later[next].at_ns > limit_ns)
        return false;
    later = fake.later[next];
    memmove(&fake.later[next], &fake.later[next + 1], (fake.later_count - next - 1) * sizeof later);
    fake.later_count--;
    if (later.at_ns > fake.now_ns)
        fake.now_ns = later.at_ns;
    later.act(later.context);
    return true;
}

uint64_t kin_plat_now_ns(void)
{
    return fake.now_ns;
}

static uint64_t limit_of(int64_t timeout_ms)
{
    if (timeout_ms < 0 || (uint64_t)timeout_ms > (UINT64_MAX - fake.now_ns) / NS_PER_MS)
        return UINT64_MAX;
    return fake.now_ns + (uint64_t)timeout_ms * NS_PER_MS;
}

static int out_of_events(int64_t timeout_ms, uint64_t limit_ns)
{
    if (timeout_ms < 0 || limit_ns == UINT64_MAX) {
        fake_breach("it waits for ever and nothing will come");
        return KIN_EIO;
    }
    fake.now_ns = limit_ns;
    return 0;
}

int kin_plat_wait(kin_plat_loop *loop, int64_t timeout_ms, struct kin_plat_event *events, size_t capacity)
{
    const uint64_t limit_ns = limit_of(timeout_ms);
    int count = 0;

    if (!loop->open)
        fake_breach("a closed loop waits");
    if (fake.refused_waits > 0) {
        fake.refused_waits--;
        return fake.refuse_waits;
    }
    if (++fake.waits > MOST_WAITS) {
        fake_breach("it waits again and again");
        return KIN_EIO;
    }
    if (fake.events_per_wait > 0 && fake.events_per_wait < capacity)
        capacity = fake.events_per_wait;
    fake_pipes_refill();
    count = take_events(loop, events, capacity);
    if (count == 0 && fake.when_idle != NULL) {
        fake.when_idle();
        count = take_events(loop, events, capacity);
    }
    while (count == 0 && act_later(limit_ns))
        count = take_events(loop, events, capacity);
    if (count == 0 && timeout_ms < 0 && fake_pipes_release_held())
        count = take_events(loop, events, capacity);
    return count > 0 || timeout_ms == 0 ? count : out_of_events(timeout_ms, limit_ns);
}

void fake_when_idle(void (*act)(void))
{
    fake.when_idle = act;
}

void fake_events_per_wait(size_t count)
{
    fake.events_per_wait = count;
}

void fake_refuse_waits(int code, size_t count)
{
    fake.refused_waits = count;
    fake.refuse_waits = code;
}

size_t fake_waits(void)
{
    return fake.waits;
}

/* ---------------------------------------------------------------------------------------------------------------- loops */

void fake_refuse_loop(int code)
{
    fake.refuse_loop = code;
}

int kin_plat_loop_open(void *owner, kin_plat_loop **loop)
{
    const int refused = fake.refuse_loop;

    fake.refuse_loop = 0;
    if (refused < 0)
        return refused;
    *loop = fake_allocate(sizeof **loop);
    (*loop)->owner = owner;
    (*loop)->open = true;
    (*loop)->next = fake.loops;
    fake.loops = *loop;
    return 0;
}

void kin_plat_loop_close(kin_plat_loop *loop)
{
    if (!loop->open)
        fake_breach("a loop is closed twice");
    if (fake_pipes_open_in(loop) > 0)
        fake_breach("a loop is closed before its pipes");
    if (fake_processes_open_in(loop) > 0)
        fake_breach("a loop is closed before its processes");
    loop->open = false;
}

/* Any two values that differ, whatever type the system has for them. */
kin_native_handle kin_plat_loop_handle(const kin_plat_loop *loop)
{
    return (kin_native_handle)(intptr_t)(loop == NULL ? -1 : 7);
}

void fake_is_ready(bool ready)
{
    fake.ready = ready;
}

bool kin_plat_loop_ready(const kin_plat_loop *loop)
{
    (void)loop;
    return fake.ready;
}

int kin_plat_wake(kin_plat_loop *loop)
{
    if (!loop->open)
        fake_breach("a closed loop is woken");
    loop->woken = true;
    return 0;
}

/* --------------------------------------------------------------------------------------------------------------- course */

static void forget_loops(void)
{
    while (fake.loops != NULL) {
        kin_plat_loop *loop = fake.loops;

        fake.loops = loop->next;
        free(loop);
    }
}

void fake_reset(void)
{
    while (fake.first != NULL)
        drop_event(&fake.first);
    fake_pipes_forget();
    fake_channels_forget();
    fake_processes_forget();
    fake_host_forget();
    forget_loops();
    memset(&fake, 0, sizeof fake);
    fake.last = &fake.first;
    fake.now_ns = 1000 * NS_PER_MS;
}

void fake_check(void)
{
    for (const kin_plat_loop *loop = fake.loops; loop != NULL; loop = loop->next) {
        if (loop->open)
            fake_breach("a loop was not given back");
    }
    fake_host_check();
}
