/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../platform.h"

static const char link_to_self[] = "/proc/self/exe";

static bool is_same_file(const struct stat *left, const struct stat *right)
{
    return left->st_dev == right->st_dev && left->st_ino == right->st_ino;
}

/* Where programs are not run by the kernel but by another program (valgrind, qemu), the link leads to that one, and only its text,
   which such a host answers itself, is about us. Whether `path` has that text. */
static bool is_run_by_another(char *path, size_t size)
{
    struct stat running;
    struct stat named;
    const ssize_t length = readlink(link_to_self, path, size - 1);

    if (length <= 0 || (size_t)length >= size - 1)
        return false;
    path[length] = '\0';
    return stat(link_to_self, &running) == 0 && stat(path, &named) == 0 && !is_same_file(&running, &named);
}

/* Not where it points: proc(5), the link leads to the program itself, also when its file was renamed or deleted; and in the child
   it leads to the same one until the exec, since the child is a copy of us. */
int kin_plat_self(char *path, size_t size)
{
    if (access(link_to_self, X_OK) != 0)
        return KIN_ENOENT; /* no /proc here */
    if (size < sizeof link_to_self)
        return KIN_ENAMETOOLONG;
    if (!is_run_by_another(path, size))
        memcpy(path, link_to_self, sizeof link_to_self);
    return (int)strlen(path);
}
