# The component xtape::mpi: ranks that are processes of MPI. It is a library beside xtape and uses xtape's public headers
# only. MPI_CXX_COMPILER chooses between several MPI libraries, as always with CMake.
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

# xtape_mpi_library(target library): the properties of xtape::mpi that stands on this library, xtape or its twin.
function(xtape_mpi_library target library)
  target_link_libraries(${target} PUBLIC ${library})
  xtape_link(${target} MPI::MPI_CXX)
  xtape_library_properties(${target} xtape_mpi)
  set_target_properties(${target} PROPERTIES EXPORT_NAME mpi)
endfunction()

file(GLOB xtape_mpi_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/mpi/*.cpp")
add_library(xtape_mpi ${xtape_mpi_sources})
add_library(xtape::mpi ALIAS xtape_mpi)
xtape_mpi_library(xtape_mpi xtape)
xtape_unity_by_folder(xtape_mpi)
xtape_optimise(xtape_mpi)
target_include_directories(xtape_mpi PRIVATE src)
xtape_warnings(xtape_mpi)
