/* SPDX-License-Identifier: MIT */
/*
 * Thousands of lives that nobody would think of: events of the system and calls of the user in any order, calls inside of
 * callbacks included, against what must always hold. A failure names its round; `first_round` replays it.
 */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 3000
#define STEPS 120
#define CHILDREN 3
#define OUTPUTS 2
#define MOST_WRITES 200

static const unsigned first_round = 0;

/* ------------------------------------------------------------------------------------------------------------ the model */

struct actor;

struct output {
    struct actor *actor;
    kin_plat_pipe *pipe;
    size_t sent;     /* by the child */
    size_t received; /* by on_data */
    unsigned ends;
    int end_code;
    bool ended; /* by the child */
    bool closed_by_us;
    bool failed;
};

struct actor {
    kin_child *child; /* NULL after a release */
    kin_plat_process *process;
    kin_plat_pipe *input;
    struct output outputs[OUTPUTS];
    bool carried_by_pipe; /* its stdout goes to a file */
    kin_stream *file;
    kin_plat_pipe *file_pipe;
    unsigned carried;
    int carried_code;
    uint64_t carried_bytes;
    unsigned exits;
    unsigned closes;
    size_t writes; /* accepted */
    size_t writes_told;
    size_t bytes_queued;
    size_t bytes_ok;
    size_t sizes[MOST_WRITES];
    bool write_failed;
};

static struct actor actors[CHILDREN];
static size_t actor_count;
static uint64_t state;
static unsigned depth; /* of calls from callbacks */
static char pattern[1024 * 1024];

static unsigned below(unsigned limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 11) % limit);
}

static bool chance(unsigned one_in)
{
    return below(one_in) == 0;
}

static void make_pattern(void)
{
    uint32_t value = 1;

    for (size_t i = 0; i < sizeof pattern; i++) {
        value = value * 1664525 + 1013904223;
        pattern[i] = (char)(value >> 24);
    }
}

/* ----------------------------------------------------------------------------------------------------------- callbacks */

static void act_at_random(void);

static void maybe_act(void)
{
    if (depth > 0 || loop == NULL)
        return;
    depth++;
    while (chance(3))
        act_at_random();
    depth--;
}

static struct output *output_of(struct actor *actor, kin_stream *stream)
{
    for (unsigned i = 0; i < OUTPUTS; i++) {
        if (actor->child != NULL && kin_child_stream(actor->child, i + 1) == stream)
            return &actor->outputs[i];
    }
    return NULL;
}

static void on_data(kin_stream *stream, const char *data, size_t size, void *user)
{
    struct actor *actor = user;
    struct output *output = output_of(actor, stream);

    ASSERT_NOT_NULL(output); /* else it was told after a release */
    EXPECT_TRUE(size > 0);
    EXPECT_INT_EQ(0, output->ends);
    EXPECT_INT_EQ(0, actor->closes);
    EXPECT_FALSE(output->closed_by_us);
    ASSERT_TRUE(output->received + size <= output->sent);
    EXPECT_MEM_EQ(pattern + output->received, data, size);
    output->received += size;
    maybe_act();
}

static void on_end(kin_stream *stream, int code, void *user)
{
    struct actor *actor = user;
    struct output *output = output_of(actor, stream);

    ASSERT_NOT_NULL(output);
    EXPECT_INT_EQ(0, actor->closes);
    output->ends++;
    output->end_code = code;
    EXPECT_INT_EQ(1, output->ends);
    if (code == 0) {
        EXPECT_TRUE(output->ended);
        EXPECT_SIZE_EQ(output->sent, output->received);
    } else if (code != KIN_ECANCELED) {
        EXPECT_TRUE(output->failed);
    }
    maybe_act();
}

static void on_exit_told(kin_child *which, const kin_status *status, void *user)
{
    struct actor *actor = user;

    EXPECT_PTR_EQ(actor->child, which);
    EXPECT_TRUE(status->kind != KIN_EXIT_NONE);
    EXPECT_INT_EQ(1, ++actor->exits);
    EXPECT_INT_EQ(0, actor->closes);
    EXPECT_INT_EQ(1, kin_child_status(which, NULL));
    maybe_act();
}

