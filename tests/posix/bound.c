/* SPDX-License-Identifier: MIT */
/* A child that would die with its parent, while that lives: what binds it is not seen, and leaves nothing behind. */
#include <dirent.h>
#include <pthread.h>
#include <shim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../src/posix/child.h"
#include "../../src/posix/policy.h"
#include "../../src/posix/sanitizer.h"
#include "../support/host.h"
#include "door.h"

static struct door_child child;
static struct door_child other;
static struct door_account account;

struct plan {
    const struct policy_path *path;
    bool by_watcher;
    bool tree;
};

/* The way to start it; and whether the system's signal is to be had, or a watcher does it alone. */
static void take(const struct policy_path *path, bool by_watcher)
{
    policy_take_and_deny(path, by_watcher ? KIN_POSIX_DENY_DEATH_SIGNAL : 0);
}

static pid_t id_of(const struct door_child *started)
{
    return (pid_t)kin_plat_process_id(started->process);
}

/* -------------------------------------------------------------------------------------------------- the thread is not it --- */

struct starter {
    kin_plat_loop *loop;
    long thread;
    int code;
};

static void *start_and_end(void *argument)
{
    struct starter *starter = argument;

    starter->thread = syscall(SYS_gettid);
    starter->code = door_start(starter->loop, &child);
    return NULL;
}

/* Joined is not gone: the kernel tells the children a moment later. */
static bool is_gone(long thread)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/self/task/%ld", thread);
    for (int tries = 0; tries < 2000; tries++) {
        if (access(path, F_OK) != 0)
            return true;
        (void)nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
    }
    return false;
}

TEST_CP(Bound, R23_NotWithTheThreadThatStartedIt, policy_paths)
{
    struct starter starter = { 0 };
    struct kin_plat_event event;
    pthread_t thread;

    take(row, false);
    account = door_take_account();
    ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &starter.loop));
    for (int i = 0; i < 2; i++) {
        door_plan(&child, "cat", NULL);
        child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
        child.launch.die_with_parent = true;
        ASSERT_INT_EQ(0, pthread_create(&thread, NULL, start_and_end, &starter));
        ASSERT_INT_EQ(0, pthread_join(thread, NULL));
        ASSERT_INT_EQ(0, starter.code);
        ASSERT_TRUE(is_gone(starter.thread));
        ASSERT_INT_EQ(0, kin_plat_pipe_write(child.slots[0].pipe, "alive\n", 6));
        ASSERT_TRUE(door_expect(starter.loop, &child, KIN_PLAT_WRITE, &event));
        ASSERT_TRUE(door_read_line(starter.loop, &child));
        EXPECT_STR_EQ("alive", child.text);
        EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, SIGTERM, false));
        EXPECT_TRUE(door_finish(starter.loop, &child));
        EXPECT_INT_EQ(SIGTERM, child.status.signal);
    }
    kin_plat_loop_close(starter.loop);
    policy_take(NULL);
    EXPECT_INT_EQ(0, door_check_account(&account));
}

/* ------------------------------------------------------------------------------------------------ while the parent lives --- */

/* Calls `each` for the children of this process, as /proc tells; returns their number. */
static int for_each_child(void (*each)(long id))
{
    DIR *directory = opendir("/proc");
    int count = 0;

    ASSERT_NOT_NULL(directory);
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        const long id = strtol(entry->d_name, NULL, 10);
        char text[512] = "";
        char path[64];
        const char *state;
        FILE *file;

        (void)snprintf(path, sizeof path, "/proc/%ld/stat", id);
        file = id > 0 ? fopen(path, "re") : NULL;
        if (file == NULL)
            continue;
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        (void)fclose(file);
        state = strrchr(text, ')');
        if (state != NULL && strtol(state + 3, NULL, 10) == getpid()) {
            each(id);
            count++;
        }
    }
    closedir(directory);
    return count;
}

