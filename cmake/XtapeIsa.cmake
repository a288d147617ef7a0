# src/kernels/isa: the hot kernels, the same source compiled for several instruction sets. These files are optimised in
# every build, so that no inline function becomes a symbol, and never by the linker, which could move code from one
# instruction set to another. src/kernels/isa.cpp checks that the CPU has the features named here.
set(xtape_isa_folder "${PROJECT_SOURCE_DIR}/src/kernels/isa")
set(xtape_isa_common -O3 -fno-lto -fno-exceptions)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # copies of loops that make the library a twentieth larger and no step faster
  list(APPEND xtape_isa_common
    -fno-peel-loops -fno-split-loops -fno-unswitch-loops -fno-version-loops-for-strides)
endif()
set_source_files_properties("${xtape_isa_folder}/baseline.cpp" PROPERTIES COMPILE_OPTIONS "${xtape_isa_common}")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set_source_files_properties("${xtape_isa_folder}/avx2.cpp" PROPERTIES
    COMPILE_OPTIONS "${xtape_isa_common};-mavx2;-mfma")
  set_source_files_properties("${xtape_isa_folder}/avx512.cpp" PROPERTIES COMPILE_OPTIONS
    "${xtape_isa_common};-mavx2;-mfma;-mavx512f;-mavx512cd;-mavx512vl;-mavx512bw;-mavx512dq;-mprefer-vector-width=512")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC's own AVX-512 header looks uninitialised to GCC 12 (its bug 105593).
    set_property(SOURCE "${xtape_isa_folder}/avx512.cpp" APPEND PROPERTY
      COMPILE_OPTIONS -Wno-uninitialized -Wno-maybe-uninitialized)
  endif()
else()
  list(REMOVE_ITEM xtape_sources "${xtape_isa_folder}/avx2.cpp" "${xtape_isa_folder}/avx512.cpp")
endif()
