# A component is a library beside xtape, of the sources in src/<component>, which use xtape's public headers only.

# xtape_component_library(target component library): the properties of the component, or of its twin, that stands on
# this library, xtape or its twin.
function(xtape_component_library target component library)
  target_link_libraries(${target} PUBLIC ${library})
  xtape_link(${target} ${xtape_${component}_dependencies})
  xtape_library_properties(${target} xtape_${component})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${component})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
endfunction()

# xtape_component(component dependencies...): xtape_<component>, alias xtape::<component>. It joins xtape_components, and
# its dependencies and sources are kept for its twin.
macro(xtape_component component)
  set(xtape_${component}_dependencies ${ARGN})
  file(GLOB xtape_${component}_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${component}/*.cpp")
  add_library(xtape_${component} ${xtape_${component}_sources})
  add_library(xtape::${component} ALIAS xtape_${component})
  xtape_component_library(xtape_${component} ${component} xtape)
  xtape_unity_by_folder(xtape_${component})
  xtape_optimise(xtape_${component})
  xtape_warnings(xtape_${component})
  list(APPEND xtape_components ${component})
endmacro()
