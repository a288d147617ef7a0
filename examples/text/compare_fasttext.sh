#!/bin/bash
# Trains xtape-text and Debian's fastText on the same texts with as many threads, and prints accuracies and times:
# examples/text/compare_fasttext.sh [--threads N] [--data FILE]
# Both learn vectors of 16, one after the other in each of ten folds: every source is tested in one of them. fastText
# reads words; xtape-text also reads pairs and beginnings of words, made from the same words. Accuracies are means of
# three seeds. fastText's learning rate is, in each fold, the best of four by the validation texts; at the end its
# default rate is compared, too. xtape's options are its defaults, chosen without the texts that fold 0 tests.
set -euo pipefail

threads=1 data=
while [ $# -gt 0 ]; do
  case $1 in
    --threads) threads=${2:?--threads needs a number}; shift 2 ;;
    --data) data=$(realpath "${2:?--data needs a file}"); shift 2 ;;
    *) sed -n '2,7s/^# //p' "$0"; exit 2 ;;
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

TIMEFORMAT=%R
fasttext_run() {  # LEARNING-RATE SEED: its seconds, and the model m.bin
  { time fasttext supervised -input train.txt -output m -dim 16 -epoch 15 -wordNgrams 1 -minn 0 -maxn 0 \
    -lr "$1" -seed "$2" -thread "$threads" -verbose 0 >/dev/null; } 2>&1
}
accuracy() { fasttext test m.bin "$1" | awk '$1 == "P@1" { print $2 }'; }
best_rate() {
  for lr in 0.025 0.05 0.1 0.25; do
    fasttext_run $lr 0 >/dev/null
    echo "$lr $(accuracy validation.txt)"
  done | sort -s -k2,2gr | awk 'NR == 1 { print $1 }'
}

for fold in 0 1 2 3 4 5 6 7 8 9; do
  "$binary" export --data "$data" --fold $fold .
  rate=$(best_rate)
  for seed in 0 1 2; do
    seconds=$(fasttext_run "$rate" $seed)
    echo "$fold $rate fasttext $seconds 15 $(accuracy validation.txt) $(accuracy test.txt) $(wc -l <test.txt)"
    fasttext_run 0.1 $seed >/dev/null
    echo "$fold $rate default 0 0 0 $(accuracy test.txt) 0"
    "$binary" train --data "$data" --fold $fold --threads "$threads" --seed $seed --out m.safetensors >log
    awk -v at="$fold $rate" '$1 == "time" { s = $2; n = $5 } { for (i = 1; i < NF; ++i) if ($i == "accuracy") a[$1] = $(i + 1) }
         END { print at, "xtape", s, n, a["valid"], a["test"], 0 }' log
  done
done | awk '
  BEGIN {
    print "                     validation        test"
    print "fold  texts  rate    fastText  xtape   fastText  xtape   difference"
  }
  { k = $3; s[k] += $4; e[k] += $5; v[k] += $6 / 3; t[k] += $7 / 3; n += $8 / 3 }
  NR % 9 == 0 {
    d = t["xtape"] - t["fasttext"]
    printf "%4d  %5d  %-6s  %.4f    %.4f  %.4f    %.4f  %+.4f\n", $1, n, $2, v["fasttext"], v["xtape"],
           t["fasttext"], t["xtape"], d
    fflush()
    if ($1 == 0) first = t["default"]
    for (k in t) { mean_v[k] += v[k] / 10; mean_t[k] += t[k] / 10; v[k] = t[k] = 0 }
    n = 0; sum += d; squares += d * d
  }
  END {
    # Student: 95 % of the mean of ten
    printf "mean                 %.4f    %.4f  %.4f    %.4f  %+.4f +- %.4f\n", mean_v["fasttext"], mean_v["xtape"],
           mean_t["fasttext"], mean_t["xtape"], sum / 10, 2.262 * sqrt((squares - sum * sum / 10) / 90)
    printf "fastText with its default rate, 0.1: %.4f in fold 0, %.4f in all\n", first, mean_t["default"]
    delete s["default"]
    for (k in s) printf "%-8s  %.2f s for %d epochs, %.1f epochs a second\n", k, s[k] / 30, e[k] / 30, e[k] / s[k]
  }'
