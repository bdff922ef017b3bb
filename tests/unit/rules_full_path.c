/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <kin/error.h>

#include "shim.h"
#include "support/nasty_arguments.h"
#include "win32/rules/full_path.h"

static const struct {
    const char *name;
    const char *path;
    enum kin_win32_path_kind kind;
} kinds[] = {
    { "nothing", "", KIN_WIN32_PATH_RELATIVE },
    { "name", "a", KIN_WIN32_PATH_RELATIVE },
    { "relative", "a\\b", KIN_WIN32_PATH_RELATIVE },
    { "root_relative", "\\a", KIN_WIN32_PATH_ROOT_RELATIVE },
    { "root_relative_slash", "/a", KIN_WIN32_PATH_ROOT_RELATIVE },
    { "root", "\\", KIN_WIN32_PATH_ROOT_RELATIVE },
    { "drive_relative", "D:a", KIN_WIN32_PATH_DRIVE_RELATIVE },
    { "drive_alone", "d:", KIN_WIN32_PATH_DRIVE_RELATIVE },
    { "drive", "D:\\a", KIN_WIN32_PATH_DRIVE },
    { "drive_slash", "d:/a", KIN_WIN32_PATH_DRIVE },
    { "no_drive", "1:\\a", KIN_WIN32_PATH_RELATIVE },
    { "share", "\\\\s\\h\\a", KIN_WIN32_PATH_UNC },
    { "share_slashes", "//s/h/a", KIN_WIN32_PATH_UNC },
    { "share_mixed", "/\\s/h/a", KIN_WIN32_PATH_UNC },
    { "server_of_dots", "\\\\.s\\h", KIN_WIN32_PATH_UNC },
    { "verbatim", "\\\\?\\C:\\a", KIN_WIN32_PATH_VERBATIM },
    { "verbatim_share", "\\\\?\\unc\\s\\h", KIN_WIN32_PATH_VERBATIM },
    { "verbatim_volume", "\\\\?\\Volume{1}\\a", KIN_WIN32_PATH_VERBATIM },
    { "verbatim_drive_alone", "\\\\?\\C:", KIN_WIN32_PATH_DEVICE },
    { "verbatim_drive_slash", "\\\\?\\C:/a", KIN_WIN32_PATH_DEVICE },
    { "verbatim_pipe", "\\\\?\\pipe\\a", KIN_WIN32_PATH_DEVICE },
    { "verbatim_global_root", "\\\\?\\GLOBALROOT\\Device\\a", KIN_WIN32_PATH_DEVICE },
    { "device", "\\\\.\\C:\\a", KIN_WIN32_PATH_DEVICE },
    { "device_pipe", "\\\\.\\pipe\\a", KIN_WIN32_PATH_DEVICE },
    { "device_slashes", "//./a", KIN_WIN32_PATH_DEVICE },
    { "device_alone", "\\\\.", KIN_WIN32_PATH_DEVICE },
    { "verbatim_slashes", "//?/C:/a", KIN_WIN32_PATH_DEVICE },
    { "verbatim_mixed", "\\\\?/C:\\a", KIN_WIN32_PATH_DEVICE },
    { "kernel", "\\??\\C:\\a", KIN_WIN32_PATH_DEVICE },
};

TEST_CP(FullPath, W09_each_path_has_its_kind, kinds)
{
    EXPECT_INT_EQ(row->kind, kin_win32_path_kind(row->path));
}

static const struct {
    const char *name;
    const char *path;
    bool is_reserved;
} reserved[] = {
    { "CON", "CON", true },
    { "small", "nul", true },
    { "extension", "C:\\x\\nul.txt", true },
    { "program", "Aux.exe", true },
    { "blank", "nul .txt", true },
    { "colon", "CON:", true },
    { "COM1", "com1", true },
    { "COM9", "COM9.x", true },
    { "LPT3", "a/LPT3", true },
    { "superscript", "COM\xC2\xB9", true },
    { "CONIN", "conin$", true },
    { "CONOUT", "CONOUT$", true },
    { "PRN", "prn", true },
    { "drive", "C:nul", true },
    { "COM", "COM", false },
    { "COM0", "COM0", false },
    { "COM10", "COM10", false },
    { "CONX", "CONX", false },
    { "inside", "nul\\a", false },
    { "other", "a", false },
    { "nothing", "", false },
    { "blanks_before", " nul", false },
    { "COM_umlaut", "COM\xC3\xA4", false },
    { "CO", "CO", false },
};

