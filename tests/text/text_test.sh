#!/bin/sh
# Tests xtape-text on the built-in sentences, and on a small package index. Usage: text_test.sh BINARY
. "$(dirname "$0")/../mnist/check.sh"

# -- training
"$binary" train --out model.safetensors --report page.html --threads 1 >out || complain "train: exit code $?"
grep -qx "data    built-in sentences, hash e67bc052ed5851b3" out || complain "other sentences: $(head -1 out)"
grep -qx "texts   2452 training, 271 validation, 277 test; 4 topics" out || complain "another split: $(cat out)"
accuracy=$(sed -n 's/^test .*accuracy \([0-9.]*\) ([0-9.]* to [0-9.]*), 277 samples$/\1/p' out)
[ "${accuracy#1.}" != "$accuracy" ] || [ "${accuracy#0.9}" != "$accuracy" ] || complain "accuracy $accuracy: $(cat out)"
[ "$(grep -cE "^(cooking   a|gardening b|music     c|sailing   d)( +[0-9]+){4}$" out)" -eq 4 ] ||
  complain "no confusion matrix: $(cat out)"
grep -q "</html>" page.html || complain "the page is not whole"
"$binary" train --out again.safetensors --threads 2 >/dev/null || complain "train on two threads"
cmp -s model.safetensors again.safetensors || complain "two threads make another model"
"$binary" train --epochs 1 --lr 1e-6 --out hasty.safetensors --report page.html >/dev/null || complain "a hasty train"
grep -qE '<p class="input">[a-z][a-z ]* the [a-z ]+</p>' page.html || complain "the page has no text of a mistake"

# -- the model's file is all that predict needs
"$binary" predict model.safetensors "The violin and the melody" "An ANCHOR, a keel; the tide" >out || complain "predict"
[ "$(cut -d' ' -f1 out | tr '\n' ' ')" = "music sailing " ] || complain "predict: $(cat out)"
grep -qE "^music 0\.[0-9]{4}, [a-z]+ 0\.[0-9]{4}, [a-z]+ 0\.[0-9]{4}$" out || complain "no probabilities: $(cat out)"
printf 'a spade and a hedge\n' | "$binary" predict --top 1 model.safetensors | grep -qE "^gardening 0\.[0-9]{4}$" ||
  complain "predict from stdin"
for text in "" "..." "$(printf '\377\376')"; do
  "$binary" predict model.safetensors "$text" | grep -q "(it has no word)$" || complain "no word: $text"
done
"$binary" predict model.safetensors "xyzzy plugh" | grep -q "(none of its words is known)$" || complain "no known word"
for text in "harbourside=sailing" "violinist=music" "breadcrumb=cooking"; do
  "$binary" predict model.safetensors "${text%=*}" | grep -qE "^${text#*=} .*\(none of its words is known\)$" ||
    complain "the beginning of an unknown word tells nothing: $text"
done
"$binary" predict model.safetensors "violin xyzzy" "violin xyz" >out || complain "predict an unknown word"
[ "$(sort -u out | wc -l)" -eq 1 ] || complain "an unknown beginning counts: $(cat out)"
printf 'violin\n\nanchor' | "$binary" predict model.safetensors >out || complain "predict from a pipe"
[ "$(wc -l <out)" -eq 3 ] || complain "not a line of output for each of input: $(cat out)"
mkdir alone && (cd alone && env -i "$binary" predict ../model.safetensors "a keel" | grep -q "^sailing ") ||
  complain "predict needs more than the model's file"

# -- a package index: one paragraph a package, siblings stay together, repeated packages count once
awk 'BEGIN { for (i = 0; i < 400; ++i) for (k = 0; k < 2; ++k) {
    printf "Package: p%d-%d\nSource: s%d (1.0)\nSection: %s\n", i, k, i, i % 2 ? "contrib/net" : "games"
    printf "Description: %s %d\n and more\n\n", i % 2 ? "sends packets" : "plays chess", i }
  printf "Package: p0-0\nSection: net\nDescription: the same again\n\nPackage: lonely\nSection: games\n" }' >index
