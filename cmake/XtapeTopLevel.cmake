# What only a build of xtape itself wants; nothing here happens to a project that adds xtape as a subdirectory.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

# ccache where there is one and the user has not said otherwise.
if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER AND NOT DEFINED ENV{CMAKE_CXX_COMPILER_LAUNCHER})
  find_program(XTAPE_CCACHE ccache)
  mark_as_advanced(XTAPE_CCACHE)
  if(XTAPE_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${XTAPE_CCACHE}")
  endif()
endif()
