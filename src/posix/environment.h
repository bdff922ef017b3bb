/* SPDX-License-Identifier: MIT */
#ifndef KIN_POSIX_ENVIRONMENT_H
#define KIN_POSIX_ENVIRONMENT_H

/* The environment of this process as it stands; a host that changes it meanwhile must not (setenv(3): not thread-safe). */
const char *const *kin_posix_environment(void);

/* The value of a variable, or NULL. */
const char *kin_posix_variable(const char *const *environment, const char *name);

#endif
