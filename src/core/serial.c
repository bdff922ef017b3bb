/* SPDX-License-Identifier: MIT */
#include "serial.h"

#include <string.h>

/* The oldest version that all readers of today accept: V8's write 15 and 16, and read what is older (docs/wire.md). */
#define VERSION 13

#define TAG_VERSION '\xFF'
#define TAG_OBJECT 'o'
#define TAG_END '{'
#define TAG_LATIN1 '"'
#define TAG_UTF8 'S'
#define TAG_UTF16 'c'
#define TAG_PADDING '\0'
#define TAG_SIGNED 'I'
#define TAG_UNSIGNED 'U'
#define TAG_DOUBLE 'N'
#define TAG_HOST '\\'
#define VIEW 0         /* a host object of Node that is bytes, */
#define VIEW_BUFFER 10 /* a Buffer */

/* Doubles above are not whole numbers one by one. */
#define MOST_NUMBER UINT64_C(9007199254740991)

/* IEEE 754: what a double is made of. */
#define IMPLIED_BIT (UINT64_C(1) << 52)
#define FRACTION (IMPLIED_BIT - 1)

struct cursor {
    const char *at;
    const char *end;
};

/* ------------------------------------------------------------------------------------------------------------- reading --- */

static bool take_byte(struct cursor *cursor, char *byte)
{
    if (cursor->at == cursor->end)
        return false;
    *byte = *cursor->at++;
    return true;
}

static bool take_varint(struct cursor *cursor, uint64_t *number)
{
    char byte;

    *number = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        if (!take_byte(cursor, &byte))
            return false;
        *number |= (uint64_t)((unsigned char)byte & 0x7FU) << shift;
        if (((unsigned char)byte & 0x80U) == 0)
            return true;
    }
    return false;
}

static bool take_slice(struct cursor *cursor, struct kin_slice *slice)
{
    uint64_t size;

    if (!take_varint(cursor, &size) || size > (uint64_t)(cursor->end - cursor->at))
        return false;
    *slice = (struct kin_slice){ cursor->at, (size_t)size };
    cursor->at += size;
    return true;
}

static bool take_bytes(struct cursor *cursor, struct kin_slice *slice)
{
    uint64_t what;
    uint64_t type;

    return take_varint(cursor, &what) && what == VIEW && take_varint(cursor, &type) && take_slice(cursor, slice);
}

/* Only whole numbers that are not negative are of interest; a double is taken apart by its bits (IEEE 754). */
static bool take_double(struct cursor *cursor, struct kin_serial_value *value)
{
    uint64_t bits = 0;
    unsigned exponent;

    if (cursor->end - cursor->at < 8)
        return false;
    for (unsigned i = 0; i < 8; i++)
        bits |= (uint64_t)(unsigned char)*cursor->at++ << 8 * i;
    exponent = (unsigned)(bits >> 52);
    value->kind = KIN_SERIAL_NUMBER;
    if (exponent >= 1023 && exponent <= 1023 + 52)
        value->number = ((bits & FRACTION) | IMPLIED_BIT) >> (1023 + 52 - exponent);
    else if (bits != 0)
        value->kind = KIN_SERIAL_OTHER;
    return true;
}

static bool take_integer(struct cursor *cursor, bool zigzag, struct kin_serial_value *value)
{
    if (!take_varint(cursor, &value->number))
        return false;
    value->kind = zigzag && (value->number & 1) != 0 ? KIN_SERIAL_OTHER : KIN_SERIAL_NUMBER;
    if (zigzag)
        value->number >>= 1;
    return true;
}

/* False at a value of another kind, and at the end of the bytes. */
static bool take_value(struct cursor *cursor, struct kin_serial_value *value)
{
    char tag;

    *value = (struct kin_serial_value){ .kind = KIN_SERIAL_OTHER };
    do {
        if (!take_byte(cursor, &tag))
            return false;
    } while (tag == TAG_PADDING);
    switch (tag) {
    case TAG_LATIN1:
    case TAG_UTF8:
        value->kind = KIN_SERIAL_TEXT;
        return take_slice(cursor, &value->slice);
    case TAG_UTF16:
        return take_slice(cursor, &value->slice);
    case TAG_HOST:
        value->kind = KIN_SERIAL_BYTES;
        return take_bytes(cursor, &value->slice);
    case TAG_SIGNED:
    case TAG_UNSIGNED:
        return take_integer(cursor, tag == TAG_SIGNED, value);
    case TAG_DOUBLE:
        return take_double(cursor, value);
    default:
        return tag == 'T' || tag == 'F' || tag == '0' || tag == '_';
    }
}

