/* SPDX-License-Identifier: MIT */
/* Ends that reach further than one process, and children that outlive their parent or do not. */
#include "tour.h"

#include <stdio.h>
#include <string.h>

/* -------------------------------------------------------------------------------------------------- a time limit --- */

/* The shell obeys at once, what it has started does not: a limit is for all of them. */
static void limit(struct tour *tour)
{
    const char *environment[] = { tour->path_variable, NULL };
    kin_exec_options options = { .env_set = environment, .timeout_ms = 2500, .grace_ms = 300, .wait_tree = true };
    char command[HOST_PATH_SIZE + 64];
    kin_result result = { 0 };

    snprintf(command, sizeof command, "%s --child stubborn && echo never", tour->name);
    tour_say("kin_exec_sync(\"tour --child stubborn && echo never\", { .timeout_ms = 2500, .grace_ms = 300 })");
    int rc = kin_exec_sync(command, &options, &result);
    tour_say("returned %s", kin_code_name(rc));
    tour_quote(result.out.data, result.out.size);
    tour_status(&result.status);
    tour_check(tour, rc == KIN_ETIMEDOUT && result.status.forced, "who does not listen is ended by force");
    tour_check(tour, result.out.size > 0 && !result.out.incomplete, "nothing of the tree is left that could hold the output");
    kin_result_free(&result);
}

/* ----------------------------------------------------------------------------------------------------- a daemon --- */

struct wait {
    const char *path;
    unsigned looks;
    bool found;
};

static void look(kin_timer *timer, void *user)
{
    struct wait *wait = user;
    FILE *file = fopen(wait->path, "rb");

    if (file != NULL)
        fclose(file);
    wait->found = file != NULL;
    if (wait->found || ++wait->looks > 3000)
        kin_timer_release(timer);
}

bool tour_wait_for_file(const char *path)
{
    struct wait wait = { .path = path };
    kin_loop *loop = NULL;

    if (kin_loop_create(&loop) == 0 && kin_timer_start(loop, 0, 10, look, &wait, NULL) == 0)
        kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
    kin_loop_release(loop);
    return wait.found;
}

bool tour_write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL)
        return false;
    bool written = fputs(text, file) >= 0;
    return fclose(file) == 0 && written;
}

static void quote_file(const char *path)
{
    char text[256];
    FILE *file = fopen(path, "rb");

    if (file == NULL)
        return;
    tour_quote(text, fread(text, 1, sizeof text, file));
    fclose(file);
}

/* It may write only when its parent has gone: that is what the gate is for. */
static void daemon(struct tour *tour)
{
    char gate[HOST_PATH_SIZE + 8];
    char answer[HOST_PATH_SIZE + 8];
    const char *argv[] = { tour->program, "--child", "daemonize", gate, answer, NULL };
    kin_result result = { 0 };

    snprintf(gate, sizeof gate, "%s/gate", tour->directory);
    snprintf(answer, sizeof answer, "%s/answer", tour->directory);
    tour_say("A child starts another one, detached, and exits:");
    kin_exec_file_sync(argv, NULL, &result);
    tour_quote(result.out.data, result.out.size);
    tour_status(&result.status);
    tour_check(tour, kin_status_ok(&result.status) && tour_write_file(gate, "go\n"), "its parent has gone");
    tour_check(tour, tour_wait_for_file(answer), "the daemon writes its file all the same");
    quote_file(answer);
    kin_result_free(&result);
    host_remove_file(gate);
    host_remove_file(answer);
}

/* ------------------------------------------------------------------------------------------------ die with parent --- */

struct bond {
    kin_child *parent;
    unsigned closes;
    kin_status status;
};

/* The child speaks; now its parent is killed, in a way that nobody can handle. */
static void on_word(kin_stream *stream, const char *data, size_t size, void *user)
{
    struct bond *bond = user;

    (void)stream;
    tour_quote(data, size);
    kin_kill(bond->parent, KIN_SIGNAL_KILL);
}

static void on_close(kin_child *child, const kin_status *status, void *user)
{
    struct bond *bond = user;

    (void)child;
    bond->closes++;
    bond->status = *status;
}

static void die_with_parent(struct tour *tour)
{
    const char *argv[] = { tour->program, "--child", "bind", NULL };
    struct bond bond = { .closes = 0 };
    kin_loop *loop = NULL;

    tour_say("A child starts another one that shall die with it, and is killed:");
    int rc = kin_loop_create(&loop);
    if (rc == 0)
        rc = kin_spawn(loop,
                       &(kin_spawn_options){ .argv = argv,
                                             .out = { .kind = KIN_STDIO_PIPE, .on_data = on_word },
                                             .close_delay_ms = 30000,
                                             .on_close = on_close,
                                             .user = &bond },
                       &bond.parent);
    if (rc == 0)
        kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
    tour_status(&bond.status);
    tour_check(tour, bond.closes == 1 && !bond.status.output_incomplete, "the grandchild has let go of the output: it is gone");
    kin_child_release(bond.parent);
    kin_loop_release(loop);
}

void tour_tree(struct tour *tour)
{
    tour_chapter(tour, "The end of a tree, and of a parent");
    limit(tour);
    daemon(tour);
    die_with_parent(tour);
}