/* All that is not the child is the watcher. */
static void look_at_watcher(long id)
{
    char path[64];
    DIR *directory;
    int open = -2;

    if (id == id_of(&child))
        return;
    EXPECT_INT_EQ(id, getsid((pid_t)id));
    EXPECT_INT_EQ(id, getpgid((pid_t)id));
    EXPECT_TRUE(strchr("RSD", door_state_of(id)) != NULL); /* not stopped */
    (void)snprintf(path, sizeof path, "/proc/%ld/fd", id);
    directory = opendir(path);
    ASSERT_NOT_NULL(directory);
    while (readdir(directory) != NULL)
        open++;
    closedir(directory);
    EXPECT_INT_GE(4, open); /* the three, and the shell may have moved one */
}

TEST_CP(Bound, WatcherIsNotInTheWay, policy_paths)
{
    for (int by_watcher = 0; by_watcher < 2; by_watcher++) {
        kin_plat_loop *loop = NULL;

        take(row, by_watcher != 0);
        account = door_take_account();
        ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
        for (int tree = 0; tree < 2; tree++) {
            door_plan(&child, "signals", NULL); /* the thread that starts it has all blocked */
            child.launch.tree = tree != 0;
            child.launch.die_with_parent = true;
            ASSERT_INT_EQ(0, door_start(loop, &child));
            EXPECT_TRUE(door_finish(loop, &child));
            EXPECT_STR_EQ("default", child.text);
            door_plan(&child, "read-nothing", NULL);
            child.launch.tree = tree != 0;
            child.launch.die_with_parent = true;
            ASSERT_INT_EQ(0, door_start(loop, &child));
            ASSERT_TRUE(door_read_line(loop, &child));
            EXPECT_INT_EQ(0, kin_plat_process_suspend(child.process, tree != 0));
            EXPECT_TRUE(door_expect_state(id_of(&child), 'T'));
            EXPECT_INT_EQ(by_watcher || tree ? 2 : 1, for_each_child(look_at_watcher));
            EXPECT_INT_EQ(0, kin_plat_process_signal(child.process, SIGKILL, tree != 0));
            EXPECT_TRUE(door_finish(loop, &child));
            EXPECT_INT_EQ(SIGKILL, child.status.signal);
        }
        kin_plat_loop_close(loop);
        policy_take(NULL);
        EXPECT_INT_EQ(0, door_check_account(&account));
    }
}

TEST_CP(Bound, ExitsAreToldAsEver, policy_paths)
{
    for (int variant = 0; variant < 4; variant++) {
        kin_plat_loop *loop = NULL;

        take(row, variant >= 2);
        account = door_take_account();
        ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
        for (int i = 0; i < 3; i++) {
            door_plan(&child, "exit", "42");
            child.launch.tree = variant % 2 == 1;
            child.launch.die_with_parent = true;
            ASSERT_INT_EQ(0, door_start(loop, &child));
            ASSERT_TRUE(door_finish(loop, &child));
            EXPECT_INT_EQ(KIN_EXIT_CODE, child.status.kind);
            EXPECT_INT_EQ(42, child.status.code);
            EXPECT_TRUE(child.status.usage.known);
            door_plan(&child, NULL, NULL);
            child.launch.file = "/no/such/program";
            child.launch.tree = variant % 2 == 1;
            child.launch.die_with_parent = true;
            EXPECT_INT_EQ(KIN_ENOENT, door_start(loop, &child));
            EXPECT_INT_EQ(KIN_STAGE_EXEC, child.failure.stage);
            EXPECT_STR_EQ("/no/such/program", child.failure.subject);
        }
        kin_plat_loop_close(loop);
        policy_take(NULL);
        EXPECT_INT_EQ(0, door_check_account(&account));
    }
}

TEST_CP(Bound, R20_ReleasedItLivesOn, policy_paths)
{
    for (int variant = 0; variant < 4; variant++) {
        kin_plat_loop *loop = NULL;
        pid_t id;

        take(row, variant >= 2);
        account = door_take_account();
        ASSERT_INT_EQ(0, kin_plat_loop_open(NULL, &loop));
        door_plan(&child, "wait", NULL);
        child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
        child.launch.tree = variant % 2 == 1;
        child.launch.die_with_parent = true;
        ASSERT_INT_EQ(0, door_start(loop, &child));
        ASSERT_TRUE(door_read_line(loop, &child));
        id = id_of(&child);
        kin_plat_process_close(child.process);
        EXPECT_TRUE(strchr("RSD", door_state_of(id)) != NULL);
        door_close_pipes(&child); /* it ends now */
        kin_plat_loop_close(loop);
        policy_take(NULL);
        EXPECT_INT_EQ(0, door_check_account(&account)); /* waits for the thread */
        EXPECT_INT_EQ('X', door_state_of(id));
    }
}

