/* SPDX-License-Identifier: MIT */
/*
 * The program that the tests start. The first argument is the verb; its output is the same on every system, byte for byte.
 * It knows nothing of kin. Where it has to wait, it waits for its input, never for time.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "pattern.h"

enum { MISUSE = 96, BROKEN_OUTPUT = 97 };

static unsigned char block[64 * 1024];

static int run_verb(char **words);

/* -------------------------------------------------------------------------------------------------------------- helpers --- */

static void put(int slot, const void *data, size_t size)
{
    const char *rest = data;

    while (size > 0) {
        const long written = host_write(slot, rest, size);

        if (written <= 0)
            host_exit(BROKEN_OUTPUT);
        rest += written;
        size -= (size_t)written;
    }
}

static void put_text(int slot, const char *text)
{
    put(slot, text, strlen(text));
}

/* In one write, so that a reader finds the whole line or nothing of it. */
static void put_line(const char *text)
{
    char line[4096];

    snprintf(line, sizeof line, "%s\n", text);
    put_text(1, line);
}

static void put_number(long long number)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", number);
    put_text(1, text);
}

static void read_to_the_end(int slot)
{
    while (host_read(slot, block, sizeof block) > 0)
        continue;
}

static uint64_t number(const char *text)
{
    return text != NULL ? strtoull(text, NULL, 0) : 0;
}

static int slot_number(const char *text)
{
    return (int)number(text);
}

/* ---------------------------------------------------------------------------------------------------------- how it ends --- */

/* exit CODE */
static int verb_exit(char **arguments)
{
    host_exit((uint32_t)number(arguments[0]));
    return 0;
}

/* exit-after-input CODE */
static int verb_exit_after_input(char **arguments)
{
    read_to_the_end(0);
    host_exit((uint32_t)number(arguments[0]));
    return 0;
}

static int verb_crash(char **arguments)
{
    (void)arguments;
    host_crash();
    return MISUSE;
}

/* signal NUMBER: to itself */
static int verb_signal(char **arguments)
{
    host_raise((int)number(arguments[0]));
    return MISUSE;
}

/* ----------------------------------------------------------------------------------------------------- how it was started --- */

/* echo ARGUMENT…: each with a zero byte behind it, as the system's own parser sees them */
static int verb_echo(char **arguments)
{
    (void)arguments;
    for (char **argument = host_system_arguments() + 2; *argument != NULL; argument++)
        put(1, *argument, strlen(*argument) + 1);
    return 0;
}

/* echo-runtime ARGUMENT…: the same, as the C runtime sees them */
static int verb_echo_runtime(char **arguments)
{
    for (; *arguments != NULL; arguments++)
        put(1, *arguments, strlen(*arguments) + 1);
    return 0;
}

/* name: argv[0] */
static int verb_name(char **arguments)
{
    put_text(1, arguments[-2]);
    return 0;
}

/* environment: each variable with a zero byte behind it */
static int verb_environment(char **arguments)
{
    (void)arguments;
    for (const char *entry = host_environment(); *entry != '\0'; entry += strlen(entry) + 1)
        put(1, entry, strlen(entry) + 1);
    return 0;
}

/* variable NAME: its value; exit code 1 if it is not set */
static int verb_variable(char **arguments)
{
    const char *value = host_variable(arguments[0]);

    if (value != NULL)
        put_text(1, value);
    return value != NULL ? 0 : 1;
}

static int verb_directory(char **arguments)
{
    (void)arguments;
    put_text(1, host_directory());
    return 0;
}

static int verb_pid(char **arguments)
{
    (void)arguments;
    put_number(host_process_id());
    return 0;
}

static int verb_umask(char **arguments)
{
    (void)arguments;
    put_text(1, host_umask());
    return 0;
}

static int verb_identity(char **arguments)
{
    (void)arguments;
    put_text(1, host_identity());
    return 0;
}

static int verb_signals(char **arguments)
{
    (void)arguments;
    put_text(1, host_signal_state());
    return 0;
}

/* open-slots: "0 1 2" */
static int verb_open_slots(char **arguments)
{
    const char *between = "";
    char list[4096] = "";
    size_t size = 0;

    (void)arguments;
    for (int slot = 0; slot < host_slot_limit() && size + 16 < sizeof list; slot++) {
        if (strcmp(host_slot_kind(slot), "closed") == 0)
            continue;
        size += (size_t)snprintf(list + size, sizeof list - size, "%s%d", between, slot);
        between = " ";
    }
    put_text(1, list);
    return 0;
}

static void put_kinds(int to, char **slots)
{
    for (char **slot = slots; *slot != NULL; slot++) {
        put_text(to, slot == slots ? "" : " ");
        put_text(to, host_slot_kind(slot_number(*slot)));
    }
}

