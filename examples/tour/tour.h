/* SPDX-License-Identifier: MIT */
/*
 * The tour: the work that people do with child processes, done with kin and written down as a transcript.
 *
 * The transcript is the same on every system, line for line, except for lines that begin with "~ ": those are facts of
 * the machine, such as times and sizes of memory.
 */
#ifndef TOUR_TOUR_H
#define TOUR_TOUR_H

#include <kin/kin.h>

#include "host.h"

struct tour {
    char program[HOST_PATH_SIZE];           /* this program, which is also every child */
    char name[HOST_PATH_SIZE];              /* the name alone, as one would type it */
    char path_variable[HOST_PATH_SIZE + 8]; /* "PATH=…", where the name is found */
    char directory[HOST_PATH_SIZE];         /* for the files that the tour makes */
    uint64_t log_bytes;                     /* at least so much log */
    unsigned chapter;
    unsigned broken; /* promises that did not hold */
};

/* ---------------------------------------------------------------------------------------- transcript.c --- */

void tour_chapter(struct tour *tour, const char *title);

/* A line that is the same everywhere. */
void tour_say(const char *format, ...);

/* A fact of this machine. */
void tour_fact(const char *format, ...);

/* Output of a child, each line marked. */
void tour_quote(const char *data, size_t size);

/* How a child ended: why is the same everywhere, the words are the system's. */
void tour_status(const kin_status *status);

/* A promise, and whether it held. */
void tour_check(struct tour *tour, bool held, const char *promise);

/* ------------------------------------------------------------------------------------------ the chapters --- */

void tour_shell(struct tour *tour);     /* run.c */
void tour_arguments(struct tour *tour); /* run.c */
void tour_stream(struct tour *tour);    /* stream.c */
void tour_life(struct tour *tour);      /* life.c */
void tour_tree(struct tour *tour);      /* tree.c */
void tour_messages(struct tour *tour);  /* messages.c */
void tour_failures(struct tour *tour);  /* failures.c */

/* Whether this process is a worker of another tour; it has done its work then, with this exit code. */
bool tour_dispatch(int *code);

/* The file is there, within half a minute. */
bool tour_wait_for_file(const char *path);
bool tour_write_file(const char *path, const char *text);

/* --------------------------------------------------------------------------------- child.c: the children --- */

/* `tour --child VERB …`; `argv` begins with the verb. Returns the exit code. */
int tour_child(const char *program, int argc, char **argv);

/* ------------------------------------------------------------------------------------------ log.c: a log --- */

#define LOG_LINE_SIZE 256

/* A log that is written line by line, the same one every time. All zero is its beginning. */
struct log {
    uint64_t lines;
    uint64_t bytes;
    uint64_t error_lines;
    uint64_t error_hash; /* of all lines with the level ERROR */
};

/* Writes the next line, with its newline. Returns its size. */
size_t log_next(struct log *log, char line[LOG_LINE_SIZE]);

/* FNV-1a, continued; start with 0. */
uint64_t log_hash(uint64_t hash, const char *data, size_t size);

#endif
