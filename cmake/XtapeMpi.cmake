# The component xtape::mpi: ranks that are processes of MPI. MPI_CXX_COMPILER chooses between several MPI libraries, as
# always with CMake.
if(NOT XTAPE_BUILD_MPI)
  return()
endif()
set(xtape_how REQUIRED)
if(XTAPE_BUILD_MPI STREQUAL "AUTO")
  set(xtape_how QUIET)
endif()
set(MPI_CXX_SKIP_MPICXX TRUE)  # MPI's C++ bindings, which MPI 3 has given up
set(MPI_DETERMINE_LIBRARY_VERSION TRUE)
find_package(MPI ${xtape_how} COMPONENTS CXX)
unset(xtape_how)
if(NOT MPI_CXX_FOUND)
  message(STATUS "No xtape::mpi: MPI is not installed (Debian: libopenmpi-dev, openmpi-bin)")
  return()
endif()

# For the package's config: "Open MPI 4.1", "MPICH 4.0"; empty for another library, or where it cannot be run.
set(xtape_mpi_built_with "")
if(MPI_CXX_LIBRARY_VERSION_STRING MATCHES "^(Open MPI|MPICH)[^0-9]*([0-9]+[.][0-9]+)")
  set(xtape_mpi_built_with "${CMAKE_MATCH_1} ${CMAKE_MATCH_2}")
endif()

xtape_component(mpi MPI::MPI_CXX)
