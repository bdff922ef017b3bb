/* SPDX-License-Identifier: MIT */
/* Readiness made into completion, and the loop around it. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <shim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "door.h"

static struct door_child child;
static struct door_account account;

static kin_plat_loop *open_loop(void)
{
    kin_plat_loop *loop = NULL;

    account = door_take_account();
    ASSERT_INT_EQ(0, kin_plat_loop_open(&account, &loop));
    return loop;
}

static void close_loop(kin_plat_loop *loop)
{
    kin_plat_loop_close(loop);
    EXPECT_INT_EQ(0, door_check_account(&account));
}

static void start(kin_plat_loop *loop, const char *verb, const char *argument)
{
    door_plan(&child, verb, argument);
    child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    ASSERT_INT_EQ(0, door_start(loop, &child));
}

static void expect_nothing(kin_plat_loop *loop)
{
    struct kin_plat_event event;

    EXPECT_INT_EQ(0, kin_plat_wait(loop, 30, &event, 1));
}

static bool is_readable(const kin_plat_loop *loop)
{
    struct pollfd handle = { .fd = kin_plat_loop_handle(loop), .events = POLLIN };

    return poll(&handle, 1, 0) == 1;
}

/* -------------------------------------------------------------------------------------------------------------- ends --- */

TEST_C(Pipe, F12_HangupWithoutAWrite)
{
    kin_plat_loop *loop = open_loop();
    struct kin_plat_event event;

    start(loop, "exit", "0");
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_HANGUP, &event));
    EXPECT_PTR_EQ(&child.slots[0], event.owner);
    ASSERT_TRUE(door_finish(loop, &child));
    close_loop(loop);
}

/* SIGPIPE has its default action here, which would end the tests. */
TEST_C(Pipe, F11_NoSignalForAWriteToNobody)
{
    kin_plat_loop *loop = open_loop();
    struct kin_plat_event event;
    sigset_t pending;

    start(loop, "exit", "0");
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_HANGUP, &event));
    ASSERT_INT_EQ(0, kin_plat_pipe_write(child.slots[0].pipe, "x", 1));
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_WRITE, &event));
    EXPECT_INT_EQ(KIN_EPIPE, event.code);
    sigpending(&pending);
    EXPECT_INT_EQ(0, sigismember(&pending, SIGPIPE));
    ASSERT_TRUE(door_finish(loop, &child));
    close_loop(loop);
}

static volatile sig_atomic_t raised;

static void count_signal(int number)
{
    (void)number;
    raised = raised + 1;
}

static void *read_until_the_end(void *argument)
{
    char byte;

    while (read(*(int *)argument, &byte, 1) != 0)
        continue;
    return NULL;
}

/* Some systems raise it for the process, and another thread gets it. */
TEST_C(Pipe, F11_NoSignalForAnotherThreadEither)
{
    kin_plat_loop *loop = open_loop();
    const struct sigaction action = { .sa_handler = count_signal };
    struct sigaction before;
    struct kin_plat_event event;
    pthread_t thread;
    int ends[2];

    raised = 0;
    ASSERT_INT_EQ(0, sigaction(SIGPIPE, &action, &before));
    ASSERT_INT_EQ(0, pipe(ends));
    ASSERT_INT_EQ(0, pthread_create(&thread, NULL, read_until_the_end, &ends[0]));
    start(loop, "exit", "0");
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_HANGUP, &event));
    ASSERT_INT_EQ(0, kin_plat_pipe_write(child.slots[0].pipe, "x", 1));
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_WRITE, &event));
    EXPECT_INT_EQ(KIN_EPIPE, event.code);
    ASSERT_TRUE(door_finish(loop, &child));
    (void)close(ends[1]);
    (void)pthread_join(thread, NULL);
    (void)close(ends[0]);
    EXPECT_INT_EQ(0, raised);
    (void)sigaction(SIGPIPE, &before, NULL);
    close_loop(loop);
}

