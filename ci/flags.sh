# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For the checks that look at sources without a build: what CMake would define for a backend.

# definitions_of SYSTEM: the -D words of its backend, from the one place where they are written.
definitions_of() {
    awk -v wanted="$1" '
        /^(if|elseif|else)\(/ { here = index($0, wanted) > 0 }
        here && sub(/^ *set\(kin_backend_definitions */, "") && sub(/\).*/, "") {
            for (i = 1; i <= NF; i++) print "-D" $i
        }' cmake/Sources.cmake
}
