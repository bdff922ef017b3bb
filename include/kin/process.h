/* SPDX-License-Identifier: MIT */
/**
 * @file process.h
 * @brief Starting a child, its streams, its end.
 *
 * The order of events is the same everywhere: data …, `on_exit` once, remaining data, `on_close` once. Exit means that the
 * process ended; close means that its streams are drained as well.
 */
#ifndef KIN_PROCESS_H
#define KIN_PROCESS_H

#include <stddef.h>

#include <kin/cancel.h>
#include <kin/channel.h>
#include <kin/loop.h>
#include <kin/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A started process and its life. Opaque. */
typedef struct kin_child kin_child;

/** How long `on_close` waits after the exit for others that hold the child's pipes, unless set; milliseconds. */
#define KIN_CLOSE_DELAY_MS ((int64_t)2000)

/** For kin_spawn_options::close_delay_ms: do not wait at all. */
#define KIN_AT_ONCE ((int64_t)-2)

/** Between asking a child to end and ending it by force, where a limit was passed, unless set; milliseconds. */
#define KIN_GRACE_MS ((int64_t)2000)

/** How long a child that was ended by force may take to be gone, before it is given up: #KIN_EXIT_ABANDONED; milliseconds. */
#define KIN_ABANDON_MS ((int64_t)10000)

/* ------------------------------------------------------------------------------------------------ how it ended --- */

/** How a process ended. */
typedef enum kin_exit_kind {
    KIN_EXIT_NONE = 0, /**< It has not ended. */
    KIN_EXIT_CODE,     /**< It exited with a code. */
    KIN_EXIT_SIGNAL,   /**< A signal ended it (POSIX), or kin_kill() with that number did (Windows). */
    KIN_EXIT_CRASH,    /**< An exception ended it (Windows); `code` is the exception, 0xC0000005 for example. */
    KIN_EXIT_LOST,     /**< It ended, but somebody else in this process took the status. */
    KIN_EXIT_ABANDONED /**< It was ended by force and is still not gone: it hangs in the system, or has rights that we have not.
                            It is not waited for any longer; when it ends after all, no zombie stays. */
} kin_exit_kind;

/** Why it ended, as far as we had a part in it. */
typedef enum kin_exit_cause {
    KIN_CAUSE_NONE = 0,     /**< By itself, or others ended it. */
    KIN_CAUSE_KILLED,       /**< kin_kill() or kin_kill_tree(). */
    KIN_CAUSE_STOPPED,      /**< kin_stop(). */
    KIN_CAUSE_TIMEOUT,      /**< `timeout_ms` was up. */
    KIN_CAUSE_IDLE_TIMEOUT, /**< It wrote nothing for `idle_timeout_ms`. */
    KIN_CAUSE_CANCELLED,    /**< kin_cancel_trigger(). */
    KIN_CAUSE_OUTPUT_LIMIT  /**< More output than `max_buffer`. */
} kin_exit_cause;

/** What a child used, where the system knows. */
typedef struct kin_usage {
    bool known;                 /**< False: the other members say nothing. */
    uint64_t user_us;           /**< CPU time in the program, microseconds. */
    uint64_t system_us;         /**< CPU time in the system for it, microseconds. */
    uint64_t peak_memory_bytes; /**< Most memory it had at once; Linux counts what this process had when it started it. */
} kin_usage;

/** The end of a child. A plain value. */
typedef struct kin_status {
    kin_exit_kind kind;     /**< How it ended. */
    kin_exit_cause cause;   /**< Our part in it. */
    uint32_t code;          /**< The exit code, all 32 bits on Windows; 0 unless `kind` says that there is one. */
    int signal;             /**< The signal; 0 unless `kind` is #KIN_EXIT_SIGNAL. */
    bool core_dumped;       /**< POSIX: it left a core. */
    bool forced;            /**< kin_stop(), a limit or a cancel ended it by force: it did not end when asked, or there is no
                                 way to ask it. */
    bool output_incomplete; /**< In `on_close`: others held its pipes and were not waited for any longer. */
    uint64_t held_slots;    /**< Which pipes those were: bit 1 for stdout, bit 2 for stderr …; slots above 63 are not told. */
    kin_usage usage;        /**< What it used. */
} kin_status;

