/* SPDX-License-Identifier: MIT */
/**
 * @file channel.h
 * @brief Channels: whole messages to and from one peer, in order, over Node's own wire.
 *
 * The peer is a child that was started with a channel (fork.h), the parent of this process, or whoever holds the other end of
 * handles that you bring. It may be kin, Node, Bun or Deno, or anything that follows docs/wire.md.
 *
 * What a peer sends is never trusted: whatever the bytes are, the worst that comes of them is `on_end` of this channel with
 * #KIN_EPROTO or #KIN_EMSGSIZE, after the complete messages before them. Memory is bounded by `max_message` for what arrives,
 * and by `max_queued` for what waits to leave.
 *
 * Everything here is for the thread of the channel's loop.
 */
#ifndef KIN_CHANNEL_H
#define KIN_CHANNEL_H

#include <stddef.h>

#include <kin/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A channel. Opaque. */
typedef struct kin_channel kin_channel;

/** Result of a send that was accepted while more than the high-water mark waits: stop until `on_drain`. */
#define KIN_CHANNEL_FULL 1

/** High-water mark of a channel unless set, in bytes; the value of Node. */
#define KIN_CHANNEL_HIGH_WATER ((size_t)128 * 1024)

/** Largest message, both ways, unless set, in bytes. Node takes up to #KIN_CHANNEL_MOST. */
#define KIN_CHANNEL_MAX_MESSAGE ((size_t)64 * 1024 * 1024)

/** Most that kin_channel_options::max_message may be, in bytes. */
#define KIN_CHANNEL_MOST ((size_t)512 * 1024 * 1024)

/** How messages lie on the wire. */
typedef enum kin_channel_mode {
    KIN_CHANNEL_JSON = 0, /**< A message is the text of one JSON value, on a line of its own. */
    KIN_CHANNEL_BINARY    /**< A message is bytes, behind their number; what Node calls `advanced`. */
} kin_channel_mode;

/** What a handle is that travels with a message. */
typedef enum kin_handle_kind {
    KIN_HANDLE_NONE = 0, /**< No handle. */
    KIN_HANDLE_SERVER,   /**< A listening stream socket: `net.Server`. */
    KIN_HANDLE_SOCKET,   /**< A connected stream socket: `net.Socket`. */
    KIN_HANDLE_DATAGRAM, /**< A datagram socket: `dgram.Socket`. POSIX. */
    KIN_HANDLE_OTHER     /**< Anything else that can be duplicated: a file, a pipe. Between kin and kin only. */
} kin_handle_kind;

/** A message that has arrived. The library's; good until the callback returns, or until the next kin_channel_receive(). */
typedef struct kin_message {
    const char *data;            /**< The text, not terminated; or the bytes. */
    size_t size;                 /**< How many; never 0 in a message of JSON. */
    uint64_t request;            /**< Not 0: the peer waits for kin_channel_reply() with this number. */
    kin_handle_kind handle_kind; /**< What came with it; a handle that is not taken by kin_message_take_handle() is closed. */
    kin_channel *channel;        /**< Where it came from. */
    kin_native_handle handle;    /**< The handle, not inheritable. On Windows a SOCKET where it is a socket: who uses it has
                                      called WSAStartup before; the library has done so only for itself. */
} kin_message;

/**
 * @brief A message has arrived, or a request.
 * @param channel The channel.
 * @param message The message.
 * @param user As given with the callback.
 */
typedef void kin_message_callback(kin_channel *channel, kin_message *message, void *user);

/**
 * @brief Nothing more will arrive and nothing can be sent. Comes exactly once, after the last message and after everything
 *        that waits to be sent or answered was told.
 * @param channel The channel.
 * @param code 0 when the peer has disconnected or ended; #KIN_ECANCELED after kin_channel_disconnect() of our own;
 *             #KIN_EPROTO when it sent what is no message, or ended in the middle of one; #KIN_EMSGSIZE when it sent
 *             one that is too large; #KIN_ENOMEM; else the error.
 * @param user As given with the callback.
 */
typedef void kin_channel_end_callback(kin_channel *channel, int code, void *user);

