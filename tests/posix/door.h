/* SPDX-License-Identifier: MIT */
/* The platform door from the side of the core, for tests: a loop, a child, and what was told. */
#ifndef KIN_TESTS_POSIX_DOOR_H
#define KIN_TESTS_POSIX_DOOR_H

#include <signal.h>
#include <stdbool.h>

#include "../../src/platform.h"
#include "policy.h"

#define DOOR_SLOTS 8
#define DOOR_ARGUMENTS 8

struct door_child {
    const char *argv[DOOR_ARGUMENTS];
    struct kin_plat_slot slots[DOOR_SLOTS];
    struct kin_plat_launch launch;
    struct kin_plat_failure failure;
    kin_plat_process *process;
    kin_status status;
    int exits;
    char text[4096]; /* what it wrote to slot 1 */
    size_t size;
    bool drained;
};

/* What must be the same before and after. */
struct door_account {
    int descriptors;
    int threads;
    sigset_t mask;
    struct sigaction child_action;
};

const char *door_child_path(void);

/* Fills in a launch of the shell, with nothing but a pipe in slot 1. */
void door_plan_script(struct door_child *child, const char *script);

/* Fills in a launch of the test child: null, a pipe, null. */
void door_plan(struct door_child *child, const char *verb, const char *argument);

/* 0 or the code of the failure. */
int door_start(kin_plat_loop *loop, struct door_child *child);

/* Reads slot 1 to its end and waits for the exit; false: time is up. Then closes all of it. */
bool door_finish(kin_plat_loop *loop, struct door_child *child);

/* Reads slot 1 until there are so many lines in `text`, the last one without its end; false: time is up, or the stream has ended.
   The text is started anew. */
bool door_read_lines(kin_plat_loop *loop, struct door_child *child, int count);
bool door_read_line(kin_plat_loop *loop, struct door_child *child);

/* Plan, start, finish: 0, the code of the failure, or 1 if it took too long. */
int door_run(kin_plat_loop *loop, struct door_child *child, const char *verb, const char *argument);

/* Waits for events until one of this kind is there; false: time is up. An exit of `child` that comes first is remembered. */
bool door_expect(kin_plat_loop *loop, struct door_child *child, enum kin_plat_event_kind kind, struct kin_plat_event *event);

void door_close_pipes(struct door_child *child);

struct door_account door_take_account(void);

/* 0, or what differs: 1 descriptors, 2 children, 3 the mask, 4 the action for SIGCHLD, 5 threads. What a thread of the library
   puts away is given some time. */
int door_check_account(const struct door_account *before);

/* Runs `body` in a copy of this process, made by fork(), and returns what it returned; -1 when it crashed or hung. For what
   would spoil the process of the tests. */
int door_in_copy(int (*body)(const void *argument), const void *argument);

int door_count_descriptors(void);
int door_count_threads(void);

/* The state letter of a process, as in /proc; 'X' if there is none. */
char door_state_of(long id);

/* Asks again and again until the process has this state; false: time is up. */
bool door_expect_state(long id, char state);

#endif
