/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdarg.h>

#include "../child/pattern.h"
#include "leak.h"

enum { ROUND = 8, TEXT_SIZE = 4096, WATCHDOG_MS = 60000 };

/* ------------------------------------------------------------------------------------------------------- the child --- */

static const char *program_path(char path[TEXT_SIZE], const char *variable, const char *built)
{
    const char *given = getenv(variable);

    if (path[0] == '\0') {
        snprintf(path, TEXT_SIZE, "%s", given != NULL ? given : built);
        host_make_absolute(path, TEXT_SIZE);
    }
    return path;
}

const char *child_path(void)
{
    static char path[TEXT_SIZE];

    return program_path(path, "KIN_TEST_CHILD", KIN_TEST_CHILD_PATH);
}

const char *parent_path(void)
{
    static char path[TEXT_SIZE];

    return program_path(path, "KIN_TEST_PARENT", KIN_TEST_PARENT_PATH);
}

/* ---------------------------------------------------------------------------------------------------------- checks --- */

void check_output(struct shim_site site, const char *what, const char *expected, size_t size, const kin_bytes *actual)
{
    if (actual->data == NULL)
        shim_fail(site, "%s is NULL", what);
    else if (actual->size != size || memcmp(actual->data, expected, size) != 0)
        shim_fail(site, "%s is \"%.200s\" (%llu bytes), should be \"%.200s\" (%llu bytes)", what, actual->data,
                  (unsigned long long)actual->size, expected, (unsigned long long)size);
    else if (actual->data[size] != '\0')
        shim_fail(site, "%s has no zero byte behind it", what);
}

static const char *describe(const kin_status *status)
{
    static char text[128];

    kin_status_text(status, text, sizeof text);
    return text;
}

void check_exited(struct shim_site site, uint32_t code, const kin_status *status)
{
    if (status->kind != KIN_EXIT_CODE || status->code != code || status->signal != 0)
        shim_fail(site, "should have exited with %u, but: %s", (unsigned)code, describe(status));
}

void check_ended_by(struct shim_site site, int signal, kin_exit_cause cause, const kin_status *status)
{
    if (status->kind != KIN_EXIT_SIGNAL || status->signal != signal || status->code != 0)
        shim_fail(site, "should have been ended by signal %d, but: %s", signal, describe(status));
    if (status->cause != cause)
        shim_fail(site, "the cause should be %d, but is %d: %s", (int)cause, (int)status->cause, describe(status));
}

void check_error(struct shim_site site, kin_code code, kin_stage stage, const char *subject, const kin_error *error)
{
    if (error->code != code || error->stage != stage)
        shim_fail(site, "should be %s: %s, but is: %s", kin_stage_name(stage), kin_code_name(code), kin_error_text(error));
    if (subject != NULL && strcmp(subject, kin_error_subject(error)) != 0)
        shim_fail(site, "the subject should be \"%s\", but is \"%s\"", subject, kin_error_subject(error));
}

/* ------------------------------------------------------------------------------------------------------------ files --- */

static char scratch_directory[TEXT_SIZE / 2];

static char *next_text(void)
{
    static char texts[ROUND][TEXT_SIZE];
    static size_t number;

    return texts[number++ % ROUND];
}

const char *text_of(const char *format, ...)
{
    char *text = next_text();
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, TEXT_SIZE, format, arguments);
    va_end(arguments);
    return text;
}

enum { ERROR_OF_WINE = 1359, TRIES = 3 };

static bool is_error_of_wine(int code, const kin_error *error)
{
    return code < 0 && host_is_wine() && error->os_code == ERROR_OF_WINE;
}

#undef kin_spawn
#undef kin_fork

static int start_once(bool forks, kin_loop *loop, const char *entry, const kin_spawn_options *options, kin_child **child)
{
    return forks ? kin_fork(loop, entry, options, child) : kin_spawn(loop, options, child);
}

static int start_patiently(bool forks, kin_loop *loop, const char *entry, const kin_spawn_options *options, kin_child **child)
{
    kin_error error = { 0 };
    kin_spawn_options tried;
    int code;

    if (options == NULL)
        return start_once(forks, loop, entry, options, child);
    tried = *options;
    if (tried.error == NULL)
        tried.error = &error;
    code = start_once(forks, loop, entry, &tried, child);
    for (int i = 0; i < TRIES && is_error_of_wine(code, tried.error); i++)
        code = start_once(forks, loop, entry, &tried, child);
    return code;
}

