/* SPDX-License-Identifier: MIT */
/* The part of the options that is about the channel: its slot, and the variables that announce it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "options.h"

/* What must not reach a child without a channel: it would take a descriptor of something else for one. */
static const char *const announcements[] = { KIN_VARIABLE_CHANNEL, KIN_VARIABLE_MODE, KIN_VARIABLE_ENTRY };

enum { ANNOUNCEMENTS = sizeof announcements / sizeof announcements[0] };

static int refuse(kin_error *error, const char *option)
{
    return kin_error_set(error, KIN_EINVAL, KIN_STAGE_OPTIONS, option);
}

/* ---------------------------------------------------------------------------------------------------------------- slot --- */

static int claim(struct kin_plan *plan, size_t number, const kin_stdio *stdio)
{
    if (stdio->kind != KIN_STDIO_CHANNEL)
        return 0;
    if (plan->has_channel)
        return KIN_EINVAL;
    plan->has_channel = true;
    plan->channel_slot = number;
    return 0;
}

int kin_options_find_channel(const kin_spawn_options *options, struct kin_plan *plan, kin_error *error)
{
    const bool sane = options->extra != NULL && options->extra_count <= KIN_EXTRA_SLOTS; /* else it is refused later */
    const size_t extra_count = sane ? options->extra_count : 0;
    int code = claim(plan, 0, &options->in);

    if (code == 0)
        code = claim(plan, 1, &options->out);
    if (code == 0)
        code = claim(plan, 2, &options->err);
    for (size_t i = 0; i < extra_count && code == 0; i++)
        code = claim(plan, 3 + i, &options->extra[i]);
    if (code == 0 && !plan->has_channel && options->channel != NULL) {
        plan->has_channel = true;
        plan->channel_slot = 3 + extra_count;
    }
    if (code == 0)
        code = kin_channel_options_resolve(options->channel, &plan->channel);
    return code < 0 ? refuse(error, "channel") : 0;
}

/* --------------------------------------------------------------------------------------------------------- environment --- */

static size_t count_of(const char *const *list)
{
    size_t count = 0;

    while (list != NULL && list[count] != NULL)
        count++;
    return count;
}

/* A copy of a list with room for what we add. */
static const char **extend(const char *const *list)
{
    const size_t count = count_of(list);
    const char **copy =
        count > SIZE_MAX / sizeof *copy - ANNOUNCEMENTS - 1 ? NULL : malloc((count + ANNOUNCEMENTS + 1) * sizeof *copy);

    if (copy == NULL)
        return NULL;
    if (count > 0)
        memcpy(copy, list, count * sizeof *copy);
    copy[count] = NULL;
    return copy;
}

static void append(const char **list, const char *text)
{
    const size_t count = count_of(list);

    list[count] = text;
    list[count + 1] = NULL;
}

static bool is_announced_here(void)
{
    for (size_t i = 0; i < ANNOUNCEMENTS; i++) {
        if (kin_plat_variable_read(announcements[i], NULL, 0) >= 0)
            return true;
    }
    return false;
}

static char *entry_variable(const char *entry)
{
    const size_t size = sizeof KIN_VARIABLE_ENTRY + 1 + strlen(entry);
    char *text = malloc(size);

    if (text != NULL)
        (void)snprintf(text, size, "%s=%s", KIN_VARIABLE_ENTRY, entry);
    return text;
}

static int announce_channel(struct kin_plan *plan)
{
    (void)snprintf(plan->channel_variable, sizeof plan->channel_variable, "%s=%u", KIN_VARIABLE_CHANNEL,
                   (unsigned)plan->channel_slot);
    append(plan->env_set, plan->channel_variable);
    append(plan->env_set, plan->channel.mode == KIN_CHANNEL_BINARY ? KIN_VARIABLE_MODE "=advanced" : KIN_VARIABLE_MODE "=json");
    if (plan->entry == NULL)
        return 0;
    plan->entry_variable = entry_variable(plan->entry);
    if (plan->entry_variable == NULL)
        return KIN_ENOMEM;
    append(plan->env_set, plan->entry_variable);
    return 0;
}

int kin_options_announce(const kin_spawn_options *options, struct kin_plan *plan)
{
    if (!plan->has_channel && (options->env_clean || !is_announced_here()))
        return 0;
    plan->env_set = extend(options->env_set);
    plan->env_unset = extend(options->env_unset);
    if (plan->env_set == NULL || plan->env_unset == NULL)
        return KIN_ENOMEM;
    for (size_t i = 0; i < ANNOUNCEMENTS; i++)
        append(plan->env_unset, announcements[i]);
    return plan->has_channel ? announce_channel(plan) : 0;
}
