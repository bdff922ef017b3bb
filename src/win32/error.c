/* SPDX-License-Identifier: MIT */
#include "error.h"

/* Not in the headers of mingw-w64 10. */
#ifndef ERROR_VIRUS_INFECTED
#define ERROR_VIRUS_INFECTED 225
#endif
#ifndef ERROR_STOPPED_ON_SYMLINK
#define ERROR_STOPPED_ON_SYMLINK 681
#endif
#ifndef ERROR_ELEVATION_REQUIRED
#define ERROR_ELEVATION_REQUIRED 740
#endif
#ifndef ERROR_DISK_QUOTA_EXCEEDED
#define ERROR_DISK_QUOTA_EXCEEDED 1295
#endif

struct translation {
    DWORD error;
    int code;
};

/* "System Error Codes" has the meanings. The order is that of kin_code. */
static const struct translation translations[] = {
    { ERROR_SUCCESS, KIN_OK },
    { ERROR_INVALID_PARAMETER, KIN_EINVAL },
    { ERROR_NOT_ENOUGH_MEMORY, KIN_ENOMEM },
    { ERROR_OUTOFMEMORY, KIN_ENOMEM },
    { ERROR_COMMITMENT_LIMIT, KIN_ENOMEM },
    { ERROR_NOT_ENOUGH_QUOTA, KIN_ENOMEM },
    { ERROR_WORKING_SET_QUOTA, KIN_ENOMEM },
    { ERROR_FILE_NOT_FOUND, KIN_ENOENT },
    { ERROR_PATH_NOT_FOUND, KIN_ENOENT },
    { ERROR_INVALID_NAME, KIN_ENOENT },
    { ERROR_BAD_PATHNAME, KIN_ENOENT },
    { ERROR_INVALID_DRIVE, KIN_ENOENT },
    { ERROR_BAD_NETPATH, KIN_ENOENT },
    { ERROR_BAD_NET_NAME, KIN_ENOENT },
    { ERROR_MOD_NOT_FOUND, KIN_ENOENT },
    { ERROR_ACCESS_DENIED, KIN_EACCES },
    { ERROR_NETWORK_ACCESS_DENIED, KIN_EACCES },
    { ERROR_ELEVATION_REQUIRED, KIN_EACCES },
    { ERROR_VIRUS_INFECTED, KIN_EACCES },
    { ERROR_ACCESS_DISABLED_BY_POLICY, KIN_EACCES },
    { ERROR_WRITE_PROTECT, KIN_EACCES },
    { ERROR_CANT_ACCESS_FILE, KIN_EACCES },
    { ERROR_DELETE_PENDING, KIN_EACCES },
    { ERROR_PRIVILEGE_NOT_HELD, KIN_EPERM },
    { ERROR_DIRECTORY, KIN_ENOTDIR },
    { ERROR_BAD_EXE_FORMAT, KIN_ENOEXEC },
    { ERROR_EXE_MACHINE_TYPE_MISMATCH, KIN_ENOEXEC },
    { ERROR_INVALID_EXE_SIGNATURE, KIN_ENOEXEC },
    { ERROR_BAD_FORMAT, KIN_ENOEXEC },
    { ERROR_FILENAME_EXCED_RANGE, KIN_ENAMETOOLONG },
    { ERROR_BUFFER_OVERFLOW, KIN_ENAMETOOLONG },
    { ERROR_CANT_RESOLVE_FILENAME, KIN_ELOOP },
    { ERROR_STOPPED_ON_SYMLINK, KIN_ELOOP },
    { ERROR_TOO_MANY_OPEN_FILES, KIN_EMFILE },
    { ERROR_NO_MORE_SEARCH_HANDLES, KIN_EMFILE },
    { ERROR_NO_SYSTEM_RESOURCES, KIN_EAGAIN },
    { ERROR_NONPAGED_SYSTEM_RESOURCES, KIN_EAGAIN },
    { ERROR_PAGED_SYSTEM_RESOURCES, KIN_EAGAIN },
    { ERROR_MAX_THRDS_REACHED, KIN_EAGAIN },
    { ERROR_NO_PROC_SLOTS, KIN_EAGAIN },
    { ERROR_INVALID_HANDLE, KIN_EBADF },
    { ERROR_BROKEN_PIPE, KIN_EPIPE },
    { ERROR_NO_DATA, KIN_EPIPE },
    { ERROR_PIPE_NOT_CONNECTED, KIN_EPIPE },
    { ERROR_CRC, KIN_EIO },
    { ERROR_IO_DEVICE, KIN_EIO },
    { ERROR_READ_FAULT, KIN_EIO },
    { ERROR_WRITE_FAULT, KIN_EIO },
    { ERROR_GEN_FAILURE, KIN_EIO },
    { ERROR_NETNAME_DELETED, KIN_EIO },
    { ERROR_DISK_FULL, KIN_ENOSPC },
    { ERROR_HANDLE_DISK_FULL, KIN_ENOSPC },
    { ERROR_DISK_QUOTA_EXCEEDED, KIN_ENOSPC },
    { ERROR_FILE_EXISTS, KIN_EEXIST },
    { ERROR_ALREADY_EXISTS, KIN_EEXIST },
    { ERROR_SHARING_VIOLATION, KIN_EBUSY },
    { ERROR_LOCK_VIOLATION, KIN_EBUSY },
    { ERROR_PIPE_BUSY, KIN_EBUSY },
    { ERROR_USER_MAPPED_FILE, KIN_EBUSY },
    { ERROR_BUSY, KIN_EBUSY },
    { ERROR_SEM_TIMEOUT, KIN_ETIMEDOUT },
    { WAIT_TIMEOUT, KIN_ETIMEDOUT },
    { ERROR_OPERATION_ABORTED, KIN_ECANCELED },
    { ERROR_NO_UNICODE_TRANSLATION, KIN_EILSEQ },
    { ERROR_NOT_SUPPORTED, KIN_ENOTSUP },
    { ERROR_CALL_NOT_IMPLEMENTED, KIN_ENOTSUP },
    { ERROR_INVALID_FUNCTION, KIN_ENOTSUP },
    { ERROR_NOT_READY, KIN_ENXIO },
    { ERROR_DEV_NOT_EXIST, KIN_ENXIO },
    { ERROR_INVALID_DATA, KIN_EPROTO },
};

int kin_win32_code(DWORD error)
{
    for (size_t i = 0; i < sizeof translations / sizeof translations[0]; i++) {
        if (translations[i].error == error)
            return translations[i].code;
    }
    return KIN_EUNKNOWN;
}

int kin_win32_fail(struct kin_plat_failure *failure, int code, kin_stage stage, const char *subject)
{
    failure->code = code;
    failure->os_code = 0;
    failure->stage = stage;
    failure->subject = subject;
    return code;
}

int kin_win32_fail_system(struct kin_plat_failure *failure, DWORD error, kin_stage stage, const char *subject)
{
    kin_win32_fail(failure, kin_win32_code(error), stage, subject);
    failure->os_code = (int)error;
    return failure->code;
}
