/* SPDX-License-Identifier: MIT */
/**
 * @file fork.h
 * @brief This program again, at a named entry, or another one, with a channel between parent and child.
 *
 * @code
 * static int sum(kin_channel *parent)
 * {
 *     kin_message message;
 *     while (kin_channel_receive(parent, &message, KIN_FOREVER) > 0)
 *         reply_with_sum(parent, &message);
 *     return 0;
 * }
 *
 * int main(void)
 * {
 *     static const kin_entry entries[] = { { "sum", sum }, { NULL, NULL } };
 *     int code;
 *
 *     if (kin_dispatch(entries, &code))
 *         return code;
 *     …
 *     kin_fork(loop, "sum", NULL, &child);
 *     kin_channel_request(kin_child_channel(child), "[1,2,3]", 7, 0, on_sum, &job);
 * }
 * @endcode
 *
 * Nothing of the parent's memory is in the child: it is a new process of the same file.
 */
#ifndef KIN_FORK_H
#define KIN_FORK_H

#include <kin/channel.h>
#include <kin/process.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Exit code of a child whose entry is not in the table of kin_dispatch(). */
#define KIN_EXIT_NO_ENTRY 127

/** A place where a forked child begins. A table of them ends with one whose `run` is NULL. */
typedef struct kin_entry {
    const char *name; /**< As kin_fork() says it. Empty: the entry of children that were forked by others, Node for example. */
    int (*run)(kin_channel *parent); /**< What the child does; it returns the exit code. The channel has a private loop, is
                                          flushed when `run` returns, and released then. */
} kin_entry;

/**
 * @brief Runs the entry that this process was started for. Call it early in `main`, while there is one thread.
 *
 * The variables that announce entry and channel are removed from the environment, so that no child of this process finds
 * them.
 * @param entries The table.
 * @param[out] code The exit code, to be returned by `main`: that of the entry; #KIN_EXIT_NO_ENTRY when it is not in the table,
 *             or the channel is not there.
 * @return 1 when this is a forked child, and it is done; 0 when it is not: go on with `main`.
 */
KIN_API int kin_dispatch(const kin_entry *entries, int *code);

/**
 * @brief Starts a child with a channel: kin_spawn() with a few things decided.
 * @param loop As kin_spawn(); NULL: a private loop, for the blocking calls.
 * @param entry The entry at which this program begins again. It is the file that runs now, also if it was renamed or deleted,
 *              where the system allows (Linux). NULL: the program of `options->argv`, a script with its interpreter for example:
 *              `{ "node", "worker.js", NULL }`.
 * @param options As kin_spawn(); NULL: as all zero. With an entry, `argv` may be missing, and `file` must be. Without
 *                `options->channel` the channel has the default options.
 * @param[out] child As kin_spawn(). Its channel is kin_child_channel().
 * @return As kin_spawn().
 */
KIN_API int kin_fork(kin_loop *loop, const char *entry, const kin_spawn_options *options, kin_child **child);

#ifdef __cplusplus
}
#endif

#endif
