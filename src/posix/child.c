/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <signal.h>

#include "bare.h"
#include "search.h"

/* By convention of shells; nobody sees it, since the parent reports the failure and not the exit. */
#define EXIT_NOT_STARTED 127

static int leave_table(const struct kin_posix_child *child)
{
    int result;

    if (child->share_below == 0)
        return 0;
    result = kin_posix_bare_unshare_table(child->share_below, child->denied);
    child->record->table_refused = result < 0;
    return result;
}

/* Who leads a session leads a group as well. EPERM is for leaders of a group, and a new process is none (setsid(2)). */
static int enter_tree(const struct kin_posix_child *child)
{
    if (child->detached)
        return kin_posix_bare_lead_session();
    return child->tree ? kin_posix_bare_lead_group() : 0;
}

/* Digits from behind; returns where they begin. */
static char *write_number(char *end, int number)
{
    do {
        *--end = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return end;
}

/* The child does it, so that it never runs without being known to the watcher: the parent may be gone before it could. If somebody
   has ended the watcher, there is nobody to tell, and the signal of that must not wait for the program. */
static int tell_watcher(const struct kin_posix_child *child)
{
    char line[16];
    char *const end = line + sizeof line;
    char *at = end;

    if (child->watcher == 0)
        return 0;
    *--at = '\n';
    at = write_number(at, kin_posix_bare_id());
    if (child->tree)
        *--at = '-';
    if (kin_posix_bare_write(child->watcher, at, (size_t)(end - at)) == -EPIPE)
        kin_posix_bare_discard_sigpipe();
    return 0;
}

/* ----------------------------------------------------------------------------------------------------------------- slots --- */

/* Sources that stand where another slot is about to be filled step aside; so swaps, cycles and chains need no thought. */
static int step_aside(const struct kin_posix_child *child)
{
    const int count = (int)child->slot_count;

    for (int slot = 0; slot < count; slot++) {
        const int source = child->sources[slot];

        child->scratch[slot] = source;
        if (source >= count || source == slot)
            continue;
        child->scratch[slot] = kin_posix_bare_dup_above(source, count);
        if (child->scratch[slot] < 0) {
            child->record->index = slot;
            return child->scratch[slot];
        }
    }
    return 0;
}

static int fill_slots(const struct kin_posix_child *child)
{
    int result = step_aside(child);

    for (int slot = 0; result >= 0 && slot < (int)child->slot_count; slot++) {
        const int source = child->scratch[slot];

        child->record->index = slot;
        result = source == slot ? kin_posix_bare_keep_at_exec(slot) : kin_posix_bare_dup_to(source, slot);
    }
    return result;
}

/* -------------------------------------------------------------------------------------------------------------- identity --- */

static int set_umask(const struct kin_posix_child *child)
{
    if (child->set_umask)
        kin_posix_bare_umask(child->umask);
    return 0;
}

static int set_groups(const struct kin_posix_child *child)
{
    const kin_credentials *wanted = child->credentials;

    if (wanted == NULL || wanted->keep_groups)
        return 0;
    return kin_posix_bare_set_groups(wanted->group_count, wanted->groups);
}

static int set_gid(const struct kin_posix_child *child)
{
    return child->credentials == NULL ? 0 : kin_posix_bare_set_gid(child->credentials->gid);
}

static int set_uid(const struct kin_posix_child *child)
{
    return child->credentials == NULL ? 0 : kin_posix_bare_set_uid(child->credentials->uid);
}

/* After the credentials, a change of which takes the signal back (prctl(2)). A parent that died before this was noted would never
   be missed, so it is looked for (edge case R23). 0 is one outside of our namespace of ids, of which nothing can be said. */
static int die_with_parent(const struct kin_posix_child *child)
{
    int result;

    if (child->parent == 0)
        return 0;
    result = kin_posix_bare_set_death_signal(SIGKILL);
    if (result == 0 && kin_posix_bare_parent() != 0 && kin_posix_bare_parent() != child->parent)
        result = -ESRCH;
    return result;
}

static int change_directory(const struct kin_posix_child *child)
{
    return child->cwd == NULL ? 0 : kin_posix_bare_chdir(child->cwd);
}

/* --------------------------------------------------------------------------------------------------------------- program --- */

/* Handlers of the parent must be gone before a signal can come through. */
static int free_signals(const struct kin_posix_child *child)
{
    (void)child;
    kin_posix_bare_default_signals();
    kin_posix_bare_unblock_signals();
    return 0;
}

static int close_others(const struct kin_posix_child *child)
{
    kin_posix_bare_close_from((int)child->slot_count, child->status, child->denied);
    return 0;
}

/* The first that can be executed. One that exists but is not allowed says more than all that do not exist. Never a shell:
   a file without "#!" is ENOEXEC. */
static int execute(const struct kin_posix_child *child)
{
    int result = -ENOENT;

    for (size_t i = 0; i < child->candidate_count; i++) {
        const int failed = kin_posix_bare_execve(child->candidates[i], child->argv, child->environment);

        if (!kin_posix_search_goes_on(-failed))
            return failed;
        if (result != -EACCES)
            result = failed == -EACCES || child->candidate_count == 1 ? failed : -ENOENT;
    }
    return result;
}

/* ----------------------------------------------------------------------------------------------------------------- steps --- */

struct step {
    kin_stage stage;
    int (*take)(const struct kin_posix_child *child);
};

/* The pipe of the watcher is not taken along when the table is left. The directory is entered with the rights of the new user, not
   with those that are given up. */
static const struct step steps[] = {
    { KIN_STAGE_TREE, enter_tree },
    { KIN_STAGE_TREE, tell_watcher },
    { KIN_STAGE_LAUNCH, leave_table },
    { KIN_STAGE_STDIO, fill_slots },
    { KIN_STAGE_OPTIONS, set_umask },
    { KIN_STAGE_GROUPS, set_groups },
    { KIN_STAGE_GID, set_gid },
    { KIN_STAGE_UID, set_uid },
    { KIN_STAGE_LAUNCH, die_with_parent },
    { KIN_STAGE_CHDIR, change_directory },
    { KIN_STAGE_LAUNCH, free_signals },
    { KIN_STAGE_LAUNCH, close_others },
    { KIN_STAGE_EXEC, execute },
};

static void report(const struct kin_posix_child *child, kin_stage stage, int os_error)
{
    child->record->stage = (int)stage;
    child->record->os_error = os_error;
    if (child->status >= 0)
        (void)kin_posix_bare_write(child->status, child->record, sizeof *child->record);
}

void kin_posix_child_run(const struct kin_posix_child *child)
{
    child->record->started = 1;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const int result = steps[i].take(child);

        if (result < 0) {
            report(child, steps[i].stage, -result);
            break;
        }
    }
    kin_posix_bare_exit(EXIT_NOT_STARTED);
}
