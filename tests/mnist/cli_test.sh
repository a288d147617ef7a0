#!/bin/sh
# Tests xtape-mnist from the command line: wrong options, broken data, reproducible weights. Usage: cli_test.sh BINARY
. "$(dirname "$0")/check.sh"

# -- options
refuses "1.5" --dropout 1.5
refuses "xtape-mnist: --dropout: nan is outside [0, 1]" --dropout nan
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
refuses "xtape-mnist: --lr: inf is outside [0, inf)" --lr inf
refuses "xtape-mnist: --lr: nan is outside [0, inf)" --lr nan
refuses "xtape-mnist: --lr: -0.1 is outside [0, inf)" --lr -0.1
refuses "xtape-mnist: --lr: 0,001 is not a number" --lr 0,001
refuses "xtape-mnist: --lr: 0x1p-3 is not a number" --lr 0x1p-3
refuses "xtape-mnist: --lr:  is not a number" --lr ""
refuses "xtape-mnist: --lr: 1e999 is outside [0, inf)" --lr 1e999
refuses "xtape-mnist: --momentum: inf is outside [0, inf)" --momentum inf
refuses "xtape-mnist: --weight-decay: nan is outside [0, inf)" --weight-decay nan
refuses "xtape-mnist: --label-smoothing: nan is outside [0, 1]" --label-smoothing nan
refuses "xtape-mnist: --validation: 0.5x is not a number" --validation 0.5x
refuses "xtape-mnist: --seed: -1 is outside [0, 18446744073709551615]" --seed -1
refuses "xtape-mnist: --seed: 18446744073709551616 is outside [0, 18446744073709551615]" --seed 18446744073709551616
refuses "xtape-mnist: --seed: 1.5 is not a whole number" --seed 1.5
refuses "xtape-mnist: --epochs: -1 is outside [0, 100000]" --epochs -1
refuses "xtape-mnist: --epochs: 1e3 is not a whole number" --epochs 1e3
refuses "xtape-mnist: --hidden: 0x10 is not a whole number" --hidden 0x10
refuses "xtape-mnist: --batch-size: 99999999999 is outside [1, 1048576]" --batch-size 99999999999
refuses "xtape-mnist: --lr: +-0 is not a number" --lr +-0
refuses "xtape-mnist: --seed: +-0 is not a whole number" --seed +-0
refuses "xtape-mnist: --nesterov: needs --optimizer sgd" --nesterov
refuses "xtape-mnist: --momentum: needs --optimizer sgd" --momentum 0.9
refuses "xtape-mnist: --momentum: needs --optimizer sgd" --optimizer adamw --momentum 0
refuses "xtape-mnist: --hidden: needs --model mlp" --model linear --hidden 32
refuses "xtape-mnist: --dropout: needs --model mlp or cnn" --model linear --dropout 0
refuses "xtape-mnist: --data: there is no \"Digits\"; pass a directory of IDX files, or digits for the images that the program draws itself" \
  --data Digits
refuses "xtape-mnist: SGD: nesterov needs momentum > 0 and dampening = 0, got momentum = 0 and dampening = 0 in group 0" \
  --nesterov --optimizer sgd --momentum 0
