/* SPDX-License-Identifier: MIT */
#include "fault/allocation.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
char *__wrap_strdup(const char *text);

static atomic_size_t until_failure; /* 1: the next one fails; 0: none does */
static atomic_bool for_good;
static atomic_bool failed;
static atomic_size_t blocks;
static bool (*spared)(void);

void allocation_fail_at(size_t number)
{
    failed = false;
    for_good = false;
    until_failure = number;
}

void allocation_fail_from(size_t number)
{
    allocation_fail_at(number);
    for_good = true;
}

bool allocation_stop_failing(void)
{
    until_failure = 0;
    return failed;
}

size_t allocation_blocks(void)
{
    return blocks;
}

void allocation_spare(bool (*is_spared)(void))
{
    spared = is_spared;
}

static bool is_due(void)
{
    if (until_failure == 0 || (spared != NULL && spared()))
        return false;
    if (until_failure > 1) {
        until_failure--;
        return false;
    }
    if (!for_good)
        until_failure = 0;
    failed = true;
    errno = ENOMEM;
    return true;
}

static void *counted(void *block)
{
    if (block != NULL)
        blocks++;
    return block;
}

/* mingw makes thread-local variables by malloc(), which is ours and would ask for the variable: the program hung before its
   first test. What is tested there has one thread. */
#if defined(_WIN32)
#define PER_THREAD
#else
#define PER_THREAD _Thread_local
#endif

/* In a static program the C library is linked with us: musl's calloc() calls malloc(), ours. That is not another allocation. */
static PER_THREAD unsigned inside;

void *__wrap_malloc(size_t size)
{
    if (inside > 0)
        return __real_malloc(size);
    return is_due() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *block;

    if (is_due())
        return NULL;
    inside++;
    block = __real_calloc(count, size);
    inside--;
    return counted(block);
}

void *__wrap_realloc(void *block, size_t size)
{
    void *moved;

    if (is_due())
        return NULL;
    inside++;
    moved = __real_realloc(block, size);
    inside--;
    return block == NULL ? counted(moved) : moved;
}

void __wrap_free(void *block)
{
    if (block != NULL && inside == 0)
        blocks--;
    __real_free(block);
}

/* The one function of the C library whose block is ours to free. */
char *__wrap_strdup(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = __wrap_malloc(size);

    return copy == NULL ? NULL : memcpy(copy, text, size);
}
