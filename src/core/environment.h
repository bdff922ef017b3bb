/* SPDX-License-Identifier: MIT */
/* The environment of a child: ours or nothing, less some names, plus some variables. */
#ifndef KIN_CORE_ENVIRONMENT_H
#define KIN_CORE_ENVIRONMENT_H

#include <stdbool.h>

/*
 * Puts an environment together: `base` (may be NULL), without the names in `unset`, then with `set`; of two variables with one
 * name the last wins. All lists are NULL-terminated, `set` and `unset` may be NULL.
 *
 * The result is one block for free(); its strings are those of `base` and `set`, which have to outlive it. NULL without memory.
 */
const char **kin_environment_merge(char *const *base, const char *const *unset, const char *const *set);

/* Whether every entry is `NAME=value` with a name. */
bool kin_environment_is_valid(const char *const *set);

/* Whether every entry is a name: not empty, without `=`. */
bool kin_environment_are_names(const char *const *names);

#endif
