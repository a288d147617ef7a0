#!/bin/sh
# Tests xtape-mnist report. Usage: report_test.sh BINARY
. "$(dirname "$0")/check.sh"

run() { "$binary" --data digits --hidden 16 --progress none "$@" >/dev/null || complain "training failed: $*"; }
run --epochs 2 --out a
run --epochs 3 --lr 0.01 --out b --label-smoothing 0.1
run --epochs 1 --ema 0.9 --out averaged

# -- one run: its page, made again
mv a/report.html before.html
"$binary" report a >out 2>err || complain "report: exit code $?"
[ -s err ] && complain "report: $(cat err)"
grep -q "^verdict undecided: " out || complain "no verdict: $(cat out)"
grep -qx "report  a/report.html" out || complain "the page is not named: $(cat out)"
for text in "</html>" "Confusion" "0.0010\|0.001" "28"; do
  grep -qi -- "$text" a/report.html || complain "the page lacks '$text'"
done
accuracy=$(sed -n 's/.*"test_accuracy": \(0\.[0-9]*\).*/\1/p' a/run.json)
grep -q "<dt>Test accuracy</dt><dd class=\"figure\">$(LC_ALL=C awk "BEGIN { printf \"%.2f\", 100 * $accuracy }")%" a/report.html ||
  complain "the page made again lacks the test result"
[ "$(awk 'length > 60' out | wc -l)" -eq 0 ] || complain "a line is longer than where stdout is no terminal: $(cat out)"
sections() { grep -o '<h2[^>]*>[^<]*' "$1"; }
[ "$(sections a/report.html)" = "$(sections before.html)" ] || complain "the page has other sections than that of train"
confusion() { grep -o 'title="[^"]* taken for [^"]*"' "$1"; }
# The last epoch of both was the best.
[ -n "$(confusion before.html)" ] && [ "$(confusion a/report.html)" = "$(confusion before.html)" ] ||
  complain "the last page was not of the weights that the run ended with"
mv averaged/report.html before.html
"$binary" report averaged >out || complain "report of a run with --ema: exit code $?"
[ "$(confusion averaged/report.html)" = "$(confusion before.html)" ] || complain "the last page was not of the averaged weights"
"$binary" report a/ --out elsewhere.html | grep -x >/dev/null "report  elsewhere.html" || complain "--out"
[ -s elsewhere.html ] || complain "--out wrote nothing"

# -- without the weights or the data the page has the curves
mv a/best.safetensors best
"$binary" report a >out 2>err || complain "without weights: exit code $?"
grep -qx 'xtape-mnist: note: the page has no evaluation: RUN: the directory "a" has no best.safetensors, which a run writes when its first epoch ends' err ||
  complain "without weights: $(cat err)"
grep -qi confusion a/report.html && complain "without weights there is a confusion matrix"
mv best a/best.safetensors
sed -i.bak 's/"hash": "[0-9a-f]*"/"hash": "0123456789abcdef"/' a/run.json
"$binary" report a >out 2>err || complain "other data: exit code $?"
grep -qx 'xtape-mnist: note: the page has no evaluation: --data: "digits" is not what the run was trained on' err ||
  complain "other data: $(cat err)"

# -- two runs
"$binary" report a b >out || complain "two runs: exit code $?"
grep -qx "Runs on different data cannot be compared." out || complain "other data: $(cat out)"
mv a/run.json.bak a/run.json
"$binary" report a b >out 2>err || complain "two runs: exit code $?"
[ -s err ] && complain "two runs: $(cat err)"
[ "$(sed '/^run *verdict/,$!d' out | sed '/^$/q' | wc -L)" -le 60 ] && grep -qE "^b +[a-z]+" out || complain "verdicts are wide: $(cat out)"
n='0\.[0-9]{4}'
grep -qE "^a +2 +2 +[0-9.]+ +$n \($n to $n\) +$n +2 +finished$" out || complain "no row for a: $(cat out)"
grep -qE "^b +3 +[123] +[0-9.]+ +$n \($n to $n\) +$n +3 +finished$" out || complain "no row for b: $(cat out)"
grep -qE "^lr +0.01 +0.001$" out || complain "lr differs: $(cat out)"
grep -qE "^epochs +3 +2$" out || complain "epochs differ: $(cat out)"
grep -qE "^label-smoothing +0.1 +0$" out || complain "label-smoothing differs: $(cat out)"
grep -qE "^(hidden|seed|data|progress) " out && complain "an option is listed that does not differ: $(cat out)"
grep -qE "^b has the highest validation accuracy" out || complain "b is not the best: $(cat out)"
"$binary" report a a | grep -x >/dev/null "The runs have the same options." || complain "a run differs from itself"
"$binary" report a a | grep -x >/dev/null "a and a have the same highest validation accuracy." ||
  complain "a run is better than itself"