refuses "--unknown" --unknown
refuses "xtape-mnist: \"trian\": no such command, did you mean train?" trian
refuses "xtape-mnist: \"digits\": no such command; there are train, evaluate, predict, lr-find, summary, report" digits
refuses "xtape-mnist: \"digits\": unexpected argument" train digits
refuses "xtape-mnist: --epoch: no such option, did you mean --epochs?" --epoch 3
refuses "xtape-mnist: --learning-rate: no such option, did you mean --lr?" --learning-rate=3
refuses "xtape-mnist: --rate: no such option; xtape-mnist train --help lists them" --rate=3
refuses 'xtape-mnist: "resume": no such command, did you mean train --resume?' resume runs/1
refuses "xtape-mnist: --tops: no such option, did you mean --top?" predict --tops 3
refuses 'xtape-mnist: "find-lr": no such command, did you mean lr-find?' find-lr
refuses "xtape-mnist: RUN: compare needs two runs or more" compare runs/1
refuses '--data: there is no "mnist", here or in "/usr/share/datasets"; pass the directory' --data mnist
"$binary" help predict >"$scratch/out" && "$binary" predict --help | cmp -s - "$scratch/out" || complain "help predict"
"$binary" --help | grep -q "Without a command it trains" || complain "--help does not say what happens without a command"
refuses "xtape-mnist: --optimizer: \"adma\" is not sgd, adam or adamw, did you mean adam?" --optimizer adma
refuses "xtape-mnist: --lr: needs a value" --lr
refuses "xtape-mnist: --classes: there are 10 digits, got 2 names" --classes a,b
refuses "xtape-mnist: --classes: \"a,,b\" has an empty name" --classes a,,b
for command in "" evaluate predict lr-find summary report train; do
  "$binary" $command --help >"$scratch/out" 2>&1 || complain "$command --help: exit code $?"
  [ "$(wc -L <"$scratch/out")" -le 80 ] || complain "$command --help is wider than 80 columns"
done
grep -q -- "--label-smoothing" "$scratch/out" || complain "train --help does not list --label-smoothing"
"$binary" --version >"$scratch/out" 2>&1 || complain "--version: exit code $?"
grep -qE "^xtape [0-9]+[.][0-9]+[.][0-9]+, .* kernels$" "$scratch/out" || complain "--version: $(cat "$scratch/out")"

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
for files in train:training t10k:test; do
  good_data
  idx_images 0 0 | gzip >"$scratch/data/${files%:*}-images-idx3-ubyte.gz"
  idx_labels 0 0 3 | gzip >"$scratch/data/${files%:*}-labels-idx1-ubyte.gz"
  refuses "xtape-mnist: --data: \"$scratch/data\" holds no ${files#*:} images" --data "$scratch/data"
done
good_data
rm "$labels"
refuses "train-labels" --data "$scratch/data"

# -- runs: the same seed gives the same weights, for any number of threads (SEMANTICS [34]), with or without validation
hash_of() { "$binary" --data digits --epochs 1 --hidden 32 --no-out "$@" | sed -n 's/^weights //p'; }
first=$(hash_of --seed 3)
[ -n "$first" ] || complain "no hash printed"
[ "$(hash_of --seed 3)" = "$first" ] || complain "the same seed gave other weights"
[ "$(hash_of --seed 3 --skip-validation)" = "$first" ] || complain "validation changed the weights"
[ "$(hash_of --seed 3 --threads 2)" = "$first" ] || complain "two threads changed the weights"
[ "$(hash_of --seed 4)" != "$first" ] || complain "another seed gave the same weights"

# -- every option of the optimizers and the loss reaches the training
[ "$(hash_of --seed 3 --label-smoothing 0.1)" != "$first" ] || complain "--label-smoothing changed nothing"
adam=$(hash_of --seed 3 --weight-decay 0.1)
[ "$adam" != "$first" ] || complain "--weight-decay changed nothing"
[ "$(hash_of --seed 3 --optimizer adamw)" = "$first" ] || complain "adamw without decay is not adam"
adamw=$(hash_of --seed 3 --optimizer adamw --weight-decay 0.1)
[ -n "$adamw" ] && [ "$adamw" != "$first" ] || complain "adamw does not decay"
[ "$adamw" != "$adam" ] || complain "adamw decays as adam does"
sgd() { hash_of --seed 3 --optimizer sgd --lr 0.05 "$@"; }
usual=$(sgd) plain=$(sgd --momentum 0) nesterov=$(sgd --nesterov)
[ -n "$plain" ] && [ "$plain" != "$(sgd --momentum 0.5)" ] || complain "--momentum changed nothing"
[ "$usual" = "$(sgd --momentum 0.9)" ] || complain "sgd's momentum is not 0.9 by default"
[ "$plain" != "$(sgd --momentum 0 --weight-decay 0.01)" ] || complain "--weight-decay changed nothing for sgd"
[ "$plain" != "$nesterov" ] && [ "$usual" != "$nesterov" ] || complain "--nesterov changed nothing"
[ "$(hash_of --batch-size 0100)" = "$(hash_of --batch-size 100)" ] || complain "--batch-size 0100 is not 100"
accuracy=$("$binary" --data digits --no-out --epochs 2 --hidden 32 --optimizer sgd --lr 0.05 --momentum 0.9 --weight-decay 1e-4 \
  --label-smoothing 0.1 | sed -n 's/^test .*accuracy //p')
