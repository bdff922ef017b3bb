/* SPDX-License-Identifier: MIT */
/*
 * Starting: what the child finds, what it must not find, and what is said when it cannot start.
 */
#include "door.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Win32Spawn {
    kin_plat_loop *loop;
};

static void *Win32Spawn_setup(void)
{
    struct Win32Spawn *fixture = calloc(1, sizeof *fixture);
    ASSERT_NOT_NULL(fixture);
    fixture->loop = door_open();
    return fixture;
}

static void Win32Spawn_teardown(void *self)
{
    struct Win32Spawn *fixture = self;
    kin_plat_loop_close(fixture->loop);
    free(fixture);
}

static void run_planned(kin_plat_loop *loop, struct door_child *child)
{
    child->slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    ASSERT_INT_EQ(0, door_start(loop, child));
    door_finish(loop, child);
    door_close_child(child);
}

/* GetProcessHandleCount() is always 0 under Wine. The values of handles are small multiples of 4; each is asked about. */
static int open_handles(void)
{
    int count = 0;
    for (uintptr_t value = 4; value < 0x2000; value += 4) {
        DWORD flags;
        count += GetHandleInformation((HANDLE)value, &flags) != 0;
    }
    return count;
}

/* ----------------------------------------------------------------------------------------------------- stdio --- */

TEST_CF(Win32Spawn, OutputComesThrough)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    door_run(fixture->loop, &child, "say", "hello \"world\" \\");
    EXPECT_STR_EQ("hello \"world\" \\", child.text);
    EXPECT_INT_EQ(KIN_EXIT_CODE, child.status.kind);
}

TEST_CF(Win32Spawn, F21_EmptyWriteOfAChildIsNotTheEnd)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    door_run(fixture->loop, &child, "empty", "after");
    EXPECT_STR_EQ("after", child.text);
}

/* The child reads after we have written, closed, and lost interest. */
TEST_CF(Win32Spawn, F22_SlowReaderGetsEverything)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    static const char bytes[50000];
    door_plan(&child, "count", "300");
    child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    child.slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    ASSERT_INT_EQ(0, door_start(fixture->loop, &child));
    ASSERT_INT_EQ(0, kin_plat_pipe_write(child.slots[0].pipe, bytes, sizeof bytes));
    EXPECT_SIZE_EQ(sizeof bytes, door_expect(fixture->loop, KIN_PLAT_WRITE, &child.slots[0]).size);
    kin_plat_pipe_close(child.slots[0].pipe);
    child.slots[0].pipe = NULL;
    door_finish(fixture->loop, &child);
    EXPECT_STR_EQ("50000", child.text);
    door_close_child(&child);
}

TEST_CF(Win32Spawn, F12_HangupWhenTheChildIsGone)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    bool hangup = false;
    door_plan(&child, "exit", "0");
    child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    ASSERT_INT_EQ(0, door_start(fixture->loop, &child));
    for (int i = 0; i < 2; i++) {
        struct kin_plat_event event;
        door_wait(fixture->loop, &event, 1);
        hangup |= event.kind == KIN_PLAT_HANGUP && event.owner == &child.slots[0];
    }
    EXPECT_TRUE(hangup);
    door_close_child(&child);
}

/* H03: a host without standard handles still starts children with good ones. */
TEST_CF(Win32Spawn, F07_H03_MissingStandardHandlesAreTheNullDevice)
{
    struct Win32Spawn *fixture = self;
    static const HANDLE values[] = { NULL, INVALID_HANDLE_VALUE, (HANDLE)(intptr_t)-2, (HANDLE)(intptr_t)0x7777770 };
    HANDLE saved = GetStdHandle(STD_INPUT_HANDLE);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct door_child child;
        door_plan(&child, "kinds", NULL);
        child.slots[0].kind = KIN_PLAT_SLOT_INHERIT;
        SetStdHandle(STD_INPUT_HANDLE, values[i]);
        child.slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
        int rc = door_start(fixture->loop, &child);
        SetStdHandle(STD_INPUT_HANDLE, saved);
        ASSERT_INT_EQ(0, rc);
        door_finish(fixture->loop, &child);
        EXPECT_STR_EQ("2 3 2", child.text);
        door_close_child(&child);
    }
}

