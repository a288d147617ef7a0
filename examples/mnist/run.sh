#!/bin/bash
# Builds xtape-mnist and trains a classifier of clothes: examples/mnist/run.sh [options of xtape-mnist, see --help]
# On Debian it installs what is missing first. Trains on Fashion-MNIST where its package can be had, else on digits.
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

# Data that could not be had once is not asked for at every start: remove the mark to try again.
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
