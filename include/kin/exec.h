/* SPDX-License-Identifier: MIT */
/**
 * @file exec.h
 * @brief Run something and have its output: a program, or one line for the system's shell.
 *
 * kin_exec_file() never meets a shell: an argument is an argument and nothing more. kin_exec() gives one string to the
 * shell (`/bin/sh -c`, `cmd.exe /d /s /c`): never build that string from what others wrote. The child and what it starts
 * are one tree, ended as a whole by a limit.
 */
#ifndef KIN_EXEC_H
#define KIN_EXEC_H

#include <kin/process.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What is kept of each output unless `max_buffer` is set, in bytes. */
#define KIN_MAX_BUFFER ((size_t)1024 * 1024)

/** For kin_exec_options::max_buffer: no limit. */
#define KIN_UNLIMITED ((size_t)-1)

/** How to run it. All zero is the default; a NULL pointer to it is all zero. */
typedef struct kin_exec_options {
    const char *cwd;              /**< As in kin_spawn_options. */
    const char *const *env_set;   /**< As in kin_spawn_options. */
    const char *const *env_unset; /**< As in kin_spawn_options. */
    bool env_clean;               /**< As in kin_spawn_options. */
    const char *file;             /**< kin_exec_file(): the program, if it is not `argv[0]`. */

    const void *input; /**< What the child reads on stdin, any size; lent until the end. NULL: nothing, end-of-file. */
    size_t input_size; /**< Bytes of `input`. */
    bool merge_err;    /**< stderr goes where stdout goes, in order; `result.err` stays empty. */

    size_t max_buffer;       /**< Most bytes of each output; one more ends the tree. 0: #KIN_MAX_BUFFER; #KIN_UNLIMITED. */
    int64_t timeout_ms;      /**< End the tree after this time; 0 or #KIN_FOREVER: never. */
    int64_t idle_timeout_ms; /**< End the tree after so long without output; 0 or #KIN_FOREVER: never. */
    int64_t grace_ms;        /**< As in kin_spawn_options. */
    kin_cancel *cancel;      /**< As in kin_spawn_options. */
    int64_t close_delay_ms;  /**< As in kin_spawn_options. */
    bool wait_tree;          /**< As in kin_spawn_options: it is over when no descendant lives. */
    bool die_with_parent;    /**< As in kin_spawn_options. */

    bool set_umask;                     /**< As in kin_spawn_options. */
    unsigned umask;                     /**< As in kin_spawn_options. */
    const kin_credentials *credentials; /**< As in kin_spawn_options. */
    bool hidden;                        /**< As in kin_spawn_options. */
    bool verbatim_arguments;            /**< kin_exec_file(): as in kin_spawn_options. */
    kin_batch_policy batch;             /**< kin_exec_file(): as in kin_spawn_options. */
} kin_exec_options;

/** Captured bytes. */
typedef struct kin_bytes {
    char *data;      /**< The bytes, with a zero byte behind them that is not counted; never NULL after a start. */
    size_t size;     /**< How many. */
    bool truncated;  /**< There was more than `max_buffer`. */
    bool incomplete; /**< Others still held the pipe when it was closed: they may have had more to say. */
} kin_bytes;

/** What came of it. */
typedef struct kin_result {
    int code;             /**< What the call returns: 0 when the program ran to its end, else a negative #kin_code. */
    kin_error error;      /**< The detail when `code` is negative. */
    kin_status status;    /**< How the child ended, and why. */
    kin_bytes out;        /**< Its stdout; the first part of it after a failure. */
    kin_bytes err;        /**< Its stderr, the same. */
    uint64_t duration_us; /**< From the start to the end, microseconds. */
} kin_result;

/**
 * @brief Runs a program and waits for it. Needs no loop; blocks the calling thread. Any thread.
 * @param argv Arguments, the program's name first, NULL-terminated.
 * @param options How; NULL for the defaults.
 * @param[out] result What came of it; give it to kin_result_free() in any case.
 * @return 0 when the program ran to its end, with whatever exit code (kin_status_ok() tells). Else as kin_spawn(), or
 *         #KIN_ETIMEDOUT, #KIN_ECANCELED, #KIN_ENOBUFS (more than `max_buffer`), #KIN_EIO and others of reading; the output so
 *         far is kept.
 */
KIN_API int kin_exec_file_sync(const char *const *argv, const kin_exec_options *options, kin_result *result);

/**
 * @brief Runs one line in the system's shell and waits for it. Needs no loop; blocks the calling thread. Any thread.
 * @param command The line; not empty.
 * @param options How; NULL for the defaults.
 * @param[out] result What came of it; give it to kin_result_free() in any case.
 * @return As kin_exec_file_sync(). A command that the shell does not find is an exit code of the shell, not an error.
 */
KIN_API int kin_exec_sync(const char *command, const kin_exec_options *options, kin_result *result);

/**
 * @brief Frees the outputs and leaves an empty result.
 * @param result The result, all zero or filled by a call; NULL does nothing. Any thread.
 */
KIN_API void kin_result_free(kin_result *result);

/**
 * @brief It is over; comes exactly once after a successful start.
 * @param result What came of it, the library's until the callback returns. To keep an output, take `data` and put NULL
 *        in its place; give it to `free()` later.
 * @param user As given with the call.
 */
typedef void kin_exec_callback(kin_result *result, void *user);

/**
 * @brief Runs a program on a loop.
 * @param loop The loop.
 * @param argv Arguments, the program's name first, NULL-terminated; copied.
 * @param options How; NULL for the defaults. Only `input` is needed after the call.
 * @param on_done Told at the end.
 * @param user Handed to the callback.
 * @param[out] child The child, for kin_kill_tree() or kin_child_unref(); the library's, good until `on_done` returns. May
 *             be NULL.
 * @return 0, or as kin_spawn() when it could not start; then `on_done` does not come.
 */
KIN_API int kin_exec_file(kin_loop *loop, const char *const *argv, const kin_exec_options *options, kin_exec_callback *on_done,
                          void *user, kin_child **child);

/**
 * @brief Runs one line in the system's shell on a loop.
 * @param loop The loop.
 * @param command The line, not empty; copied.
 * @param options How; NULL for the defaults. Only `input` is needed after the call.
 * @param on_done Told at the end.
 * @param user Handed to the callback.
 * @param[out] child As kin_exec_file().
 * @return As kin_exec_file().
 */
KIN_API int kin_exec(kin_loop *loop, const char *command, const kin_exec_options *options, kin_exec_callback *on_done,
                     void *user, kin_child **child);

#ifdef __cplusplus
}
#endif

#endif
