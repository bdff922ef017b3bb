/* SPDX-License-Identifier: MIT */
/* What the child program needs from its system, the same on all of them. Slots are descriptors, of the C runtime on Windows. */
#ifndef KIN_TESTS_CHILD_HOST_H
#define KIN_TESTS_CHILD_HOST_H

#include <stddef.h>
#include <stdint.h>

/* Binary streams; and an end after some minutes for a child that a broken test has forgotten. */
void host_prepare(void);

/* The arguments as UTF-8: those that the C runtime made, and those that the system's own parser makes of the command line. */
char **host_arguments(int argc, char **argv);
char **host_system_arguments(void);

/* Bytes, 0 at the end, -1. */
long host_read(int slot, void *data, size_t size);
long host_write(int slot, const void *data, size_t size);
int host_close(int slot);

void host_exit(uint32_t code);
void host_crash(void);
void host_raise(int signal);
void host_ignore_signal(int signal);
/* Ends with this code when it comes; nothing on Windows, where no signals come. */
void host_exit_on_signal(int signal, uint32_t code);
void host_stop_self(void);
/* POSIX: joins the process group of its parent. Nothing elsewhere. */
void host_join_parents_group(void);
void host_block_for_ever(void);
long host_process_id(void);

/* Texts that live until the end of the program; NULL for a variable that is not set. */
const char *host_variable(const char *name);
const char *host_directory(void);
/* Each variable with a zero byte behind it, the list with one more. */
const char *host_environment(void);

/* "pipe", "file", "null", "socket", "terminal", "other", "closed". */
const char *host_slot_kind(int slot);
int host_slot_limit(void);
/* "blocking" or "nonblocking". */
const char *host_slot_mode(int slot);

/* "default", or what is not: a signal that is ignored or blocked. */
const char *host_signal_state(void);
const char *host_umask(void);
const char *host_identity(void);

/* Starts this program with other arguments, and with all slots of its own. The id or -1; with `wait` the exit code. */
long host_start_self(char **arguments, int wait);

#endif