/**
 * @brief Whether it exited with code 0.
 * @param status The status; NULL is false.
 * @return True for exit code 0, whatever our part in it. Any thread.
 */
KIN_API bool kin_status_ok(const kin_status *status);

/**
 * @brief One line for a person: `exited 3`, `signal 9 (timeout)`, `crashed 0xc0000005`.
 * @param status The status.
 * @param[out] text Where to write it, always terminated when `size` is not 0.
 * @param size Bytes of `text`.
 * @return The length of the whole line, as `snprintf`; #KIN_EINVAL. Any thread.
 */
KIN_API int kin_status_text(const kin_status *status, char *text, size_t size);

/* ---------------------------------------------------------------------------------------------- how it starts --- */

/** What a child finds in a stdio slot. */
typedef enum kin_stdio_kind {
    KIN_STDIO_DEFAULT = 0, /**< A pipe if `on_data` is set; else #KIN_STDIO_INHERIT in slots 0–2, #KIN_STDIO_IGNORE above and
                                for a `detached` child. */
    KIN_STDIO_PIPE,        /**< A pipe to us: the child reads slot 0 and writes every other one. */
    KIN_STDIO_PIPE_INPUT,  /**< A pipe to us that the child reads, for slots 3 and up. */
    KIN_STDIO_INHERIT,     /**< What this process has in the slot; slots 0–2. The null device if that is closed. */
    KIN_STDIO_IGNORE,      /**< The null device: reads end at once, writes vanish. */
    KIN_STDIO_FILE_READ,   /**< The file `path`, for reading. */
    KIN_STDIO_FILE_TRUNCATE, /**< The file `path`, for writing from nothing; made if missing. */
    KIN_STDIO_FILE_APPEND,   /**< The file `path`, for writing at its end; made if missing. */
    KIN_STDIO_HANDLE,        /**< The descriptor or HANDLE `handle`; it stays yours and may be closed after the start. */
    KIN_STDIO_SAME_AS, /**< The same as slot number `slot`: `2>&1` is `.err = { .kind = KIN_STDIO_SAME_AS, .slot = 1 }`. */
    KIN_STDIO_CHANNEL  /**< The channel: kin_child_channel(). One slot at most; needs no more than being there. */
} kin_stdio_kind;

/** One stdio slot. All zero is the default. Relative paths are relative to this process's directory. */
typedef struct kin_stdio {
    kin_stdio_kind kind;        /**< What the child finds. */
    kin_data_callback *on_data; /**< Pipe that the child writes: told about bytes. Without it, kin_stream_on_data() later. */
    kin_end_callback *on_end;   /**< Pipe that the child writes: told about the end; may be NULL. */
    const char *path;           /**< File: the path, UTF-8. */
    kin_native_handle handle;   /**< Handle: what to give. */
    unsigned slot;              /**< Same as: which slot. */
} kin_stdio;

/** POSIX: who the child is. Ids are set in the order groups, gid, uid, and every one is checked. */
typedef struct kin_credentials {
    uint32_t uid;           /**< Real, effective and saved user; (uint32_t)-1 is refused. */
    uint32_t gid;           /**< Real, effective and saved group; (uint32_t)-1 is refused. */
    const uint32_t *groups; /**< The supplementary groups; NULL with a count of 0 drops all. */
    size_t group_count;     /**< How many. */
    bool keep_groups;       /**< Leave the supplementary groups as they are; `groups` must be empty. */
} kin_credentials;

