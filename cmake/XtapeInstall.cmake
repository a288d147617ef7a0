# cmake --install: library, headers and a package config for find_package(xtape).
include(CMakePackageConfigHelpers)

set(xtape_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/xtape")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/xtapeConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/xtapeConfig.cmake" INSTALL_DESTINATION "${xtape_config_dir}"
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 every minor version may change the API.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/xtapeConfigVersion.cmake" COMPATIBILITY SameMinorVersion)

list(TRANSFORM xtape_components PREPEND xtape_ OUTPUT_VARIABLE xtape_libraries)
list(PREPEND xtape_libraries xtape)
foreach(library ${xtape_libraries})
  install(TARGETS ${library} EXPORT ${library}Targets COMPONENT library)
  install(EXPORT ${library}Targets NAMESPACE xtape:: DESTINATION "${xtape_config_dir}" COMPONENT library)
endforeach()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT development FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_BINARY_DIR}/xtapeConfig.cmake" "${PROJECT_BINARY_DIR}/xtapeConfigVersion.cmake"
  DESTINATION "${xtape_config_dir}" COMPONENT development)

# The twins are for the tests alone; tests/consumer/check.cmake gives their export files the libraries' names.
foreach(library ${xtape_libraries})
  if(TARGET ${library}_twin)
    install(TARGETS ${library}_twin EXPORT ${library}TwinTargets COMPONENT twin EXCLUDE_FROM_ALL)
    install(EXPORT ${library}TwinTargets NAMESPACE xtape:: DESTINATION "${xtape_config_dir}" COMPONENT twin
      EXCLUDE_FROM_ALL)
  endif()
endforeach()
