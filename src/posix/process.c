/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "descriptor.h"
#include "error.h"
#include "group.h"
#include "pidfd.h"
#include "policy.h"
#include "wait.h"
#include "waiter.h"

enum state {
    RUNNING = 0,
    KEPT,  /* ended, still a zombie: its id, and that of its group, cannot be given to anybody else */
    REAPED /* by us or by somebody else: the id means nothing any more */
};

struct kin_plat_process {
    struct kin_posix_source source;
    kin_plat_loop *loop;
    kin_plat_process *next; /* in a list of the loop */
    void *owner;
    struct kin_posix_waiter *waiter; /* in the list of its loop */
    struct kin_posix_bond bond;
    pid_t id;
    int pidfd;
    bool tree;
    bool polled;
    enum state state;
};

/* ----------------------------------------------------------------------------------------------------------------- lists --- */

static void list_add(kin_plat_process **list, kin_plat_process *process)
{
    process->next = *list;
    *list = process;
}

static void list_remove(kin_plat_process **list, const kin_plat_process *process)
{
    while (*list != NULL && *list != process)
        list = &(*list)->next;
    if (*list != NULL)
        *list = process->next;
}

/* ------------------------------------------------------------------------------------------------------------------- end --- */

static void unwatch(kin_plat_process *process)
{
    kin_posix_loop_remove_ready(&process->source);
    if (process->polled)
        kin_posix_poll_remove_process(&process->loop->poll, process->id, process->pidfd);
    process->polled = false;
    if (process->waiter != NULL)
        list_remove(&process->loop->watched_by_thread, process);
}

/* If it has a thread as its parent, that does it. */
static int find_waiter(kin_plat_process *process)
{
    if (process->bond.parent == NULL)
        return kin_posix_waiter_start(&process->loop->poll, process->id, &process->waiter);
    process->waiter = process->bond.parent;
    process->bond.parent = NULL;
    kin_posix_waiter_watch(process->waiter, &process->loop->poll, process->id);
    return 0;
}

static int watch_by_thread(kin_plat_process *process)
{
    const int os_error = find_waiter(process);

    if (os_error == 0)
        list_add(&process->loop->watched_by_thread, process);
    return os_error;
}

static void forget_pidfd(kin_plat_process *process)
{
    if (process->polled)
        kin_posix_poll_remove_process(&process->loop->poll, process->id, process->pidfd);
    process->polled = false;
    kin_posix_descriptor_close(&process->pidfd);
}

static void process_report(struct kin_posix_source *source, unsigned what)
{
    kin_plat_process *process = (kin_plat_process *)(void *)source;

    if ((what & KIN_POSIX_ENDED) != 0 && process->state == RUNNING)
        kin_posix_loop_add_ready(process->loop, source);
}

/* As kin_posix_wait(), trying. The watcher knows the id, and is ended before that is free. */
static int try_wait(kin_plat_process *process, bool keep, kin_status *status)
{
    kin_status again;
    int os_error;

    if (keep || process->bond.watcher.id == 0)
        return kin_posix_wait(process->id, process->pidfd, keep ? KIN_POSIX_TRY_KEEP : KIN_POSIX_TRY_REAP, status);
    os_error = kin_posix_wait(process->id, process->pidfd, KIN_POSIX_TRY_KEEP, status);
    if (os_error == EAGAIN)
        return EAGAIN;
    kin_posix_watcher_end(&process->bond.watcher);
    if (os_error == 0 && kin_posix_wait(process->id, process->pidfd, KIN_POSIX_TRY_REAP, &again) == 0)
        *status = again;
    return os_error;
}

/* The poll has seen the end, but there is nothing to wait for: a debugger has the process and must let go first (ptrace(2)). */
static bool wait_for_debugger(kin_plat_process *process)
{
    if (process->waiter == NULL)
        (void)watch_by_thread(process);
    return false;
}

static bool process_act(struct kin_posix_source *source, struct kin_plat_event *event)
{
    kin_plat_process *process = (kin_plat_process *)(void *)source;
    int os_error;

    *event = (struct kin_plat_event){ .kind = KIN_PLAT_EXIT, .owner = process->owner };
    os_error = try_wait(process, process->tree, &event->status);
    if (os_error == EAGAIN)
        return wait_for_debugger(process);
    process->state = os_error == 0 && process->tree ? KEPT : REAPED;
    if (process->state == REAPED)
        kin_posix_watcher_end(&process->bond.watcher);
    if (process->state == REAPED && !process->tree)
        forget_pidfd(process);
    return true;
}

void kin_posix_process_collect(kin_plat_loop *loop)
{
    for (kin_plat_process *process = loop->watched_by_thread; process != NULL; process = process->next) {
        if (process->state == RUNNING && kin_posix_waiter_is_done(process->waiter))
            kin_posix_loop_add_ready(loop, &process->source);
    }
}

