/* SPDX-License-Identifier: MIT */
/* Every exit is told, and told once: whatever the host does with its children, whatever a sandbox refuses, whenever they die. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <shim.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../src/posix/policy.h"
#include "../../src/posix/sanitizer.h"
#include "door.h"
#include "seccomp.h"

static struct door_child child;

/* --------------------------------------------------------------------------------------------------------- kinds of hosts --- */

enum host { IGNORES, NO_WAIT, THREAD, HANDLER };

struct host_case {
    const char *name;
    enum host host;
    unsigned needed; /* what the way to start them may not do without as well: glibc makes no threads if clone3() says EPERM */
    struct refusal refusal;
};

#define EVERYTHING                                                                \
    {                                                                             \
        CLONE3, PIDFD_OPEN, SEND_SIGNAL, CLOSE_RANGE, WAIT_BY_PIDFD, DEATH_SIGNAL \
    }

static const struct host_case host_cases[] = {
    { "ignores", IGNORES, 0, { .error = 0 } },
    { "ignores_clone3_eperm", IGNORES, KIN_POSIX_DENY_PIDFD, { "", EPERM, { CLONE3 } } },
    { "ignores_pidfd_enosys", IGNORES, 0, { "", ENOSYS, { PIDFD_OPEN, SEND_SIGNAL, WAIT_BY_PIDFD } } },
    { "ignores_all_eperm", IGNORES, ~0u, { "", EPERM, EVERYTHING } },
    { "ignores_all_enosys", IGNORES, 0, { "", ENOSYS, EVERYTHING } },
    { "no_wait", NO_WAIT, 0, { .error = 0 } },
    { "no_wait_clone3_eperm", NO_WAIT, KIN_POSIX_DENY_PIDFD, { "", EPERM, { CLONE3 } } },
    { "no_wait_pidfd_enosys", NO_WAIT, 0, { "", ENOSYS, { PIDFD_OPEN, SEND_SIGNAL, WAIT_BY_PIDFD } } },
    { "no_wait_all_eperm", NO_WAIT, ~0u, { "", EPERM, EVERYTHING } },
    { "no_wait_all_enosys", NO_WAIT, 0, { "", ENOSYS, EVERYTHING } },
    { "thread", THREAD, 0, { .error = 0 } },
    { "thread_clone3_eperm", THREAD, KIN_POSIX_DENY_PIDFD, { "", EPERM, { CLONE3 } } },
    { "thread_pidfd_enosys", THREAD, 0, { "", ENOSYS, { PIDFD_OPEN, SEND_SIGNAL, WAIT_BY_PIDFD } } },
    { "thread_all_eperm", THREAD, ~0u, { "", EPERM, EVERYTHING } },
    { "thread_all_enosys", THREAD, 0, { "", ENOSYS, EVERYTHING } },
    { "handler", HANDLER, 0, { .error = 0 } },
    { "handler_clone3_eperm", HANDLER, KIN_POSIX_DENY_PIDFD, { "", EPERM, { CLONE3 } } },
    { "handler_pidfd_enosys", HANDLER, 0, { "", ENOSYS, { PIDFD_OPEN, SEND_SIGNAL, WAIT_BY_PIDFD } } },
    { "handler_all_eperm", HANDLER, ~0u, { "", EPERM, EVERYTHING } },
    { "handler_all_enosys", HANDLER, 0, { "", ENOSYS, EVERYTHING } },
};

static atomic_bool stop;

static void *reap_anything(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop)) {
        if (waitpid(-1, NULL, WNOHANG) <= 0)
            (void)nanosleep(&(struct timespec){ 0, 50000 }, NULL);
    }
    return NULL;
}

static void reap_in_handler(int number)
{
    const int saved = errno;

    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
    errno = saved;
}

static bool become(enum host host)
{
    struct sigaction action;
    pthread_t thread;

    memset(&action, 0, sizeof action);
    action.sa_handler = host == IGNORES ? SIG_IGN : host == HANDLER ? reap_in_handler : SIG_DFL;
    action.sa_flags = host == NO_WAIT ? SA_NOCLDWAIT : 0;
    if (host == THREAD)
        return pthread_create(&thread, NULL, reap_anything, NULL) == 0;
    return sigaction(SIGCHLD, &action, NULL) == 0;
}

