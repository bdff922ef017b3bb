/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

#include "shim.h"
#include "win32/rules/batch.h"
#include "win32/rules/full_path.h"
#include "win32/rules/program_search.h"

/* A disk of a few files; names in brackets are directories, those in angles may not be looked at. */
static const char *const disk[] = {
    "C:\\bin\\tool.exe",     "C:\\bin\\old.com",   "C:\\bin\\both.exe",      "C:\\bin\\both.com",
    "C:\\bin\\run.bat",      "C:\\bin\\npm",       "C:\\bin\\npm.cmd",       "C:\\bin\\foo.bar",
    "C:\\bin\\baz.bar.exe",  "C:\\bin\\exact.bar", "C:\\bin\\exact.bar.exe", "[C:\\bin\\folder.exe]",
    "<C:\\bin\\secret.exe>", "C:\\b;c\\semi.exe",  "C:\\my bin\\blank.exe",  "C:\\later\\tool.exe",
    "C:\\later\\folder.exe", "C:\\work\\here.exe", "C:\\work\\plain",        "C:\\work\\sub\\deep.exe",
    "[C:\\work\\sub]",       "C:\\root.exe",       "D:\\other.exe",          "D:\\dir\\other.exe",
    "\\\\s\\h\\net.exe",     "C:\\work\\go.cmd",   "C:\\work.exe",           "C:\\bin\\\xC3\xA9.exe",
};

static enum kin_win32_file_kind look_at_disk(const char *path, void *context)
{
    size_t size;

    (void)context;
    if (strncmp(path, "\\\\?\\", 4) == 0) {
        path += 4;
    }
    size = strlen(path);
    for (size_t i = 0; i < sizeof disk / sizeof disk[0]; i++) {
        bool is_marked = disk[i][0] == '[' || disk[i][0] == '<';
        const char *name = disk[i] + is_marked;

        if (strlen(name) - is_marked == size && strncmp(name, path, size) == 0) {
            return !is_marked ? KIN_WIN32_FILE_PRESENT : disk[i][0] == '[' ? KIN_WIN32_FILE_DIRECTORY : KIN_WIN32_FILE_DENIED;
        }
    }
    return KIN_WIN32_FILE_MISSING;
}

#define BIN "C:\\bin"

