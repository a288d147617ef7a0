#!/bin/bash
# Prints figures about xtape alone: size, compile time, accuracies and seconds of training.
# Takes some minutes; needs the packages that examples/mnist/run.sh installs. Without Fashion-MNIST it omits its rows.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source cmake/build.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
images=/usr/share/datasets/fashion-mnist

build release xtape-mnist
binary=build/release/examples/xtape-mnist

# run NAME OPTIONS...: prints test accuracy and wall seconds of one training
run() {
  local name=$1 start=$EPOCHREALTIME
  shift
  "$binary" "$@" >"$scratch/log"
  printf '%-44s accuracy %s in %.1f s\n' "$name" "$(sed -n 's/^test .*accuracy //p' "$scratch/log")" \
    "$(awk "BEGIN { print $EPOCHREALTIME - $start }")"
}

echo "-- examples/quickstart.cpp, compiled at -O2"
for compiler in g++ clang++-14; do
  command -v "$compiler" >/dev/null || continue
  for _ in 1 2 3; do
    start=$EPOCHREALTIME
    "$compiler" -std=c++20 -O2 -Iinclude -c examples/quickstart.cpp -o "$scratch/quickstart.o"
    awk "BEGIN { printf \"%-44s %.2f s\n\", \"$compiler\", $EPOCHREALTIME - $start }"
  done
done

echo "-- the shared library, stripped"
cmake -S . -B build/shared-figures -G Ninja -D CMAKE_BUILD_TYPE=Release -D BUILD_SHARED_LIBS=ON -D XTAPE_BUILD_TESTS=OFF \
  -D XTAPE_BUILD_EXAMPLES=OFF -D XTAPE_BUILD_BENCHMARKS=OFF >/dev/null
ninja -C build/shared-figures >/dev/null
strip -o "$scratch/libxtape.so" build/shared-figures/libxtape.so
printf '%-44s %s bytes\n' "libxtape.so" "$(stat -c %s "$scratch/libxtape.so")"

echo "-- built-in digits: 8,000 for training, 2,000 for test, seed 0"
run "--model linear" --data digits --validation 0 --model linear
run "(defaults)" --data digits --validation 0

if [ -e "$images" ]; then
  echo "-- Fashion-MNIST"
  run "(defaults)" --data "$images"
  run "--hidden 512 --epochs 20" --data "$images" --hidden 512 --epochs 20
  run "--model linear" --data "$images" --model linear
fi
