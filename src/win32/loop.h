/* SPDX-License-Identifier: MIT */
/*
 * The inside of a loop, for the files that put packets into its completion port.
 *
 * Two things tell of a completion. The packet in the port carries it to us. The event is for a foreign loop, which cannot wait
 * on a port; it is the hEvent of every OVERLAPPED, so that the system signals it too. Starting an operation resets its event
 * (ReadFile, WriteFile), which would swallow the signal of an earlier completion; therefore whoever starts an operation calls
 * kin_win32_loop_signal() afterwards.
 */
#ifndef KIN_WIN32_LOOP_H
#define KIN_WIN32_LOOP_H

#include "system.h"

#include "../platform.h"
#include "security.h"

/*
 * What a packet is about. Its OVERLAPPED is that of an operation, or stands for the process; a wake has none. That of the second
 * handle of a channel may be anybody's: the handle is the user's again if the first one is refused, and stays with our port.
 */
enum kin_win32_packet { KIN_WIN32_PACKET_OPERATION = 1, KIN_WIN32_PACKET_SECOND, KIN_WIN32_PACKET_EXIT, KIN_WIN32_PACKET_WAKE };

struct kin_win32_operation;

struct kin_plat_loop {
    void *owner;
    HANDLE port;
    HANDLE event;                      /* manual reset */
    volatile LONG woken;               /* a packet of a wake is in the port */
    struct kin_win32_operation *ready; /* ended without a packet, oldest first */
    kin_plat_pipe *pipes;
    size_t leftovers; /* pipes and processes that are closed, but in whose memory a packet is still to come */
    bool assign_jobs; /* job lists at CreateProcess were refused: put suspended processes into their jobs */
    struct kin_win32_owner_only owner_only; /* who may open our pipes by name */
};

void kin_win32_loop_signal(kin_plat_loop *loop);

/* An operation that has its result already, for which the system queues no packet. */
void kin_win32_loop_ready_add(kin_plat_loop *loop, struct kin_win32_operation *operation);
void kin_win32_loop_ready_remove(kin_plat_loop *loop, const struct kin_win32_operation *operation);

#endif
