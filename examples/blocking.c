/* SPDX-License-Identifier: MIT */
/* A conversation without callbacks: write, read, wait. `sort` speaks when its input has ended. */
#include <stdio.h>
#include <string.h>

#include <kin/kin.h>

static int talk(kin_child *child)
{
    static const char text[] = "pear\napple\nmelon\n";
    char answer[256];
    kin_status status;
    int64_t size = kin_child_write(child, 0, text, strlen(text), 5000);
    if (size == (int64_t)strlen(text))
        kin_child_close(child, 0);
    while ((size = kin_child_read(child, 1, answer, sizeof answer, 5000)) > 0)
        fwrite(answer, 1, (size_t)size, stdout);
    int rc = size < 0 ? (int)size : kin_child_wait(child, 5000, &status);
    if (rc == 0 && !kin_status_ok(&status))
        rc = 1;
    return rc;
}

int main(int argc, char **argv)
{
    const char *usual[] = { "sort", NULL };
    const char *const *command = argc > 1 ? (const char *const *)argv + 1 : usual;
    kin_child *child = NULL;
    kin_error error = { 0 };
    kin_spawn_options options = { .argv = command, .timeout_ms = 20000, .error = &error };
    options.in.kind = KIN_STDIO_PIPE;
    options.out.kind = KIN_STDIO_PIPE;
    int rc = kin_spawn(NULL, &options, &child);
    if (rc < 0)
        fprintf(stderr, "%s\n", kin_error_text(&error));
    else
        rc = talk(child);
    if (rc < 0)
        fprintf(stderr, "%s\n", kin_code_text(rc));
    kin_child_release(child);
    return rc == 0 ? 0 : 1;
}
