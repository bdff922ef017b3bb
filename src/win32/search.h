/* SPDX-License-Identifier: MIT */
/*
 * Finding the program and its working directory on this machine. The rules are in rules/program_search.h.
 */
#ifndef KIN_WIN32_SEARCH_H
#define KIN_WIN32_SEARCH_H

#include "system.h"

#include "../platform.h"

/* The absolute path of launch->file, for a child with this environment; for free(). */
int kin_win32_find_program(const struct kin_plat_launch *launch, const char *const *environment, char **program,
                           struct kin_plat_failure *failure);

/*
 * The absolute path of `cwd`, for CreateProcess, for free(). That it exists and may be entered is looked at here: CreateProcess
 * would not say whether it means the directory or the program.
 */
int kin_win32_find_directory(const char *cwd, wchar_t **directory, struct kin_plat_failure *failure);

#endif
