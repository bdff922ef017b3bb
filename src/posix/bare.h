/* SPDX-License-Identifier: MIT */
/*
 * System calls for the child, bare of what a C library adds: no locks, no cancellation, no broadcast of new credentials to
 * threads. bare_linux.c makes them itself; bare_bsd.c has to rely on the functions that POSIX calls async-signal-safe.
 * Results are a number, or a negative errno value.
 */
#ifndef KIN_POSIX_BARE_H
#define KIN_POSIX_BARE_H

#include <stddef.h>
#include <stdint.h>

int kin_posix_bare_dup_above(int descriptor, int lowest); /* close-on-exec */
int kin_posix_bare_dup_to(int descriptor, int target);    /* kept at exec */
int kin_posix_bare_keep_at_exec(int descriptor);
int kin_posix_bare_lead_group(void);
int kin_posix_bare_lead_session(void); /* and a group */
void kin_posix_bare_umask(unsigned mask);
int kin_posix_bare_set_groups(size_t count, const uint32_t *groups);
int kin_posix_bare_set_gid(uint32_t gid); /* all of them, and looked at afterwards */
int kin_posix_bare_set_uid(uint32_t uid);
int kin_posix_bare_set_death_signal(int signal); /* sent to us when our parent dies, on Linux; 0: none */
int kin_posix_bare_parent(void);
int kin_posix_bare_id(void);
int kin_posix_bare_chdir(const char *path);
void kin_posix_bare_default_signals(void); /* dispositions */
void kin_posix_bare_unblock_signals(void);
int kin_posix_bare_execve(const char *path, const char *const *argv, const char *const *environment);
int kin_posix_bare_write(int descriptor, const void *data, size_t size); /* 0, or the error */
void kin_posix_bare_discard_sigpipe(void);                               /* one that is blocked and waits */
void kin_posix_bare_exit(int code);

/* Linux: leaves a shared descriptor table, taking along a copy of what is below `end`. */
int kin_posix_bare_unshare_table(int end, unsigned denied);

/* Nothing from `first` on is open in the program. `kept` stays open until then. */
void kin_posix_bare_close_from(int first, int kept, unsigned denied);

#endif