static const struct {
    const char *name;
    const char *file;
    const char *path;
    const char *cwd;
    int rc;
    const char *program;
} searches[] = {
    /* names */
    { "W08_exe_is_added", "tool", BIN, NULL, KIN_OK, "C:\\bin\\tool.exe" },
    { "W08_com_is_added", "old", BIN, NULL, KIN_OK, "C:\\bin\\old.com" },
    { "W08_exe_before_com", "both", BIN, NULL, KIN_OK, "C:\\bin\\both.exe" },
    { "W08_full_name", "tool.exe", BIN, NULL, KIN_OK, "C:\\bin\\tool.exe" },
    { "W08_com_by_name", "both.com", BIN, NULL, KIN_OK, "C:\\bin\\both.com" },
    { "W08_any_dot_is_an_extension", "foo.bar", BIN, NULL, KIN_OK, "C:\\bin\\foo.bar" },
    { "W08_exe_is_added_after_a_dot_too", "baz.bar", BIN, NULL, KIN_OK, "C:\\bin\\baz.bar.exe" },
    { "W08_the_name_itself_goes_first", "exact.bar", BIN, NULL, KIN_OK, "C:\\bin\\exact.bar" },
    { "W08_no_batch_by_extension", "run", BIN, NULL, KIN_ENOENT, NULL },
    { "W08_no_script_without_extension", "npm", BIN, NULL, KIN_ENOENT, NULL },
    { "W03_batch_by_name_is_refused", "run.bat", BIN, NULL, KIN_EINVAL, NULL },
    { "W03_batch_in_capitals_is_not_on_this_disk", "RUN.BAT", BIN, NULL, KIN_ENOENT, NULL },
    { "X2_batch_with_dots_is_refused", "run.bat. .", BIN, NULL, KIN_EINVAL, NULL },
    { "X2_batch_with_stream_is_refused", "run.bat::$DATA", BIN, NULL, KIN_EINVAL, NULL },
    { "W09_trailing_dots_are_dropped", "tool. .", BIN, NULL, KIN_OK, "C:\\bin\\tool.exe" },
    { "W09_beyond_ascii", "\xC3\xA9", BIN, NULL, KIN_OK, "C:\\bin\\\xC3\xA9.exe" },
    { "first_entry_wins", "tool", "C:\\later;C:\\bin", NULL, KIN_OK, "C:\\later\\tool.exe" },
    { "missing_entry_is_passed", "tool", "C:\\none;C:\\bin", NULL, KIN_OK, "C:\\bin\\tool.exe" },
    { "not_found", "nothing", BIN, NULL, KIN_ENOENT, NULL },
    { "no_path", "tool", NULL, NULL, KIN_ENOENT, NULL },
    { "empty_path", "tool", "", NULL, KIN_ENOENT, NULL },
    /* the current directory */
    { "W07_X5_never_in_the_current_directory", "here", BIN, NULL, KIN_ENOENT, NULL },
    { "W07_X5_never_in_the_childs_directory", "here", BIN, "C:\\work", KIN_ENOENT, NULL },
    { "W07_X5_dot_entry", "here", ".;C:\\bin", NULL, KIN_ENOENT, NULL },
    { "W07_X5_empty_entries", "here", ";;C:\\bin;", NULL, KIN_ENOENT, NULL },
    { "W07_X5_quoted_empty_entry", "here", "\"\";C:\\bin", NULL, KIN_ENOENT, NULL },
    { "W07_X5_relative_entry", "deep", "sub", NULL, KIN_ENOENT, NULL },
    { "W07_X5_root_relative_entry", "tool", "\\bin", NULL, KIN_ENOENT, NULL },
    { "W07_X5_drive_relative_entry", "here", "C:", NULL, KIN_ENOENT, NULL },
    { "W09_device_entry", "tool", "\\\\.\\C:\\bin", NULL, KIN_ENOENT, NULL },
    /* odd entries */
    { "W09_quoted_entry", "blank", "\"C:\\my bin\"", NULL, KIN_OK, "C:\\my bin\\blank.exe" },
    { "W09_unquoted_blank", "blank", "C:\\my bin", NULL, KIN_OK, "C:\\my bin\\blank.exe" },
    { "W09_quoted_semicolon", "semi", "\"C:\\b;c\";C:\\bin", NULL, KIN_OK, "C:\\b;c\\semi.exe" },
    { "W09_unquoted_semicolon", "semi", "C:\\b;c", NULL, KIN_ENOENT, NULL },
    { "W09_partly_quoted", "semi", "C:\\\"b;c\"\\", NULL, KIN_OK, "C:\\b;c\\semi.exe" },
    { "W09_quote_never_closed", "tool", "\"C:\\bin", NULL, KIN_OK, "C:\\bin\\tool.exe" },
    { "W09_trailing_backslash", "tool", "C:\\bin\\", NULL, KIN_OK, "C:\\bin\\tool.exe" },
    { "W09_slashes", "tool", "C:/bin/", NULL, KIN_OK, "C:\\bin\\tool.exe" },
    { "W09_share_entry", "net", "\\\\s\\h", NULL, KIN_OK, "\\\\s\\h\\net.exe" },
    { "W09_server_entry", "tool", "\\\\s;C:\\bin", NULL, KIN_OK, "C:\\bin\\tool.exe" },
    { "W09_verbatim_entry", "tool", "\\\\?\\C:\\bin", NULL, KIN_OK, "C:\\bin\\tool.exe" },
    { "W16_entry_of_no_utf8", "tool", "C:\\\xFF;C:\\bin", NULL, KIN_OK, "C:\\bin\\tool.exe" },
    /* denied */
    { "S18_directory", "folder", BIN, NULL, KIN_EACCES, NULL },
    { "S18_directory_and_later_a_file", "folder", "C:\\bin;C:\\later", NULL, KIN_OK, "C:\\later\\folder.exe" },
    { "S18_denied", "secret", "C:\\bin;C:\\later", NULL, KIN_EACCES, NULL },
    /* paths */
    { "path_from_the_childs_directory", "sub\\deep", BIN, "C:\\work", KIN_OK, "C:\\work\\sub\\deep.exe" },
    { "path_from_a_relative_directory", "./deep", BIN, "sub", KIN_OK, "C:\\work\\sub\\deep.exe" },
    { "path_from_our_directory", ".\\here", NULL, NULL, KIN_OK, "C:\\work\\here.exe" },
    { "path_is_not_looked_up", ".\\tool", BIN, NULL, KIN_ENOENT, NULL },
    { "path_without_extension_last", ".\\plain", NULL, NULL, KIN_OK, "C:\\work\\plain" },
    { "path_of_a_directory", ".\\sub", NULL, NULL, KIN_EACCES, NULL },
    { "path_of_a_directory_with_separator", ".\\sub\\", NULL, NULL, KIN_ENOENT, NULL },
    { "path_with_separator_is_no_file", ".\\here.exe\\", NULL, NULL, KIN_ENOENT, NULL },
    { "path_of_dots_gets_no_extension", "sub\\..", NULL, NULL, KIN_ENOENT, NULL },
    { "path_upwards", "..\\bin\\tool", NULL, NULL, KIN_OK, "C:\\bin\\tool.exe" },
    { "absolute", "C:\\bin\\tool", NULL, NULL, KIN_OK, "C:\\bin\\tool.exe" },
    { "absolute_slashes", "C:/bin/tool.exe", NULL, NULL, KIN_OK, "C:\\bin\\tool.exe" },
    { "W09_root_relative", "\\root", NULL, NULL, KIN_OK, "C:\\root.exe" },
    { "W09_drive_relative_same", "C:here", NULL, NULL, KIN_OK, "C:\\work\\here.exe" },
    { "W09_drive_relative_other", "D:other", NULL, NULL, KIN_OK, "D:\\other.exe" },
    { "W09_drive_relative_in_its_directory", "D:other", NULL, "D:\\dir", KIN_OK, "D:\\dir\\other.exe" },
    { "W09_drive_alone", "C:", NULL, NULL, KIN_ENOENT, NULL },
    { "W09_share", "\\\\s\\h\\net", NULL, NULL, KIN_OK, "\\\\s\\h\\net.exe" },
    { "W09_verbatim", "\\\\?\\C:\\bin\\tool", NULL, NULL, KIN_OK, "\\\\?\\C:\\bin\\tool.exe" },
    { "W03_batch_path", ".\\go.cmd", NULL, NULL, KIN_EINVAL, NULL },
    { "W03_batch_path_without_extension", ".\\go", NULL, NULL, KIN_ENOENT, NULL },
    /* refused */
    { "W09_device", "\\\\.\\C:\\bin\\tool.exe", NULL, NULL, KIN_EINVAL, NULL },
    { "W09_pipe", "\\\\.\\pipe\\x", NULL, NULL, KIN_EINVAL, NULL },
    { "W09_reserved", "NUL", BIN, NULL, KIN_EINVAL, NULL },
    { "W09_reserved_with_extension", "con.exe", BIN, NULL, KIN_EINVAL, NULL },
    { "W09_reserved_in_a_path", "C:\\bin\\com1", NULL, NULL, KIN_EINVAL, NULL },
    { "W09_stream", "C:\\bin\\tool.exe:x", NULL, NULL, KIN_EINVAL, NULL },
    { "W09_relative_directory_that_is_a_device", ".\\x", NULL, "\\\\.\\C:\\", KIN_EINVAL, NULL },
    { "W16_name_of_no_utf8", "\xFF", BIN, NULL, KIN_EILSEQ, NULL },
    { "empty_name", "", BIN, NULL, KIN_ENOENT, NULL },
    { "dot_as_a_name", ".", BIN, NULL, KIN_ENOENT, NULL },
    { "dots_as_a_name", "..", BIN, NULL, KIN_ENOENT, NULL },
};