TEST_CP(FullPath, W09_names_of_devices_are_known, reserved)
{
    EXPECT_INT_EQ(row->is_reserved, kin_win32_path_is_reserved(row->path));
}

static const struct {
    const char *name;
    const char *base;
    const char *path;
    const char *full;
} full_paths[] = {
    { "relative", "C:\\a", "b\\c", "C:\\a\\b\\c" },
    { "slashes", "C:/a//b", "c/d", "C:\\a\\b\\c\\d" },
    { "nothing", "C:\\a\\", "", "C:\\a" },
    { "nothing_at_the_root", "C:\\", "", "C:\\" },
    { "dot", "C:\\a", ".\\b\\.\\c", "C:\\a\\b\\c" },
    { "dots", "C:\\a\\b", "..\\c", "C:\\a\\c" },
    { "dots_at_the_end", "C:\\a", "b\\..", "C:\\a" },
    { "dots_stop_at_the_root", "C:\\a", "..\\..\\..\\b", "C:\\b" },
    { "dots_stop_at_the_share", "\\\\s\\h\\a", "..\\..\\b", "\\\\s\\h\\b" },
    { "dots_in_the_base", "C:\\a\\..\\b", "c", "C:\\b\\c" },
    { "root_relative", "C:\\a\\b", "\\c", "C:\\c" },
    { "root_relative_on_a_share", "//s/h/a", "/c", "\\\\s\\h\\c" },
    { "drive_relative", "C:\\a", "c:b", "C:\\a\\b" },
    { "drive_relative_elsewhere", "C:\\a", "D:b", "D:\\b" },
    { "drive_relative_from_a_share", "\\\\s\\h\\a", "D:b", "D:\\b" },
    { "drive_alone", "C:\\a", "C:", "C:\\a" },
    { "drive", "C:\\a", "D:/b/./c", "D:\\b\\c" },
    { "share", "C:\\a", "//s/h/b/../c", "\\\\s\\h\\c" },
    { "share_alone", "C:\\a", "\\\\s\\h", "\\\\s\\h\\" },
    { "verbatim_is_copied", "C:\\a", "\\\\?\\C:\\b\\..\\c. ", "\\\\?\\C:\\b\\..\\c. " },
    { "verbatim_base", "\\\\?\\C:\\a", "b", "C:\\a\\b" },
    { "verbatim_share_base", "\\\\?\\UNC\\s\\h\\a", "..\\..\\b", "\\\\s\\h\\b" },
    { "verbatim_volume_base", "\\\\?\\Volume{1}\\a", "..\\..\\b", "\\\\?\\Volume{1}\\b" },
    { "trailing_separator_stays", "C:\\a", "b\\", "C:\\a\\b\\" },
    { "X2_trailing_dot", "C:\\a", "b.bat.", "C:\\a\\b.bat" },
    { "X2_trailing_dots_and_blanks", "C:\\a", "b.bat . . ..", "C:\\a\\b.bat" },
    { "dot_in_the_middle", "C:\\a", "b.\\c", "C:\\a\\b\\c" },
    { "dots_in_the_middle_are_a_name", "C:\\a", "...\\c", "C:\\a\\...\\c" },
    { "blank_in_the_middle_stays", "C:\\a", "b \\c", "C:\\a\\b \\c" },
    { "only_dots_and_blanks", "C:\\a", "b\\. .", "C:\\a\\b\\" },
};

