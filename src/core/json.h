/* SPDX-License-Identifier: MIT */
/*
 * The members of a JSON object, one level deep, as slices of its text. It is no validator: what it passes over in values is
 * only matched in quotes and brackets. It never reads beyond the text, whatever that is.
 */
#ifndef KIN_CORE_JSON_H
#define KIN_CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kin_slice {
    const char *data; /* NULL: there is none */
    size_t size;
};

/* The values of the members that are asked for, the last of each name; names and values with escapes are not understood. False
   when the text is no object. */
bool kin_json_members(struct kin_slice text, const char *const *names, size_t count, struct kin_slice *values);

/* Whether a value is this string. */
bool kin_json_is(struct kin_slice value, const char *string);

/* A whole number, not negative and exact in JavaScript too. */
bool kin_json_number(struct kin_slice value, uint64_t *number);

/* Whether the bytes occur in the text. */
bool kin_slice_contains(struct kin_slice text, const char *part);
bool kin_slice_begins(struct kin_slice text, const char *part);

#endif
