/* SPDX-License-Identifier: MIT */
#include "utf16.h"

#include <stdbool.h>
#include <stdlib.h>

#include <kin/error.h>

enum {
    HIGH_SURROGATE_FIRST = 0xD800,
    LOW_SURROGATE_FIRST = 0xDC00,
    SURROGATE_MASK = 0xFC00,
    BEYOND_16_BITS = 0x10000,
    LAST_CHARACTER = 0x10FFFF,
    LONGEST_CHARACTER = 4,
    LONGEST_UNIT = 3 /* a pair of units makes 4 bytes, any other unit 3 at most */
};

static bool is_high_surrogate(uint32_t character)
{
    return (character & ~(uint32_t)(BEYOND_16_BITS - 1)) == 0 && (character & SURROGATE_MASK) == HIGH_SURROGATE_FIRST;
}

static bool is_low_surrogate(uint32_t character)
{
    return (character & ~(uint32_t)(BEYOND_16_BITS - 1)) == 0 && (character & SURROGATE_MASK) == LOW_SURROGATE_FIRST;
}

/* Bytes of a character by its first byte; 0: no character begins so. */
static size_t size_by_first_byte(unsigned char byte)
{
    if (byte < 0x80) {
        return 1;
    }
    if (byte < 0xC2) { /* the middle of a character, or 0xC0 and 0xC1, which begin overlong forms only */
        return 0;
    }
    if (byte < 0xE0) {
        return 2;
    }
    if (byte < 0xF0) {
        return 3;
    }
    return byte < 0xF5 ? LONGEST_CHARACTER : 0;
}

/* Reads one character, which may be a surrogate. Returns its bytes; 0: this is no UTF-8. */
static size_t decode(const char *text, size_t size, uint32_t *character)
{
    static const unsigned char first_bits[LONGEST_CHARACTER + 1] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    static const uint32_t smallest[LONGEST_CHARACTER + 1] = { 0, 0, 0x80, 0x800, BEYOND_16_BITS };
    const unsigned char *bytes = (const unsigned char *)text;
    size_t needed = size_by_first_byte(bytes[0]);
    uint32_t value;

    if (needed == 0 || needed > size) {
        return 0;
    }
    value = bytes[0] & first_bits[needed];
    for (size_t i = 1; i < needed; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (bytes[i] & 0x3F);
    }
    *character = value;
    return value < smallest[needed] || value > LAST_CHARACTER ? 0 : needed;
}

int kin_win32_utf16_count(const char *text, size_t size, size_t *count)
{
    uint32_t previous = 0;
    size_t units = 0;

    for (size_t at = 0; at < size;) {
        uint32_t character;
        size_t read = decode(text + at, size - at, &character);

        if (read == 0 || (is_high_surrogate(previous) && is_low_surrogate(character))) {
            return KIN_EILSEQ;
        }
        at += read;
        units += character < BEYOND_16_BITS ? 1 : 2;
        previous = character;
    }
    *count = units;
    return KIN_OK;
}

/* Writes text that has been checked. */
static void write_units(const char *text, size_t size, uint16_t *units)
{
    for (size_t at = 0; at < size;) {
        uint32_t character = 0;

        at += decode(text + at, size - at, &character);
        if (character < BEYOND_16_BITS) {
            *units++ = (uint16_t)character;
        } else {
            character -= BEYOND_16_BITS;
            *units++ = (uint16_t)(HIGH_SURROGATE_FIRST | character >> 10);
            *units++ = (uint16_t)(LOW_SURROGATE_FIRST | (character & 0x3FF));
        }
    }
    *units = 0;
}

int kin_win32_utf16_from_utf8(const char *text, size_t size, uint16_t **units, size_t *count)
{
    size_t needed = 0;
    uint16_t *made;
    int rc = kin_win32_utf16_count(text, size, &needed);

    if (rc < 0) {
        return rc;
    }
    made = needed < SIZE_MAX / sizeof *made ? malloc((needed + 1) * sizeof *made) : NULL;
    if (made == NULL) {
        return KIN_ENOMEM;
    }
    write_units(text, size, made);
    *units = made;
    if (count != NULL) {
        *count = needed;
    }
    return KIN_OK;
}

/* Reads one character, which is a surrogate if that stands alone. Returns its units. */
static size_t read_units(const uint16_t *units, size_t count, uint32_t *character)
{
    if (count >= 2 && is_high_surrogate(units[0]) && is_low_surrogate(units[1])) {
        *character = BEYOND_16_BITS + ((units[0] & 0x3FFu) << 10 | (units[1] & 0x3FFu));
        return 2;
    }
    *character = units[0];
    return 1;
}

static size_t encode(uint32_t character, char *text)
{
    static const unsigned char first_byte[LONGEST_CHARACTER + 1] = { 0, 0x00, 0xC0, 0xE0, 0xF0 };
    size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < BEYOND_16_BITS ? 3 : LONGEST_CHARACTER;

    for (size_t i = size - 1; i > 0; i--) {
        text[i] = (char)(unsigned char)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    text[0] = (char)(unsigned char)(first_byte[size] | character);
    return size;
}

int kin_win32_utf16_to_utf8(const uint16_t *units, size_t count, char **text, size_t *size)
{
    size_t written = 0;
    char *made = count < SIZE_MAX / LONGEST_UNIT ? malloc(count * LONGEST_UNIT + 1) : NULL;

    if (made == NULL) {
        return KIN_ENOMEM;
    }
    for (size_t at = 0; at < count;) {
        uint32_t character;

        at += read_units(units + at, count - at, &character);
        written += encode(character, made + written);
    }
    made[written] = '\0';
    *text = made;
    if (size != NULL) {
        *size = written;
    }
    return KIN_OK;
}