/** Windows: what to do with `.bat` and `.cmd` files, which run in cmd.exe whatever the caller wants. */
typedef enum kin_batch_policy {
    KIN_BATCH_REFUSE = 0, /**< Refuse with #KIN_EINVAL. */
    KIN_BATCH_ESCAPE      /**< Escape for cmd.exe; refuse with #KIN_EINVAL what cannot be escaped. */
} kin_batch_policy;

/**
 * @brief How to start a child. All zero is the default of each member; only `argv` is needed.
 *
 * Everything is read during the call and copied where it is needed longer. Text is UTF-8.
 */
typedef struct kin_spawn_options {
    const char *const *argv; /**< Arguments, the program's name first, NULL-terminated; they arrive byte for byte. */
    const char *file;        /**< The program, if it is not `argv[0]`. Without a separator it is looked up in the child's
                                  PATH; with one it is relative to `cwd`. */
    const char *cwd;         /**< Working directory; NULL: ours. */

    const char *const *env_set;   /**< `NAME=value` to add or replace, NULL-terminated; later ones win. */
    const char *const *env_unset; /**< Names to leave out, NULL-terminated. */
    bool env_clean;               /**< Start from nothing instead of our environment. Windows: SYSTEMROOT stays. */

    kin_stdio in;           /**< Slot 0. */
    kin_stdio out;          /**< Slot 1. */
    kin_stdio err;          /**< Slot 2. */
    const kin_stdio *extra; /**< Slots 3, 4, …; on Windows seen by programs of Microsoft's C runtimes. */
    size_t extra_count;     /**< How many; at most 252. */

    const kin_channel_options
        *channel; /**< A channel, and how it works; in the slot of kind #KIN_STDIO_CHANNEL, or in the first
                                             behind those given here. NULL: none, unless there is such a slot. A child without
                                             one does not inherit the variables that would announce ours. */

    int64_t timeout_ms;      /**< End the child (its tree, with `tree`) after this time; 0 or #KIN_FOREVER: never. */
    int64_t idle_timeout_ms; /**< End it after so long without a byte from any of its pipes; the time in which one of them is
                                  paused does not count; 0 or #KIN_FOREVER: never. Needs a pipe that the child writes. */
    int64_t grace_ms;        /**< What is ended by one of these or by `cancel` is asked first, and forced after this time; 0:
                                  #KIN_GRACE_MS; #KIN_AT_ONCE: not asked; #KIN_FOREVER: not forced. */
    kin_cancel *cancel;      /**< Ends it when triggered, from any thread; NULL: none. */
    int64_t close_delay_ms;  /**< How long after the exit others may hold its pipes; 0: #KIN_CLOSE_DELAY_MS; #KIN_AT_ONCE;
                                  #KIN_FOREVER. */

    bool tree;      /**< The child and its descendants are a unit: a process group (POSIX) or a job (Windows). */
    bool wait_tree; /**< With `tree`: `on_close` also waits until no descendant lives. It is looked for some times in a second,
                         and kin_kill_tree() works until then. Members that left the group (POSIX) are not waited for. */
    bool detached;  /**< A daemon: a session of its own (POSIX), no console (Windows), outside of a job of ours where that lets
                         go. It outlives this process and its terminal. Slots 0–2 are #KIN_STDIO_IGNORE unless set. */
    bool die_with_parent; /**< It ends by force when this process ends, in whatever way; with `tree` its tree as well, until
                               `on_close`. Not with `detached`. What cannot be promised is in docs/processes.md. */

    bool set_umask;                     /**< POSIX: `umask` counts. Elsewhere #KIN_ENOTSUP. */
    unsigned umask;                     /**< POSIX: the file mode creation mask. */
    const kin_credentials *credentials; /**< POSIX: who the child is; NULL: as we. Elsewhere #KIN_ENOTSUP. */

    bool hidden;             /**< Windows: no console window. No effect elsewhere. */
    bool verbatim_arguments; /**< Windows: `argv` joined by single blanks as it is, for programs with rules of their own. No
                                  effect elsewhere. */
    kin_batch_policy batch;  /**< Windows: batch files. No effect elsewhere. */

    /** The process has ended; its streams may still have data. */
    void (*on_exit)(kin_child *child, const kin_status *status, void *user);
    /** The process has ended and its streams are drained. The last callback of the child. */
    void (*on_close)(kin_child *child, const kin_status *status, void *user);
    void *user; /**< Handed to every callback of the child and its streams. */

    kin_error *error; /**< Filled when the call fails; may be NULL. */
} kin_spawn_options;