int spawn_patiently(kin_loop *loop, const kin_spawn_options *options, kin_child **child)
{
    return start_patiently(false, loop, NULL, options, child);
}

int fork_patiently(kin_loop *loop, const char *entry, const kin_spawn_options *options, kin_child **child)
{
    return start_patiently(true, loop, entry, options, child);
}

int run_program(const char *const *argv, const kin_exec_options *options, kin_result *result)
{
    int code = kin_exec_file_sync(argv, options, result);

    for (int i = 0; i < TRIES && is_error_of_wine(code, &result->error); i++)
        code = kin_exec_file_sync(argv, options, result);
    return code;
}

const char *scratch(const char *name)
{
    if (scratch_directory[0] == '\0')
        host_temporary_directory(scratch_directory, sizeof scratch_directory);
    return name[0] == '\0' ? text_of("%s", scratch_directory) : text_of("%s%c%s", scratch_directory, host_separator(), name);
}

const char *scratch_file(const char *name, const char *text)
{
    const char *path = scratch(name);

    if (!host_write_file(path, text, strlen(text)))
        NOTE_FAILURE_C("could not write %s", path);
    return path;
}

static void remove_scratch(void)
{
    if (scratch_directory[0] != '\0')
        host_remove(scratch_directory);
    scratch_directory[0] = '\0';
}

/* -------------------------------------------------------------------------------------------------------- recording --- */

void bytes_append(struct bytes *bytes, const void *data, size_t size)
{
    if (bytes->room < bytes->size + size + 1) {
        bytes->room = (bytes->size + size + 1) * 2;
        bytes->data = realloc(bytes->data, bytes->room);
        if (bytes->data == NULL)
            abort();
    }
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    bytes->data[bytes->size] = '\0';
}

const char *text_in(const struct bytes *bytes)
{
    return bytes->data != NULL ? bytes->data : "";
}

bool pattern_is_at(const void *data, size_t size)
{
    return pattern_matches(data, size, 0);
}

bool pattern_is_from(const void *data, size_t size, uint64_t offset)
{
    return pattern_matches(data, size, offset);
}

void pattern_write_at(void *data, size_t size, uint64_t offset)
{
    pattern_fill(data, size, offset);
}

bool pattern_is_in(const struct bytes *bytes)
{
    return pattern_is_at(bytes->data, bytes->size);
}

void pattern_write(void *data, size_t size)
{
    pattern_fill(data, size, 0);
}

static bool ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

void record(struct recorder *recorder, const char *event)
{
    const size_t size = strlen(recorder->events);

    if (strcmp(event, "data") == 0 && ends_with(recorder->events, "data"))
        return;
    snprintf(recorder->events + size, sizeof recorder->events - size, "%s%s", size > 0 ? "," : "", event);
}

void record_out(kin_stream *stream, const char *data, size_t size, void *user)
{
    struct recorder *recorder = user;

    (void)stream;
    EXPECT_INT_NE(0, size);
    bytes_append(&recorder->out, data, size);
    record(recorder, "data");
}

void record_err(kin_stream *stream, const char *data, size_t size, void *user)
{
    struct recorder *recorder = user;

    (void)stream;
    EXPECT_INT_NE(0, size);
    bytes_append(&recorder->err, data, size);
    record(recorder, "data");
}

void record_end(kin_stream *stream, int code, void *user)
{
    struct recorder *recorder = user;

    (void)stream;
    recorder->ends++;
    recorder->end_code = code;
    record(recorder, code == 0 ? "end" : text_of("end(%s)", kin_code_name(code)));
}

void record_exit(kin_child *child, const kin_status *status, void *user)
{
    struct recorder *recorder = user;

    EXPECT_INT_EQ(1, kin_child_status(child, NULL));
    recorder->exits++;
    recorder->exit_status = *status;
    record(recorder, "exit");
}

void record_close(kin_child *child, const kin_status *status, void *user)
{
    struct recorder *recorder = user;

    (void)child;
    recorder->closes++;
    recorder->close_status = *status;
    record(recorder, "close");
}

void record_written(kin_stream *stream, int code, void *user)
{
    (void)stream;
    record(user, code == 0 ? "written" : text_of("written(%s)", kin_code_name(code)));
}

void recorder_free(struct recorder *recorder)
{
    free(recorder->out.data);
    free(recorder->err.data);
    recorder->out = (struct bytes){ 0 };
    recorder->err = (struct bytes){ 0 };
}

/* ------------------------------------------------------------------------------------------------------------ loops --- */

