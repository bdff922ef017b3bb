/* SPDX-License-Identifier: MIT */
/* The host does what it likes with its signals and its children; the backend bears it, and leaves no trace there. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <shim.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../src/posix/sanitizer.h"
#include "../support/host.h"
#include "door.h"

static struct door_child child;

/* ------------------------------------------------------------------------------------------------------------- signals --- */

static void do_nothing(int number)
{
    (void)number;
}

/* Every signal is blocked and either ignored or handled in the host; the child finds nothing of it. */
static int run_with_signals(const void *argument)
{
    struct sigaction action;
    kin_plat_loop *loop = NULL;
    sigset_t all;

    policy_take(argument);
    memset(&action, 0, sizeof action);
    for (int number = 1; number < NSIG; number++) {
        action.sa_handler = number % 2 == 0 ? SIG_IGN : do_nothing;
        if (number != SIGCHLD && number != SIGALRM)
            (void)sigaction(number, &action, NULL);
    }
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL);
    if (kin_plat_loop_open(NULL, &loop) != 0)
        return 10;
    for (int round = 0; round < 2; round++) {
        if (door_run(loop, &child, "signals", NULL) != 0)
            return 11;
        if (strcmp(child.text, "default") != 0)
            return 12;
    }
    (void)pthread_sigmask(SIG_SETMASK, NULL, &all);
    if (sigismember(&all, SIGTERM) != 1 || sigismember(&all, SIGRTMAX) != 1)
        return 13;
    kin_plat_loop_close(loop);
    return 0;
}

TEST_CP(Host, S06_S07_SignalsAreDefaultInTheChild, policy_paths)
{
    EXPECT_INT_EQ(0, door_in_copy(run_with_signals, row));
}

/* A signal for the group while children are launched: no handler may run in them, and the parent's runs as usual. */
static volatile sig_atomic_t handled;
static volatile sig_atomic_t handled_elsewhere;
static pid_t host_id;

static void count_signal(int number)
{
    (void)number;
    if (getpid() == host_id)
        handled++;
    else
        handled_elsewhere++;
}

static int run_in_storm(const void *argument)
{
    const struct timespec often = { 0, 50000 };
    const struct sigevent tell = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
    const struct itimerspec storm = { often, often };
    struct sigaction action = { .sa_handler = count_signal }; /* no SA_RESTART: everything is interrupted */
    kin_plat_loop *loop = NULL;
    timer_t timer;

    policy_take(argument);
    host_id = getpid();
    (void)sigaction(SIGUSR1, &action, NULL);
    if (timer_create(CLOCK_MONOTONIC, (struct sigevent *)&tell, &timer) != 0)
        return 10;
    (void)timer_settime(timer, 0, &storm, NULL);
    if (kin_plat_loop_open(NULL, &loop) != 0)
        return 11;
    for (int round = 0; round < (host_is_slow() ? 10 : 50); round++) {
        if (door_run(loop, &child, "exit", "3") != 0 || child.status.code != 3)
            return 12;
    }
    (void)timer_delete(timer);
    kin_plat_loop_close(loop);
    return handled > 0 && handled_elsewhere == 0 ? 0 : 13;
}

TEST_CP(Host, S05_R07_SignalsInterruptEverything, policy_paths)
{
    EXPECT_INT_EQ(0, door_in_copy(run_in_storm, row));
}

/* ------------------------------------------------------------------------------------------------------- lost statuses --- */

static bool is_told(const kin_status *status, uint32_t code)
{
    if (status->kind == KIN_EXIT_LOST)
        return true;
    return status->kind == KIN_EXIT_CODE && status->code == code;
}

/* Reaped at once by the system: the status is the true one or "lost", and the exit is told in any case. */
static int run_with_auto_reap(const void *argument)
{
    kin_plat_loop *loop = NULL;

    policy_take(argument);
    (void)signal(SIGCHLD, SIG_IGN);
    if (kin_plat_loop_open(NULL, &loop) != 0)
        return 10;
    for (int round = 0; round < 3; round++) {
        if (door_run(loop, &child, "exit", "42") != 0)
            return 11;
        if (!is_told(&child.status, 42))
            return 12;
        door_plan(&child, NULL, NULL);
        child.launch.file = "/no/such/program";
        if (door_start(loop, &child) != KIN_ENOENT)
            return 13;
        door_plan(&child, "exit", "9");
        child.launch.tree = true;
        if (door_start(loop, &child) != 0 || !door_finish(loop, &child) || !is_told(&child.status, 9))
            return 14;
    }
    kin_plat_loop_close(loop);
    return 0;
}

