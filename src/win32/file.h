/* SPDX-License-Identifier: MIT */
/*
 * Opening files, for us and for a child.
 */
#ifndef KIN_WIN32_FILE_H
#define KIN_WIN32_FILE_H

#include "system.h"

#include "../platform.h"

/* `flags` are further ones for CreateFile. The handle is not inheritable. */
int kin_win32_file_open(const char *path, kin_file_mode mode, DWORD flags, HANDLE *handle, struct kin_plat_failure *failure);

#endif
