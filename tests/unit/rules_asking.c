/* SPDX-License-Identifier: MIT */
#include "shim.h"
#include "win32/rules/asking.h"

TEST_C(Asking, H11_a_break_is_sent_to_a_group_whose_leader_is_on_our_console)
{
    const unsigned long processes[] = { 4, 120, 88, 4096 };

    EXPECT_TRUE(kin_win32_break_may_be_sent(4, processes, 4));
    EXPECT_TRUE(kin_win32_break_may_be_sent(4096, processes, 4));
    EXPECT_FALSE(kin_win32_break_may_be_sent(4096, processes, 3));
    EXPECT_FALSE(kin_win32_break_may_be_sent(12, processes, 4));
}

TEST_C(Asking, H11_group_0_is_everybody_and_never_asked)
{
    const unsigned long processes[] = { 0, 4, 0 };

    EXPECT_FALSE(kin_win32_break_may_be_sent(0, processes, 3));
    EXPECT_FALSE(kin_win32_break_may_be_sent(0, 0, 0));
}

TEST_C(Asking, H11_without_a_console_nobody_is_asked)
{
    EXPECT_FALSE(kin_win32_break_may_be_sent(4, 0, 0));
}

TEST_C(Asking, windows_that_people_see_or_that_belong_to_none_but_not_our_console)
{
    EXPECT_TRUE(kin_win32_window_may_be_asked(true, false, false));
    EXPECT_TRUE(kin_win32_window_may_be_asked(true, true, false));
    EXPECT_TRUE(kin_win32_window_may_be_asked(false, false, false));
    EXPECT_FALSE(kin_win32_window_may_be_asked(false, true, false));
    EXPECT_FALSE(kin_win32_window_may_be_asked(true, false, true));
}
