/* SPDX-License-Identifier: MIT */
#include "environment_block.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

#include "text.h"
#include "utf16.h"

/* One "NAME=value". */
struct variable {
    uint16_t *units;
    size_t count;
    size_t name_count;
    size_t order;                     /* its place in the list, which decides between equal names */
    kin_win32_compare_names *compare; /* here, because qsort() hands nothing else to its callback */
};

struct variables {
    struct variable *items;
    size_t count;
};

/* The size of the name; 0: there is none. The first character is part of it even if it is `=`. */
static size_t name_size(const char *entry)
{
    const char *end = *entry == '\0' ? NULL : strchr(entry + 1, '=');

    return end == NULL ? 0 : (size_t)(end - entry);
}

static size_t name_count(const uint16_t *units)
{
    size_t count = 1;

    while (units[count] != '=') {
        count++;
    }
    return count;
}

/* The last entry of this name, or NULL. The name is ASCII, in capital letters. */
static const char *find_variable(const char *const *list, const char *name)
{
    const char *found = NULL;
    size_t size = strlen(name);

    for (; *list != NULL; list++) {
        if (name_size(*list) == size && kin_win32_text_is_same(*list, name, size)) {
            found = *list;
        }
    }
    return found;
}

/* ------------------------------------------------------------------------------------------- collecting --- */

static int add_variable(struct variables *variables, const char *entry, kin_win32_compare_names *compare)
{
    struct variable *variable = &variables->items[variables->count];
    int rc;

    if (name_size(entry) == 0) {
        return KIN_EINVAL;
    }
    rc = kin_win32_utf16_from_utf8(entry, strlen(entry), &variable->units, &variable->count);
    if (rc == KIN_OK) {
        variable->name_count = name_count(variable->units);
        variable->order = variables->count;
        variable->compare = compare;
        variables->count++;
    }
    return rc;
}

static int add_required(struct variables *variables, const char *const *environment, const char *const *parent,
                        kin_win32_compare_names *compare)
{
    static const char *const required[] = { "SYSTEMROOT", "SYSTEMDRIVE" };
    int rc = KIN_OK;

    for (size_t i = 0; rc == KIN_OK && i < sizeof required / sizeof required[0]; i++) {
        const char *entry = find_variable(parent, required[i]);

        if (entry != NULL && find_variable(environment, required[i]) == NULL) {
            rc = add_variable(variables, entry, compare);
        }
    }
    return rc;
}

static int collect(struct variables *variables, const char *const *environment, const char *const *parent,
                   kin_win32_compare_names *compare)
{
    enum { MOST_REQUIRED = 2 };
    size_t count = 0;
    int rc = KIN_OK;

    while (environment[count] != NULL) {
        count++;
    }
    variables->items = calloc(count + MOST_REQUIRED, sizeof *variables->items);
    if (variables->items == NULL) {
        return KIN_ENOMEM;
    }
    for (size_t i = 0; rc == KIN_OK && i < count; i++) {
        rc = add_variable(variables, environment[i], compare);
    }
    if (rc == KIN_OK && parent != NULL) {
        rc = add_required(variables, environment, parent, compare);
    }
    return rc;
}

static void free_variables(struct variables *variables)
{
    for (size_t i = 0; i < variables->count; i++) {
        free(variables->items[i].units);
    }
    free(variables->items);
}

/* ------------------------------------------------------------------------------------- order and writing --- */

static int compare_names(const struct variable *left, const struct variable *right)
{
    return left->compare(left->units, left->name_count, right->units, right->name_count);
}

/* By name; of one name, in the order of the list. */
static int compare_variables(const void *left_item, const void *right_item)
{
    const struct variable *left = left_item;
    const struct variable *right = right_item;
    int order = compare_names(left, right);

    if (order != 0) {
        return order;
    }
    return left->order < right->order ? -1 : left->order > right->order;
}

/* In sorted order: whether a later entry has the same name. */
static bool is_overridden(const struct variables *variables, size_t index)
{
    return index + 1 < variables->count && compare_names(&variables->items[index], &variables->items[index + 1]) == 0;
}

/* Units of the block. No overflow: each variable is in memory already, with a zero of its own behind it. */
static size_t block_size(const struct variables *variables)
{
    size_t size = 2;

    for (size_t i = 0; i < variables->count; i++) {
        size += variables->items[i].count + 1;
    }
    return size;
}

static size_t write_block(const struct variables *variables, uint16_t *block)
{
    size_t written = 0;

    for (size_t i = 0; i < variables->count; i++) {
        const struct variable *variable = &variables->items[i];

        if (!is_overridden(variables, i)) {
            memcpy(block + written, variable->units, (variable->count + 1) * sizeof *block);
            written += variable->count + 1;
        }
    }
    block[written++] = 0;
    if (written == 1) { /* an empty block: one zero would be the end of a variable without name */
        block[written++] = 0;
    }
    return written;
}

int kin_win32_environment_block(const char *const *environment, const char *const *parent, kin_win32_compare_names *compare,
                                uint16_t **block, size_t *count)
{
    struct variables variables = { 0 };
    uint16_t *made = NULL;
    size_t written;
    int rc = collect(&variables, environment, parent, compare);

    if (rc < 0) {
        goto finish;
    }
    made = calloc(block_size(&variables), sizeof *made);
    if (made == NULL) {
        rc = KIN_ENOMEM;
        goto finish;
    }
    qsort(variables.items, variables.count, sizeof *variables.items, compare_variables);
    written = write_block(&variables, made);
    *block = made;
    if (count != NULL) {
        *count = written;
    }

finish:
    free_variables(&variables);
    return rc;
}
