/* SPDX-License-Identifier: MIT */
/*
 * The one door between the policy in src/core, written once, and the mechanism in src/posix and src/win32.
 *
 *      core  ── calls ──▶  kin_plat_…()          backends never call back
 *      core  ◀─ events ──  kin_plat_wait()       what happened, as data
 *
 * The model is completion: core submits one read or one write with a buffer of its own and hears later, by an event, how
 * it went. A system that only tells readiness (epoll, kqueue) tries the operation when it is ready; a system of completions
 * (Windows) passes it on. All stream logic can so be written once, above.
 *
 * For every function:
 *  - a loop and all that was opened with it are used by one thread at a time; kin_plat_wake() alone is for any thread;
 *  - pointers are valid and numbers in range: core has checked what the user gave;
 *  - a result is 0 (or what is said), or a negative kin_code; nothing was changed or kept when it is negative;
 *  - `owner` is core's pointer for the thing, handed back in its events and never looked into;
 *  - text is UTF-8 (with lone surrogates encoded as if they were characters, on Windows);
 *  - every descriptor or HANDLE is close-on-exec or not inheritable while it rests in this process.
 */
#ifndef KIN_PLATFORM_H
#define KIN_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kin/channel.h>
#include <kin/error.h>
#include <kin/process.h>

typedef struct kin_plat_loop kin_plat_loop;
typedef struct kin_plat_pipe kin_plat_pipe;
typedef struct kin_plat_process kin_plat_process;

/* A failure as the backend sees it. Core makes the sentence. The subject points to text of the caller's, or static text. */
struct kin_plat_failure {
    int code;
    int os_code;
    kin_stage stage;
    const char *subject;
};

/* ------------------------------------------------------------------------------------------------------- events --- */

enum kin_plat_event_kind {
    KIN_PLAT_READ,   /* a submitted read came back: `code` 0 with `size` bytes, size 0 being the end; or an error */
    KIN_PLAT_WRITE,  /* a submitted write came back: `code` 0 with `size` bytes written, maybe fewer than asked; or an error */
    KIN_PLAT_HANGUP, /* nobody reads the pipe that we write; once per pipe, where the system tells without a write. Of a channel
                        it says nothing about what can still be read */
    KIN_PLAT_EXIT,   /* the process ended: `status` (kind, code, signal, core_dumped, usage); once per process */
    KIN_PLAT_WAKE    /* kin_plat_wake() was called since the last such event; `owner` is that of the loop */
};

struct kin_plat_event {
    enum kin_plat_event_kind kind;
    int code; /* 0 or a negative kin_code; KIN_ECANCELED after kin_plat_pipe_cancel() */
    size_t size;
    void *owner;
    kin_status status;
};

/* --------------------------------------------------------------------------------------------------------- loop --- */

int kin_plat_loop_open(void *owner, kin_plat_loop **loop);

/* Everything that was opened with the loop has been closed before. */
void kin_plat_loop_close(kin_plat_loop *loop);

/* A descriptor or HANDLE that a foreign loop can wait on. Without a loop (NULL), the value that is none: -1 or NULL. */
kin_native_handle kin_plat_loop_handle(const kin_plat_loop *loop);

/* Whether kin_plat_wait() has something without waiting, that the handle of the loop may not show. */
bool kin_plat_loop_ready(const kin_plat_loop *loop);

/*
 * Waits until something happened, `timeout_ms` passed (-1: for ever) or a wake came; fills at most `capacity` events.
 * Returns their number; 0 also when interrupted. Every source gets its turn: a busy pipe cannot starve the others.
 */
int kin_plat_wait(kin_plat_loop *loop, int64_t timeout_ms, struct kin_plat_event *events, size_t capacity);

int kin_plat_wake(kin_plat_loop *loop);

/* Monotonic time in nanoseconds, from any start. */
uint64_t kin_plat_now_ns(void);

/* -------------------------------------------------------------------------------------------------------- pipes --- */

/*
 * Our end of a pipe to a child, or a file. At most one read and one write are under way; the buffer is the backend's from the
 * submission until the event. A write to a pipe without reader is KIN_EPIPE, never a signal.
 */
int kin_plat_pipe_read(kin_plat_pipe *pipe, void *data, size_t size);
int kin_plat_pipe_write(kin_plat_pipe *pipe, const void *data, size_t size);

/* Brings what is under way back soon: done after all, or KIN_ECANCELED. Without anything under way it does nothing. */
void kin_plat_pipe_cancel(kin_plat_pipe *pipe);

/* Only with nothing under way. The reader of what we wrote still gets all of it, then end-of-file. */
void kin_plat_pipe_close(kin_plat_pipe *pipe);

/* A file as a pipe: read from its beginning, or written. `failure->subject` is the path. */
int kin_plat_file_open(kin_plat_loop *loop, const char *path, kin_file_mode mode, void *owner, kin_plat_pipe **pipe,
                       struct kin_plat_failure *failure);