/**
 * @brief A message is done with. Comes exactly once for each send that was accepted.
 * @param channel The channel.
 * @param code 0 when the system has taken it, or, if it carried a handle, when the peer has acknowledged that; #KIN_EPIPE
 *             when the peer is gone; #KIN_ECANCELED when the channel was released or disconnected at once; #KIN_EREMOTE when
 *             the peer says that the handle did not arrive; else the error.
 * @param user As given with the send.
 */
typedef void kin_sent_callback(kin_channel *channel, int code, void *user);

/**
 * @brief A request is done with. Comes exactly once for each that was accepted.
 * @param channel The channel.
 * @param code 0 with the reply; #KIN_EREMOTE with the error that the peer replied; else without a reply: #KIN_ETIMEDOUT,
 *             #KIN_ECANCELED, #KIN_EPIPE when the peer is gone.
 * @param reply The reply; NULL when there is none.
 * @param user As given with the request.
 */
typedef void kin_reply_callback(kin_channel *channel, int code, const kin_message *reply, void *user);

/** How a channel works. All zero is the default of each member. */
typedef struct kin_channel_options {
    kin_channel_mode mode; /**< For a channel to the parent, the parent decides and this is not looked at. */
    size_t max_message;    /**< Largest message in bytes, both ways; 0: #KIN_CHANNEL_MAX_MESSAGE. */
    size_t max_queued;     /**< Bytes that may wait to be sent, above which a send is refused with #KIN_EAGAIN; an empty
                                 queue takes any message. 0: as `max_message`. */
    size_t high_water;     /**< Above so many waiting bytes a send says #KIN_CHANNEL_FULL; 0: #KIN_CHANNEL_HIGH_WATER. */
    size_t receive_budget; /**< Messages delivered in one turn of the loop; the rest waits for the next; 0: 1000. */
    bool refuse_handles;   /**< Handles that the peer sends are never accepted. */
    bool kin_peer;         /**< The peer is known to be kin: #KIN_HANDLE_OTHER may be sent. kin_fork() sets it by itself. */
    bool paused;           /**< Begin as after kin_channel_pause(). */

    kin_message_callback *on_message;  /**< Told about messages. Without it they wait for kin_channel_receive(). */
    kin_channel_end_callback *on_end;  /**< Told about the end. */
    kin_message_callback *on_internal; /**< Told about Node's own messages (`NODE_…`) that kin does not answer itself. */
    void (*on_drain)(kin_channel *channel, void *user); /**< Nothing waits any more after a send that said FULL. */
    void *user;                                         /**< Handed to these four. */
} kin_channel_options;

/** What has happened on a channel so far. */
typedef struct kin_channel_counters {
    uint64_t sent;         /**< Messages that the system has taken. */
    uint64_t received;     /**< Messages and requests that were delivered. */
    uint64_t late_replies; /**< Replies that nobody waited for, any more or ever; they were dropped. */
    uint64_t lost_handles; /**< Messages that should have come with a handle and did not. */
    size_t queued;         /**< Bytes that wait to be sent now. */
} kin_channel_counters;

/* ------------------------------------------------------------------------------------------------- open, close --- */

/**
 * @brief Makes a channel of handles that you have: a connected stream socket, a pair of pipes, a duplex pipe.
 * @param loop The loop that serves it; NULL: a private one, for a program that uses the blocking calls.
 * @param in What is read. POSIX: a socket, a pipe. Windows: a pipe that was opened for overlapped operations.
 * @param out What is written; the same as `in` for a duplex one.
 * @param options How; NULL: as all zero. Copied.
 * @param[out] channel The channel, yours until kin_channel_release(). The handles are the library's from now on.
 * @return 0, or #KIN_EINVAL, #KIN_EBADF, #KIN_ENOMEM, #KIN_EMFILE; then the handles are still yours.
 */
KIN_API int kin_channel_open(kin_loop *loop, kin_native_handle in, kin_native_handle out, const kin_channel_options *options,
                             kin_channel **channel);

