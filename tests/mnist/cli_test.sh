#!/bin/sh
# Tests xtape-mnist from the command line: wrong options, broken data, reproducible weights. Usage: cli_test.sh BINARY
set -u
binary=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

complain() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# refuses "part of the message" ARGUMENTS...: exit code 1, one line on stderr, nothing on stdout.
refuses() {
  expected=$1
  shift
  "$binary" "$@" >"$scratch/out" 2>"$scratch/err"
  code=$?
  [ "$code" -eq 1 ] || complain "$*: exit code $code, expected 1"
  [ "$(wc -l <"$scratch/err")" -eq 1 ] || complain "$*: stderr is not one line: $(cat "$scratch/err")"
  grep -qF -- "$expected" "$scratch/err" || complain "$*: '$(cat "$scratch/err")' lacks '$expected'"
  [ -s "$scratch/out" ] && complain "$*: wrote to stdout"
}

# -- options
refuses "1.5" --dropout 1.5
refuses "p is nan" --dropout nan
refuses "batch-size" --batch-size 0
refuses "outside [0, 1)" --validation 1.0
refuses "outside [0, 1)" --validation nan
refuses "outside [0, 1)" --validation -0.1
refuses "model" --model convolution
refuses "optimizer" --optimizer rmsprop
refuses "momentum" --optimizer sgd --momentum -1
refuses "weight-decay" --weight-decay -1
refuses "lr" --lr -1
refuses "lr" --lr nan
refuses "label-smoothing" --label-smoothing 2
refuses "threads" --threads 0
refuses "hidden" --hidden 0
refuses "epochs" --epochs many
refuses "--unknown" --unknown
"$binary" --help >"$scratch/out" 2>&1 || complain "--help: exit code $?"
grep -q -- "--label-smoothing" "$scratch/out" || complain "--help does not list --label-smoothing"

# -- data
# idx_images COUNT HEADER_COUNT / idx_labels COUNT HEADER_COUNT VALUE: bytes of an IDX file on stdout.
big_endian() { printf "\\$(printf %03o $(($1 >> 24 & 255)))\\$(printf %03o $(($1 >> 16 & 255)))\\$(printf %03o $(($1 >> 8 & 255)))\\$(printf %03o $(($1 & 255)))"; }
idx_images() {
  printf '\0\0\010\003'
  big_endian "$2"; big_endian 28; big_endian 28
  head -c $(($1 * 784)) /dev/zero
}
idx_labels() {
  printf '\0\0\010\001'
  big_endian "$2"
  head -c "$1" /dev/zero | tr '\0' "\\$(printf %03o "$3")"
}
good_data() {
  rm -rf "$scratch/data"
  mkdir "$scratch/data"
  for part in train t10k; do
    idx_images 20 20 | gzip >"$scratch/data/$part-images-idx3-ubyte.gz"
    idx_labels 20 20 3 | gzip >"$scratch/data/$part-labels-idx1-ubyte.gz"
  done
}

refuses "no-such-directory" --data "$scratch/no-such-directory"
: >"$scratch/file"
refuses "file" --data "$scratch/file"
mkdir "$scratch/empty"
refuses "train-images" --data "$scratch/empty"

good_data
images=$scratch/data/train-images-idx3-ubyte.gz
labels=$scratch/data/train-labels-idx1-ubyte.gz
"$binary" --data "$scratch/data" --epochs 1 --batch-size 7 >"$scratch/out" 2>&1 || complain "good data: $(cat "$scratch/out")"

head -c 60 "$images" >"$scratch/cut" && mv "$scratch/cut" "$images"
refuses "train-images" --data "$scratch/data"
good_data
gzip -d "$images" && head -c 9000 "${images%.gz}" >"$scratch/cut" && mv "$scratch/cut" "${images%.gz}"
refuses "train-images" --data "$scratch/data"
good_data
idx_images 20 2000000000 | gzip >"$images"
refuses "train-images" --data "$scratch/data"
good_data
idx_images 19 19 | gzip >"$images"
refuses "19" --data "$scratch/data"
good_data
idx_labels 20 20 10 | gzip >"$labels"
refuses "10" --data "$scratch/data"
good_data
printf 'not an idx file at all' >"$images"
refuses "train-images" --data "$scratch/data"
good_data
rm "$labels"
refuses "train-labels" --data "$scratch/data"

# -- runs: the same seed gives the same weights, for any number of threads (SEMANTICS [34]), with or without validation
hash_of() { "$binary" --data digits --epochs 1 --hidden 32 "$@" | sed -n 's/^weights //p'; }
first=$(hash_of --seed 3)
[ -n "$first" ] || complain "no hash printed"
[ "$(hash_of --seed 3)" = "$first" ] || complain "the same seed gave other weights"
[ "$(hash_of --seed 3 --skip-validation)" = "$first" ] || complain "validation changed the weights"
[ "$(hash_of --seed 3 --threads 2)" = "$first" ] || complain "two threads changed the weights"
[ "$(hash_of --seed 4)" != "$first" ] || complain "another seed gave the same weights"

# -- every option of the optimizers and the loss reaches the training
[ "$(hash_of --seed 3 --label-smoothing 0.1)" != "$first" ] || complain "--label-smoothing changed nothing"
[ "$(hash_of --seed 3 --weight-decay 0.1)" != "$first" ] || complain "--weight-decay changed nothing"
[ "$(hash_of --seed 3 --optimizer adamw)" = "$first" ] || complain "adamw without decay is not adam"
adamw=$(hash_of --seed 3 --optimizer adamw --weight-decay 0.1)
[ -n "$adamw" ] && [ "$adamw" != "$first" ] || complain "adamw does not decay"
[ "$adamw" != "$(hash_of --seed 3 --weight-decay 0.1)" ] || complain "adamw decays as adam does"
sgd() { hash_of --seed 3 --optimizer sgd --lr 0.05 "$@"; }
plain=$(sgd --momentum 0)
[ -n "$plain" ] && [ "$plain" != "$(sgd --momentum 0.5)" ] || complain "--momentum changed nothing"
[ "$(sgd)" = "$(sgd --momentum 0.9)" ] || complain "sgd's momentum is not 0.9 by default"
[ "$plain" != "$(sgd --momentum 0 --weight-decay 0.01)" ] || complain "--weight-decay changed nothing for sgd"
accuracy=$("$binary" --data digits --epochs 2 --hidden 32 --optimizer sgd --lr 0.05 --momentum 0.9 --weight-decay 1e-4 \
  --label-smoothing 0.1 | sed -n 's/^test .*accuracy //p')
[ "${accuracy#0.}" -gt 8000 ] || complain "sgd with momentum learns little: accuracy $accuracy"

# -- a full disk is an error
if [ -e /dev/full ]; then
  "$binary" --data digits --epochs 0 >/dev/full 2>"$scratch/err" && complain "a full disk went unnoticed"
  grep -q "cannot be written" "$scratch/err" || complain "a full disk: $(cat "$scratch/err")"
fi

# -- the report fits a narrow terminal
"$binary" --data digits --epochs 1 --hidden 16 >"$scratch/out"
[ "$(wc -L <"$scratch/out")" -le 60 ] || complain "a line is longer than 60 columns"

[ "$failures" -eq 0 ] && echo "all checks passed"
exit "$failures"
