/* SPDX-License-Identifier: MIT */
/*
 * GoogleTest behind a C face: tests are C files, runs are GoogleTest's.
 *
 *      TEST_C(Suite, Name) { ASSERT_INT_EQ(0, call()); EXPECT_STR_EQ("a", text()); }
 *      TEST_CF(Fixture, Name) { use(self); }      void *Fixture_setup(void); void Fixture_teardown(void *self);
 *      TEST_CP(Suite, Name, table) { use(row); }  one test for each row; its first member is `const char *name`, a word
 *
 * ASSERT_… ends the test from any depth, by longjmp; EXPECT_… notes the failure and goes on. From another thread than the
 * test's own every failure is only noted.
 */
#ifndef KIN_TESTS_SHIM_H
#define KIN_TESTS_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Called before and after each test, set-up and tear-down of fixtures included. Failures noted there count for the test. */
void shim_set_hooks(void (*before_each)(void), void (*after_each)(void));

/* Asked before anything else in main(): a program that tests start may be the tests themselves. True: main() returns `*code`. */
void shim_set_dispatch(bool (*dispatch)(int *code));

/* ------------------------------------------------------------------------------------------------------- registration --- */

struct shim_test {
    const char *suite;
    const char *name;
    const char *file;
    int line;
    void (*body)(void);               /* TEST_C */
    void (*fixture_body)(void *self); /* TEST_CF */
    void *(*setup)(void);
    void (*teardown)(void *self);
    void (*row_body)(const void *row); /* TEST_CP */
    const void *rows;
    size_t row_size;
    size_t row_count;
    struct shim_test *next;
};

void shim_register(struct shim_test *test);

