#!/bin/bash
# Builds xtape-mnist and trains a classifier of clothes: examples/mnist/run.sh [options of xtape-mnist, see --help]
# On Debian it first installs what is missing. It trains on Fashion-MNIST if the package is available, else on digits.
set -euo pipefail

from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
images=/usr/share/datasets/fashion-mnist
groups=(build examples data)
data=(--data "$images")
for option; do
  case $option in
    --data | --data=* | -h | --help | --version) groups=(build examples) data=() ;;  # the user's own data, or none at all
  esac
done

# If the data could not be installed once, later runs do not try again; remove the mark to make them try.
mark=build/no-fashion-mnist
if [ ${#data[@]} -gt 0 ] && [ ! -e "$images" ] && [ -e "$mark" ]; then groups=(build examples); fi
cmake/install-deps.sh "${groups[@]}"
source cmake/build.sh
build release xtape-mnist
if [ ${#data[@]} -gt 0 ] && [ ! -e "$images" ]; then
  echo "Fashion-MNIST is not on this machine (Debian: dataset-fashion-mnist); training on the built-in digits" >&2
  touch "$mark"
  data=(--data digits)
fi
binary=$PWD/build/release/examples/xtape-mnist
cd "$from"
exec "$binary" "${data[@]}" "$@"
