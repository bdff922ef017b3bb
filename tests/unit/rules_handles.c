/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

#include "shim.h"
#include "win32/rules/crt_descriptors.h"
#include "win32/rules/handle_list.h"

/* ------------------------------------------------------------------------------------------------- handle list --- */

TEST_C(HandleList, H02_what_is_no_handle_and_what_was_there_goes_and_the_order_stays)
{
    uintptr_t handles[] = { 0x20, 0, 0x10, (uintptr_t)-1, 0x20, (uintptr_t)-6, 0x30, 0x10, (uintptr_t)-2 };
    const uintptr_t expected[] = { 0x20, 0x10, 0x30 };

    ASSERT_SIZE_EQ(3, kin_win32_handle_list(handles, sizeof handles / sizeof handles[0]));
    EXPECT_MEM_EQ(expected, handles, sizeof expected);
}

TEST_C(HandleList, H02_pseudo_handles_are_minus_one_to_minus_six)
{
    for (int value = 1; value <= 6; value++) {
        EXPECT_FALSE(kin_win32_handle_is_listable((uintptr_t)-value));
    }
    EXPECT_TRUE(kin_win32_handle_is_listable((uintptr_t)-7));
    EXPECT_TRUE(kin_win32_handle_is_listable(4));
    EXPECT_FALSE(kin_win32_handle_is_listable(0));
}

TEST_C(HandleList, H02_nothing_remains_of_nothing)
{
    uintptr_t handles[] = { 0, (uintptr_t)-1 };

    EXPECT_SIZE_EQ(0, kin_win32_handle_list(handles, 2));
    EXPECT_SIZE_EQ(0, kin_win32_handle_list(NULL, 0));
}

/* --------------------------------------------------------------------------------------------- C descriptors --- */

TEST_C(CrtDescriptors, F30_the_block_is_count_flags_and_unaligned_handles)
{
    const struct kin_win32_crt_descriptor descriptors[] = { { KIN_WIN32_CRT_OPEN | KIN_WIN32_CRT_PIPE, 0x14 },
                                                            { KIN_WIN32_CRT_CLOSED, 0x99 },
                                                            { KIN_WIN32_CRT_OPEN | KIN_WIN32_CRT_DEVICE, 0x18 } };
    const uintptr_t handles[] = { 0x14, UINTPTR_MAX, 0x18 };
    const unsigned char flags[] = { 0x09, 0x00, 0x41 };
    unsigned char *block = NULL;
    uint16_t size = 0;
    int count = 0;

    ASSERT_INT_EQ(KIN_OK, kin_win32_crt_descriptors(descriptors, 3, &block, &size));
    ASSERT_SIZE_EQ(sizeof count + sizeof flags + sizeof handles, size);
    memcpy(&count, block, sizeof count);
    EXPECT_INT_EQ(3, count);
    EXPECT_MEM_EQ(flags, block + sizeof count, sizeof flags);
    EXPECT_MEM_EQ(handles, block + sizeof count + sizeof flags, sizeof handles);
    free(block);
}

TEST_C(CrtDescriptors, F30_without_descriptors_there_is_no_block)
{
    unsigned char *block = NULL;
    uint16_t size = 1;

    ASSERT_INT_EQ(KIN_OK, kin_win32_crt_descriptors(NULL, 0, &block, &size));
    EXPECT_NULL(block);
    EXPECT_INT_EQ(0, size);
}

TEST_C(CrtDescriptors, F30_255_are_taken_and_one_more_is_not)
{
    static const struct kin_win32_crt_descriptor descriptors[KIN_WIN32_CRT_DESCRIPTORS_MAX + 1];
    unsigned char *block = NULL;
    uint16_t size = 0;

    ASSERT_INT_EQ(KIN_OK, kin_win32_crt_descriptors(descriptors, KIN_WIN32_CRT_DESCRIPTORS_MAX, &block, &size));
    EXPECT_SIZE_EQ(4 + 255 * (1 + sizeof(uintptr_t)), size);
    free(block);
    block = NULL;
    EXPECT_INT_EQ(KIN_EINVAL, kin_win32_crt_descriptors(descriptors, KIN_WIN32_CRT_DESCRIPTORS_MAX + 1, &block, &size));
    EXPECT_INT_EQ(KIN_EINVAL, kin_win32_crt_descriptors(descriptors, SIZE_MAX, &block, &size));
    EXPECT_NULL(block);
}

static const struct {
    const char *name;
    unsigned long file_type;
    int flags;
} file_types[] = {
    { "disk", 1, 0x01 }, { "character", 2, 0x41 }, { "pipe", 3, 0x09 }, { "unknown", 0, 0x41 }, { "remote", 0x8000, 0x41 },
};

TEST_CP(CrtDescriptors, F30_the_flags_follow_the_type_of_file, file_types)
{
    EXPECT_INT_EQ(row->flags, kin_win32_crt_flags_of(row->file_type));
}

/* --------------------------------------------------------------------------------------------- and read again --- */

static const struct kin_win32_crt_descriptor written[] = { { KIN_WIN32_CRT_OPEN | KIN_WIN32_CRT_PIPE, 0x14 },
                                                           { KIN_WIN32_CRT_CLOSED, 0x99 },
                                                           { KIN_WIN32_CRT_OPEN | KIN_WIN32_CRT_DEVICE, 0x18 } };

TEST_C(CrtDescriptors, F30_a_descriptor_is_found_in_the_block)
{
    struct kin_win32_crt_descriptor found;
    unsigned char *block = NULL;
    uint16_t size = 0;

    ASSERT_INT_EQ(KIN_OK, kin_win32_crt_descriptors(written, 3, &block, &size));
    ASSERT_TRUE(kin_win32_crt_descriptor_find(block, size, 0, &found));
    EXPECT_INT_EQ(0x09, found.flags);
    EXPECT_UINT_EQ(0x14, found.handle);
    ASSERT_TRUE(kin_win32_crt_descriptor_find(block, size, 2, &found));
    EXPECT_UINT_EQ(0x18, found.handle);
    EXPECT_FALSE(kin_win32_crt_descriptor_find(block, size, 1, &found));
    EXPECT_FALSE(kin_win32_crt_descriptor_find(block, size, 3, &found));
    EXPECT_FALSE(kin_win32_crt_descriptor_find(block, size, SIZE_MAX, &found));
    free(block);
}

TEST_C(CrtDescriptors, F30_a_block_that_is_cut_off_has_nothing)
{
    struct kin_win32_crt_descriptor found;
    unsigned char *block = NULL;
    uint16_t size = 0;

    ASSERT_INT_EQ(KIN_OK, kin_win32_crt_descriptors(written, 3, &block, &size));
    for (size_t i = 0; i < size; i++) {
        EXPECT_FALSE(kin_win32_crt_descriptor_find(block, i, 0, &found));
    }
    for (int count = -2; count < 1; count++) {
        memcpy(block, &count, sizeof count);
        EXPECT_FALSE(kin_win32_crt_descriptor_find(block, size, 0, &found));
    }
    memcpy(block, &(int){ 256 }, sizeof(int));
    EXPECT_FALSE(kin_win32_crt_descriptor_find(block, size, 0, &found));
    EXPECT_FALSE(kin_win32_crt_descriptor_find(NULL, 100, 0, &found));
    free(block);
}