/* ----------------------------------------------------------------------------------------------------- channels --- */

/*
 * A channel is a pipe too, for kin_plat_pipe_read(), …_write(), …_cancel() and …_close(), but for this:
 *  - it may carry both directions: one read and one write are under way at the same time, each with its own event, and a
 *    cancellation brings both back;
 *  - a peer that went away without reading what we wrote is the end of what we read (size 0), not an error;
 *  - what it carries is the byte stream of docs/wire.md. Where the system's pipes put a frame of their own around pieces of
 *    it (Windows: 16 bytes of libuv, src/win32/rules/node_frame.h), the backend adds and removes them. A frame that breaks
 *    the rules makes the read KIN_EPROTO, after the bytes before it were delivered;
 *  - handles may travel with bytes.
 */

/* A handle on its way; its kind is never NONE. */
struct kin_plat_handle {
    kin_handle_kind kind;
    bool version6; /* DATAGRAM: of IPv6 */
    kin_native_handle native;
};

/*
 * Makes a channel of an end that this process has; `in` is read and `out` written, and they may be the same. One pipe is made for
 * both, which owns them from success on. `framed`: it is the channel of a child or to a parent, and not of two handles that
 * the user brought (Windows: libuv's frames are on it). KIN_EBADF, KIN_EINVAL for what cannot be such an end.
 */
int kin_plat_channel_open(kin_plat_loop *loop, kin_native_handle in, kin_native_handle out, bool framed, void *owner,
                          kin_plat_pipe **pipe);

/*
 * The end of a channel that this process was started with: descriptor `number` of the C runtime. On success it is not inherited any
 * further. KIN_EBADF when it is not open, or cannot be a channel.
 */
int kin_plat_channel_inherited(int number, kin_native_handle *handle);

/* How many received handles may wait to be taken; 0: handles are not accepted at all. As it is opened: 0. */
void kin_plat_channel_accept(kin_plat_pipe *pipe, size_t most);

/*
 * kin_plat_pipe_write() with a handle, which travels with the first of the bytes and must stay open until the peer is known to
 * have it. It counts as sent when at least one byte was. KIN_ENOTSUP for what cannot travel here.
 */
int kin_plat_channel_write(kin_plat_pipe *pipe, const void *data, size_t size, const struct kin_plat_handle *handle);

/*
 * The oldest handle that came with bytes which were read, and is now core's; with the kind that it has, whatever the peer says
 * of it. `number` is what the peer's kin_plat_handle_number() was, or 0; where it is not 0, a handle that does not travel with
 * bytes is fetched by it from the peer (Windows), and never anything else than what the peer itself has open. KIN_ENOENT when
 * there is none: it was lost, or too many came, or it could not be opened here.
 */
int kin_plat_channel_take(kin_plat_pipe *pipe, uint64_t number, struct kin_plat_handle *handle);

/* What a handle is: KIN_EBADF; KIN_ENOTSUP for what cannot travel at all. */
int kin_plat_handle_examine(kin_native_handle native, struct kin_plat_handle *handle);

/* Not 0: it does not travel with bytes; the peer fetches it by this number (Windows: the HANDLE of a KIN_HANDLE_OTHER). */
uint64_t kin_plat_handle_number(const struct kin_plat_handle *handle);

void kin_plat_handle_close(const struct kin_plat_handle *handle);

/* ---------------------------------------------------------------------------------------------------- processes --- */

enum kin_plat_slot_kind {
    KIN_PLAT_SLOT_NULL,       /* the null device */
    KIN_PLAT_SLOT_INHERIT,    /* what this process has in the same slot (0 to 2); the null device if that is closed */
    KIN_PLAT_SLOT_PIPE_READ,  /* a new pipe, the child reads */
    KIN_PLAT_SLOT_PIPE_WRITE, /* a new pipe, the child writes */
    KIN_PLAT_SLOT_FILE,       /* the file `path`, opened as `mode` says */
    KIN_PLAT_SLOT_HANDLE,     /* a copy of `handle` */
    KIN_PLAT_SLOT_SAME,       /* what slot number `same_as` gets; that one is never itself SAME */
    KIN_PLAT_SLOT_CHANNEL     /* a new channel, made of two ends here; the child has its own in the slot, blocking (POSIX) or
                                 overlapped (Windows), as Node expects; on Windows by the descriptor block of the C runtime */
};

/* One descriptor of the child; its number is its place in the array. */
struct kin_plat_slot {
    enum kin_plat_slot_kind kind;
    const char *path;
    kin_file_mode mode;
    kin_native_handle handle;
    size_t same_as;
    void *owner;         /* for the events of the pipe */
    kin_plat_pipe *pipe; /* result: our end, for the two kinds of pipe, and the channel */
};

