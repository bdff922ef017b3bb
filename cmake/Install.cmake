# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: the library, its headers, and what CMake and pkg-config need to find them.
include(CMakePackageConfigHelpers)

install(TARGETS kin EXPORT kinTargets FILE_SET HEADERS)
install(EXPORT kinTargets NAMESPACE kin:: DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/kin")
configure_package_config_file(cmake/kinConfig.cmake.in "${PROJECT_BINARY_DIR}/kinConfig.cmake"
  INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/kin")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/kinConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/kinConfig.cmake" "${PROJECT_BINARY_DIR}/kinConfigVersion.cmake"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/kin")

# The prefix is told relative to the .pc file, so that the tree can be moved.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(kin_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH kin_pc_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" kin_pc_up "${kin_pc_up}")
  set(kin_pc_prefix "\${pcfiledir}/${kin_pc_up}")
endif()
if(WIN32)
  list(TRANSFORM kin_system_libraries PREPEND "-l" OUTPUT_VARIABLE kin_pc_private)
  list(JOIN kin_pc_private " " kin_pc_private)
else()
  set(kin_pc_private "-pthread")
endif()
configure_file(cmake/kin.pc.in "${PROJECT_BINARY_DIR}/kin.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/kin.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
