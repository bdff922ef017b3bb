/* SPDX-License-Identifier: MIT */
/*
 * A log of any size through a filter into a file, while the loop stays free and memory stays small:
 *
 *      tour --child log  ──▶  this process  ──▶  tour --child filter ERROR  ──▶  this process  ──▶  errors.txt
 */
#include "tour.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_LIMIT ((uint64_t)20 * 1000 * 1000)
#define TICK_MS 50
#define LONGEST_GAP_MS 2000

struct flow {
    int code;
    uint64_t bytes;
    unsigned ends;
};

struct job {
    kin_loop *loop;
    kin_child *source;
    kin_child *filter;
    kin_stream *file;
    kin_timer *timer;
    kin_error error;
    char path[HOST_PATH_SIZE + 16];
    struct flow to_filter;
    struct flow to_file;
    kin_status source_status;
    kin_status filter_status;
    char summary[128];
    size_t summary_size;
    struct log made;  /* what the source says that it wrote */
    struct log found; /* what is in the file */
    unsigned ticks;
    int64_t last_tick_ms;
    int64_t longest_gap_ms;
    int64_t took_ms;
};

/* ------------------------------------------------------------------------------------------------ callbacks --- */

static void on_flow_done(int code, uint64_t bytes, void *user)
{
    struct flow *flow = user;
    flow->code = code;
    flow->bytes = bytes;
    flow->ends++;
}

static void on_summary(kin_stream *stream, const char *data, size_t size, void *user)
{
    struct job *job = user;
    (void)stream;
    if (size > sizeof job->summary - 1 - job->summary_size)
        size = sizeof job->summary - 1 - job->summary_size;
    memcpy(job->summary + job->summary_size, data, size);
    job->summary_size += size;
}

static void on_close(kin_child *child, const kin_status *status, void *user)
{
    struct job *job = user;
    *(child == job->source ? &job->source_status : &job->filter_status) = *status;
}

static void on_tick(kin_timer *timer, void *user)
{
    struct job *job = user;
    int64_t now = host_now_ms();
    int64_t gap = now - job->last_tick_ms;
    (void)timer;
    job->ticks++;
    job->last_tick_ms = now;
    if (gap > job->longest_gap_ms)
        job->longest_gap_ms = gap;
}

static void on_file_data(kin_stream *stream, const char *data, size_t size, void *user)
{
    struct job *job = user;
    (void)stream;
    job->found.bytes += size;
    job->found.error_hash = log_hash(job->found.error_hash, data, size);
    for (const char *end = data + size; (data = memchr(data, '\n', (size_t)(end - data))) != NULL; data++)
        job->found.error_lines++;
}

/* ---------------------------------------------------------------------------------------------------- steps --- */

static int start_source(struct tour *tour, struct job *job)
{
    char bytes[24];
    snprintf(bytes, sizeof bytes, "%" PRIu64, tour->log_bytes);
    const char *argv[] = { tour->program, "--child", "log", bytes, NULL };
    return kin_spawn(job->loop,
                     &(kin_spawn_options){ .argv = argv,
                                           .in = { .kind = KIN_STDIO_IGNORE },
                                           .out = { .kind = KIN_STDIO_PIPE },
                                           .err = { .kind = KIN_STDIO_PIPE, .on_data = on_summary },
                                           .on_close = on_close,
                                           .user = job,
                                           .error = &job->error },
                     &job->source);
}

static int start_filter(struct tour *tour, struct job *job)
{
    const char *argv[] = { tour->program, "--child", "filter", "ERROR", NULL };
    return kin_spawn(job->loop,
                     &(kin_spawn_options){ .argv = argv,
                                           .in = { .kind = KIN_STDIO_PIPE },
                                           .out = { .kind = KIN_STDIO_PIPE },
                                           .on_close = on_close,
                                           .user = job,
                                           .error = &job->error },
                     &job->filter);
}

static int connect_flows(struct job *job)
{
    int rc = kin_stream_pipe(kin_child_stream(job->source, 1), kin_child_stream(job->filter, 0), KIN_PIPE_DEFAULT, on_flow_done,
                             &job->to_filter);
    if (rc < 0)
        return rc;
    return kin_stream_pipe(kin_child_stream(job->filter, 1), job->file, KIN_PIPE_DEFAULT, on_flow_done, &job->to_file);
}

/* The timer does not keep the loop alive: the loop ends with the work. */
static int start_timer(struct job *job)
{
    job->last_tick_ms = host_now_ms();
    int rc = kin_timer_start(job->loop, TICK_MS, TICK_MS, on_tick, job, &job->timer);
    kin_timer_unref(job->timer);
    return rc;
}

