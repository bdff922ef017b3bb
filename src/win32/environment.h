/* SPDX-License-Identifier: MIT */
/*
 * What the start of a process needs to know of environments.
 */
#ifndef KIN_WIN32_ENVIRONMENT_H
#define KIN_WIN32_ENVIRONMENT_H

#include "rules/environment_block.h"

/* As the system compares names (CompareStringOrdinal). */
int kin_win32_compare_variable_names(const uint16_t *left, size_t left_count, const uint16_t *right, size_t right_count);

/* The value of PATH in a NULL-terminated list; the last one if there are several; NULL if there is none. */
const char *kin_win32_environment_path(const char *const *environment);

#endif
