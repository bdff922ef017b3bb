/* SPDX-License-Identifier: MIT */
#include "asking.h"

bool kin_win32_break_may_be_sent(unsigned long group, const unsigned long *processes, size_t count)
{
    for (size_t i = 0; group != 0 && i < count; i++) {
        if (processes[i] == group)
            return true;
    }
    return false;
}

bool kin_win32_window_may_be_asked(bool visible, bool owned, bool our_console)
{
    return !our_console && (visible || !owned);
}
