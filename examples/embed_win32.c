/* SPDX-License-Identifier: MIT */
/* kin inside a loop of your own: one event HANDLE for WaitForSingleObject() and one timeout. */
#include <windows.h>

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

/* Where your own handles would be watched as well. */
static int run(kin_loop *loop)
{
    int alive;
    while ((alive = kin_loop_run(loop, KIN_RUN_NOWAIT)) > 0)
        WaitForSingleObject(kin_loop_handle(loop), (DWORD)kin_loop_timeout_ms(loop)); /* KIN_FOREVER becomes INFINITE */
    return alive;
}

int main(int argc, char **argv)
{
    const char *usual[] = { "hostname", NULL };
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
