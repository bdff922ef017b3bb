/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share: taking the input apart, and a failure that the fuzzer sees. */
#ifndef KIN_TESTS_FUZZ_H
#define KIN_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_TEXTS_MOST = 40 };

/* The input as texts, which zero bytes separate. */
struct fuzz_texts {
    const char *items[FUZZ_TEXTS_MOST + 1]; /* NULL-terminated */
    size_t count;
    char *storage;
};

static inline void fuzz_texts_open(struct fuzz_texts *texts, const uint8_t *data, size_t size)
{
    texts->count = 0;
    texts->storage = malloc(size + 1);
    FUZZ_CHECK(texts->storage != NULL);
    if (size > 0) {
        memcpy(texts->storage, data, size);
    }
    texts->storage[size] = '\0';
    for (size_t at = 0; at < size && texts->count < FUZZ_TEXTS_MOST; at += strlen(texts->storage + at) + 1) {
        texts->items[texts->count++] = texts->storage + at;
    }
    texts->items[texts->count] = NULL;
}

static inline void fuzz_texts_close(struct fuzz_texts *texts)
{
    free(texts->storage);
}

static inline size_t fuzz_units(const uint16_t *units)
{
    size_t count = 0;

    while (units[count] != 0) {
        count++;
    }
    return count;
}

#endif