kin_loop *open_loop(void)
{
    kin_loop *loop = NULL;

    ASSERT_INT_EQ(0, kin_loop_create(&loop));
    ASSERT_NOT_NULL(loop);
    return loop;
}

static bool watchdog_barked;

static void watchdog_barks(kin_timer *timer, void *user)
{
    (void)timer;
    NOTE_FAILURE_C("the loop hangs");
    watchdog_barked = true;
    kin_loop_stop(user);
}

static bool never(void *user)
{
    (void)user;
    return false;
}

void run_until(kin_loop *loop, bool (*holds)(void *user), void *user)
{
    kin_timer *watchdog = NULL;
    int left = 1;

    watchdog_barked = false;
    ASSERT_INT_EQ(0, kin_timer_start(loop, WATCHDOG_MS, 0, watchdog_barks, loop, &watchdog));
    kin_timer_unref(watchdog);
    if (holds == never) {
        left = kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
        EXPECT_TRUE(left == 0 || watchdog_barked);
    }
    while (left == 1 && !watchdog_barked && !holds(user))
        left = kin_loop_run(loop, KIN_RUN_ONCE);
    EXPECT_INT_GE(left, 0);
    kin_timer_release(watchdog);
}

void run_loop(kin_loop *loop)
{
    run_until(loop, never, NULL);
}

bool has_exited(void *recorder)
{
    return ((struct recorder *)recorder)->exits > 0;
}

bool has_closed(void *recorder)
{
    return ((struct recorder *)recorder)->closes > 0;
}

bool has_output(void *recorder)
{
    return ((struct recorder *)recorder)->out.size > 0;
}

void close_loop(kin_loop *loop)
{
    kin_loop_release(loop);
}

/* ----------------------------------------------------------------------------------------------------------- victims --- */

void victim_begin(struct victim *victim, const kin_spawn_options *options)
{
    kin_spawn_options all = *options;
    kin_error error = { 0 };

    *victim = (struct victim){ .loop = open_loop() };
    victim->recorder.loop = victim->loop;
    if (all.in.kind == KIN_STDIO_DEFAULT)
        all.in.kind = KIN_STDIO_PIPE;
    if (all.out.kind == KIN_STDIO_DEFAULT && all.out.on_data == NULL)
        all.out = (kin_stdio){ RECORDED_OUT };
    if (all.err.kind == KIN_STDIO_DEFAULT && all.err.on_data == NULL)
        all.err.kind = KIN_STDIO_IGNORE; /* who outlives a failed test must not hold our own stderr */
    if (all.close_delay_ms == 0)
        all.close_delay_ms = KIN_FOREVER;
    all.on_exit = record_exit;
    all.on_close = record_close;
    all.user = &victim->recorder;
    all.error = &error;
    if (kin_spawn(victim->loop, &all, &victim->child) < 0)
        FAIL_C("%s", kin_error_text(&error));
}

void victim_start(struct victim *victim, const kin_spawn_options *options)
{
    victim_begin(victim, options);
    run_until(victim->loop, has_output, &victim->recorder);
}

struct expected_text {
    const struct recorder *recorder;
    const char *text;
};

static bool has_text(void *expected)
{
    const struct expected_text *wanted = expected;

    return strstr(text_in(&wanted->recorder->out), wanted->text) != NULL;
}

void victim_run_until(struct victim *victim, const char *text)
{
    struct expected_text expected = { &victim->recorder, text };

    run_until(victim->loop, has_text, &expected);
    EXPECT_STR_CONTAINS(text, text_in(&victim->recorder.out));
}

void victim_end_input(struct victim *victim)
{
    EXPECT_INT_EQ(0, kin_stream_end(kin_child_stream(victim->child, 0)));
}

void victim_run(struct victim *victim)
{
    run_loop(victim->loop);
    EXPECT_INT_EQ(1, victim->recorder.exits);
    EXPECT_INT_EQ(1, victim->recorder.closes);
}

void victim_free(struct victim *victim)
{
    kin_child_release(victim->child);
    recorder_free(&victim->recorder);
    close_loop(victim->loop);
}

void victim_finish(struct victim *victim)
{
    victim_run(victim);
    victim_free(victim);
}

/* ------------------------------------------------------------------------------------------------------------ hooks --- */

static void before_each(void)
{
    host_become_hostile();
    leak_before();
}

static void after_each(void)
{
    host_restore_slots();
    remove_scratch();
    leak_after();
    host_become_friendly();
}

SHIM_CONSTRUCTOR(install_hooks)
{
    shim_set_hooks(before_each, after_each);
}
