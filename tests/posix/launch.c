/* SPDX-License-Identifier: MIT */
/* Whatever way a process is started, the results are the same. */
#include <fcntl.h>
#include <shim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/host.h"
#include "door.h"

static struct door_account account;
static struct door_child child;

static kin_plat_loop *open_loop(const struct policy_path *path)
{
    kin_plat_loop *loop = NULL;

    policy_take(path);
    account = door_take_account();
    ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
    return loop;
}

static void close_loop(kin_plat_loop *loop)
{
    kin_plat_loop_close(loop);
    policy_take(NULL);
    EXPECT_INT_EQ(0, door_check_account(&account));
}

/* Twice each: the first launch of a loop is on probation, and the second is not. */
#define LAUNCHES 2

/* ------------------------------------------------------------------------------------------------------------- it works --- */

TEST_CP(Launch, StartsAndTellsTheExit, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        ASSERT_INT_EQ(0, door_run(loop, &child, "exit", "42"));
        EXPECT_INT_EQ(KIN_EXIT_CODE, child.status.kind);
        EXPECT_INT_EQ(42, child.status.code);
        EXPECT_TRUE(child.status.usage.known);
    }
    close_loop(loop);
}

TEST_CP(Launch, R16_TellsTheSignal, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        ASSERT_INT_EQ(0, door_run(loop, &child, "signal", "9"));
        EXPECT_INT_EQ(KIN_EXIT_SIGNAL, child.status.kind);
        EXPECT_INT_EQ(9, child.status.signal);
    }
    close_loop(loop);
}

TEST_CP(Launch, S37_NothingElseIsOpenInTheChild, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);
    const int leaked = open("/dev/null", O_RDWR); /* without O_CLOEXEC */
    const int high = fcntl(leaked, F_DUPFD, 200);

    for (int i = 0; i < LAUNCHES; i++) {
        ASSERT_INT_EQ(0, door_run(loop, &child, "open-slots", NULL));
        EXPECT_STR_EQ("0 1 2", child.text);
    }
    close(leaked);
    close(high);
    close_loop(loop);
}

TEST_CP(Launch, R11_TreeLeadsItsGroup, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, "wait", NULL);
        child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
        child.launch.tree = true;
        ASSERT_INT_EQ(0, door_start(loop, &child));
        EXPECT_INT_EQ(kin_plat_process_id(child.process), getpgid((pid_t)kin_plat_process_id(child.process)));
        EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, 9, true));
        EXPECT_TRUE(door_finish(loop, &child));
        EXPECT_INT_EQ(9, child.status.signal);
    }
    close_loop(loop);
}

TEST_CP(Launch, S39_Umask, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, "umask", NULL);
        child.launch.set_umask = true;
        child.launch.umask = 0137;
        ASSERT_INT_EQ(0, door_start(loop, &child));
        ASSERT_TRUE(door_finish(loop, &child));
        EXPECT_STR_CONTAINS("137", child.text);
    }
    close_loop(loop);
}

TEST_CP(Launch, C01_Credentials, policy_paths)
{
    static const uint32_t groups[] = { 12, 13 };
    const kin_credentials wanted = { .uid = 65534, .gid = 65533, .groups = groups, .group_count = 2 };
    kin_plat_loop *loop;

    if (geteuid() != 0)
        SKIP_C("needs root");
    loop = open_loop(row);
    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, "-c", "id -u; id -g; id -G");
        child.argv[0] = "sh";
        child.launch.file = "/bin/sh";
        child.launch.credentials = &wanted;
        ASSERT_INT_EQ(0, door_start(loop, &child));
        ASSERT_TRUE(door_finish(loop, &child));
        EXPECT_STR_EQ("65534\n65533\n65533 12 13\n", child.text);
    }
    close_loop(loop);
}

TEST_CP(Launch, ManyInARow, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < (host_is_slow() ? 10 : 50); i++) {
        ASSERT_INT_EQ(0, door_run(loop, &child, "exit", "7"));
        ASSERT_INT_EQ(7, child.status.code);
    }
    close_loop(loop);
}

/* ------------------------------------------------------------------------------------------------------------ it does not --- */

static void expect_failure(kin_plat_loop *loop, int code, kin_stage stage, const char *subject)
{
    EXPECT_INT_EQ(code, door_start(loop, &child));
    EXPECT_INT_EQ(code, child.failure.code);
    EXPECT_INT_EQ(stage, child.failure.stage);
    EXPECT_STR_EQ(subject, child.failure.subject);
    EXPECT_NULL(child.slots[1].pipe);
}

TEST_CP(Launch, S01_MissingProgram, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, NULL, NULL);
        child.launch.file = "/no/such/program";
        expect_failure(loop, KIN_ENOENT, KIN_STAGE_EXEC, "/no/such/program");
        door_plan(&child, NULL, NULL);
        child.launch.file = "no-such-program-anywhere";
        expect_failure(loop, KIN_ENOENT, KIN_STAGE_EXEC, "no-such-program-anywhere");
    }
    close_loop(loop);
}

TEST_CP(Launch, S24_MissingDirectory, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, "exit", "0");
        child.launch.cwd = "/no/such/directory";
        expect_failure(loop, KIN_ENOENT, KIN_STAGE_CHDIR, "/no/such/directory");
        door_plan(&child, "exit", "0");
        child.launch.cwd = "/dev/null";
        expect_failure(loop, KIN_ENOTDIR, KIN_STAGE_CHDIR, "/dev/null");
    }
    close_loop(loop);
}

