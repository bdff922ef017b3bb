/* SPDX-License-Identifier: MIT */
#include "alarm.h"

#include <stddef.h>

#define NS_PER_MS UINT64_C(1000000)

static bool rings_before(const struct kin_alarm *left, const struct kin_alarm *right)
{
    if (left->deadline_ns != right->deadline_ns)
        return left->deadline_ns < right->deadline_ns;
    return left->order < right->order;
}

/* Joins two heaps without siblings: the later root becomes the first child of the earlier one. */
static struct kin_alarm *join(struct kin_alarm *left, struct kin_alarm *right)
{
    struct kin_alarm *parent = left;
    struct kin_alarm *child = right;

    if (left == NULL)
        return right;
    if (right == NULL)
        return left;
    if (rings_before(right, left)) {
        parent = right;
        child = left;
    }
    child->previous = parent;
    child->next = parent->child;
    if (parent->child != NULL)
        parent->child->previous = child;
    parent->child = child;
    return parent;
}

static struct kin_alarm *take_first_sibling(struct kin_alarm **siblings)
{
    struct kin_alarm *first = *siblings;

    if (first == NULL)
        return NULL;
    *siblings = first->next;
    first->next = NULL;
    first->previous = NULL;
    return first;
}

/* The usual two passes: join pairs from the left, then the pairs from the right. */
static struct kin_alarm *join_siblings(struct kin_alarm *siblings)
{
    struct kin_alarm *pairs = NULL;
    struct kin_alarm *heap = NULL;

    while (siblings != NULL) {
        struct kin_alarm *left = take_first_sibling(&siblings);
        struct kin_alarm *pair = join(left, take_first_sibling(&siblings));

        pair->next = pairs;
        pairs = pair;
    }
    while (pairs != NULL)
        heap = join(heap, take_first_sibling(&pairs));
    return heap;
}

static void unlink_from_siblings(struct kin_alarm *alarm)
{
    if (alarm->previous->child == alarm)
        alarm->previous->child = alarm->next;
    else
        alarm->previous->next = alarm->next;
    if (alarm->next != NULL)
        alarm->next->previous = alarm->previous;
}

void kin_alarm_set(struct kin_alarms *alarms, struct kin_alarm *alarm, uint64_t deadline_ns)
{
    alarm->deadline_ns = deadline_ns;
    alarm->order = alarms->order++;
    alarm->set = true;
    alarm->child = NULL;
    alarm->next = NULL;
    alarm->previous = NULL;
    alarms->root = join(alarms->root, alarm);
}

void kin_alarm_clear(struct kin_alarms *alarms, struct kin_alarm *alarm)
{
    struct kin_alarm *below;

    if (!alarm->set)
        return;
    below = join_siblings(alarm->child);
    if (alarms->root == alarm) {
        alarms->root = below;
    } else {
        unlink_from_siblings(alarm);
        alarms->root = join(alarms->root, below);
    }
    alarm->set = false;
    alarm->child = NULL;
}

uint64_t kin_deadline_ns(uint64_t now_ns, int64_t delay_ms)
{
    const uint64_t delay = delay_ms > 0 ? (uint64_t)delay_ms : 0;

    if (delay > (UINT64_MAX - now_ns) / NS_PER_MS)
        return UINT64_MAX;
    return now_ns + delay * NS_PER_MS;
}

int64_t kin_deadline_left_ms(uint64_t now_ns, uint64_t deadline_ns)
{
    if (deadline_ns <= now_ns)
        return 0;
    return (int64_t)((deadline_ns - now_ns - 1) / NS_PER_MS + 1);
}
