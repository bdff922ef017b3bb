/* SPDX-License-Identifier: MIT */
/* Descriptors of this process: close-on-exec from their birth, and never in the place of stdin, stdout or stderr. */
#ifndef KIN_POSIX_DESCRIPTOR_H
#define KIN_POSIX_DESCRIPTOR_H

#include <stdbool.h>

/* The lowest number for a descriptor of ours: the three below are the host's, even while they are closed. */
#define KIN_POSIX_FIRST_DESCRIPTOR 3

/* Takes what a system call returned: -1 stays; a low number is moved up. -1 with errno. */
int kin_posix_descriptor_own(int descriptor);

/* Closes and forgets; -1 is nothing. */
void kin_posix_descriptor_close(int *descriptor);

bool kin_posix_descriptor_is_open(int descriptor);

/* 0 or an errno value. */
int kin_posix_descriptor_open(const char *path, int flags, int *descriptor);
int kin_posix_descriptor_pipe(int *reader, int *writer);
int kin_posix_descriptor_set_nonblocking(int descriptor, bool nonblocking);

/* A write without reader raises no signal, where the system can be told so. */
void kin_posix_descriptor_raise_nothing(int descriptor);

#endif
