/* SPDX-License-Identifier: MIT */
/* kin inside a loop of your own: one descriptor for poll(2) and one timeout. */
#include <poll.h>
#include <stdio.h>

#include <kin/kin.h>

static void on_close(kin_child *child, const kin_status *status, void *user)
{
    char text[64];
    (void)child;
    *(bool *)user = kin_status_ok(status);
    kin_status_text(status, text, sizeof text);
    printf("%s\n", text);
}

/* Where your own descriptors would be watched as well. */
static int run(kin_loop *loop)
{
    struct pollfd watched = { .fd = kin_loop_handle(loop), .events = POLLIN };
    int alive;
    while ((alive = kin_loop_run(loop, KIN_RUN_NOWAIT)) > 0)
        poll(&watched, 1, (int)kin_loop_timeout_ms(loop)); /* KIN_FOREVER is poll's own -1 */
    return alive;
}

int main(int argc, char **argv)
{
    const char *usual[] = { "date", NULL };
    const char *const *command = argc > 1 ? (const char *const *)argv + 1 : usual;
    kin_loop *loop = NULL;
    kin_error error = { 0 };
    bool ok = false;
    kin_spawn_options options = { .argv = command, .on_close = on_close, .user = &ok, .error = &error };

    if (kin_loop_create(&loop) < 0)
        return 2;
    if (kin_spawn(loop, &options, NULL) < 0)
        fprintf(stderr, "%s\n", kin_error_text(&error));
    if (run(loop) < 0)
        ok = false;
    kin_loop_release(loop);
    return ok ? 0 : 1;
}
