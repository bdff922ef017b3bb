/* SPDX-License-Identifier: MIT */
/* Registration, assertions and the course of one test; how it is reported is the runner's business. */
#include "shim_internal.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_SIZE 4096
#define MOST_TRACES 8

/* The state of the thread that runs a test; other threads have none, so their failures cannot jump. */
struct course {
    jmp_buf end;
    bool running;
    size_t trace_count;
    char traces[MOST_TRACES][256];
};

static _Thread_local struct course course;
static struct shim_test *tests;
static void (*before_each_test)(void);
static void (*after_each_test)(void);

/* ------------------------------------------------------------------------------------------------------- registration --- */

static bool comes_before(const struct shim_test *left, const struct shim_test *right)
{
    const int files = strcmp(left->file, right->file);

    return files != 0 ? files < 0 : left->line < right->line;
}

void shim_register(struct shim_test *test)
{
    struct shim_test **place = &tests;

    while (*place != NULL && comes_before(*place, test))
        place = &(*place)->next;
    test->next = *place;
    *place = test;
}

struct shim_test *shim_first_test(void)
{
    return tests;
}

static bool (*dispatch_hook)(int *code);

void shim_set_dispatch(bool (*dispatch)(int *code))
{
    dispatch_hook = dispatch;
}

bool shim_dispatch(int *code)
{
    return dispatch_hook != NULL && dispatch_hook(code);
}

void shim_set_hooks(void (*before_each)(void), void (*after_each)(void))
{
    before_each_test = before_each;
    after_each_test = after_each;
}

/* ----------------------------------------------------------------------------------------------------- one test's course --- */

/* Each part is guarded by itself, so that what follows runs although a part was ended by an assertion. */
static bool guard(void (*part)(void))
{
    bool whole = false;

    if (part == NULL)
        return true;
    course.running = true;
    if (setjmp(course.end) == 0) {
        part();
        whole = true;
    }
    course.running = false;
    return whole;
}

static _Thread_local const struct shim_test *current;
static _Thread_local const void *current_row;
static _Thread_local void *current_self;

static void part_setup(void)
{
    current_self = current->setup != NULL ? current->setup() : NULL;
}

static void part_body(void)
{
    if (current->body != NULL)
        current->body();
    else if (current->fixture_body != NULL)
        current->fixture_body(current_self);
    else
        current->row_body(current_row);
}

static void part_teardown(void)
{
    if (current->teardown != NULL)
        current->teardown(current_self);
}

void shim_run(const struct shim_test *test, const void *row)
{
    current = test;
    current_row = row;
    current_self = NULL;
    course.trace_count = 0;
    guard(before_each_test);
    if (guard(part_setup))
        guard(part_body);
    course.trace_count = 0;
    guard(part_teardown);
    guard(after_each_test);
}

/* ----------------------------------------------------------------------------------------------------------- reporting --- */

static void report(struct shim_site site, const char *message)
{
    char whole[MESSAGE_SIZE + MOST_TRACES * 260];
    size_t used = (size_t)snprintf(whole, sizeof whole, "%s", message);

    for (size_t i = 0; i < course.trace_count && used < sizeof whole; i++)
        used += (size_t)snprintf(whole + used, sizeof whole - used, "\n  in: %s", course.traces[i]);
    shim_runner_failed(site.file, site.line, whole);
    if (site.fatal && course.running)
        longjmp(course.end, 1);
}

void shim_fail(struct shim_site site, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    report(site, message);
}

void shim_skip(struct shim_site site, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    shim_runner_skipped(site.file, site.line, message);
    if (course.running)
        longjmp(course.end, 1);
}

void shim_trace_push(struct shim_site site, const char *format, ...)
{
    va_list arguments;

    (void)site;
    if (course.trace_count == MOST_TRACES)
        return;
    va_start(arguments, format);
    vsnprintf(course.traces[course.trace_count], sizeof course.traces[0], format, arguments);
    va_end(arguments);
    course.trace_count++;
}

void shim_trace_pop(void)
{
    if (course.trace_count > 0)
        course.trace_count--;
}

/* -------------------------------------------------------------------------------------------------------------- checks --- */

static const char *relation_sign(enum shim_relation relation)
{
    static const char *const signs[] = { "==", "!=", "<", "<=", ">", ">=" };

    return signs[relation];
}

/* `order` is negative, 0 or positive as left is less than, equal to or greater than right. */
static bool holds(enum shim_relation relation, int order)
{
    switch (relation) {
    case SHIM_EQ:
        return order == 0;
    case SHIM_NE:
        return order != 0;
    case SHIM_LT:
        return order < 0;
    case SHIM_LE:
        return order <= 0;
    case SHIM_GT:
        return order > 0;
    case SHIM_GE:
        return order >= 0;
    }
    return false;
}

void shim_check_true(struct shim_site site, const char *text, bool expected, bool actual)
{
    if (actual != expected)
        shim_fail(site, "%s\n  is %s", text, actual ? "true" : "false");
}

void shim_check_int(struct shim_site site, enum shim_relation relation, const char *left_text, const char *right_text,
                    int64_t left, int64_t right)
{
    if (!holds(relation, (left > right) - (left < right)))
        shim_fail(site, "%s %s %s\n  left:  %" PRId64 "\n  right: %" PRId64, left_text, relation_sign(relation), right_text,
                  left, right);
}

void shim_check_uint(struct shim_site site, enum shim_relation relation, const char *left_text, const char *right_text,
                     uint64_t left, uint64_t right)
{
    if (!holds(relation, (left > right) - (left < right)))
        shim_fail(site, "%s %s %s\n  left:  %" PRIu64 "\n  right: %" PRIu64, left_text, relation_sign(relation), right_text,
                  left, right);
}

static const char *shown(const char *text)
{
    return text == NULL ? "(null)" : text;
}

void shim_check_string(struct shim_site site, const char *actual_text, const char *expected, const char *actual)
{
    const bool equal = expected == NULL || actual == NULL ? expected == actual : strcmp(expected, actual) == 0;

    if (!equal)
        shim_fail(site, "%s\n  is:       \"%.1500s\"\n  expected: \"%.1500s\"", actual_text, shown(actual), shown(expected));
}

void shim_check_contains(struct shim_site site, const char *actual_text, const char *part, const char *actual)
{
    if (actual == NULL || strstr(actual, part) == NULL)
        shim_fail(site, "%s\n  is:                  \"%.1500s\"\n  expected to contain: \"%.1500s\"", actual_text,
                  shown(actual), part);
}

void shim_check_memory(struct shim_site site, const char *actual_text, const void *expected, const void *actual, size_t size)
{
    const unsigned char *left = expected;
    const unsigned char *right = actual;
    size_t i = 0;

    if (size == 0)
        return;
    if (left == NULL || right == NULL) {
        shim_fail(site, "%s\n  one of the two is NULL", actual_text);
        return;
    }
    while (i < size && left[i] == right[i])
        i++;
    if (i < size)
        shim_fail(site, "%s\n  differs at byte %zu of %zu: 0x%02x, expected 0x%02x", actual_text, i, size, right[i], left[i]);
}

void shim_check_pointer(struct shim_site site, bool equal, const char *actual_text, uintptr_t expected, uintptr_t actual)
{
    if ((expected == actual) != equal)
        shim_fail(site, "%s\n  is 0x%" PRIxPTR ", expected %s0x%" PRIxPTR, actual_text, actual, equal ? "" : "anything but ",
                  expected);
}