static void test_file(char path[MAX_PATH + 16])
{
    char directory[MAX_PATH];
    ASSERT_TRUE(GetTempPathA(sizeof directory, directory) != 0);
    snprintf(path, MAX_PATH + 16, "%skin-spawn-%lu", directory, GetCurrentProcessId());
}

static void expect_content(const char *path, const char *text)
{
    char buffer[256];
    FILE *file = fopen(path, "rb");
    ASSERT_NOT_NULL(file);
    size_t size = fread(buffer, 1, sizeof buffer - 1, file);
    fclose(file);
    buffer[size] = '\0';
    EXPECT_STR_EQ(text, buffer);
}

static void say_into(kin_plat_loop *loop, const char *path, kin_file_mode mode, const char *text)
{
    struct door_child child;
    door_plan(&child, "say", text);
    child.slots[1].kind = KIN_PLAT_SLOT_FILE;
    child.slots[1].path = path;
    child.slots[1].mode = mode;
    ASSERT_INT_EQ(0, door_start(loop, &child));
    door_finish(loop, &child);
    door_close_child(&child);
}

TEST_CF(Win32Spawn, F19_FilesAsSlots)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    char path[MAX_PATH + 16];
    test_file(path);
    say_into(fixture->loop, path, KIN_FILE_TRUNCATE, "a longer text");
    say_into(fixture->loop, path, KIN_FILE_TRUNCATE, "one");
    say_into(fixture->loop, path, KIN_FILE_APPEND, "two");
    expect_content(path, "onetwo");

    door_plan(&child, "count", "0");
    child.slots[0].kind = KIN_PLAT_SLOT_FILE;
    child.slots[0].path = path;
    run_planned(fixture->loop, &child);
    EXPECT_STR_EQ("6", child.text);
    DeleteFileA(path);
}

/* F03: two slots, one pipe, closed once. */
TEST_CF(Win32Spawn, F03_SameAsAnotherSlot)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    door_plan(&child, "tell", "2");
    child.argv[3] = "through stderr";
    child.slots[2].kind = KIN_PLAT_SLOT_SAME;
    child.slots[2].same_as = 1;
    run_planned(fixture->loop, &child);
    EXPECT_STR_EQ("through stderr", child.text);
}

TEST_CF(Win32Spawn, F05_HandlesAreCopiedAndChecked)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    HANDLE reader, writer;
    char buffer[16] = { 0 };
    DWORD size;
    ASSERT_TRUE(CreatePipe(&reader, &writer, NULL, 0) != 0);
    door_plan(&child, "say", "copied");
    child.slots[1].kind = KIN_PLAT_SLOT_HANDLE;
    child.slots[1].handle = writer;
    ASSERT_INT_EQ(0, door_start(fixture->loop, &child));
    CloseHandle(writer); /* ours was only copied; this one must have been still open */
    ASSERT_TRUE(ReadFile(reader, buffer, sizeof buffer - 1, &size, NULL) != 0);
    EXPECT_STR_EQ("copied", buffer);
    CloseHandle(reader);
    door_finish(fixture->loop, &child);
    door_close_child(&child);

    static const HANDLE wrong[] = { NULL, INVALID_HANDLE_VALUE, (HANDLE)(intptr_t)-2, (HANDLE)(intptr_t)0x7777770 };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        door_plan(&child, "say", "never");
        child.slots[2].kind = KIN_PLAT_SLOT_HANDLE;
        child.slots[2].handle = wrong[i];
        EXPECT_INT_EQ(KIN_EBADF, door_start(fixture->loop, &child));
        EXPECT_INT_EQ(KIN_STAGE_STDIO, child.failure.stage);
        EXPECT_STR_EQ("err", child.failure.subject);
    }
}

/* ------------------------------------------------------------------------------------- slots from 3 on, leaks --- */

