/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

#include "shim.h"
#include "support/nasty_arguments.h"
#include "win32/rules/environment_block.h"
#include "win32/rules/utf16.h"

static uint16_t upper(uint16_t unit)
{
    return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 'a' + 'A') : unit;
}

static int compare(const uint16_t *left, size_t left_count, const uint16_t *right, size_t right_count)
{
    for (size_t i = 0; i < left_count && i < right_count; i++) {
        if (upper(left[i]) != upper(right[i])) {
            return upper(left[i]) < upper(right[i]) ? -1 : 1;
        }
    }
    return left_count < right_count ? -1 : left_count > right_count;
}

/* The block with `|` for each zero, so that it can be read. */
static char *block_of(const char *const *environment, const char *const *parent)
{
    uint16_t *block = NULL;
    size_t count = 0;
    size_t size = 0;
    char *text = NULL;

    ASSERT_INT_EQ(KIN_OK, kin_win32_environment_block(environment, parent, compare, &block, &count));
    ASSERT_INT_EQ(KIN_OK, kin_win32_utf16_to_utf8(block, count, &text, &size));
    for (size_t i = 0; i < size; i++) {
        text[i] = text[i] == '\0' ? '|' : text[i];
    }
    free(block);
    return text;
}

static const struct {
    const char *name;
    const char *environment[8];
    const char *parent[8];
    const char *block;
} blocks[] = {
    { "W10_empty", { NULL }, { NULL }, "||" },
    { "W10_one", { "A=1" }, { NULL }, "A=1||" },
    { "W10_sorted", { "b=2", "C=3", "A=1" }, { NULL }, "A=1|b=2|C=3||" },
    { "W10_sorted_by_upper_case", { "a_=1", "AB=2" }, { NULL }, "AB=2|a_=1||" },
    { "W10_shorter_name_first", { "AB=1", "A=2" }, { NULL }, "A=2|AB=1||" },
    { "W10_sorted_by_name_not_by_entry", { "A=2", "A-=1" }, { NULL }, "A=2|A-=1||" },
    { "W11_last_wins", { "A=1", "B=2", "A=3" }, { NULL }, "A=3|B=2||" },
    { "W11_last_wins_in_any_case", { "Path=1", "PATH=2", "pAtH=3" }, { NULL }, "pAtH=3||" },
    { "W11_value_is_no_part_of_the_name", { "A=1", "a=A=2" }, { NULL }, "a=A=2||" },
    { "W12_drives", { "Z=1", "=C:=C:\\x", "=ExitCode=0" }, { NULL }, "=C:=C:\\x|=ExitCode=0|Z=1||" },
    { "W12_double_equals", { "==x" }, { NULL }, "==x||" },
    { "empty_value", { "A=" }, { NULL }, "A=||" },
    { "W13_added", { "A=1" }, { "SystemRoot=C:\\W", "SystemDrive=C:", "X=1" }, "A=1|SystemDrive=C:|SystemRoot=C:\\W||" },
    { "W13_added_to_nothing", { NULL }, { "SYSTEMROOT=C:\\W" }, "SYSTEMROOT=C:\\W||" },
    { "W13_not_replaced", { "systemroot=D:" }, { "SystemRoot=C:\\W" }, "systemroot=D:||" },
    { "W13_not_replaced_when_empty", { "SystemRoot=" }, { "SystemRoot=C:\\W" }, "SystemRoot=||" },
    { "W13_parent_has_none", { "A=1" }, { "SystemRootX=1", "System=2", "broken" }, "A=1||" },
    { "W16_beyond_ascii", { "\xC3\x84=\xF0\x9F\x98\x80" }, { NULL }, "\xC3\x84=\xF0\x9F\x98\x80||" },
    { "W16_lone_surrogate", { "A=\xED\xA0\x80" }, { NULL }, "A=\xED\xA0\x80||" },
};

TEST_CP(EnvironmentBlock, is_what_windows_wants, blocks)
{
    char *block = block_of(row->environment, row->parent);

    EXPECT_STR_EQ(row->block, block);
    free(block);
}

TEST_C(EnvironmentBlock, W13_nothing_is_added_when_not_wanted)
{
    const char *environment[] = { NULL };
    char *block = block_of(environment, NULL);

    EXPECT_STR_EQ("||", block);
    free(block);
}

static const struct {
    const char *name;
    const char *entry;
    int rc;
} wrong[] = {
    { "W14_without_equals", "A", KIN_EINVAL }, { "W14_nothing", "", KIN_EINVAL },
    { "W14_without_name", "=", KIN_EINVAL },   { "W12_without_name_but_value", "=x", KIN_EINVAL },
    { "W16_no_utf8", "A=\xFF", KIN_EILSEQ },   { "W16_no_utf8_in_the_name", "\xC3=1", KIN_EILSEQ },
};

TEST_CP(EnvironmentBlock, wrong_entries_are_refused, wrong)
{
    const char *environment[] = { "B=1", row->entry, "C=1", NULL };
    uint16_t *block = NULL;

    EXPECT_INT_EQ(row->rc, kin_win32_environment_block(environment, NULL, compare, &block, NULL));
    EXPECT_NULL(block);
}

TEST_C(EnvironmentBlock, W10_W11_random_lists_are_sorted_without_duplicates_and_the_last_wins)
{
    enum { ENTRIES = 200 };
    static char texts[ENTRIES][16];
    const char *environment[ENTRIES + 1] = { NULL };
    uint64_t state = 105497;

    for (int round = 0; round < 200; round++) {
        const uint16_t *previous = NULL;
        uint16_t *block = NULL;
        size_t count = 0;
        size_t seen = 0;

        for (size_t i = 0; i < ENTRIES; i++) { /* names of one or two letters, the value is the place in the list */
            char name[3] = { "abAB"[nasty_number(&state, 4)], "cdCD=="[nasty_number(&state, 6)], '\0' };

            snprintf(texts[i], sizeof texts[i], name[1] == '=' ? "%.1s=%zu" : "%.2s=%zu", name, i);
            environment[i] = texts[i];
        }
        ASSERT_INT_EQ(KIN_OK, kin_win32_environment_block(environment, NULL, compare, &block, &count));
        for (const uint16_t *at = block; *at != 0; seen++) {
            if (previous != NULL) {
                ASSERT_TRUE(compare(previous, previous[1] == '=' ? 1 : 2, at, at[1] == '=' ? 1 : 2) < 0);
            }
            previous = at;
            while (*at++ != 0) {
            }
        }
        ASSERT_SIZE_EQ(6, seen);
        free(block);
    }
}
