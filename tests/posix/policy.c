/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include <stdlib.h>
#include <string.h>

#include "../../src/posix/policy.h"

#define NO_FAST_WAY (KIN_POSIX_DENY_MEMORY | KIN_POSIX_DENY_SPAWN)

const struct policy_path policy_paths[POLICY_PATH_COUNT] = {
    { "auto", 0, "as the library chooses" },
    { "clone3", KIN_POSIX_DENY_CLONE | KIN_POSIX_DENY_TABLE, "shared memory by clone3()" },
    { "clone", KIN_POSIX_DENY_CLONE3 | KIN_POSIX_DENY_TABLE, "shared memory by clone() of the C library" },
    { "shared_table", KIN_POSIX_FORCE_TABLE, "shared memory and descriptor table" },
    { "fork", NO_FAST_WAY, "memory of its own, by clone3()" },
    { "clone_fork", NO_FAST_WAY | KIN_POSIX_DENY_CLONE3, "memory of its own, by clone()" },
    { "libc_fork", NO_FAST_WAY | KIN_POSIX_DENY_CLONE3 | KIN_POSIX_DENY_CLONE, "memory of its own, by fork()" },
    { "no_pidfd", KIN_POSIX_DENY_PIDFD, "a thread watches" },
    { "no_close_range", KIN_POSIX_DENY_CLOSE_RANGE, "/proc tells what to close" },
    { "close_range_without_cloexec", KIN_POSIX_DENY_CLOSE_CLOEXEC | NO_FAST_WAY, "closed around the status pipe" },
    { "bare",
      NO_FAST_WAY | KIN_POSIX_DENY_CLONE3 | KIN_POSIX_DENY_CLONE | KIN_POSIX_DENY_PIDFD | KIN_POSIX_DENY_CLOSE_RANGE |
          KIN_POSIX_DENY_PROC,
      "what every POSIX system has" },
};

static const struct policy_path *taken;

void policy_take(const struct policy_path *path)
{
    taken = path;
}

void policy_take_and_deny(const struct policy_path *path, unsigned denied)
{
    static struct policy_path narrowed;

    narrowed = *path;
    narrowed.denied |= denied;
    policy_take(&narrowed);
}

static unsigned denied_by_environment(void)
{
    const char *name = getenv("KIN_TEST_LAUNCH");

    for (size_t i = 0; name != NULL && i < POLICY_PATH_COUNT; i++) {
        if (strcmp(policy_paths[i].name, name) == 0)
            return policy_paths[i].denied;
    }
    return 0;
}

unsigned kin_posix_denied(void)
{
    return taken != NULL ? taken->denied : denied_by_environment();
}