static void on_close(kin_child *which, const kin_status *status, void *user)
{
    struct actor *actor = user;

    EXPECT_PTR_EQ(actor->child, which);
    EXPECT_TRUE(status->kind != KIN_EXIT_NONE);
    EXPECT_INT_EQ(1, actor->exits);
    EXPECT_INT_EQ(1, ++actor->closes);
    EXPECT_SIZE_EQ(actor->writes, actor->writes_told);
    for (unsigned i = 0; i < OUTPUTS; i++) {
        if (!(i == 0 && actor->carried_by_pipe))
            EXPECT_INT_EQ(1, actor->outputs[i].ends);
    }
    maybe_act();
}

/* The number of the write is its user pointer: they are told in their order. */
static void on_written(kin_stream *stream, int code, void *user)
{
    size_t *size = user;
    struct actor *actor = NULL;

    (void)stream;
    for (size_t i = 0; i < actor_count; i++) {
        if (size >= actors[i].sizes && size < actors[i].sizes + MOST_WRITES)
            actor = &actors[i];
    }
    ASSERT_NOT_NULL(actor);
    EXPECT_SIZE_EQ(actor->writes_told, (size_t)(size - actor->sizes));
    EXPECT_INT_EQ(0, actor->closes);
    actor->writes_told++;
    if (code == 0) {
        EXPECT_FALSE(actor->write_failed && *size > 0);
        actor->bytes_ok += *size;
    } else {
        actor->write_failed = true;
    }
    maybe_act();
}

static void on_carried(int code, uint64_t bytes, void *user)
{
    struct actor *actor = user;

    EXPECT_INT_EQ(1, ++actor->carried);
    actor->carried_code = code;
    actor->carried_bytes = bytes;
    maybe_act();
}

/* --------------------------------------------------------------------------------------------------- acts of the system */

static void system_writes(struct output *output)
{
    static const unsigned sizes[] = { 1, 10, 5000, 70000 };
    size_t size = 1 + below(sizes[below(4)]);

    if (output->ended || output->failed)
        return;
    if (size > sizeof pattern - output->sent)
        size = sizeof pattern - output->sent;
    fake_child_writes(output->pipe, pattern + output->sent, size);
    output->sent += size;
}

static void system_ends(struct output *output)
{
    output->ended = true;
    fake_child_ends(output->pipe);
}

static void system_fails(struct output *output)
{
    if (output->ended)
        return;
    output->failed = true;
    if (chance(2))
        fake_read_fails(output->pipe, KIN_EIO);
    else
        fake_refuse_submission(output->pipe, KIN_ENOMEM);
}

