#!/bin/bash
# build.sh: dlib and tiny-dnn (Debian's packages, unpacked), scikit-learn, JAX and MLX (a virtual environment) in
# build/peer/others.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
place=$PWD/build/peer/others
source tests/bench/peer/unpack.sh
unpack libdlib-dev "$place"
# The package of tiny-dnn does not depend on those whose headers it includes.
tiny=()
for package in tiny-dnn libcereal-dev libstb-dev libgemmlowp-dev; do
  unpack "$package" "$place/$package"
  tiny+=(-isystem "$place/$package/root/usr/include")
done
ln -sfn . "$place/libstb-dev/root/usr/include/third_party"  # tiny-dnn includes third_party/stb
[ -e "$place/venv/bin/python" ] || python3 -m venv "$place/venv"
# Each time: an environment that is there already may lack what was added since.
"$place/venv/bin/python" -m pip install --quiet --disable-pip-version-check jax==0.4.38 jaxlib==0.4.38 scikit-learn \
  'mlx[cpu]==0.32.4'
libraries=$place/root/usr/lib/x86_64-linux-gnu
if [ tests/bench/others/dlib_step.cpp -nt "$place/dlib_step" ]; then
  g++ -std=c++17 -O3 -w -isystem "$place/root/usr/include" tests/bench/others/dlib_step.cpp -o "$place/dlib_step" \
    -L"$libraries" -Wl,--disable-new-dtags -Wl,-rpath,"$libraries" -Wl,--unresolved-symbols=ignore-in-shared-libs \
    -ldlib -lopenblas -lpthread
fi
# tiny-dnn has no library: its loops are as fast as the options of its user make them.
if [ tests/bench/others/tiny_dnn_step.cpp -nt "$place/tiny_dnn_step" ]; then
  g++ -std=c++17 -O3 -march=native -w -DCNN_SINGLE_THREAD -DCNN_USE_AVX "${tiny[@]}" \
    tests/bench/others/tiny_dnn_step.cpp -o "$place/tiny_dnn_step" -lpthread
fi