# -- on terminals: no line is broken by the terminal, and a narrow one leaves out columns, but no option
# in_columns N ARGUMENTS...
in_columns() {
  columns=$1
  shift
  script -qec "stty cols $columns; '$binary' $*" /dev/null </dev/null | tr -d '\r' >out
  [ "$(wc -L <out)" -le "$columns" ] || complain "a line is too long for $columns columns: $(cat out)"
}
if command -v script >/dev/null; then
  cp -r b a-run-with-a-name-of-36-characters-.
  for columns in 40 60 80 100 120 200; do
    in_columns $columns compare a a-run-with-a-name-of-36-characters-. b
    grep -qE "^a +(2 .*)?$n" out && grep -qE "^lr +0.01" out && grep -qE "^epochs .*2" out || complain "$columns columns: $(cat out)"
  done
  grep -q "^a-run-with-a-name-of-36-characters-. .* finished$" out || complain "200 columns: $(cat out)"
  in_columns 60 compare a b
  grep -qE "^a +2 +$n \($n to $n\) +$n$" out || complain "60 columns: $(cat out)"
  in_columns 80 compare a a-run-with-a-name-of-36-characters-.
  grep -qE "^a +2 +[0-9.]+ +$n \($n to $n\) +$n$" out || complain "80 columns: $(cat out)"
fi

# -- runs that were killed, and one without an epoch
cp -r a killed && sed -i 's/"state": "finished"/"state": "running"/' killed/run.json
"$binary" report killed | grep -qx "state   interrupted; train --resume killed goes on" || complain "a run whose process is gone"
rm killed/best.safetensors killed/last.safetensors
"$binary" compare killed b >out || complain "a run without an epoch: exit code $?"
grep -qE "^killed +0 +- +- +- +$n +2 +interrupted$" out || complain "a run without an epoch: $(cat out)"
grep -qx "killed has no validation accuracy to compare." out || complain "a run without an epoch: $(cat out)"
grep -q "command line" a/report.html || complain "the page lacks the command line"
grep -qE "<t[dh][^>]*>(load|classes)<" a/report.html && complain "the page has options without a value"
# With few images intervals are wide.
for seed in 1 2; do run --epochs 1 --validation 0.01 --seed $seed --out near$seed; done
"$binary" compare near1 near2 | grep -qE "cannot be told from it: the intervals overlap|have the same highest" || complain "overlapping intervals"

# -- refused
refuses 'xtape-mnist: RUN: there is no directory "nothing"' report nothing
refuses 'xtape-mnist: RUN: "a/report.html" is no directory; a run is one' report a/report.html
refuses 'xtape-mnist: RUN: "." holds no run, which has run.json and config.toml' report .
refuses "xtape-mnist: --out: needs a single RUN" report a b --out x.html
refuses 'xtape-mnist: --out: there is no directory "nowhere"' report a --out nowhere/x.html
refuses "xtape-mnist: report: needs RUN (Directories of runs); see xtape-mnist report --help" report
mv a/last.safetensors last
refuses 'xtape-mnist: RUN: the run in "a" has no last.safetensors; its best weights are in "a/best.safetensors", from which xtape-mnist train --load "a/best.safetensors" begins another run' \
  report a
cp a/best.safetensors a/last.safetensors
refuses 'xtape-mnist: Checkpoint: "a/last.safetensors" is no checkpoint; load_safetensors reads it' report a
mv last a/last.safetensors
cp a/run.json record
echo '[1' >a/run.json
refuses 'xtape-mnist: RUN: "a/run.json" is damaged: not a JSON object' report a
echo '{"state": 1, "data": [], "test_accuracy": "high"}' >a/run.json
"$binary" report a b >out || complain "a run.json of wrong kinds: exit code $?"
mv record a/run.json
cp a/config.toml config
echo 'lr = = 1' >a/config.toml
refuses 'a/config.toml:1: not valid TOML: ' report a
echo 'validation = 7' >a/config.toml
refuses 'xtape-mnist: a/config.toml:1: validation: 7 is outside [0, 1)' report a
mv config a/config.toml

finish
