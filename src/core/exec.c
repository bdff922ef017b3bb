/* SPDX-License-Identifier: MIT */
/* kin_exec() and kin_exec_file(): a child with both outputs captured. */
#include <kin/exec.h>

#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "child.h"
#include "error.h"

enum { OUT = 0, ERR = 1, OUTPUTS = 2 };

struct kin_run {
    kin_child *child;
    struct kin_capture captures[OUTPUTS];
    char *name;  /* of the program, for errors */
    int problem; /* the first thing that went wrong while it ran */
    kin_stage problem_stage;
    uint64_t started_ns;
    kin_exec_callback *on_done;
    void *user;
};

static void free_run(void *pointer)
{
    struct kin_run *run = pointer;

    if (run == NULL)
        return;
    for (int i = 0; i < OUTPUTS; i++)
        kin_capture_free(&run->captures[i]);
    free(run->name);
    free(run);
}

static char *copy_text(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

/* ------------------------------------------------------------------------------------------------------------- while it runs --- */

static void note_problem(struct kin_run *run, int code, kin_stage stage)
{
    if (run->problem != 0)
        return;
    run->problem = code;
    run->problem_stage = stage;
}

static void note_cause(struct kin_run *run, const kin_status *status)
{
    if (status->cause == KIN_CAUSE_TIMEOUT || status->cause == KIN_CAUSE_IDLE_TIMEOUT)
        note_problem(run, KIN_ETIMEDOUT, KIN_STAGE_RUN);
    else if (status->cause == KIN_CAUSE_CANCELLED)
        note_problem(run, KIN_ECANCELED, KIN_STAGE_RUN);
}

static void capture_problem(struct kin_capture *capture, int code)
{
    struct kin_run *run = capture->owner;

    note_cause(run, &run->child->status);
    note_problem(run, code, code == KIN_ENOBUFS ? KIN_STAGE_RUN : KIN_STAGE_READ);
    kin_child_end(run->child, code == KIN_ENOBUFS ? KIN_CAUSE_OUTPUT_LIMIT : KIN_CAUSE_KILLED);
}

/* ----------------------------------------------------------------------------------------------------------------- the result --- */

static void fill_result(struct kin_run *run, const kin_status *status, kin_result *result)
{
    kin_bytes *const outputs[OUTPUTS] = { &result->out, &result->err };

    result->status = *status;
    result->duration_us = (kin_plat_now_ns() - run->started_ns) / 1000;
    note_cause(run, status);
    for (int i = 0; i < OUTPUTS; i++) {
        const int code = kin_capture_take(&run->captures[i], outputs[i]);

        outputs[i]->incomplete = (status->held_slots & (UINT64_C(1) << (i + 1))) != 0;

        if (code < 0)
            note_problem(run, code, KIN_STAGE_READ);
    }
    result->code = run->problem;
    if (run->problem != 0)
        kin_error_set(&result->error, run->problem, run->problem_stage, run->name);
}

static void run_closed(kin_child *child, const kin_status *status, void *user)
{
    struct kin_run *run = user;
    kin_result result = { 0 };

    fill_result(run, status, &result);
    if (run->on_done != NULL)
        run->on_done(&result, run->user);
    kin_result_free(&result);
    child->borrowed = false;
}

/* ------------------------------------------------------------------------------------------------------------------ the start --- */

static kin_spawn_options spawn_options_of(const char *const *argv, const kin_exec_options *options, kin_error *error)
{
    return (kin_spawn_options){
        .argv = argv,
        .file = options->file,
        .cwd = options->cwd,
        .env_set = options->env_set,
        .env_unset = options->env_unset,
        .env_clean = options->env_clean,
        .in = { .kind = options->input_size > 0 ? KIN_STDIO_PIPE : KIN_STDIO_IGNORE },
        .out = { .kind = KIN_STDIO_PIPE },
        .err = { .kind = options->merge_err ? KIN_STDIO_SAME_AS : KIN_STDIO_PIPE, .slot = options->merge_err ? 1 : 0 },
        .timeout_ms = options->timeout_ms,
        .idle_timeout_ms = options->idle_timeout_ms,
        .grace_ms = options->grace_ms,
        .cancel = options->cancel,
        .close_delay_ms = options->close_delay_ms,
        .tree = true,
        .wait_tree = options->wait_tree,
        .die_with_parent = options->die_with_parent,
        .set_umask = options->set_umask,
        .umask = options->umask,
        .credentials = options->credentials,
        .hidden = options->hidden,
        .verbatim_arguments = options->verbatim_arguments,
        .batch = options->batch,
        .error = error,
    };
}

static struct kin_run *make_run(const kin_exec_options *options, const char *name)
{
    const size_t limit = options->max_buffer == 0 ? KIN_MAX_BUFFER : options->max_buffer;
    struct kin_run *run = calloc(1, sizeof *run);

    if (run == NULL)
        return NULL;
    for (int i = 0; i < OUTPUTS; i++)
        kin_capture_init(&run->captures[i], limit, capture_problem, run);
    run->name = copy_text(name);
    if (run->name == NULL) {
        free_run(run);
        return NULL;
    }
    return run;
}

/* What the child does not want to read is no failure. */
static int connect(struct kin_run *run, const kin_exec_options *options)
{
    kin_stream *in = kin_child_stream(run->child, 0);
    kin_stream *err = kin_child_stream(run->child, 2);
    int code = 0;

    kin_stream_consume(kin_child_stream(run->child, 1), &run->captures[OUT].consumer);
    if (err != NULL)
        kin_stream_consume(err, &run->captures[ERR].consumer);
    if (in != NULL) {
        code = kin_stream_write_borrowed(in, options->input, options->input_size, NULL, NULL);
        kin_stream_end(in);
    }
    return code < 0 ? code : 0;
}

static int start_run(kin_loop *loop, const kin_spawn_options *spawn, const kin_exec_options *options, struct kin_run **run)
{
    struct kin_plan plan = { 0 };
    int code = kin_options_resolve(spawn, &plan, spawn->error);
    struct kin_run *made = code < 0 ? NULL : make_run(options, spawn->argv[0]);

    if (code == 0 && made == NULL)
        code = kin_error_set(spawn->error, KIN_ENOMEM, KIN_STAGE_MEMORY, NULL);
    if (code == 0)
        code = kin_child_start(loop, spawn, &plan, &made->child, spawn->error);
    kin_plan_free(&plan);
    if (code < 0) {
        free_run(made);
        return code;
    }
    made->started_ns = kin_plat_now_ns();
    made->child->anonymous = true;
    made->child->borrowed = true;
    made->child->on_close = run_closed;
    made->child->callback_user = made;
    made->child->dispose = free_run;
    code = connect(made, options);
    if (code < 0) {
        note_problem(made, code, KIN_STAGE_WRITE);
        kin_child_end(made->child, KIN_CAUSE_KILLED);
    }
    *run = made;
    return 0;
}

static int check_options(const kin_exec_options *options, kin_error *error)
{
    if (options->input == NULL && options->input_size > 0)
        return kin_error_set(error, KIN_EINVAL, KIN_STAGE_OPTIONS, "input");
    return 0;
}

static int exec_file(kin_loop *loop, const char *const *argv, const kin_exec_options *options, struct kin_run **run,
                     kin_error *error)
{
    static const kin_exec_options defaults = { 0 };
    kin_spawn_options spawn;
    int code;

    if (options == NULL)
        options = &defaults;
    code = check_options(options, error);
    if (code < 0)
        return code;
    spawn = spawn_options_of(argv, options, error);
    return start_run(loop, &spawn, options, run);
}

/* The shell gets its line as the system wants it; options that speak of a program have no meaning here. */
static int exec_shell(kin_loop *loop, const char *command, const kin_exec_options *options, struct kin_run **run,
                      kin_error *error)
{
    kin_exec_options shell_options = options != NULL ? *options : (kin_exec_options){ 0 };
    struct kin_plat_shell shell = { 0 };
    int code;

    if (command == NULL || command[0] == '\0')
        return kin_error_set(error, KIN_EINVAL, KIN_STAGE_OPTIONS, "command");
    if (shell_options.file != NULL)
        return kin_error_set(error, KIN_EINVAL, KIN_STAGE_OPTIONS, "file");
    code = kin_plat_shell_open(command, &shell);
    if (code < 0)
        return kin_error_set(error, code, KIN_STAGE_MEMORY, NULL);
    shell_options.file = shell.file;
    shell_options.verbatim_arguments = shell.verbatim_arguments;
    code = exec_file(loop, shell.argv, &shell_options, run, error);
    kin_plat_shell_close(&shell);
    return code;
}

/* -------------------------------------------------------------------------------------------------------------------- on a loop --- */

static int hand_over(struct kin_run *run, kin_exec_callback *on_done, void *user, kin_child **child)
{
    run->on_done = on_done;
    run->user = user;
    run->child->user = user;
    if (child != NULL)
        *child = run->child;
    return 0;
}

static bool is_usable(const kin_loop *loop, kin_exec_callback *on_done, kin_child **child)
{
    if (child != NULL)
        *child = NULL;
    return loop != NULL && !loop->releasing && on_done != NULL;
}

int kin_exec_file(kin_loop *loop, const char *const *argv, const kin_exec_options *options, kin_exec_callback *on_done,
                  void *user, kin_child **child)
{
    struct kin_run *run = NULL;
    int code;

    if (!is_usable(loop, on_done, child))
        return KIN_EINVAL;
    code = exec_file(loop, argv, options, &run, NULL);
    return run != NULL ? hand_over(run, on_done, user, child) : code;
}

int kin_exec(kin_loop *loop, const char *command, const kin_exec_options *options, kin_exec_callback *on_done, void *user,
             kin_child **child)
{
    struct kin_run *run = NULL;
    int code;

    if (!is_usable(loop, on_done, child))
        return KIN_EINVAL;
    code = exec_shell(loop, command, options, &run, NULL);
    return run != NULL ? hand_over(run, on_done, user, child) : code;
}

/* -------------------------------------------------------------------------------------------------------------------- blocking --- */

/* Takes the result over whole; the run frees an empty one. */
static void keep_result(kin_result *result, void *user)
{
    kin_result *kept = user;

    *kept = *result;
    memset(result, 0, sizeof *result);
}

/* The loop ends when the child has closed; a loop that cannot wait any more is an error of its own. */
static int finish_sync(kin_loop *loop, struct kin_run *run, kin_result *result)
{
    int code;

    hand_over(run, keep_result, result, NULL);
    code = kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
    if (code < 0)
        return kin_error_set(&result->error, code, KIN_STAGE_LOOP, NULL);
    return result->code;
}

/* One of `argv` and `command`, as `start` wants it. */
static int run_sync(int (*start)(kin_loop *, const void *, const kin_exec_options *, struct kin_run **, kin_error *),
                    const void *what, const kin_exec_options *options, kin_result *result)
{
    struct kin_run *run = NULL;
    kin_loop *loop = NULL;
    int code;

    if (result == NULL)
        return KIN_EINVAL;
    memset(result, 0, sizeof *result);
    code = kin_loop_create(&loop);
    if (code < 0)
        kin_error_set(&result->error, code, KIN_STAGE_LOOP, NULL);
    else
        code = start(loop, what, options, &run, &result->error);
    if (run != NULL)
        code = finish_sync(loop, run, result);
    kin_loop_release(loop);
    result->code = code;
    return code;
}

static int start_file(kin_loop *loop, const void *argv, const kin_exec_options *options, struct kin_run **run, kin_error *error)
{
    return exec_file(loop, argv, options, run, error);
}

static int start_shell(kin_loop *loop, const void *command, const kin_exec_options *options, struct kin_run **run,
                       kin_error *error)
{
    return exec_shell(loop, command, options, run, error);
}

int kin_exec_file_sync(const char *const *argv, const kin_exec_options *options, kin_result *result)
{
    return run_sync(start_file, argv, options, result);
}

int kin_exec_sync(const char *command, const kin_exec_options *options, kin_result *result)
{
    return run_sync(start_shell, command, options, result);
}

void kin_result_free(kin_result *result)
{
    if (result == NULL)
        return;
    free(result->out.data);
    free(result->err.data);
    memset(result, 0, sizeof *result);
}
