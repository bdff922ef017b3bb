/* SPDX-License-Identifier: MIT */
/*
 * What the contract tests share. Whoever links it has each of its tests checked for leaks (leak.h).
 *
 *      kin_result result = {0};
 *      ASSERT_INT_EQ(0, run_child(&result, NULL, "say", "1", "hello"));
 *      EXPECT_OUTPUT("hello", &result);
 *      kin_result_free(&result);
 */
#ifndef KIN_TESTS_SUPPORT_SUPPORT_H
#define KIN_TESTS_SUPPORT_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kin/kin.h>
#include <shim.h>

#include "host.h"

/* ------------------------------------------------------------------------------------------------------- the child --- */

/* The helper program (tests/child), an absolute path; KIN_TEST_CHILD in the environment replaces it. */
const char *child_path(void);

/* An argv for it. Lives as long as the block it stands in. */
#define CHILD(...) ((const char *const[]){ child_path(), __VA_ARGS__, NULL })

/* The program that has a child by kin (tests/parent), and an argv for it: words, then those of the child. */
const char *parent_path(void);
#define PARENT_OF(...) "--", child_path(), __VA_ARGS__
#define PARENT(...) ((const char *const[]){ parent_path(), __VA_ARGS__, NULL })

#define run_child(result, options, ...) run_program(CHILD(__VA_ARGS__), options, result)

/* kin_exec_file_sync(); Wine's CreateProcess fails now and then with "internal error", and the next time it does not. */
int run_program(const char *const *argv, const kin_exec_options *options, kin_result *result);

/* Options in parentheses, so that they may stand in the argument of a macro. */
#define EXEC_OPTIONS(...) (&(kin_exec_options){ __VA_ARGS__ })
#define SPAWN_OPTIONS(...) (&(kin_spawn_options){ __VA_ARGS__ })

/* A list for env_set and its like. */
#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* ---------------------------------------------------------------------------------------------------------- checks --- */

void check_output(struct shim_site site, const char *what, const char *expected, size_t size, const kin_bytes *actual);

#define EXPECT_OUTPUT(expected, result) check_output(SHIM_HERE(false), "stdout", expected, strlen(expected), &(result)->out)
#define EXPECT_ERROR_OUTPUT(expected, result) \
    check_output(SHIM_HERE(false), "stderr", expected, strlen(expected), &(result)->err)

void check_exited(struct shim_site site, uint32_t code, const kin_status *status);
void check_ended_by(struct shim_site site, int signal, kin_exit_cause cause, const kin_status *status);

#define EXPECT_EXITED(code, status) check_exited(SHIM_HERE(false), code, status)
#define EXPECT_ENDED_BY(signal, cause, status) check_ended_by(SHIM_HERE(false), signal, cause, status)

/* The whole of an error: its code, stage and subject. A NULL subject is not compared. */
void check_error(struct shim_site site, kin_code code, kin_stage stage, const char *subject, const kin_error *error);
#define EXPECT_ERROR(code, stage, subject, error) check_error(SHIM_HERE(false), code, stage, subject, error)

/* ------------------------------------------------------------------------------------------------------------ files --- */

/* A path in a directory of this test's own, which is removed after it. Good until the next eight such calls. */
const char *scratch(const char *name);
/* Writes a file there and gives its path. */
const char *scratch_file(const char *name, const char *text);
/* "%s/%s" and its like, in a text that is good until the next eight such calls. */
const char *text_of(const char *format, ...) SHIM_PRINTF(1, 2);

/* -------------------------------------------------------------------------------------------------------- recording --- */

struct bytes {
    char *data;
    size_t size;
    size_t room;
};

/* What came of one child, for the callbacks below with `.user` pointing to it. Give it to recorder_free(). */
struct recorder {
    char events[1024]; /* "data,data,exit,end,close": repetitions of "data" count once */
    struct bytes out;
    struct bytes err;
    unsigned exits;
    unsigned closes;
    unsigned ends;
    int end_code;
    kin_status exit_status;
    kin_status close_status;
    kin_loop *loop;
};

