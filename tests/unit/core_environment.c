/* SPDX-License-Identifier: MIT */
#include "core/environment.h"

#include <stdlib.h>
#include <string.h>

#include "fake/fake.h"
#include "shim.h"

/* Lists are written as words between blanks; "-" is no list at all. */
struct merge {
    const char *name;
    const char *base;
    const char *unset;
    const char *set;
    bool ignore_case;
    const char *expected; /* sorted by name */
};

static const struct merge merges[] = {
    { "nothing", "-", "-", "-", false, "" },
    { "empty_lists", "", "", "", false, "" },
    { "base_alone", "A=1 B=2", "-", "-", false, "A=1 B=2" },
    { "set_adds", "A=1", "-", "B=2", false, "A=1 B=2" },
    { "set_replaces", "A=1 B=2", "-", "A=3", false, "A=3 B=2" },
    { "the_last_wins", "-", "-", "A=1 A=2 B=1 A=3", false, "A=3 B=1" },
    { "the_last_of_base_wins", "A=1 A=2", "-", "-", false, "A=2" },
    { "unset_removes", "A=1 B=2 C=3", "B", "-", false, "A=1 C=3" },
    { "unset_removes_all", "A=1 A=2", "A", "-", false, "" },
    { "unset_of_nothing", "A=1", "B", "-", false, "A=1" },
    { "set_beats_unset", "A=1", "A", "A=2", false, "A=2" },
    { "empty_value", "A=1", "-", "A=", false, "A=" },
    { "value_with_equals", "-", "-", "A=b=c", false, "A=b=c" },
    { "a_name_is_no_prefix", "AB=1 A=2 ABC=3", "A", "AB=4", false, "AB=4 ABC=3" },
    { "case_matters", "path=1 PATH=2", "-", "Path=3", false, "PATH=2 Path=3 path=1" },
    { "case_does_not_matter", "path=1 PATH=2", "-", "Path=3", true, "Path=3" },
    { "unset_without_case", "Path=1 X=2", "PATH", "-", true, "X=2" },
    { "drive_of_windows", "=C:=C:\\dir A=1", "-", "-", false, "=C:=C:\\dir A=1" },
    { "without_equals", "A B=1", "-", "-", false, "A B=1" },
};

static char *words;

static const char **split(const char *text)
{
    static const char *lists[3][16];
    static size_t next;
    const char **list = lists[next++ % 3];
    size_t count = 0;

    if (strcmp(text, "-") == 0)
        return NULL;
    words = strcpy(malloc(strlen(text) + 1), text);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        list[count++] = word;
    list[count] = NULL;
    return list;
}

TEST_CP(Environment, Merge, merges)
{
    char joined[256] = "";
    const char **merged;
    const char **base = split(row->base);
    char *base_words = base != NULL ? words : NULL;
    const char **unset = split(row->unset);
    char *unset_words = unset != NULL ? words : NULL;
    const char **set = split(row->set);
    char *set_words = set != NULL ? words : NULL;

    fake_ignore_case(row->ignore_case);
    merged = kin_environment_merge((char **)base, unset, set);
    fake_ignore_case(false);
    ASSERT_NOT_NULL(merged);
    for (size_t i = 0; merged[i] != NULL; i++) {
        strcat(joined, i > 0 ? " " : "");
        strcat(joined, merged[i]);
    }
    EXPECT_STR_EQ(row->expected, joined);
    free(merged);
    free(base_words);
    free(unset_words);
    free(set_words);
}

TEST_C(Environment, ValidVariables)
{
    EXPECT_TRUE(kin_environment_is_valid(NULL));
    EXPECT_TRUE(kin_environment_is_valid((const char *[]){ NULL }));
    EXPECT_TRUE(kin_environment_is_valid((const char *[]){ "A=", "B=1", "C==", NULL }));
    EXPECT_FALSE(kin_environment_is_valid((const char *[]){ "A", NULL }));
    EXPECT_FALSE(kin_environment_is_valid((const char *[]){ "A=1", "", NULL }));
    EXPECT_FALSE(kin_environment_is_valid((const char *[]){ "=1", NULL }));
    EXPECT_TRUE(kin_environment_are_names(NULL));
    EXPECT_TRUE(kin_environment_are_names((const char *[]){ "A", "PATH", NULL }));
    EXPECT_FALSE(kin_environment_are_names((const char *[]){ "A=1", NULL }));
    EXPECT_FALSE(kin_environment_are_names((const char *[]){ "", NULL }));
}
