/* SPDX-License-Identifier: MIT */
/**
 * @file export.h
 * @brief How the public functions are declared. Static linking, the normal case, needs no macro.
 *
 * Programs that use kin as a shared library define `KIN_SHARED`; CMake and pkg-config do it for them.
 */
#ifndef KIN_EXPORT_H
#define KIN_EXPORT_H

#if !defined(KIN_SHARED)
#define KIN_API
#elif defined(_MSC_VER) || defined(__MINGW32__)
#if defined(KIN_BUILDING)
#define KIN_API __declspec(dllexport)
#else
#define KIN_API __declspec(dllimport)
#endif
#else
#define KIN_API __attribute__((visibility("default")))
#endif

#endif
