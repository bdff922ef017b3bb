/* SPDX-License-Identifier: MIT */
/* What the tests need from the system besides kin: one face, so that the tests themselves are the same everywhere. */
#ifndef KIN_TESTS_SUPPORT_HOST_H
#define KIN_TESTS_SUPPORT_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kin/kin.h>

/* --------------------------------------------------------------------------------------------------- where we run --- */

bool host_is_windows(void);
bool host_is_wine(void);
/* Below valgrind or a sanitizer, or on Wine: counts and sizes are smaller, deadlines longer. */
bool host_is_slow(void);
/* It has limits of its own, makes a fork of every clone, and ends a child whose execve() the kernel refuses. */
bool host_is_below_valgrind(void);
/* Memory is not comparable: tools keep what was freed. */
bool host_memory_is_distorted(void);
bool host_is_superuser(void);

/* KIN_TEST_HOST names what this process does that a library has to live with (hostile_posix.c); "" for nothing. */
const char *host_hostility(void);
void host_become_hostile(void);
void host_become_friendly(void);

/* ----------------------------------------------------------------------------------------------------------- files --- */

/* Removes a file, or a directory with all that is in it. */
void host_remove(const char *path);
bool host_make_directory(const char *path);
bool host_write_file(const char *path, const void *data, size_t size);
/* The size, at most `room` bytes are read; -1 when there is no such file. */
int64_t host_read_file(const char *path, void *data, size_t room);
bool host_make_executable(const char *path);
bool host_copy_program(const char *from, const char *to);
void host_temporary_directory(char *path, size_t size);
/* A path that does not depend on any directory or drive. */
void host_make_absolute(char *path, size_t size);
/* The same file, whatever the path looks like. */
bool host_same_path(const char *left, const char *right);
/* ".exe" or nothing. */
const char *host_program_suffix(void);
char host_separator(void);
char host_list_separator(void);

/* --------------------------------------------------------------------------------------------------------- process --- */

void host_set_variable(const char *name, const char *value); /* NULL: unset */
void host_get_directory(char *path, size_t size);
void host_set_directory(const char *path);
uint64_t host_peak_memory(void);
unsigned host_umask(void);

/* What a process that exits with this code is seen to have exited with. */
uint32_t host_exit_code_seen(uint32_t code);
bool host_status_is_crash(const kin_status *status);

/* ------------------------------------------------------------------------------------------------------- native handles --- */

/* A pipe of the system: [0] is read, [1] is written; neither is inherited. */
bool host_pipe(kin_native_handle ends[2]);
void host_close(kin_native_handle handle);
bool host_write(kin_native_handle handle, const void *data, size_t size);
/* Bytes, 0 at the end, -1; blocks. */
int64_t host_read(kin_native_handle handle, void *data, size_t size);
kin_native_handle host_open_for_writing(const char *path);
/* Never valid. */
kin_native_handle host_bad_handle(void);
/* The handle of no loop. */
kin_native_handle host_no_handle(void);
/* True when the handle of a loop is ready within the time. */
bool host_wait(kin_native_handle handle, int64_t timeout_ms);
/* Closes a slot of this process (0 to 2) and puts it back. */
void host_close_slot(int slot);
void host_restore_slots(void);

/* ----------------------------------------------------------------------------------------------------------- threads --- */

struct host_thread;
struct host_thread *host_thread_start(void (*run)(void *argument), void *argument);
void host_thread_join(struct host_thread *thread);

#endif
