#!/bin/sh
# Tests xtape-mnist lr-find. Usage: lr_find_test.sh BINARY
. "$(dirname "$0")/check.sh"

"$binary" lr-find --data digits --hidden 32 --seed 3 >out || complain "lr-find: exit code $?"
grep -qx "data    built-in digits, 7200 training images" out || complain "the data is not named: $(cat out)"
grep -qx "model   784-32-10, dropout 0.5, adam" out || complain "the model is not named: $(cat out)"
rows=$(grep -cE "^ [0-9.e+-]+ +[0-9.]+  \|#*>?( +<- falls fastest)?$" out)
[ "$rows" -ge 15 ] && [ "$rows" -le 25 ] || complain "the curve has $rows rows: $(cat out)"
[ "$(grep -c "<- falls fastest$" out)" -eq 1 ] || complain "not one row is marked: $(cat out)"
[ "$(grep -v "^  xtape-mnist" out | wc -L)" -le 80 ] || complain "a line is longer than 80 columns"
[ "$(grep -v "^  xtape-mnist" out | grep -v fastest | wc -L)" -le 59 ] || complain "a line does not fit into 60 columns: $(cat out)"
[ "$(ls)" = out ] || complain "lr-find wrote files: $(ls)"

# -- the command that it proposes has the options of this one, and trains well
command=$(sed -n 's/^  xtape-mnist //p' out | head -n 1)
case $command in
  "train --schedule one-cycle --lr 0."*" --data digits --hidden 32 --seed 3") ;;
  *) complain "the command is '$command'" ;;
esac
lr=$(echo "$command" | cut -d' ' -f5)
case $(sed -n 's/^  xtape-mnist //p' out | tail -n 1) in
  "train --lr 0."*" --data digits --hidden 32 --seed 3") ;;
  *) complain "without a schedule there is no command: $(cat out)" ;;
esac
awk -v lr="$lr" 'BEGIN { exit !(lr >= 0.001 && lr <= 0.1) }' || complain "$lr is no good learning rate of Adam here"
accuracy=$("$binary" $command --epochs 2 --no-out | sed -n 's/^test .*accuracy 0\.//p')
[ "${accuracy:-0}" -gt 8500 ] || complain "after two epochs with lr $lr the accuracy is 0.$accuracy"

# -- the same seed gives the same curve
[ "$("$binary" lr-find --data digits --hidden 32 --seed 3)" = "$(cat out)" ] || complain "the curve is another"
"$binary" lr-find --hidden 16 --classes "0,1,2,3,4,5,6,7,8,it's 9" | grep -F >/dev/null -- "--classes '0,1,2,3,4,5,6,7,8,it'\\''s 9'" ||
  complain "the command is not quoted for a shell"
"$binary" lr-find --model linear --optimizer sgd --nesterov --steps 50 | grep -E >/dev/null "^  xtape-mnist train --lr .* --model linear --optimizer sgd --nesterov$" ||
  complain "flags are not in the command"

# -- refused
refuses "xtape-mnist: --start-lr: needs a number above 0" lr-find --start-lr 0
refuses "xtape-mnist: --end-lr: 0.1 is not above --start-lr 0.1" lr-find --start-lr 0.1 --end-lr 0.1
refuses "xtape-mnist: --steps: 1 is outside [2, 100000]" lr-find --steps 1
refuses "xtape-mnist: --lr: no such option; xtape-mnist lr-find --help lists them" lr-find --lr 0.1
refuses "xtape-mnist: --momentum: needs --optimizer sgd" lr-find --momentum 0.5
refuses 'there is no "nowhere"' lr-find --data nowhere
"$binary" lr-find --hidden 16 --start-lr 1e-9 --end-lr 1e-8 --steps 20 >out 2>err && complain "a sweep that finds nothing: exit code 0"
grep -q "^xtape-mnist: LrSweep: the loss falls nowhere in 20 steps; try another start_lr and end_lr$" err || complain "a sweep that finds nothing: $(cat err)"

finish
