#!/bin/bash
# The tests as other CPUs run them, as far as this one can show it: tests/cpus.sh [--full] [--preset NAME]
# Every instruction set that this CPU has (XTAPE_ISA), then a CPU without AVX and one without AVX-512 (QEMU, which stops
# at an instruction that they lack). Without --full QEMU leaves out the longest tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=gcc
full=
while [ $# -gt 0 ]; do
  case $1 in
    --full) full=1; shift ;;
    --preset) preset=${2:?--preset needs a name}; shift 2 ;;
    *) sed -n '2,4s/^# //p' "$0"; [ "$1" = --help ] || [ "$1" = -h ]; exit ;;
  esac
done
unset XTAPE_ISA

cmake/install-deps.sh build tests cpus data
source cmake/build.sh
build "$preset" xtape_tests
tests=$PWD/build/$preset/tests/xtape_tests
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# What takes longer under QEMU than all else together: many training steps, large products, a million nodes.
long='Threads.*:FashionTraining.*:Gemm.IsItsDefinitionWhenIt*:Gemm.HasTheSameBits*:Tape.AMillion*'
except() { echo "--gtest_filter=-$1${full:-:$long}"; }

# start NAME COMMAND...: in the background, as soon as a core is free. What it prints is shown if it fails.
started=()
start() {
  local name=$1
  shift
  while [ "$(jobs -pr | wc -l)" -ge "$(nproc)" ]; do sleep 0.1; done
  started+=("$name")
  { "$@" && touch "$logs/$name.passed"; } >"$logs/$name" 2>&1 &
}
has() { grep -qw -m1 "$1" /proc/cpuinfo; }

# lacks CPU ISA: that the emulated CPU is refused the instruction set, by the exit code of tests/support/main.cpp.
lacks() {
  local code=0
  XTAPE_ISA=$2 qemu-x86_64 -cpu "$1" "$tests" || code=$?
  [ "$code" = 77 ]
}
# QEMU 7.2 does not follow forks of a process with threads, and its AVX2 reads the whole vector for a masked load, so
# that a load up to the end of a page faults where it does not on a CPU.
beyond_qemu='ForkedPool.*:GemmKernels.AreTheDefinitionForEveryShape*:GemmKernels.GiveTheSameBits*'

# The tests of the emulated CPU, in parts, so that all cores have work to the end.
emulated() {
  local cpu=$1 best=$2 part parts=4
  start "$cpu has $best" env XTAPE_ISA="$best" qemu-x86_64 -cpu "$cpu" "$tests" --gtest_filter='Isa.*'
  for ((part = 0; part < parts; ++part)); do
    start "$cpu, part $((part + 1)) of $parts" env GTEST_TOTAL_SHARDS=$parts GTEST_SHARD_INDEX=$part \
      qemu-x86_64 -cpu "$cpu" "$tests" "$(except "$beyond_qemu")"
  done
}

# The longest jobs first.
if [ "$(uname -m)" = x86_64 ]; then
  emulated Nehalem baseline
  emulated Haswell avx2
  start "Nehalem lacks AVX2" lacks Nehalem avx2
  start "Haswell lacks AVX-512" lacks Haswell avx512
fi
for isa in baseline avx2 avx512; do
  case $isa in avx2) has avx2 || continue ;; avx512) has avx512bw || continue ;; esac
  start "$isa kernels" env XTAPE_ISA=$isa "$tests" --gtest_brief=1
done
wait

failures=0
for name in "${started[@]}"; do
  if [ -e "$logs/$name.passed" ]; then
    printf '%-28s %s\n' "$name" "$(grep -h '^\[  PASSED  \]' "$logs/$name" || echo passed)"
  else
    failures=$((failures + 1))
    printf '%-28s FAILED\n' "$name"
    grep -v -e '^\[ RUN' -e '^\[       OK' -e '^\[---' -e "TCG doesn't support" "$logs/$name"
  fi
done
[ $failures = 0 ]
