# For scripts to source, in the repository's root: build PRESET [TARGET...] configures and builds in build/PRESET.
# It is silent when there is nothing to do; else it shows Ninja's progress on stderr.
build() {
  local preset=$1 dir=build/$1 log
  shift
  # Ninja configures again by itself when CMake's files have changed, except for the presets.
  if [ ! -e "$dir/build.ninja" ] || [ CMakePresets.json -nt "$dir/CMakeCache.txt" ]; then
    log=$(cmake --preset "$preset" 2>&1) || { echo "$log" >&2; return 1; }
  fi
  ninja -C "$dir" "$@" | sed -u '/Re-checking globbed directories/d; /no work to do/d; /Entering directory/d' >&2
}