/* ----------------------------------------------------------------------------------------------------------------- begin --- */

kin_plat_process *kin_posix_process_new(kin_plat_loop *loop, bool tree, void *owner)
{
    kin_plat_process *process = calloc(1, sizeof *process);

    if (process == NULL)
        return NULL;
    *process = (kin_plat_process){ .source = { .report = process_report, .act = process_act },
                                   .loop = loop,
                                   .owner = owner,
                                   .id = -1,
                                   .pidfd = -1,
                                   .tree = tree };
    return process;
}

void kin_posix_process_free(kin_plat_process *process)
{
    free(process);
}

static bool has_ended(const kin_plat_process *process)
{
    kin_status status;

    return kin_posix_wait(process->id, process->pidfd, KIN_POSIX_TRY_KEEP, &status) != EAGAIN;
}

/* ESRCH: it has ended before it could be watched. For one that is reaped already there is no pidfd either, but an end to tell. */
static int watch(kin_plat_process *process)
{
    const int os_error = kin_posix_poll_add_process(&process->loop->poll, process->id, process->pidfd, &process->source);

    process->polled = os_error == 0;
    if (os_error == 0)
        return 0;
    if (os_error != ESRCH && !has_ended(process))
        return watch_by_thread(process);
    kin_posix_loop_add_ready(process->loop, &process->source);
    return 0;
}

static void dismiss_parent(kin_plat_process *process)
{
    if (process->bond.parent != NULL)
        kin_posix_waiter_dismiss(process->bond.parent);
    process->bond.parent = NULL;
}

/* A child that nobody can watch is no child to give away. */
static void put_away(kin_plat_process *process)
{
    kin_posix_watcher_end(&process->bond.watcher);
    if (!has_ended(process))
        (void)kill(process->id, SIGKILL);
    kin_posix_wait_reap(process->id);
    kin_posix_descriptor_close(&process->pidfd);
    dismiss_parent(process);
}

int kin_posix_process_watch(kin_plat_process *process, pid_t id, int pidfd, const struct kin_posix_bond *bond)
{
    int os_error;

    process->id = id;
    process->bond = *bond;
    process->pidfd = kin_posix_descriptor_own(pidfd);
    if (process->pidfd < 0 && pidfd < 0)
        process->pidfd = kin_posix_pidfd_open(id, kin_posix_launcher_denied(&process->loop->launcher));
    os_error = watch(process);
    if (os_error != 0)
        put_away(process);
    return os_error;
}

int64_t kin_plat_process_id(const kin_plat_process *process)
{
    return process->id;
}

/* --------------------------------------------------------------------------------------------------------------- signals --- */

/* Whether the id still is that of our child, so that it may be used. A host that reaps it behind our back leaves a gap between
   this question and the signal; only a pidfd has none. */
static bool owns_id(const kin_plat_process *process, bool *ended)
{
    kin_status status;
    const int os_error =
        process->state == REAPED ? ECHILD : kin_posix_wait(process->id, process->pidfd, KIN_POSIX_TRY_KEEP, &status);

    *ended = os_error != EAGAIN;
    return os_error != ECHILD;
}

static int result_of(int os_error, bool ended)
{
    /* macOS answers EPERM for a group of zombies only (kill(2) there). */
    if (os_error == ESRCH || (os_error == EPERM && ended))
        return KIN_ALREADY_ENDED;
    return kin_posix_code(os_error);
}

/* While the leader is kept, its group has at least a zombie to take signals. */
static int signal_group(const kin_plat_process *process, int signal, bool ended)
{
    int os_error;

    if (ended && !kin_posix_group_lives(process->id, true))
        return KIN_ALREADY_ENDED;
    os_error = kin_posix_pidfd_signal_group(process->pidfd, signal);
    if (os_error != 0 && os_error != ESRCH)
        os_error = kill(-process->id, signal) == 0 ? 0 : errno;
    return result_of(os_error, ended);
}

/* The host has reaped the leader (edge cases R02, R03). Its id may be somebody else's by now, also as that of a group; the pidfd
   knows the group that was its own. Without that, the rest of the tree is out of reach. */
static int signal_tree_without_leader(const kin_plat_process *process, int signal)
{
    int os_error = kin_posix_pidfd_signal_group(process->pidfd, 0);

    if (os_error == EPERM)
        return KIN_EPERM;
    if (os_error != 0 || !kin_posix_group_lives(process->id, false))
        return KIN_ALREADY_ENDED;
    os_error = kin_posix_pidfd_signal_group(process->pidfd, signal);
    return result_of(os_error, true);
}

static int signal_one(const kin_plat_process *process, int signal)
{
    int os_error = kin_posix_pidfd_signal(process->pidfd, signal);

    if (os_error != 0 && os_error != ESRCH)
        os_error = kill(process->id, signal) == 0 ? 0 : errno;
    return result_of(os_error, false);
}

