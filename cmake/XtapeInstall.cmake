# cmake --install: library, headers and a package config for find_package(xtape).
include(CMakePackageConfigHelpers)

set(xtape_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/xtape")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/xtapeConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/xtapeConfig.cmake" INSTALL_DESTINATION "${xtape_config_dir}"
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 every minor version may change the API.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/xtapeConfigVersion.cmake" COMPATIBILITY SameMinorVersion)

install(TARGETS xtape EXPORT xtapeTargets COMPONENT library)
install(EXPORT xtapeTargets NAMESPACE xtape:: DESTINATION "${xtape_config_dir}" COMPONENT library)
if(TARGET xtape_images)
  install(TARGETS xtape_images EXPORT xtapeImagesTargets COMPONENT library)
  install(EXPORT xtapeImagesTargets NAMESPACE xtape:: DESTINATION "${xtape_config_dir}" COMPONENT library)
endif()
if(TARGET xtape_mpi)
  install(TARGETS xtape_mpi EXPORT xtapeMpiTargets COMPONENT library)
  install(EXPORT xtapeMpiTargets NAMESPACE xtape:: DESTINATION "${xtape_config_dir}" COMPONENT library)
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT development FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_BINARY_DIR}/xtapeConfig.cmake" "${PROJECT_BINARY_DIR}/xtapeConfigVersion.cmake"
  DESTINATION "${xtape_config_dir}" COMPONENT development)

# The twins are for the tests alone; tests/consumer/check.cmake gives their export files the libraries' names.
if(TARGET xtape_twin)
  install(TARGETS xtape_twin EXPORT xtapeTwinTargets COMPONENT twin EXCLUDE_FROM_ALL)
  install(EXPORT xtapeTwinTargets NAMESPACE xtape:: DESTINATION "${xtape_config_dir}" COMPONENT twin EXCLUDE_FROM_ALL)
endif()
if(TARGET xtape_images_twin)
  install(TARGETS xtape_images_twin EXPORT xtapeImagesTwinTargets COMPONENT twin EXCLUDE_FROM_ALL)
  install(EXPORT xtapeImagesTwinTargets NAMESPACE xtape:: DESTINATION "${xtape_config_dir}" COMPONENT twin
    EXCLUDE_FROM_ALL)
endif()
if(TARGET xtape_mpi_twin)
  install(TARGETS xtape_mpi_twin EXPORT xtapeMpiTwinTargets COMPONENT twin EXCLUDE_FROM_ALL)
  install(EXPORT xtapeMpiTwinTargets NAMESPACE xtape:: DESTINATION "${xtape_config_dir}" COMPONENT twin
    EXCLUDE_FROM_ALL)
endif()
