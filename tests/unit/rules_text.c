/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

#include "shim.h"
#include "win32/rules/text.h"

TEST_C(Win32Text, grows_and_ends_with_a_zero_at_every_size)
{
    struct kin_win32_text text = { 0 };

    for (size_t size = 1; size < 5000; size++) {
        kin_win32_text_append_character(&text, 'x');
        ASSERT_SIZE_EQ(size, text.size);
        ASSERT_INT_EQ(0, text.data[size]);
    }
    kin_win32_text_append_repeated(&text, 'y', 3);
    kin_win32_text_append(&text, "z");
    EXPECT_STR_EQ("xyyyz", text.data + 4998);
    EXPECT_INT_EQ(KIN_OK, text.error);
    kin_win32_text_free(&text);
}

TEST_C(Win32Text, an_empty_text_can_be_read_and_taken)
{
    struct kin_win32_text text = { 0 };
    char *string = NULL;

    kin_win32_text_append(&text, "");
    kin_win32_text_append_bytes(&text, NULL, 0);
    kin_win32_text_append_repeated(&text, 'x', 0);
    EXPECT_STR_EQ("", kin_win32_text_string(&text));
    EXPECT_INT_EQ(KIN_OK, kin_win32_text_take(&text, &string));
    EXPECT_STR_EQ("", string);
    free(string);
}

TEST_C(Win32Text, shortens_but_never_lengthens)
{
    struct kin_win32_text text = { 0 };

    kin_win32_text_truncate(&text, 3);
    kin_win32_text_append(&text, "abcdef");
    kin_win32_text_truncate(&text, 9);
    EXPECT_STR_EQ("abcdef", kin_win32_text_string(&text));
    kin_win32_text_truncate(&text, 2);
    EXPECT_STR_EQ("ab", kin_win32_text_string(&text));
    EXPECT_SIZE_EQ(2, text.size);
    kin_win32_text_free(&text);
}

TEST_C(Win32Text, S31_a_size_that_would_overflow_is_want_of_memory_and_stays_so)
{
    struct kin_win32_text text = { 0 };
    char *string = NULL;

    kin_win32_text_append(&text, "abc");
    kin_win32_text_append_repeated(&text, 'x', SIZE_MAX - 2);
    EXPECT_INT_EQ(KIN_ENOMEM, text.error);
    kin_win32_text_append(&text, "d");
    EXPECT_SIZE_EQ(3, text.size);
    EXPECT_STR_EQ("", kin_win32_text_string(&text));
    EXPECT_INT_EQ(KIN_ENOMEM, kin_win32_text_take(&text, &string));
    EXPECT_NULL(string);
    EXPECT_INT_EQ(KIN_OK, text.error);
}

TEST_C(Win32Text, W19_letters_are_compared_in_ascii_alone)
{
    EXPECT_TRUE(kin_win32_text_is_same("PaTh@[`{", "pAtH@[`{", 8));
    EXPECT_FALSE(kin_win32_text_is_same("@", "`", 1));
    EXPECT_FALSE(kin_win32_text_is_same("[", "{", 1));
    EXPECT_FALSE(kin_win32_text_is_same("\xC3\x84", "\xC3\xA4", 2));
}
