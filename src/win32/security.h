/* SPDX-License-Identifier: MIT */
/*
 * Protection of what has a name and could be opened by others: our pipes.
 */
#ifndef KIN_WIN32_SECURITY_H
#define KIN_WIN32_SECURITY_H

#include "system.h"

/*
 * Security attributes that let in this user and nobody else. The default of a pipe lets everyone read (CreateNamedPipe).
 * The members point into each other: it stays where it was made.
 */
struct kin_win32_owner_only {
    SECURITY_ATTRIBUTES attributes; /* not inheritable */
    SECURITY_DESCRIPTOR descriptor;
    union {
        ACL acl;
        unsigned char space[sizeof(ACL) + sizeof(ACCESS_ALLOWED_ACE) + SECURITY_MAX_SID_SIZE];
    } list;
};

/* 0 or a negative kin_code. Nothing to free. */
int kin_win32_owner_only_make(struct kin_win32_owner_only *owner_only);

#endif
