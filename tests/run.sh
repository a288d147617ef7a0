#!/bin/bash
# Builds xtape and runs the whole test suite: tests/run.sh [--preset NAME] [--quick] [ctest options, such as -R Softmax]
# NAME is gcc (the default), clang, debug, asan, tsan or plain. With --quick, all of xtape_tests, which are most tests,
# run in one process for each core instead of one for each test, and ctest's options pick among the others. On Debian
# it first installs what is missing.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
preset=gcc
quick=
options=()
while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=${2:?--preset needs a name}; shift 2 ;;
    --preset=*) preset=${1#*=}; shift ;;
    --quick) quick=1; shift ;;
    -h | --help) sed -n '2,5s/^# //p' "$0"; exit ;;
    *) options+=("$1"); shift ;;
  esac
done

groups=(build images mpi examples tests data)
case $preset in clang | asan) groups+=(clang) ;; esac
cmake/install-deps.sh "${groups[@]}"
source cmake/build.sh
build "$preset"
if [ -z "$quick" ]; then exec ctest --preset "$preset" -j "$(nproc)" "${options[@]}"; fi

cores=$(nproc) shards=() failed=0
for ((i = 0; i < cores; ++i)); do
  GTEST_TOTAL_SHARDS=$cores GTEST_SHARD_INDEX=$i "build/$preset/tests/xtape_tests" --gtest_brief=1 &
  shards+=($!)
done
for shard in "${shards[@]}"; do wait "$shard" || failed=1; done
ctest --preset "$preset" -j "$(nproc)" -LE '^xtape_tests$' "${options[@]}" || failed=1
exit "$failed"