TEST_CP(Host, R02_SigchldIgnored, policy_paths)
{
    EXPECT_INT_EQ(0, door_in_copy(run_with_auto_reap, row));
}

static void *reap_anything(void *stop)
{
    while (!atomic_load((atomic_bool *)stop)) {
        if (waitpid(-1, NULL, WNOHANG) <= 0)
            (void)nanosleep(&(struct timespec){ 0, 100000 }, NULL);
    }
    return NULL;
}

static int run_with_thief(const void *argument)
{
    static atomic_bool stop;
    kin_plat_loop *loop = NULL;
    pthread_t thief;

    policy_take(argument);
    if (kin_plat_loop_open(NULL, &loop) != 0 || pthread_create(&thief, NULL, reap_anything, &stop) != 0)
        return 10;
    for (int round = 0; round < (host_is_slow() ? 5 : 20); round++) {
        if (door_run(loop, &child, "exit", "42") != 0)
            return 11;
        if (!is_told(&child.status, 42))
            return 12;
        door_plan(&child, NULL, NULL);
        child.launch.file = "/no/such/program";
        if (door_start(loop, &child) != KIN_ENOENT)
            return 13;
    }
    atomic_store(&stop, true);
    (void)pthread_join(thief, NULL);
    kin_plat_loop_close(loop);
    return 0;
}

TEST_CP(Host, R03_HostWaitsForAnyChild, policy_paths)
{
    if (KIN_POSIX_THREAD_SANITIZER)
        SKIP_C("this sanitizer does not like threads in a copy of a process that had some");
    EXPECT_INT_EQ(0, door_in_copy(run_with_thief, row));
}

TEST_C(Host, S04_FailedLaunchIsNoNewsForTheHost)
{
    struct sigaction before;
    struct sigaction action = { .sa_handler = count_signal };
    kin_plat_loop *loop = NULL;

    if (KIN_POSIX_THREAD_SANITIZER)
        SKIP_C("fork() of the C library is used, and its children have SIGCHLD from the start");
    handled = 0;
    host_id = getpid();
    (void)sigaction(SIGCHLD, &action, &before);
    ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
    for (int round = 0; round < 2; round++) {
        door_plan(&child, NULL, NULL);
        child.launch.file = "/no/such/program";
        EXPECT_INT_EQ(KIN_ENOENT, door_start(loop, &child));
    }
    kin_plat_loop_close(loop);
    (void)sigaction(SIGCHLD, &before, NULL);
    EXPECT_INT_EQ(0, handled);
}

/* ------------------------------------------------------------------------------------------------------------- copies --- */

static int use_foreign_loop(const void *argument)
{
    kin_plat_loop *loop = *(kin_plat_loop *const *)argument;
    struct door_child other;

    door_plan(&other, "exit", "0");
    if (door_start(loop, &other) != KIN_ECHILD)
        return 10;
    if (kin_plat_process_signal(child.process, SIGKILL, false) != KIN_ECHILD)
        return 11;
    door_close_pipes(&child); /* must not deafen the parent */
    kin_plat_process_close(child.process);
    kin_plat_loop_close(loop);
    return 0;
}

TEST_CP(Host, R22_CopyOfTheProcess, policy_paths)
{
    kin_plat_loop *loop = NULL;

    policy_take(row);
    ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
    door_plan(&child, "cat", NULL);
    child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    ASSERT_INT_EQ(0, door_start(loop, &child));
    EXPECT_INT_EQ(0, door_in_copy(use_foreign_loop, &loop));
    ASSERT_INT_EQ(0, kin_plat_pipe_write(child.slots[0].pipe, "still heard", 11));
    {
        struct kin_plat_event event;

        ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_WRITE, &event));
    }
    kin_plat_pipe_close(child.slots[0].pipe);
    child.slots[0].pipe = NULL;
    ASSERT_TRUE(door_finish(loop, &child));
    EXPECT_STR_EQ("still heard", child.text);
    kin_plat_loop_close(loop);
    policy_take(NULL);
}

