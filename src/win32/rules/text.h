/* SPDX-License-Identifier: MIT */
/*
 * Text that grows. Failure is sticky: append as often as you like and look once, at the end.
 *
 *      struct kin_win32_text text = { 0 };
 *      kin_win32_text_append(&text, "cmd.exe");
 *      ...
 *      rc = text.error;                    0, KIN_ENOMEM, also when the size would overflow
 *      kin_win32_text_free(&text);
 */
#ifndef KIN_WIN32_RULES_TEXT_H
#define KIN_WIN32_RULES_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* All zero is the empty text. `data` is NULL until the first byte; from then on it ends with a zero byte. */
struct kin_win32_text {
    char *data;
    size_t size;
    size_t capacity;
    int error;
};

void kin_win32_text_append(struct kin_win32_text *text, const char *string);
void kin_win32_text_append_bytes(struct kin_win32_text *text, const char *bytes, size_t size);
void kin_win32_text_append_character(struct kin_win32_text *text, char character);
void kin_win32_text_append_repeated(struct kin_win32_text *text, char character, size_t count);

/* Shortens to `size`; a larger size changes nothing. */
void kin_win32_text_truncate(struct kin_win32_text *text, size_t size);

/* The text as a C string, never NULL; empty after an error. */
const char *kin_win32_text_string(const struct kin_win32_text *text);

/*
 * Hands the text over: *string is for free(), also when it is empty. The text is empty afterwards, in any case.
 * 0 or KIN_ENOMEM.
 */
int kin_win32_text_take(struct kin_win32_text *text, char **string);

/* Frees the text; it is empty and without error afterwards. */
void kin_win32_text_free(struct kin_win32_text *text);

/* Whether both are the same but for the case of ASCII letters, in every locale. */
bool kin_win32_text_is_same(const char *left, const char *right, size_t size);

#endif
