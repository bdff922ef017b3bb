/* SPDX-License-Identifier: MIT */
/*
 * Memory that runs out when a test says so. The linker puts these functions in the place of malloc and its kin for all code
 * that is linked into the test program (--wrap of GNU ld), the C library's own calls excepted.
 */
#ifndef KIN_TESTS_FAULT_ALLOCATION_H
#define KIN_TESTS_FAULT_ALLOCATION_H

#include <stdbool.h>
#include <stddef.h>

/* From now on the `number`-th allocation fails, once; 0: none. */
void allocation_fail_at(size_t number);

/* The same, and every one after it. */
void allocation_fail_from(size_t number);

/* No failures from now on. Whether there was one since the call before. */
bool allocation_stop_failing(void);

/* Blocks that are in use. */
size_t allocation_blocks(void);

/* Set to a function that says whether the present allocation is to be left alone. */
void allocation_spare(bool (*is_spared)(void));

#endif
