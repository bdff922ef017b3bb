/* SPDX-License-Identifier: MIT */
/* What /proc/<id>/stat says of a process (proc(5)). */
#ifndef KIN_POSIX_STAT_LINUX_H
#define KIN_POSIX_STAT_LINUX_H

#include <stdbool.h>
#include <sys/types.h>

struct kin_posix_stat {
    pid_t group;
    bool ended;
    bool executes_nothing; /* it is a copy made by fork, that has not called exec */
};

/* False: there is no such process, or no /proc. */
bool kin_posix_stat_read(pid_t id, struct kin_posix_stat *stat);

/* The text alone; false: it is none. */
bool kin_posix_stat_parse(const char *text, struct kin_posix_stat *stat);

#endif
