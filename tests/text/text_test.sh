#!/bin/sh
# Tests xtape-text on the built-in sentences, and on a small package index. Usage: text_test.sh BINARY
. "$(dirname "$0")/../mnist/check.sh"

# knows FILE TOKEN: whether the vocabulary in a model's file has the token
knows() {
  LC_ALL=C grep -qaF "\\n$2\\n" "$1"
}

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
LC_ALL=C sed 's/"length":"64"/"length":"32"/' model.safetensors >shorter
for file in model.safetensors shorter; do "$binary" predict "$file" "a rose and a hedge"; done | sort -u >out
[ "$(wc -l <out)" -eq 1 ] || complain "padding counts in a mean: $(cat out)"
mkdir alone && (cd alone && env -i "$binary" predict ../model.safetensors "a keel" | grep -q "^sailing ") ||
  complain "predict needs more than the model's file"

# -- a package index: one paragraph a package, siblings stay together, repeated packages count once
awk 'BEGIN { for (i = 0; i < 400; ++i) for (k = 0; k < 2; ++k) {
    printf "Package: p%d-%d\nSource: s%d (1.%d)\nSection: %s\n", i, k, i, k, i % 2 ? "contrib/net" : "games"
    printf "Description: %s %d\n and more\n\n", i % 2 ? "sends packets" : "plays chess", i }
  printf "Package: p0-0\nSection: net\nDescription: the same again\n\nPackage: lonely\nSection: games\n" }' >index
"$binary" train --data index --out index.safetensors >out || complain "index: $(cat out)"
grep -qE "^texts   [0-9]+ training, [0-9]+ validation, [0-9]+ test; 2 topics$" out || complain "index: $(cat out)"
[ "$(sed -n 's/^texts   //p' out | tr -c '0-9\n' ' ' | awk '{ print $1 + $2 + $3 }')" -eq 800 ] || complain "not 800: $(cat out)"
mkdir split
"$binary" export --data index split || complain "export"
[ "$(cat split/*.txt | wc -l)" -eq 800 ] || complain "export: not 800 lines"
grep -qxE "__label__games plays chess [0-9]+" split/train.txt || complain "export: $(head -1 split/train.txt)"
[ "$(cut -d' ' -f1 split/*.txt | sort -u | tr '\n' ' ')" = "__label__games __label__net " ] ||
  complain "other topics: $(cut -d' ' -f1 split/*.txt | sort | uniq -c)"
grep -q "the same again" split/*.txt && complain "a package that is listed twice is not as it was listed first"
for part in train validation test; do sed 's/.* //' "split/$part.txt" | sort -u >"$part"; done
[ -z "$(sort train validation test | uniq -d)" ] || complain "siblings are in several parts"
for part in train validation test; do
  while read -r number; do
    if knows index.safetensors "$number"; then echo known; else echo unknown; fi
  done <"$part" | sort | uniq -c | tr -s ' ' >known.$part
done
[ "$(cat known.train)" = " $(wc -l <train) known" ] && ! grep -q " known" known.validation known.test ||
  complain "the vocabulary is not that of the training texts: $(cat known.train known.validation known.test)"
for fold in 0 1 2 3 4 5 6 7 8 9; do
  [ "$fold" -eq 0 ] || mv split/validation.txt next
  "$binary" export --data index --fold "$fold" split || complain "export --fold $fold"
  [ "$fold" -eq 0 ] || cmp -s next split/test.txt || complain "fold $fold does not test what the one before validates"
  cat split/test.txt >>tested
done
[ "$(sort -u tested | wc -l)" -eq 400 ] && [ "$(wc -l <tested)" -eq 800 ] || complain "not all is tested, once"
# Of 20 sections the 14 largest: section k has 20 k packages.
awk 'BEGIN { for (k = 1; k <= 20; ++k) for (i = 0; i < 20 * k; ++i)
    printf "Package: p%d-%d\nSection: s%02d\nDescription: a text\n\n", k, i, k }' >index
"$binary" export --data index split || complain "export of many sections"
[ "$(cut -d' ' -f1 split/*.txt | sort -u | tr -d '\n')" = "$(printf '__label__s%02d' $(seq 7 20))" ] ||
  complain "not the largest sections: $(cut -d' ' -f1 split/*.txt | sort | uniq -c)"
# Two topics of the same words in another order.
awk 'BEGIN { for (i = 0; i < 400; ++i) {
    printf "Package: p%d\nSection: %s\nDescription: %s %d\n\n", i, i % 2 ? "net" : "games",
           i % 2 ? "first pawn then rook" : "first rook then pawn", i } }' >index
"$binary" train --data index --out order.safetensors --batch-size 16 >out || complain "order: $(cat out)"
grep -qE "^test .*accuracy 1\.0000 " out || complain "the order of words tells nothing: $(cat out)"
[ "$("$binary" predict --top 1 order.safetensors "Rook, then pawn" "Pawn, then rook" | cut -d' ' -f1 | tr '\n' ' ')" = "games net " ] ||
  complain "predict does not see the order of words"
# 4 words, 7 pairs (those with a number occur once), the beginning of "first"; without numbers, which occur once.
"$binary" train --data index --out counted.safetensors --epochs 1 --min-count 2 >out || complain "--min-count: $(cat out)"
grep -qF "(14 x 16)" out || complain "--min-count 2: $(cat out)"
LC_ALL=C grep -qaE '→[0-9]|[0-9]→' order.safetensors && complain "pairs that occur once are in the vocabulary"
knows model.safetensors "house→" || complain "the vocabulary has no pair for the end of a text"
for token in first rook "→first" "rook→then" "firs∗"; do
  knows order.safetensors "$token" && knows counted.safetensors "$token" || complain "the vocabulary lacks $token"
done
"$binary" train --out cut.safetensors --epochs 1 --max-words 50 --length 1 >out || complain "--max-words: $(cat out)"
grep -qF "(50 x 16)" out || complain "--max-words 50: $(cat out)"
grep -q "^note    2452 texts are cut to 1 words" out || complain "--length 1: $(cat out)"
"$binary" predict cut.safetensors "a word" "a morning" | sort -u >out
[ "$(wc -l <out)" -eq 1 ] || complain "predict reads more than a model of length 1: $(cat out)"

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
cp model.safetensors other
printf '\377\377\377\377' | dd of=other bs=1 seek=$(($(wc -c <other) - 4)) conv=notrunc 2>dd_says
refuses 'has a value that is NaN or infinite' predict other "a text"

finish
