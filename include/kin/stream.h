/* SPDX-License-Identifier: MIT */
/**
 * @file stream.h
 * @brief Streams: our end of a pipe to a child, or a file; read by callbacks, written through a queue.
 *
 * A stream carries bytes in one direction. Those of a child belong to it (kin_child_stream()) and live until it is
 * released; those of kin_stream_open_file() are yours. Everything here is for the thread of the loop.
 */
#ifndef KIN_STREAM_H
#define KIN_STREAM_H

#include <stddef.h>

#include <kin/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A stream. Opaque. */
typedef struct kin_stream kin_stream;

/** Result of a write that was accepted while more than the high-water mark waits: stop until `on_drain`. */
#define KIN_STREAM_FULL 1

/** High-water mark of a stream unless kin_stream_set_high_water() says otherwise, in bytes. */
#define KIN_STREAM_HIGH_WATER ((size_t)64 * 1024)

/**
 * @brief Bytes have arrived.
 * @param stream The stream.
 * @param data The bytes; the library's, good until the callback returns.
 * @param size How many, never 0.
 * @param user As given with the callback.
 */
typedef void kin_data_callback(kin_stream *stream, const char *data, size_t size, void *user);

/**
 * @brief Nothing more will arrive. Comes exactly once to a stream that is being read, after the last data.
 * @param stream The stream.
 * @param code 0 at the end of the input; #KIN_ECANCELED when it was cut off by us; else the error.
 * @param user As given with the callback.
 */
typedef void kin_end_callback(kin_stream *stream, int code, void *user);

/**
 * @brief A write is done with. Comes exactly once for each write that was accepted.
 * @param stream The stream.
 * @param code 0 when the system has taken all the bytes; #KIN_EPIPE when nobody reads them any more; #KIN_ECANCELED
 *             when the stream was closed before; else the error.
 * @param user As given with the write.
 */
typedef void kin_write_callback(kin_stream *stream, int code, void *user);

/**
 * @brief Starts reading, or changes who is told.
 * @param stream A stream that we read.
 * @param on_data Told about bytes.
 * @param on_end Told about the end; may be NULL.
 * @param user Handed to both.
 * @return 0; #KIN_EINVAL for a stream that we write, that is closed, or that kin_stream_pipe() reads.
 */
KIN_API int kin_stream_on_data(kin_stream *stream, kin_data_callback *on_data, kin_end_callback *on_end, void *user);

/**
 * @brief Stops the data callbacks until kin_stream_resume(). The writer at the other end is held back by a full pipe;
 *        at most one read that was under way is kept for later.
 * @param stream A stream that we read.
 * @return 0 or #KIN_EINVAL.
 */
KIN_API int kin_stream_pause(kin_stream *stream);

/**
 * @brief Continues after kin_stream_pause().
 * @param stream A stream that we read.
 * @return 0 or #KIN_EINVAL.
 */
KIN_API int kin_stream_resume(kin_stream *stream);

/**
 * @brief Queues a copy of bytes for writing. Never blocks, whatever the reader does.
 * @param stream A stream that we write.
 * @param data The bytes; yours again when the call returns.
 * @param size How many; 0 is accepted and writes nothing.
 * @param on_written Told when they are gone; may be NULL.
 * @param user Handed to the callback.
 * @return 0; #KIN_STREAM_FULL (accepted, but wait for `on_drain` before you write more); #KIN_EINVAL for a stream that
 *         we read, that is closed or ended; #KIN_EPIPE when it is known that nobody reads; #KIN_ENOMEM.
 */
KIN_API int kin_stream_write(kin_stream *stream, const void *data, size_t size, kin_write_callback *on_written, void *user);

/**
 * @brief Queues bytes for writing without a copy: they must stay as they are until `on_written`.
 * @param stream A stream that we write.
 * @param data The bytes; lent until the callback.
 * @param size How many; 0 is accepted and writes nothing.
 * @param on_written Told when they are gone; may be NULL for bytes that live for ever.
 * @param user Handed to the callback.
 * @return As kin_stream_write().
 */
KIN_API int kin_stream_write_borrowed(kin_stream *stream, const void *data, size_t size, kin_write_callback *on_written,
                                      void *user);