/* The poll is one for both: what it reports to the copy, it does not report to the original. */
static int wait_in_copy(const void *argument)
{
    kin_plat_loop *loop = *(kin_plat_loop *const *)argument;
    struct kin_plat_event event;

    kin_plat_pipe_cancel(child.slots[1].pipe);
    if (kin_plat_wait(loop, 1000, &event, 1) != 1 || event.code != KIN_ECANCELED)
        return 10;
    return kin_plat_wait(loop, 1000, &event, 1) == KIN_ECHILD ? 0 : 11;
}

TEST_C(Host, R22_CopyDoesNotTakeTheEventsOfTheOriginal)
{
    kin_plat_loop *loop = NULL;
    struct kin_plat_event event;
    char heard[8];

    ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
    door_plan(&child, "cat", NULL);
    child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    ASSERT_INT_EQ(0, door_start(loop, &child));
    ASSERT_INT_EQ(0, kin_plat_pipe_read(child.slots[1].pipe, heard, sizeof heard));
    ASSERT_INT_EQ(0, kin_plat_pipe_write(child.slots[0].pipe, "echo", 4));
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_WRITE, &event));
    ASSERT_INT_EQ(1, poll(&(struct pollfd){ .fd = kin_plat_loop_handle(loop), .events = POLLIN }, 1, 30000)); /* it is back */
    EXPECT_INT_EQ(0, door_in_copy(wait_in_copy, &loop));
    EXPECT_TRUE(door_expect(loop, &child, KIN_PLAT_READ, &event));
    EXPECT_UINT_EQ(4, event.size);
    kin_plat_pipe_close(child.slots[0].pipe);
    child.slots[0].pipe = NULL;
    ASSERT_TRUE(door_finish(loop, &child));
    kin_plat_loop_close(loop);
}

/* It has an event to give that nobody has taken yet. */
static int close_with_event(const void *argument)
{
    kin_plat_loop *loop = *(kin_plat_loop *const *)argument;
    struct kin_plat_event event;

    kin_plat_process_close(child.process);
    if (kin_plat_wait(loop, 1000, &event, 1) != 1 || event.kind != KIN_PLAT_READ)
        return 10;
    door_close_pipes(&child);
    kin_plat_loop_close(loop);
    return 0;
}

/* Its output ends before it does, so that is what the poll tells first. */
TEST_C(Host, R22_CopyClosesAProcessThatHasEnded)
{
    kin_plat_loop *loop = NULL;
    struct kin_plat_event event;
    siginfo_t ended;
    char nothing[8];

    ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
    door_plan(&child, "cat", NULL);
    child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    ASSERT_INT_EQ(0, door_start(loop, &child));
    ASSERT_INT_EQ(0, kin_plat_pipe_read(child.slots[1].pipe, nothing, sizeof nothing));
    ASSERT_INT_EQ(0, kin_plat_wait(loop, 0, &event, 1));
    kin_plat_pipe_close(child.slots[0].pipe);
    child.slots[0].pipe = NULL;
    ASSERT_INT_EQ(0, waitid(P_PID, (id_t)kin_plat_process_id(child.process), &ended, WEXITED | WNOWAIT));
    ASSERT_INT_EQ(1, kin_plat_wait(loop, 1000, &event, 1)); /* there are two, and room for one */
    ASSERT_INT_EQ(KIN_PLAT_READ, event.kind);
    ASSERT_INT_EQ(0, kin_plat_pipe_read(child.slots[1].pipe, nothing, sizeof nothing));
    EXPECT_INT_EQ(0, door_in_copy(close_with_event, &loop));
    ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_READ, &event));
    door_close_pipes(&child);
    kin_plat_process_close(child.process);
    kin_plat_loop_close(loop);
}

/* ---------------------------------------------------------------------------------------------------------- letting go --- */

static bool is_gone(pid_t id)
{
    for (int tries = 0; tries < 2000; tries++) {
        if (kill(id, 0) != 0 && errno == ESRCH)
            return true;
        (void)nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
    }
    return false;
}

