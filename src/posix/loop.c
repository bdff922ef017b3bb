/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend.h"
#include "error.h"

#define REPORTS_PER_TURN 64

/* ------------------------------------------------------------------------------------------------- the list of ready ones --- */

static void list_init(struct kin_posix_source *head)
{
    head->next = head;
    head->previous = head;
}

static bool list_is_empty(const struct kin_posix_source *head)
{
    return head->next == head;
}

void kin_posix_loop_add_ready(kin_plat_loop *loop, struct kin_posix_source *source)
{
    struct kin_posix_source *head = &loop->ready;

    if (source->next != NULL)
        return;
    source->next = head;
    source->previous = head->previous;
    head->previous->next = source;
    head->previous = source;
}

void kin_posix_loop_remove_ready(struct kin_posix_source *source)
{
    if (source->next == NULL)
        return;
    source->previous->next = source->next;
    source->next->previous = source->previous;
    source->next = NULL;
    source->previous = NULL;
}

/* --------------------------------------------------------------------------------------------------------- open and close --- */

static kin_plat_loop *loop_of_waker(struct kin_posix_source *waker)
{
    return (kin_plat_loop *)(void *)((char *)waker - offsetof(kin_plat_loop, waker));
}

/* The poll is woken for two reasons: somebody asked for it, or a waiter thread has seen an end. */
static bool waker_act(struct kin_posix_source *waker, struct kin_plat_event *event)
{
    kin_plat_loop *loop = loop_of_waker(waker);

    kin_posix_process_collect(loop);
    if (!atomic_exchange(&loop->woken, false))
        return false;
    *event = (struct kin_plat_event){ .kind = KIN_PLAT_WAKE, .owner = loop->owner };
    return true;
}

int kin_plat_loop_open(void *owner, kin_plat_loop **loop)
{
    kin_plat_loop *made = calloc(1, sizeof *made);
    int os_error;

    if (made == NULL)
        return KIN_ENOMEM;
    made->owner = owner;
    made->process_id = getpid();
    made->waker.act = waker_act;
    atomic_init(&made->woken, false);
    list_init(&made->ready);
    os_error = kin_posix_poll_open(&made->poll);
    if (os_error != 0) {
        free(made);
        return kin_posix_code(os_error);
    }
    kin_posix_launcher_open(&made->launcher, made->poll.descriptor);
    *loop = made;
    return 0;
}

void kin_plat_loop_close(kin_plat_loop *loop)
{
    kin_posix_process_drop_orphans(loop);
    kin_posix_launcher_close(&loop->launcher);
    if (kin_posix_loop_is_ours(loop))
        kin_posix_poll_close(&loop->poll);
    else
        kin_posix_poll_close_copy(&loop->poll);
    free(loop);
}

kin_native_handle kin_plat_loop_handle(const kin_plat_loop *loop)
{
    return loop == NULL ? -1 : loop->poll.descriptor;
}

bool kin_plat_loop_ready(const kin_plat_loop *loop)
{
    return !list_is_empty(&loop->ready);
}

bool kin_posix_loop_is_ours(const kin_plat_loop *loop)
{
    return loop->process_id == getpid();
}

/* ------------------------------------------------------------------------------------------------------------------ wait --- */

static void report(kin_plat_loop *loop, const struct kin_posix_report *news)
{
    struct kin_posix_source *source = news->source;

    if (source == NULL)
        kin_posix_loop_add_ready(loop, &loop->waker);
    else
        source->report(source, news->what);
}

/* In a copy of the process made by fork() the poll is still the parent's, and what is told here is not told there. So only what
   needs no poll comes back, such as operations that were cancelled. */
static int gather_nothing(const kin_plat_loop *loop)
{
    return list_is_empty(&loop->ready) ? KIN_ECHILD : 0;
}

/* The poll is asked in every turn, if only for a moment, so that what is busy cannot hide what has just become ready. */
static int gather(kin_plat_loop *loop, int64_t timeout_ms)
{
    struct kin_posix_report reports[REPORTS_PER_TURN];
    const int64_t patience_ms = list_is_empty(&loop->ready) ? timeout_ms : 0;
    const int count = kin_posix_poll_wait(&loop->poll, patience_ms, reports, REPORTS_PER_TURN);

    for (int i = 0; i < count; i++)
        report(loop, &reports[i]);
    return count < 0 ? kin_posix_code(errno) : 0;
}

/* Each is asked once: it leaves the list, and what comes back has its place at the end. */
int kin_plat_wait(kin_plat_loop *loop, int64_t timeout_ms, struct kin_plat_event *events, size_t capacity)
{
    const struct kin_posix_source *last;
    size_t count = 0;
    const int code = kin_posix_loop_is_ours(loop) ? gather(loop, timeout_ms) : gather_nothing(loop);

    if (code < 0)
        return code;
    last = loop->ready.previous;
    while (count < capacity && !list_is_empty(&loop->ready)) {
        struct kin_posix_source *source = loop->ready.next;

        kin_posix_loop_remove_ready(source);
        if (source->act(source, &events[count]))
            count++;
        if (source == last)
            break;
    }
    kin_posix_sigpipe_release(&loop->sigpipe);
    if (loop->orphans != NULL && kin_posix_loop_is_ours(loop))
        kin_posix_process_reap_orphans(loop);
    return (int)count;
}

int kin_plat_wake(kin_plat_loop *loop)
{
    if (atomic_exchange(&loop->woken, true))
        return 0;
    return kin_posix_code(kin_posix_poll_wake(&loop->poll));
}
