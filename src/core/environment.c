/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../platform.h"

struct variable {
    const char *text;
    size_t name_size;
    size_t order; /* later ones win */
    bool removed;
};

/* Windows keeps the directories of its drives in variables such as `=C:`, so a name may begin with `=`. */
static size_t name_size_of(const char *text)
{
    return text[0] == '\0' ? 0 : 1 + strcspn(text + 1, "=");
}

static size_t count_of(const char *const *list)
{
    size_t count = 0;

    while (list != NULL && list[count] != NULL)
        count++;
    return count;
}

static size_t add(struct variable *variables, size_t count, const char *const *list, bool removed)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++, count++) {
        variables[count].text = list[i];
        variables[count].name_size = removed ? strlen(list[i]) : name_size_of(list[i]);
        variables[count].order = count;
        variables[count].removed = removed;
    }
    return count;
}

static int compare_names(const struct variable *left, const struct variable *right)
{
    return kin_plat_variable_compare(left->text, left->name_size, right->text, right->name_size);
}

static int compare(const void *left_pointer, const void *right_pointer)
{
    const struct variable *left = left_pointer;
    const struct variable *right = right_pointer;
    const int names = compare_names(left, right);

    if (names != 0)
        return names;
    return left->order < right->order ? -1 : 1;
}

/* Of each run of equal names only the last counts. */
static const char **keep_last(const struct variable *variables, size_t count)
{
    const char **list = malloc((count + 1) * sizeof *list);
    size_t kept = 0;

    if (list == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const bool last = i + 1 == count || compare_names(&variables[i], &variables[i + 1]) != 0;

        if (last && !variables[i].removed)
            list[kept++] = variables[i].text;
    }
    list[kept] = NULL;
    return list;
}

const char **kin_environment_merge(char *const *base, const char *const *unset, const char *const *set)
{
    const char *const *inherited = (const char *const *)base;
    const size_t most = count_of(inherited) + count_of(unset) + count_of(set);
    struct variable *variables;
    const char **list;
    size_t count = 0;

    if (most >= SIZE_MAX / sizeof *variables)
        return NULL;
    variables = malloc((most + 1) * sizeof *variables);
    if (variables == NULL)
        return NULL;
    count = add(variables, count, inherited, false);
    count = add(variables, count, unset, true);
    count = add(variables, count, set, false);
    qsort(variables, count, sizeof *variables, compare);
    list = keep_last(variables, count);
    free(variables);
    return list;
}

bool kin_environment_is_valid(const char *const *set)
{
    for (size_t i = 0; set != NULL && set[i] != NULL; i++) {
        if (set[i][0] == '=' || strchr(set[i], '=') == NULL)
            return false;
    }
    return true;
}

bool kin_environment_are_names(const char *const *names)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        if (names[i][0] == '\0' || strchr(names[i], '=') != NULL)
            return false;
    }
    return true;
}
