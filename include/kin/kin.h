/* SPDX-License-Identifier: MIT */
/**
 * @file kin.h
 * @brief All of kin: child processes with one API on POSIX and Windows.
 */
#ifndef KIN_KIN_H
#define KIN_KIN_H

#include <kin/blocking.h>
#include <kin/cancel.h>
#include <kin/channel.h>
#include <kin/error.h>
#include <kin/exec.h>
#include <kin/fork.h>
#include <kin/loop.h>
#include <kin/process.h>
#include <kin/stream.h>
#include <kin/version.h>

#endif
