/* SPDX-License-Identifier: MIT */
/* Any units make a text that makes the same units; any text that is taken comes back as it was. */
#include <kin/error.h>

#include "fuzz.h"
#include "win32/rules/utf16.h"

static void check_units(const uint16_t *units, size_t count)
{
    uint16_t *again = NULL;
    size_t again_count = 0;
    char *text = NULL;
    size_t size = 0;

    FUZZ_CHECK(kin_win32_utf16_to_utf8(units, count, &text, &size) == KIN_OK);
    FUZZ_CHECK(kin_win32_utf16_from_utf8(text, size, &again, &again_count) == KIN_OK);
    FUZZ_CHECK(count == again_count && memcmp(units, again, count * sizeof *units) == 0);
    free(again);
    free(text);
}

static void check_text(const char *text, size_t size)
{
    uint16_t *units = NULL;
    size_t count = 0;
    char *again = NULL;
    size_t again_size = 0;

    if (kin_win32_utf16_from_utf8(text, size, &units, &count) == KIN_OK) {
        FUZZ_CHECK(kin_win32_utf16_to_utf8(units, count, &again, &again_size) == KIN_OK);
        FUZZ_CHECK(size == again_size && memcmp(text, again, size) == 0);
    }
    free(again);
    free(units);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count = size / sizeof(uint16_t);
    uint16_t *units = malloc(size + 1);
    char *text = malloc(size + 1);

    FUZZ_CHECK(units != NULL && text != NULL);
    for (size_t i = 0; i < count; i++) {
        units[i] = (uint16_t)(data[2 * i] << 8 | data[2 * i + 1]);
    }
    for (size_t i = 0; i < size; i++) {
        text[i] = (char)data[i];
    }
    check_units(units, count);
    check_text(text, size);
    free(text);
    free(units);
    return 0;
}
