/* SPDX-License-Identifier: MIT */
/*
 * The tests' own program as a forked child: kin_fork(loop, "echo", …). What the entries do is in entries.c; each exits with a code
 * that says how it went.
 */
#ifndef KIN_TESTS_SUPPORT_ENTRIES_H
#define KIN_TESTS_SUPPORT_ENTRIES_H

enum {
    ENTRY_ENDED = 7,     /* the parent has disconnected, and all was well until then */
    ENTRY_FAILED = 8,    /* a call failed that should not */
    BURST_COUNT = 10240, /* of "burst": so many messages */
    BURST_SIZE = 1024    /* of so many bytes */
};

#endif