/* kinds SLOT…: "pipe null file" */
static int verb_kinds(char **arguments)
{
    put_kinds(1, arguments);
    return 0;
}

/* kinds-to TO SLOT…: the same, said in another slot */
static int verb_kinds_to(char **arguments)
{
    put_kinds(slot_number(arguments[0]), arguments + 1);
    return 0;
}

/* modes SLOT…: "blocking blocking" */
static int verb_modes(char **arguments)
{
    for (char **argument = arguments; *argument != NULL; argument++) {
        put_text(1, argument == arguments ? "" : " ");
        put_text(1, host_slot_mode(slot_number(*argument)));
    }
    return 0;
}

/* ---------------------------------------------------------------------------------------------------------------- output --- */

/* say SLOT TEXT [SLOT TEXT]… */
static int verb_say(char **arguments)
{
    for (; arguments[0] != NULL && arguments[1] != NULL; arguments += 2)
        put_text(slot_number(arguments[0]), arguments[1]);
    return 0;
}

/* say-after-input SLOT TEXT [SLOT TEXT]… */
static int verb_say_after_input(char **arguments)
{
    read_to_the_end(0);
    return verb_say(arguments);
}

/* binary: all bytes there are, and the pairs that a text stream would change */
static int verb_binary(char **arguments)
{
    (void)arguments;
    for (size_t i = 0; i < 256; i++)
        block[i] = (unsigned char)i;
    put(1, block, 256);
    put(1, "\r\n\n\r\x1a\0\xff", 7);
    return 0;
}

/* spam out|err|both BYTES: bytes of the pattern; with "both" in turns */
static int verb_spam(char **arguments)
{
    const bool both = strcmp(arguments[0], "both") == 0;
    const uint64_t size = number(arguments[1]);

    host_ignore_signal(13);
    for (uint64_t done = 0; done < size;) {
        const size_t part = size - done < sizeof block ? (size_t)(size - done) : sizeof block;

        pattern_fill(block, part, done);
        if (both || strcmp(arguments[0], "out") == 0)
            put(1, block, part);
        if (both || strcmp(arguments[0], "err") == 0)
            put(2, block, part);
        done += part;
    }
    return 0;
}

/* turns COUNT: one line to stdout, one to stderr, … */
static int verb_turns(char **arguments)
{
    const uint64_t count = number(arguments[0]);
    char line[32];

    for (uint64_t i = 0; i < count; i++) {
        snprintf(line, sizeof line, "%s %llu\n", i % 2 == 0 ? "out" : "err", (unsigned long long)i);
        put_text(i % 2 == 0 ? 1 : 2, line);
    }
    return 0;
}

/* ----------------------------------------------------------------------------------------------------------------- input --- */

/* cat [FROM [TO]] */
static int verb_cat(char **arguments)
{
    const int from = arguments[0] != NULL ? slot_number(arguments[0]) : 0;
    const int to = arguments[0] != NULL && arguments[1] != NULL ? slot_number(arguments[1]) : 1;
    long size;

    host_ignore_signal(13);
    while ((size = host_read(from, block, sizeof block)) > 0)
        put(to, block, (size_t)size);
    return size < 0 ? BROKEN_OUTPUT : 0;
}

/* count: how many bytes came, and whether they were those of the pattern */
static int verb_count(char **arguments)
{
    uint64_t total = 0;
    bool matches = true;
    long size;

    (void)arguments;
    while ((size = host_read(0, block, sizeof block)) > 0) {
        matches = matches && pattern_matches(block, (size_t)size, total);
        total += (uint64_t)size;
    }
    put_number((long long)total);
    put_text(1, matches ? " match" : " differ");
    return 0;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        host_exit(BROKEN_OUTPUT);
}

/* write-file-after-input PATH TEXT */
static int verb_write_file_after_input(char **arguments)
{
    read_to_the_end(0);
    write_file(arguments[0], arguments[1]);
    return 0;
}

/* write-file-first PATH TEXT VERB …: and then as the verb says */
static int verb_write_file_first(char **arguments)
{
    write_file(arguments[0], arguments[1]);
    return run_verb(arguments + 2);
}

/* take BYTES: reads so many and ends, whatever is left */
static int verb_take(char **arguments)
{
    uint64_t left = number(arguments[0]);

    while (left > 0) {
        const long size = host_read(0, block, left < sizeof block ? (size_t)left : sizeof block);

        if (size <= 0)
            break;
        left -= (uint64_t)size;
    }
    return 0;
}

/* wait: says that it runs, then reads to the end */
static int verb_wait(char **arguments)
{
    (void)arguments;
    put_line("ready");
    read_to_the_end(0);
    return 0;
}