static int run(struct tour *tour, struct job *job)
{
    int64_t start_ms = host_now_ms();
    int rc = kin_stream_open_file(job->loop, job->path, KIN_FILE_TRUNCATE, &job->file, &job->error);
    if (rc == 0)
        rc = start_filter(tour, job);
    if (rc == 0)
        rc = start_source(tour, job);
    if (rc == 0)
        rc = connect_flows(job);
    if (rc == 0)
        rc = start_timer(job);
    if (rc == 0)
        rc = kin_loop_run(job->loop, KIN_RUN_UNTIL_IDLE);
    job->took_ms = host_now_ms() - start_ms;
    return rc;
}

static int read_file(struct job *job)
{
    kin_stream *file = NULL;
    int rc = kin_stream_open_file(job->loop, job->path, KIN_FILE_READ, &file, &job->error);
    if (rc == 0)
        rc = kin_stream_on_data(file, on_file_data, NULL, job);
    if (rc == 0)
        rc = kin_loop_run(job->loop, KIN_RUN_UNTIL_IDLE);
    kin_stream_release(file);
    return rc;
}

static void read_summary(struct job *job)
{
    char *at = job->summary;
    job->summary[job->summary_size] = '\0';
    job->made.lines = strtoull(at, &at, 10);
    job->made.bytes = strtoull(at, &at, 10);
    job->made.error_lines = strtoull(at, &at, 10);
    job->made.error_hash = strtoull(at, &at, 10);
}

/* ----------------------------------------------------------------------------------------------- the report --- */

static void tell(const struct job *job)
{
    double seconds = (double)(job->took_ms ? job->took_ms : 1) / 1000;
    tour_say("written by the source:   %" PRIu64 " lines, %" PRIu64 " bytes", job->made.lines, job->made.bytes);
    tour_say("carried to the filter:   %" PRIu64 " bytes", job->to_filter.bytes);
    tour_say("carried to errors.txt:   %" PRIu64 " bytes", job->to_file.bytes);
    tour_say("read from errors.txt:    %" PRIu64 " lines, %" PRIu64 " bytes", job->found.error_lines, job->found.bytes);
    tour_fact("%.1f s, %.0f MB/s", seconds, (double)job->to_filter.bytes / 1e6 / seconds);
    tour_fact("the timer came %u times, the longest gap was %" PRId64 " ms", job->ticks, job->longest_gap_ms);
    tour_fact("peak memory of this process: %.1f MB", (double)host_peak_memory() / 1e6);
    tour_fact("CPU time of the filter: %.2f s", (double)job->filter_status.usage.user_us / 1e6);
}

static bool arrived(const struct flow *flow, uint64_t bytes)
{
    return flow->ends == 1 && flow->code == 0 && flow->bytes == bytes;
}

static void check(struct tour *tour, const struct job *job)
{
    uint64_t peak = host_peak_memory();
    bool all_ok = kin_status_ok(&job->source_status) && kin_status_ok(&job->filter_status);
    bool same_lines = job->found.error_lines == job->made.error_lines && job->found.error_hash == job->made.error_hash;
    tour_check(tour, all_ok, "both children exited 0");
    tour_check(tour, job->made.bytes >= tour->log_bytes && arrived(&job->to_filter, job->made.bytes),
               "every byte of the log reached the filter");
    tour_check(tour, same_lines && arrived(&job->to_file, job->found.bytes),
               "errors.txt holds the lines with ERROR, all of them, in order");
    tour_check(tour, (job->ticks > 0 || job->took_ms < LONGEST_GAP_MS) && job->longest_gap_ms < LONGEST_GAP_MS,
               "the loop was alive all the time");
    tour_check(tour, peak > 0 && peak < MEMORY_LIMIT, "memory stayed below 20 MB");
}

void tour_stream(struct tour *tour)
{
    struct job job = { 0 };
    tour_chapter(tour, "Stream a log through a filter, into errors.txt");
    snprintf(job.path, sizeof job.path, "%s/errors.txt", tour->directory);
    int rc = kin_loop_create(&job.loop);
    if (rc == 0)
        rc = run(tour, &job);
    if (rc == 0)
        rc = read_file(&job);
    read_summary(&job);
    if (rc < 0)
        tour_say("%s", job.error.code ? kin_error_text(&job.error) : kin_code_name(rc));
    tell(&job);
    check(tour, &job);
    kin_timer_release(job.timer);
    kin_child_release(job.filter);
    kin_child_release(job.source);
    kin_stream_release(job.file);
    kin_loop_release(job.loop);
    host_remove_file(job.path);
}
