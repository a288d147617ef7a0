#!/bin/bash
# Builds xtape and runs the whole test suite: tests/run.sh [--preset NAME] [ctest options, such as -R LogSoftmax]
# NAME is gcc (the default), clang, debug, asan, tsan or plain. On Debian it first installs what is missing.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
preset=gcc
options=()
while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=${2:?--preset needs a name}; shift 2 ;;
    --preset=*) preset=${1#*=}; shift ;;
    -h | --help) sed -n '2,3s/^# //p' "$0"; exit ;;
    *) options+=("$1"); shift ;;
  esac
done

groups=(build examples tests data)
case $preset in clang | asan) groups+=(clang) ;; esac
cmake/install-deps.sh "${groups[@]}"
source cmake/build.sh
build "$preset"
ctest --preset "$preset" -j "$(nproc)" "${options[@]}"
