#!/bin/bash
# Runs the tests as other CPUs would, as far as this CPU allows: tests/cpus.sh [--full] [--preset NAME]
# First on a CPU without AVX and on one without AVX-512, emulated by QEMU, which stops at an instruction that they lack.
# Then on this CPU with every instruction set except its best (XTAPE_ISA), which tests/run.sh uses. Without --full, QEMU
# skips the longest tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=gcc
full=
while [ $# -gt 0 ]; do
  case $1 in
    --full) full=1; shift ;;
    --preset) preset=${2:?--preset needs a name}; shift 2 ;;
    *) sed -n '2,5s/^# //p' "$0"; [ "$1" = --help ] || [ "$1" = -h ]; exit ;;
  esac
done
unset XTAPE_ISA

cmake/install-deps.sh build tests cpus data
source cmake/build.sh
build "$preset" xtape_tests
tests=$PWD/build/$preset/tests/xtape_tests
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# Under QEMU these take longer than all others together: many trainings, many products, a million nodes.
long='Threads.*:FashionTraining.*:GemmKernels.*:Gemm.HasTheSameBits*:Tape.AMillion*'
long+=':Gemm.AgreesWithItsDefinitionInBlocks:Gemm.AgreesWithItsDefinitionForThinMatrices'
long+=':ConvolutionKernels.*:Convolution.AgreesWithTheDefinition*'
long+=':Resume.*:TrainerCheckpoint.*:FitLoader.*:Verdict.IsRight*:Workers.*'
# Nor does it matter to a file or a page by which instructions it is made.
long+=':Continuation.*:Checkpoint.*:MalformedCheckpoint.*:Safetensors*:Zip.*:Pickle.*:Npz.*:AtomicFile.*:Report*:LiveLine.*'
# QEMU 7.2 does not support forks of a process with threads. Its AVX2 reads the whole vector for a masked load, so that
# a load up to the end of a page faults, which it does not on a CPU.
beyond_qemu='ForkedPool.*:GemmKernels.AgreeWithTheDefinitionForEveryShape*:GemmKernels.GiveTheSameBits*'
left_out=$beyond_qemu
[ "$full" ] || left_out+=:$long

# start NAME COMMAND...: runs it in the background, as soon as a core is free. Its output is shown if it fails.
started=()
start() {
  local name=$1
  shift
  while [ "$(jobs -pr | wc -l)" -ge "$(nproc)" ]; do sleep 0.1; done
  started+=("$name")
  {
    local since=$SECONDS
    if "$@"; then echo $((SECONDS - since)) >"$logs/$name.passed"; fi
  } >"$logs/$name" 2>&1 &
}
has() { grep -qw -m1 "$1" /proc/cpuinfo; }

# lacks CPU ISA: checks that the emulated CPU cannot use the instruction set, by the exit code of
# tests/support/main.cpp.
lacks() {
  local code=0
  XTAPE_ISA=$2 qemu-x86_64 -cpu "$1" "$tests" || code=$?
  [ "$code" = 77 ]
}

# emulated CPU ISA: checks that ISA is the best that the CPU has, and runs the tests, in two parts so that two cores
# have work.
emulated() {
  local cpu=$1 isa=$2 part
  start "$cpu has $isa" env XTAPE_ISA="$isa" qemu-x86_64 -cpu "$cpu" "$tests" --gtest_filter='Isa.*'
  for part in 1 2; do
    start "$cpu, part $part" env GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=$((part - 1)) \
      qemu-x86_64 -cpu "$cpu" "$tests" --gtest_filter="-$left_out"
  done
}

if [ "$(uname -m)" = x86_64 ]; then
  emulated Nehalem baseline
  emulated Haswell avx2
  start "Nehalem lacks AVX2" lacks Nehalem avx2
  start "Haswell lacks AVX-512" lacks Haswell avx512
  # The tests of GemmKernels run on every instruction set, whatever XTAPE_ISA says.
  if has avx2; then
    start "baseline kernels" env XTAPE_ISA=baseline "$tests" --gtest_filter='-GemmKernels.*'
    if has avx512bw; then start "avx2 kernels" env XTAPE_ISA=avx2 "$tests" --gtest_filter='-GemmKernels.*'; fi
  fi
fi
wait

# The output of the tests that failed, and of the one in which the program stopped.
failed_tests() {
  awk '/^\[ RUN/ { kept = "" }
       { kept = kept $0 "\n" }
       /^\[       OK/ { kept = "" }
       /^\[  FAILED/ { printf "%s", kept; kept = "" }
       END { printf "%s", kept }' "$1"
}

failures=0
for name in "${started[@]}"; do
  if [ -e "$logs/$name.passed" ]; then
    printf '%-28s %s s  %s\n' "$name" "$(cat "$logs/$name.passed")" \
      "$(grep -h '^\[  PASSED  \]' "$logs/$name" || echo passed)"
  else
    failures=$((failures + 1))
    printf '%-28s FAILED\n' "$name"
    failed_tests "$logs/$name"
  fi
done
[ $failures = 0 ]
