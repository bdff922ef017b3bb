/* SPDX-License-Identifier: MIT */
/* Between the checks, written once, and the runner: GoogleTest's (shim_gtest.cc) or the plain one (shim_plain.c). */
#ifndef KIN_TESTS_SHIM_INTERNAL_H
#define KIN_TESTS_SHIM_INTERNAL_H

#include "shim.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a runner supplies. */
void shim_runner_failed(const char *file, int line, const char *message);
void shim_runner_skipped(const char *file, int line, const char *message);

/* What the checks supply. */
struct shim_test *shim_first_test(void); /* in the order of files and lines */
void shim_run(const struct shim_test *test, const void *row);

/* The hook of shim_set_dispatch(), for main(). */
bool shim_dispatch(int *code);

#ifdef __cplusplus
}
#endif

#endif
