/* SPDX-License-Identifier: MIT */
/**
 * @file blocking.h
 * @brief A child without callbacks: start it with kin_spawn() and no loop, then read, write and wait.
 *
 * It is the same machinery with a private loop inside. These calls are for one thread at a time. A child that fills one
 * output while you wait for another stands still, as with any pipe: to feed and drain everything at once, use
 * kin_exec_file_sync().
 */
#ifndef KIN_BLOCKING_H
#define KIN_BLOCKING_H

#include <kin/process.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Reads what there is, or waits for it.
 * @param child A child without a loop of yours.
 * @param slot 1 for stdout, 2 for stderr, 3 … for extra ones; a pipe that the child writes.
 * @param[out] data Where to put the bytes.
 * @param size Room, in bytes; not 0.
 * @param timeout_ms How long to wait; 0 not at all; #KIN_FOREVER.
 * @return How many bytes; 0 at the end; #KIN_ETIMEDOUT; #KIN_EINVAL for a slot without such a pipe, or a child that
 *         belongs to a loop of yours; else the error.
 */
KIN_API int64_t kin_child_read(kin_child *child, unsigned slot, void *data, size_t size, int64_t timeout_ms);

/**
 * @brief Writes everything, or as much as the time allows.
 * @param child A child without a loop of yours.
 * @param slot 0 for stdin; a pipe that the child reads.
 * @param data The bytes.
 * @param size How many.
 * @param timeout_ms How long to try; #KIN_FOREVER.
 * @return `size`, or less when the time was up after that many; #KIN_ETIMEDOUT when it was up before the first;
 *         #KIN_EPIPE; #KIN_EINVAL.
 */
KIN_API int64_t kin_child_write(kin_child *child, unsigned slot, const void *data, size_t size, int64_t timeout_ms);

/**
 * @brief Closes our end of a pipe: for stdin the end of the child's input.
 * @param child A child without a loop of yours.
 * @param slot The slot.
 * @return 0 or #KIN_EINVAL.
 */
KIN_API int kin_child_close(kin_child *child, unsigned slot);

/**
 * @brief Waits for the exit. What the child wrote can still be read afterwards.
 * @param child A child without a loop of yours.
 * @param timeout_ms How long to wait; 0 not at all; #KIN_FOREVER.
 * @param[out] status How it ended; may be NULL.
 * @return 0 when it has ended; #KIN_ETIMEDOUT; #KIN_EINVAL. It may be called again.
 */
KIN_API int kin_child_wait(kin_child *child, int64_t timeout_ms, kin_status *status);

/**
 * @brief Waits until the child and all its descendants have ended.
 * @param child A child without a loop of yours, started with `tree`.
 * @param timeout_ms How long to wait; 0 not at all; #KIN_FOREVER.
 * @return 0 when nothing of the tree lives; #KIN_ETIMEDOUT; #KIN_EINVAL. It may be called again.
 */
KIN_API int kin_child_wait_tree(kin_child *child, int64_t timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
