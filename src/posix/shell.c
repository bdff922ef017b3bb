/* SPDX-License-Identifier: MIT */
#include "../platform.h"

/*
 * Not $SHELL, which is the taste of a person, but the shell whose language POSIX defines; as system(3) does. The "--" keeps a
 * command that begins with a dash from being read as options.
 */
int kin_plat_shell_open(const char *command, struct kin_plat_shell *shell)
{
    *shell = (struct kin_plat_shell){ .file = "/bin/sh", .argv = { "sh", "-c", "--", command, NULL } };
    return 0;
}

void kin_plat_shell_close(struct kin_plat_shell *shell)
{
    *shell = (struct kin_plat_shell){ 0 };
}
