/* SPDX-License-Identifier: MIT */
/* From errno to the codes that are the same on every system. */
#ifndef KIN_POSIX_ERROR_H
#define KIN_POSIX_ERROR_H

#include "../platform.h"

/* The negative kin_code of an errno value; KIN_OK for 0. */
int kin_posix_code(int os_error);

/* Fills `failure` and returns its code. */
int kin_posix_fail(struct kin_plat_failure *failure, kin_stage stage, int os_error, const char *subject);

#endif
