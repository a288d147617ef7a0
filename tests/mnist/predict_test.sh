#!/bin/sh
# Tests xtape-mnist predict. Usage: predict_test.sh BINARY
. "$(dirname "$0")/check.sh"

"$binary" --data digits --epochs 1 --hidden 16 --out run --progress none >/dev/null || complain "training failed"

# pgm [ground [ink]]: a picture of 28 x 28 with a vertical line, as text.
pgm() {
  awk -v ground="${1:-0}" -v ink="${2:-255}" 'BEGIN {
    print "P2 28 28 255"
    for (i = 0; i < 784; ++i) print (i % 28 >= 13 && i % 28 < 16 && i > 112 && i < 672) ? ink : ground
  }'
}
# idx N: an IDX file of N dark pictures.
idx() {
  printf '\000\000\010\003\000\000\000%b\000\000\000\034\000\000\000\034' "\\000$(printf %o "$1")"
  head -c $((784 * $1)) /dev/zero
}
# says "LINES" ARGUMENTS...: exit code 0, these lines on stdout (as a grep -E pattern, each), nothing on stderr.
says() {
  pattern=$1
  shift
  "$binary" predict "$@" >out 2>err || complain "predict $*: exit code $?"
  [ -s err ] && complain "predict $*: $(cat err)"
  grep -qvxE -- "$pattern" out && complain "predict $*: '$(cat out)' is not '$pattern'"
  [ -s out ] || complain "predict $*: says nothing"
}

pgm >one.pgm
pgm 255 0 >ink.pgm
p='[01]\.[0-9]{4}'
says "one.pgm: [0-9] $p, [0-9] $p, [0-9] $p" run one.pgm
says "one.pgm: [0-9] $p, [0-9] $p, [0-9] $p" run/best.safetensors one.pgm
says "one.pgm: [0-9] $p" --top 1 run one.pgm
[ "$("$binary" predict --top 10 run one.pgm | tr ',' '\n' | wc -l)" -eq 10 ] || complain "--top 10 names fewer classes"
says "one.pgm: ([0-9] $p, ){9}[0-9] $p" --top 99 run one.pgm
idx 3 >three
says "three\[[012]\]: .*" run three
[ "$("$binary" predict run one.pgm three one.pgm | wc -l)" -eq 5 ] || complain "five pictures have not five lines"
[ "$("$binary" predict run - <one.pgm)" = "$("$binary" predict run one.pgm | sed 's/^one.pgm/-/')" ] ||
  complain "a picture from stdin is another"
idx 0 >none
[ -z "$("$binary" predict run none)" ] || complain "no pictures have lines"

# -- the probabilities are those of the model: they sum to 1 and fall
"$binary" predict --json --top 10 run one.pgm | grep -o '"top":.*' | grep -o '"probability":[0-9.e-]*' | cut -d: -f2 |
  awk '{ sum += $1; if (NR > 1 && $1 > last) bad = 1; last = $1 } END { exit bad || NR != 10 || sum < 0.9999 || sum > 1.0001 }' ||
  complain "probabilities do not sum to 1 or do not fall"

# -- JSON, an object a line
j='\{"file":"one.pgm","class":"[0-9]","label":[0-9],"probability":[0-9.e-]+,"top":\[\{"class":"[0-9]","label":[0-9],"probability":[0-9.e-]+\}\]\}'
says "$j" --json --top 1 run one.pgm
"$binary" predict --json run three | grep -q '^{"file":"three","index":2,' || complain "JSON lacks the index"

# -- dark on light: told, and inverted
"$binary" predict run ink.pgm >out 2>err || complain "dark on light: exit code $?"
grep -qx 'xtape-mnist: note: "ink.pgm" is light at its corners, as ink on paper; MNIST'"'"'s images are light on dark: --invert makes them alike' err ||
  complain "dark on light: $(cat err)"
[ "$("$binary" predict --invert run ink.pgm 2>&1 | sed 's/^ink/one/')" = "$("$binary" predict run one.pgm)" ] ||
  complain "--invert does not make them alike"

