/* SPDX-License-Identifier: MIT */
#include "crt_descriptors.h"

#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

/* What GetFileType() returns. */
enum { FILE_TYPE_OF_DISK = 1, FILE_TYPE_OF_PIPE = 3 };

unsigned char kin_win32_crt_flags_of(unsigned long file_type)
{
    if (file_type == FILE_TYPE_OF_DISK) {
        return KIN_WIN32_CRT_OPEN;
    }
    return KIN_WIN32_CRT_OPEN | (file_type == FILE_TYPE_OF_PIPE ? KIN_WIN32_CRT_PIPE : KIN_WIN32_CRT_DEVICE);
}

int kin_win32_crt_descriptors(const struct kin_win32_crt_descriptor *descriptors, size_t count, unsigned char **block,
                              uint16_t *size)
{
    const uintptr_t no_handle = UINTPTR_MAX; /* INVALID_HANDLE_VALUE */
    const int header = (int)count;
    unsigned char *made = NULL;
    size_t needed = 0;

    if (count > KIN_WIN32_CRT_DESCRIPTORS_MAX) {
        return KIN_EINVAL;
    }
    if (count > 0) {
        needed = sizeof header + count * (1 + sizeof no_handle);
        made = malloc(needed);
        if (made == NULL) {
            return KIN_ENOMEM;
        }
        memcpy(made, &header, sizeof header);
    }
    for (size_t i = 0; i < count; i++) {
        const uintptr_t *handle = descriptors[i].flags == KIN_WIN32_CRT_CLOSED ? &no_handle : &descriptors[i].handle;

        made[sizeof header + i] = descriptors[i].flags;
        memcpy(made + sizeof header + count + i * sizeof *handle, handle, sizeof *handle);
    }
    *block = made;
    *size = (uint16_t)needed;
    return KIN_OK;
}

bool kin_win32_crt_descriptor_find(const unsigned char *block, size_t size, size_t number,
                                   struct kin_win32_crt_descriptor *descriptor)
{
    int count;

    if (block == NULL || size < sizeof count) {
        return false;
    }
    memcpy(&count, block, sizeof count);
    if (count <= 0 || count > KIN_WIN32_CRT_DESCRIPTORS_MAX || number >= (size_t)count ||
        size < sizeof count + (size_t)count * (1 + sizeof descriptor->handle)) {
        return false;
    }
    descriptor->flags = block[sizeof count + number];
    memcpy(&descriptor->handle, block + sizeof count + (size_t)count + number * sizeof descriptor->handle,
           sizeof descriptor->handle);
    return (descriptor->flags & KIN_WIN32_CRT_OPEN) != 0 && descriptor->handle != UINTPTR_MAX;
}
