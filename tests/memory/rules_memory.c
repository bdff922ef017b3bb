/* SPDX-License-Identifier: MIT */
/*
 * The rules when memory runs out at each allocation in turn: KIN_ENOMEM, nothing handed out, nothing leaked. Linked
 * with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc.
 */
#include <stdlib.h>

#include <kin/error.h>

#include "shim.h"
#include "win32/rules/batch.h"
#include "win32/rules/command_line.h"
#include "win32/rules/crt_descriptors.h"
#include "win32/rules/environment_block.h"
#include "win32/rules/full_path.h"
#include "win32/rules/program_search.h"
#include "win32/rules/utf16.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static long allocations_left = -1; /* negative: no limit */

static bool is_exhausted(void)
{
    if (allocations_left < 0) {
        return false;
    }
    return allocations_left == 0 || allocations_left-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return is_exhausted() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_exhausted() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return is_exhausted() ? NULL : __real_realloc(memory, size);
}

/* -------------------------------------------------------------------------------------------- what is tried --- */

static const char long_argument[] = "an argument with \"quotes\" and more than sixty-four characters, so that text grows";

static int try_command_line(void **result)
{
    const char *argv[] = { "p", long_argument, "", long_argument, NULL };

    return kin_win32_command_line(argv, false, (void *)result);
}

static int try_batch(void **result)
{
    const char *argv[] = { "p", long_argument, "", long_argument, NULL };

    return kin_win32_batch_command_line("C:\\a%b.bat", argv, (void *)result);
}

static int compare_first(const uint16_t *left, size_t left_count, const uint16_t *right, size_t right_count)
{
    (void)left_count;
    (void)right_count;
    return left[0] - right[0];
}

static int try_environment(void **result)
{
    const char *environment[] = { "B=1", "A=2", "B=3", NULL };
    const char *parent[] = { "SystemRoot=C:\\W", "XDrive=C:", NULL };

    return kin_win32_environment_block(environment, parent, compare_first, (void *)result, NULL);
}

static enum kin_win32_file_kind look(const char *path, void *context)
{
    (void)context;
    return path[3] == 'z' ? KIN_WIN32_FILE_PRESENT : KIN_WIN32_FILE_DIRECTORY;
}

static int try_name(void **result)
{
    const struct kin_win32_search search = {
        .file = "tool", .path = "C:\\a;\"C:\\b\";x;C:\\z", .current_directory = "C:\\", .look_at_file = look
    };

    return kin_win32_program_search(&search, (void *)result);
}

static int try_path(void **result)
{
    const struct kin_win32_search search = { .file = ".\\tool", .cwd = "z", .current_directory = "C:\\", .look_at_file = look };

    return kin_win32_program_search(&search, (void *)result);
}

static int try_descriptors(void **result)
{
    const struct kin_win32_crt_descriptor descriptors[] = { { 1, 4 }, { 0, 0 } };
    uint16_t size;

    return kin_win32_crt_descriptors(descriptors, 2, (void *)result, &size);
}

static int try_utf8(void **result)
{
    return kin_win32_utf16_to_utf8(u"abc", 3, (void *)result, NULL);
}

static const struct {
    const char *name;
    int (*attempt)(void **result);
} attempts[] = {
    { "command_line", try_command_line }, { "batch_command_line", try_batch }, { "environment_block", try_environment },
    { "search_of_a_name", try_name },     { "search_of_a_path", try_path },    { "crt_descriptors", try_descriptors },
    { "utf16_to_utf8", try_utf8 },
};

TEST_CP(RulesMemory, S31_each_allocation_may_fail, attempts)
{
    int rc = KIN_ENOMEM;
    long limit = 0;

    for (; rc == KIN_ENOMEM && limit < 1000; limit++) {
        void *result = NULL;

        allocations_left = limit;
        rc = row->attempt(&result);
        allocations_left = -1;
        EXPECT_INT_EQ(rc == KIN_OK, result != NULL);
        free(result);
    }
    EXPECT_INT_EQ(KIN_OK, rc);
    EXPECT_INT_GT(limit, 1);
}
