/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <stdlib.h>

#include "environment.h"
#include "error.h"

#define MOST_GROUPS ((size_t)65536) /* NGROUPS_MAX of Linux, credentials(7); others have less */
#define UMASK_BITS 0777U
#define NO_ID ((uint32_t)-1)

static int refuse(kin_error *error, const char *option)
{
    return kin_error_set(error, KIN_EINVAL, KIN_STAGE_OPTIONS, option);
}

/* -------------------------------------------------------------------------------------------------- program, environment --- */

static int resolve_file(const kin_spawn_options *options, struct kin_plat_launch *launch, kin_error *error)
{
    if (options == NULL)
        return refuse(error, "options");
    if (options->argv == NULL || options->argv[0] == NULL)
        return refuse(error, "argv");
    launch->argv = options->argv;
    launch->file = options->file != NULL ? options->file : options->argv[0];
    if (launch->file[0] == '\0')
        return refuse(error, options->file != NULL ? "file" : "argv");
    if (options->cwd != NULL && options->cwd[0] == '\0')
        return refuse(error, "cwd");
    launch->cwd = options->cwd;
    if (options->batch != KIN_BATCH_REFUSE && options->batch != KIN_BATCH_ESCAPE)
        return refuse(error, "batch");
    launch->batch = options->batch;
    return 0;
}

/* Without a wish the environment is not even copied. */
static int resolve_environment(const kin_spawn_options *options, struct kin_plan *plan, kin_error *error)
{
    const char *const *set;
    const char *const *unset;
    int code = 0;

    if (!kin_environment_is_valid(options->env_set))
        return refuse(error, "env_set");
    if (!kin_environment_are_names(options->env_unset))
        return refuse(error, "env_unset");
    code = kin_options_announce(options, plan);
    set = plan->env_set != NULL ? (const char *const *)plan->env_set : options->env_set;
    unset = plan->env_unset != NULL ? (const char *const *)plan->env_unset : options->env_unset;
    if (code == 0 && set == NULL && unset == NULL && !options->env_clean)
        return 0;
    if (code == 0 && !options->env_clean)
        code = kin_plat_environment(&plan->inherited);
    if (code < 0)
        return kin_error_set(error, code, KIN_STAGE_ENVIRONMENT, NULL);
    plan->launch.environment = kin_environment_merge(plan->inherited, unset, set);
    return plan->launch.environment != NULL ? 0 : kin_error_set(error, KIN_ENOMEM, KIN_STAGE_ENVIRONMENT, NULL);
}

int kin_options_resolve_program(const kin_spawn_options *options, struct kin_plan *plan, kin_error *error)
{
    int code = resolve_file(options, &plan->launch, error);

    if (code == 0)
        code = kin_options_find_channel(options, plan, error);
    return code < 0 ? code : resolve_environment(options, plan, error);
}

/* ------------------------------------------------------------------------------------------------------------------ slots --- */

static bool is_file(kin_stdio_kind kind)
{
    return kind == KIN_STDIO_FILE_READ || kind == KIN_STDIO_FILE_TRUNCATE || kind == KIN_STDIO_FILE_APPEND;
}

static kin_stdio_kind kind_of(const kin_stdio *stdio, size_t number, bool detached)
{
    if (stdio->kind != KIN_STDIO_DEFAULT)
        return stdio->kind;
    if (stdio->on_data != NULL)
        return KIN_STDIO_PIPE;
    return number < 3 && !detached ? KIN_STDIO_INHERIT : KIN_STDIO_IGNORE;
}

static bool has_callbacks(const kin_stdio *stdio)
{
    return stdio->on_data != NULL || stdio->on_end != NULL;
}

/* A member that the kind does not use is a misunderstanding; it is said rather than passed over. */
static bool is_consistent(const kin_stdio *stdio, kin_stdio_kind kind, size_t number)
{
    const bool child_writes = kind == KIN_STDIO_PIPE && number != 0;

    if (kind < KIN_STDIO_PIPE || kind > KIN_STDIO_CHANNEL)
        return false;
    if (has_callbacks(stdio) && (!child_writes || stdio->on_data == NULL))
        return false;
    if ((stdio->path != NULL && stdio->path[0] != '\0') != is_file(kind))
        return false;
    if (stdio->handle != (kin_native_handle)0 && kind != KIN_STDIO_HANDLE)
        return false;
    if (stdio->slot != 0 && kind != KIN_STDIO_SAME_AS)
        return false;
    if (kind == KIN_STDIO_INHERIT && number > 2)
        return false;
    return kind != KIN_STDIO_PIPE_INPUT || number > 2;
}

