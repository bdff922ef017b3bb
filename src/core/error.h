/* SPDX-License-Identifier: MIT */
/* Filling a kin_error. */
#ifndef KIN_CORE_ERROR_H
#define KIN_CORE_ERROR_H

#include "../platform.h"

/* Fills `error` (may be NULL) and returns `code`, so that a failing step is one line. The subject may be NULL. */
int kin_error_set(kin_error *error, int code, kin_stage stage, const char *subject);

/* The same for what a backend reports. */
int kin_error_set_failure(kin_error *error, const struct kin_plat_failure *failure);

#endif
