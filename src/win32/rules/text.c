/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

enum { SMALLEST_CAPACITY = 64 };

/* Makes room for `more` bytes and the zero behind them. */
static bool reserve(struct kin_win32_text *text, size_t more)
{
    size_t capacity = text->capacity;
    char *data;

    if (text->error < 0) {
        return false;
    }
    if (more < capacity - text->size) {
        return true;
    }
    if (more >= SIZE_MAX / 2 - text->size) {
        text->error = KIN_ENOMEM;
        return false;
    }
    capacity = capacity < SMALLEST_CAPACITY ? SMALLEST_CAPACITY : capacity;
    while (capacity <= text->size + more) {
        capacity *= 2;
    }
    data = realloc(text->data, capacity);
    if (data == NULL) {
        text->error = KIN_ENOMEM;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void kin_win32_text_append_bytes(struct kin_win32_text *text, const char *bytes, size_t size)
{
    if (size > 0 && reserve(text, size)) {
        memcpy(text->data + text->size, bytes, size);
        text->size += size;
        text->data[text->size] = '\0';
    }
}

void kin_win32_text_append(struct kin_win32_text *text, const char *string)
{
    kin_win32_text_append_bytes(text, string, strlen(string));
}

void kin_win32_text_append_character(struct kin_win32_text *text, char character)
{
    kin_win32_text_append_bytes(text, &character, 1);
}

void kin_win32_text_append_repeated(struct kin_win32_text *text, char character, size_t count)
{
    if (count > 0 && reserve(text, count)) {
        memset(text->data + text->size, character, count);
        text->size += count;
        text->data[text->size] = '\0';
    }
}

void kin_win32_text_truncate(struct kin_win32_text *text, size_t size)
{
    if (size < text->size) {
        text->size = size;
        text->data[size] = '\0';
    }
}

const char *kin_win32_text_string(const struct kin_win32_text *text)
{
    return text->error < 0 || text->data == NULL ? "" : text->data;
}

int kin_win32_text_take(struct kin_win32_text *text, char **string)
{
    int rc;

    if (reserve(text, 0)) {
        text->data[text->size] = '\0';
        *string = text->data;
        text->data = NULL;
    }
    rc = text->error;
    kin_win32_text_free(text);
    return rc;
}

void kin_win32_text_free(struct kin_win32_text *text)
{
    free(text->data);
    *text = (struct kin_win32_text){ 0 };
}

static char lower(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character - 'A' + 'a') : character;
}

bool kin_win32_text_is_same(const char *left, const char *right, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (lower(left[i]) != lower(right[i])) {
            return false;
        }
    }
    return true;
}
