#!/bin/bash
# Builds xtape-text and trains it on the topics of Debian's packages: examples/text/run.sh [arguments of xtape-text]
# On Debian it first installs what is missing. The texts are the one-line descriptions that this machine's package index
# has; without an index it trains on built-in sentences. Other commands work, too:
#   examples/text/run.sh predict text.safetensors "statistics of protein sequences"
set -euo pipefail

from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cmake/install-deps.sh build examples
source cmake/build.sh
build release xtape-text
binary=$PWD/build/release/examples/xtape-text index=$PWD/build/packages.txt
cd "$from"
case ${1-} in
  -h | --help) "$binary" --help; echo; exec "$binary" train --help ;;
  --version) exec "$binary" --version ;;
  train) shift ;;
  [!-]*) exec "$binary" "$@" ;;  # any other command
esac
data=()
case " $* " in
  *" --data"* | *" -h "* | *" --help "*) ;;
  *)
    if apt-cache dumpavail >"$index.new" 2>/dev/null && [ "$(grep -c '^Package: ' "$index.new")" -ge 10000 ]; then
      mv "$index.new" "$index"
      data=(--data "$index")
    else
      rm -f "$index.new"
      echo "This machine has no package index (apt-get update gets one); training on built-in sentences" >&2
    fi ;;
esac
exec "$binary" train "${data[@]}" "$@"
