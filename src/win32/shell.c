/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <stdlib.h>
#include <string.h>

#include "../platform.h"
#include "wide.h"

#define SHELL_NAME "\\cmd.exe"

struct shell_text {
    char *file;
    char *quoted;
};

/*
 * With /s the shell takes off the first and the last quote and leaves the rest as it is (cmd /?); so the command needs no
 * escaping, whatever stands in it.
 */
static char *quote(const char *command)
{
    size_t size = strlen(command);
    if (size > SIZE_MAX - 3)
        return NULL;
    char *quoted = malloc(size + 3);
    if (quoted == NULL)
        return NULL;
    quoted[0] = '"';
    memcpy(quoted + 1, command, size);
    quoted[size + 1] = '"';
    quoted[size + 2] = '\0';
    return quoted;
}

static char *shell_file(void)
{
    char *directory;
    if (kin_win32_system_directory(&directory) < 0)
        return NULL;
    size_t size = strlen(directory);
    char *file = realloc(directory, size + sizeof SHELL_NAME);
    if (file == NULL) {
        free(directory);
        return NULL;
    }
    memcpy(file + size, SHELL_NAME, sizeof SHELL_NAME);
    return file;
}

/* /d: no commands from the registry first. The shell of the system, not that of COMSPEC, which anybody may set. */
int kin_plat_shell_open(const char *command, struct kin_plat_shell *shell)
{
    struct shell_text *text = calloc(1, sizeof *text);
    if (text == NULL)
        return KIN_ENOMEM;
    *shell = (struct kin_plat_shell){ .storage = text };
    text->file = shell_file();
    text->quoted = quote(command);
    if (text->file == NULL || text->quoted == NULL) {
        kin_plat_shell_close(shell);
        return KIN_ENOMEM;
    }

    shell->file = text->file;
    shell->argv[0] = "cmd.exe";
    shell->argv[1] = "/d";
    shell->argv[2] = "/s";
    shell->argv[3] = "/c";
    shell->argv[4] = text->quoted;
    shell->verbatim_arguments = true;
    return 0;
}

void kin_plat_shell_close(struct kin_plat_shell *shell)
{
    struct shell_text *text = shell->storage;
    if (text != NULL) {
        free(text->quoted);
        free(text->file);
        free(text);
    }
    *shell = (struct kin_plat_shell){ 0 };
}
