/* SPDX-License-Identifier: MIT */
#include "tour.h"

#include <stdio.h>
#include <string.h>

/* One line of text for /bin/sh or cmd.exe. The PATH of the child holds this program and nothing else. */
void tour_shell(struct tour *tour)
{
    const char *environment[] = { tour->path_variable, NULL };
    char command[2 * HOST_PATH_SIZE + 64];
    kin_result result = { 0 };

    tour_chapter(tour, "Run a shell pipeline and read its output");
    snprintf(command, sizeof command, "%s --child log-lines 400 | %s --child filter ERROR", tour->name, tour->name);
    tour_say("kin_exec_sync(\"%s\")", command);
    int rc = kin_exec_sync(command, &(kin_exec_options){ .env_set = environment, .timeout_ms = 60000 }, &result);
    if (rc < 0)
        tour_say("%s", kin_error_text(&result.error));
    tour_quote(result.out.data, result.out.size);
    tour_status(&result.status);
    tour_check(tour, rc == 0 && kin_status_ok(&result.status) && result.out.size > 0, "the pipeline ran to its end");
    tour_check(tour, result.err.size == 0, "and had nothing to complain about");
    kin_result_free(&result);
}

/* What the child should print for the arguments after `--child echo`. */
static size_t expected_echo(const char *const *arguments, char *text, size_t size)
{
    size_t used = 0;
    for (; *arguments; arguments++)
        used += (size_t)snprintf(text + used, size - used, "[%s]\n", *arguments);
    return used;
}

/* Text that others wrote, as arguments: no shell ever reads it. */
void tour_arguments(struct tour *tour)
{
    const char *argv[] = { tour->program,
                           "--child",
                           "echo",
                           "123; rm -rf /",
                           "$(reboot) `reboot`",
                           "%PATH% & del *",
                           "\"quoted\\\" twice\\\\",
                           "",
                           "--",
                           "gr\xc3\xbc\xc3\x9f \xe4\xb8\x96\xe7\x95\x8c",
                           NULL };
    char expected[512];
    kin_result result = { 0 };

    tour_chapter(tour, "Run a program with arguments that a shell would obey");
    tour_say("kin_exec_file_sync({ \"tour\", \"--child\", \"echo\", \"123; rm -rf /\", ... })");
    int rc = kin_exec_file_sync(argv, &(kin_exec_options){ .timeout_ms = 60000 }, &result);
    if (rc < 0)
        tour_say("%s", kin_error_text(&result.error));
    tour_quote(result.out.data, result.out.size);
    tour_status(&result.status);
    size_t size = expected_echo(argv + 3, expected, sizeof expected);
    tour_check(tour, rc == 0 && result.out.size == size && memcmp(result.out.data, expected, size) == 0,
               "every argument arrived byte for byte");
    kin_result_free(&result);
}