/**
 * @brief Starts a child.
 *
 * When the call returns 0, the program runs: whatever could go wrong before its first instruction is the result of this
 * call. When it fails, nothing is left behind and no callback comes. Signal dispositions and the signal mask of the child
 * are the default ones. Only the slots asked for are open in it.
 * @param loop The loop that watches it. NULL: the child gets a private loop, for a program that uses the calls of
 *        blocking.h instead of callbacks.
 * @param options How.
 * @param[out] child The child, yours until kin_child_release(). NULL (with a loop): you do not want it, and the library
 *             releases it after `on_close`.
 * @return 0, or a negative #kin_code with its detail in `options->error`. At stage `exec` and `chdir` #KIN_ENOENT,
 *         #KIN_EACCES, #KIN_ENOTDIR; at stage `exec` #KIN_ENOEXEC, #KIN_ETXTBSY, #KIN_E2BIG; anywhere #KIN_ENOMEM,
 *         #KIN_EMFILE, #KIN_EAGAIN; #KIN_EINVAL and #KIN_ENOTSUP name the option.
 */
KIN_API int kin_spawn(kin_loop *loop, const kin_spawn_options *options, kin_child **child);

/**
 * @brief Where a program would be found, by the rules and with the environment of kin_spawn().
 * @param options `argv` or `file`, and `cwd`, `env_…`, `batch`; the rest is not looked at.
 * @param[out] path The absolute path, UTF-8.
 * @param size Bytes of `path`.
 * @return The length of the path; #KIN_ENAMETOOLONG when it does not fit; else as kin_spawn(). Any thread.
 */
KIN_API int kin_which(const kin_spawn_options *options, char *path, size_t size);

/* ------------------------------------------------------------------------------------------------ a child ------- */

/**
 * @brief Gives a child back. Legal anywhere, also in its own callbacks; none of them runs any more, except that writes
 *        that wait and kin_stream_pipe() are told #KIN_ECANCELED, so that what was lent comes back.
 *
 * A child that is still running runs on, and leaves no zombie. Its pipes are closed.
 * @param child The child; NULL does nothing.
 */
KIN_API void kin_child_release(kin_child *child);

/**
 * @brief The process id. Good for showing it; to signal the child use kin_kill(), which cannot hit a stranger.
 * @param child The child.
 * @return The id, or #KIN_EINVAL.
 */
KIN_API int64_t kin_child_id(const kin_child *child);

/**
 * @brief Our end of the pipe in a slot.
 * @param child The child.
 * @param slot 0 for stdin, 1 for stdout, 2 for stderr, 3 … for `extra`.
 * @return The stream, the child's; NULL when there is no pipe in that slot.
 */
KIN_API kin_stream *kin_child_stream(kin_child *child, unsigned slot);

/**
 * @brief Our end of the channel. Its `on_end` comes before `on_close`, independently of the exit.
 * @param child The child.
 * @return The channel, the child's; NULL when it was started without one.
 */
KIN_API kin_channel *kin_child_channel(kin_child *child);

/**
 * @brief How the child ended.
 * @param child The child.
 * @param[out] status How; all zero while it runs. May be NULL.
 * @return 1 when it has ended, as far as the loop has seen; 0 while it runs; #KIN_EINVAL.
 */
KIN_API int kin_child_status(const kin_child *child, kin_status *status);

