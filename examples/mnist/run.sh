#!/bin/bash
# Builds xtape-mnist and trains a classifier of clothes: examples/mnist/run.sh [arguments of xtape-mnist, see --help]
# On Debian it first installs what is missing. It trains on Fashion-MNIST if the package is available, else on digits.
# Other commands work, too: examples/mnist/run.sh report runs/1
set -euo pipefail

from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
images=/usr/share/datasets/fashion-mnist
groups=(build examples data)
data=(--data "$images")
command=()
case ${1-} in
  train | lr-find) command=("$1"); shift ;;
  [!-]*) data=() ;;  # any other command
esac
for option; do
  case $option in
    # Data of the user's own or of an earlier run, or none at all.
    --data | --data=* | --config | --config=* | --resume | --resume=* | -h | --help | --version) data=() ;;
  esac
done
[ ${#data[@]} -gt 0 ] || groups=(build examples)

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
exec "$binary" "${command[@]}" "${data[@]}" "$@"
