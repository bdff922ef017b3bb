/* SPDX-License-Identifier: MIT */
#include "door.h"

#include "../support/host.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 20000
#define EVENTS 16

const char *door_child_path(void)
{
    const char *path = getenv("KIN_TEST_CHILD");

    return path != NULL ? path : KIN_TEST_CHILD_PATH;
}

/* --------------------------------------------------------------------------------------------------------------- a child --- */

void door_plan(struct door_child *child, const char *verb, const char *argument)
{
    *child = (struct door_child){ .argv = { door_child_path(), verb, argument } };
    for (size_t i = 0; i < DOOR_SLOTS; i++)
        child->slots[i].owner = &child->slots[i];
    child->slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    child->launch =
        (struct kin_plat_launch){ .file = child->argv[0], .argv = child->argv, .slots = child->slots, .slot_count = 3 };
}

void door_plan_script(struct door_child *child, const char *script)
{
    door_plan(child, "-c", script);
    child->argv[0] = "sh";
    child->launch.file = "/bin/sh";
}

int door_start(kin_plat_loop *loop, struct door_child *child)
{
    return kin_plat_spawn(loop, &child->launch, child, &child->process, &child->failure);
}

static int read_on(struct door_child *child)
{
    return kin_plat_pipe_read(child->slots[1].pipe, child->text + child->size, sizeof child->text - 1 - child->size);
}

static void note(struct door_child *child, const struct kin_plat_event *event)
{
    if (event->kind == KIN_PLAT_EXIT && event->owner == child) {
        child->status = event->status;
        child->exits++;
    }
    if (event->kind == KIN_PLAT_READ && event->owner == &child->slots[1]) {
        child->size += event->size;
        child->drained = event->code != 0 || event->size == 0;
        if (!child->drained)
            (void)read_on(child);
    }
}

void door_close_pipes(struct door_child *child)
{
    for (size_t i = 0; i < child->launch.slot_count; i++) {
        if (child->slots[i].pipe != NULL)
            kin_plat_pipe_close(child->slots[i].pipe);
        child->slots[i].pipe = NULL;
    }
}

static int64_t now_ms(void)
{
    return (int64_t)(kin_plat_now_ns() / 1000000);
}

bool door_finish(kin_plat_loop *loop, struct door_child *child)
{
    const int64_t deadline_ms = now_ms() + PATIENCE_MS;

    child->drained = child->slots[1].pipe == NULL || read_on(child) != 0;
    while ((child->exits == 0 || !child->drained) && now_ms() < deadline_ms) {
        struct kin_plat_event events[EVENTS];
        const int count = kin_plat_wait(loop, 1000, events, EVENTS);

        for (int i = 0; i < count; i++)
            note(child, &events[i]);
    }
    child->text[child->size] = '\0';
    if (!child->drained)
        return false;
    door_close_pipes(child);
    kin_plat_process_close(child->process);
    return child->exits == 1;
}

static int count_lines(const struct door_child *child)
{
    int count = 0;

    for (size_t i = 0; i < child->size; i++)
        count += child->text[i] == '\n';
    return count;
}

bool door_read_lines(kin_plat_loop *loop, struct door_child *child, int count)
{
    struct kin_plat_event event;

    child->size = 0;
    do {
        if (read_on(child) != 0 || !door_expect(loop, child, KIN_PLAT_READ, &event))
            return false;
        child->size += event.size;
        if (event.code != 0 || event.size == 0 || child->size == sizeof child->text - 1)
            return false;
    } while (count_lines(child) < count);
    child->text[child->size - 1] = '\0';
    child->size = 0;
    return true;
}

bool door_read_line(kin_plat_loop *loop, struct door_child *child)
{
    return door_read_lines(loop, child, 1);
}

int door_run(kin_plat_loop *loop, struct door_child *child, const char *verb, const char *argument)
{
    int code;

    door_plan(child, verb, argument);
    code = door_start(loop, child);
    if (code != 0)
        return code;
    return door_finish(loop, child) ? 0 : 1;
}

bool door_expect(kin_plat_loop *loop, struct door_child *child, enum kin_plat_event_kind kind, struct kin_plat_event *event)
{
    const int64_t deadline_ms = now_ms() + PATIENCE_MS;

    while (now_ms() < deadline_ms) {
        if (kin_plat_wait(loop, 1000, event, 1) != 1)
            continue;
        if (event->kind == KIN_PLAT_EXIT && child != NULL)
            note(child, event);
        if (event->kind == kind)
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------------------------------------------------ what is left --- */

static int count_entries(const char *path)
{
    DIR *directory = opendir(path);
    int count = 0;

    if (directory == NULL)
        return 0;
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

/* The one that reads the directory is not counted. */
int door_count_descriptors(void)
{
    return count_entries("/proc/self/fd") - 1;
}

int door_count_threads(void)
{
    return count_entries("/proc/self/task");
}

struct door_account door_take_account(void)
{
    struct door_account account = { .descriptors = door_count_descriptors(), .threads = door_count_threads() };

    (void)pthread_sigmask(SIG_SETMASK, NULL, &account.mask);
    (void)sigaction(SIGCHLD, NULL, &account.child_action);
    return account;
}

static bool has_children(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

static int check_once(const struct door_account *before)
{
    const struct door_account now = door_take_account();

    if (has_children())
        return 2;
    if (now.descriptors != before->descriptors)
        return 1;
    if (now.threads != before->threads)
        return 5;
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&now.mask, number) != sigismember(&before->mask, number))
            return 3;
    }
    return now.child_action.sa_handler == before->child_action.sa_handler ? 0 : 4;
}

int door_check_account(const struct door_account *before)
{
    int result = check_once(before);

    for (int tries = 0; tries < 400 && result != 0; tries++) {
        (void)nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
        result = check_once(before);
    }
    return result;
}

/* ------------------------------------------------------------------------------------------------------------------- states --- */

char door_state_of(long id)
{
    char text[512] = "";
    char path[64];
    const char *at;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%ld/stat", id);
    file = fopen(path, "re");
    if (file == NULL)
        return 'X';
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    at = strrchr(text, ')');
    return at != NULL && at[1] == ' ' ? at[2] : 'X';
}

bool door_expect_state(long id, char state)
{
    for (int tries = 0; tries < 2000; tries++) {
        if (door_state_of(id) == state)
            return true;
        (void)nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
    }
    return false;
}

/* ------------------------------------------------------------------------------------------------------------------- a copy --- */

/* What a thread of the library has in hand at its end would be lost in a copy, which has no such thread: a leak for valgrind. */
static void let_threads_end(void)
{
    for (int tries = 0; tries < 400 && door_count_threads() > 1; tries++)
        (void)nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
}

int door_in_copy(int (*body)(const void *argument), const void *argument)
{
    int code = 0;
    pid_t id;

    if (host_is_below_valgrind())
        let_threads_end();
    id = fork();
    if (id == 0) {
        (void)alarm(120);
        _exit(body(argument));
    }
    if (id < 0)
        return -1;
    while (waitpid(id, &code, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return WIFEXITED(code) ? WEXITSTATUS(code) : -1;
}
