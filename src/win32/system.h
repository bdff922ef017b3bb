/* SPDX-License-Identifier: MIT */
/*
 * The Windows headers, with what we need of them: an API level of Windows 10 (job lists at CreateProcess), nothing of the
 * 16-bit days, no macros named min and max. Every file of the backend includes this first.
 */
#ifndef KIN_WIN32_SYSTEM_H
#define KIN_WIN32_SYSTEM_H

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef UNICODE
#define UNICODE
#endif

#include <windows.h>

#endif
