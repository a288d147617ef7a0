#!/bin/bash
# build.sh: puts dlib and tiny-dnn (Debian's packages, unpacked) and scikit-learn, JAX and MLX (a virtual environment)
# into build/peer/others and builds the programs of dlib and tiny-dnn.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
place=$PWD/build/peer/others
source tests/bench/peer/unpack.sh
unpack libdlib-dev "$place"
# tiny-dnn's package does not depend on the packages whose headers it includes.
tiny=()
for package in tiny-dnn libcereal-dev libstb-dev libgemmlowp-dev; do
  unpack "$package" "$place/$package"
  tiny+=(-isystem "$place/$package/root/usr/include")
done
ln -sfn . "$place/libstb-dev/root/usr/include/third_party"  # tiny-dnn includes third_party/stb
[ -e "$place/venv/bin/python" ] || python3 -m venv "$place/venv"
# Every time: an old environment may lack a package that was added later.
"$place/venv/bin/python" -m pip install --quiet --disable-pip-version-check jax==0.4.38 jaxlib==0.4.38 scikit-learn \
  'mlx[cpu]==0.32.4'
libraries=$place/root/usr/lib/x86_64-linux-gnu
if [ tests/bench/others/dlib_step.cpp -nt "$place/dlib_step" ]; then
  g++ -std=c++17 -O3 -w -isystem "$place/root/usr/include" tests/bench/others/dlib_step.cpp -o "$place/dlib_step" \
    -L"$libraries" -Wl,--disable-new-dtags -Wl,-rpath,"$libraries" -Wl,--unresolved-symbols=ignore-in-shared-libs \
    -ldlib -lopenblas -lpthread
fi
# tiny-dnn is header-only: its speed depends on the user's compiler options.
if [ tests/bench/others/tiny_dnn_step.cpp -nt "$place/tiny_dnn_step" ]; then
  g++ -std=c++17 -O3 -march=native -w -DCNN_SINGLE_THREAD -DCNN_USE_AVX "${tiny[@]}" \
    tests/bench/others/tiny_dnn_step.cpp -o "$place/tiny_dnn_step" -lpthread
fi
