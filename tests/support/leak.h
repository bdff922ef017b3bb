/* SPDX-License-Identifier: MIT */
/*
 * What a test leaves behind: descriptors or handles, children, threads, the signal mask, dispositions, directory, umask. The
 * state before each test is compared with that after it; a difference fails the test and is listed.
 */
#ifndef KIN_TESTS_SUPPORT_LEAK_H
#define KIN_TESTS_SUPPORT_LEAK_H

void leak_before(void);
void leak_after(void);

#endif
