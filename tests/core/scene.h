/* SPDX-License-Identifier: MIT */
/*
 * What the tests of core share: a loop on the fake backend, and callbacks that write down what they were told, as one line of
 * words. A test compares that line: "data(ab) exit(0) end(ok) close".
 */
#ifndef KIN_TESTS_CORE_SCENE_H
#define KIN_TESTS_CORE_SCENE_H

#include <kin/kin.h>

#include "fake/fake.h"
#include "shim.h"

/* The loop of the present test, made before it and released after it. */
extern kin_loop *loop;

/* The child of the present test: what `start()` started, NULL after a release. */
extern kin_child *child;

/* Words so far; and then none. */
void note(const char *format, ...) SHIM_PRINTF(1, 2);
const char *noted(void);
void forget(void);
size_t count_of(const char *word);

/* Does something once, inside the next callback of that name: "data", "end", "exit", "close", "written", "drain", "timer",
   "wake", "done". */
void act_in(const char *where, void (*act)(void));
void act_in_each(const char *where, void (*act)(void));

/* Callbacks that note; `user` is a word that is noted with them, or NULL. */
void note_data(kin_stream *stream, const char *data, size_t size, void *user);
void note_end(kin_stream *stream, int code, void *user);
void note_exit(kin_child *child, const kin_status *status, void *user);
void note_close(kin_child *child, const kin_status *status, void *user);
void note_written(kin_stream *stream, int code, void *user);
void note_drain(kin_stream *stream, void *user);
void note_timer(kin_timer *timer, void *user);
void note_wake(kin_loop *loop, void *user);
void note_carried(int code, uint64_t bytes, void *user);

/* The same for channels; "message", "channel-end", "sent", "reply", "channel-drain" are their names for act_in(). */
void note_message(kin_channel *channel, kin_message *message, void *user);
void note_channel_end(kin_channel *channel, int code, void *user);
void note_channel_drain(kin_channel *channel, void *user);
void note_sent(kin_channel *channel, int code, void *user);
void note_reply(kin_channel *channel, int code, const kin_message *reply, void *user);

/* Starts a child with pipes for stdin and stdout (noted) into `child`. */
void start(void);
void start_with(const kin_spawn_options *options);
kin_spawn_options usual_options(void);

/* The same without pipes, perhaps with a tree. */
kin_spawn_options quiet_options(bool tree);

/* One turn without waiting; as many as it takes until nothing happens at the present time; the whole life. */
void turn(void);
void settle_down(void);
void run(void);

/* As run(); how long that took, by the clock of the fake. */
int64_t run_for_ms(void);

/* For fake_later(), with the process: it ends as it was asked to, or by itself. */
void child_obeys(void *process);
void child_leaves(void *process);

/* For fake_when_idle(): what was forced lets go of its pipes. */
void end_outputs_of_the_forced(void);

/* Our streams. */
kin_stream *in(void);
kin_stream *out(void);

/* For act_in(). */
void release_child(void);
void release_loop(void);
void close_in(void);
void close_out(void);
void end_in(void);
void pause_out(void);
void resume_out(void);
void stop_loop(void);

#endif