/* ------------------------------------------------------------------------------------------------------------- all of them --- */

/* The true status, or that it was lost. */
static bool is_told(const kin_status *status, int signal)
{
    if (status->kind == KIN_EXIT_LOST)
        return true;
    if (signal != 0)
        return status->kind == KIN_EXIT_SIGNAL && status->signal == signal;
    return status->kind == KIN_EXIT_CODE && status->code == 42;
}

static void plan(const char *verb, const char *argument, int variant)
{
    door_plan(&child, verb, argument);
    child.launch.tree = variant % 2 == 1;
    child.launch.die_with_parent = variant >= 2;
}

static int run_variant(kin_plat_loop *loop, int variant)
{
    plan("exit", "42", variant);
    if (door_start(loop, &child) != 0)
        return 20;
    if (!door_finish(loop, &child) || child.exits != 1 || !is_told(&child.status, 0))
        return 21;
    plan("read-nothing", NULL, variant);
    if (door_start(loop, &child) != 0)
        return 22;
    if (kin_plat_process_signal(child.process, SIGKILL, variant % 2 == 1) != 0)
        return 23;
    if (!door_finish(loop, &child) || child.exits != 1 || !is_told(&child.status, SIGKILL))
        return 24;
    plan(NULL, NULL, variant);
    child.launch.file = "/no/such/program";
    if (door_start(loop, &child) != KIN_ENOENT || child.failure.stage != KIN_STAGE_EXEC)
        return 25;
    plan("wait", NULL, variant);
    child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    if (door_start(loop, &child) != 0)
        return 26;
    kin_plat_process_close(child.process); /* it runs on, and is reaped by whoever comes first */
    door_close_pipes(&child);
    return 0;
}

static int run_paths(unsigned needed)
{
    for (size_t i = 0; i < POLICY_PATH_COUNT; i++) {
        kin_plat_loop *loop = NULL;
        int code = 0;

        if ((policy_paths[i].denied & needed) != 0)
            continue;
        policy_take(&policy_paths[i]);
        if (kin_plat_loop_open(NULL, &loop) != 0)
            return 10;
        for (int variant = 0; variant < 4 && code == 0; variant++)
            code = run_variant(loop, variant);
        if (code != 0)
            return 100 + (int)i * 10 + code - 20;
        kin_plat_loop_close(loop);
    }
    return 0;
}

/* Nothing is left: no child, and no descriptor and thread beyond what the host has. */
static int run_host(const void *argument)
{
    const struct host_case *wanted = argument;
    struct door_account before;
    int code;

    if (!become(wanted->host))
        return 98;
    if (wanted->refusal.error != 0 && !seccomp_refuse(&wanted->refusal))
        return 99;
    before = door_take_account();
    code = run_paths(wanted->needed);
    if (code == 0)
        code = door_check_account(&before);
    atomic_store(&stop, true);
    return code;
}

TEST_CP(Exits, R02_R03_R04_AreToldInAnyHost, host_cases)
{
    int result;

    if (KIN_POSIX_THREAD_SANITIZER && (row->host == THREAD || strstr(row->name, "eperm") != NULL))
        SKIP_C("this sanitizer does not like threads in a copy of a process that had some");
    result = door_in_copy(run_host, row);
    if (result == 99)
        SKIP_C("no seccomp filters here");
    EXPECT_INT_EQ(0, result);
}

/* ---------------------------------------------------------------------------------------------------- killed at any moment --- */

struct kill_case {
    const char *name;
    const struct policy_path *path;
    int count;
};

static const struct kill_case kill_cases[] = {
    { "auto", &policy_paths[0], 1000 },    { "shared_table", &policy_paths[3], 200 }, { "fork", &policy_paths[4], 200 },
    { "no_pidfd", &policy_paths[7], 200 }, { "bare", &policy_paths[10], 100 },
};

