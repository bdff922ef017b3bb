/* SPDX-License-Identifier: MIT */
#include "system.h"

#include "../platform.h"

uint64_t kin_plat_now_ns(void)
{
    const uint64_t second = 1000000000U;
    LARGE_INTEGER frequency;
    LARGE_INTEGER ticks;

    /* Neither can fail since Windows XP, says the documentation of both. */
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&ticks);

    /* In two parts: ticks times a second would overflow after some weeks. */
    uint64_t rate = (uint64_t)frequency.QuadPart;
    uint64_t whole = (uint64_t)ticks.QuadPart / rate;
    uint64_t rest = (uint64_t)ticks.QuadPart % rate;
    return whole * second + rest * second / rate;
}