/* To whichever group a child has moved, it belongs to its own tree. */
static bool has_left_group(const kin_plat_process *process)
{
    const pid_t group = getpgid(process->id);

    return group > 0 && group != process->id;
}

static int signal_tree(const kin_plat_process *process, int signal, bool ended)
{
    const int code = signal_group(process, signal, ended);
    int code_of_one = KIN_ALREADY_ENDED;

    if (!ended && has_left_group(process))
        code_of_one = signal_one(process, signal);
    return code == KIN_ALREADY_ENDED ? code_of_one : code;
}

int kin_plat_process_signal(kin_plat_process *process, int signal, bool tree)
{
    bool ended;

    if (!kin_posix_loop_is_ours(process->loop))
        return KIN_ECHILD;
    if (signal < 0 || (tree && !process->tree))
        return KIN_EINVAL;
    if (!owns_id(process, &ended))
        return tree ? signal_tree_without_leader(process, signal) : KIN_ALREADY_ENDED;
    if (tree)
        return signal_tree(process, signal, ended);
    return ended ? KIN_ALREADY_ENDED : signal_one(process, signal);
}

/* A stopped process would not hear SIGTERM before it is continued (edge case R14). */
int kin_plat_process_ask(kin_plat_process *process, bool tree)
{
    const int code = kin_plat_process_signal(process, SIGTERM, tree);

    if (code == 0)
        (void)kin_plat_process_signal(process, SIGCONT, tree);
    return code;
}

int kin_plat_process_suspend(kin_plat_process *process, bool tree)
{
    return kin_plat_process_signal(process, SIGSTOP, tree);
}

int kin_plat_process_resume(kin_plat_process *process, bool tree)
{
    return kin_plat_process_signal(process, SIGCONT, tree);
}

/* ----------------------------------------------------------------------------------------------------------------- close --- */

static void drop(kin_plat_process *process)
{
    kin_posix_watcher_forget(&process->bond.watcher);
    kin_posix_descriptor_close(&process->pidfd);
    free(process);
}

/* True: it has ended, and nothing is left of it. */
static bool try_reap(kin_plat_process *process)
{
    kin_status status;

    if (process->state != REAPED && try_wait(process, false, &status) == EAGAIN)
        return false;
    kin_posix_watcher_end(&process->bond.watcher);
    dismiss_parent(process);
    return true;
}

/* True: a thread has it, with its pidfd and its watcher. */
static bool leave_to_thread(kin_plat_process *process)
{
    struct kin_posix_waiter *parent = process->bond.parent;

    if (parent != NULL)
        kin_posix_waiter_reap(parent, process->id, process->pidfd, &process->bond.watcher);
    else if (kin_posix_waiter_reap_later(process->id, process->pidfd, &process->bond.watcher) != 0)
        return false;
    process->pidfd = -1;
    return true;
}

/* Still running. If not even a thread is to be had, the loop looks after it as long as there is a loop. */
static void reap_later(kin_plat_process *process)
{
    if (leave_to_thread(process))
        drop(process);
    else
        list_add(&process->loop->orphans, process);
}

void kin_plat_process_close(kin_plat_process *process)
{
    kin_posix_loop_remove_ready(&process->source);
    if (!kin_posix_loop_is_ours(process->loop)) {
        kin_posix_waiter_forget(process->waiter);
        kin_posix_waiter_forget(process->bond.parent);
        drop(process); /* a copy made by fork(): the child, the threads and the poll are those of the parent */
        return;
    }
    unwatch(process);
    if ((process->waiter != NULL && !kin_posix_waiter_leave(process->waiter, &process->bond.watcher)) || try_reap(process))
        drop(process);
    else
        reap_later(process);
}

/* Without a thread for it, nobody reaps an orphan any more, and nobody would end its watcher in time. In a copy made by fork() all
   of that is the parent's, and only forgotten. */
void kin_posix_process_drop_orphans(kin_plat_loop *loop)
{
    const bool ours = kin_posix_loop_is_ours(loop);
    kin_plat_process *orphan = loop->orphans;

    loop->orphans = NULL;
    while (orphan != NULL) {
        kin_plat_process *next = orphan->next;

        if (ours && !leave_to_thread(orphan))
            kin_posix_watcher_end(&orphan->bond.watcher);
        drop(orphan);
        orphan = next;
    }
}

void kin_posix_process_reap_orphans(kin_plat_loop *loop)
{
    kin_plat_process **link = &loop->orphans;

    while (*link != NULL) {
        kin_plat_process *orphan = *link;

        if (try_reap(orphan)) {
            *link = orphan->next;
            drop(orphan);
        } else {
            link = &orphan->next;
        }
    }
}
