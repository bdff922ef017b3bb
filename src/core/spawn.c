/* SPDX-License-Identifier: MIT */
/* From options to a running child. */
#include <stdlib.h>

#include "child.h"
#include "error.h"

static bool is_pipe(const struct kin_plat_slot *slot)
{
    return slot->kind == KIN_PLAT_SLOT_PIPE_READ || slot->kind == KIN_PLAT_SLOT_PIPE_WRITE;
}

/* ------------------------------------------------------------------------------------------------------------- the object --- */

static int make_streams(kin_child *child, struct kin_plat_launch *launch, kin_loop *loop)
{
    child->streams = calloc(launch->slot_count, sizeof(kin_stream *));
    if (child->streams == NULL)
        return KIN_ENOMEM;
    child->slot_count = launch->slot_count;
    for (size_t i = 0; i < launch->slot_count; i++) {
        struct kin_plat_slot *slot = &launch->slots[i];

        if (!is_pipe(slot))
            continue;
        child->streams[i] = calloc(1, sizeof *child->streams[i]);
        if (child->streams[i] == NULL)
            return KIN_ENOMEM;
        kin_stream_init(child->streams[i], loop, slot->kind == KIN_PLAT_SLOT_PIPE_WRITE);
        slot->owner = &child->streams[i]->resource;
    }
    return 0;
}

static int make_channel(kin_child *child, struct kin_plan *plan, kin_loop *loop)
{
    if (!plan->has_channel)
        return 0;
    child->channel = calloc(1, sizeof *child->channel);
    if (child->channel == NULL)
        return KIN_ENOMEM;
    kin_channel_init(child->channel, loop, &plan->channel);
    plan->launch.slots[plan->channel_slot].owner = &child->channel->resource;
    return 0;
}

static void free_child(kin_child *child)
{
    if (child == NULL)
        return;
    free(child->channel);
    for (size_t i = 0; i < child->slot_count; i++)
        free(child->streams[i]);
    free(child->streams);
    free(child);
}

static const kin_stdio *stdio_of(const kin_spawn_options *options, size_t number)
{
    if (number >= 3)
        return &options->extra[number - 3];
    return number == 0 ? &options->in : number == 1 ? &options->out : &options->err;
}

static void connect_streams(kin_child *child, const kin_spawn_options *options, const struct kin_plat_launch *launch)
{
    for (size_t i = 0; i < launch->slot_count; i++) {
        const kin_stdio *stdio;

        if (child->streams[i] == NULL)
            continue; /* perhaps the channel's slot, which the options do not have */
        stdio = stdio_of(options, i);
        child->streams[i]->pipe = launch->slots[i].pipe;
        if (stdio->on_data != NULL)
            kin_stream_on_data(child->streams[i], stdio->on_data, stdio->on_end, options->user);
    }
}

int kin_child_start(kin_loop *loop, const kin_spawn_options *options, struct kin_plan *plan, kin_child **child,
                    kin_error *error)
{
    struct kin_plat_failure failure = { .stage = KIN_STAGE_MEMORY };
    kin_child *made;
    int code;

    if (kin_cancel_is_triggered(plan->cancel))
        return kin_error_set(error, KIN_ECANCELED, KIN_STAGE_OPTIONS, "cancel");
    made = calloc(1, sizeof *made);
    code = made == NULL ? KIN_ENOMEM : make_streams(made, &plan->launch, loop);
    if (code == 0)
        code = make_channel(made, plan, loop);
    if (code < 0)
        failure.code = code;
    else
        code = kin_plat_spawn(loop->platform, &plan->launch, &made->resource, &made->process, &failure);
    if (code < 0) {
        free_child(made);
        return kin_error_set_failure(error, &failure);
    }
    kin_child_watch(made, loop, plan);
    connect_streams(made, options, &plan->launch);
    if (made->channel != NULL)
        kin_channel_begin(made->channel, plan->launch.slots[plan->channel_slot].pipe);
    *child = made;
    return 0;
}

/* ------------------------------------------------------------------------------------------------------------ the public --- */

static int check_call(const kin_loop *loop, const kin_spawn_options *options, kin_child **child)
{
    if (options == NULL)
        return KIN_EINVAL;
    if (loop == NULL && child == NULL)
        return kin_error_set(options->error, KIN_EINVAL, KIN_STAGE_OPTIONS, "child");
    if (loop != NULL && loop->releasing)
        return kin_error_set(options->error, KIN_EINVAL, KIN_STAGE_OPTIONS, "loop");
    return 0;
}

static int open_private_loop(kin_loop **loop, kin_error *error)
{
    const int code = kin_loop_create(loop);

    return code < 0 ? kin_error_set(error, code, KIN_STAGE_LOOP, NULL) : 0;
}

static void set_callbacks(kin_child *child, const kin_spawn_options *options)
{
    child->on_exit = options->on_exit;
    child->on_close = options->on_close;
    child->callback_user = options->user;
    child->user = options->user;
}

int kin_spawn_at(kin_loop *loop, const char *entry, const kin_spawn_options *options, kin_child **child)
{
    struct kin_plan plan = { .entry = entry };
    kin_loop *private_loop = NULL;
    kin_child *made = NULL;
    int code;

    if (child != NULL)
        *child = NULL;
    code = check_call(loop, options, child);
    if (code < 0)
        return code;
    code = kin_options_resolve(options, &plan, options->error);
    if (code == 0 && loop == NULL)
        code = open_private_loop(&private_loop, options->error);
    if (code == 0)
        code = kin_child_start(loop != NULL ? loop : private_loop, options, &plan, &made, options->error);
    kin_plan_free(&plan);
    if (made == NULL) {
        kin_loop_release(private_loop);
        return code;
    }
    set_callbacks(made, options);
    made->private_loop = private_loop != NULL;
    if (made->channel != NULL)
        made->channel->private_loop = made->private_loop;
    made->anonymous = child == NULL;
    if (child != NULL)
        *child = made;
    return 0;
}

int kin_spawn(kin_loop *loop, const kin_spawn_options *options, kin_child **child)
{
    return kin_spawn_at(loop, NULL, options, child);
}

int kin_which(const kin_spawn_options *options, char *path, size_t size)
{
    struct kin_plat_failure failure = { 0 };
    struct kin_plan plan = { 0 };
    kin_error *error = options != NULL ? options->error : NULL;
    int code = path == NULL || size == 0 ? kin_error_set(error, KIN_EINVAL, KIN_STAGE_OPTIONS, "path")
                                         : kin_options_resolve_program(options, &plan, error);

    if (code == 0) {
        code = kin_plat_which(&plan.launch, path, size, &failure);
        if (code < 0)
            kin_error_set_failure(error, &failure);
    }
    kin_plan_free(&plan);
    return code;
}