static void act_of_system(struct actor *actor)
{
    struct output *output = &actor->outputs[below(OUTPUTS)];

    switch (below(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
        system_writes(output);
        break;
    case 4:
        system_ends(output);
        break;
    case 5:
        fake_exits(actor->process, below(256));
        break;
    case 6:
        if (chance(4))
            system_fails(output);
        break;
    case 7:
        fake_child_reads(actor->input, below(2) * below(50000));
        break;
    case 8:
        if (chance(6))
            fake_hangs_up(actor->input);
        break;
    case 9:
        if (chance(6))
            fake_hangs_up_silently(actor->input);
        break;
    case 10:
        fake_hold_cancelled(chance(2) ? actor->input : output->pipe);
        break;
    case 11:
        fake_release_cancelled(actor->input);
        fake_release_cancelled(actor->outputs[0].pipe);
        fake_release_cancelled(actor->outputs[1].pipe);
        break;
    case 12:
        if (actor->file_pipe != NULL)
            fake_child_reads(actor->file_pipe, below(2) * below(50000));
        break;
    case 13:
        if (actor->file_pipe != NULL && chance(6))
            fake_write_fails(actor->file_pipe, KIN_ENOSPC);
        break;
    }
}

/* ----------------------------------------------------------------------------------------------------- acts of the user */

static void user_writes(struct actor *actor)
{
    static const unsigned sizes[] = { 1, 10, 5000, 70000 };
    const size_t size = below(sizes[below(4)]);
    size_t *slot = &actor->sizes[actor->writes];
    kin_stream *stream = kin_child_stream(actor->child, 0);
    int code;

    if (actor->writes == MOST_WRITES || actor->bytes_queued + size > sizeof pattern)
        return;
    *slot = size;
    if (chance(2))
        code = kin_stream_write(stream, pattern + actor->bytes_queued, size, on_written, slot);
    else
        code = kin_stream_write_borrowed(stream, pattern + actor->bytes_queued, size, on_written, slot);
    if (code < 0)
        return;
    actor->writes++;
    actor->bytes_queued += size;
}

static void user_closes(struct actor *actor, unsigned slot)
{
    if (slot > 0)
        actor->outputs[slot - 1].closed_by_us = true;
    kin_stream_close(kin_child_stream(actor->child, slot));
}

static void user_releases(struct actor *actor)
{
    kin_child *released = actor->child;

    actor->child = NULL;
    kin_child_release(released);
}

static void user_releases_file(struct actor *actor)
{
    kin_stream *released = actor->file;

    actor->file = NULL;
    kin_stream_release(released);
}

static void act_of_user(struct actor *actor)
{
    const unsigned slot = 1 + below(OUTPUTS);

    switch (below(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        user_writes(actor);
        break;
    case 5:
    case 6:
        kin_stream_pause(kin_child_stream(actor->child, slot));
        break;
    case 7:
    case 8:
    case 9:
        kin_stream_resume(kin_child_stream(actor->child, slot));
        break;
    case 10:
        if (chance(5))
            kin_stream_end(kin_child_stream(actor->child, 0));
        break;
    case 11:
        if (chance(5))
            user_closes(actor, below(3));
        break;
    case 12:
        if (chance(5))
            kin_kill(actor->child, KIN_SIGNAL_KILL);
        break;
    case 13:
        if (chance(10))
            user_releases(actor);
        else if (actor->file != NULL && chance(10))
            user_releases_file(actor);
        break;
    }
}

static void act_at_random(void)
{
    struct actor *actor = &actors[below((unsigned)actor_count)];

    if (loop == NULL)
        return;
    if (chance(2) || actor->child == NULL)
        act_of_system(actor);
    else
        act_of_user(actor);
    if (depth > 0 && chance(3000)) {
        kin_loop_release(loop);
        loop = NULL;
    }
}

/* ------------------------------------------------------------------------------------------------------------- a round */

static void start_actor(struct actor *actor)
{
    static const int64_t delays[] = { 0, KIN_AT_ONCE, 50, KIN_FOREVER };
    kin_spawn_options options = usual_options();

    memset(actor, 0, sizeof *actor);
    actor->carried_by_pipe = chance(3);
    options.out = (kin_stdio){ .kind = KIN_STDIO_PIPE };
    if (!actor->carried_by_pipe)
        options.out = (kin_stdio){ .on_data = on_data, .on_end = on_end };
    options.err = (kin_stdio){ .on_data = on_data, .on_end = on_end };
    options.on_exit = on_exit_told;
    options.on_close = on_close;
    options.user = actor;
    options.close_delay_ms = delays[below(4)];
    options.timeout_ms = chance(3) ? (int64_t)below(200) : 0;
    options.tree = chance(2);
    ASSERT_INT_EQ(0, kin_spawn(loop, &options, &actor->child));
    actor->process = fake_process();
    actor->input = fake_pipe(0);
    for (unsigned i = 0; i < OUTPUTS; i++)
        actor->outputs[i] = (struct output){ .actor = actor, .pipe = fake_pipe(i + 1) };
    if (actor->carried_by_pipe) {
        ASSERT_INT_EQ(0, kin_stream_open_file(loop, "file", KIN_FILE_TRUNCATE, &actor->file, NULL));
        actor->file_pipe = fake_file();
        ASSERT_INT_EQ(0, kin_stream_pipe(kin_child_stream(actor->child, 1), actor->file, KIN_PIPE_DEFAULT, on_carried, actor));
    }
}

/* Whatever was held up goes on, and every child ends. */
static void let_end(struct actor *actor)
{
    for (unsigned i = 0; i < OUTPUTS; i++) {
        system_ends(&actor->outputs[i]);
        fake_release_cancelled(actor->outputs[i].pipe);
        if (actor->child != NULL)
            kin_stream_resume(kin_child_stream(actor->child, i + 1));
    }
    fake_child_reads(actor->input, SIZE_MAX);
    fake_release_cancelled(actor->input);
    if (actor->file_pipe != NULL) {
        fake_child_reads(actor->file_pipe, SIZE_MAX);
        fake_release_cancelled(actor->file_pipe);
    }
    fake_exits(actor->process, 0);
}

static void check_bytes(const kin_plat_pipe *pipe, size_t at_least, size_t at_most)
{
    size_t size;
    const char *data = fake_written(pipe, &size);

    EXPECT_TRUE(size >= at_least && size <= at_most);
    if (size <= sizeof pattern)
        EXPECT_MEM_EQ(pattern, data, size);
}

static void check_actor(const struct actor *actor, bool whole)
{
    EXPECT_SIZE_EQ(actor->writes, actor->writes_told);
    check_bytes(actor->input, actor->bytes_ok, actor->bytes_queued);
    if (actor->carried_by_pipe && whole) {
        EXPECT_INT_EQ(1, actor->carried);
        check_bytes(actor->file_pipe, actor->carried_code == 0 ? actor->outputs[0].sent : 0, actor->outputs[0].sent);
        if (actor->carried_code == 0)
            EXPECT_SIZE_EQ(actor->outputs[0].sent, actor->carried_bytes);
    }
    if (actor->child == NULL || !whole)
        return;
    EXPECT_INT_EQ(1, actor->exits);
    EXPECT_INT_EQ(1, actor->closes);
}

static void finish_round(void)
{
    const bool whole = loop != NULL && !chance(4);

    depth = 1; /* no more acts */
    for (size_t i = 0; i < actor_count && loop == NULL; i++)
        actors[i].child = NULL; /* went with the loop */
    for (size_t i = 0; i < actor_count; i++)
        let_end(&actors[i]);
    if (whole)
        EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    if (!whole && loop != NULL) {
        kin_loop_release(loop);
        loop = NULL;
    }
    for (size_t i = 0; i < actor_count; i++)
        check_actor(&actors[i], whole);
    for (size_t i = 0; i < actor_count && loop != NULL; i++) {
        kin_child_release(actors[i].child);
        kin_stream_release(actors[i].file);
    }
    if (loop != NULL) {
        for (int i = 0; i < 50; i++) /* what was released keeps no loop alive */
            EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE) + kin_loop_run(loop, KIN_RUN_NOWAIT));
        for (size_t i = 0; i < actor_count; i++)
            EXPECT_TRUE(fake_is_process_closed(actors[i].process));
    }
    kin_loop_release(loop);
    loop = NULL;
    fake_check();
}

static void play_round(unsigned round)
{
    state = UINT64_C(0x9E3779B97F4A7C15) * (round + 1);
    fake_reset();
    depth = 0;
    ASSERT_INT_EQ(0, kin_loop_create(&loop));
    fake_events_per_wait(below(4));
    actor_count = 1 + below(CHILDREN);
    for (size_t i = 0; i < actor_count; i++)
        start_actor(&actors[i]);
    for (unsigned step = below(STEPS); step > 0 && loop != NULL; step--) {
        if (chance(3))
            EXPECT_INT_GE(kin_loop_run(loop, KIN_RUN_NOWAIT), 0);
        else if (chance(20))
            fake_advance_ms((int64_t)below(100));
        else
            act_at_random();
    }
    finish_round();
}

TEST_C(Random, WhateverHappensEachIsToldOnceAndInOrder)
{
    make_pattern();
    kin_loop_release(loop);
    loop = NULL;
    fake_check();
    for (unsigned round = first_round; round < first_round + ROUNDS; round++) {
        TRACE_C("round %u", round);
        play_round(round);
        TRACE_END_C();
    }
}
