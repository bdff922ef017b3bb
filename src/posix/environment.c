/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../platform.h"

#if defined(__APPLE__)
#include <crt_externs.h>

/* environ(7) of macOS: shared libraries do not see the variable and must ask. */
static char **current(void)
{
    return *_NSGetEnviron();
}
#else
/* POSIX leaves its declaration to the program. */
extern char **environ;

static char **current(void)
{
    return environ;
}
#endif

const char *const *kin_posix_environment(void)
{
    static const char *const none[] = { NULL };
    char **entries = current();

    return entries == NULL ? none : (const char *const *)entries;
}

const char *kin_posix_variable(const char *const *environment, const char *name)
{
    const size_t size = strlen(name);

    for (size_t i = 0; environment[i] != NULL; i++) {
        if (strncmp(environment[i], name, size) == 0 && environment[i][size] == '=')
            return environment[i] + size + 1;
    }
    return NULL;
}

static size_t count_entries(const char *const *entries)
{
    size_t count = 0;

    while (entries[count] != NULL)
        count++;
    return count;
}

int kin_plat_environment(char ***environment)
{
    const char *const *entries = kin_posix_environment();
    const size_t count = count_entries(entries);
    char **copy = calloc(count + 1, sizeof *copy);

    if (copy == NULL)
        return KIN_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        copy[i] = strdup(entries[i]);
        if (copy[i] == NULL) {
            kin_plat_environment_free(copy);
            return KIN_ENOMEM;
        }
    }
    *environment = copy;
    return 0;
}

void kin_plat_environment_free(char **environment)
{
    if (environment == NULL)
        return;
    for (size_t i = 0; environment[i] != NULL; i++)
        free(environment[i]);
    free(environment);
}

int kin_plat_variable_read(const char *name, char *value, size_t size)
{
    const char *text = kin_posix_variable(kin_posix_environment(), name);
    const size_t length = text == NULL ? 0 : strlen(text);

    if (value != NULL && size > 0)
        value[0] = '\0';
    if (text == NULL)
        return KIN_ENOENT;
    if (value != NULL && length >= size)
        return KIN_ENAMETOOLONG;
    if (value != NULL)
        memcpy(value, text, length + 1);
    return length > INT_MAX ? INT_MAX : (int)length;
}

void kin_plat_variable_remove(const char *name)
{
    (void)unsetenv(name);
}

int kin_plat_variable_compare(const char *left, size_t left_size, const char *right, size_t right_size)
{
    const size_t common = left_size < right_size ? left_size : right_size;
    const int order = common == 0 ? 0 : memcmp(left, right, common);

    if (order != 0)
        return order;
    return (left_size > right_size) - (left_size < right_size);
}
