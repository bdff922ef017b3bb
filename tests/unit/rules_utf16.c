/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

#include "shim.h"
#include "support/nasty_arguments.h"
#include "win32/rules/utf16.h"

static const struct {
    const char *name;
    const char *text;
} invalid[] = {
    { "continuation_alone", "\x80" },
    { "last_continuation_alone", "\xBF" },
    { "overlong_two_bytes", "\xC0\xAF" },
    { "overlong_C1", "\xC1\xBF" },
    { "overlong_three_bytes", "\xE0\x9F\xBF" },
    { "overlong_four_bytes", "\xF0\x8F\xBF\xBF" },
    { "beyond_the_last_character", "\xF4\x90\x80\x80" },
    { "F5", "\xF5\x80\x80\x80" },
    { "five_bytes", "\xF8\x88\x80\x80\x80" },
    { "FE", "\xFE" },
    { "FF", "\xFF" },
    { "cut_after_one_of_two", "a\xC3" },
    { "cut_after_two_of_three", "a\xE6\x97" },
    { "cut_after_three_of_four", "a\xF0\x9F\x98" },
    { "letter_inside", "\xE6\x97"
                       "a" },
    { "pair_spelled_as_two", "\xED\xA0\xBD\xED\xB8\x80" },
    { "pair_spelled_as_two_after_another_half", "\xED\xA0\xBD\xED\xA0\xBD\xED\xB8\x80" },
};

TEST_CP(Utf16, W16_what_is_no_utf8_is_refused, invalid)
{
    uint16_t *units = NULL;
    size_t count = 77;

    EXPECT_INT_EQ(KIN_EILSEQ, kin_win32_utf16_from_utf8(row->text, strlen(row->text), &units, &count));
    EXPECT_INT_EQ(KIN_EILSEQ, kin_win32_utf16_count(row->text, strlen(row->text), &count));
    EXPECT_NULL(units);
    EXPECT_SIZE_EQ(77, count);
}

static void expect_text_round_trip(const uint16_t *units, size_t count)
{
    char *text = NULL;
    size_t size = 0;
    uint16_t *again = NULL;
    size_t again_count = 0;

    ASSERT_INT_EQ(KIN_OK, kin_win32_utf16_to_utf8(units, count, &text, &size));
    ASSERT_INT_EQ(KIN_OK, kin_win32_utf16_from_utf8(text, size, &again, &again_count));
    ASSERT_SIZE_EQ(count, again_count);
    ASSERT_MEM_EQ(units, again, count * sizeof *units);
    ASSERT_INT_EQ(0, again[count]);
    ASSERT_INT_EQ(0, text[size]);
    free(text);
    free(again);
}

TEST_C(Utf16, W16_every_character_and_every_lone_surrogate_comes_back)
{
    for (uint32_t character = 0; character <= 0x10FFFF; character++) {
        uint16_t units[2] = { (uint16_t)character, 0 };

        if (character > 0xFFFF) {
            units[0] = (uint16_t)(0xD800 + ((character - 0x10000) >> 10));
            units[1] = (uint16_t)(0xDC00 + ((character - 0x10000) & 0x3FF));
        }
        expect_text_round_trip(units, character > 0xFFFF ? 2 : 1);
    }
}

TEST_C(Utf16, W16_random_units_come_back)
{
    uint64_t state = 16;

    for (int round = 0; round < 20000; round++) {
        uint16_t units[16];
        size_t count = nasty_number(&state, 17);

        for (size_t i = 0; i < count; i++) { /* half of them surrogates */
            units[i] =
                (uint16_t)(nasty_number(&state, 2) == 0 ? 0xD800 + nasty_number(&state, 0x800) : nasty_number(&state, 0x10000));
        }
        expect_text_round_trip(units, count);
    }
}

/* No two texts make the same units: what is accepted is exactly what the other direction writes. */
TEST_C(Utf16, W16_random_bytes_are_refused_or_come_back)
{
    static const unsigned char nasty[] = { 0x00, 'a',  0x7F, 0x80, 0x9F, 0xA0, 0xAF, 0xB0, 0xBF,
                                           0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xFF };
    uint64_t state = 17;
    int accepted = 0;

    for (int round = 0; round < 200000; round++) {
        char text[9] = { 0 };
        size_t size = nasty_number(&state, 9);
        uint16_t *units = NULL;
        size_t count = 0;

        for (size_t i = 0; i < size; i++) {
            text[i] = (char)nasty[nasty_number(&state, sizeof nasty)];
        }
        if (kin_win32_utf16_from_utf8(text, size, &units, &count) == KIN_OK) {
            char *again = NULL;
            size_t again_size = 0;

            accepted++;
            ASSERT_INT_EQ(KIN_OK, kin_win32_utf16_to_utf8(units, count, &again, &again_size));
            ASSERT_SIZE_EQ(size, again_size);
            ASSERT_MEM_EQ(text, again, size);
            free(again);
        }
        free(units);
    }
    EXPECT_INT_GT(accepted, 1000);
}

TEST_C(Utf16, a_zero_is_a_character_like_any_other)
{
    uint16_t *units = NULL;
    size_t count = 0;

    ASSERT_INT_EQ(KIN_OK, kin_win32_utf16_from_utf8("a\0b", 3, &units, &count));
    EXPECT_SIZE_EQ(3, count);
    EXPECT_MEM_EQ(u"a\0b", units, 4 * sizeof *units);
    free(units);
}

TEST_C(Utf16, nothing_makes_an_empty_text)
{
    uint16_t *units = NULL;
    char *text = NULL;
    size_t count = 1;

    ASSERT_INT_EQ(KIN_OK, kin_win32_utf16_from_utf8("", 0, &units, &count));
    EXPECT_SIZE_EQ(0, count);
    EXPECT_INT_EQ(0, units[0]);
    ASSERT_INT_EQ(KIN_OK, kin_win32_utf16_to_utf8(NULL, 0, &text, NULL));
    EXPECT_STR_EQ("", text);
    free(units);
    free(text);
}

TEST_C(Utf16, S31_a_count_that_would_overflow_is_want_of_memory)
{
    uint16_t unit = 'a';
    char *text = NULL;

    EXPECT_INT_EQ(KIN_ENOMEM, kin_win32_utf16_to_utf8(&unit, SIZE_MAX / 2, &text, NULL));
    EXPECT_NULL(text);
}