static void fill_slot(struct kin_plat_slot *slot, const kin_stdio *stdio, kin_stdio_kind kind, size_t number)
{
    static const enum kin_plat_slot_kind kinds[] = {
        [KIN_STDIO_PIPE] = KIN_PLAT_SLOT_PIPE_WRITE,  [KIN_STDIO_PIPE_INPUT] = KIN_PLAT_SLOT_PIPE_READ,
        [KIN_STDIO_INHERIT] = KIN_PLAT_SLOT_INHERIT,  [KIN_STDIO_IGNORE] = KIN_PLAT_SLOT_NULL,
        [KIN_STDIO_FILE_READ] = KIN_PLAT_SLOT_FILE,   [KIN_STDIO_FILE_TRUNCATE] = KIN_PLAT_SLOT_FILE,
        [KIN_STDIO_FILE_APPEND] = KIN_PLAT_SLOT_FILE, [KIN_STDIO_HANDLE] = KIN_PLAT_SLOT_HANDLE,
        [KIN_STDIO_SAME_AS] = KIN_PLAT_SLOT_SAME,     [KIN_STDIO_CHANNEL] = KIN_PLAT_SLOT_CHANNEL,
    };

    slot->kind = kind == KIN_STDIO_PIPE && number == 0 ? KIN_PLAT_SLOT_PIPE_READ : kinds[kind];
    slot->path = stdio->path;
    slot->mode = kind == KIN_STDIO_FILE_READ       ? KIN_FILE_READ
                 : kind == KIN_STDIO_FILE_TRUNCATE ? KIN_FILE_TRUNCATE
                                                   : KIN_FILE_APPEND;
    slot->handle = stdio->handle;
    slot->same_as = stdio->slot;
}

/* Behind the last is the channel that was added. */
static const kin_stdio *stdio_of(const kin_spawn_options *options, size_t number)
{
    static const kin_stdio channel = { .kind = KIN_STDIO_CHANNEL };
    const kin_stdio *const standard[] = { &options->in, &options->out, &options->err };

    if (number == 3 + options->extra_count)
        return &channel;
    return number < 3 ? standard[number] : &options->extra[number - 3];
}

static const char *slot_name(size_t number)
{
    static const char *const names[] = { "in", "out", "err", "extra" };

    return names[number < 3 ? number : 3];
}

/* Follows a chain of "same as" to what it means. A chain longer than there are slots goes round in a circle. */
static bool resolve_same(struct kin_plat_slot *slots, size_t count, size_t number)
{
    size_t target = number;

    for (size_t steps = 0; slots[target].kind == KIN_PLAT_SLOT_SAME; steps++) {
        target = slots[target].same_as;
        if (target >= count || steps >= count)
            return false;
    }
    slots[number].same_as = target;
    return true;
}

static int resolve_slots(const kin_spawn_options *options, struct kin_plan *plan, kin_error *error)
{
    struct kin_plat_launch *launch = &plan->launch;

    if (options->extra_count > KIN_EXTRA_SLOTS || (options->extra == NULL && options->extra_count > 0))
        return refuse(error, "extra");
    launch->slot_count = 3 + options->extra_count;
    if (plan->has_channel && plan->channel_slot == launch->slot_count)
        launch->slot_count++;
    if (launch->slot_count > 3 + KIN_EXTRA_SLOTS)
        return refuse(error, "extra");
    launch->slots = calloc(launch->slot_count, sizeof *launch->slots);
    if (launch->slots == NULL)
        return kin_error_set(error, KIN_ENOMEM, KIN_STAGE_MEMORY, NULL);
    for (size_t i = 0; i < launch->slot_count; i++) {
        const kin_stdio *stdio = stdio_of(options, i);
        const kin_stdio_kind kind = kind_of(stdio, i, options->detached);

        if (!is_consistent(stdio, kind, i))
            return refuse(error, slot_name(i));
        fill_slot(&launch->slots[i], stdio, kind, i);
    }
    for (size_t i = 0; i < launch->slot_count; i++) {
        if (!resolve_same(launch->slots, launch->slot_count, i))
            return refuse(error, slot_name(i));
    }
    return 0;
}

