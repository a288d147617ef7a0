#!/bin/bash
# build.sh: dlib (Debian's package, unpacked), scikit-learn and JAX (a virtual environment) in build/peer/others.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
place=$PWD/build/peer/others
source tests/bench/peer/unpack.sh
unpack libdlib-dev "$place"
if [ ! -e "$place/venv/bin/python" ]; then
  python3 -m venv "$place/venv"
  "$place/venv/bin/pip" install --quiet jax==0.4.38 jaxlib==0.4.38 scikit-learn
fi
libraries=$place/root/usr/lib/x86_64-linux-gnu
if [ tests/bench/others/dlib_step.cpp -nt "$place/dlib_step" ]; then
  g++ -std=c++17 -O3 -w -isystem "$place/root/usr/include" tests/bench/others/dlib_step.cpp -o "$place/dlib_step" \
    -L"$libraries" -Wl,--disable-new-dtags -Wl,-rpath,"$libraries" -Wl,--unresolved-symbols=ignore-in-shared-libs \
    -ldlib -lopenblas -lpthread
fi
