/* SPDX-License-Identifier: MIT */
/**
 * @file error.h
 * @brief Results and errors: one negative code with the same value on every system, and the detail behind it.
 *
 * Functions return 0 or a count, or a negative #kin_code. A function that can say more fills a #kin_error: which step
 * failed, on what, and what the system called it.
 */
#ifndef KIN_ERROR_H
#define KIN_ERROR_H

#include <kin/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What went wrong. The names are those of POSIX, the values are kin's own and never change. */
typedef enum kin_code {
    KIN_OK = 0,             /**< Nothing went wrong. */
    KIN_EINVAL = -1,        /**< The call makes no sense: a NULL, an empty argv, contradictory options. */
    KIN_ENOMEM = -2,        /**< Out of memory. */
    KIN_ENOENT = -3,        /**< No such file or directory. */
    KIN_EACCES = -4,        /**< Permission denied, or the program is not an executable file. */
    KIN_EPERM = -5,         /**< Not permitted for this user. */
    KIN_ENOTDIR = -6,       /**< A directory was needed and something else is there. */
    KIN_EISDIR = -7,        /**< A directory is there and something else was needed. */
    KIN_ENOEXEC = -8,       /**< The file is not a program of this system; a script without `#!` for example. */
    KIN_ETXTBSY = -9,       /**< The program is being written by somebody. */
    KIN_E2BIG = -10,        /**< Arguments and environment are too long for this system. */
    KIN_ENAMETOOLONG = -11, /**< A path is too long. */
    KIN_ELOOP = -12,        /**< Too many symbolic links. */
    KIN_EMFILE = -13,       /**< This process has too many open descriptors or handles. */
    KIN_ENFILE = -14,       /**< The system has too many open files. */
    KIN_EAGAIN = -15,       /**< A limit is reached (processes, threads, waiting messages); later may work. */
    KIN_EBADF = -16,        /**< Not an open descriptor or handle. */
    KIN_EPIPE = -17,        /**< Nobody reads the other end any more. */
    KIN_EIO = -18,          /**< Input or output failed in the device. */
    KIN_ENOSPC = -19,       /**< No space left on the device. */
    KIN_EEXIST = -20,       /**< It exists already. */
    KIN_EBUSY = -21,        /**< Not now: the thing is in use, or the call came from inside a callback. */
    KIN_ETIMEDOUT = -22,    /**< The time was up. */
    KIN_ECANCELED = -23,    /**< It was given up before it was done: closed, released or cut off. */
    KIN_ENOBUFS = -24,      /**< More output than `max_buffer` allows. */
    KIN_EILSEQ = -25,       /**< Text that is not UTF-8 where the system needs it to be. */
    KIN_ENOTSUP = -26,      /**< This system cannot do it. */
    KIN_ESRCH = -27,        /**< No such process. */
    KIN_ECHILD = -28,       /**< Not our child: used in a copy of this process that was made by `fork()`. */
    KIN_ENXIO = -29,        /**< No such device. */
    KIN_EUNKNOWN = -30,     /**< The system gave an error without a name here; see `os_code`. */
    KIN_EPROTO = -31,       /**< The peer sent what is no message, or ended in the middle of one. */
    KIN_EMSGSIZE = -32,     /**< A message is larger than the channel takes. */
    KIN_EREMOTE = -33       /**< The peer replied that it failed. */
} kin_code;

/** The step of the work that failed. */
typedef enum kin_stage {
    KIN_STAGE_NONE = 0,    /**< No step. */
    KIN_STAGE_OPTIONS,     /**< The options were read. */
    KIN_STAGE_MEMORY,      /**< Memory was asked for. */
    KIN_STAGE_ENVIRONMENT, /**< The environment of the child was put together. */
    KIN_STAGE_LOOP,        /**< A loop was made. */
    KIN_STAGE_PIPE,        /**< A pipe for a stdio slot was made. */
    KIN_STAGE_OPEN,        /**< A file for a stdio slot was opened. */
    KIN_STAGE_LAUNCH,      /**< The process was made: clone, fork, CreateProcess. */
    KIN_STAGE_TREE,        /**< The process was put into a group or job of its own. */
    KIN_STAGE_STDIO,       /**< A descriptor was put into its slot. */
    KIN_STAGE_GROUPS,      /**< The supplementary groups were set. */
    KIN_STAGE_GID,         /**< The group was set. */
    KIN_STAGE_UID,         /**< The user was set. */
    KIN_STAGE_CHDIR,       /**< The working directory was entered. */
    KIN_STAGE_EXEC,        /**< The program was looked up and started. */
    KIN_STAGE_WATCH,       /**< The loop began to watch the child. */
    KIN_STAGE_RUN,         /**< The child ran: a time limit, an output limit. */
    KIN_STAGE_READ,        /**< A stream was read. */
    KIN_STAGE_WRITE        /**< A stream was written. */
} kin_stage;

/** Bytes of kin_error::text; a longer subject is cut. */
#define KIN_ERROR_TEXT_SIZE 256

/**
 * @brief Everything known about a failure. A plain value: copy it, keep it, nothing to free.
 *
 * All zero is "no error".
 */
typedef struct kin_error {
    kin_code code;                  /**< What went wrong. */
    int os_code;                    /**< `errno` or `GetLastError()`; 0 where the system had no part in it. */
    kin_stage stage;                /**< The step that failed. */
    unsigned subject_offset;        /**< Where in `text` the subject begins. */
    char text[KIN_ERROR_TEXT_SIZE]; /**< The sentence; read it with kin_error_text(). */
} kin_error;

/**
 * @brief One line for a person: `chdir: ENOENT: /no/such/directory`.
 * @param error A filled or zeroed error; NULL is read as no error.
 * @return Text that lives as long as `error`; `ok` when there is none. Never NULL. Any thread.
 */
KIN_API const char *kin_error_text(const kin_error *error);

/**
 * @brief What the failed step was about: the path, the name, the option.
 * @param error A filled or zeroed error; NULL is read as no error.
 * @return Text that lives as long as `error`; empty when there is none. Never NULL. Any thread.
 */
KIN_API const char *kin_error_subject(const kin_error *error);

/**
 * @brief The name of a code: `ENOENT`.
 * @param code A #kin_code, as any function returned it; a positive count is read as no error.
 * @return Static text: `ok` for no error, `EUNKNOWN` for a value that is no code. Any thread.
 */
KIN_API const char *kin_code_name(int code);

/**
 * @brief The meaning of a code, for a person: `no such file or directory`.
 * @param code A #kin_code, as any function returned it; a positive count is read as no error.
 * @return Static text. Any thread.
 */
KIN_API const char *kin_code_text(int code);

/**
 * @brief The name of a stage: `chdir`.
 * @param stage The stage.
 * @return Static text; empty for #KIN_STAGE_NONE. Any thread.
 */
KIN_API const char *kin_stage_name(kin_stage stage);

#ifdef __cplusplus
}
#endif

#endif