/**
 * @brief The end of the input: the reader sees end-of-file after everything queued so far.
 * @param stream A stream that we write.
 * @return 0, also when it was ended before; #KIN_EINVAL.
 */
KIN_API int kin_stream_end(kin_stream *stream);

/**
 * @brief How many bytes wait to be written.
 * @param stream The stream.
 * @return Bytes; 0 for NULL or a stream that we read.
 */
KIN_API size_t kin_stream_queued(const kin_stream *stream);

/**
 * @brief Sets the number of waiting bytes above which writes answer #KIN_STREAM_FULL.
 * @param stream A stream that we write.
 * @param bytes The mark; 0 restores #KIN_STREAM_HIGH_WATER.
 * @return 0 or #KIN_EINVAL.
 */
KIN_API int kin_stream_set_high_water(kin_stream *stream, size_t bytes);

/**
 * @brief Says what to call when a stream that answered #KIN_STREAM_FULL has written all that waited.
 * @param stream A stream that we write.
 * @param on_drain The callback; NULL for none.
 * @param user Handed to the callback.
 * @return 0 or #KIN_EINVAL.
 */
KIN_API int kin_stream_on_drain(kin_stream *stream, void (*on_drain)(kin_stream *stream, void *user), void *user);

/**
 * @brief Closes at once. Unread input is dropped, waiting writes are told #KIN_ECANCELED, a reader `on_end` the same.
 *
 * The handle stays good for calls, which answer #KIN_EINVAL, until its owner is released.
 * @param stream The stream; NULL does nothing.
 */
KIN_API void kin_stream_close(kin_stream *stream);

/** What kin_stream_pipe() leaves out. */
typedef enum kin_pipe_flags {
    KIN_PIPE_DEFAULT = 0,  /**< Ends `to` when `from` ends. */
    KIN_PIPE_KEEP_OPEN = 1 /**< Leaves `to` open, for more to be written to it. */
} kin_pipe_flags;

/**
 * @brief Carries everything from one stream to another, as fast as the slower of the two, in constant memory.
 * @param from A stream that we read and that nobody reads yet.
 * @param to A stream that we write, of the same loop.
 * @param flags #kin_pipe_flags.
 * @param on_done Told once at the end; may be NULL. `code` is 0 when all of `from` was accepted by `to`, else the error
 *        of either; `bytes` is what was carried. After an error both streams are closed, so that neither side waits.
 * @param user Handed to the callback.
 * @return 0, or #KIN_EINVAL, #KIN_ENOMEM.
 */
KIN_API int kin_stream_pipe(kin_stream *from, kin_stream *to, kin_pipe_flags flags,
                            void (*on_done)(int code, uint64_t bytes, void *user), void *user);

/** How a file is opened. */
typedef enum kin_file_mode {
    KIN_FILE_READ = 0, /**< For reading; it must exist. */
    KIN_FILE_TRUNCATE, /**< For writing, from nothing; made if missing. */
    KIN_FILE_APPEND    /**< For writing at its end; made if missing. */
} kin_file_mode;

/**
 * @brief Opens a file as a stream, to be an end of kin_stream_pipe() or used by itself.
 *
 * While its reads or writes are under way it keeps the loop alive. Regular files are read and written in the loop's
 * turn and may wait for the disk.
 * @param loop The loop.
 * @param path The path, UTF-8.
 * @param mode How to open it.
 * @param[out] stream The stream; yours until kin_stream_release().
 * @param[out] error The detail of a failure; may be NULL.
 * @return 0, or #KIN_EINVAL, #KIN_ENOMEM, #KIN_ENOENT, #KIN_EACCES, #KIN_EISDIR, #KIN_EMFILE …
 */
KIN_API int kin_stream_open_file(kin_loop *loop, const char *path, kin_file_mode mode, kin_stream **stream, kin_error *error);

/**
 * @brief Closes a stream of kin_stream_open_file() after what waits has been written, and gives it back.
 *
 * On the stream of a child it is the same as kin_stream_close(). No callback but those of waiting writes runs any more.
 * @param stream The stream; NULL does nothing.
 */
KIN_API void kin_stream_release(kin_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
