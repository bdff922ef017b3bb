/* SPDX-License-Identifier: MIT */
#ifndef KIN_POSIX_FILE_H
#define KIN_POSIX_FILE_H

#include "../platform.h"

/* What open(2) is to be told. */
int kin_posix_file_flags(kin_file_mode mode);

#endif