void record(struct recorder *recorder, const char *event);
void record_out(kin_stream *stream, const char *data, size_t size, void *user);
void record_err(kin_stream *stream, const char *data, size_t size, void *user);
void record_end(kin_stream *stream, int code, void *user);
void record_exit(kin_child *child, const kin_status *status, void *user);
void record_close(kin_child *child, const kin_status *status, void *user);
/* on_written: "written" or "written(ECANCELED)"; `user` is the recorder */
void record_written(kin_stream *stream, int code, void *user);
void recorder_free(struct recorder *recorder);
/* The bytes as text: they have a zero byte behind them. */
const char *text_in(const struct bytes *bytes);
void bytes_append(struct bytes *bytes, const void *data, size_t size);

/* Whether they are those of the child's pattern, from its beginning. */
bool pattern_is_in(const struct bytes *bytes);
bool pattern_is_at(const void *data, size_t size);
bool pattern_is_from(const void *data, size_t size, uint64_t offset);
void pattern_write(void *data, size_t size);
void pattern_write_at(void *data, size_t size, uint64_t offset);

/* All of a recorder's callbacks but those of the streams. */
#define RECORDED(recorder) .on_exit = record_exit, .on_close = record_close, .user = (recorder)
#define RECORDED_OUT .kind = KIN_STDIO_PIPE, .on_data = record_out, .on_end = record_end
#define RECORDED_ERR .kind = KIN_STDIO_PIPE, .on_data = record_err, .on_end = record_end

/* A child on a loop of its own, recorded. */
struct victim {
    kin_loop *loop;
    kin_child *child;
    struct recorder recorder;
};

/* Starts it with a pipe to its stdin, stdout recorded, and a close that waits for ever, unless the options say otherwise. Then
   waits until it has said something: "ready" or "started". */
void victim_start(struct victim *victim, const kin_spawn_options *options);
/* Without that wait. */
void victim_begin(struct victim *victim, const kin_spawn_options *options);
/* Until the text is in what it wrote. */
void victim_run_until(struct victim *victim, const char *text);
/* The end of its input. */
void victim_end_input(struct victim *victim);
/* Runs the loop to its end; there was one exit and one close. */
void victim_run(struct victim *victim);
void victim_free(struct victim *victim);
/* Both. */
void victim_finish(struct victim *victim);

/* ------------------------------------------------------------------------------------------------------------ loops --- */

kin_loop *open_loop(void);
/* Until idle; a loop that hangs is stopped after a long while and fails the test. */
void run_loop(kin_loop *loop);
/* Turn by turn, until the condition holds. */
void run_until(kin_loop *loop, bool (*holds)(void *user), void *user);
bool has_exited(void *recorder);
bool has_closed(void *recorder);
bool has_output(void *recorder);
void close_loop(kin_loop *loop);

/* A number, smaller where everything is slow. */
#define SCALED(normal, slow) (host_is_slow() ? (slow) : (normal))

/* For what is done with a time limit. One that is passed before the child has written its first word proves little; on a busy
   machine that takes a while, so everything is done again with a longer one. */
#define UNTIL_IT_HAD_BEGUN(limit, output_size) for (int64_t limit = 100; (output_size) == 0 && (limit) < 30000; (limit) *= 3)

/* A deviation of Wine that its list names; never anything else. */
#define SKIP_ON_WINE_C(reason)          \
    do {                                \
        if (host_is_wine())             \
            SKIP_C("Wine: %s", reason); \
    } while (0)

/* What only one family of systems has, by promise of the headers. */
#define SKIP_ON_WINDOWS_C(reason)          \
    do {                                   \
        if (host_is_windows())             \
            SKIP_C("Windows: %s", reason); \
    } while (0)

#define SKIP_ON_POSIX_C(reason)          \
    do {                                 \
        if (!host_is_windows())          \
            SKIP_C("POSIX: %s", reason); \
    } while (0)

/* What fails by Wine's "internal error" is tried again, as run_program() does; everything else is as it is. */
int spawn_patiently(kin_loop *loop, const kin_spawn_options *options, kin_child **child);
int fork_patiently(kin_loop *loop, const char *entry, const kin_spawn_options *options, kin_child **child);
#define kin_spawn spawn_patiently
#define kin_fork fork_patiently

#endif
