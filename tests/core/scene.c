/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MOST_ACTS 8

kin_loop *loop;
kin_child *child;

struct act {
    const char *where;
    void (*act)(void);
    bool again;
};

static char line[64 * 1024];
static size_t line_size;
static struct act acts[MOST_ACTS];
static size_t act_count;

/* --------------------------------------------------------------------------------------------------------------- words */

void note(const char *format, ...)
{
    va_list arguments;
    int size;

    if (line_size > 0 && line_size + 1 < sizeof line)
        line[line_size++] = ' ';
    va_start(arguments, format);
    size = vsnprintf(line + line_size, sizeof line - line_size, format, arguments);
    va_end(arguments);
    line_size += (size_t)size < sizeof line - line_size ? (size_t)size : sizeof line - line_size - 1;
}

const char *noted(void)
{
    return line;
}

void forget(void)
{
    line_size = 0;
    line[0] = '\0';
}

size_t count_of(const char *word)
{
    size_t count = 0;

    for (const char *place = strstr(line, word); place != NULL; place = strstr(place + 1, word))
        count++;
    return count;
}

/* ---------------------------------------------------------------------------------------------------------------- acts */

static void add_act(const char *where, void (*act)(void), bool again)
{
    ASSERT_TRUE(act_count < MOST_ACTS);
    acts[act_count++] = (struct act){ where, act, again };
}

void act_in(const char *where, void (*act)(void))
{
    add_act(where, act, false);
}

void act_in_each(const char *where, void (*act)(void))
{
    add_act(where, act, true);
}

static void perform(const char *where)
{
    for (size_t i = 0; i < act_count; i++) {
        const struct act act = acts[i];

        if (act.where == NULL || strcmp(act.where, where) != 0)
            continue;
        if (!act.again)
            acts[i].where = NULL;
        act.act();
    }
}

/* ----------------------------------------------------------------------------------------------------------- callbacks */

static const char *word(const char *base, const void *user, char buffer[64])
{
    snprintf(buffer, 64, "%s%s%s", user != NULL ? (const char *)user : "", user != NULL ? "." : "", base);
    return buffer;
}

void note_data(kin_stream *stream, const char *data, size_t size, void *user)
{
    char name[64];

    (void)stream;
    if (size <= 64)
        note("%s(%.*s)", word("data", user, name), (int)size, data);
    else
        note("%s(#%zu)", word("data", user, name), size);
    perform("data");
}

void note_end(kin_stream *stream, int code, void *user)
{
    char name[64];

    (void)stream;
    note("%s(%s)", word("end", user, name), kin_code_name(code));
    perform("end");
}

static void note_status(const char *base, const kin_status *status, void *user)
{
    char text[128];
    char name[64];

    kin_status_text(status, text, sizeof text);
    note("%s(%s%s)", word(base, user, name), text, status->forced ? ", forced" : "");
}

void note_exit(kin_child *which, const kin_status *status, void *user)
{
    (void)which;
    note_status("exit", status, user);
    perform("exit");
}

void note_close(kin_child *which, const kin_status *status, void *user)
{
    (void)which;
    note_status("close", status, user);
    perform("close");
}

void note_written(kin_stream *stream, int code, void *user)
{
    char name[64];

    (void)stream;
    note("%s(%s)", word("written", user, name), kin_code_name(code));
    perform("written");
}

void note_drain(kin_stream *stream, void *user)
{
    char name[64];

    (void)stream;
    note("%s", word("drain", user, name));
    perform("drain");
}

void note_timer(kin_timer *timer, void *user)
{
    char name[64];

    (void)timer;
    note("%s", word("timer", user, name));
    perform("timer");
}

void note_wake(kin_loop *which, void *user)
{
    char name[64];

    (void)which;
    note("%s", word("wake", user, name));
    perform("wake");
}

void note_carried(int code, uint64_t bytes, void *user)
{
    char name[64];

    note("%s(%s %llu)", word("carried", user, name), kin_code_name(code), (unsigned long long)bytes);
    perform("carried");
}

void note_message(kin_channel *channel, kin_message *message, void *user)
{
    char name[64];

    (void)channel;
    if (message->request != 0)
        note("request(%llu %.*s)", (unsigned long long)message->request, (int)message->size, message->data);
    else if (message->size <= 64)
        note("%s(%.*s%s)", word("message", user, name), (int)message->size, message->data,
             message->handle_kind == 0 ? "" : "+");
    else
        note("%s(#%zu)", word("message", user, name), message->size);
    perform("message");
}

