/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <string.h>

/* Numbers above are not exact in JavaScript. */
#define MOST_NUMBER UINT64_C(9007199254740991)

struct cursor {
    const char *at;
    const char *end;
};

/* ------------------------------------------------------------------------------------------------------------- slices --- */

bool kin_slice_begins(struct kin_slice text, const char *part)
{
    const size_t size = strlen(part);

    return text.size >= size && memcmp(text.data, part, size) == 0;
}

bool kin_slice_contains(struct kin_slice text, const char *part)
{
    const size_t size = strlen(part);
    const char *found;

    while (text.size >= size && (found = memchr(text.data, part[0], text.size - size + 1)) != NULL) {
        if (memcmp(found, part, size) == 0)
            return true;
        text.size -= (size_t)(found + 1 - text.data);
        text.data = found + 1;
    }
    return false;
}

/* ------------------------------------------------------------------------------------------------------------- walking --- */

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->at < cursor->end &&
           (*cursor->at == ' ' || *cursor->at == '\t' || *cursor->at == '\r' || *cursor->at == '\n'))
        cursor->at++;
}

static bool take(struct cursor *cursor, char byte)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->end || *cursor->at != byte)
        return false;
    cursor->at++;
    return true;
}

/* From the quote to the one that ends it; the slice is what stands between. */
static bool take_string(struct cursor *cursor, struct kin_slice *string)
{
    const char *begin;

    if (!take(cursor, '"'))
        return false;
    begin = cursor->at;
    while (cursor->at < cursor->end && *cursor->at != '"')
        cursor->at += *cursor->at == '\\' && cursor->end - cursor->at > 1 ? 2 : 1;
    if (cursor->at == cursor->end)
        return false;
    *string = (struct kin_slice){ begin, (size_t)(cursor->at - begin) };
    cursor->at++;
    return true;
}

/* Brackets are counted, not nested by calls: depth costs nothing. */
static bool skip_brackets(struct cursor *cursor)
{
    struct kin_slice ignored;
    size_t depth = 0;

    while (cursor->at < cursor->end) {
        const char byte = *cursor->at;

        if (byte == '"') {
            if (!take_string(cursor, &ignored))
                return false;
            continue;
        }
        cursor->at++;
        if (byte == '{' || byte == '[')
            depth++;
        else if (byte == '}' || byte == ']')
            depth--;
        if (depth == 0)
            return true;
    }
    return false;
}

static bool ends_scalar(char byte)
{
    return byte == ',' || byte == '}' || byte == ']' || byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool take_value(struct cursor *cursor, struct kin_slice *value)
{
    const char *begin;
    struct kin_slice ignored;
    bool taken = true;

    skip_blanks(cursor);
    begin = cursor->at;
    if (begin == cursor->end)
        return false;
    if (*begin == '"')
        taken = take_string(cursor, &ignored);
    else if (*begin == '{' || *begin == '[')
        taken = skip_brackets(cursor);
    else
        while (cursor->at < cursor->end && !ends_scalar(*cursor->at))
            cursor->at++;
    *value = (struct kin_slice){ begin, (size_t)(cursor->at - begin) };
    return taken && value->size > 0;
}

/* ------------------------------------------------------------------------------------------------------------- members --- */

static bool is_name(struct kin_slice text, const char *name)
{
    return text.size == strlen(name) && kin_slice_begins(text, name);
}

bool kin_json_members(struct kin_slice text, const char *const *names, size_t count, struct kin_slice *values)
{
    struct cursor cursor = { text.data, text.data + text.size };
    struct kin_slice name;
    struct kin_slice value;

    for (size_t i = 0; i < count; i++)
        values[i] = (struct kin_slice){ NULL, 0 };
    if (!take(&cursor, '{'))
        return false;
    if (take(&cursor, '}'))
        return true;
    do {
        if (!take_string(&cursor, &name) || !take(&cursor, ':') || !take_value(&cursor, &value))
            return false;
        for (size_t i = 0; i < count; i++) {
            if (is_name(name, names[i]))
                values[i] = value;
        }
    } while (take(&cursor, ','));
    return take(&cursor, '}');
}

bool kin_json_is(struct kin_slice value, const char *string)
{
    const size_t size = strlen(string);

    return value.data != NULL && value.size == size + 2 && value.data[0] == '"' && memcmp(value.data + 1, string, size) == 0;
}

bool kin_json_number(struct kin_slice value, uint64_t *number)
{
    uint64_t sum = 0;

    if (value.size == 0 || value.size > 16)
        return false;
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
        sum = 10 * sum + (uint64_t)(value.data[i] - '0');
    }
    *number = sum;
    return sum <= MOST_NUMBER;
}
