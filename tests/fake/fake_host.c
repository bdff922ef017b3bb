/* SPDX-License-Identifier: MIT */
/* Processes, files, the shell and the environment of a host that does not exist. */
#include "fake.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SLOTS 300

struct kin_plat_process {
    kin_plat_loop *loop;
    void *owner;
    int64_t id;
    bool tree;
    bool closed;
    bool ended;
    bool survives;
    bool has_descendants;
    bool suspended;
    int refuses_signals;
    int answer;
    size_t ask_count;
    size_t kill_count;
    int last_signal;
    bool last_tree;
    kin_plat_pipe *pipes[MOST_SLOTS];
    kin_plat_process *next;
};

static struct {
    kin_plat_process *processes; /* the youngest first */
    kin_plat_pipe *file;
    int64_t last_id;
    int answer;
    bool refuse_spawn;
    bool refuse_file;
    struct kin_plat_failure spawn_failure;
    struct kin_plat_failure file_failure;
    struct kin_plat_launch launch;
    enum kin_plat_slot_kind slot_kinds[MOST_SLOTS];
    size_t open_shells;
    size_t open_environments;
    bool ignore_case;
} host;

/* --------------------------------------------------------------------------------------------------------------- starting */

static void open_pipes(kin_plat_process *process, struct kin_plat_launch *launch)
{
    for (size_t i = 0; i < launch->slot_count; i++) {
        struct kin_plat_slot *slot = &launch->slots[i];

        if (slot->kind == KIN_PLAT_SLOT_PIPE_READ || slot->kind == KIN_PLAT_SLOT_PIPE_WRITE)
            slot->pipe = fake_pipe_open(process->loop, slot->owner, slot->kind == KIN_PLAT_SLOT_PIPE_WRITE);
        if (slot->kind == KIN_PLAT_SLOT_CHANNEL)
            slot->pipe = fake_channel_open(process->loop, slot->owner);
        process->pipes[i] = slot->pipe;
        host.slot_kinds[i] = slot->kind;
    }
}

static void check_launch(const struct kin_plat_launch *launch)
{
    if (launch->file == NULL || launch->argv == NULL || launch->argv[0] == NULL)
        fake_breach("a start without a program");
    if (launch->slot_count < 3 || launch->slot_count > MOST_SLOTS)
        fake_breach("a start with too few or too many slots");
    for (size_t i = 0; i < launch->slot_count; i++) {
        const struct kin_plat_slot *slot = &launch->slots[i];

        if (slot->kind == KIN_PLAT_SLOT_SAME &&
            (slot->same_as >= launch->slot_count || launch->slots[slot->same_as].kind == KIN_PLAT_SLOT_SAME))
            fake_breach("a slot that is the same as one that is itself the same");
    }
}

int kin_plat_spawn(kin_plat_loop *loop, struct kin_plat_launch *launch, void *owner, kin_plat_process **process,
                   struct kin_plat_failure *failure)
{
    kin_plat_process *made;

    check_launch(launch);
    host.launch = *launch;
    if (host.refuse_spawn) {
        host.refuse_spawn = false;
        *failure = host.spawn_failure;
        return failure->code;
    }
    made = fake_allocate(sizeof *made);
    made->loop = loop;
    made->owner = owner;
    made->id = 100 + ++host.last_id;
    made->tree = launch->tree;
    made->answer = host.answer;
    open_pipes(made, launch);
    made->next = host.processes;
    host.processes = made;
    *process = made;
    return 0;
}

int kin_plat_which(const struct kin_plat_launch *launch, char *path, size_t size, struct kin_plat_failure *failure)
{
    const int length = snprintf(path, size, "/fake/%s", launch->file);

    if ((size_t)length < size)
        return length;
    *failure = (struct kin_plat_failure){ .code = KIN_ENAMETOOLONG, .stage = KIN_STAGE_EXEC, .subject = launch->file };
    return KIN_ENAMETOOLONG;
}

/* ------------------------------------------------------------------------------------------------------------ processes */

