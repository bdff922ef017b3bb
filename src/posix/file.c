/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "backend.h"
#include "descriptor.h"
#include "error.h"

int kin_posix_file_flags(kin_file_mode mode)
{
    switch (mode) {
    case KIN_FILE_TRUNCATE:
        return O_WRONLY | O_CREAT | O_TRUNC;
    case KIN_FILE_APPEND:
        return O_WRONLY | O_CREAT | O_APPEND;
    case KIN_FILE_READ:
        break;
    }
    return O_RDONLY;
}

/* A directory can be opened for reading, but read(2) then says EISDIR: better now than later. */
static int find_type(int descriptor, mode_t *type)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0)
        return errno;
    *type = status.st_mode;
    return S_ISDIR(status.st_mode) ? EISDIR : 0;
}

/*
 * O_NONBLOCK keeps open(2) from waiting for the other end of a FIFO. A reader then waits in the loop, since an empty FIFO that
 * nobody has written to is not reported; a writer without reader is ENXIO.
 */
int kin_plat_file_open(kin_plat_loop *loop, const char *path, kin_file_mode mode, void *owner, kin_plat_pipe **pipe,
                       struct kin_plat_failure *failure)
{
    const unsigned interest = mode == KIN_FILE_READ ? KIN_POSIX_READABLE : KIN_POSIX_WRITABLE;
    int descriptor = -1;
    mode_t type = 0;
    int os_error = kin_posix_descriptor_open(path, kin_posix_file_flags(mode) | O_NONBLOCK, &descriptor);

    if (os_error == 0)
        os_error = find_type(descriptor, &type);
    if (os_error == 0)
        os_error = kin_posix_pipe_make(loop, descriptor, type, interest, owner, pipe);
    if (os_error == 0)
        return 0;
    kin_posix_descriptor_close(&descriptor);
    return kin_posix_fail(failure, KIN_STAGE_OPEN, os_error, path);
}
