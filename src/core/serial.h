/* SPDX-License-Identifier: MIT */
/*
 * The little of V8's serialization (what Node writes in its `advanced` mode) that is needed to know our own messages and Node's:
 * an object whose first members are strings, numbers and bytes. It never reads beyond the bytes, whatever they are.
 */
#ifndef KIN_CORE_SERIAL_H
#define KIN_CORE_SERIAL_H

#include "json.h"

enum kin_serial_kind { KIN_SERIAL_NONE, KIN_SERIAL_TEXT, KIN_SERIAL_NUMBER, KIN_SERIAL_BYTES, KIN_SERIAL_OTHER };

struct kin_serial_value {
    enum kin_serial_kind kind;
    struct kin_slice slice;   /* text, bytes; of OTHER, everything up to the end of the object */
    struct kin_slice encoded; /* the value as it stands there, with what says of which kind it is */
    uint64_t number;
};

/* The members that are asked for, up to the first value that is something else; that one is OTHER. False when the bytes are no
   serialized object. */
bool kin_serial_members(struct kin_slice data, const char *const *names, size_t count, struct kin_serial_value *values);

bool kin_serial_is(const struct kin_serial_value *value, const char *text);

/* Writing: each returns the place behind what it wrote. */
char *kin_serial_begin(char *to);
char *kin_serial_text(char *to, const char *text);
char *kin_serial_number(char *to, uint64_t number);
char *kin_serial_bytes(char *to, size_t size); /* the bytes themselves come behind */
char *kin_serial_end(char *to, unsigned count);

#endif
