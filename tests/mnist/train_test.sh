#!/bin/sh
# Tests xtape-mnist train: the files of a run, going on after an interruption, signals. Usage: train_test.sh BINARY
. "$(dirname "$0")/check.sh"

train() { "$binary" train --data digits --hidden 16 "$@"; }
wide() { "$binary" train --data digits --hidden 300 "$@"; }
weights_of() { sed -n 's/^weights //p' "$1"; }
# is_whole DIRECTORY: no file of the run ends within a line, and none is left over.
is_whole() {
  for file in "$1"/metrics.csv "$1"/metrics.jsonl "$1"/config.toml "$1"/run.json; do
    [ -z "$(tail -c 1 "$file")" ] || complain "$file ends within a line"
  done
  [ "$(grep -cvE '^\{.*\}$' "$1/metrics.jsonl")" -eq 0 ] || complain "$1/metrics.jsonl has half a line"
  ls "$1" | grep -q "tmp" && complain "$1 holds $(ls "$1" | grep tmp)"
}
# ended_with CODE "part of stderr": the last command's code in $code, its stderr in err.
ended_with() {
  [ "$code" -eq "$1" ] || complain "exit code $code, expected $1: $(cat err)"
  [ "$(wc -l <err)" -eq 1 ] || complain "stderr is not one line: $(cat err)"
  grep -qF -- "$2" err || complain "'$(cat err)' lacks '$2'"
}

# -- the files of a run
train --epochs 2 >out || complain "a plain run: exit code $?"
for file in metrics.csv metrics.jsonl config.toml run.json best.safetensors last.safetensors report.html; do
  [ -s "runs/1/$file" ] || complain "runs/1 lacks $file"
done
[ "$(ls runs/1 | wc -l)" -eq 7 ] || complain "runs/1 holds more than its files: $(ls runs/1)"
is_whole runs/1
[ "$(wc -l <runs/1/metrics.csv)" -eq 3 ] || complain "metrics.csv has not a header and two lines"
[ "$(wc -l <runs/1/metrics.jsonl)" -eq 2 ] || complain "metrics.jsonl has not two lines"
for key in version build cpu instruction_set threads seed hash command started ended state test_accuracy weights; do
  grep -q "\"$key\":" runs/1/run.json || complain "run.json lacks $key"
done
grep -q '"state": "finished"' runs/1/run.json || complain "run.json does not say that the run has finished"
[ "$(tail -n 1 out)" = "report  runs/1/report.html" ] || complain "the output does not end with the report: $(tail -n 1 out)"
[ "$(wc -L <out)" -le 60 ] || complain "a line is longer than 60 columns"
grep -q "^verdict undecided" out || complain "there is no verdict"
two_epochs=$(weights_of out)
grep -q "^ended   epoch 2 was the last; the model has its weights" out || complain "why it ended is not told: $(cat out)"
grep -qx "        with the weights of epoch 2" out || complain "whose weights were tested is not told: $(cat out)"
wide --epochs 6 --dropout 0 --lr 0.05 --out worse >out
grep -qE "^best    epoch [1-5], validation loss 0.[0-9]{4}:" out && grep -q "worse/best.safetensors$" out ||
  complain "where the best weights are is not told: $(cat out)"
[ "$(train --epochs 2 --no-out --clip-grad-norm 0.01 | weights_of -)" != "$two_epochs" ] || complain "--clip-grad-norm changed nothing"
train --dry-run --epochs 1 | grep -q "^plan    1 epoch of " || complain "the plan of an epoch"

train --epochs 1 >out && [ -d runs/2 ] || complain "the second run is not runs/2"
train --epochs 1 --no-out >out && [ ! -e runs/3 ] || complain "--no-out wrote runs/3"
train --epochs 0 >out && [ ! -e runs/3 ] || complain "--epochs 0 wrote runs/3"
train --epochs 1 --out some/where/else >out && [ -s some/where/else/report.html ] || complain "--out makes no parents"