/* One that the host has pending itself stays. */
TEST_C(Pipe, F11_PendingSignalOfTheHostStays)
{
    kin_plat_loop *loop = open_loop();
    struct kin_plat_event event;
    sigset_t set;
    sigset_t pending;
    int number;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    start(loop, "exit", "0");
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_HANGUP, &event));
    pthread_kill(pthread_self(), SIGPIPE);
    ASSERT_INT_EQ(0, kin_plat_pipe_write(child.slots[0].pipe, "x", 1));
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_WRITE, &event));
    EXPECT_INT_EQ(KIN_EPIPE, event.code);
    sigpending(&pending);
    EXPECT_INT_EQ(1, sigismember(&pending, SIGPIPE));
    sigwait(&set, &number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    ASSERT_TRUE(door_finish(loop, &child));
    close_loop(loop);
}

/* -------------------------------------------------------------------------------------------------------------- data --- */

#define MUCH ((size_t)3 * 1024 * 1024)

TEST_C(Pipe, F10_ShortWritesUntilAllIsTaken)
{
    kin_plat_loop *loop = open_loop();
    char *data = calloc(1, MUCH);
    size_t done = 0;
    struct kin_plat_event event;

    ASSERT_NOT_NULL(data);
    start(loop, "take", "3145728");
    while (done < MUCH) {
        ASSERT_INT_EQ(0, kin_plat_pipe_write(child.slots[0].pipe, data + done, MUCH - done));
        ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_WRITE, &event));
        ASSERT_INT_EQ(0, event.code);
        ASSERT_INT_GT(event.size, 0);
        done += event.size;
    }
    ASSERT_TRUE(door_finish(loop, &child));
    EXPECT_INT_EQ(0, child.status.code);
    free(data);
    close_loop(loop);
}

TEST_C(Pipe, CancelBringsBackWhatIsUnderWay)
{
    kin_plat_loop *loop = open_loop();
    struct kin_plat_event event;
    char room[16];

    start(loop, "wait", NULL);
    do {
        ASSERT_INT_EQ(0, kin_plat_pipe_read(child.slots[1].pipe, room, sizeof room));
        ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_READ, &event));
        ASSERT_INT_GT(event.size, 0);
    } while (room[event.size - 1] != '\n');
    ASSERT_INT_EQ(0, kin_plat_pipe_read(child.slots[1].pipe, room, sizeof room));
    EXPECT_INT_EQ(KIN_EBUSY, kin_plat_pipe_read(child.slots[1].pipe, room, sizeof room));
    expect_nothing(loop);
    EXPECT_FALSE(kin_plat_loop_ready(loop));
    kin_plat_pipe_cancel(child.slots[1].pipe);
    EXPECT_TRUE(kin_plat_loop_ready(loop));
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_READ, &event));
    EXPECT_INT_EQ(KIN_ECANCELED, event.code);
    kin_plat_pipe_cancel(child.slots[1].pipe);
    expect_nothing(loop);
    kin_plat_pipe_close(child.slots[0].pipe);
    child.slots[0].pipe = NULL;
    ASSERT_TRUE(door_finish(loop, &child));
    close_loop(loop);
}

/* A child that never stops writing does not keep a wake waiting, nor the exit of another. */
TEST_C(Loop, BusyPipeStarvesNobody)
{
    static struct door_child other;
    static char room[65536];
    kin_plat_loop *loop = open_loop();
    struct kin_plat_event events[2];
    bool woken = false;
    int turns = 0;

    door_plan(&child, NULL, NULL);
    child.argv[0] = "yes";
    child.launch.file = "yes";
    ASSERT_INT_EQ(0, door_start(loop, &child));
    door_plan(&other, "exit", "0");
    other.slots[1].kind = KIN_PLAT_SLOT_NULL;
    ASSERT_INT_EQ(0, door_start(loop, &other));
    ASSERT_INT_EQ(0, kin_plat_pipe_read(child.slots[1].pipe, room, sizeof room));
    ASSERT_INT_EQ(0, kin_plat_wake(loop));
    while ((other.exits == 0 || !woken) && turns++ < 100000) {
        const int count = kin_plat_wait(loop, 1000, events, 2);

        for (int i = 0; i < count; i++) {
            woken = woken || (events[i].kind == KIN_PLAT_WAKE && events[i].owner == &account);
            other.exits += events[i].kind == KIN_PLAT_EXIT;
            if (events[i].kind == KIN_PLAT_READ)
                ASSERT_INT_EQ(0, kin_plat_pipe_read(child.slots[1].pipe, room, sizeof room));
        }
    }
    EXPECT_TRUE(woken);
    EXPECT_INT_EQ(1, other.exits);
    kin_plat_pipe_cancel(child.slots[1].pipe);
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_READ, &events[0]));
    EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, SIGKILL, false));
    kin_plat_process_close(other.process);
    child.slots[1].kind = KIN_PLAT_SLOT_NULL;
    door_close_pipes(&child);
    ASSERT_TRUE(door_finish(loop, &child));
    close_loop(loop);
}

