/* SPDX-License-Identifier: MIT */
/*
 * Two things end a child when this process dies. Linux sends a signal when the parent of a process dies, but only to the process
 * itself, and the parent is the thread that made it: prctl(2), edge case R23. So such a child is made by a thread of its own,
 * which lives as long as the child. For a tree, and where there is no such signal, a watcher does it.
 */
#include "launch_bound.h"

#include <errno.h>
#include <unistd.h>

#include "bare.h"
#include "fork.h"
#include "policy.h"

struct task {
    struct kin_posix_launcher *launcher;
    struct kin_posix_launch *launch;
    struct kin_posix_bond *bond;
    int os_error;
};

/* ------------------------------------------------------------------------------------------------------------- with a watcher --- */

static bool has_started(const struct task *task)
{
    return task->os_error == 0 && task->launch->record.stage == KIN_STAGE_NONE;
}

/* The first process in another namespace is its init: ids mean something else to it, and with it all others there end. */
static bool start_watcher(struct task *task)
{
    int os_error = ENOTSUP;

    if (!kin_posix_fork_leaves_namespace())
        os_error = kin_posix_watcher_start(&task->bond->watcher, task->launcher);
    if (os_error == 0)
        return true;
    task->bond->watcher_failed = true;
    task->launch->record = (struct kin_posix_record){ .stage = KIN_STAGE_TREE, .os_error = os_error };
    return false;
}

/* The watcher stands ready before there is a child, so that nothing can fail when there is one, and the child itself tells it whom to
   end. Where the child cannot (posix_spawn() of macOS), there is a gap until our own word. */
static void launch_watched(struct task *task)
{
    if (!start_watcher(task))
        return;
    task->launch->child.watcher = task->bond->watcher.pipe;
    task->os_error = kin_posix_launch(task->launcher, task->launch);
    if (has_started(task))
        kin_posix_watcher_tell(&task->bond->watcher, task->launch->id, task->launch->child.tree);
    else
        kin_posix_watcher_end(&task->bond->watcher);
}

/* -------------------------------------------------------------------------------------------------------------- by a thread --- */

static bool is_denied(const struct kin_posix_launcher *launcher)
{
    return (kin_posix_launcher_denied(launcher) & KIN_POSIX_DENY_DEATH_SIGNAL) != 0;
}

/* Whether the system has such a signal, and no filter forbids it. To ask is to take back that of this thread, which has none. */
static bool has_death_signal(struct kin_posix_launcher *launcher)
{
    if (kin_posix_bare_set_death_signal(0) == 0)
        return true;
    launcher->missing |= KIN_POSIX_DENY_DEATH_SIGNAL;
    return false;
}

static void launch_on_thread(void *argument)
{
    struct task *task = argument;

    task->launch->child.parent = has_death_signal(task->launcher) ? getpid() : 0;
    if (task->launch->child.tree || task->launch->child.parent == 0)
        launch_watched(task);
    else
        task->os_error = kin_posix_launch(task->launcher, task->launch);
}

/* Without a thread, or a signal that comes when it ends, the watcher does it alone. */
int kin_posix_launch_bound(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch, struct kin_posix_bond *bond)
{
    struct task task = { .launcher = launcher, .launch = launch, .bond = bond };

    if (is_denied(launcher) || kin_posix_waiter_start_with(launch_on_thread, &task, &bond->parent) != 0) {
        launch_watched(&task);
    } else if (launch->child.parent == 0 || !has_started(&task)) {
        kin_posix_waiter_dismiss(bond->parent);
        bond->parent = NULL;
    }
    return task.os_error;
}
