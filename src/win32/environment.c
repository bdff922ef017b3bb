/* SPDX-License-Identifier: MIT */
#include "system.h"

#include "environment.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../platform.h"
#include "error.h"
#include "rules/utf16.h"
#include "wide.h"

static size_t count_strings(const wchar_t *block)
{
    size_t count = 0;
    for (const wchar_t *string = block; *string != L'\0'; string += wcslen(string) + 1)
        count++;
    return count;
}

static int narrow_strings(const wchar_t *block, char **environment)
{
    int rc = 0;
    for (const wchar_t *string = block; rc == 0 && *string != L'\0'; string += wcslen(string) + 1)
        rc = kin_win32_narrow(string, environment++);
    return rc;
}

/* One snapshot: asking for single variables while others set them would mix two states. */
int kin_plat_environment(char ***environment)
{
    wchar_t *block = GetEnvironmentStringsW();
    if (block == NULL)
        return KIN_ENOMEM;

    char **copy = calloc(count_strings(block) + 1, sizeof *copy);
    int rc = copy == NULL ? KIN_ENOMEM : narrow_strings(block, copy);
    FreeEnvironmentStringsW(block);
    if (rc < 0) {
        kin_plat_environment_free(copy);
        return rc;
    }
    *environment = copy;
    return 0;
}

void kin_plat_environment_free(char **environment)
{
    if (environment == NULL)
        return;
    for (char **entry = environment; *entry != NULL; entry++)
        free(*entry);
    free(environment);
}

int kin_win32_compare_variable_names(const uint16_t *left, size_t left_count, const uint16_t *right, size_t right_count)
{
    /* No variable can be that long (SetEnvironmentVariable: 32,767); the cut only keeps the count in its type. */
    int left_size = left_count < INT_MAX ? (int)left_count : INT_MAX;
    int right_size = right_count < INT_MAX ? (int)right_count : INT_MAX;
    return CompareStringOrdinal(left, left_size, right, right_size, TRUE) - CSTR_EQUAL;
}

static int compare_bytes(const char *left, size_t left_size, const char *right, size_t right_size)
{
    int order = memcmp(left, right, left_size < right_size ? left_size : right_size);
    return order != 0 ? order : (left_size > right_size) - (left_size < right_size);
}

/* What is not UTF-8, or finds no memory to be compared properly, still gets an order, by its bytes. */
int kin_plat_variable_compare(const char *left, size_t left_size, const char *right, size_t right_size)
{
    uint16_t *left_units = NULL;
    uint16_t *right_units = NULL;
    size_t left_count;
    size_t right_count;
    int order;

    if (kin_win32_utf16_from_utf8(left, left_size, &left_units, &left_count) == 0 &&
        kin_win32_utf16_from_utf8(right, right_size, &right_units, &right_count) == 0)
        order = kin_win32_compare_variable_names(left_units, left_count, right_units, right_count);
    else
        order = compare_bytes(left, left_size, right, right_size);
    free(right_units);
    free(left_units);
    return order;
}

/* ------------------------------------------------------------------------------------------- single variables --- */

static DWORD read_value(const void *name, DWORD room, wchar_t *buffer)
{
    return GetEnvironmentVariableW(name, buffer, room);
}

static int read_variable(const wchar_t *name, wchar_t **value)
{
    DWORD error = kin_win32_read_text(read_value, name, value);
    if (error == ERROR_SUCCESS)
        return 0;
    return error == ERROR_ENVVAR_NOT_FOUND ? KIN_ENOENT : kin_win32_code(error);
}

int kin_plat_variable_read(const char *name, char *value, size_t size)
{
    wchar_t *wide_name = NULL;
    wchar_t *wide_value = NULL;
    char *found = NULL;

    if (value != NULL && size > 0)
        value[0] = '\0';
    int rc = kin_win32_wide(name, &wide_name);
    if (rc == 0)
        rc = read_variable(wide_name, &wide_value);
    if (rc == 0)
        rc = kin_win32_narrow(wide_value, &found);
    if (rc == 0)
        rc = value == NULL ? (int)strlen(found) : kin_win32_copy_text(found, value, size);
    free(found);
    free(wide_value);
    free(wide_name);
    return rc;
}

/* The C runtime has a copy of its own, which it gives to children that are started by its functions; an empty value is none
   (_putenv_s). */
void kin_plat_variable_remove(const char *name)
{
    wchar_t *wide;
    if (kin_win32_wide(name, &wide) < 0)
        return;
    SetEnvironmentVariableW(wide, NULL);
    _wputenv_s(wide, L"");
    free(wide);
}

const char *kin_win32_environment_path(const char *const *environment)
{
    static const char name[] = "PATH";
    const size_t size = sizeof name - 1;
    const char *value = NULL;

    for (; *environment != NULL; environment++) {
        const char *entry = *environment;
        if (strcspn(entry, "=") == size && kin_plat_variable_compare(entry, size, name, size) == 0)
            value = entry + size + 1;
    }
    return value;
}