#if defined(_MSC_VER)
#define SHIM_CONSTRUCTOR(function)                                                                                    \
    static void function(void);                                                                                       \
    __pragma(section(".CRT$XCU", read)) __declspec(allocate(".CRT$XCU")) void (*function##_pointer)(void) = function; \
    __pragma(comment(linker, "/include:" #function "_pointer")) static void function(void)
#else
#define SHIM_CONSTRUCTOR(function) __attribute__((constructor)) static void function(void)
#endif

#define SHIM_REGISTER(suite, name, ...)                                                                            \
    static struct shim_test shim_test_##suite##_##name = { #suite, #name, __FILE__, __LINE__, __VA_ARGS__, NULL }; \
    SHIM_CONSTRUCTOR(shim_register_##suite##_##name)                                                               \
    {                                                                                                              \
        shim_register(&shim_test_##suite##_##name);                                                                \
    }

#define TEST_C(suite, name)                                                        \
    static void suite##_##name(void);                                              \
    SHIM_REGISTER(suite, name, suite##_##name, NULL, NULL, NULL, NULL, NULL, 0, 0) \
    static void suite##_##name(void)

#define TEST_CF(fixture, name)                                                                                  \
    static void fixture##_##name(void *self);                                                                   \
    SHIM_REGISTER(fixture, name, NULL, fixture##_##name, fixture##_setup, fixture##_teardown, NULL, NULL, 0, 0) \
    static void fixture##_##name(void *self)

/* `row` is a pointer to an element of the table. */
#define TEST_CP(suite, name, table)                                                                   \
    static void suite##_##name(const __typeof__((table)[0]) *row);                                    \
    static void suite##_##name##_row(const void *row)                                                 \
    {                                                                                                 \
        suite##_##name(row);                                                                          \
    }                                                                                                 \
    SHIM_REGISTER(suite, name, NULL, NULL, NULL, NULL, suite##_##name##_row, table, sizeof(table)[0], \
                  sizeof(table) / sizeof(table)[0])                                                   \
    static void suite##_##name(const __typeof__((table)[0]) *row)

/* ---------------------------------------------------------------------------------------------------------- assertions --- */

struct shim_site {
    const char *file;
    int line;
    bool fatal;
};

#if defined(__MINGW32__)
#define SHIM_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#elif defined(__GNUC__)
#define SHIM_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define SHIM_PRINTF(text, first)
#endif

enum shim_relation { SHIM_EQ, SHIM_NE, SHIM_LT, SHIM_LE, SHIM_GT, SHIM_GE };

void shim_fail(struct shim_site site, const char *format, ...) SHIM_PRINTF(2, 3);
void shim_skip(struct shim_site site, const char *format, ...) SHIM_PRINTF(2, 3);
void shim_check_true(struct shim_site site, const char *text, bool expected, bool actual);
void shim_check_int(struct shim_site site, enum shim_relation relation, const char *left_text, const char *right_text,
                    int64_t left, int64_t right);
void shim_check_uint(struct shim_site site, enum shim_relation relation, const char *left_text, const char *right_text,
                     uint64_t left, uint64_t right);
void shim_check_string(struct shim_site site, const char *actual_text, const char *expected, const char *actual);
void shim_check_contains(struct shim_site site, const char *actual_text, const char *part, const char *actual);
void shim_check_memory(struct shim_site site, const char *actual_text, const void *expected, const void *actual, size_t size);
/* Numbers, since gcc takes a pointer to const for a promise that what it points to has been filled. */
void shim_check_pointer(struct shim_site site, bool equal, const char *actual_text, uintptr_t expected, uintptr_t actual);
void shim_trace_push(struct shim_site site, const char *format, ...) SHIM_PRINTF(2, 3);
void shim_trace_pop(void);

#define SHIM_HERE(is_fatal)          \
    (struct shim_site)               \
    {                                \
        __FILE__, __LINE__, is_fatal \
    }

#define FAIL_C(...) shim_fail(SHIM_HERE(true), __VA_ARGS__)
#define NOTE_FAILURE_C(...) shim_fail(SHIM_HERE(false), __VA_ARGS__)
#define SKIP_C(...) shim_skip(SHIM_HERE(true), __VA_ARGS__)

/* What is said between a push and its pop is added to each failure: which round, which row. */
#define TRACE_C(...) shim_trace_push(SHIM_HERE(false), __VA_ARGS__)
#define TRACE_END_C() shim_trace_pop()

#ifndef __cplusplus /* GoogleTest has its own by these names */
#define EXPECT_TRUE(value) shim_check_true(SHIM_HERE(false), #value, true, value)
#define ASSERT_TRUE(value) shim_check_true(SHIM_HERE(true), #value, true, value)
#define EXPECT_FALSE(value) shim_check_true(SHIM_HERE(false), #value, false, value)
#define ASSERT_FALSE(value) shim_check_true(SHIM_HERE(true), #value, false, value)
#endif

#define EXPECT_INT_EQ(left, right) shim_check_int(SHIM_HERE(false), SHIM_EQ, #left, #right, (int64_t)(left), (int64_t)(right))
#define ASSERT_INT_EQ(left, right) shim_check_int(SHIM_HERE(true), SHIM_EQ, #left, #right, (int64_t)(left), (int64_t)(right))
#define EXPECT_INT_NE(left, right) shim_check_int(SHIM_HERE(false), SHIM_NE, #left, #right, (int64_t)(left), (int64_t)(right))
#define ASSERT_INT_NE(left, right) shim_check_int(SHIM_HERE(true), SHIM_NE, #left, #right, (int64_t)(left), (int64_t)(right))
#define EXPECT_INT_LT(left, right) shim_check_int(SHIM_HERE(false), SHIM_LT, #left, #right, (int64_t)(left), (int64_t)(right))
#define ASSERT_INT_LT(left, right) shim_check_int(SHIM_HERE(true), SHIM_LT, #left, #right, (int64_t)(left), (int64_t)(right))
#define EXPECT_INT_LE(left, right) shim_check_int(SHIM_HERE(false), SHIM_LE, #left, #right, (int64_t)(left), (int64_t)(right))
#define ASSERT_INT_LE(left, right) shim_check_int(SHIM_HERE(true), SHIM_LE, #left, #right, (int64_t)(left), (int64_t)(right))
#define EXPECT_INT_GT(left, right) shim_check_int(SHIM_HERE(false), SHIM_GT, #left, #right, (int64_t)(left), (int64_t)(right))
#define ASSERT_INT_GT(left, right) shim_check_int(SHIM_HERE(true), SHIM_GT, #left, #right, (int64_t)(left), (int64_t)(right))
#define EXPECT_INT_GE(left, right) shim_check_int(SHIM_HERE(false), SHIM_GE, #left, #right, (int64_t)(left), (int64_t)(right))
#define ASSERT_INT_GE(left, right) shim_check_int(SHIM_HERE(true), SHIM_GE, #left, #right, (int64_t)(left), (int64_t)(right))

#define EXPECT_UINT_EQ(left, right) \
    shim_check_uint(SHIM_HERE(false), SHIM_EQ, #left, #right, (uint64_t)(left), (uint64_t)(right))
#define ASSERT_UINT_EQ(left, right) \
    shim_check_uint(SHIM_HERE(true), SHIM_EQ, #left, #right, (uint64_t)(left), (uint64_t)(right))
#define EXPECT_SIZE_EQ(left, right) EXPECT_UINT_EQ(left, right)
#define ASSERT_SIZE_EQ(left, right) ASSERT_UINT_EQ(left, right)

#define EXPECT_STR_EQ(expected, actual) shim_check_string(SHIM_HERE(false), #actual, expected, actual)
#define ASSERT_STR_EQ(expected, actual) shim_check_string(SHIM_HERE(true), #actual, expected, actual)
#define EXPECT_STR_CONTAINS(part, actual) shim_check_contains(SHIM_HERE(false), #actual, part, actual)
#define ASSERT_STR_CONTAINS(part, actual) shim_check_contains(SHIM_HERE(true), #actual, part, actual)
#define EXPECT_MEM_EQ(expected, actual, size) shim_check_memory(SHIM_HERE(false), #actual, expected, actual, size)
#define ASSERT_MEM_EQ(expected, actual, size) shim_check_memory(SHIM_HERE(true), #actual, expected, actual, size)

#define EXPECT_PTR_EQ(expected, actual) \
    shim_check_pointer(SHIM_HERE(false), true, #actual, (uintptr_t)(expected), (uintptr_t)(actual))
#define ASSERT_PTR_EQ(expected, actual) \
    shim_check_pointer(SHIM_HERE(true), true, #actual, (uintptr_t)(expected), (uintptr_t)(actual))
#define EXPECT_NULL(actual) shim_check_pointer(SHIM_HERE(false), true, #actual, 0, (uintptr_t)(actual))
#define ASSERT_NULL(actual) shim_check_pointer(SHIM_HERE(true), true, #actual, 0, (uintptr_t)(actual))
#define EXPECT_NOT_NULL(actual) shim_check_pointer(SHIM_HERE(false), false, #actual, 0, (uintptr_t)(actual))
#define ASSERT_NOT_NULL(actual) shim_check_pointer(SHIM_HERE(true), false, #actual, 0, (uintptr_t)(actual))

#ifdef __cplusplus
}
#endif

#endif
