/* SPDX-License-Identifier: MIT */
/*
 * A backend without a system: what happens, and when, is said by the test. It keeps a clock that stands still, remembers what
 * core asked for, and notes a failure of the running test for each breach of the rules in src/platform.h.
 *
 *      fake_reset();                      before a test
 *      kin_spawn(loop, …);                core is used as always
 *      fake_child_writes(fake_pipe(1), "a", 1);
 *      fake_exits(fake_process(), 0);     queued in the order of the calls, delivered by kin_plat_wait()
 *      fake_check();                      after it: everything was given back
 */
#ifndef KIN_TESTS_FAKE_H
#define KIN_TESTS_FAKE_H

#include "platform.h"

/* ------------------------------------------------------------------------------------------------------- the test's course */

void fake_reset(void);
void fake_check(void);

/* True while the fake asks for memory of its own, which an injected failure has to spare. */
bool fake_is_allocating(void);

/* -------------------------------------------------------------------------------------------------------------- time */

/* The clock stands still but for this, and for waits that run into their time limit. */
void fake_advance_ms(int64_t ms);

/* Does something at a later time, from within kin_plat_wait(). */
void fake_later(int64_t delay_ms, void (*act)(void *context), void *context);

/* Does something whenever kin_plat_wait() has no event to deliver, before it lets time pass; NULL: nothing. */
void fake_when_idle(void (*act)(void));

/* How many events kin_plat_wait() delivers at most; 0: as many as there is room for. */
void fake_events_per_wait(size_t count);

/* The next waits fail. */
void fake_refuse_waits(int code, size_t count);

/* What kin_plat_loop_ready() says. */
void fake_is_ready(bool ready);

/* How often core waited. */
size_t fake_waits(void);

/* ------------------------------------------------------------------------------------------------------------- pipes */

/* Of the process that was started last, the pipe in a slot; NULL when there is none. */
kin_plat_pipe *fake_pipe(size_t slot);

/* The file that was opened last. */
kin_plat_pipe *fake_file(void);

/* A pipe that we read: bytes, then perhaps the end, or a failure instead of the next read. */
void fake_child_writes(kin_plat_pipe *pipe, const void *data, size_t size);
void fake_child_says(kin_plat_pipe *pipe, const char *text);
void fake_child_ends(kin_plat_pipe *pipe);
void fake_read_fails(kin_plat_pipe *pipe, int code);

/* Each wait finds `size` bytes more in the pipe. */
void fake_child_never_stops(kin_plat_pipe *pipe, size_t size);

/* A pipe that we write takes everything at once, unless it was told to take only so much from now on. */
void fake_child_reads(kin_plat_pipe *pipe, size_t size);
void fake_write_fails(kin_plat_pipe *pipe, int code);

/* Nobody reads any more: the system says so by itself, or not before the next write. */
void fake_hangs_up(kin_plat_pipe *pipe);
void fake_hangs_up_silently(kin_plat_pipe *pipe);

/* What was written so far. */
const char *fake_written(const kin_plat_pipe *pipe, size_t *size);

/* Submissions of reads and writes, and cancellations, so far. */
size_t fake_reads_of(const kin_plat_pipe *pipe);
size_t fake_writes_of(const kin_plat_pipe *pipe);
size_t fake_cancels_of(const kin_plat_pipe *pipe);
bool fake_is_under_way(const kin_plat_pipe *pipe);
bool fake_is_closed(const kin_plat_pipe *pipe);

/* Of a channel the functions about writing are about the half that core writes, all others about the one that it reads; this gives
   the former. */
kin_plat_pipe *fake_writing_half(kin_plat_pipe *channel);

/* ---------------------------------------------------------------------------------------------------------- channels */

/* The channel that was opened last other than with a process. */
kin_plat_pipe *fake_channel(void);

/* A handle comes with the bytes that come next; its number is told. */
intptr_t fake_child_passes(kin_plat_pipe *channel, kin_handle_kind kind);