void note_channel_end(kin_channel *channel, int code, void *user)
{
    char name[64];

    (void)channel;
    note("%s(%s)", word("channel-end", user, name), kin_code_name(code));
    perform("channel-end");
}

void note_channel_drain(kin_channel *channel, void *user)
{
    char name[64];

    (void)channel;
    note("%s", word("channel-drain", user, name));
    perform("channel-drain");
}

void note_sent(kin_channel *channel, int code, void *user)
{
    char name[64];

    (void)channel;
    note("%s(%s)", word("sent", user, name), kin_code_name(code));
    perform("sent");
}

void note_reply(kin_channel *channel, int code, const kin_message *reply, void *user)
{
    char name[64];

    (void)channel;
    note("%s(%s%s%.*s)", word("reply", user, name), kin_code_name(code), reply == NULL ? "" : " ",
         reply == NULL ? 0 : (int)reply->size, reply == NULL ? "" : reply->data);
    perform("reply");
}

/* ----------------------------------------------------------------------------------------------------------- the course */

static void set_up(void)
{
    fake_reset();
    forget();
    act_count = 0;
    child = NULL;
    loop = NULL;
    ASSERT_INT_EQ(0, kin_loop_create(&loop));
}

static void tear_down(void)
{
    kin_loop_release(loop);
    loop = NULL;
    fake_check();
}

SHIM_CONSTRUCTOR(set_hooks)
{
    shim_set_hooks(set_up, tear_down);
}

kin_spawn_options usual_options(void)
{
    static const char *const argv[] = { "program", NULL };

    return (kin_spawn_options){
        .argv = argv,
        .in = { .kind = KIN_STDIO_PIPE },
        .out = { .kind = KIN_STDIO_PIPE, .on_data = note_data, .on_end = note_end },
        .on_exit = note_exit,
        .on_close = note_close,
    };
}

kin_spawn_options quiet_options(bool tree)
{
    kin_spawn_options options = usual_options();

    options.in = options.out = (kin_stdio){ .kind = KIN_STDIO_IGNORE };
    options.tree = tree;
    return options;
}

void start_with(const kin_spawn_options *options)
{
    ASSERT_INT_EQ(0, kin_spawn(loop, options, &child));
    ASSERT_NOT_NULL(child);
}

void start(void)
{
    const kin_spawn_options options = usual_options();

    start_with(&options);
}

void turn(void)
{
    if (loop != NULL)
        EXPECT_INT_GE(kin_loop_run(loop, KIN_RUN_NOWAIT), 0);
}

void settle_down(void)
{
    for (int i = 0; i < 8; i++)
        turn();
}

void run(void)
{
    EXPECT_INT_GE(kin_loop_run(loop, KIN_RUN_UNTIL_IDLE), 0);
}

int64_t run_for_ms(void)
{
    const uint64_t before = kin_plat_now_ns();

    run();
    return (int64_t)((kin_plat_now_ns() - before) / 1000000);
}

void child_obeys(void *process)
{
    fake_is_killed(process, KIN_SIGNAL_TERMINATE);
}

void child_leaves(void *process)
{
    fake_exits(process, 0);
}

void end_outputs_of_the_forced(void)
{
    if (fake_kills_of(fake_process()) == 0)
        return;
    for (size_t slot = 1; slot < 3; slot++) {
        if (fake_pipe(slot) != NULL)
            fake_child_ends(fake_pipe(slot));
    }
}

kin_stream *in(void)
{
    return kin_child_stream(child, 0);
}

kin_stream *out(void)
{
    return kin_child_stream(child, 1);
}

/* ------------------------------------------------------------------------------------------------------------ for acts */

void release_child(void)
{
    kin_child_release(child);
    child = NULL;
}

void release_loop(void)
{
    kin_loop_release(loop);
    loop = NULL;
    child = NULL;
}

void close_in(void)
{
    kin_stream_close(in());
}

void close_out(void)
{
    kin_stream_close(out());
}

void end_in(void)
{
    kin_stream_end(in());
}

void pause_out(void)
{
    kin_stream_pause(out());
}

void resume_out(void)
{
    kin_stream_resume(out());
}

void stop_loop(void)
{
    kin_loop_stop(loop);
}
