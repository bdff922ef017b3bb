/* SPDX-License-Identifier: MIT */
/*
 * The platform door from the side of the core, for tests: a loop, children of it, and what it told.
 */
#ifndef KIN_TESTS_WIN32_DOOR_H
#define KIN_TESTS_WIN32_DOOR_H

#include "../../src/win32/system.h"

#include "../../src/platform.h"
#include <shim.h>

#define DOOR_SLOTS 5
#define DOOR_TEXT 256
#define DOOR_PATIENCE_MS 20000

/* A child, and what is known of it so far. */
struct door_child {
    const char *argv[8];
    struct kin_plat_slot slots[DOOR_SLOTS];
    struct kin_plat_launch launch;
    struct kin_plat_failure failure;
    kin_plat_process *process;
    kin_status status;
    int exits;
    char text[DOOR_TEXT]; /* what it wrote to slot 1 */
    size_t text_size;
    char buffer[64];
    bool drained;
};

kin_plat_loop *door_open(void);

/* Waits until there is at least one event, or fails the test. Returns their number. */
int door_wait(kin_plat_loop *loop, struct kin_plat_event *events, size_t capacity);

/* One event of this kind and owner; others are a failure. */
struct kin_plat_event door_expect(kin_plat_loop *loop, enum kin_plat_event_kind kind, const void *owner);

/* No event comes for a little while. */
void door_expect_silence(kin_plat_loop *loop);

/* Whether the handle for foreign loops is signalled. */
bool door_signalled(const kin_plat_loop *loop);

/* Fills in a launch of the test child: verb and argument, all slots the null device. */
void door_plan(struct door_child *child, const char *verb, const char *argument);

/* Starts it. 0 or the code of the failure. */
int door_start(kin_plat_loop *loop, struct door_child *child);

/* Reads slot 1, if it is a pipe, and waits for the end of it and of the child. */
void door_finish(kin_plat_loop *loop, struct door_child *child);

/* plan, a pipe in slot 1, start, finish, close: what the child said is in child->text. */
void door_run(kin_plat_loop *loop, struct door_child *child, const char *verb, const char *argument);

/* What it says next in slot 1; good until the next such call. */
const char *door_hear(kin_plat_loop *loop, struct door_child *child);

void door_close_child(struct door_child *child);

/* Processes by their id, also those that are nobody's child here. One whose id is gone has ended. */
bool door_lives(DWORD id);
bool door_ends_soon(DWORD id);
void door_end_process(DWORD id);

/* Path of the test child, and of the test parent, which uses kin itself. */
const char *door_child_path(void);
const char *door_parent_path(void);

bool door_under_wine(void);

#endif
