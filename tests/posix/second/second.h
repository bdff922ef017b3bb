/* SPDX-License-Identifier: MIT */
/* The library a second time in one process, as a plugin brings it: in a module, with all its symbols hidden. */
#ifndef KIN_TESTS_POSIX_SECOND_H
#define KIN_TESTS_POSIX_SECOND_H

#include <stdbool.h>

/* A child that repeats what it is sent, in a loop of that library. 0, or a negative kin_code. */
struct second {
    int (*start)(bool tree, bool die_with_parent);
    long (*id)(void);
    bool (*repeats)(void); /* it lives: it was sent a line, and repeated it */
    int (*kill)(int signal);
    int (*finish)(void); /* how often its exit was told, after all is closed; or -1 */
    int (*signal)(void); /* that ended it */
};

typedef const struct second *second_get(void);

#endif
