#!/bin/bash
# Trains xtape-text and Debian's fastText on the same texts with as many threads, three seeds each, and prints times and
# accuracies: examples/text/compare_fasttext.sh [--threads N] [--data FILE]
# Both read the same words, in vectors of 16. fastText's learning rate is the best of four by the validation texts; it
# has no seed, and with several threads its runs differ. xtape's options are its defaults, chosen by validation, too.
set -euo pipefail

threads=1 data=
while [ $# -gt 0 ]; do
  case $1 in
    --threads) threads=$2; shift 2 ;;
    --data) data=$(realpath "$2"); shift 2 ;;
    *) sed -n '2,3s/^# //p' "$0"; exit 2 ;;
  esac
done
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cmake/install-deps.sh build examples bench
source cmake/build.sh
build release xtape-text
binary=$PWD/build/release/examples/xtape-text
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
if [ -z "$data" ]; then
  data=$scratch/packages.txt
  apt-cache dumpavail >"$data"
fi
"$binary" export --data "$data" .

TIMEFORMAT=%R
fasttext_run() {  # LEARNING-RATE: its seconds, and the model m.bin
  { time fasttext supervised -input train.txt -output m -dim 16 -epoch 15 -wordNgrams 1 -minn 0 -maxn 0 \
    -lr "$1" -thread "$threads" -verbose 0 >/dev/null; } 2>&1
}
accuracy() { fasttext test m.bin "$1" | awk '$1 == "P@1" { print $2 }'; }

best=0 rate=
for lr in 0.025 0.05 0.1 0.25; do
  fasttext_run $lr >/dev/null
  a=$(accuracy validation.txt)
  if awk "BEGIN { exit !($a > $best) }"; then best=$a rate=$lr; fi
done
echo "fastText: learning rate $rate by validation ($best)"

for seed in 0 1 2; do
  s=$(fasttext_run "$rate")
  echo "fasttext $s 15 $(accuracy validation.txt) $(accuracy test.txt)"
  "$binary" train --data "$data" --threads "$threads" --seed "$seed" --out m.safetensors >log
  awk '$1 == "time" { s = $2; n = $5 } { for (i = 1; i < NF; ++i) if ($i == "accuracy") a[$1] = $(i + 1) }
       END { print "xtape", s, n, a["valid"], a["test"] }' log
done | tee runs | awk 'BEGIN { print "          seconds  epochs  a second  validation  test" }
  { printf "%-9s %7.2f %7d %9.1f %11.4f %.4f\n", $1, $2, $3, $3 / $2, $4, $5 }
  { n[$1]++; s[$1] += $2; e[$1] += $3; v[$1] += $4; t[$1] += $5 }
  END { for (k in n) printf "mean of %d, %s: %.2f s, %.1f epochs a second, validation %.4f, test %.4f\n",
        n[k], k, s[k] / n[k], e[k] / s[k], v[k] / n[k], t[k] / n[k] }'
