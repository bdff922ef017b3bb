/* SPDX-License-Identifier: MIT */
/**
 * @file version.h
 * @brief The version of these headers. CMake reads it from here, so it stands in no other place.
 */
#ifndef KIN_VERSION_H
#define KIN_VERSION_H

#define KIN_VERSION_MAJOR 0
#define KIN_VERSION_MINOR 1
#define KIN_VERSION_PATCH 0
#define KIN_VERSION "0.1.0"

#endif