TEST_CF(Win32Spawn, F30_SlotThreeIsReadByTheRuntime)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    door_plan(&child, "descriptor", "3");
    child.launch.slot_count = 4;
    child.slots[3].kind = KIN_PLAT_SLOT_PIPE_READ;
    child.slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    ASSERT_INT_EQ(0, door_start(fixture->loop, &child));
    ASSERT_INT_EQ(0, kin_plat_pipe_write(child.slots[3].pipe, "by descriptor", 13));
    EXPECT_SIZE_EQ(13, door_expect(fixture->loop, KIN_PLAT_WRITE, &child.slots[3]).size);
    kin_plat_pipe_close(child.slots[3].pipe);
    child.slots[3].pipe = NULL;
    door_finish(fixture->loop, &child);
    EXPECT_STR_EQ("by descriptor", child.text);
    door_close_child(&child);
}

TEST_CF(Win32Spawn, F30_SlotFourIsWrittenByTheRuntime)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    char buffer[16] = { 0 };
    door_plan(&child, "tell", "4");
    child.argv[3] = "four";
    child.launch.slot_count = 5;
    child.slots[4].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    ASSERT_INT_EQ(0, door_start(fixture->loop, &child));
    ASSERT_INT_EQ(0, kin_plat_pipe_read(child.slots[4].pipe, buffer, sizeof buffer - 1));
    struct kin_plat_event event;
    do {
        door_wait(fixture->loop, &event, 1);
        if (event.kind == KIN_PLAT_EXIT)
            child.exits++;
    } while (event.kind != KIN_PLAT_READ);
    EXPECT_STR_EQ("four", buffer);
    door_finish(fixture->loop, &child);
    EXPECT_UINT_EQ(0, child.status.code);
    door_close_child(&child);
}

/* H01: another handle that happens to be inheritable stays out. */
TEST_CF(Win32Spawn, H01_OnlyListedHandlesAreInherited)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    SECURITY_ATTRIBUTES inheritable = { .nLength = sizeof inheritable, .bInheritHandle = TRUE };
    char number[32];
    HANDLE events[64];
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        events[i] = CreateEventW(&inheritable, TRUE, FALSE, NULL);
    snprintf(number, sizeof number, "0x%llx", (unsigned long long)(uintptr_t)events[63]);
    door_run(fixture->loop, &child, "handle", number);
    EXPECT_STR_EQ("invalid", child.text);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        CloseHandle(events[i]);
}

static int start_in_vain(kin_plat_loop *loop, int way)
{
    struct door_child child;
    door_plan(&child, "exit", "0");
    child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    child.slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    child.launch.tree = way % 2 != 0;
    switch (way / 2) {
    case 0:
        child.launch.file = "C:\\no-such-program.exe";
        break;
    case 1:
        child.launch.cwd = "C:\\no-such-directory";
        break;
    case 2:
        child.slots[2].kind = KIN_PLAT_SLOT_FILE;
        child.slots[2].path = "C:\\no-such-file";
        break;
    default:
        child.launch.file = "C:\\windows\\win.ini"; /* a file, but no program */
        break;
    }
    return kin_plat_spawn(loop, &child.launch, &child, &child.process, &child.failure);
}

TEST_CF(Win32Spawn, H04_NoHandleIsLeftBehind)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;

    for (int i = 0; i < 3; i++)
        door_run(fixture->loop, &child, "say", "warm up");
    for (int way = 0; way < 8; way++)
        EXPECT_INT_LT(start_in_vain(fixture->loop, way), 0);
    int before = open_handles();

    for (int i = 0; i < 10; i++)
        door_run(fixture->loop, &child, "say", "again");
    for (int way = 0; way < 8 * 5; way++)
        EXPECT_INT_LT(start_in_vain(fixture->loop, way % 8), 0);
    door_expect_silence(fixture->loop);
    EXPECT_INT_LE(open_handles(), before + 4); /* the thread pool may have grown by a thread of its own */
}

/* ---------------------------------------------------------------------------------------------------- errors --- */

static void expect_failure(kin_plat_loop *loop, struct door_child *child, int code, kin_stage stage, const char *subject)
{
    EXPECT_INT_EQ(code, door_start(loop, child));
    EXPECT_INT_EQ(code, child->failure.code);
    EXPECT_INT_EQ(stage, child->failure.stage);
    EXPECT_STR_EQ(subject, child->failure.subject);
    EXPECT_NULL(child->process);
}