static void check_open(const kin_plat_process *process)
{
    if (process->closed)
        fake_breach("a closed process is used");
}

int64_t kin_plat_process_id(const kin_plat_process *process)
{
    check_open(process);
    return process->id;
}

static bool is_gone(const kin_plat_process *process, bool tree)
{
    return process->ended && !(tree && process->has_descendants);
}

static void force(kin_plat_process *process, bool tree)
{
    process->kill_count++;
    if (process->survives)
        return;
    if (tree)
        process->has_descendants = false;
    if (!process->ended)
        fake_is_killed(process, KIN_SIGNAL_KILL);
}

int kin_plat_process_signal(kin_plat_process *process, int signal, bool tree)
{
    check_open(process);
    if (tree && !process->tree)
        fake_breach("a tree is signalled that is none");
    if (is_gone(process, tree))
        return KIN_ALREADY_ENDED;
    if (signal > 64)
        return KIN_EINVAL;
    if (signal == KIN_SIGNAL_NONE)
        return 0;
    process->last_signal = signal;
    process->last_tree = tree;
    if (process->refuses_signals < 0)
        return process->refuses_signals;
    if (signal == KIN_SIGNAL_KILL)
        force(process, tree);
    return 0;
}

int kin_plat_process_ask(kin_plat_process *process, bool tree)
{
    check_open(process);
    if (tree != process->tree)
        fake_breach("a tree is asked that is none, or a process without its tree");
    process->ask_count++;
    return process->answer;
}

static int set_suspended(kin_plat_process *process, bool suspended, bool tree)
{
    check_open(process);
    if (tree != process->tree)
        fake_breach("a tree is suspended that is none, or a process without its tree");
    if (is_gone(process, tree))
        return KIN_ALREADY_ENDED;
    process->suspended = suspended;
    return process->refuses_signals;
}

int kin_plat_process_suspend(kin_plat_process *process, bool tree)
{
    return set_suspended(process, true, tree);
}

int kin_plat_process_resume(kin_plat_process *process, bool tree)
{
    return set_suspended(process, false, tree);
}

void kin_plat_process_close(kin_plat_process *process)
{
    if (process->closed)
        fake_breach("a process is closed twice");
    process->closed = true;
    fake_withdraw(NULL, process);
}

kin_plat_process *fake_process(void)
{
    return host.processes;
}

kin_plat_pipe *fake_pipe(size_t slot)
{
    return host.processes == NULL || slot >= MOST_SLOTS ? NULL : host.processes->pipes[slot];
}

void fake_ends(kin_plat_process *process, const kin_status *status)
{
    struct kin_plat_event event = { .kind = KIN_PLAT_EXIT, .owner = process->owner, .status = *status };

    if (process->ended || process->closed)
        return;
    process->ended = true;
    fake_post(process->loop, &event, NULL, process);
}

void fake_exits(kin_plat_process *process, uint32_t code)
{
    fake_ends(process, &(kin_status){ .kind = KIN_EXIT_CODE, .code = code });
}

void fake_is_killed(kin_plat_process *process, int signal)
{
    fake_ends(process, &(kin_status){ .kind = KIN_EXIT_SIGNAL, .signal = signal });
}

void fake_answers(kin_plat_process *process, int code)
{
    process->answer = code;
}

void fake_all_answer(int code)
{
    host.answer = code;
}

void fake_survives(kin_plat_process *process)
{
    process->survives = true;
}

void fake_refuses_signals(kin_plat_process *process, int code)
{
    process->refuses_signals = code;
}

void fake_has_descendants(kin_plat_process *process, bool has)
{
    process->has_descendants = has;
}

bool fake_is_suspended(const kin_plat_process *process)
{
    return process->suspended;
}

size_t fake_asks_of(const kin_plat_process *process)
{
    return process->ask_count;
}

size_t fake_kills_of(const kin_plat_process *process)
{
    return process->kill_count;
}