TEST_CP(Host, R20_ClosedWhileItRunsLeavesNoZombie, policy_paths)
{
    struct door_account account;
    kin_plat_loop *loop = NULL;
    pid_t id;

    policy_take(row);
    account = door_take_account();
    ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
    door_plan(&child, "wait", NULL);
    child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    ASSERT_INT_EQ(0, door_start(loop, &child));
    id = (pid_t)kin_plat_process_id(child.process);
    kin_plat_process_close(child.process);
    EXPECT_INT_EQ(0, kill(id, 0));
    door_close_pipes(&child); /* it ends now */
    kin_plat_loop_close(loop);
    EXPECT_TRUE(is_gone(id));
    policy_take(NULL);
    EXPECT_INT_EQ(0, door_check_account(&account));
}

TEST_CP(Host, R08_R09_SignalsAfterTheEnd, policy_paths)
{
    kin_plat_loop *loop = NULL;
    struct kin_plat_event event;

    policy_take(row);
    ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
    for (int tree = 0; tree < 2; tree++) {
        door_plan(&child, "exit", "0");
        child.slots[1].kind = KIN_PLAT_SLOT_NULL;
        child.launch.tree = tree != 0;
        ASSERT_INT_EQ(0, door_start(loop, &child));
        EXPECT_INT_EQ(KIN_EINVAL, kin_plat_process_signal(child.process, -1, false));
        if (!tree)
            EXPECT_INT_EQ(KIN_EINVAL, kin_plat_process_signal(child.process, 0, true));
        ASSERT_TRUE(door_expect(loop, &child, KIN_PLAT_EXIT, &event));
        EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_plat_process_signal(child.process, SIGKILL, false));
        EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_plat_process_ask(child.process, false));
        if (tree)
            EXPECT_INT_EQ(KIN_ALREADY_ENDED, kin_plat_process_signal(child.process, SIGKILL, true));
        kin_plat_process_close(child.process);
    }
    kin_plat_loop_close(loop);
    policy_take(NULL);
}

TEST_CP(Host, R14_AskingReachesAStoppedProcess, policy_paths)
{
    kin_plat_loop *loop = NULL;

    policy_take(row);
    ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
    door_plan(&child, "read-nothing", NULL);
    ASSERT_INT_EQ(0, door_start(loop, &child));
    EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, SIGSTOP, false));
    EXPECT_INT_EQ(0, kin_plat_process_ask(child.process, false));
    ASSERT_TRUE(door_finish(loop, &child));
    EXPECT_INT_EQ(SIGTERM, child.status.signal);
    kin_plat_loop_close(loop);
    policy_take(NULL);
}

/* ------------------------------------------------------------------------------------------------------ other threads --- */

struct forks {
    atomic_bool stop;
    int ends[2]; /* the copies wait for the end of this pipe, which is that of the process that made them */
};

static void *fork_all_the_time(void *user)
{
    struct forks *forks = user;

    while (!atomic_load(&forks->stop)) {
        const pid_t id = fork();

        if (id == 0) { /* holds what it has got, and never calls exec */
            char end;

            (void)close(forks->ends[1]);
            (void)!read(forks->ends[0], &end, 1);
            (void)kill(getpid(), SIGKILL); /* below valgrind, _exit() looks for leaks first */
        }
        (void)nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
    }
    return NULL;
}

/* A start that waits for one of the copies waits for ever. */
static int run_beside_forks(const void *argument)
{
    static struct forks forks;
    kin_plat_loop *loop = NULL;
    pthread_t thread;

    policy_take(argument);
    if (pipe(forks.ends) != 0 || kin_plat_loop_open(NULL, &loop) != 0)
        return 10;
    if (pthread_create(&thread, NULL, fork_all_the_time, &forks) != 0)
        return 11;
    for (int round = 0; round < (host_is_slow() ? 5 : 30); round++) {
        door_plan(&child, "exit", "3");
        child.slots[1].kind = KIN_PLAT_SLOT_NULL;
        if (door_start(loop, &child) != 0)
            return 12;
        if (!door_finish(loop, &child))
            return 13;
    }
    atomic_store(&forks.stop, true);
    (void)pthread_join(thread, NULL);
    kin_plat_loop_close(loop);
    return 0;
}

TEST_CP(Host, S03_ForeignForksDoNotHoldAStartUp, policy_paths)
{
    if (KIN_POSIX_THREAD_SANITIZER)
        SKIP_C("this sanitizer does not like threads in a copy of a process that had some");
    EXPECT_INT_EQ(0, door_in_copy(run_beside_forks, row));
}