/* A handle of the user, for sending; and which one was sent last, 0 when none was. */
kin_native_handle fake_handle(kin_handle_kind kind);
intptr_t fake_last_passed(void);

/* How many handles are open: those that came, were taken by core, and were not closed; and those of fake_handle(). */
size_t fake_open_handles(void);

/* What kin_plat_variable_read() says; NULL: there is none. */
void fake_set_variable(const char *name, const char *value);

/* Refuses the next submission. */
void fake_refuse_submission(kin_plat_pipe *pipe, int code);

/* Done once, when core cancels, before the operation comes back: what it brings then still counts. */
void fake_on_cancel(kin_plat_pipe *pipe, void (*act)(kin_plat_pipe *pipe));

/* A cancelled operation comes back only by fake_release_cancelled(), or when core waits for ever: "soon" means that it comes. */
void fake_hold_cancelled(kin_plat_pipe *pipe);
void fake_release_cancelled(kin_plat_pipe *pipe);

/* --------------------------------------------------------------------------------------------------------- processes */

kin_plat_process *fake_process(void);

void fake_ends(kin_plat_process *process, const kin_status *status);
void fake_exits(kin_plat_process *process, uint32_t code);
void fake_is_killed(kin_plat_process *process, int signal);

/* What asking answers: 0, KIN_ALREADY_ENDED or KIN_ENOTSUP. */
void fake_answers(kin_plat_process *process, int code);

/* The same for processes that are started from now on. */
void fake_all_answer(int code);

/* A forced end leads to an exit event; unless the process is told to survive it. */
void fake_survives(kin_plat_process *process);

/* What signals and suspending answer: 0, or KIN_EPERM. */
void fake_refuses_signals(kin_plat_process *process, int code);

/* Others of its tree live, until it is forced or this is said again. */
void fake_has_descendants(kin_plat_process *process, bool has);
bool fake_is_suspended(const kin_plat_process *process);

/* What core did with it: how often it asked, how often it forced, the last signal and whether that was for the tree. */
size_t fake_asks_of(const kin_plat_process *process);
size_t fake_kills_of(const kin_plat_process *process);
int fake_last_signal(const kin_plat_process *process, bool *tree);
bool fake_is_process_closed(const kin_plat_process *process);

/* ------------------------------------------------------------------------------------------------------- the next call */

/* How the next start, or opening of a file, fails. */
void fake_refuse_spawn(const struct kin_plat_failure *failure);
void fake_refuse_file(const struct kin_plat_failure *failure);
void fake_refuse_loop(int code);

/* What the last start asked for; its text is that of the caller and gone after kin_spawn(). */
const struct kin_plat_launch *fake_launch(void);
enum kin_plat_slot_kind fake_slot_kind(size_t slot);

/* Names of variables without regard to case. */
void fake_ignore_case(bool ignore);

/* -------------------------------------------------------------------------------------- between the files of the fake */

struct fake_event {
    struct kin_plat_event event;
    kin_plat_pipe *pipe;
    kin_plat_process *process;
    kin_plat_loop *loop;
    struct fake_event *next;
};

void fake_breach(const char *rule);
void *fake_allocate(size_t size);
void *fake_grow(void *data, size_t size);
void fake_post(kin_plat_loop *loop, const struct kin_plat_event *event, kin_plat_pipe *pipe, kin_plat_process *process);
void fake_withdraw(const kin_plat_pipe *pipe, const kin_plat_process *process);

kin_plat_pipe *fake_pipe_open(kin_plat_loop *loop, void *owner, bool reads);
kin_plat_pipe *fake_channel_open(kin_plat_loop *loop, void *owner);
void fake_channels_forget(void);
bool fake_pipe_deliver(kin_plat_pipe *pipe, struct kin_plat_event *event);
void fake_pipes_refill(void);
bool fake_pipes_release_held(void);
size_t fake_pipes_open_in(const kin_plat_loop *loop);
void fake_pipes_forget(void);

size_t fake_processes_open_in(const kin_plat_loop *loop);
void fake_processes_forget(void);
void fake_host_check(void);
void fake_host_forget(void);

#endif
