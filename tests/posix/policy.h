/* SPDX-License-Identifier: MIT */
/*
 * Every way to start a process, forced. Linked instead of the library's own kin_posix_denied(). A run of tests takes the way
 * that KIN_TEST_LAUNCH names (launch_paths.txt has the names); a test may take another one.
 */
#ifndef KIN_TESTS_POSIX_POLICY_H
#define KIN_TESTS_POSIX_POLICY_H

struct policy_path {
    const char *name;
    unsigned denied;
    const char *comment;
};

#define POLICY_PATH_COUNT 11
extern const struct policy_path policy_paths[POLICY_PATH_COUNT];

/* NULL: what the environment says. */
void policy_take(const struct policy_path *path);

/* That, without these too: bits of src/posix/policy.h. */
void policy_take_and_deny(const struct policy_path *path, unsigned denied);

#endif
