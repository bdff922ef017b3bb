/* SPDX-License-Identifier: MIT */
/*
 * Paths beyond MAX_PATH, and what is odd about windows.
 */
#include "door.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/win32/wide.h"

enum { PARTS = 4, PART_SIZE = 80, LONG_SIZE = 1024 };

#define MARK "\\\\?\\"

enum deed { MAKE_DIRECTORY, REMOVE_DIRECTORY, REMOVE_FILE, COPY_CHILD };

/* The functions with A in their names stop at MAX_PATH even when the path is marked. */
static bool done_at(const char *marked_path, enum deed deed)
{
    BOOL done = FALSE;
    wchar_t *child;
    wchar_t *path;
    ASSERT_INT_EQ(0, kin_win32_wide(marked_path, &path));
    ASSERT_INT_EQ(0, kin_win32_wide(door_child_path(), &child));
    switch (deed) {
    case MAKE_DIRECTORY:
        done = CreateDirectoryW(path, NULL);
        break;
    case REMOVE_DIRECTORY:
        done = RemoveDirectoryW(path);
        break;
    case REMOVE_FILE:
        done = DeleteFileW(path);
        break;
    case COPY_CHILD:
        done = CopyFileW(child, path, FALSE);
        break;
    }
    free(child);
    free(path);
    return done != 0;
}

/* `path` becomes that of a directory, so many parts below the temporary one; `marked` the same in the form that may be long. */
static void nested_directory(char path[LONG_SIZE], char marked[LONG_SIZE], int parts)
{
    ASSERT_TRUE(GetTempPathA(MAX_PATH, path) != 0);
    snprintf(path + strlen(path), LONG_SIZE - strlen(path), "kin-long-%lu", GetCurrentProcessId());
    for (int i = 0; i < parts; i++)
        snprintf(path + strlen(path), LONG_SIZE - strlen(path), "\\%0*d", PART_SIZE, i);
    ASSERT_TRUE(strlen(path) + sizeof MARK < LONG_SIZE);
    memcpy(marked, MARK, sizeof MARK);
    strcat(marked, path);
}

/* Nested deeper than MAX_PATH. */
static void make_long_directory(char path[LONG_SIZE])
{
    char marked[LONG_SIZE];
    for (int parts = 0; parts <= PARTS; parts++) {
        nested_directory(path, marked, parts);
        ASSERT_TRUE(done_at(marked, MAKE_DIRECTORY));
    }
}

static void remove_long_directory(void)
{
    char path[LONG_SIZE];
    char marked[LONG_SIZE];
    for (int parts = PARTS; parts >= 0; parts--) {
        nested_directory(path, marked, parts);
        EXPECT_TRUE(done_at(marked, REMOVE_DIRECTORY));
    }
}

static void marked_file(char result[LONG_SIZE + 64], const char *directory, const char *name)
{
    snprintf(result, LONG_SIZE + 64, MARK "%s\\%s", directory, name);
}

static void say_from_far_away(kin_plat_loop *loop, struct door_child *child, const char *file)
{
    door_plan(child, "say", "from far away");
    child->launch.file = file;
    child->slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    if (door_start(loop, child) == 0) {
        door_finish(loop, child);
        door_close_child(child);
    }
}

/* CreateProcess of Wine 8 starts nothing from so long a path; that kin found it can be seen there too. */
TEST_C(Win32LongPath, W18_ProgramIsFound)
{
    kin_plat_loop *loop = door_open();
    struct door_child child;
    struct kin_plat_failure failure;
    char directory[LONG_SIZE];
    char program[LONG_SIZE + 64];
    char found[LONG_SIZE + 64] = "";
    make_long_directory(directory);
    marked_file(program, directory, "program.exe");
    ASSERT_TRUE(done_at(program, COPY_CHILD));

    say_from_far_away(loop, &child, program + strlen(MARK));
    EXPECT_INT_GT(kin_plat_which(&child.launch, found, sizeof found, &failure), 0);
    EXPECT_TRUE(done_at(program, REMOVE_FILE));
    remove_long_directory();
    kin_plat_loop_close(loop);
    EXPECT_STR_EQ(program, found);
    if (door_under_wine() && child.failure.os_code != 0)
        SKIP_C("Wine starts no program with so long a path");
    EXPECT_STR_EQ("from far away", child.text);
}

TEST_C(Win32LongPath, FileIsOpened)
{
    kin_plat_loop *loop = door_open();
    struct kin_plat_failure failure;
    kin_plat_pipe *pipe = NULL;
    char directory[LONG_SIZE];
    char file[LONG_SIZE + 64];
    make_long_directory(directory);
    marked_file(file, directory, "file");
    const char *unmarked = file + strlen(MARK);
    EXPECT_INT_EQ(0, kin_plat_file_open(loop, unmarked, KIN_FILE_TRUNCATE, NULL, &pipe, &failure));
    if (pipe != NULL)
        kin_plat_pipe_close(pipe);
    EXPECT_TRUE(done_at(file, REMOVE_FILE));
    remove_long_directory();
    kin_plat_loop_close(loop);
}

TEST_C(Win32LongPath, W17_DirectoryIsRefusedByName)
{
    kin_plat_loop *loop = door_open();
    struct door_child child;
    char directory[LONG_SIZE];
    make_long_directory(directory);
    door_plan(&child, "exit", "0");
    child.launch.cwd = directory;
    EXPECT_INT_EQ(KIN_ENAMETOOLONG, door_start(loop, &child));
    EXPECT_INT_EQ(KIN_STAGE_CHDIR, child.failure.stage);
    remove_long_directory();
    kin_plat_loop_close(loop);
}

TEST_C(Win32Directories, W16_TextThatIsNoTextIsRefused)
{
    wchar_t *wide;
    EXPECT_INT_EQ(KIN_EILSEQ, kin_win32_wide("\xC0\x80", &wide));
    EXPECT_INT_EQ(KIN_EILSEQ, kin_win32_wide_path("C:\\\xFF", &wide));
}

/* Nothing is to be seen of it under Wine; it must do no harm. */
TEST_C(Win32Window, H12_HiddenChildrenRun)
{
    kin_plat_loop *loop = door_open();
    struct door_child child;
    door_plan(&child, "say", "hidden");
    child.launch.hidden = true;
    child.slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    ASSERT_INT_EQ(0, door_start(loop, &child));
    door_finish(loop, &child);
    EXPECT_STR_EQ("hidden", child.text);
    door_close_child(&child);
    kin_plat_loop_close(loop);
}
