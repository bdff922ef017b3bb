# SPDX-License-Identifier: MIT
# Which files make the library. Systems differ by files, never by the preprocessor.

set(kin_public_headers
  include/kin/blocking.h
  include/kin/cancel.h
  include/kin/channel.h
  include/kin/error.h
  include/kin/exec.h
  include/kin/export.h
  include/kin/fork.h
  include/kin/kin.h
  include/kin/loop.h
  include/kin/process.h
  include/kin/stream.h
  include/kin/version.h)

set(kin_core_sources
  src/core/alarm.c
  src/core/blocking.c
  src/core/cancel.c
  src/core/capture.c
  src/core/channel.c
  src/core/channel_handle.c
  src/core/channel_receive.c
  src/core/channel_request.c
  src/core/channel_send.c
  src/core/channel_wait.c
  src/core/child.c
  src/core/ending.c
  src/core/environment.c
  src/core/envelope.c
  src/core/error.c
  src/core/exec.c
  src/core/file.c
  src/core/fork.c
  src/core/frame.c
  src/core/json.c
  src/core/loop.c
  src/core/options.c
  src/core/options_channel.c
  src/core/serial.c
  src/core/spawn.c
  src/core/status.c
  src/core/stream.c
  src/core/stream_pipe.c
  src/core/stream_read.c
  src/core/stream_write.c
  src/core/timer.c)

# Pure functions: part of the library on Windows, of the unit tests everywhere.
set(kin_win32_rules_sources
  src/win32/rules/asking.c
  src/win32/rules/batch.c
  src/win32/rules/command_line.c
  src/win32/rules/crt_descriptors.c
  src/win32/rules/environment_block.c
  src/win32/rules/full_path.c
  src/win32/rules/handle_list.c
  src/win32/rules/node_frame.c
  src/win32/rules/program_search.c
  src/win32/rules/text.c
  src/win32/rules/utf16.c)

set(kin_win32_sources
  src/win32/ask.c
  src/win32/channel.c
  src/win32/channel_handle.c
  src/win32/channel_open.c
  src/win32/clock.c
  src/win32/environment.c
  src/win32/error.c
  src/win32/file.c
  src/win32/job.c
  src/win32/keeper.c
  src/win32/loop.c
  src/win32/mutex.c
  src/win32/pipe.c
  src/win32/pipe_pair.c
  src/win32/process.c
  src/win32/search.c
  src/win32/security.c
  src/win32/self.c
  src/win32/shell.c
  src/win32/slots.c
  src/win32/spawn.c
  src/win32/startup.c
  src/win32/suspend.c
  src/win32/wide.c
  src/win32/winsock.c)

set(kin_posix_sources
  src/posix/channel.c
  src/posix/child.c
  src/posix/clock.c
  src/posix/descriptor.c
  src/posix/environment.c
  src/posix/error.c
  src/posix/file.c
  src/posix/launch.c
  src/posix/launch_bound.c
  src/posix/launch_fork.c
  src/posix/loop.c
  src/posix/mutex.c
  src/posix/pipe.c
  src/posix/policy.c
  src/posix/process.c
  src/posix/search.c
  src/posix/shell.c
  src/posix/signals.c
  src/posix/slots.c
  src/posix/spawn.c
  src/posix/waiter.c
  src/posix/watcher.c)
set(kin_linux_sources
  src/posix/bare_linux.c
  src/posix/fork_linux.c
  src/posix/group_linux.c
  src/posix/launch_clone.c
  src/posix/pidfd_linux.c
  src/posix/poll_epoll.c
  src/posix/self_linux.c
  src/posix/stat_linux.c
  src/posix/wait_linux.c)
set(kin_bsd_sources
  src/posix/bare_bsd.c
  src/posix/fork_bsd.c
  src/posix/group_bsd.c
  src/posix/launch_spawn.c
  src/posix/pidfd_none.c
  src/posix/poll_kqueue.c
  src/posix/self_bsd.c
  src/posix/wait_bsd.c)

set(kin_system_libraries)
if(WIN32)
  set(kin_system_libraries advapi32 bcrypt) # the owner of a pipe, its random name
  set(kin_backend_sources ${kin_win32_sources} ${kin_win32_rules_sources})
  set(kin_backend_definitions UNICODE _UNICODE WIN32_LEAN_AND_MEAN _WIN32_WINNT=0x0A00)
elseif(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(kin_backend_sources ${kin_posix_sources} ${kin_linux_sources})
  set(kin_backend_definitions _GNU_SOURCE)
else()
  set(kin_backend_sources ${kin_posix_sources} ${kin_bsd_sources})
  set(kin_backend_definitions)
endif()
