/* SPDX-License-Identifier: MIT */
/* The heap of alarms against the slowest thing that cannot be wrong: a look through all of them. */
#include "core/alarm.h"

#include <string.h>

#include "shim.h"

#define MOST 300
#define OPERATIONS 100000

static struct kin_alarm members[MOST];
static uint64_t orders[MOST]; /* the order in which each was set */
static struct kin_alarms alarms;
static uint64_t state;
static uint64_t set_count;

static unsigned below(unsigned limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 11) % limit);
}

static const struct kin_alarm *first_by_search(void)
{
    const struct kin_alarm *first = NULL;

    for (size_t i = 0; i < MOST; i++) {
        const struct kin_alarm *alarm = &members[i];

        if (!alarm->set)
            continue;
        if (first == NULL || alarm->deadline_ns < first->deadline_ns ||
            (alarm->deadline_ns == first->deadline_ns && orders[i] < orders[first - members]))
            first = alarm;
    }
    return first;
}

static void start_anew(uint64_t seed)
{
    memset(members, 0, sizeof members);
    memset(&alarms, 0, sizeof alarms);
    state = seed;
    set_count = 0;
}

static void set(size_t index, uint64_t deadline_ns)
{
    orders[index] = set_count++;
    kin_alarm_set(&alarms, &members[index], deadline_ns);
}

/* Few different deadlines make many equal ones; many make a deep heap. */
static void check_at_random(unsigned deadlines)
{
    start_anew(UINT64_C(88172645463325252) + deadlines);
    for (int i = 0; i < OPERATIONS; i++) {
        const size_t index = below(MOST);

        if (below(8) == 0 && kin_alarms_first(&alarms) != NULL)
            kin_alarm_clear(&alarms, kin_alarms_first(&alarms));
        else if (members[index].set)
            kin_alarm_clear(&alarms, &members[index]);
        else
            set(index, below(deadlines));
        ASSERT_PTR_EQ(first_by_search(), kin_alarms_first(&alarms));
    }
    while (kin_alarms_first(&alarms) != NULL) {
        ASSERT_PTR_EQ(first_by_search(), kin_alarms_first(&alarms));
        kin_alarm_clear(&alarms, kin_alarms_first(&alarms));
    }
    EXPECT_NULL(first_by_search());
}

TEST_C(Alarm, ManyDeadlinesAtRandom)
{
    check_at_random(1000000);
}

TEST_C(Alarm, FewDeadlinesAtRandom)
{
    check_at_random(5);
}

TEST_C(Alarm, OneDeadlineRingsInTheOrderOfSetting)
{
    start_anew(1);
    for (size_t i = 0; i < MOST; i++)
        set(MOST - 1 - i, 7);
    for (size_t i = 0; i < MOST; i++) {
        ASSERT_PTR_EQ(&members[MOST - 1 - i], kin_alarms_first(&alarms));
        kin_alarm_clear(&alarms, kin_alarms_first(&alarms));
    }
}

TEST_C(Alarm, AnAlarmThatIsNotSetCanBeCleared)
{
    start_anew(1);
    kin_alarm_clear(&alarms, &members[0]);
    set(0, 1);
    kin_alarm_clear(&alarms, &members[0]);
    kin_alarm_clear(&alarms, &members[0]);
    EXPECT_NULL(kin_alarms_first(&alarms));
}

TEST_C(Alarm, TheExtremesOfTimeAreInOrder)
{
    start_anew(1);
    set(0, UINT64_MAX);
    set(1, 0);
    set(2, UINT64_MAX - 1);
    EXPECT_PTR_EQ(&members[1], kin_alarms_first(&alarms));
    kin_alarm_clear(&alarms, &members[1]);
    EXPECT_PTR_EQ(&members[2], kin_alarms_first(&alarms));
}

static const struct {
    const char *name;
    uint64_t now_ns;
    int64_t delay_ms;
    uint64_t expected_ns;
} deadlines[] = {
    { "none", 5, 0, 5 },
    { "some", 5, 3, 3000005 },
    { "negative", 5, -1, 5 },
    { "largest", 5, INT64_MAX, UINT64_MAX },
    { "just_in_reach", UINT64_MAX - 1000000, 1, UINT64_MAX },
    { "just_out_of_reach", UINT64_MAX - 999999, 1, UINT64_MAX },
    { "at_the_end_of_time", UINT64_MAX, 0, UINT64_MAX },
};

TEST_CP(Alarm, Deadline, deadlines)
{
    EXPECT_UINT_EQ(row->expected_ns, kin_deadline_ns(row->now_ns, row->delay_ms));
}

static const struct {
    const char *name;
    uint64_t now_ns;
    uint64_t deadline_ns;
    int64_t expected_ms;
} lefts[] = {
    { "passed", 10, 9, 0 },
    { "now", 10, 10, 0 },
    { "a_nanosecond", 10, 11, 1 },
    { "a_millisecond", 10, 1000010, 1 },
    { "a_little_more", 10, 1000011, 2 },
    { "everything", 0, UINT64_MAX, 18446744073710 },
};

TEST_CP(Alarm, TimeLeftIsRoundedUp, lefts)
{
    EXPECT_INT_EQ(row->expected_ms, kin_deadline_left_ms(row->now_ns, row->deadline_ns));
}
