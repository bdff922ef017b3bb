/* SPDX-License-Identifier: MIT */
#include "handle_list.h"

bool kin_win32_handle_is_listable(uintptr_t handle)
{
    /* -1 is INVALID_HANDLE_VALUE and GetCurrentProcess(), -2 the thread, -4 to -6 the tokens (processthreadsapi.h). */
    const uintptr_t first_pseudo_handle = (uintptr_t)-6;

    return handle != 0 && handle < first_pseudo_handle;
}

static bool contains(const uintptr_t *handles, size_t count, uintptr_t handle)
{
    for (size_t i = 0; i < count; i++) {
        if (handles[i] == handle) {
            return true;
        }
    }
    return false;
}

size_t kin_win32_handle_list(uintptr_t *handles, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (kin_win32_handle_is_listable(handles[i]) && !contains(handles, kept, handles[i])) {
            handles[kept++] = handles[i];
        }
    }
    return kept;
}
