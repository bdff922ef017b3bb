/* SPDX-License-Identifier: MIT */
/* Any list is refused, or makes a block that ends once, in strictly rising order, with the last entry of each name. */
#include <kin/error.h>

#include "fuzz.h"
#include "win32/rules/environment_block.h"

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

static size_t name_count(const uint16_t *entry)
{
    size_t count = 1;

    while (entry[count] != '=') {
        FUZZ_CHECK(entry[count] != 0);
        count++;
    }
    return count;
}

static void check_block(const uint16_t *block, size_t count)
{
    const uint16_t *previous = NULL;
    const uint16_t *at = block;

    while (*at != 0) {
        FUZZ_CHECK(previous == NULL || compare(previous, name_count(previous), at, name_count(at)) < 0);
        previous = at;
        at += fuzz_units(at) + 1;
    }
    at += previous == NULL ? 2 : 1;
    FUZZ_CHECK((size_t)(at - block) == count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_texts texts;
    uint16_t *block = NULL;
    size_t count = 0;
    int rc;

    fuzz_texts_open(&texts, data, size);
    rc = kin_win32_environment_block(texts.items, texts.items + texts.count / 2, compare, &block, &count);
    FUZZ_CHECK((rc == KIN_OK) == (block != NULL));
    if (rc == KIN_OK) {
        check_block(block, count);
    }
    free(block);
    fuzz_texts_close(&texts);
    return 0;
}