int fake_last_signal(const kin_plat_process *process, bool *tree)
{
    if (tree != NULL)
        *tree = process->last_tree;
    return process->last_signal;
}

bool fake_is_process_closed(const kin_plat_process *process)
{
    return process->closed;
}

size_t fake_processes_open_in(const kin_plat_loop *loop)
{
    size_t count = 0;

    for (const kin_plat_process *process = host.processes; process != NULL; process = process->next)
        count += process->loop == loop && !process->closed;
    return count;
}

void fake_refuse_spawn(const struct kin_plat_failure *failure)
{
    host.refuse_spawn = true;
    host.spawn_failure = *failure;
}

enum kin_plat_slot_kind fake_slot_kind(size_t slot)
{
    return host.slot_kinds[slot];
}

const struct kin_plat_launch *fake_launch(void)
{
    return &host.launch;
}

/* ---------------------------------------------------------------------------------------------------------------- files */

int kin_plat_file_open(kin_plat_loop *loop, const char *path, kin_file_mode mode, void *owner, kin_plat_pipe **pipe,
                       struct kin_plat_failure *failure)
{
    if (host.refuse_file) {
        host.refuse_file = false;
        *failure = host.file_failure;
        failure->subject = path;
        return failure->code;
    }
    *pipe = fake_pipe_open(loop, owner, mode == KIN_FILE_READ);
    host.file = *pipe;
    return 0;
}

kin_plat_pipe *fake_file(void)
{
    return host.file;
}

void fake_refuse_file(const struct kin_plat_failure *failure)
{
    host.refuse_file = true;
    host.file_failure = *failure;
}

/* ------------------------------------------------------------------------------------------------- shell, environment */

static char *copy_text(const char *text)
{
    return strcpy(fake_allocate(strlen(text) + 1), text);
}

int kin_plat_shell_open(const char *command, struct kin_plat_shell *shell)
{
    host.open_shells++;
    shell->file = "/fake/sh";
    shell->storage = copy_text(command);
    shell->argv[0] = "sh";
    shell->argv[1] = "-c";
    shell->argv[2] = shell->storage;
    return 0;
}

void kin_plat_shell_close(struct kin_plat_shell *shell)
{
    host.open_shells--;
    free(shell->storage);
}

int kin_plat_environment(char ***environment)
{
    static const char *const variables[] = { "PATH=/fake", "HOME=/home/fake", "LANG=C" };
    const size_t count = sizeof variables / sizeof variables[0];

    host.open_environments++;
    *environment = fake_allocate((count + 1) * sizeof **environment);
    for (size_t i = 0; i < count; i++)
        (*environment)[i] = copy_text(variables[i]);
    return 0;
}

void kin_plat_environment_free(char **environment)
{
    host.open_environments--;
    for (size_t i = 0; environment[i] != NULL; i++)
        free(environment[i]);
    free(environment);
}

void fake_ignore_case(bool ignore)
{
    host.ignore_case = ignore;
}

static int fold(char character)
{
    return host.ignore_case ? toupper((unsigned char)character) : (unsigned char)character;
}

int kin_plat_variable_compare(const char *left, size_t left_size, const char *right, size_t right_size)
{
    const size_t common = left_size < right_size ? left_size : right_size;

    for (size_t i = 0; i < common; i++) {
        if (fold(left[i]) != fold(right[i]))
            return fold(left[i]) - fold(right[i]);
    }
    return left_size == right_size ? 0 : left_size < right_size ? -1 : 1;
}

/* --------------------------------------------------------------------------------------------------------------- course */

void fake_host_check(void)
{
    if (host.open_shells > 0)
        fake_breach("the text for a shell was not given back");
    if (host.open_environments > 0)
        fake_breach("a copy of the environment was not given back");
}

void fake_host_forget(void)
{
    memset(&host, 0, sizeof host);
}

void fake_processes_forget(void)
{
    while (host.processes != NULL) {
        kin_plat_process *process = host.processes;

        host.processes = process->next;
        free(process);
    }
}