/* The host gives up its rights: it may not kill the watcher any more. And the C library has every thread do the same, those of
   the library too: it would wait for ever for one that blocks the signal for that (nptl(7)). */
static int run_and_change_user(const void *argument)
{
    const struct plan *plan = argument;
    struct door_account before;
    kin_plat_loop *loop = NULL;

    take(plan->path, plan->by_watcher);
    before = door_take_account();
    if (kin_plat_loop_open(NULL, &loop) != 0)
        return 10;
    door_plan(&other, "wait", NULL);
    other.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    if (door_start(loop, &other) != 0)
        return 11;
    kin_plat_process_close(other.process);
    door_plan(&child, "wait", NULL);
    child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    child.launch.tree = plan->tree;
    child.launch.die_with_parent = true;
    if (door_start(loop, &child) != 0)
        return 12;
    if (setuid(54321) != 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
        return 13;
    door_close_pipes(&other);
    kin_plat_pipe_close(child.slots[0].pipe);
    child.slots[0].pipe = NULL;
    if (!door_finish(loop, &child) || child.status.kind != KIN_EXIT_CODE)
        return 14;
    kin_plat_loop_close(loop);
    return door_check_account(&before);
}

TEST_CP(Bound, HostMayGiveUpItsRights, policy_paths)
{
    if (geteuid() != 0)
        SKIP_C("needs root");
    for (int variant = 0; variant < 4; variant++) {
        const struct plan plan = { row, variant >= 2, variant % 2 == 1 };

        EXPECT_INT_EQ(0, door_in_copy(run_and_change_user, &plan));
    }
}

/* -------------------------------------------------------------------------------------------------------- limits reached --- */

/* The type of the first argument is one that nobody can name: an enumeration in glibc, an int in musl. */
static void read_limit(int resource, struct rlimit *limit)
{
    (void)(resource == RLIMIT_NPROC ? getrlimit(RLIMIT_NPROC, limit) : getrlimit(RLIMIT_NOFILE, limit));
}

static void set_limit(int resource, const struct rlimit *limit)
{
    (void)(resource == RLIMIT_NPROC ? setrlimit(RLIMIT_NPROC, limit) : setrlimit(RLIMIT_NOFILE, limit));
}

static int start_with_room(kin_plat_loop *loop, int resource, rlim_t room)
{
    struct rlimit before;
    struct rlimit limit;
    int code;

    door_plan_script(&child, "exit 5");
    child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    child.slots[2].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    child.launch.tree = true;
    child.launch.die_with_parent = true;
    read_limit(resource, &before);
    limit = (struct rlimit){ room, before.rlim_max };
    set_limit(resource, &limit);
    code = door_start(loop, &child);
    set_limit(resource, &before);
    return code;
}

/* Whatever the outcome: nothing is left, and with room it works. */
static int run_with_limit(const struct plan *plan, int resource, rlim_t first, int expected)
{
    const struct door_account before = door_take_account();
    kin_plat_loop *loop = NULL;
    bool worked = false;

    take(plan->path, plan->by_watcher);
    for (rlim_t room = first; room <= first + 20; room++) {
        int code;

        if (kin_plat_loop_open(NULL, &loop) != 0)
            return 10;
        code = start_with_room(loop, resource, room);
        if (code == 0 && (!door_finish(loop, &child) || child.status.code != 5))
            return 11;
        if (code != 0 && code != expected)
            return 100 - code;
        kin_plat_loop_close(loop);
        if (door_check_account(&before) != 0)
            return 50 + door_check_account(&before);
        if (worked && code != 0)
            return 13;
        worked = code == 0;
    }
    return worked ? 0 : 14;
}

static int run_without_descriptors(const void *plan)
{
    return run_with_limit(plan, RLIMIT_NOFILE, (rlim_t)door_count_descriptors() + 3, KIN_EMFILE);
}

TEST_CP(Bound, S34_LimitReached, policy_paths)
{
    if (host_is_below_valgrind())
        SKIP_C("valgrind keeps its own descriptors beside the limit that it emulates");
    for (int by_watcher = 0; by_watcher < 2; by_watcher++) {
        const struct plan plan = { row, by_watcher != 0, true };

        EXPECT_INT_EQ(0, door_in_copy(run_without_descriptors, &plan));
    }
}

/* A user with no other process, for whom one, two, three processes and threads are allowed. */
static int run_without_processes(const void *plan)
{
    if (setgid(54321) != 0 || setuid(54321) != 0)
        return 99;
    return run_with_limit(plan, RLIMIT_NPROC, 1, KIN_EAGAIN);
}

TEST_CP(Bound, S34_NoThreadAndNoProcess, policy_paths)
{
    if (geteuid() != 0)
        SKIP_C("needs root, to become somebody else");
    for (int by_watcher = 0; by_watcher < 2; by_watcher++) {
        const struct plan plan = { row, by_watcher != 0, true };

        EXPECT_INT_EQ(0, door_in_copy(run_without_processes, &plan));
    }
}

/* The child tells the watcher before its program runs, and somebody has ended that. */
static int run_unheard(const void *unused)
{
    static const char *const candidates[] = { "/bin/sh" };
    static const char *const argv[] = { "sh", "-c", "exit 7", NULL };
    static const char *const environment[] = { NULL };
    const int sources[] = { 0, 1, 2 };
    int scratch[3];
    int ends[2];
    struct kin_posix_record record = { 0 };
    struct kin_posix_child unheard = { .candidates = candidates,
                                       .candidate_count = 1,
                                       .argv = argv,
                                       .environment = environment,
                                       .sources = sources,
                                       .scratch = scratch,
                                       .slot_count = 3,
                                       .status = -1,
                                       .record = &record };
    sigset_t all;

    (void)unused;
    (void)sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, NULL) != 0 || pipe(ends) != 0 || close(ends[0]) != 0)
        return 1;
    unheard.watcher = ends[1];
    kin_posix_child_run(&unheard);
    return 2;
}

