# xtape_unity_by_folder(target): a unity build compiles up to eight source files of one folder at a time, so that names in
# unnamed namespaces have to differ within a folder only, and a new file changes the batches of its own folder alone.
function(xtape_unity_by_folder target)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources EXCLUDE REGEX "^\\$<")  # objects of another target
  foreach(source ${sources})
    file(RELATIVE_PATH path "${PROJECT_SOURCE_DIR}" "${source}")
    cmake_path(GET path PARENT_PATH folder)
    string(MAKE_C_IDENTIFIER "${folder}" folder)
    if(NOT DEFINED files_${folder})
      set(files_${folder} 0)
    endif()
    math(EXPR batch "${files_${folder}} / 8")
    math(EXPR files_${folder} "${files_${folder}} + 1")
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${folder}_${batch}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()