/* A start with nothing left to decide: every default is filled in, everything contradictory was refused. */
struct kin_plat_launch {
    const char *file;               /* a name to look up, or a path, relative to `cwd` */
    const char *const *argv;        /* at least one, NULL-terminated */
    const char *const *environment; /* all of it, NULL-terminated, no name twice; NULL: what this process has */
    const char *cwd;                /* NULL: that of this process */
    struct kin_plat_slot *slots;    /* 0, 1, 2 and further */
    size_t slot_count;              /* at least 3 */
    bool tree;                      /* a process group or job of its own */
    bool detached;                  /* a session of its own, no console, no job that ends with us */
    bool die_with_parent;           /* it, or its tree, ends by force when this process does; not with `detached` */
    bool set_umask;                 /* POSIX; elsewhere KIN_ENOTSUP */
    unsigned umask;
    const kin_credentials *credentials; /* POSIX; elsewhere KIN_ENOTSUP; NULL: unchanged */
    bool hidden;                        /* Windows */
    bool verbatim_arguments;            /* Windows */
    kin_batch_policy batch;             /* Windows */
};

/*
 * Starts a process. On success the program runs, `slots[…].pipe` are open and an exit event will come. On failure nothing is
 * left: no descriptor, no zombie, the signal mask as it was; `failure` says which step and on what.
 */
int kin_plat_spawn(kin_plat_loop *loop, struct kin_plat_launch *launch, void *owner, kin_plat_process **process,
                   struct kin_plat_failure *failure);

/* Where kin_plat_spawn() would find `launch->file`; only file, cwd, environment and batch are looked at. Length or error. */
int kin_plat_which(const struct kin_plat_launch *launch, char *path, size_t size, struct kin_plat_failure *failure);

int64_t kin_plat_process_id(const kin_plat_process *process);

/*
 * Signals the process (`tree` false) or all of its tree. Safe at any time until kin_plat_process_close(): an id is never
 * recycled under our hands, since a process with a tree is not reaped before it is closed. Signal 0 asks whether it, or
 * anything of the tree, lives.
 * 0; KIN_ALREADY_ENDED; KIN_EPERM, KIN_ENOTSUP, KIN_EINVAL (no such signal).
 */
int kin_plat_process_signal(kin_plat_process *process, int signal, bool tree);

/*
 * Asks the process, or its tree, to end, in a way that it can refuse. 0 when it was asked; KIN_ALREADY_ENDED; KIN_ENOTSUP
 * when there is no way to ask, so that only force remains.
 */
int kin_plat_process_ask(kin_plat_process *process, bool tree);

/* Takes the processor from the process, or its tree, or gives it back. 0, also when nothing changed; KIN_ALREADY_ENDED,
   KIN_EPERM. */
int kin_plat_process_suspend(kin_plat_process *process, bool tree);
int kin_plat_process_resume(kin_plat_process *process, bool tree);

/* Lets go. A process that still runs, runs on; it is reaped when it ends, also after the loop has been closed. One that dies
   with its parent still does. */
void kin_plat_process_close(kin_plat_process *process);

/* ------------------------------------------------------------------------------------------------------ threads --- */

/* What guards the little that threads share: tokens of kin_cancel. Held for a few instructions, never while waiting. */
typedef struct kin_plat_mutex kin_plat_mutex;

int kin_plat_mutex_open(kin_plat_mutex **mutex);
void kin_plat_mutex_close(kin_plat_mutex *mutex);
void kin_plat_mutex_lock(kin_plat_mutex *mutex);
void kin_plat_mutex_unlock(kin_plat_mutex *mutex);

/* -------------------------------------------------------------------------------------------- the host's things --- */

/* How the system's shell runs one line. `storage` holds the text that was made for it. */
struct kin_plat_shell {
    const char *file;
    const char *argv[6];
    bool verbatim_arguments;
    void *storage;
};

int kin_plat_shell_open(const char *command, struct kin_plat_shell *shell);
void kin_plat_shell_close(struct kin_plat_shell *shell);

/* A copy of this process's environment as "NAME=value", NULL-terminated; for kin_plat_environment_free(). */
int kin_plat_environment(char ***environment);
void kin_plat_environment_free(char **environment);

/*
 * Orders two names of variables as the system does: byte for byte, or without regard to case. Negative, 0, positive. The name
 * ends at its size, there is no zero byte.
 */
int kin_plat_variable_compare(const char *left, size_t left_size, const char *right, size_t right_size);

/*
 * A variable of this process's environment, copied into `value` and terminated. Its length; KIN_ENOENT; KIN_ENAMETOOLONG when
 * it does not fit, and then `value` is empty. A NULL `value` asks for the length alone.
 */
int kin_plat_variable_read(const char *name, char *value, size_t size);

/* Removes it from the environment of this process, on Windows also from the copy of the C runtime. */
void kin_plat_variable_remove(const char *name);

/* The program that this process runs, as a path to start it again: on Linux one that stays good when the file is renamed or
   deleted, elsewhere where the file was found. Length; KIN_ENAMETOOLONG; or the error. */
int kin_plat_self(char *path, size_t size);

#endif