TEST_CP(FullPath, W09_paths_are_made_absolute, full_paths)
{
    char *full = NULL;

    ASSERT_INT_EQ(KIN_OK, kin_win32_full_path(row->base, row->path, &full));
    EXPECT_STR_EQ(row->full, full);
    free(full);
}

static const struct {
    const char *name;
    const char *base;
    const char *path;
} no_paths[] = {
    { "relative_base", "a", "b" },
    { "root_relative_base", "\\a", "b" },
    { "drive_relative_base", "C:a", "b" },
    { "device_base", "\\\\.\\C:\\", "b" },
    { "device", "C:\\a", "\\\\.\\C:\\b" },
    { "server_without_share", "C:\\a", "\\\\s" },
    { "share_of_dots", "C:\\a", "\\\\s\\..\\a" },
    { "server_of_dots", "C:\\a", "\\\\..\\h\\a" },
    { "no_server", "C:\\a", "\\\\" },
    { "device_by_a_share_base", "\\\\?\\UNC\\.\\pipe", "a" },
    { "verbatim_by_a_share_base", "\\\\?\\UNC\\?\\C:", "a" },
};

TEST_CP(FullPath, W09_what_makes_no_path_is_refused, no_paths)
{
    char *full = NULL;

    EXPECT_INT_EQ(KIN_EINVAL, kin_win32_full_path(row->base, row->path, &full));
    EXPECT_NULL(full);
}

TEST_C(FullPath, a_full_path_is_its_own)
{
    static const char characters[] = "aB\\\\/...  :";
    uint64_t state = 9;

    for (int round = 0; round < 100000; round++) {
        char path[16] = { 0 };
        char *full = NULL;
        char *again = NULL;
        size_t size = nasty_number(&state, 16);

        for (size_t i = 0; i < size; i++) {
            path[i] = characters[nasty_number(&state, sizeof characters - 1)];
        }
        TRACE_C("%s", path);
        if (kin_win32_full_path("C:\\d", path, &full) == KIN_OK) {
            ASSERT_TRUE(kin_win32_path_is_absolute(full));
            ASSERT_NULL(strchr(full, '/'));
            ASSERT_INT_EQ(KIN_OK, kin_win32_full_path("E:\\", full, &again));
            ASSERT_STR_EQ(full, again);
        }
        TRACE_END_C();
        free(again);
        free(full);
    }
}

static const struct {
    const char *name;
    const char *full;
    size_t max;
    const char *result;
} long_paths[] = {
    { "short_enough", "C:\\abc", 6, "C:\\abc" },
    { "too_long", "C:\\abcd", 6, "\\\\?\\C:\\abcd" },
    { "share", "\\\\s\\h\\abc", 6, "\\\\?\\UNC\\s\\h\\abc" },
    { "verbatim_already", "\\\\?\\C:\\abc", 6, "\\\\?\\C:\\abc" },
    { "counted_in_units", "C:\\\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5", 6, "C:\\\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5" },
};

TEST_CP(FullPath, W18_long_paths_get_their_prefix, long_paths)
{
    char *result = NULL;

    ASSERT_INT_EQ(KIN_OK, kin_win32_long_path(row->full, row->max, &result));
    EXPECT_STR_EQ(row->result, result);
    free(result);
}

TEST_C(FullPath, W17_W18_no_path_is_longer_than_the_kernel_takes)
{
    static char path[KIN_WIN32_LONG_PATH_MAX + 2];
    char *result = NULL;

    memset(path, 'x', sizeof path - 1);
    memcpy(path, "\\\\?\\C:\\", 7);
    EXPECT_INT_EQ(KIN_ENAMETOOLONG, kin_win32_long_path(path, KIN_WIN32_PATH_MAX, &result));
    EXPECT_NULL(result);
    path[KIN_WIN32_LONG_PATH_MAX] = '\0';
    EXPECT_INT_EQ(KIN_OK, kin_win32_long_path(path, KIN_WIN32_PATH_MAX, &result));
    free(result);
}
