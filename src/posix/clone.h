/* SPDX-License-Identifier: MIT */
/* clone3(2), which no C library offers, and what headers of some years ago do not know yet. */
#ifndef KIN_POSIX_CLONE_H
#define KIN_POSIX_CLONE_H

#include <stdint.h>
#include <sys/syscall.h>

#if !defined(SYS_clone3)
#define SYS_clone3 435
#endif

#define KIN_POSIX_CLONE_VM UINT64_C(0x100)
#define KIN_POSIX_CLONE_FILES UINT64_C(0x400)
#define KIN_POSIX_CLONE_PIDFD UINT64_C(0x1000) /* Linux 5.2 */
#define KIN_POSIX_CLONE_VFORK UINT64_C(0x4000)

/* The first version of the structure, of 64 bytes, which every kernel with clone3() takes (edge case R05). */
struct kin_posix_clone_arguments {
    uint64_t flags;
    uint64_t pidfd;
    uint64_t child_tid;
    uint64_t parent_tid;
    uint64_t exit_signal; /* 0: a launch that fails is nothing to tell the host by SIGCHLD; exec makes it SIGCHLD */
    uint64_t stack;
    uint64_t stack_size;
    uint64_t tls;
};

#endif
