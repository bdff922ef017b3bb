/* SPDX-License-Identifier: MIT */
/*
 * A runner without C++, for systems that have a C compiler only, such as a static musl build. It takes --gtest_filter=PATTERN
 * (a plain `*` pattern) and --gtest_output=xml:FILE, and speaks like GoogleTest as far as scripts listen.
 */
#include <stdio.h>
#include <string.h>

#include "shim_internal.h"

struct tally {
    unsigned run;
    unsigned failed;
    unsigned skipped;
};

static bool current_failed;
static bool current_skipped;

void shim_runner_failed(const char *file, int line, const char *message)
{
    current_failed = true;
    printf("%s:%d: Failure\n%s\n", file, line, message);
}

void shim_runner_skipped(const char *file, int line, const char *message)
{
    current_skipped = true;
    printf("%s:%d: Skipped\n%s\n", file, line, message);
}

static bool matches(const char *pattern, const char *name)
{
    if (*pattern == '*')
        return matches(pattern + 1, name) || (*name != '\0' && matches(pattern, name + 1));
    if (*pattern == '\0' || *name == '\0')
        return *pattern == *name;
    return *pattern == *name && matches(pattern + 1, name + 1);
}

static void run_one(const struct shim_test *test, const char *name, const void *row, struct tally *tally)
{
    current_failed = false;
    current_skipped = false;
    printf("[ RUN      ] %s\n", name);
    fflush(stdout);
    shim_run(test, row);
    tally->run++;
    tally->failed += current_failed;
    tally->skipped += current_skipped && !current_failed;
    printf("%s %s\n", current_failed ? "[  FAILED  ]" : current_skipped ? "[  SKIPPED ]" : "[       OK ]", name);
    fflush(stdout);
}

static void run_matching(const struct shim_test *test, const char *filter, struct tally *tally)
{
    char name[512];

    if (test->row_body == NULL) {
        snprintf(name, sizeof name, "%s.%s", test->suite, test->name);
        if (matches(filter, name))
            run_one(test, name, NULL, tally);
        return;
    }
    for (size_t i = 0; i < test->row_count; i++) {
        const void *row = (const char *)test->rows + i * test->row_size;

        snprintf(name, sizeof name, "%s.%s/%s", test->suite, test->name, *(const char *const *)row);
        if (matches(filter, name))
            run_one(test, name, row, tally);
    }
}

static const char *option_value(int argc, char **argv, const char *option, const char *otherwise)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], option, strlen(option)) == 0)
            return argv[i] + strlen(option);
    }
    return otherwise;
}

static bool write_xml(const char *path, const struct tally *tally)
{
    FILE *file = path == NULL ? NULL : fopen(path, "w");

    if (path == NULL)
        return true;
    if (file == NULL)
        return false;
    fprintf(file, "<testsuites tests=\"%u\" failures=\"%u\" disabled=\"0\" errors=\"0\" skipped=\"%u\"/>\n", tally->run,
            tally->failed, tally->skipped);
    return fclose(file) == 0;
}

int main(int argc, char **argv)
{
    const char *filter = option_value(argc, argv, "--gtest_filter=", "*");
    struct tally tally = { 0, 0, 0 };
    int code = 0;

    if (shim_dispatch(&code))
        return code;
    for (const struct shim_test *test = shim_first_test(); test != NULL; test = test->next)
        run_matching(test, filter, &tally);
    printf("[==========] %u tests ran.\n[  PASSED  ] %u tests.\n", tally.run, tally.run - tally.failed - tally.skipped);
    if (tally.skipped > 0)
        printf("[  SKIPPED ] %u tests.\n", tally.skipped);
    if (tally.failed > 0)
        printf("[  FAILED  ] %u tests.\n", tally.failed);
    if (!write_xml(option_value(argc, argv, "--gtest_output=xml:", NULL), &tally))
        return 2;
    return tally.failed > 0 || tally.run == 0;
}