/* -------------------------------------------------------------------------------------------------------------- wake --- */

TEST_C(Loop, ManyWakesAreOne)
{
    kin_plat_loop *loop = open_loop();
    struct kin_plat_event event;

    EXPECT_FALSE(is_readable(loop));
    for (int i = 0; i < 5; i++)
        EXPECT_INT_EQ(0, kin_plat_wake(loop));
    EXPECT_TRUE(is_readable(loop));
    EXPECT_INT_EQ(1, kin_plat_wait(loop, 1000, &event, 1));
    EXPECT_INT_EQ(KIN_PLAT_WAKE, event.kind);
    expect_nothing(loop);
    EXPECT_FALSE(is_readable(loop));
    EXPECT_INT_EQ(0, kin_plat_wake(loop));
    EXPECT_INT_EQ(1, kin_plat_wait(loop, -1, &event, 1));
    close_loop(loop);
}

static void *wake_often(void *loop)
{
    for (int i = 0; i < 20000; i++)
        (void)kin_plat_wake(loop);
    return NULL;
}

TEST_C(Loop, WakesFromThreadsAreNotLost)
{
    kin_plat_loop *loop = open_loop();
    struct kin_plat_event event;
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        ASSERT_INT_EQ(0, pthread_create(&threads[i], NULL, wake_often, loop));
    for (int i = 0; i < 100; i++)
        (void)kin_plat_wait(loop, 1, &event, 1);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    while (kin_plat_wait(loop, 0, &event, 1) == 1)
        continue;
    EXPECT_INT_EQ(0, kin_plat_wake(loop));
    EXPECT_INT_EQ(1, kin_plat_wait(loop, 1000, &event, 1));
    close_loop(loop);
}

/* ------------------------------------------------------------------------------------------------------------- files --- */

static kin_plat_pipe *open_file(kin_plat_loop *loop, const char *path, kin_file_mode mode, int expected)
{
    struct kin_plat_failure failure;
    kin_plat_pipe *pipe = NULL;

    EXPECT_INT_EQ(expected, kin_plat_file_open(loop, path, mode, &pipe, &pipe, &failure));
    if (expected != 0)
        EXPECT_STR_EQ(path, failure.subject);
    return pipe;
}

TEST_C(File, WrittenAppendedRead)
{
    char path[] = "/tmp/kin_posix_XXXXXX";
    char room[16];
    kin_plat_loop *loop = open_loop();
    struct kin_plat_event event;
    kin_plat_pipe *pipe;

    close(mkstemp(path));
    for (int mode = KIN_FILE_TRUNCATE; mode <= KIN_FILE_APPEND; mode++) {
        pipe = open_file(loop, path, (kin_file_mode)mode, 0);
        ASSERT_INT_EQ(0, kin_plat_pipe_write(pipe, "abc", 3));
        ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_WRITE, &event));
        EXPECT_SIZE_EQ(3, event.size);
        kin_plat_pipe_close(pipe);
    }
    pipe = open_file(loop, path, KIN_FILE_READ, 0);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pipe, room, sizeof room));
    EXPECT_TRUE(kin_plat_loop_ready(loop));
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_READ, &event));
    EXPECT_SIZE_EQ(6, event.size);
    EXPECT_MEM_EQ("abcabc", room, 6);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pipe, room, sizeof room));
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_READ, &event));
    EXPECT_SIZE_EQ(0, event.size);
    kin_plat_pipe_close(pipe);
    unlink(path);
    close_loop(loop);
}