# -- an existing run is not overwritten
before=$(cat runs/1/* | cksum)
refuses 'xtape-mnist: --out: "runs/1" holds a run already; --resume continues it, --force replaces it' --out runs/1
[ "$(cat runs/1/* | cksum)" = "$before" ] || complain "the refusal changed runs/1"
train --epochs 1 --out runs/2 --force >out || complain "--force: exit code $?"
mkdir empty && train --epochs 1 --out empty/ >out || complain "an empty directory: exit code $?"
: >file
refuses 'xtape-mnist: --out: "file" is not a directory' --out file
refuses '"file/x" cannot be made: "'"$scratch"'/file" is not a directory' --out file/x
refuses "xtape-mnist: --out: needs the name of a directory" --out ""
refuses "xtape-mnist: --force requires --out" --force
if [ "$(id -u)" -ne 0 ]; then
  mkdir closed && chmod a-w closed
  refuses '"closed" cannot be written to: Permission denied' --out closed
  refuses '"closed/x" cannot be made: Permission denied' --out closed/x
fi

# -- going on with a run
refuses "xtape-mnist: --resume: needs the directory of a run, as --resume runs/2" --resume
refuses 'xtape-mnist: --resume: there is no directory "runs/7"' --resume runs/7
refuses '--resume: "runs" holds no run' --resume runs
refuses 'xtape-mnist: --resume: cannot be combined with --force' --resume --out runs/1 --force
refuses '--lr: 0.5 differs from 0.001 of the run in "runs/1"' --resume runs/1 --lr 0.5
refuses '--nesterov: true differs from false of the run' --out runs/1 --resume --nesterov
mkdir killed && cp runs/1/run.json runs/1/config.toml killed
refuses 'the run in "killed" ended before its first checkpoint; begin it again with xtape-mnist train --config killed/config.toml --out killed --force' \
  --resume killed
"$binary" --resume runs/1 --lr 1e-3 >out || complain "--resume with the same --lr: exit code $?"
[ "$(weights_of out)" = "$two_epochs" ] || complain "a run that had ended changed"
before=$(cksum <runs/1/config.toml)
refuses 'xtape-mnist: --epochs: 1 is less than the 2 epochs that the run in "runs/1" has completed' --resume runs/1 --epochs 1
refuses '--clip-grad-norm: 1 differs from 0 of the run' --resume runs/1 --clip-grad-norm 1
"$binary" --resume runs/1 --early-stopping 1 >out || complain "--resume of a run that had ended: exit code $?"
grep -q "^resumed after epoch 2, step 226$" out || complain "where it goes on is not told: $(cat out)"
grep -q "^resumed nothing to train: the run had ended; more" out || complain "what helps is not told: $(cat out)"
[ "$(cksum <runs/1/config.toml)" = "$before" ] || complain "a run that trains nothing has another config.toml"
"$binary" --out runs/1 --resume --epochs 4 --threads 2 >out || complain "--resume: exit code $?"
train --epochs 4 --no-out >whole
[ "$(weights_of out)" = "$(weights_of whole)" ] || complain "2 + 2 epochs are not 4"
[ "$(wc -l <runs/1/metrics.csv)" -eq 5 ] || complain "metrics.csv has not four lines after --resume"
grep -q "^epochs = 4$" runs/1/config.toml || complain "config.toml does not have the new number of epochs"
train --epochs 2 --schedule cosine --out cosine >out
refuses '--epochs: 4 differs from 2 of the run in "cosine": its schedule cosine is laid out for 2 epochs' --resume cosine --epochs 4
sed 's/"hash": "[0-9a-f]*"/"hash": "0123456789abcdef"/' runs/1/run.json >run.json && mv run.json runs/1/run.json
refuses 'the run in "runs/1" was trained on other data: its hash is 0123456789abcdef' --resume runs/1
cp runs/2/last.safetensors cosine/
"$binary" --resume cosine >out 2>err && complain "the checkpoint of another run is taken"
grep -q 'cosine/last.safetensors": the parts do not match' err || complain "the checkpoint of another run: $(cat err)"
grep -q '"state": "finished"' cosine/run.json || complain "a refused --resume changes run.json"

mkdir lost && cp cosine/run.json cosine/config.toml cosine/best.safetensors lost
refuses 'the run in "lost" has no last.safetensors; its best weights are in "lost/best.safetensors"' --resume lost

# -- killed at any time, a run goes on as if nothing had happened
"$binary" --data digits --epochs 8 --hidden 300 --batch-size 16 --schedule one-cycle --augment --no-out >whole
"$binary" --data digits --epochs 8 --hidden 300 --batch-size 16 --schedule one-cycle --augment --out hard >/dev/null 2>&1 &
wait_for hard/last.safetensors
"$binary" --resume hard >out 2>err; code=$?
[ "$code" -eq 0 ] || ended_with 1 '"hard" is in use by another xtape-mnist'
kill -9 $! 2>/dev/null
wait $! 2>/dev/null
grep -q '"state": "finished"' hard/run.json || "$binary" report hard | grep -q "^state   interrupted; train --resume hard goes on" ||
  complain "report of a run that was killed does not say that it was interrupted"
"$binary" --resume hard >out 2>err || complain "after kill -9: $(cat err)"
[ -n "$(weights_of out)" ] && [ "$(weights_of out)" = "$(weights_of whole)" ] || complain "kill -9 changed the weights"
is_whole hard

# -- a signal ends in good order. (A shell starts programs in the background with SIGINT ignored.)
for signal in INT:130:Ctrl-C TERM:143:SIGTERM; do
  number=$(echo $signal | cut -d: -f2)
  env --default-signal=INT "$binary" train --data digits --hidden 300 --epochs 100000 --out $number >out 2>err &
  wait_for $number/last.safetensors
  kill -${signal%%:*} $!
  wait $!
  code=$?
  ended_with "$number" "xtape-mnist: stopped by ${signal##*:}; continue with xtape-mnist train --resume $number"
  grep -q '"state": "stopped"' $number/run.json || complain "$signal: run.json does not say that the run was stopped"
  grep -q "^report  $number/report.html" out || complain "$signal: the output does not name the report"
  is_whole $number
done

rm out
env --default-signal=INT "$binary" train --data digits --hidden 16 --epochs 100000 --no-out >out 2>err &
wait_for out
kill -INT $!
wait $!
code=$?
ended_with 130 "stopped by Ctrl-C; the weights are those of the last step, for --no-out keeps no best epoch"

# -- a closed pipe
{
  train --epochs 100000 --out pipe 2>err
  echo $? >code
} | head -n 8 >out
code=$(cat code)
ended_with 141 "xtape-mnist: stdout: its reader has closed it; continue with xtape-mnist train --resume pipe"
is_whole pipe
"$binary" --data digits --epochs 0 2>err | :
[ "$(wc -l <err)" -le 1 ] || complain "a pipe that was closed at once: $(cat err)"

# -- no room: a file may have at most 100 kB
(
  trap '' XFSZ
  ulimit -f 200
  wide --epochs 100000 --out full >out 2>err
  echo $? >code
)
code=$(cat code)
ended_with 1 "could not be written"
is_whole full

# -- a loss that is not a number
train --epochs 3 --optimizer sgd --lr 1e30 --out nan >out 2>err
code=$?
ended_with 1 "the loss is NaN"
grep -q '"state": "diverged"' nan/run.json || complain "run.json does not say that the run has diverged"
[ -s nan/report.html ] || complain "a run that has diverged has no report"

# -- JSON alone on stdout
train --epochs 2 --progress json --no-out >out 2>err || complain "--progress json: exit code $?"
[ "$(grep -cv '^{.*}$' out)" -eq 0 ] || complain "--progress json: stdout holds other lines"
[ "$(grep -c '"type":"epoch"' out)" -eq 2 ] || complain "--progress json: not two epochs"
tail -n 1 out | grep -q '"type":"test"' || complain "--progress json: no result of the test images"
grep -q "^weights " err || complain "--progress json: the text is not on stderr"
train --epochs 1 --progress none --no-out >out || complain "--progress none: exit code $?"
grep -q "^epoch" out && complain "--progress none shows epochs"

# -- a convolutional network, from its training to its answers
# Its peak memory: with Fashion-MNIST a run takes 75 MB more, which must stay within 200 MB.
cat >peak.py <<'END'
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1000, file=open("peak", "w"))
sys.exit(code)
END
python3 peak.py "$binary" train --data digits --model cnn --epochs 1 --threads 2 --validation 0.9 --skip-validation \
  --out cnn >out ||
  complain "--model cnn: exit code $?"
if ! grep -qaE "__[at]san_init" "$binary"; then  # sanitizers take memory of their own
  [ "$(cat peak)" -le 125 ] || complain "a cnn takes $(cat peak) MB"
fi
tr -s ' \n' ' ' <out | grep -q "model convolutions 1-32-64-128, linear 6272-10, dropout 0.5 (155626 parameters)" ||
  complain "--model cnn: its description: $(cat out)"
"$binary" evaluate cnn --data digits >out || complain "evaluate a cnn: exit code $?"
"$binary" train --data digits --model cnn --hidden 3 --no-out >out 2>err && complain "--hidden of a cnn is ignored"
grep -qx "xtape-mnist: --hidden: needs --model mlp" err || complain "--hidden of a cnn: $(cat err)"
"$binary" train --data digits --model linear --dropout 0 --no-out >out 2>err && complain "--dropout of a linear model is ignored"
grep -qx "xtape-mnist: --dropout: needs --model mlp or cnn" err || complain "--dropout of a linear model: $(cat err)"

# -- a heading that cannot be printed ends the run as failed
if [ -e /dev/full ] && command -v stdbuf >/dev/null; then
  stdbuf -o0 "$binary" train --data digits --epochs 1 --out unprinted >/dev/full 2>err
  code=$?
  ended_with 1 "stdout: cannot be written to"
  grep -q '"state": "failed"' unprinted/run.json || complain "a heading that cannot be printed leaves the run: $(grep state unprinted/run.json)"
fi

# -- a directory that is replaced meanwhile: nothing is written into the other one
# (A directory that is moved between the last look at it and the writing of a checkpoint is not noticed. With batches of
# one image an epoch is long, and the checkpoint has just been written.)
train --epochs 1000 --batch-size 1 --out moved >out 2>err &
wait_for moved/last.safetensors
mv moved elsewhere
mkdir moved
wait $!
code=$?
ended_with 1 '--out: "moved" was moved, removed or replaced'
[ -z "$(ls moved)" ] || complain "the directory that replaced a run's got $(ls moved)"
is_whole elsewhere
"$binary" report elsewhere | grep -qx "state   interrupted; train --resume elsewhere goes on" ||
  complain "report of a run that was moved away does not say that it was interrupted"
"$binary" report elsewhere runs/2 | grep -qE "^elsewhere .* interrupted$" || complain "a comparison calls it $("$binary" report elsewhere runs/2)"

# -- trying out
train --dry-run >out || complain "--dry-run: exit code $?"
tail -n 1 out | grep -q "nothing was trained or written" || complain "--dry-run: $(tail -n 1 out)"
mkdir dry && (cd dry && train --dry-run --out here --save file >/dev/null && [ -z "$(ls)" ]) || complain "--dry-run writes"
train --overfit-one-batch >out || complain "--overfit-one-batch: exit code $?"
"$binary" train --overfit-one-batch --model linear --lr 1e-6 >out 2>err && complain "an lr of 1e-6 learns a batch by heart"
grep -qE "^xtape-mnist: --overfit-one-batch: the loss is still [0-9.]+ after [0-9]+ steps; try" err || complain "$(cat err)"

# -- what decides the training reaches it
for option in --augment --flip '--ema 0.5'; do
  [ "$(train --epochs 2 --no-out $option | weights_of -)" != "$two_epochs" ] || complain "$option changed nothing"
done
for schedule in one-cycle cosine; do
  [ "$(train --epochs 2 --no-out --schedule $schedule | weights_of -)" != "$two_epochs" ] || complain "$schedule changed nothing"
done
train --epochs 4 --no-out --schedule step --progress json 2>err | grep -q '"lr":0.0001' || complain "step changed nothing"
wide --epochs 60 --no-out --dropout 0 --lr 0.02 --early-stopping 1 >out || complain "--early-stopping: exit code $?"
[ "$(grep -cE '^ +[0-9]+ ' out)" -lt 60 ] || complain "--early-stopping never stopped"
refuses "--early-stopping: needs images to validate on" --early-stopping 2 --validation 0

finish
