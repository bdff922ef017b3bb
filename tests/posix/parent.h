/* SPDX-License-Identifier: MIT */
/* A process of its own that starts children through the door, so that it can be killed. What it started is observed by a pipe. */
#ifndef KIN_TESTS_POSIX_PARENT_H
#define KIN_TESTS_POSIX_PARENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "door.h"

#define PARENT_NUMBERS 4

struct parent {
    pid_t id;
    int said; /* what the body tells */
    int held; /* ends when the parent and all who got parent_mark() are gone */
    int mark; /* in the parent: the other end of it */
    int say;
};

/* What the parent tells: ids. `code` is 0, or where it failed. */
struct parent_word {
    int code;
    long numbers[PARENT_NUMBERS];
};

/* Runs `body` in a copy of this process; when it returns, the copy ends with what it returned. 0, or -1. */
int parent_start(struct parent *parent, int (*body)(const struct parent *parent, const void *argument), const void *argument);

/* For the body: gives the child the end of `held`, in slot 2. */
void parent_mark(const struct parent *parent, struct door_child *child);

/* For the body: says the word. */
void parent_say(const struct parent *parent, const struct parent_word *word);

/* For the body: stays until it is killed. Returns when it was forgotten for a minute. */
int parent_stay(void);

/* Waits for a word; its code, or -1 if there is none. */
int parent_hear(const struct parent *parent, struct parent_word *word);

/* Ends it by force and reaps it. */
void parent_kill(struct parent *parent);

/* Waits for its end: the exit code, or -1. */
int parent_wait(struct parent *parent);

/* Whether all who were marked are gone: waits for it. Closes the pipes. */
bool parent_all_gone(struct parent *parent);

/* Whether at this moment somebody who was marked lives. */
bool parent_any_lives(const struct parent *parent);

#endif
