/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <errno.h>
#include <stddef.h>

struct translation {
    int os_error;
    int code;
};

static const struct translation translations[] = {
    { 0, KIN_OK },
    { EINVAL, KIN_EINVAL },
    { EDOM, KIN_EINVAL },
    { ERANGE, KIN_EINVAL },
    { EOVERFLOW, KIN_EINVAL },
    { ENOMEM, KIN_ENOMEM },
    { ENOENT, KIN_ENOENT },
    { EACCES, KIN_EACCES },
    { EROFS, KIN_EACCES },
    { EPERM, KIN_EPERM },
    { ENOTDIR, KIN_ENOTDIR },
    { EISDIR, KIN_EISDIR },
    { ENOEXEC, KIN_ENOEXEC },
    { ETXTBSY, KIN_ETXTBSY },
    { E2BIG, KIN_E2BIG },
    { ENAMETOOLONG, KIN_ENAMETOOLONG },
    { ELOOP, KIN_ELOOP },
    { EMFILE, KIN_EMFILE },
    { ENFILE, KIN_ENFILE },
    { EAGAIN, KIN_EAGAIN },
    { EBADF, KIN_EBADF },
    { EPIPE, KIN_EPIPE },
    { EIO, KIN_EIO },
    { ENOSPC, KIN_ENOSPC },
    { EDQUOT, KIN_ENOSPC },
    { EFBIG, KIN_ENOSPC },
    { EEXIST, KIN_EEXIST },
    { EBUSY, KIN_EBUSY },
    { ETIMEDOUT, KIN_ETIMEDOUT },
    { ECANCELED, KIN_ECANCELED },
    { ENOBUFS, KIN_ENOBUFS },
    { EILSEQ, KIN_EILSEQ },
    { ENOTSUP, KIN_ENOTSUP },
    { ENOSYS, KIN_ENOTSUP },
#if EOPNOTSUPP != ENOTSUP
    { EOPNOTSUPP, KIN_ENOTSUP },
#endif
    { ESRCH, KIN_ESRCH },
    { ECHILD, KIN_ECHILD },
    { ENXIO, KIN_ENXIO },
    { ENODEV, KIN_ENXIO },
#if defined(ELIBBAD)
    { ELIBBAD, KIN_ENOEXEC }, /* Linux, execve(2): the ELF interpreter is in no known format. */
#endif
#if defined(EBADARCH)
    { EBADARCH, KIN_ENOEXEC }, /* macOS, <sys/errno.h>: a program for another processor. */
#endif
#if defined(EBADEXEC)
    { EBADEXEC, KIN_ENOEXEC }, /* macOS, <sys/errno.h>: a damaged program. */
#endif
};

int kin_posix_code(int os_error)
{
    for (size_t i = 0; i < sizeof translations / sizeof translations[0]; i++) {
        if (translations[i].os_error == os_error)
            return translations[i].code;
    }
    return KIN_EUNKNOWN;
}

int kin_posix_fail(struct kin_plat_failure *failure, kin_stage stage, int os_error, const char *subject)
{
    failure->code = kin_posix_code(os_error);
    failure->os_code = os_error;
    failure->stage = stage;
    failure->subject = subject;
    return failure->code;
}
