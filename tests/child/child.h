/* SPDX-License-Identifier: MIT */
/* What the child program needs of its system: host_posix.c, host_win32.c. */
#ifndef KIN_TESTS_CHILD_H
#define KIN_TESTS_CHILD_H

#include <stdbool.h>
#include <stddef.h>

/* Before all else: binary stdio, arguments as UTF-8. */
void host_start(int *argc, char ***argv);

bool host_write(int descriptor, const char *data, size_t size);
long host_read(int descriptor, char *data, size_t size);
void host_close(int descriptor);
bool host_is_open(int descriptor);
/* "closed", "file", "pipe", "socket", "device" */
const char *host_kind(int descriptor);

const char *host_variable(const char *name);
int host_print_environment(void (*print)(const char *entry));
bool host_directory(char *path, size_t size);
unsigned long host_process_id(void);
/* "umask", "uid", "gid", "groups", "mask", "ignored", "pgrp-leader", "session-leader", "console": one line each */
void host_print_fact(const char *name);

void host_exit(unsigned code);
void host_crash(void);
void host_hang(void);
void host_raise(int signal);
void host_ignore(int signal);
bool host_start_again(int count, char **arguments);

#endif