[ "${accuracy#0.}" -gt 8000 ] || complain "sgd with momentum learns little: accuracy $accuracy"

# -- files of weights: saved, evaluated without training, trained further
saved=$("$binary" --data digits --no-out --epochs 1 --hidden 32 --seed 3 --save "$scratch/w.safetensors" | grep -E '^(test|weights) ')
[ "$("$binary" --data digits --epochs 0 --hidden 32 --load "$scratch/w.safetensors" | grep -E '^(test|weights) ')" = "$saved" ] ||
  complain "loaded weights are not those that were saved"
[ "$(hash_of --seed 3 --load "$scratch/w.safetensors")" != "$first" ] || complain "training does not begin with --load"
case $saved in *"weights $first") ;; *) complain "--save changed the weights" ;; esac
refuses "xtape-mnist: load_safetensors: \"$scratch/none\": No such file or directory" --load "$scratch/none"
refuses "load_safetensors: \"$scratch/file\" is truncated" --load "$scratch/file"
refuses "1.weight" --load "$scratch/w.safetensors" --hidden 16
"$binary" --data digits --epochs 1 --hidden 8 --out "$scratch/run" --progress none >"$scratch/out" || complain "a run"
[ "$(grep -c '^$' "$scratch/out")" -eq 0 ] && ! grep -q "^data" "$scratch/out" || complain "--progress none: more than the result"
refuses "xtape-mnist: --load: \"$scratch/run/last.safetensors\" is what train --resume continues, no model; use \"$scratch/run\" or \"$scratch/run/best.safetensors\"" \
  --load "$scratch/run/last.safetensors"
"$binary" --data digits --epochs 0 --hidden 8 --load "$scratch/run" | grep >/dev/null "$(grep '^weights' "$scratch/out")" ||
  complain "--load with a run has not its weights"
refuses "1.weight" --load "$scratch/w.safetensors" --model linear
refuses "xtape-mnist: --save: there is no directory \"$scratch/none\"" --save "$scratch/none/w"
refuses "xtape-mnist: --save: needs the name of a file" --save ""
refuses "xtape-mnist: --load: needs the name of a file" --load ""

# -- a loss that is no longer a number stops the run (SEMANTICS [6]); a large one keeps to its column
"$binary" --data digits --no-out --epochs 3 --hidden 32 --optimizer sgd --lr 1e30 >"$scratch/out" 2>"$scratch/err"
[ $? -eq 1 ] || complain "a NaN loss: exit code $?"
grep -qxE "xtape-mnist: train: epoch 1, step [23]: the loss is NaN: .*; try a smaller --lr" "$scratch/err" ||
  complain "a NaN loss: $(cat "$scratch/err")"
for lr in 5 1e4 1e8; do
  "$binary" --data digits --no-out --epochs 1 --model linear --optimizer sgd --momentum 0 --lr $lr >"$scratch/out" || complain "--lr $lr"
  grep -qE "^    1  [0-9. e+]{6}  [0-9. ]{8}  [0-9. e+]{7}  [0-9. ]{8}  [0-9. ]{7} \\*$" "$scratch/out" ||
    complain "--lr $lr breaks the columns: $(cat "$scratch/out")"
done

# -- a full disk is an error
if [ -e /dev/full ]; then
  "$binary" --data digits --epochs 0 >/dev/full 2>"$scratch/err" && complain "a full disk went unnoticed"
  grep -q "cannot be written" "$scratch/err" || complain "a full disk: $(cat "$scratch/err")"
fi

finish
