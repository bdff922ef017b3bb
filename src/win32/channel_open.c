/* SPDX-License-Identifier: MIT */
/*
 * Channels of handles that are there already: those that the user brings, and the one that this process was started with.
 */
#include "channel.h"

#include <io.h>
#include <stdlib.h>

#include "error.h"
#include "rules/crt_descriptors.h"
#include "rules/handle_list.h"

/* Descriptors that a C runtime has without having been told of: it asks for the standard handles. */
#define STANDARD_DESCRIPTORS 3

/*
 * Whether it is a pipe of Windows. A pipe that can only be written may deny the question (GetNamedPipeInfo), which is an
 * answer too. Sockets and the pipes of other systems have the type of pipes, but no information.
 */
static bool is_pipe(HANDLE handle)
{
    if (!kin_win32_handle_is_listable((uintptr_t)handle) || GetFileType(handle) != FILE_TYPE_PIPE)
        return false;
    return GetNamedPipeInfo(handle, NULL, NULL, NULL, NULL) || GetLastError() == ERROR_ACCESS_DENIED;
}

/* PeekNamedPipe wants the right to read. That the peer is gone already does not matter here. */
static bool can_be_read(HANDLE handle)
{
    return PeekNamedPipe(handle, NULL, 0, NULL, NULL, NULL) || GetLastError() != ERROR_ACCESS_DENIED;
}

static int check_end(HANDLE handle)
{
    DWORD flags;
    if (!kin_win32_handle_is_listable((uintptr_t)handle) || !GetHandleInformation(handle, &flags))
        return KIN_EBADF;
    return is_pipe(handle) ? 0 : KIN_EINVAL;
}

/* That a handle is overlapped is said nowhere, but only such a one may be associated with a port; that is done last. */
int kin_plat_channel_open(kin_plat_loop *loop, kin_native_handle in, kin_native_handle out, bool framed, void *owner,
                          kin_plat_pipe **pipe)
{
    int rc = check_end(in);
    if (rc == 0 && out != in)
        rc = check_end(out);
    if (rc == 0 && !can_be_read(in))
        rc = KIN_EBADF;
    if (rc == 0)
        rc = kin_win32_channel_adopt(loop, in, out, framed, owner, pipe);
    if (rc == 0)
        (*pipe)->channel->peer_id = kin_win32_channel_peer_of(in, out, framed);
    return rc;
}

/* -------------------------------------------------------------------------------------------------------- peer --- */

/*
 * Of a channel between parent and child both ends were made by the parent, so both ids are the parent's. Of other pipes the
 * peer is the one of the two that we are not. Where both are us, some other process may hold the other end, and who it is
 * cannot be known: its numbers must not be taken for handles of ours.
 */
static DWORD peer_of(HANDLE handle, bool framed)
{
    DWORD self = GetCurrentProcessId();
    ULONG server = 0;
    ULONG client = 0;

    if (!GetNamedPipeServerProcessId(handle, &server))
        return 0;
    if (framed)
        return server != self ? server : 0;
    if (!GetNamedPipeClientProcessId(handle, &client) || (server == self) == (client == self))
        return 0;
    return server == self ? client : server;
}

DWORD kin_win32_channel_peer_of(HANDLE in, HANDLE out, bool framed)
{
    DWORD reads = peer_of(in, framed);
    return out == in || peer_of(out, framed) == reads ? reads : 0;
}

/* --------------------------------------------------------------------------------------------------- inherited --- */

#if defined(_MSC_VER) || defined(_UCRT)
#if defined(__MINGW32__) /* whose headers do not have it, but whose libraries do */
_CRTIMP _invalid_parameter_handler __cdecl _set_thread_local_invalid_parameter_handler(_invalid_parameter_handler handler);
#endif

static void ignore_invalid_parameter(const wchar_t *expression, const wchar_t *function, const wchar_t *file, unsigned line,
                                     uintptr_t reserved)
{
    (void)expression;
    (void)function;
    (void)file;
    (void)line;
    (void)reserved;
}

/* The UCRT ends the process that asks for a descriptor which is not open, unless the thread says otherwise. */
static intptr_t ask_runtime(int number)
{
    _invalid_parameter_handler saved = _set_thread_local_invalid_parameter_handler(ignore_invalid_parameter);
    intptr_t handle = _get_osfhandle(number);
    _set_thread_local_invalid_parameter_handler(saved);
    return handle;
}
#else
static intptr_t ask_runtime(int number)
{
    return _get_osfhandle(number);
}
#endif

/* What the process was started with, as whoever started it wrote it down. */
static bool find_in_block(int number, struct kin_win32_crt_descriptor *descriptor)
{
    STARTUPINFOW info;
    GetStartupInfoW(&info);
    return kin_win32_crt_descriptor_find(info.lpReserved2, info.cbReserved2, (size_t)number, descriptor);
}

/* What was inherited can be inherited further, as long as nobody says otherwise. */
static bool is_inheritable(HANDLE handle)
{
    DWORD flags;
    return GetHandleInformation(handle, &flags) && (flags & HANDLE_FLAG_INHERIT) != 0;
}

/*
 * The C runtime that this library uses knows best, since the program may have closed the descriptor. It is not asked about
 * numbers that were not there at the start. If the program uses another one, only the block is left; a handle that got the number
 * of one that was closed is not meant by it.
 */
static HANDLE find_inherited(int number, bool *in_runtime)
{
    struct kin_win32_crt_descriptor descriptor = { .handle = 0 };
    bool in_block = number >= 0 && find_in_block(number, &descriptor);
    HANDLE handle = NULL;

    if (in_block || (number >= 0 && number < STANDARD_DESCRIPTORS))
        handle = (HANDLE)ask_runtime(number); /* -1: not open; -2: without a handle */
    *in_runtime = kin_win32_handle_is_listable((uintptr_t)handle);
    if (*in_runtime)
        return handle;
    return is_inheritable((HANDLE)descriptor.handle) ? (HANDLE)descriptor.handle : NULL;
}

/* The copy is ours alone. The original goes with its descriptor, or the runtime would keep a number that means nothing. */
int kin_plat_channel_inherited(int number, kin_native_handle *handle)
{
    HANDLE self = GetCurrentProcess();
    bool in_runtime;
    HANDLE copy;

    HANDLE found = find_inherited(number, &in_runtime);
    if (!is_pipe(found))
        return KIN_EBADF;
    if (!DuplicateHandle(self, found, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS))
        return kin_win32_code(GetLastError());
    if (in_runtime)
        _close(number);
    else
        CloseHandle(found);
    *handle = copy;
    return 0;
}
