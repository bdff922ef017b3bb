/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <stdlib.h>

#include "../platform.h"
#include "error.h"
#include "wide.h"

/* The longest path that there is, in units; GetModuleFileName cuts off what does not fit and says no size. */
#define LONGEST_PATH 32768

static int read_path(DWORD room, wchar_t **path)
{
    wchar_t *buffer = malloc(room * sizeof *buffer);
    if (buffer == NULL)
        return KIN_ENOMEM;

    DWORD size = GetModuleFileNameW(NULL, buffer, room);
    if (size == 0 || size >= room) {
        int rc = size == 0 ? kin_win32_code(GetLastError()) : KIN_ENAMETOOLONG;
        free(buffer);
        return rc;
    }
    *path = buffer;
    return 0;
}

static int own_path(char **path)
{
    wchar_t *wide = NULL;
    int rc = KIN_ENAMETOOLONG;

    for (DWORD room = MAX_PATH + 1; rc == KIN_ENAMETOOLONG && room <= 2 * LONGEST_PATH; room *= 2)
        rc = read_path(room, &wide);
    if (rc == 0)
        rc = kin_win32_narrow(wide, path);
    free(wide);
    return rc;
}

/* A program that runs can be renamed and not removed; the path is the one of its start. */
int kin_plat_self(char *path, size_t size)
{
    char *own = NULL;
    int rc = own_path(&own);
    if (own != NULL)
        rc = kin_win32_copy_text(own, path, size);
    free(own);
    return rc;
}
