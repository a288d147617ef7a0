#!/bin/bash
# Fuzzes whatever reads a file: tests/fuzz/run.sh SECONDS [TARGET...]
# A TARGET is the name of a .cpp file beside this script; without one, all of them run, each for SECONDS, as many at a
# time as there are cores. A run begins with the committed inputs (0 seconds: runs these alone) and with what earlier
# runs found, which is kept in build/asan/fuzz/TARGET. Prints each target's executions. On a crash, a leak, an input
# that takes longer than a second or too much memory, prints the end of the log, keeps the input, and fails.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
here=tests/fuzz
seconds=${1:?usage: tests/fuzz/run.sh SECONDS [TARGET...]}
shift
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
  for source in "$here"/*.cpp; do
    [ "$source" = "$here/harness.cpp" ] || targets+=("$(basename "$source" .cpp)")
  done
fi

fuzz() {
  local target=$1 found=build/asan/fuzz/$1 log=build/asan/fuzz/$1.log extension=$1 longest=1024 options=() inputs=()
  if [ "$target" = torch ]; then extension=pt longest=4096; fi
  rm -rf "$found/seeds"
  mkdir -p "$found/seeds" "$found/corpus"
  find tests/io/files -name "*.$extension" -exec cp {} "$found/seeds" \;  # what other tests read
  for inputs_dir in "$here/corpus/$target" "$found/seeds"; do
    [ ! -d "$inputs_dir" ] || inputs+=("$inputs_dir")
  done
  [ ! -e "$here/dictionaries/$target.dict" ] || options+=("-dict=$here/dictionaries/$target.dict")
  if [ "$seconds" = 0 ]; then options+=(-runs=0); else options+=("-max_total_time=$seconds"); fi
  # The harness allows an input one second of the processor. On a busy machine more time may pass.
  options+=(-timeout=10 -rss_limit_mb=512 -malloc_limit_mb=16 "-max_len=$longest" -print_final_stats=1)
  # The allocator keeps no call stacks, for speed: an input that is run by hand shows more.
  if ! ASAN_OPTIONS=quarantine_size_mb=8:malloc_context_size=1 UBSAN_OPTIONS=print_stacktrace=1 \
    "build/asan/tests/fuzz/fuzz_$target" "${options[@]}" "-artifact_prefix=build/asan/fuzz/$target-" \
    "$found/corpus" "${inputs[@]}" > "$log" 2>&1; then
    tail -n 60 "$log"
    echo "$target FAILED; the whole log is $log"
    return 1
  fi
  awk -v target="$target" '/^stat::number_of_executed_units/ { n = $2 } /^stat::average_exec_per_sec/ { rate = $2 }
    /^stat::peak_rss_mb/ { rss = $2 }
    END { printf "%-24s %10d executions, %6d a second, %4d MB\n", target, n, rate, rss }' "$log"
}
export -f fuzz
export here seconds

source cmake/build.sh
build asan "${targets[@]/#/fuzz_}"
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'set -euo pipefail; fuzz {}'
