/* SPDX-License-Identifier: MIT */
/* Stream a file through a filter; the loop stays free for other things. */
#include <stdio.h>

#include <kin/kin.h>

static void on_output(kin_stream *stream, const char *data, size_t size, void *user)
{
    (void)stream;
    (void)user;
    fwrite(data, 1, size, stdout);
}

static void on_close(kin_child *child, const kin_status *status, void *user)
{
    (void)child;
    *(bool *)user = kin_status_ok(status);
}

int main(int argc, char **argv)
{
    const char *usual[] = { "grep", "ERROR", NULL };
    const char *const *command = argc > 2 ? (const char *const *)argv + 2 : usual;
    kin_loop *loop = NULL;
    kin_error error = { 0 };
    bool matched = false;
    kin_spawn_options options = { .argv = command, .on_close = on_close, .user = &matched, .error = &error };
    options.in = (kin_stdio){ .kind = KIN_STDIO_FILE_READ, .path = argc > 1 ? argv[1] : "app.log" };
    options.out = (kin_stdio){ .kind = KIN_STDIO_PIPE, .on_data = on_output };

    if (kin_loop_create(&loop) < 0)
        return 2;
    if (kin_spawn(loop, &options, NULL) < 0)
        fprintf(stderr, "%s\n", kin_error_text(&error)); /* open: ENOENT: app.log */
    kin_loop_run(loop, KIN_RUN_UNTIL_IDLE);
    kin_loop_release(loop);
    return matched ? 0 : 1;
}