TEST_C(Bound, WatcherThatIsGoneDoesNotEndTheChild)
{
    EXPECT_INT_EQ(7, door_in_copy(run_unheard, NULL));
}

/* --------------------------------------------------------------------------------------------------- in a copy of the host --- */

static int living;

static void count_living(long id)
{
    living += door_state_of(id) != 'Z';
}

/* What it does wrong, a thread of it does, after a second in which it looks for a child that is not its own. */
static int close_in_copy(const void *loop)
{
    kin_plat_loop_close(*(kin_plat_loop *const *)loop);
    (void)nanosleep(&(struct timespec){ 1, 500000000 }, NULL);
    return 0;
}

/* A user with no other process. Where no thread is allowed, the loop itself has to reap what was let go. */
static int let_go_without_thread(const void *unused)
{
    kin_plat_loop *loop = NULL;
    struct rlimit before;
    struct rlimit none;

    (void)unused;
    if (setgid(54322) != 0 || setuid(54322) != 0)
        return 10;
    if (kin_plat_loop_open(NULL, &loop) != 0 || getrlimit(RLIMIT_NPROC, &before) != 0)
        return 11;
    door_plan_script(&child, "exec sleep 60");
    child.launch.die_with_parent = true;
    if (door_start(loop, &child) != 0)
        return 12;
    none = before;
    none.rlim_cur = 0;
    (void)setrlimit(RLIMIT_NPROC, &none);
    door_close_pipes(&child);
    kin_plat_process_close(child.process);
    (void)setrlimit(RLIMIT_NPROC, &before);
    if (door_in_copy(close_in_copy, &loop) != 0)
        return 13;
    (void)for_each_child(count_living);
    return living;
}

TEST_C(Bound, R22_WatcherDoesNotGoWithACopyOfTheProcess)
{
    if (KIN_POSIX_THREAD_SANITIZER)
        SKIP_C("this sanitizer does not like threads in a copy of a process that had some");
    if (geteuid() != 0)
        SKIP_C("needs root, to become somebody else");
    take(&policy_paths[0], true);
    EXPECT_INT_EQ(2, door_in_copy(let_go_without_thread, NULL)); /* the child and its watcher */
    policy_take(NULL);
}
