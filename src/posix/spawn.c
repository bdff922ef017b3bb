/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend.h"
#include "descriptor.h"
#include "environment.h"
#include "error.h"
#include "launch_bound.h"
#include "process.h"
#include "search.h"
#include "slots.h"

/* Everything that one start has in hand. */
struct start {
    kin_plat_loop *loop;
    struct kin_plat_launch *wanted;
    struct kin_posix_slots slots;
    struct kin_posix_candidates candidates;
    struct kin_posix_launch launch;
    struct kin_posix_bond bond;
    kin_plat_process *process;
    struct kin_plat_failure *failure;
};

static const char *const *environment_of(const struct kin_plat_launch *wanted)
{
    return wanted->environment == NULL ? kin_posix_environment() : wanted->environment;
}

/* ----------------------------------------------------------------------------------------------------------------- steps --- */

static int check_owner(struct start *start)
{
    if (kin_posix_loop_is_ours(start->loop))
        return 0;
    return kin_posix_fail(start->failure, KIN_STAGE_LAUNCH, ECHILD, "loop of another process");
}

static int make_handle(struct start *start, void *owner)
{
    start->process = kin_posix_process_new(start->loop, start->wanted->tree, owner);
    return start->process != NULL ? 0 : kin_posix_fail(start->failure, KIN_STAGE_MEMORY, ENOMEM, NULL);
}

static int find_program(struct start *start)
{
    const char *file = start->wanted->file;
    const int os_error = kin_posix_candidates_find(&start->candidates, file, environment_of(start->wanted));

    return os_error == 0 ? 0 : kin_posix_fail(start->failure, KIN_STAGE_EXEC, os_error, file);
}

static void prepare_child(struct start *start)
{
    const struct kin_plat_launch *wanted = start->wanted;

    start->launch.child = (struct kin_posix_child){
        .candidates = start->candidates.paths,
        .candidate_count = start->candidates.count,
        .argv = wanted->argv,
        .environment = environment_of(wanted),
        .cwd = wanted->cwd,
        .sources = start->slots.sources,
        .scratch = start->slots.scratch,
        .slot_count = start->slots.count,
        .tree = wanted->tree,
        .detached = wanted->detached,
        .set_umask = wanted->set_umask,
        .umask = wanted->umask,
        .credentials = wanted->credentials,
        .status = -1,
        .record = &start->launch.record,
    };
}

static int launch(struct start *start)
{
    struct kin_posix_launcher *launcher = &start->loop->launcher;

    if (start->wanted->die_with_parent)
        return kin_posix_launch_bound(launcher, &start->launch, &start->bond);
    return kin_posix_launch(launcher, &start->launch);
}

/* What the child could not do, in the words of the caller. */
static const char *subject_of(const struct start *start, const struct kin_posix_record *record)
{
    switch ((kin_stage)record->stage) {
    case KIN_STAGE_EXEC:
        return start->wanted->file;
    case KIN_STAGE_CHDIR:
        return start->wanted->cwd;
    case KIN_STAGE_TREE:
        return start->bond.watcher_failed ? kin_posix_watcher_program : NULL;
    case KIN_STAGE_STDIO:
        return kin_posix_slot_name((size_t)record->index);
    default:
        return NULL;
    }
}

static int launch_child(struct start *start)
{
    const struct kin_posix_record *record = &start->launch.record;
    int os_error;

    prepare_child(start);
    os_error = launch(start);
    if (os_error != 0)
        return kin_posix_fail(start->failure, KIN_STAGE_LAUNCH, os_error, start->wanted->file);
    if (record->stage != KIN_STAGE_NONE)
        return kin_posix_fail(start->failure, (kin_stage)record->stage, record->os_error, subject_of(start, record));
    return 0;
}

static int watch_child(struct start *start)
{
    const int os_error = kin_posix_process_watch(start->process, start->launch.id, start->launch.pidfd, &start->bond);

    return os_error == 0 ? 0 : kin_posix_fail(start->failure, KIN_STAGE_WATCH, os_error, start->wanted->file);
}

/* ------------------------------------------------------------------------------------------------------------------ start --- */

int kin_plat_spawn(kin_plat_loop *loop, struct kin_plat_launch *launch, void *owner, kin_plat_process **process,
                   struct kin_plat_failure *failure)
{
    struct start start = { .loop = loop, .wanted = launch, .slots = { .null = -1 }, .failure = failure };
    int code = check_owner(&start);

    if (code == 0)
        code = make_handle(&start, owner);
    if (code == 0)
        code = find_program(&start);
    if (code == 0)
        code = kin_posix_slots_open(&start.slots, loop, launch, failure);
    if (code == 0) {
        code = launch_child(&start);
        if (code == 0)
            code = watch_child(&start);
        if (code != 0)
            kin_posix_slots_close_pipes(launch);
    }
    kin_posix_slots_close(&start.slots);
    kin_posix_candidates_free(&start.candidates);
    if (code == 0)
        *process = start.process;
    else
        kin_posix_process_free(start.process);
    return code;
}