static int count_of(const struct kill_case *wanted)
{
    const char *part = getenv("KIN_TEST_PART");

    return part != NULL && strcmp(part, "valgrind") == 0 ? wanted->count / 10 : wanted->count;
}

/* The same numbers in every run. */
static unsigned next_random(unsigned *state)
{
    *state = *state * 1103515245u + 12345u;
    return *state >> 16;
}

static void spin(unsigned microseconds)
{
    const uint64_t end_ns = kin_plat_now_ns() + (uint64_t)microseconds * 1000;

    while (kin_plat_now_ns() < end_ns)
        continue;
}

/* By a pidfd that was opened while it was our child, so that no stranger is hit. */
static void kill_child(pid_t id)
{
    const int pidfd = (int)syscall(CALL_PIDFD_OPEN, id, 0);
    siginfo_t info;

    if (pidfd < 0)
        return;
    if (waitid(P_PID, (id_t)id, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0)
        (void)syscall(CALL_SEND_SIGNAL, pidfd, SIGKILL, NULL, 0);
    close(pidfd);
}

static void kill_children_of(const char *thread, unsigned *random)
{
    char path[64];
    FILE *file;
    long id;

    (void)snprintf(path, sizeof path, "/proc/self/task/%.20s/children", thread);
    file = fopen(path, "re");
    if (file == NULL)
        return;
    while (fscanf(file, "%ld", &id) == 1) {
        spin(next_random(random) % 300);
        kill_child((pid_t)id);
    }
    (void)fclose(file);
}

/* Finds children as soon as they are born, before they execute anything. */
static void *kill_what_is_born(void *unused)
{
    unsigned random = 7;

    (void)unused;
    while (!atomic_load(&stop)) {
        DIR *directory = opendir("/proc/self/task");

        for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
            if (entry->d_name[0] != '.')
                kill_children_of(entry->d_name, &random);
        }
        closedir(directory);
    }
    return NULL;
}

static int kill_one(kin_plat_loop *loop, unsigned *random, int variant)
{
    struct kin_plat_event event;

    plan(next_random(random) % 2 == 0 ? "exit" : "read-nothing", "42", variant);
    child.slots[1].kind = KIN_PLAT_SLOT_NULL;
    if (door_start(loop, &child) != 0)
        return 30;
    spin(next_random(random) % 1500);
    if (kin_plat_process_signal(child.process, SIGKILL, variant % 2 == 1) < 0)
        return 31;
    while (child.exits == 0) {
        if (!door_expect(loop, &child, KIN_PLAT_EXIT, &event))
            return 32;
    }
    if (!is_told(&child.status, 0) && !is_told(&child.status, SIGKILL))
        return 33;
    kin_plat_process_close(child.process);
    return kin_plat_wait(loop, 0, &event, 1) == 0 ? 0 : 34; /* not a second time */
}

/* Half of them also by somebody who does not wait until they execute. */
static int kill_many(const void *argument)
{
    const struct kill_case *wanted = argument;
    const int count = count_of(wanted);
    struct door_account before;
    kin_plat_loop *loop = NULL;
    unsigned random = 1;
    pthread_t killer;
    int code = 0;

    policy_take(wanted->path);
    before = door_take_account();
    if (kin_plat_loop_open(NULL, &loop) != 0)
        return 10;
    for (int i = 0; i < count && code == 0; i++) {
        if (i == count / 2 && pthread_create(&killer, NULL, kill_what_is_born, NULL) != 0)
            return 11;
        code = kill_one(loop, &random, i % 8 < 6 ? i % 2 : 2 + i % 2);
    }
    atomic_store(&stop, true);
    if (code == 0)
        (void)pthread_join(killer, NULL);
    kin_plat_loop_close(loop);
    return code != 0 ? code : door_check_account(&before);
}

TEST_CP(Exits, AreToldOnceWheneverItIsKilled, kill_cases)
{
    if (KIN_POSIX_THREAD_SANITIZER)
        SKIP_C("this sanitizer does not like threads in a copy of a process that had some");
    EXPECT_INT_EQ(0, door_in_copy(kill_many, row));
}
