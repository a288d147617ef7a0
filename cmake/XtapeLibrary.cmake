# The properties of the library xtape, for xtape itself and for the twin of the other kind (shared or static), which the
# tests link from the same objects.
#
# Users get nothing but cxx_std_20 and the include directory. xtensor, xsimd and nlohmann-json are header-only and used
# inside the library; a static library passes on what must be linked after it, a shared one passes on nothing.
function(xtape_library target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:xtensor> $<BUILD_INTERFACE:xsimd>
    $<BUILD_INTERFACE:nlohmann_json::nlohmann_json>)
  xtape_link(${target} fmt::fmt ZLIB::ZLIB Threads::Threads)
  xtape_library_properties(${target} xtape)
endfunction()

# xtape_link(target dependencies...): what a shared library links itself, and a static one passes on to its user.
function(xtape_link target)
  get_target_property(type ${target} TYPE)
  foreach(dependency ${ARGN})
    if(type STREQUAL "SHARED_LIBRARY")
      target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${dependency}>)
    else()
      target_link_libraries(${target} PRIVATE ${dependency})
    endif()
  endforeach()
endfunction()

# What the library `name` and its twin have in common with every other library of xtape's.
function(xtape_library_properties target name)
  get_target_property(type ${target} TYPE)
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${name}
    EXPORT_NAME ${name}
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON
    VERSION ${PROJECT_VERSION}
    # Before 1.0 every minor version may change the ABI.
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  if(type STREQUAL "SHARED_LIBRARY" AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
    # The library calls its own functions directly: smaller, and none of them is meant to be replaced.
    target_link_options(${target} PRIVATE
      "LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map" "LINKER:-Bsymbolic-functions")
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/exports.map")
  endif()
endfunction()

# Optimises a target of xtape's in a project that names no build type and no level of its own.
function(xtape_optimise target)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES AND NOT CMAKE_CXX_FLAGS MATCHES "(^| )-O")
    target_compile_options(${target} PRIVATE -O2)
  endif()
endfunction()
