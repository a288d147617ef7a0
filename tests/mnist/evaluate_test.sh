#!/bin/sh
# Tests xtape-mnist evaluate and summary. Usage: evaluate_test.sh BINARY
. "$(dirname "$0")/check.sh"

"$binary" --data digits --epochs 1 --hidden 16 --out run --progress none --save model.safetensors >trained ||
  complain "training failed"

# -- what training has said about the test images
"$binary" evaluate run >out || complain "evaluate: exit code $?"
accuracy=$(sed -n 's/^test .*accuracy //p' trained)
grep -q "^result  loss [0-9.]*, accuracy $accuracy (0\.[0-9]* to 0\.[0-9]*), 2000 samples$" out ||
  complain "accuracy is not $accuracy: $(cat out)"
grep -qx "model   run/best.safetensors (784-16-10, dropout 0.5)" out || complain "the model is not named: $(cat out)"
grep -qx "data    built-in digits, 2000 test images" out || complain "the data is not named: $(cat out)"
grep -qE "^ECE     0\.[0-9]{4}, " out || complain "no calibration error: $(cat out)"
[ "$(grep -cE "^ +[0-9] +[01]\.[0-9]+ +[01]\.[0-9]+ +[01]\.[0-9]+ +200$" out)" -eq 10 ] || complain "not ten classes: $(cat out)"
[ "$(wc -L <out)" -le 80 ] || complain "a line is longer than 80 columns"
"$binary" evaluate model.safetensors | grep >/dev/null "accuracy $accuracy " || complain "the file of --save has other weights"
"$binary" evaluate run --split train | grep -x >/dev/null "data    built-in digits, 8000 training images" || complain "--split train"

# -- the page
"$binary" evaluate run --report page.html | grep -qx "report  page.html" || complain "the page is not named"
grep -q "</html>" page.html || complain "the page is not whole"
grep -qF "run/best.safetensors" page.html || complain "the page does not name the model"

# -- names of classes come from the model
"$binary" --data digits --classes zero,one,two,three,four,five,six,seven,eight,nine --epochs 1 --hidden 8 --out named \
  --progress none >/dev/null || complain "training with names failed"
"$binary" evaluate named | grep -E >/dev/null "^ +seven +0" || complain "classes have not their names"
refuses "xtape-mnist: --data: the classes of built-in digits are 0,1,2,3,4,5,6,7,8,9, those of the model zero,one,two,three,four,five,six,seven,eight,nine; if they are the same, pass --classes with the model's names" \
  evaluate named --classes 0,1,2,3,4,5,6,7,8,9

# -- refused
refuses 'there is no "nowhere"; pass' evaluate run --data nowhere
refuses 'mnist: no train-images-idx3-ubyte, plain or .gz, in "."' evaluate run --data .
refuses 'xtape-mnist: --split: "tset" is not test or train, did you mean test?' evaluate run --split tset
refuses 'xtape-mnist: --report: there is no directory "nowhere"' evaluate run --report nowhere/page.html
refuses 'MODEL: there is no "nothing"' evaluate nothing
printf '\001\000\000\000\000\000\000\000{' >broken
refuses '"broken"' evaluate broken
if [ -e /dev/full ]; then
  "$binary" evaluate run >/dev/full 2>err && complain "a full disk went unnoticed"
  grep -qx "xtape-mnist: stdout: cannot be written to" err || complain "a full disk: $(cat err)"
fi

# -- summary
"$binary" summary run >out || complain "summary: exit code $?"
grep -qx "model    run/best.safetensors (784-16-10, dropout 0.5)" out || complain "summary: no model: $(cat out)"
grep -qx "input    28 x 28 pixels, (byte / 255 - 0) / 1" out || complain "summary: no input: $(cat out)"
grep -qx "classes  0, 1, 2, 3, 4, 5, 6, 7, 8, 9" out || complain "summary: no classes: $(cat out)"
grep -qE "^total +12,730  trainable$" out || complain "summary: no total: $(cat out)"
"$binary" summary --hidden 7 | grep -qE "^1 +Linear +\(1, 7\) +5,495  trainable$" || complain "summary --hidden"
"$binary" summary --model linear | grep -qE "^total +7,850  trainable$" || complain "summary --model linear"
refuses "xtape-mnist: --hidden: cannot be combined with a MODEL, which has its own" summary run --hidden 3
refuses "xtape-mnist: --hidden: needs --model mlp" summary --model linear --hidden 3
refuses 'MODEL: there is no "nothing"' summary nothing

finish