TEST_C(File, Refused)
{
    kin_plat_loop *loop = open_loop();

    open_file(loop, "/no/such/file", KIN_FILE_READ, KIN_ENOENT);
    open_file(loop, "/tmp", KIN_FILE_READ, KIN_EISDIR);
    open_file(loop, "/tmp", KIN_FILE_TRUNCATE, KIN_EISDIR);
    open_file(loop, "/dev/null/x", KIN_FILE_READ, KIN_ENOTDIR);
    close_loop(loop);
}

/* epoll refuses the null device, the full one and the one of zeros. */
TEST_C(File, DevicesWithoutReadiness)
{
    kin_plat_loop *loop = open_loop();
    struct kin_plat_event event;
    char room[16];
    kin_plat_pipe *pipe = open_file(loop, "/dev/zero", KIN_FILE_READ, 0);

    ASSERT_INT_EQ(0, kin_plat_pipe_read(pipe, room, sizeof room));
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_READ, &event));
    EXPECT_SIZE_EQ(sizeof room, event.size);
    kin_plat_pipe_close(pipe);
    pipe = open_file(loop, "/dev/full", KIN_FILE_APPEND, 0);
    ASSERT_INT_EQ(0, kin_plat_pipe_write(pipe, room, sizeof room));
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_WRITE, &event));
    EXPECT_INT_EQ(KIN_ENOSPC, event.code);
    kin_plat_pipe_close(pipe);
    close_loop(loop);
}

TEST_C(File, FifoDoesNotBlockTheLoop)
{
    char directory[] = "/tmp/kin_posix_XXXXXX";
    char path[64];
    char room[16];
    kin_plat_loop *loop = open_loop();
    struct kin_plat_event event;
    kin_plat_pipe *pipe;
    int writer;

    ASSERT_NOT_NULL(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/fifo", directory);
    ASSERT_INT_EQ(0, mkfifo(path, 0600));
    open_file(loop, path, KIN_FILE_APPEND, KIN_ENXIO);
    pipe = open_file(loop, path, KIN_FILE_READ, 0);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pipe, room, sizeof room));
    expect_nothing(loop);
    writer = open(path, O_WRONLY | O_CLOEXEC);
    ASSERT_INT_EQ(2, write(writer, "hi", 2));
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_READ, &event));
    EXPECT_SIZE_EQ(2, event.size);
    close(writer);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(pipe, room, sizeof room));
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_READ, &event));
    EXPECT_SIZE_EQ(0, event.size);
    kin_plat_pipe_close(pipe);
    unlink(path);
    rmdir(directory);
    close_loop(loop);
}

/* ---------------------------------------------------------------------------------------------------------- variables --- */

TEST_C(Environment, NamesAreComparedByteForByte)
{
    EXPECT_INT_LT(kin_plat_variable_compare("A", 1, "a", 1), 0);
    EXPECT_INT_LT(kin_plat_variable_compare("A", 1, "AB", 2), 0);
    EXPECT_INT_GT(kin_plat_variable_compare("AB", 2, "A", 1), 0);
    EXPECT_INT_EQ(0, kin_plat_variable_compare("AB=", 2, "ABX", 2));
    EXPECT_INT_EQ(0, kin_plat_variable_compare("", 0, "", 0));
}

TEST_C(Shell, CommandThatBeginsWithADash)
{
    struct kin_plat_shell shell;

    ASSERT_INT_EQ(0, kin_plat_shell_open("-x", &shell));
    EXPECT_STR_EQ("/bin/sh", shell.file);
    EXPECT_STR_EQ("--", shell.argv[2]);
    EXPECT_STR_EQ("-x", shell.argv[3]);
    EXPECT_NULL(shell.argv[4]);
    kin_plat_shell_close(&shell);
}
