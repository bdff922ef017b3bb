/* SPDX-License-Identifier: MIT */
/* One line for the system's shell. Never build it from text that others wrote: that is what exec_file is for. */
#include <stdio.h>

#include <kin/kin.h>

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "echo one&& echo two";
    char status[64];
    kin_result result = { 0 };
    int rc = kin_exec_sync(command, &(kin_exec_options){ .merge_err = true, .timeout_ms = 10000 }, &result);
    if (rc < 0)
        fprintf(stderr, "%s\n", kin_error_text(&result.error));
    if (result.out.data)
        fwrite(result.out.data, 1, result.out.size, stdout);
    kin_status_text(&result.status, status, sizeof status);
    printf("%s after %.1f ms\n", status, (double)result.duration_us / 1000);
    kin_result_free(&result);
    return rc < 0 ? 1 : 0;
}
