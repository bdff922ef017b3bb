/* SPDX-License-Identifier: MIT */
/*
 * Alarms: what shall happen at a time. A pairing heap that runs through its members: it never allocates, so setting an alarm
 * cannot fail, also at the moment when a child has to be ended.
 */
#ifndef KIN_CORE_ALARM_H
#define KIN_CORE_ALARM_H

#include <stdbool.h>
#include <stdint.h>

struct kin_alarm {
    uint64_t deadline_ns;
    uint64_t order; /* of equal deadlines the one set first goes first */
    void (*ring)(struct kin_alarm *alarm);
    bool set;
    struct kin_alarm *child;
    struct kin_alarm *next;     /* sibling */
    struct kin_alarm *previous; /* sibling, or the parent of a first child */
};

struct kin_alarms {
    struct kin_alarm *root;
    uint64_t order;
};

/* Sets an alarm that is not set. */
void kin_alarm_set(struct kin_alarms *alarms, struct kin_alarm *alarm, uint64_t deadline_ns);

/* Clears an alarm; one that is not set stays so. */
void kin_alarm_clear(struct kin_alarms *alarms, struct kin_alarm *alarm);

/* The alarm that rings first; NULL when none is set. */
static inline struct kin_alarm *kin_alarms_first(const struct kin_alarms *alarms)
{
    return alarms->root;
}

/* `now_ns` plus milliseconds, without overflow: what lies too far away is never. */
uint64_t kin_deadline_ns(uint64_t now_ns, int64_t delay_ms);

/* Whole milliseconds from now until a deadline, rounded up so that a wait does not end too early. */
int64_t kin_deadline_left_ms(uint64_t now_ns, uint64_t deadline_ns);

#endif
