/* SPDX-License-Identifier: MIT */
/*
 * Exit is when the process ends, close is when its streams have ended as well. The child here leaves a grandchild
 * behind, which holds the child's streams: between the two anything may pass.
 */
#include "tour.h"

#include <string.h>

/* One life of a child, as told by its callbacks. */
struct life {
    kin_child *child;
    void (*at_exit)(struct life *life); /* what the tour does between exit and close; may be NULL */
    char output[512];
    size_t output_size;
    kin_status exit_status;
    kin_status close_status;
    unsigned exits;
    unsigned closes;
    unsigned exits_before_close;
    int kill_result;
    int64_t exit_ms;
    int64_t close_ms;
};

static void on_output(kin_stream *stream, const char *data, size_t size, void *user)
{
    struct life *life = user;
    (void)stream;
    if (size > sizeof life->output - life->output_size)
        size = sizeof life->output - life->output_size;
    memcpy(life->output + life->output_size, data, size);
    life->output_size += size;
}

static void on_exit(kin_child *child, const kin_status *status, void *user)
{
    struct life *life = user;
    (void)child;
    life->exits++;
    life->exit_status = *status;
    life->exit_ms = host_now_ms();
    if (life->at_exit)
        life->at_exit(life);
}

static void on_close(kin_child *child, const kin_status *status, void *user)
{
    struct life *life = user;
    (void)child;
    life->closes++;
    life->exits_before_close = life->exits;
    life->close_status = *status;
    life->close_ms = host_now_ms();
}

/* The end of its input lets the grandchild speak and leave. */
static void end_input(struct life *life)
{
    kin_stream_end(kin_child_stream(life->child, 0));
}

static void kill_tree(struct life *life)
{
    life->kill_result = kin_kill_tree(life->child, KIN_SIGNAL_KILL);
}

static void live(struct tour *tour, struct life *life, int64_t close_delay_ms)
{
    const char *argv[] = { tour->program, "--child", "leave", NULL };
    kin_loop *loop = NULL;
    kin_error error = { 0 };
    int rc = kin_loop_create(&loop);
    if (rc < 0)
        goto finish;
    rc = kin_spawn(loop,
                   &(kin_spawn_options){ .argv = argv,
                                         .in = { .kind = KIN_STDIO_PIPE },
                                         .out = { .kind = KIN_STDIO_PIPE, .on_data = on_output },
                                         .tree = true,
                                         .close_delay_ms = close_delay_ms,
                                         .on_exit = on_exit,
                                         .on_close = on_close,
                                         .user = life,
                                         .error = &error },
                   &life->child);
    if (rc == 0)
        kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
finish:
    if (rc < 0)
        tour_say("%s", error.code ? kin_error_text(&error) : kin_code_name(rc));
    kin_child_release(life->child);
    kin_loop_release(loop);
}

static void tell(struct tour *tour, const struct life *life)
{
    tour_quote(life->output, life->output_size);
    tour_status(&life->exit_status);
    tour_say("closed: the output is %s", life->close_status.output_incomplete ? "incomplete" : "complete");
    tour_fact("from exit to close: %lld ms", (long long)(life->close_ms - life->exit_ms));
    tour_check(tour, life->exits == 1 && life->closes == 1 && life->exits_before_close == 1, "one exit, then one close");
}

static bool said(const struct life *life, const char *text)
{
    return life->output_size == strlen(text) && memcmp(life->output, text, life->output_size) == 0;
}

void tour_life(struct tour *tour)
{
    static const char child_text[] = "child: I leave, somebody stays\n";
    static const char both_texts[] = "child: I leave, somebody stays\ngrandchild: now I leave too\n";
    struct life awaited = { .at_exit = end_input };
    struct life bounded = { .at_exit = NULL };
    struct life killed = { .at_exit = kill_tree, .kill_result = -1 };

    tour_chapter(tour, "Exit is not close");
    tour_say("The child exits, a grandchild keeps its streams and goes on. We wait for it:");
    live(tour, &awaited, KIN_FOREVER);
    tell(tour, &awaited);
    tour_check(tour, said(&awaited, both_texts), "what came after the exit is there");

    tour_say("The same, but close comes at most 300 ms after exit:");
    live(tour, &bounded, 300);
    tell(tour, &bounded);
    tour_check(tour, bounded.close_status.output_incomplete && said(&bounded, child_text),
               "a grandchild cannot hold us up, and the result says so");

    tour_say("The same, but the whole tree is ended at the exit:");
    live(tour, &killed, KIN_FOREVER);
    tell(tour, &killed);
    tour_check(tour, killed.kill_result == 0 && !killed.close_status.output_incomplete && said(&killed, child_text),
               "kin_kill_tree() reaches the grandchild after the child has gone");
}
