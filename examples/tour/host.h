/* SPDX-License-Identifier: MIT */
/* The few things that a program cannot ask C17 for. One file per system answers: host_posix.c, host_win32.c. */
#ifndef TOUR_HOST_H
#define TOUR_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a path. */
#define HOST_PATH_SIZE 4096

/* The host's own main calls it: arguments are UTF-8, and the standard streams carry bytes as they are. */
int tour_main(int argc, char **argv);

/* "Linux", "Windows". */
const char *host_name(void);

/* The absolute path of this program. */
bool host_program_path(const char *name, char *path, size_t size);

/* The most memory that this process had at once, in bytes; 0 when the system does not tell. */
uint64_t host_peak_memory(void);

/* Milliseconds of a clock that nobody sets. */
int64_t host_now_ms(void);

/* A new directory for temporary files. */
bool host_make_directory(char *path, size_t size);

bool host_remove_file(const char *path);
bool host_remove_directory(const char *path);

#endif
