/* SPDX-License-Identifier: MIT */
/* From what the user wrote to a start with nothing left to decide. */
#ifndef KIN_CORE_OPTIONS_H
#define KIN_CORE_OPTIONS_H

#include "../platform.h"

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
    char **inherited; /* the copy of our environment that `launch.environment` points into */
};

/*
 * Checks the options and fills in every default. The plan points into the options; kin_plan_free() in any case. On failure
 * `error` (may be NULL) names the option.
 */
int kin_options_resolve(const kin_spawn_options *options, struct kin_plan *plan, kin_error *error);

/* The part that decides which file would be run: program, directory, environment. */
int kin_options_resolve_program(const kin_spawn_options *options, struct kin_plan *plan, kin_error *error);

void kin_plan_free(struct kin_plan *plan);

#endif