/**
 * @brief The channel to the process that started this one with a channel, be it kin, Node, Bun or Deno.
 *
 * The variables that announce it are removed from the environment, and it is made not inheritable, so that nobody below finds
 * it; that is also why it works once. Like everything that changes the environment, for a time with one thread. Programs that
 * use kin_dispatch() with kin_fork() are given theirs and need not call it.
 * @param loop The loop that serves it; NULL: a private one.
 * @param options How, but for `mode`, which the parent decides; NULL: as all zero. Copied.
 * @param[out] channel The channel, yours until kin_channel_release().
 * @return 0; #KIN_ENOENT when there is none; #KIN_EINVAL, #KIN_EBADF when it is announced and not there, #KIN_ENOMEM.
 */
KIN_API int kin_channel_to_parent(kin_loop *loop, const kin_channel_options *options, kin_channel **channel);

/**
 * @brief Gives a channel back. Legal anywhere, also in its own callbacks. What waits is told #KIN_ECANCELED and given up;
 *        no other callback comes. The channel of a child belongs to it: this disconnects it at once.
 * @param channel The channel; NULL does nothing.
 */
KIN_API void kin_channel_release(kin_channel *channel);

/**
 * @brief Ends the channel after everything that waits has left. The peer reads its end; `on_end` says #KIN_ECANCELED.
 *        What still arrives until then is delivered. No more can be sent.
 * @param channel The channel.
 * @return 0, also the second time; #KIN_EINVAL.
 */
KIN_API int kin_channel_disconnect(kin_channel *channel);

/**
 * @brief Ends the channel at once: what waits is told #KIN_ECANCELED. It is what `disconnect()` does in Node.
 * @param channel The channel.
 * @return 0, also the second time; #KIN_EINVAL.
 */
KIN_API int kin_channel_disconnect_now(kin_channel *channel);

/**
 * @brief Whether messages can be sent.
 * @param channel The channel; NULL gives false.
 * @return False from the moment a disconnection was asked for or seen.
 */
KIN_API bool kin_channel_is_connected(const kin_channel *channel);

/* -------------------------------------------------------------------------------------------------------- send --- */

/**
 * @brief Queues a copy of a message. Never blocks. All messages of one turn of the loop leave together.
 * @param channel The channel.
 * @param data JSON: the text of one value, UTF-8, without a line feed in it; no more of it is checked than how it begins and
 *             ends. Binary: bytes.
 * @param size How many; not 0 for JSON.
 * @param on_sent Told when it is gone; may be NULL.
 * @param user Handed to the callback.
 * @return 0; #KIN_CHANNEL_FULL (accepted, but wait for `on_drain` before you send more); #KIN_EINVAL for what is no
 *         message; #KIN_EMSGSIZE; #KIN_EAGAIN when too much waits already; #KIN_EPIPE when the channel is disconnected;
 *         #KIN_ENOMEM.
 */
KIN_API int kin_channel_send(kin_channel *channel, const void *data, size_t size, kin_sent_callback *on_sent, void *user);

/**
 * @brief Queues a message without copying it, where that is worth while.
 * @param channel The channel.
 * @param data As kin_channel_send(); it must not change, and stays yours, until `on_sent`.
 * @param size How many.
 * @param on_sent Told when the bytes are not needed any more.
 * @param user Handed to the callback.
 * @return As kin_channel_send(); on failure the callback does not come.
 */
KIN_API int kin_channel_send_borrowed(kin_channel *channel, const void *data, size_t size, kin_sent_callback *on_sent,
                                      void *user);

/**
 * @brief Queues a message that carries a handle. Messages behind it wait until the peer has acknowledged it.
 * @param channel The channel.
 * @param data The message; not empty.
 * @param size How many bytes.
 * @param handle A socket; on POSIX any descriptor, on Windows any handle that can be duplicated, if the peer is kin. It must
 *               stay open until `on_sent`, and stays yours then, unless `give` is set.
 * @param give The library closes the handle when it is done with, whatever comes of it; not when this call fails.
 * @param on_sent Told when it was acknowledged, or why not; may be NULL with `give`.
 * @param user Handed to the callback.
 * @return As kin_channel_send(); #KIN_EBADF; #KIN_ENOTSUP for what cannot travel to this peer, or not over these handles.
 */
