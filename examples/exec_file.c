/* SPDX-License-Identifier: MIT */
/* Run a program, have its output. No shell, no loop. */
#include <stdio.h>

#include <kin/kin.h>

int main(int argc, char **argv)
{
    const char *usual[] = { "whoami", NULL };
    const char *const *command = argc > 1 ? (const char *const *)argv + 1 : usual;
    kin_result result = { 0 };
    int rc = kin_exec_file_sync(command, &(kin_exec_options){ .timeout_ms = 5000 }, &result);
    if (rc < 0)
        fprintf(stderr, "%s\n", kin_error_text(&result.error)); /* exec: ENOENT: whoami */
    else
        fwrite(result.out.data, 1, result.out.size, stdout);
    kin_result_free(&result);
    return rc < 0 ? 1 : 0;
}
