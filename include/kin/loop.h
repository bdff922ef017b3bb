/* SPDX-License-Identifier: MIT */
/**
 * @file loop.h
 * @brief The loop: it waits for children, streams and timers, and calls you back.
 *
 * A loop belongs to the thread that uses it; of all functions here only kin_loop_wake() may be called from another
 * one. A program may have any number of loops. Nothing is shared between them, no signal handler is installed and
 * nothing in the process changes.
 *
 * Three rules hold for every callback of the library. It never runs inside the call that started the work. It may call
 * anything, also release the object that it is about. It runs on the thread that runs the loop.
 */
#ifndef KIN_LOOP_H
#define KIN_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include <kin/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
/** What the system calls an open file, pipe or event: a HANDLE on Windows, a descriptor elsewhere. */
typedef void *kin_native_handle;
#else
/** What the system calls an open file, pipe or event: a HANDLE on Windows, a descriptor elsewhere. */
typedef int kin_native_handle;
#endif

/** A time that never comes, for every `…_ms` parameter that allows it. */
#define KIN_FOREVER ((int64_t)-1)

/** A loop. Opaque. */
typedef struct kin_loop kin_loop;

/** A timer of a loop. Opaque. */
typedef struct kin_timer kin_timer;

/** How long kin_loop_run() stays. */
typedef enum kin_run_mode {
    KIN_RUN_UNTIL_IDLE = 0, /**< Until nothing is left that keeps the loop alive, or kin_loop_stop(). */
    KIN_RUN_ONCE,           /**< Waits for the first events, handles them, returns. */
    KIN_RUN_NOWAIT          /**< Handles what is there already, without waiting. For a host with a loop of its own. */
} kin_run_mode;

/**
 * @brief Makes a loop.
 * @param[out] loop The loop; yours until kin_loop_release().
 * @return 0, or #KIN_EINVAL, #KIN_ENOMEM, #KIN_EMFILE, #KIN_ENFILE. Any thread.
 */
KIN_API int kin_loop_create(kin_loop **loop);

/**
 * @brief Ends a loop and everything that belongs to it: timers, streams and child handles become invalid.
 *
 * Children that are still running run on, and leave no zombie. No callback runs any more, except that pending writes
 * and kin_stream_pipe() are told #KIN_ECANCELED. Inside a callback of this loop it takes effect when kin_loop_run() returns.
 * @param loop The loop; NULL does nothing.
 */
KIN_API void kin_loop_release(kin_loop *loop);

/**
 * @brief Runs callbacks.
 * @param loop The loop.
 * @param mode How long to stay.
 * @return 1 when something is left that keeps the loop alive, 0 when nothing is; #KIN_EINVAL; #KIN_EBUSY inside a
 *         callback of the same loop; or the error that made waiting impossible.
 */
KIN_API int kin_loop_run(kin_loop *loop, kin_run_mode mode);

/**
 * @brief Lets the running kin_loop_run() return after the present turn. Without one, the next call returns at once.
 * @param loop The loop; NULL does nothing.
 */
KIN_API void kin_loop_stop(kin_loop *loop);

/**
 * @brief Wakes the loop from any thread. Many wakes before the loop comes round count as one.
 *
 * The caller makes sure that the loop is not released meanwhile. Not for signal handlers on Windows.
 * @param loop The loop.
 * @return 0 or #KIN_EINVAL.
 */
KIN_API int kin_loop_wake(kin_loop *loop);

/**
 * @brief Says what to call, on the loop's thread, after kin_loop_wake().
 * @param loop The loop.
 * @param on_wake The callback; NULL for none.
 * @param user Handed to the callback.
 * @return 0 or #KIN_EINVAL.
 */
KIN_API int kin_loop_on_wake(kin_loop *loop, void (*on_wake)(kin_loop *loop, void *user), void *user);

/**
 * @brief The one thing that a host's own loop has to watch: readable (a descriptor) or signalled (an event HANDLE) when
 *        kin_loop_run() with #KIN_RUN_NOWAIT has something to do.
 *
 * It remains the loop's: do not read it, reset it or close it. kin_loop_timeout_ms() is the other half.
 * @param loop The loop.
 * @return The descriptor or HANDLE; -1 or NULL for a NULL loop.
 */
KIN_API kin_native_handle kin_loop_handle(const kin_loop *loop);

/**
 * @brief How long a host may wait on kin_loop_handle() before it must call kin_loop_run() all the same.
 * @param loop The loop.
 * @return Milliseconds; 0 when there is work now; #KIN_FOREVER when only the handle counts.
 */
KIN_API int64_t kin_loop_timeout_ms(const kin_loop *loop);

/**
 * @brief Calls back once after a delay, then, if asked, again and again.
 * @param loop The loop.
 * @param delay_ms Time until the first call, monotonic, 0 or more.
 * @param period_ms Time between further calls; 0 for a single one. A slow loop skips calls, it does not catch up.
 * @param on_timer The callback.
 * @param user Handed to the callback.
 * @param[out] timer The timer, yours until kin_timer_release(), also after its last call. NULL: you do not want it, and
 *             the library releases it after its last call.
 * @return 0, or #KIN_EINVAL, #KIN_ENOMEM.
 */
KIN_API int kin_timer_start(kin_loop *loop, int64_t delay_ms, int64_t period_ms, void (*on_timer)(kin_timer *timer, void *user),
                            void *user, kin_timer **timer);

/**
 * @brief Ends a timer; its callback does not run any more. Legal anywhere, also inside its own callback.
 * @param timer The timer; NULL does nothing.
 */
KIN_API void kin_timer_release(kin_timer *timer);

/**
 * @brief The loop may end although this timer still runs.
 * @param timer The timer; NULL does nothing.
 */
KIN_API void kin_timer_unref(kin_timer *timer);

/**
 * @brief Takes kin_timer_unref() back: the timer keeps the loop alive. This is how it starts.
 * @param timer The timer; NULL does nothing.
 */
KIN_API void kin_timer_ref(kin_timer *timer);

#ifdef __cplusplus
}
#endif

#endif
