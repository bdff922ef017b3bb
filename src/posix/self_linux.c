/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "../platform.h"

/* Not where it points: proc(5), the link leads to the program itself, also when its file was renamed or deleted; and in the child
   it leads to the same one until the exec, since the child is a copy of us. */
int kin_plat_self(char *path, size_t size)
{
    static const char self[] = "/proc/self/exe";

    if (access(self, X_OK) != 0)
        return KIN_ENOENT; /* no /proc here */
    if (size < sizeof self)
        return KIN_ENAMETOOLONG;
    memcpy(path, self, sizeof self);
    return (int)sizeof self - 1;
}
