/* SPDX-License-Identifier: MIT */
/*
 * A program that has a child by kin, for tests of what becomes of the child when its parent ends:
 *
 *      parent WORD… -- PROGRAM ARGUMENT…
 *
 *      detached | die | tree     the options of the child
 *      wait-tree                 we are not done with it before its tree is; with "tree"
 *      no-slots                  the child has nothing of ours; else it has our slots 0 to 2
 *      thread                    it is started by a thread that ends at once
 *      stay | exit | vanish      then: lives until it is killed; ends; ends without tidying up. Needed, and last.
 *
 * Says "started ID" once the child runs, and the thread, if any, has ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kin/kin.h>

#include "../support/host.h"

enum { MISUSE = 96, NO_CHILD = 97, FORGOTTEN_MS = 300 * 1000 };

struct parent {
    kin_spawn_options options;
    bool thread;
    bool stays;
    bool vanishes;
    kin_loop *loop;
    kin_child *child;
    kin_error error;
};

static bool take_word(struct parent *parent, const char *word)
{
    kin_spawn_options *options = &parent->options;

    if (strcmp(word, "detached") == 0)
        options->detached = true;
    else if (strcmp(word, "die") == 0)
        options->die_with_parent = true;
    else if (strcmp(word, "tree") == 0)
        options->tree = true;
    else if (strcmp(word, "wait-tree") == 0)
        options->wait_tree = true;
    else if (strcmp(word, "no-slots") == 0)
        options->in.kind = options->out.kind = options->err.kind = KIN_STDIO_IGNORE;
    else if (strcmp(word, "thread") == 0)
        parent->thread = true;
    else if (strcmp(word, "stay") == 0)
        parent->stays = true;
    else if (strcmp(word, "vanish") == 0)
        parent->vanishes = true;
    else
        return strcmp(word, "exit") == 0;
    return true;
}

static bool take_words(struct parent *parent, const char *const *words)
{
    kin_spawn_options *options = &parent->options;

    options->error = &parent->error;
    options->in.kind = options->out.kind = options->err.kind = KIN_STDIO_INHERIT;
    for (; *words != NULL && strcmp(*words, "--") != 0; words++) {
        if (!take_word(parent, *words))
            return false;
    }
    options->argv = *words != NULL ? words + 1 : words;
    return options->argv[0] != NULL;
}

static void start(void *argument)
{
    struct parent *parent = argument;

    if (kin_loop_create(&parent->loop) == 0)
        (void)kin_spawn(parent->loop, &parent->options, &parent->child);
}

static void start_by_thread(struct parent *parent)
{
    if (parent->thread)
        host_thread_join(host_thread_start(start, parent));
    else
        start(parent);
}

/* In one write: the child may write to the same pipe. */
static void say_started(const struct parent *parent)
{
    printf("started %lld\n", (long long)kin_child_id(parent->child));
    fflush(stdout);
}

static void give_up(kin_timer *timer, void *user)
{
    (void)timer;
    (void)user;
    exit(MISUSE);
}

/* A test that has forgotten us shall not find us for ever. */
static void stay(const struct parent *parent)
{
    kin_timer *timer;

    if (kin_timer_start(parent->loop, FORGOTTEN_MS, 0, give_up, NULL, &timer) == 0)
        (void)kin_loop_run(parent->loop, KIN_RUN_UNTIL_IDLE);
}

int main(int argc, char **argv)
{
    static struct parent parent;

    if (argc < 2 || !take_words(&parent, (const char *const *)argv + 1))
        return MISUSE;
    start_by_thread(&parent);
    if (parent.child == NULL) {
        printf("%s\n", kin_error_text(&parent.error));
        return NO_CHILD;
    }
    say_started(&parent);
    if (parent.stays)
        stay(&parent);
    if (parent.vanishes)
        _Exit(0);
    kin_child_release(parent.child);
    kin_loop_release(parent.loop);
    return 0;
}
