/* SPDX-License-Identifier: MIT */
/*
 * Who may be asked to end, and how. A mistake here ends programs that are not ours to end; Wine cannot show it, since it has no
 * such events.
 */
#ifndef KIN_WIN32_RULES_ASKING_H
#define KIN_WIN32_RULES_ASKING_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether CTRL_BREAK may be sent to the process group `group`, when `processes` are those on our console. A group of 0 is
 * everybody on it, and so is, for the console, a group whose leader is not there.
 */
bool kin_win32_break_may_be_sent(unsigned long group, const unsigned long *processes, size_t count);

/*
 * Whether a top-level window is one by which a program can be asked: those that people see, and the main windows of
 * programs that show none. Hidden windows that belong to others are helpers, and a console's window is that of all on it.
 */
bool kin_win32_window_may_be_asked(bool visible, bool owned, bool our_console);

#endif