static bool begins_object(struct cursor *cursor)
{
    const size_t size = (size_t)(cursor->end - cursor->at);
    const bool begins = size > 2 && cursor->at[0] == TAG_VERSION && cursor->at[2] == TAG_OBJECT;

    cursor->at += begins ? 3 : 0;
    return begins;
}

static bool is_name(const struct kin_serial_value *key, const char *name)
{
    return key->kind == KIN_SERIAL_TEXT && key->slice.size == strlen(name) && kin_slice_begins(key->slice, name);
}

/* What is not understood is everything up to the end mark with its count, which is one byte for a small object. */
static struct kin_slice rest_of(const char *begin, const char *end)
{
    const size_t size = (size_t)(end - begin);
    const bool marked = size > 2 && end[-2] == TAG_END;

    return (struct kin_slice){ begin, marked ? size - 2 : size };
}

bool kin_serial_members(struct kin_slice data, const char *const *names, size_t count, struct kin_serial_value *values)
{
    struct cursor cursor = { data.data, data.data + data.size };
    struct kin_serial_value key;
    struct kin_serial_value value;
    bool understood = true;

    for (size_t i = 0; i < count; i++)
        values[i] = (struct kin_serial_value){ .kind = KIN_SERIAL_NONE };
    if (!begins_object(&cursor))
        return false;
    while (understood && cursor.at < cursor.end && *cursor.at != TAG_END && take_value(&cursor, &key)) {
        const char *begin = cursor.at;

        understood = take_value(&cursor, &value);
        if (!understood)
            value = (struct kin_serial_value){ .kind = KIN_SERIAL_OTHER, .slice = rest_of(begin, cursor.end) };
        value.encoded = understood ? (struct kin_slice){ begin, (size_t)(cursor.at - begin) } : value.slice;
        for (size_t i = 0; i < count; i++) {
            if (is_name(&key, names[i]))
                values[i] = value;
        }
    }
    return true;
}

bool kin_serial_is(const struct kin_serial_value *value, const char *text)
{
    return is_name(value, text);
}

/* ------------------------------------------------------------------------------------------------------------- writing --- */

static char *put_varint(char *to, uint64_t number)
{
    for (; number > 0x7FU; number >>= 7)
        *to++ = (char)(unsigned char)((number & 0x7FU) | 0x80U);
    *to++ = (char)(unsigned char)number;
    return to;
}

char *kin_serial_begin(char *to)
{
    *to++ = TAG_VERSION;
    *to++ = VERSION;
    *to++ = TAG_OBJECT;
    return to;
}

char *kin_serial_text(char *to, const char *text)
{
    const size_t size = strlen(text);

    *to++ = TAG_LATIN1;
    to = put_varint(to, size);
    memcpy(to, text, size);
    return to + size;
}

/* As a double, which holds every number that JavaScript counts with. */
char *kin_serial_number(char *to, uint64_t number)
{
    uint64_t bits = number & MOST_NUMBER;
    uint64_t exponent = 1023 + 52;

    while (bits != 0 && (bits & IMPLIED_BIT) == 0) {
        bits <<= 1;
        exponent--;
    }
    if (bits != 0)
        bits = (bits & FRACTION) | exponent << 52;
    *to++ = TAG_DOUBLE;
    for (unsigned i = 0; i < 8; i++)
        *to++ = (char)(unsigned char)(bits >> 8 * i & 0xFFU);
    return to;
}

char *kin_serial_bytes(char *to, size_t size)
{
    *to++ = TAG_HOST;
    to = put_varint(to, VIEW);
    to = put_varint(to, VIEW_BUFFER);
    return put_varint(to, size);
}

char *kin_serial_end(char *to, unsigned count)
{
    *to++ = TAG_END;
    return put_varint(to, count);
}
