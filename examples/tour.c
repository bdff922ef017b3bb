/* SPDX-License-Identifier: MIT */
/*
 * The tour of kin: what people do with child processes, done and written down. It exits with 0 when everything was as
 * promised.
 *
 *      tour              with a log of 1 GiB
 *      tour BYTES        with a smaller or larger one
 *
 * Lines that begin with "~ " are facts of this machine; all others are the same on every system.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tour/tour.h"

#define LOG_BYTES ((uint64_t)1024 * 1024 * 1024)

/* This program as a shell would find it: a directory for PATH, and a name without ".exe". */
static void tour_find_name(struct tour *tour)
{
    const char *last = tour->program;
    for (const char *at = tour->program; *at; at++)
        if (*at == '/' || *at == '\\')
            last = at;
    snprintf(tour->path_variable, sizeof tour->path_variable, "PATH=%.*s", (int)(last - tour->program), tour->program);
    snprintf(tour->name, sizeof tour->name, "%s", *last ? last + 1 : last);
    char *suffix = strstr(tour->name, ".exe");
    if (suffix)
        *suffix = '\0';
}

static int tour_run(struct tour *tour)
{
    printf("kin %s: the tour\n", KIN_VERSION);
    tour_fact("system: %s", host_name());
    tour_shell(tour);
    tour_arguments(tour);
    tour_stream(tour);
    tour_life(tour);
    tour_tree(tour);
    tour_messages(tour);
    tour_failures(tour);
    tour_chapter(tour, "The end");
    tour_check(tour, host_remove_directory(tour->directory), "no file is left behind");
    if (tour->broken > 0)
        tour_say("%u promises did not hold", tour->broken);
    else
        tour_say("everything was as promised");
    return tour->broken > 0 ? 1 : 0;
}

int tour_main(int argc, char **argv)
{
    static struct tour tour = { .log_bytes = LOG_BYTES };
    int code;
    if (tour_dispatch(&code))
        return code;
    if (!host_program_path(argv[0], tour.program, sizeof tour.program)) {
        fprintf(stderr, "tour: my own path is not known\n");
        return 70;
    }
    if (argc > 2 && strcmp(argv[1], "--child") == 0)
        return tour_child(tour.program, argc - 2, argv + 2);
    if (!host_make_directory(tour.directory, sizeof tour.directory)) {
        fprintf(stderr, "tour: no directory for temporary files\n");
        return 70;
    }
    if (argc > 1)
        tour.log_bytes = strtoull(argv[1], NULL, 10);
    tour_find_name(&tour);
    return tour_run(&tour);
}