# -- PNG, where xtape::images is built: resized, which is told. This one has 1 x 1 pixel, of the value 200.
printf '\211\120\116\107\015\012\032\012\000\000\000\015\111\110\104\122\000\000\000\001\000\000\000\001\010\000\000\000\000\072\176\233\125\000\000\000\012\111\104\101\124\170\234\143\070\001\000\000' >one.png
printf '\312\000\311\231\312\135\176\000\000\000\000\111\105\116\104\256\102\140\202' >>one.png
"$binary" predict run one.png >out 2>err
if ! grep -q 'which is not read' err; then
  grep -qx 'xtape-mnist: note: "one.png" is 1 x 1, resized to 28 x 28' err || complain "a PNG of another size: $(cat err)"
  grep -qxE "one.png: [0-9] $p, [0-9] $p, [0-9] $p" out || complain "a PNG: $(cat out)"
  [ "$("$binary" predict run - <one.png 2>/dev/null)" = "$(sed 's/^one.png/-/' out)" ] ||
    complain "a PNG from stdin is another"
fi

# -- what is not a picture; the others are classified all the same
refuses 'xtape-mnist: FILE: "none.pgm": No such file or directory' predict run none.pgm
refuses 'xtape-mnist: MODEL: "large.pgm" stands in its place; the model comes first: xtape-mnist predict run large.pgm' predict large.pgm run
refuses 'xtape-mnist: FILE: "run" is a directory, not a file' predict run run
printf 'P5 32 32 255 ' >large.pgm
refuses 'xtape-mnist: FILE: "large.pgm" is 32 x 32, the model takes 28 x 28; resize it, as ImageMagick'"'"'s convert -resize '"'28x28!'"' does' predict run large.pgm
refuses 'xtape-mnist: FILE: "run/run.json" is neither a picture nor an IDX file' predict run run/run.json
idx 2 | head -c 1000 >cut
refuses 'read_idx: "cut" is truncated or damaged' predict run cut
"$binary" predict run large.pgm one.pgm none.pgm >out 2>err && complain "broken files: exit code 0"
[ "$(wc -l <out)" -eq 1 ] && [ "$(wc -l <err)" -eq 2 ] || complain "broken files: $(cat out err)"
"$binary" predict run - <three >out 2>err && complain "IDX from stdin: exit code 0"
grep -qx "xtape-mnist: FILE: standard input is an IDX file; only a single picture can be read from there" err ||
  complain "IDX from stdin: $(cat err)"

# -- what is not a model
refuses 'xtape-mnist: MODEL: there is no "nothing"; pass a file of weights or the directory of a run' predict nothing one.pgm
refuses 'xtape-mnist: MODEL: the directory "." has no best.safetensors, which a run writes when its first epoch ends' predict . one.pgm
refuses 'xtape-mnist: MODEL: "run/last.safetensors" is what train --resume continues, no model; use "run" or "run/best.safetensors"' \
  predict run/last.safetensors one.pgm
refuses 'safetensors_metadata: "one.pgm"' predict one.pgm one.pgm
refuses "xtape-mnist: --top: 0 is outside [1, 65536]" predict --top 0 run one.pgm
refuses "xtape-mnist: --invrt: no such option, did you mean --invert?" predict --invrt run one.pgm
refuses "xtape-mnist: predict: needs MODEL (File of a model, or directory of a run, whose best weights are used); see xtape-mnist predict --help" predict
refuses "xtape-mnist: predict: needs FILE (Pictures (PNG, JPEG, PGM), or IDX files with any number of them; - reads a picture from stdin); see xtape-mnist predict --help" predict run

# -- a full disk and a reader that goes away
if [ -e /dev/full ]; then
  "$binary" predict run one.pgm >/dev/full 2>err && complain "a full disk went unnoticed"
  grep -qx "xtape-mnist: stdout: cannot be written to" err || complain "a full disk: $(cat err)"
fi
# More than a pipe holds.
{
  "$binary" predict run $(yes three | head -n 1000) 2>err
  echo $? >code
} | head -n 1 >out
[ -s err ] && complain "a reader that goes away: $(cat err)"
[ "$(cat code)" -eq 141 ] || complain "a reader that goes away: exit code $(cat code)"

finish
