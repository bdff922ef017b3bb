/* SPDX-License-Identifier: MIT */
#include "tour.h"

/* Everything that can be seen of a run that did not go well. */
static void tell(const char *call, int rc, const kin_result *result)
{
    tour_say("%s", call);
    tour_say("returned %s (%s): %s", kin_code_name(rc), kin_code_text(rc), kin_error_text(&result->error));
}

static bool says(int rc, int code, const kin_result *result, kin_stage stage)
{
    return rc == code && (int)result->error.code == code && result->error.stage == stage && result->code == code;
}

static void missing_program(struct tour *tour)
{
    const char *argv[] = { "no-such-program", NULL };
    kin_result result = { 0 };
    int rc = kin_exec_file_sync(argv, NULL, &result);
    tell("kin_exec_file_sync({ \"no-such-program\" })", rc, &result);
    tour_check(tour, says(rc, KIN_ENOENT, &result, KIN_STAGE_EXEC), "the program is missing, and named");
    kin_result_free(&result);
}

static void missing_directory(struct tour *tour)
{
    const char *argv[] = { tour->program, "--child", "echo", NULL };
    kin_result result = { 0 };
    int rc = kin_exec_file_sync(argv, &(kin_exec_options){ .cwd = "no-such-directory" }, &result);
    tell("kin_exec_file_sync({ \"tour\", ... }, { .cwd = \"no-such-directory\" })", rc, &result);
    tour_check(tour, says(rc, KIN_ENOENT, &result, KIN_STAGE_CHDIR), "the directory is missing, not the program");
    kin_result_free(&result);
}

static void nothing_to_run(struct tour *tour)
{
    const char *argv[] = { NULL };
    kin_result result = { 0 };
    int rc = kin_exec_file_sync(argv, NULL, &result);
    tell("kin_exec_file_sync({ })", rc, &result);
    tour_check(tour, says(rc, KIN_EINVAL, &result, KIN_STAGE_OPTIONS), "a call without sense is refused, nothing more");
    kin_result_free(&result);
}

static void too_much_output(struct tour *tour)
{
    const char *argv[] = { tour->name, "--child", "flood", NULL };
    const char *environment[] = { tour->path_variable, NULL };
    kin_exec_options options = { .env_set = environment, .max_buffer = 100000 };
    kin_result result = { 0 };
    int rc = kin_exec_file_sync(argv, &options, &result);
    tell("kin_exec_file_sync({ \"tour\", \"--child\", \"flood\" }, { .max_buffer = 100000 })", rc, &result);
    tour_status(&result.status);
    tour_say("kept %zu bytes%s", result.out.size, result.out.truncated ? ", there was more" : "");
    tour_check(tour, rc == KIN_ENOBUFS && result.out.size == 100000 && result.out.truncated, "the first part is kept");
    tour_check(tour, result.status.cause == KIN_CAUSE_OUTPUT_LIMIT, "the status says that it was the output");
    kin_result_free(&result);
}

static void too_much_time(struct tour *tour)
{
    const char *argv[] = { tour->name, "--child", "stall", NULL };
    const char *environment[] = { tour->path_variable, NULL };
    kin_exec_options options = { .env_set = environment, .timeout_ms = 2500 };
    kin_result result = { 0 };
    int rc = kin_exec_file_sync(argv, &options, &result);
    tell("kin_exec_file_sync({ \"tour\", \"--child\", \"stall\" }, { .timeout_ms = 2500 })", rc, &result);
    tour_quote(result.out.data, result.out.size);
    tour_status(&result.status);
    tour_fact("it took %.3f s", (double)result.duration_us / 1e6);
    tour_check(tour, rc == KIN_ETIMEDOUT && result.out.size > 0, "what came before the end of the time is kept");
    tour_check(tour, result.status.cause == KIN_CAUSE_TIMEOUT, "the status says that it was the time");
    kin_result_free(&result);
}

static void keep(kin_result *result, void *user)
{
    *(kin_result *)user = *result;
    *result = (kin_result){ 0 };
}

static void give_up(kin_timer *timer, void *user)
{
    (void)timer;
    kin_cancel_trigger(user);
}

/* By a timer here; any thread may do it. */
static void cancelled(struct tour *tour)
{
    const char *argv[] = { tour->name, "--child", "stall", NULL };
    const char *environment[] = { tour->path_variable, NULL };
    kin_exec_options options = { .env_set = environment };
    kin_loop *loop = NULL;
    kin_result result = { 0 };
    if (kin_loop_create(&loop) == 0 && kin_cancel_create(&options.cancel) == 0 &&
        kin_exec_file(loop, argv, &options, keep, &result, NULL) == 0 &&
        kin_timer_start(loop, 1500, 0, give_up, options.cancel, NULL) == 0)
        kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
    tell("kin_exec_file(loop, { \"tour\", \"--child\", \"stall\" }, { .cancel = cancel }, ...)", result.code, &result);
    tour_quote(result.out.data, result.out.size);
    tour_status(&result.status);
    tour_check(tour, result.code == KIN_ECANCELED && result.status.cause == KIN_CAUSE_CANCELLED,
               "kin_cancel_trigger() ended it");
    kin_result_free(&result);
    kin_cancel_release(options.cancel);
    kin_loop_release(loop);
}

static void missing_in_shell(struct tour *tour)
{
    kin_result result = { 0 };
    int rc = kin_exec_sync("no-such-program", &(kin_exec_options){ .timeout_ms = 60000 }, &result);
    tour_say("kin_exec_sync(\"no-such-program\")");
    tour_fact("the shell exited with code %u", (unsigned)result.status.code);
    tour_check(tour, rc == 0 && result.status.kind == KIN_EXIT_CODE && result.status.code != 0,
               "a shell ran, so what it does not find is its own exit code");
    kin_result_free(&result);
}

void tour_failures(struct tour *tour)
{
    tour_chapter(tour, "When it goes wrong");
    missing_program(tour);
    missing_directory(tour);
    nothing_to_run(tour);
    missing_in_shell(tour);
    too_much_output(tour);
    too_much_time(tour);
    cancelled(tour);
}
