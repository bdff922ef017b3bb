/* SPDX-License-Identifier: MIT */
/*
 * Making a pipe. Only named pipes can be overlapped on one end and waiting on the other. The name lives for microseconds, yet
 * others could list it, connect first, or have made it before us; so it is random, ours alone, local, and held by one
 * connection that we make ourselves.
 */
#include "pipe.h"

#include <string.h>

#include <bcrypt.h>

#include "error.h"
#include "loop.h"

#define NAME_PREFIX L"\\\\.\\pipe\\kin-"
#define NAME_BYTES 16
#define NAME_SIZE (sizeof NAME_PREFIX / sizeof(wchar_t) + 2 * (size_t)NAME_BYTES)
#define NAME_ATTEMPTS 8

static bool make_name(wchar_t name[NAME_SIZE])
{
    static const wchar_t digits[] = L"0123456789abcdef";
    unsigned char bytes[NAME_BYTES];
    size_t length = sizeof NAME_PREFIX / sizeof(wchar_t) - 1;

    if (BCryptGenRandom(NULL, bytes, sizeof bytes, BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0)
        return false;
    memcpy(name, NAME_PREFIX, sizeof NAME_PREFIX);
    for (size_t i = 0; i < sizeof bytes; i++) {
        name[length++] = digits[bytes[i] >> 4];
        name[length++] = digits[bytes[i] & 0x0F];
    }
    name[length] = L'\0';
    return true;
}

static HANDLE create_our_end(kin_plat_loop *loop, const wchar_t *name, DWORD access)
{
    return CreateNamedPipeW(name, access | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
                            PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, 1,
                            KIN_WIN32_PIPE_BUFFER, KIN_WIN32_PIPE_BUFFER, 0, &loop->owner_only.attributes);
}

/*
 * Without the SQOS flags the other end of a pipe may act as its opener.
 * A pipe is connected once it was opened: "there is a good connection", says ConnectNamedPipe of the error that it would give.
 */
static HANDLE open_child_end(const wchar_t *name, DWORD access, DWORD flags)
{
    return CreateFileW(name, access, 0, NULL, OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS | flags, NULL);
}

static DWORD create_both_ends(kin_plat_loop *loop, struct kin_win32_pipe_ends *ends)
{
    wchar_t name[NAME_SIZE];

    if (!make_name(name))
        return ERROR_NO_SYSTEM_RESOURCES;
    ends->ours = create_our_end(loop, name, ends->our_access);
    if (ends->ours == INVALID_HANDLE_VALUE)
        return GetLastError();
    ends->childs = open_child_end(name, ends->child_access, ends->child_flags);
    if (ends->childs == INVALID_HANDLE_VALUE) {
        DWORD error = GetLastError();
        CloseHandle(ends->ours);
        return error;
    }
    return ERROR_SUCCESS;
}

/* The name was there before (access denied, busy), or somebody was faster to connect (busy). */
static bool is_collision(DWORD error)
{
    return error == ERROR_ACCESS_DENIED || error == ERROR_PIPE_BUSY;
}

DWORD kin_win32_pipe_ends_make(kin_plat_loop *loop, struct kin_win32_pipe_ends *ends)
{
    DWORD error = ERROR_PIPE_BUSY;
    for (int attempt = 0; attempt < NAME_ATTEMPTS && is_collision(error); attempt++)
        error = create_both_ends(loop, ends);
    return error;
}

/*
 * A pipe that we write must be readable for us too: a read that never gets anything tells when the reader has gone. The rights
 * of attributes let the child ask for the state of the pipe and set it, as it may with those of CreatePipe.
 */
static const struct kin_win32_pipe_ends we_write = {
    .our_access = PIPE_ACCESS_DUPLEX,
    .child_access = GENERIC_READ | FILE_WRITE_ATTRIBUTES,
};
static const struct kin_win32_pipe_ends we_read = {
    .our_access = PIPE_ACCESS_INBOUND,
    .child_access = GENERIC_WRITE | FILE_READ_ATTRIBUTES,
};

int kin_win32_pipe_pair(kin_plat_loop *loop, bool child_reads, void *owner, kin_plat_pipe **pipe, HANDLE *child_end,
                        struct kin_plat_failure *failure)
{
    struct kin_win32_pipe_ends ends = child_reads ? we_write : we_read;

    DWORD error = kin_win32_pipe_ends_make(loop, &ends);
    if (error != ERROR_SUCCESS)
        return kin_win32_fail_system(failure, error, KIN_STAGE_PIPE, NULL);

    int rc = kin_win32_pipe_adopt(loop, ends.ours, KIN_WIN32_NATURE_PIPE, owner, pipe);
    if (rc < 0) {
        CloseHandle(ends.childs);
        CloseHandle(ends.ours);
        return kin_win32_fail(failure, rc, KIN_STAGE_PIPE, NULL);
    }
    *child_end = ends.childs;
    return 0;
}
