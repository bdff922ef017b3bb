/* SPDX-License-Identifier: MIT */
/* Which files may be the program: all of them, in order, made before the child exists. */
#ifndef KIN_POSIX_SEARCH_H
#define KIN_POSIX_SEARCH_H

#include <stddef.h>

struct kin_posix_candidates {
    const char **paths;
    size_t count;
    const char *single; /* room for the usual case of one path, that needs no memory */
    void *storage;
};

/* Fills `candidates`; `file` must outlive them. 0 or an errno value; without any candidate ENOENT. */
int kin_posix_candidates_find(struct kin_posix_candidates *candidates, const char *file, const char *const *environment);
void kin_posix_candidates_free(struct kin_posix_candidates *candidates);

/* Whether an execve() that failed like this leaves hope for the next candidate. */
int kin_posix_search_goes_on(int os_error);

#endif
