/* SPDX-License-Identifier: MIT */
/* Bytes that tell their place in a stream: what was lost, doubled or moved on the way is seen. */
#ifndef KIN_TESTS_CHILD_PATTERN_H
#define KIN_TESTS_CHILD_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The finisher of SplitMix64 (public domain, Vigna): every word of eight bytes looks random. */
static inline uint64_t pattern_word(uint64_t number)
{
    uint64_t word = (number + 1) * UINT64_C(0x9E3779B97F4A7C15);

    word = (word ^ (word >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    return word ^ (word >> 27);
}

static inline void pattern_fill(unsigned char *data, size_t size, uint64_t offset)
{
    size_t i = 0;

    while (i < size) {
        const uint64_t word = pattern_word((offset + i) / 8);
        const unsigned skip = (unsigned)((offset + i) % 8);

        if (skip == 0 && size - i >= 8) {
            memcpy(data + i, &word, 8);
            i += 8;
        } else {
            data[i++] = ((const unsigned char *)&word)[skip];
        }
    }
}

static inline bool pattern_matches(const void *data, size_t size, uint64_t offset)
{
    const unsigned char *bytes = (const unsigned char *)data;
    unsigned char expected[4096];

    for (size_t done = 0; done < size;) {
        const size_t part = size - done < sizeof expected ? size - done : sizeof expected;

        pattern_fill(expected, part, offset + done);
        if (memcmp(expected, bytes + done, part) != 0)
            return false;
        done += part;
    }
    return true;
}

#endif
