/* SPDX-License-Identifier: MIT */
/*
 * How descriptors reach a child that uses one of Microsoft's C runtimes: STARTUPINFO.lpReserved2 points to an int
 * count, one byte of flags per descriptor, and one handle per descriptor, unaligned. The layout is not in the API's
 * documentation, but in the source of the C runtime (inherit.cpp, lowio/ioinit.cpp); every runtime since msvcrt.dll
 * and libuv use it.
 */
#ifndef KIN_WIN32_RULES_CRT_DESCRIPTORS_H
#define KIN_WIN32_RULES_CRT_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIN_WIN32_CRT_DESCRIPTORS_MAX 255

enum kin_win32_crt_flags {
    KIN_WIN32_CRT_CLOSED = 0x00,
    KIN_WIN32_CRT_OPEN = 0x01,  /* FOPEN */
    KIN_WIN32_CRT_PIPE = 0x08,  /* FPIPE */
    KIN_WIN32_CRT_DEVICE = 0x40 /* FDEV */
};

/* `flags` 0 is a descriptor that is not open; its handle is then INVALID_HANDLE_VALUE whatever is given. */
struct kin_win32_crt_descriptor {
    unsigned char flags;
    uintptr_t handle;
};

/* The flags for a handle, from what GetFileType() says of it: 1 disk, 2 character device, 3 pipe, else a device. */
unsigned char kin_win32_crt_flags_of(unsigned long file_type);

/*
 * *block and *size are for lpReserved2 and cbReserved2; *block is for free(). Without descriptors it is NULL and 0.
 * 0; KIN_EINVAL: more than KIN_WIN32_CRT_DESCRIPTORS_MAX; KIN_ENOMEM.
 */
int kin_win32_crt_descriptors(const struct kin_win32_crt_descriptor *descriptors, size_t count, unsigned char **block,
                              uint16_t *size);

/* What a block that we were started with says of a descriptor. False: it is not in there, or not open. */
bool kin_win32_crt_descriptor_find(const unsigned char *block, size_t size, size_t number,
                                   struct kin_win32_crt_descriptor *descriptor);

#endif
