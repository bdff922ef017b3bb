# SPDX-License-Identifier: MIT
# Static programs with musl by Debian's musl-gcc, a C compiler only.
set(CMAKE_C_COMPILER musl-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")
