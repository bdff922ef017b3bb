/* SPDX-License-Identifier: MIT */
/**
 * @file cancel.h
 * @brief A token by which any thread gives up the work of others.
 *
 * Put it into the options of as many children as you like, blocking calls included. When it is triggered, they are asked to
 * end, then forced, like those whose time is up; their status says #KIN_CAUSE_CANCELLED, and what they wrote is kept. A start
 * with a token that is triggered already fails with #KIN_ECANCELED.
 */
#ifndef KIN_CANCEL_H
#define KIN_CANCEL_H

#include <stdbool.h>

#include <kin/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A token. Opaque. */
typedef struct kin_cancel kin_cancel;

/**
 * @brief Makes a token.
 * @param[out] cancel The token, yours until kin_cancel_release().
 * @return 0, #KIN_EINVAL or #KIN_ENOMEM. Any thread.
 */
KIN_API int kin_cancel_create(kin_cancel **cancel);

/**
 * @brief Gives a token back. Legal at any time; children that were started with it keep what they need, and run on.
 * @param cancel The token; NULL does nothing. Any thread.
 */
KIN_API void kin_cancel_release(kin_cancel *cancel);

/**
 * @brief Cancels everything that was and will be started with the token. For good: there is no way back.
 *
 * It returns at once; who is cancelled is told in the usual ways. Loops that watch such children are woken, which may call
 * their kin_loop_on_wake() callback once more.
 * @param cancel The token.
 * @return 0, also the second time; #KIN_EINVAL. Any thread; not in a signal handler.
 */
KIN_API int kin_cancel_trigger(kin_cancel *cancel);

/**
 * @brief Whether it was triggered.
 * @param cancel The token; NULL is false. Any thread.
 * @return True from kin_cancel_trigger() on.
 */
KIN_API bool kin_cancel_is_triggered(const kin_cancel *cancel);

#ifdef __cplusplus
}
#endif

#endif