"$binary" train --data index --out index.safetensors >out || complain "index: $(cat out)"
grep -qE "^texts   [0-9]+ training, [0-9]+ validation, [0-9]+ test; 2 topics$" out || complain "index: $(cat out)"
[ "$(sed -n 's/^texts   //p' out | tr -c '0-9\n' ' ' | awk '{ print $1 + $2 + $3 }')" -eq 800 ] || complain "not 800: $(cat out)"
mkdir split
"$binary" export --data index split || complain "export"
[ "$(cat split/*.txt | wc -l)" -eq 800 ] || complain "export: not 800 lines"
grep -qxE "__label__games plays chess [0-9]+" split/train.txt || complain "export: $(head -1 split/train.txt)"
for part in train validation test; do sed 's/.* //' "split/$part.txt" | sort -u >"$part"; done
[ -z "$(sort train validation test | uniq -d)" ] || complain "siblings are in several parts"
for fold in 0 1 2 3 4 5 6 7 8 9; do
  [ "$fold" -eq 0 ] || mv split/validation.txt next
  "$binary" export --data index --fold "$fold" split || complain "export --fold $fold"
  [ "$fold" -eq 0 ] || cmp -s next split/test.txt || complain "fold $fold does not test what the one before validates"
  cat split/test.txt >>tested
done
[ "$(sort -u tested | wc -l)" -eq 400 ] && [ "$(wc -l <tested)" -eq 800 ] || complain "not all is tested, once"
# Two topics of the same words in another order.
awk 'BEGIN { for (i = 0; i < 400; ++i) {
    printf "Package: p%d\nSection: %s\nDescription: %s %d\n\n", i, i % 2 ? "net" : "games",
           i % 2 ? "first pawn then rook" : "first rook then pawn", i } }' >index
"$binary" train --data index --out order.safetensors --batch-size 16 >out || complain "order: $(cat out)"
grep -qE "^test .*accuracy 1\.0000 " out || complain "the order of words tells nothing: $(cat out)"
[ "$("$binary" predict --top 1 order.safetensors "Rook, then pawn" "Pawn, then rook" | cut -d' ' -f1 | tr '\n' ' ')" = "games net " ] ||
  complain "predict does not see the order of words"

# -- refused
refuses 'xtape-text: data: "nowhere" cannot be read' train --data nowhere
refuses 'is no package index with enough packages' train --data /dev/null
refuses '"nothing": No such file' predict nothing "a text"
printf '\001\000\000\000\000\000\000\000{' >broken
refuses '"broken"' predict broken "a text"
refuses "--epochs" train --epochs 0
refuses "--dim" train --dim x
refuses "--fold" train --fold 10
refuses "xtape-text: train, predict or export?; see xtape-text --help"
refuses "xtape-text: MODEL is required; see xtape-text predict --help" predict
refuses 'xtape-text: "--epoch": is not expected here; see xtape-text train --help' train --epoch 3
refuses 'xtape-text: "frobnicate": is not expected here; see xtape-text --help' frobnicate
head -c 900 model.safetensors >short
refuses '"short" is truncated' predict short "a text"
if [ -e /dev/full ]; then
  "$binary" predict model.safetensors "a text" >/dev/full 2>err && complain "nothing is told about a full disk"
  grep -q "stdout: cannot be written to" err || complain "a full disk: $(cat err)"
fi
"$binary" train --out nowhere/model.safetensors >/dev/null 2>err && complain "a file in no directory"
grep -q "nowhere" err || complain "a file in no directory: $(cat err)"
LC_ALL=C sed 's/xtape-vocabulary 1/xtape-vocabulary 9/' model.safetensors >other
refuses 'xtape-text: model: "other": Vocabulary: line 1 is "xtape-vocabulary 9 ' predict other "a text"
LC_ALL=C sed 's/"classes":"cooking.n/"classes":"coo\\nng\\n/' model.safetensors >other
refuses 'is not float32 (5, ' predict other "a text"
LC_ALL=C sed 's/"xtape-text":"2"/"xtape-text":"1"/' model.safetensors >other
refuses 'xtape-text: model: "other" is of version 1, expected 2; train it again?' predict other "a text"
LC_ALL=C sed 's/"length":"64"/"length":"-4"/' model.safetensors >other
refuses 'its length is not in [1, 4096]' predict other "a text"

finish