TEST_CF(Win32Spawn, S24_DirectoryIsBlamedForItself)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    door_plan(&child, "exit", "0");
    child.launch.cwd = "C:\\no\\such";
    expect_failure(fixture->loop, &child, KIN_ENOENT, KIN_STAGE_CHDIR, "C:\\no\\such");
    child.launch.cwd = "C:\\windows\\win.ini";
    expect_failure(fixture->loop, &child, KIN_ENOTDIR, KIN_STAGE_CHDIR, "C:\\windows\\win.ini");
}

TEST_CF(Win32Spawn, S01_ProgramIsBlamedForItself)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    static const struct {
        const char *file;
        int code;
    } rows[] = {
        { "C:\\no-such-program", KIN_ENOENT },      { "C:\\no-such\\program.exe", KIN_ENOENT },
        { "no-such-program-anywhere", KIN_ENOENT }, { "C:\\windows", KIN_EACCES },
        { "C:\\windows\\win.ini", KIN_ENOEXEC },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TRACE_C("%s", rows[i].file);
        door_plan(&child, "exit", "0");
        child.launch.file = rows[i].file;
        expect_failure(fixture->loop, &child, rows[i].code, KIN_STAGE_EXEC, rows[i].file);
        TRACE_END_C();
    }
}

TEST_CF(Win32Spawn, S01_SlotIsBlamedForItself)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    door_plan(&child, "exit", "0");
    child.slots[1].kind = KIN_PLAT_SLOT_FILE;
    child.slots[1].path = "C:\\no\\such";
    expect_failure(fixture->loop, &child, KIN_ENOENT, KIN_STAGE_OPEN, "C:\\no\\such");
}

TEST_CF(Win32Spawn, OptionsOfPosixAreRefused)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    static const kin_credentials nobody = { .uid = 65534, .gid = 65534 };
    door_plan(&child, "exit", "0");
    child.launch.set_umask = true;
    expect_failure(fixture->loop, &child, KIN_ENOTSUP, KIN_STAGE_OPTIONS, "umask");
    child.launch.set_umask = false;
    child.launch.credentials = &nobody;
    expect_failure(fixture->loop, &child, KIN_ENOTSUP, KIN_STAGE_OPTIONS, "credentials");
}

/* Wine would cut the line silently. */
TEST_CF(Win32Spawn, LongCommandLineIsRefused)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    static char argument[40000];
    memset(argument, 'a', sizeof argument - 1);
    door_plan(&child, "exit", argument);
    expect_failure(fixture->loop, &child, KIN_E2BIG, KIN_STAGE_EXEC, door_child_path());
}

/* -------------------------------------------------------------------------------- directory, environment, search --- */

TEST_CF(Win32Spawn, DirectoryIsEntered)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    door_plan(&child, "directory", NULL);
    child.launch.cwd = "C:\\windows\\system32";
    run_planned(fixture->loop, &child);
    EXPECT_INT_EQ(0, _stricmp("C:\\windows\\system32", child.text));
}

TEST_CF(Win32Spawn, W10_EnvironmentIsTheOneGiven)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    static const char *const environment[] = { "ZED=last", "alpha=first", NULL };
    static const char *const rows[][2] = { { "ZED", "last" }, { "ALPHA", "first" }, { "PATH", "(none)" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        door_plan(&child, "variable", rows[i][0]);
        child.launch.environment = environment;
        run_planned(fixture->loop, &child);
        EXPECT_STR_EQ(rows[i][1], child.text);
    }
    door_plan(&child, "variable", "SYSTEMROOT"); /* W13 */
    child.launch.environment = environment;
    run_planned(fixture->loop, &child);
    EXPECT_STR_CONTAINS(":\\", child.text);
}

TEST_CF(Win32Spawn, W10_EnvironmentIsOursWhenNoneIsGiven)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    SetEnvironmentVariableA("KIN_TEST_VARIABLE", "seen");
    door_run(fixture->loop, &child, "variable", "KIN_TEST_VARIABLE");
    SetEnvironmentVariableA("KIN_TEST_VARIABLE", NULL);
    EXPECT_STR_EQ("seen", child.text);
}

