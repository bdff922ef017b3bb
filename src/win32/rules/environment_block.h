/* SPDX-License-Identifier: MIT */
/*
 * The environment as CreateProcess wants it with CREATE_UNICODE_ENVIRONMENT: UTF-16 strings "NAME=value", each
 * ended by a zero, no name twice, sorted without regard to case, one more zero at the end. An empty block is two
 * zeros.
 */
#ifndef KIN_WIN32_RULES_ENVIRONMENT_BLOCK_H
#define KIN_WIN32_RULES_ENVIRONMENT_BLOCK_H

#include <stddef.h>
#include <stdint.h>

/*
 * Orders two names: negative, 0, positive. On Windows this is CompareStringOrdinal(left, …, right, …, TRUE) -
 * CSTR_EQUAL; no table of letters of our own could follow that of the system. There is no zero behind a name.
 */
typedef int kin_win32_compare_names(const uint16_t *left, size_t left_count, const uint16_t *right, size_t right_count);

/*
 * `environment` is a NULL-terminated list of UTF-8 "NAME=value"; of entries with the same name the last wins. A
 * name may begin with `=`: so Windows keeps the current directory of each drive ("=C:=C:\dir").
 *
 * From `parent`, a list of the same form, SYSTEMROOT and SYSTEMDRIVE are added where `environment` lacks them:
 * without the first, sockets, random numbers and side-by-side assemblies fail in the child. NULL adds nothing.
 * Other entries of `parent` are not even looked at.
 *
 * *block is for free(); *count (which may be NULL) says its units with all zeros. 0; KIN_EINVAL: an entry without
 * `=` or without a name; KIN_EILSEQ; KIN_ENOMEM.
 */
int kin_win32_environment_block(const char *const *environment, const char *const *parent, kin_win32_compare_names *compare,
                                uint16_t **block, size_t *count);

#endif
