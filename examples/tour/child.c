/* SPDX-License-Identifier: MIT */
#include "tour.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct verb {
    const char *name;
    int (*run)(const char *program, int argc, char **argv);
};

/* log BYTES: at least so many bytes of log on stdout, then on stderr what a reader should have found. */
static int child_log(const char *program, int argc, char **argv)
{
    struct log log = { 0 };
    char line[LOG_LINE_SIZE];
    uint64_t wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    (void)program;
    while (log.bytes < wanted) {
        size_t size = log_next(&log, line);
        if (fwrite(line, 1, size, stdout) != size)
            return 1;
    }
    if (fflush(stdout) != 0)
        return 1;
    fprintf(stderr, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", log.lines, log.bytes, log.error_lines, log.error_hash);
    return 0;
}

/* log-lines COUNT: so many lines of log. */
static int child_log_lines(const char *program, int argc, char **argv)
{
    struct log log = { 0 };
    char line[LOG_LINE_SIZE];
    uint64_t wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    (void)program;
    while (log.lines < wanted)
        fwrite(line, 1, log_next(&log, line), stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}

static bool contains(const char *line, size_t size, const char *word, size_t word_size)
{
    const char *end = line + size;
    while ((size_t)(end - line) >= word_size) {
        const char *candidate = memchr(line, word[0], (size_t)(end - line) - word_size + 1);
        if (!candidate)
            return false;
        if (memcmp(candidate, word, word_size) == 0)
            return true;
        line = candidate + 1;
    }
    return false;
}

/* Writes the lines that contain the word; returns how many bytes were whole lines. */
static size_t filter_lines(const char *data, size_t size, const char *word)
{
    size_t done = 0;
    const char *newline;
    while ((newline = memchr(data + done, '\n', size - done)) != NULL) {
        size_t line_size = (size_t)(newline - (data + done)) + 1;
        if (contains(data + done, line_size, word, strlen(word)))
            fwrite(data + done, 1, line_size, stdout);
        done += line_size;
    }
    return done;
}

/* filter WORD: the lines of stdin that contain the word. */
static int child_filter(const char *program, int argc, char **argv)
{
    static char buffer[64 * 1024];
    const char *word = argc > 1 && *argv[1] ? argv[1] : "\n";
    size_t kept = 0;
    size_t size;
    (void)program;
    while ((size = fread(buffer + kept, 1, sizeof buffer - kept, stdin)) > 0) {
        size += kept;
        size_t done = filter_lines(buffer, size, word);
        kept = size - done;
        memmove(buffer, buffer + done, kept);
        if (kept == sizeof buffer)
            return 2; /* no line of a log is so long */
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

/* echo ARGUMENT …: each argument between brackets, on a line of its own. */
static int child_echo(const char *program, int argc, char **argv)
{
    (void)program;
    for (int index = 1; index < argc; index++)
        printf("[%s]\n", argv[index]);
    return fflush(stdout) == 0 ? 0 : 1;
}

/* leave: starts another child, which has our streams and stays, and exits with code 3. */
static int child_leave(const char *program, int argc, char **argv)
{
    const char *command[] = { program, "--child", "stay", NULL };
    kin_loop *loop = NULL;
    kin_child *child = NULL;
    (void)argc;
    (void)argv;
    printf("child: I leave, somebody stays\n");
    fflush(stdout);
    int rc = kin_loop_create(&loop);
    if (rc == 0)
        rc = kin_spawn(loop, &(kin_spawn_options){ .argv = command }, &child);
    kin_child_release(child);
    kin_loop_release(loop);
    return rc == 0 ? 3 : 1;
}

/* stay: waits for the end of stdin, then speaks. */
static int child_stay(const char *program, int argc, char **argv)
{
    (void)program;
    (void)argc;
    (void)argv;
    while (getchar() != EOF)
        continue;
    printf("grandchild: now I leave too\n");
    return fflush(stdout) == 0 ? 0 : 1;
}

/* flood: writes until nobody reads. */
static int child_flood(const char *program, int argc, char **argv)
{
    (void)program;
    (void)argc;
    (void)argv;
    while (printf("all work and no play makes a dull log\n") > 0)
        continue;
    return 1;
}

static void nothing(kin_timer *timer, void *user)
{
    (void)timer;
    (void)user;
}

static int be_silent_for_ten_minutes(void)
{
    kin_loop *loop = NULL;
    fflush(stdout);
    if (kin_loop_create(&loop) == 0 && kin_timer_start(loop, 600000, 0, nothing, NULL, NULL) == 0)
        kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
    kin_loop_release(loop);
    return 1;
}

/* stall: says a little, then nothing. */
static int child_stall(const char *program, int argc, char **argv)
{
    (void)program;
    (void)argc;
    (void)argv;
    printf("first result\nsecond result\n");
    return be_silent_for_ten_minutes();
}

/* stubborn: cannot be asked to end. */
static int child_stubborn(const char *program, int argc, char **argv)
{
    (void)program;
    (void)argc;
    (void)argv;
    signal(SIGTERM, SIG_IGN);
    printf("stubborn: I do not listen\n");
    return be_silent_for_ten_minutes();
}

/* daemonize GATE ANSWER: starts a daemon, and exits. */
static int child_daemonize(const char *program, int argc, char **argv)
{
    const char *command[] = { program, "--child", "daemon", argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "", NULL };
    kin_loop *loop = NULL;
    int rc = kin_loop_create(&loop);
    if (rc == 0)
        rc = kin_spawn(loop, &(kin_spawn_options){ .argv = command, .detached = true }, NULL);
    kin_loop_release(loop);
    printf("parent: my daemon runs, I leave\n");
    return rc == 0 && fflush(stdout) == 0 ? 0 : 1;
}

/* daemon GATE ANSWER: waits for the one file, then writes the other. */
static int child_daemon(const char *program, int argc, char **argv)
{
    char draft[HOST_PATH_SIZE + 16];
    (void)program;
    if (argc < 3 || !tour_wait_for_file(argv[1]))
        return 1;
    snprintf(draft, sizeof draft, "%s.draft", argv[2]);
    return tour_write_file(draft, "daemon: I am still here\n") && rename(draft, argv[2]) == 0 ? 0 : 1;
}

/* bind: starts a child that dies with it, and waits. */
static int child_bind(const char *program, int argc, char **argv)
{
    const char *command[] = { program, "--child", "bound", NULL };
    kin_loop *loop = NULL;
    (void)argc;
    (void)argv;
    int rc = kin_loop_create(&loop);
    if (rc == 0)
        rc = kin_spawn(loop, &(kin_spawn_options){ .argv = command, .die_with_parent = true }, NULL);
    if (rc == 0)
        kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
    kin_loop_release(loop);
    return 1;
}

static int child_bound(const char *program, int argc, char **argv)
{
    (void)program;
    (void)argc;
    (void)argv;
    printf("grandchild: I am bound to my parent\n");
    return be_silent_for_ten_minutes();
}

int tour_child(const char *program, int argc, char **argv)
{
    static const struct verb verbs[] = {
        { "log", child_log },           { "log-lines", child_log_lines }, { "filter", child_filter }, { "echo", child_echo },
        { "leave", child_leave },       { "stay", child_stay },           { "flood", child_flood },   { "stall", child_stall },
        { "stubborn", child_stubborn }, { "daemonize", child_daemonize }, { "daemon", child_daemon }, { "bind", child_bind },
        { "bound", child_bound },
    };
    for (size_t index = 0; argc > 0 && index < sizeof verbs / sizeof *verbs; index++)
        if (strcmp(argv[0], verbs[index].name) == 0)
            return verbs[index].run(program, argc, argv);
    fprintf(stderr, "tour: no such child\n");
    return 64;
}
