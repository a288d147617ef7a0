#!/bin/bash
# build.sh debian|pip: puts libtorch into build/peer/KIND and builds the programs of the benchmark with it.
# debian: libtorch-dev and those of its dependencies that are missing, downloaded and unpacked, not installed (130 MB).
# pip: a virtual environment with the version of torch below (3 to 4 GB), or the environment XTAPE_TORCH_VENV.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
kind=${1:?debian or pip}
torch=2.15.0
place=$PWD/build/peer/$kind
mkdir -p "$place"

case $kind in
  debian)
    root=$place/root
    source tests/bench/peer/unpack.sh
    unpack libtorch-dev "$place"
    include=$root/usr/include
    libraries=("$root/usr/lib/x86_64-linux-gnu" "$root/usr/lib" "$root/lib/x86_64-linux-gnu")
    standard=c++17  # 1.13's headers are older than C++20
    ;;
  pip)
    venv=${XTAPE_TORCH_VENV:-$place/venv}
    if [ ! -e "$venv/bin/python" ]; then
      python3 -m venv "$venv"
      "$venv/bin/pip" install --quiet "torch==$torch"
    fi
    package=$("$venv/bin/python" -c 'import importlib.util as u; print(u.find_spec("torch").origin)')
    package=${package%/*}
    sed -n 's/^__version__ = .\([0-9.]*\).*/\1/p' "$package/version.py" >"$place/version"
    include=$package/include
    libraries=("$package/lib")
    standard=c++20
    ;;
  *) echo "build.sh: no peer '$kind' (debian, pip)" >&2; exit 2 ;;
esac

compile=(g++ "-std=$standard" -O2 -Wno-deprecated -isystem "$include" -isystem "$include/torch/csrc/api/include")
object() {  # SOURCE: compiles it if it is newer than its object
  local from=tests/bench/$1.cpp to=$place/$(basename "$1").o
  if [ "$from" -nt "$to" ] || [ tests/bench/work.hpp -nt "$to" ]; then "${compile[@]}" -c "$from" -o "$to"; fi
}
# RPATH instead of RUNPATH: the libraries' own dependencies are found by it too.
link=(-Wl,--disable-new-dtags -Wl,--unresolved-symbols=ignore-in-shared-libs)
for folder in "${libraries[@]}"; do link+=("-L$folder" "-Wl,-rpath,$folder"); done
link+=(-ltorch -ltorch_cpu -lc10 -lbenchmark -lz -lpthread)
object peer/torch_side
for program in rows once counted; do
  object $program
  g++ "$place/$program.o" "$place/torch_side.o" -o "$place/torch_$program" "${link[@]}"
done