KIN_API int kin_channel_send_handle(kin_channel *channel, const void *data, size_t size, kin_native_handle handle, bool give,
                                    kin_sent_callback *on_sent, void *user);

/**
 * @brief Tells when everything that was queued until now has been taken by the system, and every handle acknowledged.
 * @param channel The channel.
 * @param on_flushed Told as for a message.
 * @param user Handed to the callback.
 * @return 0; #KIN_EPIPE when something was lost already, since the peer is gone; #KIN_EINVAL, #KIN_ENOMEM.
 */
KIN_API int kin_channel_flush(kin_channel *channel, kin_sent_callback *on_flushed, void *user);

/* ----------------------------------------------------------------------------------------------------- receive --- */

/**
 * @brief Says who is told, in place of what the options said.
 * @param channel The channel.
 * @param on_message Told about messages; NULL: they wait for kin_channel_receive().
 * @param on_end Told about the end; may be NULL.
 * @param user Handed to all callbacks of the options.
 * @return 0 or #KIN_EINVAL.
 */
KIN_API int kin_channel_on_message(kin_channel *channel, kin_message_callback *on_message, kin_channel_end_callback *on_end,
                                   void *user);

/**
 * @brief Stops the messages until kin_channel_resume(). The peer is held back; replies to our requests wait as well.
 * @param channel The channel.
 * @return 0 or #KIN_EINVAL.
 */
KIN_API int kin_channel_pause(kin_channel *channel);

/**
 * @brief Continues after kin_channel_pause().
 * @param channel The channel.
 * @return 0 or #KIN_EINVAL.
 */
KIN_API int kin_channel_resume(kin_channel *channel);

/**
 * @brief Takes the handle out of a message: it is yours then, and yours to close.
 * @param message A message that came with a handle.
 * @return The handle; -1 or NULL when there is none.
 */
KIN_API kin_native_handle kin_message_take_handle(kin_message *message);

/* ---------------------------------------------------------------------------------------------------- requests --- */

/**
 * @brief Sends a request: a message with a number, for which the peer has one reply. docs/wire.md shows how a peer in another
 *        language answers in ten lines.
 * @param channel The channel.
 * @param data As kin_channel_send().
 * @param size How many bytes.
 * @param timeout_ms How long the reply may take, from now; 0 or #KIN_FOREVER: no limit.
 * @param on_reply Told about the reply, or why there is none.
 * @param user Handed to the callback.
 * @return The request's number, more than 0; or as kin_channel_send(), but for #KIN_CHANNEL_FULL, which
 *         kin_channel_is_full() tells.
 */
KIN_API int64_t kin_channel_request(kin_channel *channel, const void *data, size_t size, int64_t timeout_ms,
                                    kin_reply_callback *on_reply, void *user);

/**
 * @brief Gives a request up: it is told #KIN_ECANCELED, and a reply that still comes is dropped.
 * @param channel The channel.
 * @param request Its number.
 * @return 0; #KIN_ENOENT when there is none of that number any more; #KIN_EINVAL.
 */
KIN_API int kin_channel_cancel(kin_channel *channel, int64_t request);

/**
 * @brief Answers a request.
 * @param channel The channel.
 * @param request kin_message::request; each is answered once.
 * @param data The reply.
 * @param size How many bytes.
 * @return As kin_channel_send().
 */
KIN_API int kin_channel_reply(kin_channel *channel, uint64_t request, const void *data, size_t size);

/**
 * @brief Answers a request with an error: the peer's callback gets #KIN_EREMOTE and these bytes.
 * @param channel The channel.
 * @param request kin_message::request; each is answered once.
 * @param data The description of the error.
 * @param size How many bytes.
 * @return As kin_channel_send().
 */
KIN_API int kin_channel_reply_error(kin_channel *channel, uint64_t request, const void *data, size_t size);

/* --------------------------------------------------------------------------------------------------- by call --- */

