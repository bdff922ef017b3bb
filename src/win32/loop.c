/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <stdlib.h>

#include "error.h"
#include "pipe.h"
#include "process.h"

#define PACKETS_AT_ONCE 64

static int open_port_and_event(kin_plat_loop *loop)
{
    loop->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    if (loop->port == NULL)
        return kin_win32_code(GetLastError());
    loop->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (loop->event == NULL)
        return kin_win32_code(GetLastError());
    return kin_win32_owner_only_make(&loop->owner_only);
}

static void close_port_and_event(kin_plat_loop *loop)
{
    if (loop->event != NULL)
        CloseHandle(loop->event);
    if (loop->port != NULL)
        CloseHandle(loop->port);
}

int kin_plat_loop_open(void *owner, kin_plat_loop **loop)
{
    kin_plat_loop *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return KIN_ENOMEM;
    opened->owner = owner;

    int rc = open_port_and_event(opened);
    if (rc < 0) {
        close_port_and_event(opened);
        free(opened);
        return rc;
    }
    *loop = opened;
    return 0;
}

kin_native_handle kin_plat_loop_handle(const kin_plat_loop *loop)
{
    return loop != NULL ? loop->event : NULL;
}

bool kin_plat_loop_ready(const kin_plat_loop *loop)
{
    return loop->ready != NULL;
}

void kin_win32_loop_signal(kin_plat_loop *loop)
{
    SetEvent(loop->event);
}

int kin_plat_wake(kin_plat_loop *loop)
{
    if (InterlockedExchange(&loop->woken, 1) != 0)
        return 0;
    if (!PostQueuedCompletionStatus(loop->port, 0, KIN_WIN32_PACKET_WAKE, NULL)) {
        InterlockedExchange(&loop->woken, 0);
        return KIN_ENOMEM;
    }
    kin_win32_loop_signal(loop);
    return 0;
}

/* ---------------------------------------------------------------------------------- results without a packet --- */

void kin_win32_loop_ready_add(kin_plat_loop *loop, struct kin_win32_operation *operation)
{
    struct kin_win32_operation **end = &loop->ready;
    while (*end != NULL)
        end = &(*end)->next_ready;
    operation->next_ready = NULL;
    *end = operation;
}

void kin_win32_loop_ready_remove(kin_plat_loop *loop, const struct kin_win32_operation *operation)
{
    struct kin_win32_operation **link = &loop->ready;
    while (*link != NULL && *link != operation)
        link = &(*link)->next_ready;
    if (*link != NULL)
        *link = operation->next_ready;
}

static size_t take_ready(kin_plat_loop *loop, struct kin_plat_event *events, size_t capacity)
{
    size_t count = 0;
    while (loop->ready != NULL && count < capacity) {
        struct kin_win32_operation *operation = loop->ready;
        loop->ready = operation->next_ready;
        if (kin_win32_operation_ended(operation, &events[count]))
            count++;
    }
    return count;
}

/* ------------------------------------------------------------------------------------------------- packets --- */

/* Whether the packet became an event: those of closed things only free their memory. */
static bool open_packet(kin_plat_loop *loop, const OVERLAPPED_ENTRY *packet, struct kin_plat_event *event)
{
    *event = (struct kin_plat_event){ 0 };
    switch ((enum kin_win32_packet)packet->lpCompletionKey) {
    case KIN_WIN32_PACKET_OPERATION:
        return kin_win32_operation_completed(packet->lpOverlapped, event);
    case KIN_WIN32_PACKET_SECOND:
        return kin_win32_pipes_write_by(loop->pipes, packet->lpOverlapped) &&
               kin_win32_operation_completed(packet->lpOverlapped, event);
    case KIN_WIN32_PACKET_EXIT:
        return kin_win32_process_ended((kin_plat_process *)(void *)packet->lpOverlapped, event);
    case KIN_WIN32_PACKET_WAKE:
        InterlockedExchange(&loop->woken, 0);
        event->kind = KIN_PLAT_WAKE;
        event->owner = loop->owner;
        return true;
    }
    return false;
}

/* Returns the number of events, which may be smaller than that of the packets that were there; or an error. */
static int take_some_packets(kin_plat_loop *loop, DWORD milliseconds, struct kin_plat_event *events, ULONG most, ULONG *taken)
{
    OVERLAPPED_ENTRY packets[PACKETS_AT_ONCE];
    int count = 0;

    if (!GetQueuedCompletionStatusEx(loop->port, packets, most, taken, milliseconds, FALSE)) {
        DWORD error = GetLastError();
        *taken = 0; /* it says 1 when the time is up */
        return error == WAIT_TIMEOUT ? 0 : kin_win32_code(error);
    }
    for (ULONG i = 0; i < *taken; i++) {
        if (open_packet(loop, &packets[i], &events[count]))
            count++;
    }
    return count;
}

/* Without an event only when the port is empty, or the time is up: packets of closed things may hide others behind them. */
static int take_packets(kin_plat_loop *loop, DWORD milliseconds, struct kin_plat_event *events, size_t capacity)
{
    ULONG most = capacity < PACKETS_AT_ONCE ? (ULONG)capacity : PACKETS_AT_ONCE;
    ULONG taken = 0;
    int count = take_some_packets(loop, milliseconds, events, most, &taken);

    while (count == 0 && taken == most)
        count = take_some_packets(loop, 0, events, most, &taken);
    return count;
}

/*
 * The port is empty, so the event may go out, or a foreign loop would spin. What completes meanwhile must not be lost: after the
 * reset the port is asked again. The event may even have been set for a packet that is not in the port yet; such an
 * operation is known by its result, which the system writes before either.
 */
static int settle(kin_plat_loop *loop, struct kin_plat_event *events, size_t capacity)
{
    ResetEvent(loop->event);
    int count = take_packets(loop, 0, events, capacity);
    if (count != 0 || loop->ready != NULL || kin_win32_pipes_have_result(loop->pipes))
        kin_win32_loop_signal(loop);
    return count;
}

static DWORD milliseconds_from(int64_t timeout_ms)
{
    if (timeout_ms < 0)
        return INFINITE;
    return timeout_ms < INFINITE - 1 ? (DWORD)timeout_ms : INFINITE - 1;
}

int kin_plat_wait(kin_plat_loop *loop, int64_t timeout_ms, struct kin_plat_event *events, size_t capacity)
{
    size_t ready = take_ready(loop, events, capacity);
    if (ready == capacity)
        return (int)ready;

    DWORD milliseconds = ready > 0 ? 0 : milliseconds_from(timeout_ms);
    int count = take_packets(loop, milliseconds, events + ready, capacity - ready);
    if (count == 0 && ready == 0 && milliseconds == 0)
        count = settle(loop, events, capacity);
    if (count < 0 && ready > 0)
        count = 0;
    return count < 0 ? count : (int)ready + count;
}

void kin_plat_loop_close(kin_plat_loop *loop)
{
    struct kin_plat_event ignored[PACKETS_AT_ONCE];

    /* Each of these packets is in the port, or on its way since its operation was cancelled. */
    while (loop->leftovers > 0 && take_packets(loop, INFINITE, ignored, PACKETS_AT_ONCE) >= 0)
        continue;
    close_port_and_event(loop);
    free(loop);
}
