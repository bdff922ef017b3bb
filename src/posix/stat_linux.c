/* SPDX-License-Identifier: MIT */
#include "stat_linux.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptor.h"

#define FORKED_WITHOUT_EXEC 0x40ul /* PF_FORKNOEXEC of <linux/sched.h>, in the field `flags` */

/* Fields are counted from 1, as in the manual page. The line is longer than what is read of it. */
enum { FIELD_STATE = 3, FIELD_GROUP = 5, FIELD_FLAGS = 9, FIELD_THREADS = 20 };

static bool read_text(pid_t id, char *text, size_t size)
{
    char path[32];
    ssize_t count = -1;
    int descriptor;

    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)id);
    if (kin_posix_descriptor_open(path, O_RDONLY, &descriptor) != 0)
        return false;
    count = read(descriptor, text, size - 1);
    kin_posix_descriptor_close(&descriptor);
    text[count > 0 ? count : 0] = '\0';
    return count > 0;
}

/* `at` stands before the field `from`. NULL: there is none. */
static const char *go_on(const char *at, int from, int to)
{
    for (int field = from; field < to && at != NULL; field++)
        at = strchr(at + 1, ' ');
    return at;
}

/* "id (name) state parent group session terminal foreground flags ..."; the name may hold anything, blanks and brackets too.
   The first thread of a process may have ended and left the others: that is no end, though its state is that of a zombie. */
bool kin_posix_stat_parse(const char *text, struct kin_posix_stat *stat)
{
    const char *state = strrchr(text, ')');
    const char *group;
    const char *flags;
    const char *threads;

    if (state == NULL || state[1] != ' ' || state[2] == '\0')
        return false;
    state++;
    group = go_on(state, FIELD_STATE, FIELD_GROUP);
    flags = go_on(group, FIELD_GROUP, FIELD_FLAGS);
    threads = go_on(flags, FIELD_FLAGS, FIELD_THREADS);
    if (threads == NULL)
        return false;
    stat->group = (pid_t)strtol(group, NULL, 10);
    stat->ended = (state[1] == 'Z' || state[1] == 'X') && strtol(threads, NULL, 10) < 2;
    stat->executes_nothing = (strtoul(flags, NULL, 10) & FORKED_WITHOUT_EXEC) != 0;
    return true;
}

bool kin_posix_stat_read(pid_t id, struct kin_posix_stat *stat)
{
    char text[512];

    return read_text(id, text, sizeof text) && kin_posix_stat_parse(text, stat);
}