/**
 * @brief Waits for the next message. For simple workers: no callback, no loop in sight. The loop of the channel runs meanwhile.
 *
 * A child whose channel is read like this does not close before all of it has been received; what nobody has asked for by the
 * time of the exit falls to the ground, unless the child's loop is private.
 * @param channel A channel without `on_message`.
 * @param[out] message The message; the channel's until the next call, or until its release.
 * @param timeout_ms How long to wait; 0 not at all; #KIN_FOREVER.
 * @return 1 with a message; 0 at the end; #KIN_ETIMEDOUT; #KIN_EBUSY in a callback of the loop; #KIN_EINVAL; what the end was,
 *         if that was an error.
 */
KIN_API int kin_channel_receive(kin_channel *channel, kin_message *message, int64_t timeout_ms);

/**
 * @brief Sends, and waits until the system has everything that is queued: kin_channel_send() and kin_channel_flush_wait().
 * @param channel The channel.
 * @param data The message.
 * @param size How many bytes.
 * @param timeout_ms How long to wait; 0 not at all; #KIN_FOREVER.
 * @return 0; #KIN_ETIMEDOUT: it is queued and still leaves; else as kin_channel_send() and kin_channel_flush_wait().
 */
KIN_API int kin_channel_send_wait(kin_channel *channel, const void *data, size_t size, int64_t timeout_ms);

/**
 * @brief Waits until the system has taken everything that is queued, and every handle is acknowledged. Call it before you exit,
 *        and nothing is lost.
 * @param channel The channel.
 * @param timeout_ms How long to wait; 0 not at all; #KIN_FOREVER.
 * @return 0; #KIN_ETIMEDOUT; #KIN_EPIPE when something was lost, since the peer is gone; #KIN_EBUSY in a callback of the loop;
 *         #KIN_EINVAL, #KIN_ENOMEM.
 */
KIN_API int kin_channel_flush_wait(kin_channel *channel, int64_t timeout_ms);

/* -------------------------------------------------------------------------------------------------------- rest --- */

/**
 * @brief Whether to wait for `on_drain` before sending more.
 * @param channel The channel; NULL gives false.
 * @return True from a send that said #KIN_CHANNEL_FULL until `on_drain`.
 */
KIN_API bool kin_channel_is_full(const kin_channel *channel);

/**
 * @brief What has happened so far.
 * @param channel The channel.
 * @param[out] counters The figures.
 * @return 0 or #KIN_EINVAL.
 */
KIN_API int kin_channel_count(const kin_channel *channel, kin_channel_counters *counters);

/**
 * @brief Changes what the options said about size; for the channel that kin_dispatch() gives, which has no options.
 * @param channel The channel.
 * @param max_message As kin_channel_options::max_message; what has been read already may still be refused by the old one.
 * @param max_queued As kin_channel_options::max_queued.
 * @return 0 or #KIN_EINVAL.
 */
KIN_API int kin_channel_set_limits(kin_channel *channel, size_t max_message, size_t max_queued);

/**
 * @brief How messages lie on the wire.
 * @param channel The channel; NULL gives #KIN_CHANNEL_JSON.
 * @return The mode, for a channel to the parent as the parent has decided.
 */
KIN_API kin_channel_mode kin_channel_mode_of(const kin_channel *channel);

/**
 * @brief The loop that serves a channel; for one that was made without, its private one.
 * @param channel The channel; NULL gives NULL.
 * @return The loop; not yours to release if it is private.
 */
KIN_API kin_loop *kin_channel_loop(const kin_channel *channel);

/**
 * @brief The `user` of its options, or of kin_channel_on_message().
 * @param channel The channel; NULL gives NULL.
 * @return The pointer.
 */
KIN_API void *kin_channel_user(const kin_channel *channel);

/**
 * @brief The loop may end although this channel is connected. What waits to be sent still keeps it alive.
 * @param channel The channel; NULL does nothing.
 */
KIN_API void kin_channel_unref(kin_channel *channel);

/**
 * @brief Takes kin_channel_unref() back: the channel keeps the loop alive until its end. This is how it starts, but for the
 *        channel of a child, which the child keeps alive.
 * @param channel The channel; NULL does nothing.
 */
KIN_API void kin_channel_ref(kin_channel *channel);

#ifdef __cplusplus
}
#endif

#endif
