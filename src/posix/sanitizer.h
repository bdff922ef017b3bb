/* SPDX-License-Identifier: MIT */
#ifndef KIN_POSIX_SANITIZER_H
#define KIN_POSIX_SANITIZER_H

/* Under ThreadSanitizer a child on shared memory writes into the tables of the parent, and is lost. */
#if defined(__SANITIZE_THREAD__)
#define KIN_POSIX_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KIN_POSIX_THREAD_SANITIZER 1
#endif
#endif

#if !defined(KIN_POSIX_THREAD_SANITIZER)
#define KIN_POSIX_THREAD_SANITIZER 0
#endif

#endif
