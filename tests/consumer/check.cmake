# One run of the consumer; KIND is static, shared or subdirectory. Installs xtape (or its twin of the other kind) into a
# separate tree, then configures, builds and runs the consumer against it. With KIND=subdirectory the consumer is only
# configured, unless BUILD is on: the sources are the same, and compiling them again takes minutes.
cmake_minimum_required(VERSION 3.25)
set(dir "${XTAPE_BINARY_DIR}/consumer/${KIND}")
file(REMOVE_RECURSE "${dir}")

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(KIND STREQUAL "subdirectory")
  get_filename_component(source "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
  set(from -D "XTAPE_SOURCE=${source}" -D "BUILD_SHARED_LIBS=${SHARED}" -D CMAKE_DISABLE_FIND_PACKAGE_GTest=ON -D CMAKE_DISABLE_FIND_PACKAGE_CLI11=ON)
else()
  set(component library)
  set(from -D "CMAKE_PREFIX_PATH=${dir}/installed" -D XTAPE_EXPECTED_TYPE=STATIC_LIBRARY)
  if(KIND STREQUAL "shared")
    set(from -D "CMAKE_PREFIX_PATH=${dir}/installed" -D XTAPE_EXPECTED_TYPE=SHARED_LIBRARY)
    foreach(package ZLIB xtensor xtl xsimd Threads PNG JPEG)
      list(APPEND from -D CMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
    endforeach()
  endif()
  if((KIND STREQUAL "shared" AND NOT SHARED) OR (KIND STREQUAL "static" AND SHARED))
    set(component twin)
  endif()
  foreach(part ${component} development)
    run("${CMAKE_COMMAND}" --install "${XTAPE_BINARY_DIR}" --prefix "${dir}/installed" --component ${part})
  endforeach()
  file(GLOB_RECURSE twins "${dir}/installed/*TwinTargets.cmake")
  foreach(twin IN LISTS twins)
    string(REPLACE "TwinTargets" "Targets" name "${twin}")
    file(RENAME "${twin}" "${name}")
  endforeach()
  list(APPEND from -D "XTAPE_IMAGES=${IMAGES}" -D "XTAPE_MPI=${MPI}" -D "MPI_CXX_COMPILER=${MPI_CXX_COMPILER}"
    -D "MPIEXEC_EXECUTABLE=${MPIEXEC}")
  # The installed tree must still work after it is moved.
  file(RENAME "${dir}/installed" "${dir}/moved")
  list(TRANSFORM from REPLACE "/installed$" "/moved")
endif()

function(configure build type)
  run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${dir}/${build}" -G "${GENERATOR}"
    -D "CMAKE_BUILD_TYPE=${type}" -D "CMAKE_CXX_COMPILER=${CXX}" -D "CMAKE_CXX_FLAGS=${CXX_FLAGS}"
    --no-warn-unused-cli ${from})
endfunction()
configure(build "${BUILD_TYPE}")
if(KIND STREQUAL "subdirectory")
  configure(untyped "")  # what CMakeLists.txt beside this file checks then
  if(NOT BUILD)
    return()
  endif()
endif()
run("${CMAKE_COMMAND}" --build "${dir}/build" --parallel 2)
run("${CMAKE_CTEST_COMMAND}" --test-dir "${dir}/build" --output-on-failure --no-tests=error)

# A package that was built with another MPI library than the one that is found refuses it.
if(MPI AND KIND STREQUAL "static")
  file(GLOB_RECURSE config "${dir}/moved/*xtapeConfig.cmake")
  file(READ "${config}" text)
  string(REGEX REPLACE "xtape_built_with \"[^\"]*\"" "xtape_built_with \"Sample MPI 9.5\"" text "${text}")
  file(WRITE "${config}" "${text}")
  execute_process(COMMAND "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${dir}/build"
    RESULT_VARIABLE result ERROR_VARIABLE said OUTPUT_QUIET)
  if(result EQUAL 0 OR NOT said MATCHES "built with Sample MPI[ \n]+9.5,[ \n]+but[ \n]+(Open[ \n]+MPI|MPICH)")
    message(FATAL_ERROR "a package built with another MPI library is not refused:\n${said}")
  endif()
endif()