TEST_CP(Launch, S22_DirectoryIsNoProgram, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, NULL, NULL);
        child.launch.file = "/tmp/.";
        expect_failure(loop, KIN_EACCES, KIN_STAGE_EXEC, "/tmp/.");
    }
    close_loop(loop);
}

static void write_script(char *path, const char *text)
{
    const int descriptor = mkstemp(path);

    ASSERT_INT_GE(descriptor, 0);
    ASSERT_INT_EQ(strlen(text), write(descriptor, text, strlen(text)));
    ASSERT_INT_EQ(0, fchmod(descriptor, 0755));
    close(descriptor);
}

TEST_CP(Launch, S17_NoShellForAFileThatIsNone, policy_paths)
{
    char path[] = "/tmp/kin_posix_XXXXXX";
    kin_plat_loop *loop = open_loop(row);

    write_script(path, "echo run by a shell\n");
    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, NULL, NULL);
        child.launch.file = path;
        expect_failure(loop, KIN_ENOEXEC, KIN_STAGE_EXEC, path);
    }
    unlink(path);
    close_loop(loop);
}

TEST_CP(Launch, S16_BusyProgramIsTriedForAMoment, policy_paths)
{
    char path[] = "/tmp/kin_posix_XXXXXX";
    kin_plat_loop *loop;
    int writer;

    if (host_is_below_valgrind())
        SKIP_C("valgrind ends a child whose execve() the kernel refuses, which looks like a start");
    loop = open_loop(row);
    write_script(path, "#!/bin/sh\n");
    writer = open(path, O_WRONLY | O_CLOEXEC);
    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, NULL, NULL);
        child.launch.file = path;
        expect_failure(loop, KIN_ETXTBSY, KIN_STAGE_EXEC, path);
    }
    close(writer);
    unlink(path);
    close_loop(loop);
}

TEST_CP(Launch, F05_BadHandle, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, "exit", "0");
        child.slots[2].kind = KIN_PLAT_SLOT_HANDLE;
        child.slots[2].handle = 987654;
        expect_failure(loop, KIN_EBADF, KIN_STAGE_STDIO, "stderr");
    }
    close_loop(loop);
}

TEST_CP(Launch, F19_MissingFile, policy_paths)
{
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, "exit", "0");
        child.slots[0].kind = KIN_PLAT_SLOT_FILE;
        child.slots[0].path = "/no/such/file";
        expect_failure(loop, KIN_ENOENT, KIN_STAGE_OPEN, "/no/such/file");
    }
    close_loop(loop);
}

/* ----------------------------------------------------------------------------------------------------------------- search --- */

TEST_CP(Launch, S19_PathOfTheChild, policy_paths)
{
    static const char *const environment[] = { "A=b", "PATH=:.:/no/such:/bin", "Z=", NULL };
    static const char *const nowhere[] = { "PATH=", NULL };
    kin_plat_loop *loop = open_loop(row);

    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, "-c", "echo $A");
        child.argv[0] = "sh";
        child.launch.file = "sh";
        child.launch.environment = environment;
        ASSERT_INT_EQ(0, door_start(loop, &child));
        ASSERT_TRUE(door_finish(loop, &child));
        EXPECT_STR_EQ("b\n", child.text);
        child.launch.environment = nowhere;
        expect_failure(loop, KIN_ENOENT, KIN_STAGE_EXEC, "sh");
    }
    close_loop(loop);
}

TEST_CP(Launch, S18_PermissionIsWorthMoreThanAbsence, policy_paths)
{
    char directory[] = "/tmp/kin_posix_XXXXXX";
    char path[64];
    char variable[128];
    const char *environment[] = { variable, NULL };
    kin_plat_loop *loop = open_loop(row);

    ASSERT_NOT_NULL(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/prog", directory);
    snprintf(variable, sizeof variable, "PATH=/no/such:%s:/tmp", directory);
    ASSERT_INT_EQ(0, mkdir(path, 0755));
    for (int i = 0; i < LAUNCHES; i++) {
        door_plan(&child, NULL, NULL);
        child.launch.file = "prog";
        child.launch.environment = environment;
        expect_failure(loop, KIN_EACCES, KIN_STAGE_EXEC, "prog");
    }
    rmdir(path);
    rmdir(directory);
    close_loop(loop);
}

TEST_C(Which, S20_SkipsWhatIsNotAbsolute)
{
    static const char *const environment[] = { "PATH=:.:bin:/bin", NULL };
    struct kin_plat_launch launch = { .file = "sh", .environment = environment };
    struct kin_plat_failure failure;
    char path[64];

    EXPECT_INT_EQ(7, kin_plat_which(&launch, path, sizeof path, &failure));
    EXPECT_STR_EQ("/bin/sh", path);
    EXPECT_INT_EQ(KIN_ENAMETOOLONG, kin_plat_which(&launch, path, 7, &failure));
    launch.file = "..";
    EXPECT_INT_EQ(KIN_ENOENT, kin_plat_which(&launch, path, sizeof path, &failure));
    launch.file = "bin/sh";
    launch.cwd = "/";
    EXPECT_INT_EQ(7, kin_plat_which(&launch, path, sizeof path, &failure));
    EXPECT_STR_EQ("/bin/sh", path);
}
