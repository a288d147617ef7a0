# Settings for a build of xtape itself. A project that adds xtape as a subdirectory does not get them.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

# Use ccache if it is installed, unless the user has chosen a launcher.
if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER AND NOT DEFINED ENV{CMAKE_CXX_COMPILER_LAUNCHER})
  find_program(XTAPE_CCACHE ccache)
  mark_as_advanced(XTAPE_CCACHE)
  if(XTAPE_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${XTAPE_CCACHE}")
  endif()
endif()
