#!/bin/bash
# Measures xtape against libtorch, against the floor and against a C program, and prints one table:
#   tests/bench/compare.sh [--peer debian|pip|debian,pip|none] [--others] [--rounds N] [--filter REGEX] [--quick]
# debian (the default): Debian's libtorch 1.13.1. pip: PyTorch 2.15, or the virtual environment XTAPE_TORCH_VENV.
# Neither is installed; both stay in build/peer. --others adds a table of dlib, tiny-dnn, scikit-learn, JAX and MLX. It
# takes about ten minutes, two with --quick, on a machine that should have nothing else to do. It also writes
# build/bench/compare.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
peer=debian
options=()
while [ $# -gt 0 ]; do
  case $1 in
    --peer) peer=${2:?--peer needs a name}; shift 2 ;;
    --rounds | --filter) options+=("$1" "${2:?$1 needs a value}"); shift 2 ;;
    --quick | --others) options+=("$1"); shift ;;
    *) sed -n '2,7s/^# //p' "$0"; [ "$1" = --help ] || [ "$1" = -h ]; exit ;;
  esac
done

cmake/install-deps.sh build bench data
source cmake/build.sh
build bench xtape_rows floor_rows by_hand_rows xtape_once xtape_counted xtape_sized xtape-mnist
[ "$peer" != none ] || peer=
for kind in ${peer//,/ }; do tests/bench/peer/build.sh "$kind"; done
case " ${options[*]} " in *" --others "*) tests/bench/others/build.sh ;; esac
exec python3 tests/bench/compare.py --peers "$peer" "${options[@]}"