/* ------------------------------------------------------------------------------------------------------------------- rest --- */

static int resolve_identity(const kin_spawn_options *options, struct kin_plat_launch *launch, kin_error *error)
{
    const kin_credentials *wanted = options->credentials;

    if (options->umask > UMASK_BITS || (options->umask != 0 && !options->set_umask))
        return refuse(error, "umask");
    launch->set_umask = options->set_umask;
    launch->umask = options->umask;
    launch->credentials = wanted;
    if (wanted == NULL)
        return 0;
    if (wanted->uid == NO_ID || wanted->gid == NO_ID || wanted->group_count > MOST_GROUPS ||
        (wanted->groups == NULL && wanted->group_count > 0) || (wanted->keep_groups && wanted->group_count > 0))
        return refuse(error, "credentials");
    return 0;
}

static int64_t limit_of(int64_t wanted_ms)
{
    return wanted_ms == 0 ? KIN_FOREVER : wanted_ms;
}

static int64_t delay_of(int64_t wanted_ms, int64_t usual_ms)
{
    if (wanted_ms == KIN_AT_ONCE)
        return 0;
    return wanted_ms == 0 ? usual_ms : wanted_ms;
}

static int resolve_times(const kin_spawn_options *options, struct kin_plan *plan, kin_error *error)
{
    if (options->timeout_ms < KIN_FOREVER)
        return refuse(error, "timeout_ms");
    if (options->idle_timeout_ms < KIN_FOREVER)
        return refuse(error, "idle_timeout_ms");
    if (options->grace_ms < KIN_AT_ONCE)
        return refuse(error, "grace_ms");
    if (options->close_delay_ms < KIN_AT_ONCE)
        return refuse(error, "close_delay_ms");
    plan->timeout_ms = limit_of(options->timeout_ms);
    plan->idle_timeout_ms = limit_of(options->idle_timeout_ms);
    plan->grace_ms = delay_of(options->grace_ms, KIN_GRACE_MS);
    plan->close_delay_ms = delay_of(options->close_delay_ms, KIN_CLOSE_DELAY_MS);
    plan->cancel = options->cancel;
    return 0;
}

/* Silence says something only of a child that could speak to us. */
static bool can_be_heard(const struct kin_plat_launch *launch)
{
    for (size_t i = 0; i < launch->slot_count; i++) {
        if (launch->slots[i].kind == KIN_PLAT_SLOT_PIPE_WRITE)
            return true;
    }
    return false;
}

static int resolve_ties(const kin_spawn_options *options, struct kin_plan *plan, kin_error *error)
{
    if (options->wait_tree && !options->tree)
        return refuse(error, "wait_tree");
    if (options->die_with_parent && options->detached)
        return refuse(error, "die_with_parent");
    if (plan->idle_timeout_ms != KIN_FOREVER && !can_be_heard(&plan->launch))
        return refuse(error, "idle_timeout_ms");
    plan->wait_tree = options->wait_tree;
    plan->launch.tree = options->tree;
    plan->launch.detached = options->detached;
    plan->launch.die_with_parent = options->die_with_parent;
    return 0;
}

int kin_options_resolve(const kin_spawn_options *options, struct kin_plan *plan, kin_error *error)
{
    int code = kin_options_resolve_program(options, plan, error);

    if (code == 0)
        code = resolve_times(options, plan, error);
    if (code == 0)
        code = resolve_identity(options, &plan->launch, error);
    if (code == 0)
        code = resolve_slots(options, plan, error);
    if (code == 0)
        code = resolve_ties(options, plan, error);
    if (code < 0)
        return code;
    plan->launch.hidden = options->hidden;
    plan->launch.verbatim_arguments = options->verbatim_arguments;
    return 0;
}

void kin_plan_free(struct kin_plan *plan)
{
    free(plan->launch.slots);
    free((void *)plan->launch.environment);
    free((void *)plan->env_set);
    free((void *)plan->env_unset);
    free(plan->entry_variable);
    if (plan->inherited != NULL)
        kin_plat_environment_free(plan->inherited);
}