/* read-nothing: says that it runs, then does nothing at all */
static int verb_read_nothing(char **arguments)
{
    (void)arguments;
    put_line("ready");
    host_block_for_ever();
    return 0;
}

/* close-slot SLOT…: closes them, says so, and stays */
static int verb_close_slot(char **arguments)
{
    for (; *arguments != NULL; arguments++)
        host_close(slot_number(*arguments));
    put_text(2, "closed\n");
    host_block_for_ever();
    return 0;
}

/* ignore-term: as wait, and cannot be asked to end */
static int verb_ignore_term(char **arguments)
{
    host_ignore_signal(15);
    host_ignore_signal(1);
    return verb_wait(arguments);
}

/* refuse-to-end: as read-nothing, and cannot be asked to end */
static int verb_refuse_to_end(char **arguments)
{
    host_ignore_signal(15);
    host_ignore_signal(1);
    return verb_read_nothing(arguments);
}

/* exit-when-asked CODE: as read-nothing, and ends in an orderly way when asked to, where there is a way to ask */
static int verb_exit_when_asked(char **arguments)
{
    host_exit_on_signal(15, (uint32_t)number(arguments[0]));
    return verb_read_nothing(arguments);
}

/* leave-group: as read-nothing, from outside of the process group that it was put into */
static int verb_leave_group(char **arguments)
{
    host_join_parents_group();
    return verb_read_nothing(arguments);
}

static int verb_stop_self(char **arguments)
{
    (void)arguments;
    put_line("stopping");
    host_stop_self();
    put_line("continued");
    return 0;
}

/* ----------------------------------------------------------------------------------------------------------- descendants --- */

/* grandchild VERB …: starts it, and ends */
static int verb_grandchild(char **arguments)
{
    return host_start_self(arguments, 0) < 0 ? MISUSE : 0;
}

/* grandchild-without SLOTS VERB …: starts it with some slots closed, "12" for example, and ends */
static int verb_grandchild_without(char **arguments)
{
    for (const char *slot = arguments[0]; *slot != '\0'; slot++)
        host_close(*slot - '0');
    return verb_grandchild(arguments + 1);
}

/* grandchild-and VERB …: starts it, and waits for its end */
static int verb_parent_of(char **arguments)
{
    const long code = host_start_self(arguments, 1);

    return code < 0 ? MISUSE : (int)code;
}

/* grandchild-beside VERB …: starts it, says that it runs, and stays */
static int verb_grandchild_beside(char **arguments)
{
    if (host_start_self(arguments, 0) < 0)
        return MISUSE;
    put_line("started");
    host_block_for_ever();
    return 0;
}

/* ----------------------------------------------------------------------------------------------------------------- table --- */

static const struct {
    const char *name;
    int (*run)(char **arguments);
} verbs[] = {
    { "exit", verb_exit },
    { "exit-after-input", verb_exit_after_input },
    { "crash", verb_crash },
    { "signal", verb_signal },
    { "echo", verb_echo },
    { "echo-runtime", verb_echo_runtime },
    { "name", verb_name },
    { "environment", verb_environment },
    { "variable", verb_variable },
    { "cwd", verb_directory },
    { "pid", verb_pid },
    { "umask", verb_umask },
    { "ids", verb_identity },
    { "signals", verb_signals },
    { "open-slots", verb_open_slots },
    { "kinds", verb_kinds },
    { "kinds-to", verb_kinds_to },
    { "modes", verb_modes },
    { "say", verb_say },
    { "say-after-input", verb_say_after_input },
    { "binary", verb_binary },
    { "spam", verb_spam },
    { "turns", verb_turns },
    { "cat", verb_cat },
    { "count", verb_count },
    { "write-file-after-input", verb_write_file_after_input },
    { "write-file-first", verb_write_file_first },
    { "take", verb_take },
    { "wait", verb_wait },
    { "read-nothing", verb_read_nothing },
    { "close-slot", verb_close_slot },
    { "ignore-term", verb_ignore_term },
    { "leave-group", verb_leave_group },
    { "refuse-to-end", verb_refuse_to_end },
    { "exit-when-asked", verb_exit_when_asked },
    { "stop-self", verb_stop_self },
    { "grandchild", verb_grandchild },
    { "grandchild-without", verb_grandchild_without },
    { "parent-of", verb_parent_of },
    { "grandchild-beside", verb_grandchild_beside },
};

static int run_verb(char **words)
{
    for (size_t i = 0; words[0] != NULL && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(words[0], verbs[i].name) == 0)
            return verbs[i].run(words + 1);
    }
    put_text(2, "test child: no such verb\n");
    return MISUSE;
}

int main(int argc, char **argv)
{
    char **arguments = host_arguments(argc, argv);

    host_prepare();
    return argc > 1 ? run_verb(arguments + 1) : MISUSE;
}