TEST_C(Win32Environment, W15_SnapshotHasOurVariables)
{
    char **environment = NULL;
    bool found = false;
    SetEnvironmentVariableW(L"KIN_TEST_\u00DC", L"\u4E2D");
    ASSERT_INT_EQ(0, kin_plat_environment(&environment));
    SetEnvironmentVariableW(L"KIN_TEST_\u00DC", NULL);
    for (char **entry = environment; *entry != NULL; entry++)
        found |= strcmp(*entry, "KIN_TEST_\xC3\x9C=\xE4\xB8\xAD") == 0;
    EXPECT_TRUE(found);
    kin_plat_environment_free(environment);
}

TEST_C(Win32Environment, W11_NamesHaveNoCase)
{
    EXPECT_INT_EQ(0, kin_plat_variable_compare("PATH", 4, "Path", 4));
    EXPECT_INT_EQ(0, kin_plat_variable_compare("\xC3\x9C", 2, "\xC3\xBC", 2));
    EXPECT_INT_LT(kin_plat_variable_compare("A", 1, "b", 1), 0);
    EXPECT_INT_GT(kin_plat_variable_compare("b", 1, "A", 1), 0);
    EXPECT_INT_LT(kin_plat_variable_compare("PAT", 3, "PATH", 4), 0);
    EXPECT_INT_NE(0, kin_plat_variable_compare("\xFF", 1, "A", 1));
}

static int which(const char *file, const char *const *environment, char *path, size_t size)
{
    struct kin_plat_failure failure = { 0 };
    struct kin_plat_launch launch = { .file = file, .environment = environment };
    return kin_plat_which(&launch, path, size, &failure);
}

TEST_C(Win32Search, W07_OnlyThePathOfTheChild)
{
    static const char *const system[] = { "Path=C:\\windows\\system32", NULL };
    static const char *const nowhere[] = { "PATH=", NULL };
    char path[MAX_PATH];
    EXPECT_INT_GT(which("cmd", system, path, sizeof path), 0);
    EXPECT_INT_EQ(0, _stricmp("C:\\windows\\system32\\cmd.exe", path));
    EXPECT_INT_EQ(KIN_ENOENT, which("cmd", nowhere, path, sizeof path));
    EXPECT_INT_EQ(KIN_ENAMETOOLONG, which("cmd", system, path, 5));
    EXPECT_INT_GT(which("cmd", NULL, path, sizeof path), 0);
}

/* ----------------------------------------------------------------------------------------------------- shell --- */

static void run_shell(kin_plat_loop *loop, struct door_child *child, const char *command)
{
    struct kin_plat_shell shell;
    ASSERT_INT_EQ(0, kin_plat_shell_open(command, &shell));
    door_plan(child, NULL, NULL);
    child->launch.file = shell.file;
    child->launch.argv = shell.argv;
    child->launch.verbatim_arguments = shell.verbatim_arguments;
    child->slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    int rc = door_start(loop, child);
    kin_plat_shell_close(&shell);
    ASSERT_INT_EQ(0, rc);
    door_finish(loop, child);
    door_close_child(child);
}

TEST_CF(Win32Spawn, W05_ShellGetsTheLineAsItIs)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    run_shell(fixture->loop, &child, "echo \"a b\" & echo c&exit 300");
    EXPECT_STR_EQ("\"a b\" \r\nc\r\n", child.text);
    EXPECT_UINT_EQ(300, child.status.code);
}

static void write_batch(const char *path)
{
    FILE *file = fopen(path, "wb");
    ASSERT_NOT_NULL(file);
    fputs("@echo %~1\r\n@exit 5\r\n", file);
    fclose(file);
}

TEST_CF(Win32Spawn, W03_BatchFilesOnlyWhenAskedFor)
{
    struct Win32Spawn *fixture = self;
    struct door_child child;
    char path[MAX_PATH + 32];
    test_file(path);
    strcat(path, ".bat");
    write_batch(path);
    door_plan(&child, "a&b %PATH%", NULL);
    child.launch.file = path;
    EXPECT_INT_EQ(KIN_EINVAL, door_start(fixture->loop, &child));
    EXPECT_INT_EQ(KIN_STAGE_EXEC, child.failure.stage);

    child.launch.batch = KIN_BATCH_ESCAPE;
    child.slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    ASSERT_INT_EQ(0, door_start(fixture->loop, &child));
    door_finish(fixture->loop, &child);
    door_close_child(&child);
    EXPECT_UINT_EQ(5, child.status.code);
    DeleteFileA(path);
}
