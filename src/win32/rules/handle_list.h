/* SPDX-License-Identifier: MIT */
/*
 * What may stand in PROC_THREAD_ATTRIBUTE_HANDLE_LIST. Windows refuses the whole CreateProcess for one wrong entry,
 * in some versions for a duplicate too; Wine takes anything.
 */
#ifndef KIN_WIN32_RULES_HANDLE_LIST_H
#define KIN_WIN32_RULES_HANDLE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the value can be a real handle: not NULL, not INVALID_HANDLE_VALUE, not a pseudo handle (-1 to -6). */
bool kin_win32_handle_is_listable(uintptr_t handle);

/*
 * Takes out of `handles`, in place and in order, what is not listable and what was there before. Returns how many
 * remain; for 0 leave the attribute out, an empty list is an error, and pass FALSE as bInheritHandles.
 */
size_t kin_win32_handle_list(uintptr_t *handles, size_t count);

#endif
