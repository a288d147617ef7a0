#!/bin/bash
# Measures training and evaluation with several numbers of threads: tests/bench/threads.sh [--rounds R] [N...]
# N: numbers of threads, beside 1; without any, powers of two up to the number of cores. Each round (of 5) takes about ten
# seconds for each number of threads; the machine should have nothing else to do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
case ${1-} in -h | --help) sed -n '2,4s/^# //p' "$0"; exit ;; esac
cmake/install-deps.sh build bench data
source cmake/build.sh
build bench xtape_rows
exec python3 tests/bench/threads.py "$@"