/**
 * @brief The `user` of its options.
 * @param child The child; NULL gives NULL.
 * @return The pointer.
 */
KIN_API void *kin_child_user(const kin_child *child);

/**
 * @brief The loop may end although this child has not closed.
 * @param child The child; NULL does nothing.
 */
KIN_API void kin_child_unref(kin_child *child);

/**
 * @brief Takes kin_child_unref() back: the child keeps the loop alive until it has closed. This is how it starts.
 * @param child The child; NULL does nothing.
 */
KIN_API void kin_child_ref(kin_child *child);

/** The signals that work on every system, for programs that shall compile everywhere. */
typedef enum kin_signal {
    KIN_SIGNAL_NONE = 0,      /**< Only asks whether the child lives. */
    KIN_SIGNAL_INTERRUPT = 2, /**< SIGINT. */
    KIN_SIGNAL_QUIT = 3,      /**< SIGQUIT. */
    KIN_SIGNAL_KILL = 9,      /**< SIGKILL. */
    KIN_SIGNAL_TERMINATE = 15 /**< SIGTERM. */
} kin_signal;

/** Result of a kill: there was nothing left to do. */
#define KIN_ALREADY_ENDED 1

/**
 * @brief Sends a signal to the child, never to a stranger with its old id.
 * @param child The child.
 * @param signal A #kin_signal, or any signal number of a POSIX system. On Windows each of #kin_signal but 0 ends the
 *        child, and its status names the signal; others are #KIN_ENOTSUP.
 * @return 0 when sent (or, for signal 0, when it lives); #KIN_ALREADY_ENDED; #KIN_EINVAL, #KIN_EPERM, #KIN_ENOTSUP.
 */
KIN_API int kin_kill(kin_child *child, int signal);

/**
 * @brief Sends a signal to the child and all its descendants. Works also after the child itself has ended, until
 *        `on_close`.
 * @param child A child that was started with `tree`.
 * @param signal As kin_kill(); 0 asks whether any of them lives.
 * @return As kin_kill(); #KIN_EINVAL for a child without `tree`.
 */
KIN_API int kin_kill_tree(kin_child *child, int signal);

/**
 * @brief Ends a child, politely at first: asks it, waits, ends it by force; its whole tree where it has one.
 *
 * POSIX asks by SIGTERM, and by SIGCONT in case it is stopped. Windows asks by a console event (CTRL_BREAK) where the child
 * has `tree` and shares our console, and by WM_CLOSE to its windows; a child that has neither is asked by disconnecting its
 * channel, and one without a channel is ended at once. The call does
 * not wait: `on_exit` tells the end, with cause #KIN_CAUSE_STOPPED and whether force was needed. A second call, and a limit
 * that is passed meanwhile, can make the grace shorter, never longer.
 * @param child The child.
 * @param grace_ms How long to wait before using force; 0: not at all; #KIN_FOREVER: only ask.
 * @return 0 when it was asked or ended; #KIN_ALREADY_ENDED; #KIN_EINVAL; #KIN_EPERM when it has rights that we have not.
 */
KIN_API int kin_stop(kin_child *child, int64_t grace_ms);

/**
 * @brief Suspends a child, and its tree where it has one: it gets no processor until kin_resume(), or until it is ended.
 * @param child The child.
 * @return 0, also when it is suspended already; #KIN_ALREADY_ENDED; #KIN_EINVAL, #KIN_EPERM; #KIN_EAGAIN when it starts
 *         threads or processes faster than they can be suspended (Windows), and then nothing is.
 */
KIN_API int kin_suspend(kin_child *child);

/**
 * @brief Takes kin_suspend() back.
 * @param child The child.
 * @return 0, also when it is not suspended; #KIN_ALREADY_ENDED; #KIN_EINVAL, #KIN_EPERM.
 */
KIN_API int kin_resume(kin_child *child);

#ifdef __cplusplus
}
#endif

#endif
