/* SPDX-License-Identifier: MIT */
/* From what the user wrote to a start with nothing left to decide. */
#ifndef KIN_CORE_OPTIONS_H
#define KIN_CORE_OPTIONS_H

#include "../platform.h"
#include "channel.h"

/* What announces a channel to a child: the first two are Node's. */
#define KIN_VARIABLE_CHANNEL "NODE_CHANNEL_FD"
#define KIN_VARIABLE_MODE "NODE_CHANNEL_SERIALIZATION_MODE"
#define KIN_VARIABLE_ENTRY "KIN_ENTRY"

/* Slots 3 and up: the C runtimes of Windows hand on at most 255 descriptors in all. */
#define KIN_EXTRA_SLOTS ((size_t)252)

struct kin_plan {
    struct kin_plat_launch launch;
    int64_t timeout_ms;      /* KIN_FOREVER or more than 0 */
    int64_t idle_timeout_ms; /* KIN_FOREVER or more than 0 */
    int64_t grace_ms;        /* KIN_FOREVER or 0 and more */
    int64_t close_delay_ms;  /* KIN_FOREVER or 0 and more */
    kin_cancel *cancel;      /* NULL: none */
    bool wait_tree;
    char **inherited;     /* the copy of our environment that `launch.environment` points into, as it does into these: */
    const char **env_set; /* the user's list and what announces the channel; NULL: his alone */
    const char **env_unset;
    char *entry_variable;
    char channel_variable[32];
    const char *entry; /* where this program begins again; NULL: it is another one, or from its beginning */
    bool has_channel;
    size_t channel_slot;
    kin_channel_options channel;
};

/*
 * Checks the options and fills in every default. The plan points into the options; kin_plan_free() in any case. On failure
 * `error` (may be NULL) names the option.
 */
int kin_options_resolve(const kin_spawn_options *options, struct kin_plan *plan, kin_error *error);

/* The part that decides which file would be run: program, directory, environment. */
int kin_options_resolve_program(const kin_spawn_options *options, struct kin_plan *plan, kin_error *error);

/* Finds the slot of the channel, given or added, and resolves its options. */
int kin_options_find_channel(const kin_spawn_options *options, struct kin_plan *plan, kin_error *error);

/* Puts what announces the channel into the lists of variables, and takes out what would announce ours. 0 or KIN_ENOMEM. */
int kin_options_announce(const kin_spawn_options *options, struct kin_plan *plan);

void kin_plan_free(struct kin_plan *plan);

#endif
