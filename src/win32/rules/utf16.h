/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 to UTF-16 and back, strict, and without loss in both directions.
 *
 * Names on Windows are any sequence of 16-bit units, so a surrogate may stand alone. It is written as if it were a
 * character, in three bytes (WTF-8, https://simonsapin.github.io/wtf-8/). A surrogate pair has one spelling only,
 * the four bytes of its character: two surrogates of three bytes each that would form a pair are refused, so that
 * different texts never become the same name. Overlong forms, stray bytes and values above U+10FFFF are refused
 * too; nothing is ever replaced.
 */
#ifndef KIN_WIN32_RULES_UTF16_H
#define KIN_WIN32_RULES_UTF16_H

#include <stddef.h>
#include <stdint.h>

/* Checks `size` bytes of UTF-8 and counts the UTF-16 units that they make. 0 or KIN_EILSEQ. */
int kin_win32_utf16_count(const char *text, size_t size, size_t *count);

/*
 * Converts. *units gets a zero behind it, which is not counted, and is for free(). `count` may be NULL. A zero byte
 * in the text is a character like any other. 0, KIN_EILSEQ, KIN_ENOMEM; *units and *count are untouched then.
 */
int kin_win32_utf16_from_utf8(const char *text, size_t size, uint16_t **units, size_t *count);

/* The other direction, which only fails for want of memory. `size` may be NULL. 0 or KIN_ENOMEM. */
int kin_win32_utf16_to_utf8(const uint16_t *units, size_t count, char **text, size_t *size);

#endif