static int find(const char *file, const char *path, const char *cwd, kin_batch_policy batch, char **program)
{
    const struct kin_win32_search search = {
        .file = file, .path = path, .cwd = cwd, .current_directory = "C:\\work", .batch = batch, .look_at_file = look_at_disk
    };

    return kin_win32_program_search(&search, program);
}

TEST_CP(ProgramSearch, finds, searches)
{
    char *program = NULL;

    ASSERT_INT_EQ(row->rc, find(row->file, row->path, row->cwd, KIN_BATCH_REFUSE, &program));
    if (row->program == NULL) {
        EXPECT_NULL(program);
    } else {
        EXPECT_STR_EQ(row->program, program);
    }
    free(program);
}

TEST_C(ProgramSearch, W03_a_batch_file_is_found_by_its_name_when_the_policy_is_to_escape)
{
    char *program = NULL;

    ASSERT_INT_EQ(KIN_OK, find("run.bat", BIN, NULL, KIN_BATCH_ESCAPE, &program));
    EXPECT_STR_EQ("C:\\bin\\run.bat", program);
    EXPECT_TRUE(kin_win32_is_batch_file(program));
    free(program);
    program = NULL;
    ASSERT_INT_EQ(KIN_OK, find("run.bat .", BIN, NULL, KIN_BATCH_ESCAPE, &program));
    EXPECT_STR_EQ("C:\\bin\\run.bat", program);
    free(program);
    program = NULL;
    EXPECT_INT_EQ(KIN_ENOENT, find("run", BIN, NULL, KIN_BATCH_ESCAPE, &program));
    EXPECT_INT_EQ(KIN_ENOENT, find("npm", BIN, NULL, KIN_BATCH_ESCAPE, &program));
    EXPECT_NULL(program);
}

static enum kin_win32_file_kind everything_is_there(const char *path, void *context)
{
    ++*(int *)context;
    EXPECT_TRUE(strlen(path) <= KIN_WIN32_PATH_MAX || strncmp(path, "\\\\?\\", 4) == 0);
    return KIN_WIN32_FILE_PRESENT;
}

TEST_C(ProgramSearch, W18_a_long_path_is_found_under_its_verbatim_name)
{
    char file[400] = "C:\\";
    char expected[420] = "\\\\?\\";
    char *program = NULL;
    int looks = 0;
    struct kin_win32_search search = {
        .file = file, .current_directory = "C:\\", .look_at_file = everything_is_there, .context = &looks
    };

    memset(file + 3, 'x', 300);
    strcat(file, "/a");
    ASSERT_INT_EQ(KIN_OK, kin_win32_program_search(&search, &program));
    strcat(strcat(expected, file), ".exe");
    expected[4 + 303] = '\\';
    EXPECT_STR_EQ(expected, program);
    EXPECT_INT_EQ(1, looks);
    free(program);
}
