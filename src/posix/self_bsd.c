/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "../platform.h"
#include "error.h"

#if defined(__APPLE__)
#include <mach-o/dyld.h>

int kin_plat_self(char *path, size_t size)
{
    uint32_t room = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;

    return _NSGetExecutablePath(path, &room) == 0 ? (int)strlen(path) : KIN_ENAMETOOLONG;
}
#else
#include <sys/sysctl.h>
#include <sys/types.h>

/* sysctl(3) of FreeBSD and NetBSD; OpenBSD has no way to ask. */
#if defined(__NetBSD__)
#define SELF                                             \
    {                                                    \
        CTL_KERN, KERN_PROC_ARGS, -1, KERN_PROC_PATHNAME \
    }
#elif defined(KERN_PROC_PATHNAME)
#define SELF                                        \
    {                                               \
        CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1 \
    }
#endif

int kin_plat_self(char *path, size_t size)
{
#if defined(SELF)
    const int name[] = SELF;
    size_t length = size;

    if (sysctl(name, sizeof name / sizeof name[0], path, &length, NULL, 0) != 0)
        return errno == ENOMEM ? KIN_ENAMETOOLONG : kin_posix_code(errno);
    return (int)strlen(path);
#else
    (void)path;
    (void)size;
    return KIN_ENOTSUP;
#endif
}
#endif
