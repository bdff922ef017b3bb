# SPDX-License-Identifier: MIT
# Warnings and sanitizers, for the project's own targets alone.

function(kin_own_target target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /utf-8 $<$<BOOL:${KIN_WERROR}>:/WX>)
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
      $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes> $<$<BOOL:${KIN_WERROR}>:-Werror>)
  endif()
  if(KIN_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${KIN_SANITIZE} -fno-omit-frame-pointer
      -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC $<BUILD_INTERFACE:-fsanitize=${KIN_SANITIZE}>)
  endif()
endfunction()
