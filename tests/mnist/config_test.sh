#!/bin/sh
# Tests the configuration files of xtape-mnist train. Usage: config_test.sh BINARY
. "$(dirname "$0")/check.sh"

# refused 'LINES OF TOML' "the message after the name of the file": one line on stderr.
refused() {
  printf "$1" >c.toml
  "$binary" train --config c.toml >out 2>err && complain "accepted: $1"
  [ "$(wc -l <err)" -eq 1 ] || complain "$1: stderr is not one line: $(cat err)"
  case $2 in ";"*) part=$2 ;; *) part="xtape-mnist: c.toml:$2" ;; esac
  grep -qF -- "$part" err || complain "$1: '$(cat err)' lacks '$2'"
  [ -s out ] && complain "$1: wrote to stdout"
}

# -- what is wrong in a file
refused 'lr = "fast"\n' "1: lr: needs a number, got string"
refused '\n\nepochs = 1.5\n' "3: epochs: needs a whole number, got floating-point"
refused 'epochs = "3"\n' "1: epochs: needs a whole number, got string"
refused 'nesterov = 1\n' "1: nesterov: needs true or false, got integer"
refused 'model = true\n' "1: model: needs a text in quotes, got boolean"
refused 'seed = 3\nlr = [1, 2]\n' "2: lr: needs a number, got array"
refused 'epochs = -1\n' "1: epochs: -1 is outside [0, 100000]"
refused 'seed = -1\n' "1: seed: -1 is outside [0, 18446744073709551615]"
refused 'seed = "99999999999999999999"\n' "1: seed: 99999999999999999999 is outside [0, 18446744073709551615]"
refused 'lr = nan\n' "1: lr: nan is outside [0, inf)"
refused 'model = "convolution"\n' '1: model: "convolution" is not linear, mlp or cnn'
refused 'seed = 1\nepoch = 3\n' "2: epoch: no such key, did you mean epochs?"
refused 'rate = 3\n' "1: rate: no such key. There are augment, batch-size, classes, "
refused 'learning_rate = 3\n' "1: learning_rate: no such key, did you mean lr?"
refused 'optimizer = sgd\n' '; texts stand in quotes: "sgd"'
refused 'augment = yes\n' "; write true"
refused 'batch_size = 3\n' "1: batch_size: no such key, did you mean batch-size?"
refused 'out = "x"\n' "1: out: no such key: --out is for the command line alone"
refused '[train]\nlr = 1\n' "1: train: no such key; leave out [train]: keys stand alone"
refused '[lr]\nx = 1\n' "1: lr: needs a number, got table"
refused 'lr = = 1\n' "1: not valid TOML: "
refused 'lr = 1\nlr = 2\n' "2: not valid TOML: "
refused '\377 = 1\n' "1: not valid TOML: "
printf 'momentum = 0.5\n' >c.toml
refuses "xtape-mnist: --momentum: needs --optimizer sgd" --config c.toml
refuses 'xtape-mnist: --config: "none.toml": No such file or directory' --config none.toml
refuses 'xtape-mnist: --config: "." is not a regular file' --config .
refuses "xtape-mnist: --config: needs the name of a file" --config ""

# -- a file gives options, and the command line wins
run() { "$binary" train --data digits --no-out "$@" 2>&1 | sed -n 's/^weights //p'; }
printf 'hidden = 16\nepochs = 1\noptimizer = "sgd"\nlr = 0.05\nmomentum = 0.5\nnesterov = true\nseed = 3\n' >c.toml
same=$(run --hidden 16 --epochs 1 --optimizer sgd --lr 0.05 --momentum 0.5 --nesterov --seed 3)
[ -n "$same" ] && [ "$(run --config c.toml)" = "$same" ] || complain "options of a file are not those of the command line"
[ "$(run --config c.toml --seed 4)" = "$(run --hidden 16 --epochs 1 --optimizer sgd --lr 0.05 --momentum 0.5 --nesterov --seed 4)" ] ||
  complain "the command line does not win"
[ "$(run --config c.toml --optimizer adam)" = "$(run --hidden 16 --epochs 1 --lr 0.05 --seed 3)" ] ||
  complain "a file's momentum stands in the way of --optimizer adam"

# -- the configuration of a run serves another
train() { "$binary" train --data digits "$@" | sed -n 's/^weights //p'; }
first=$(train --hidden 16 --epochs 1 --seed 18446744073709551615 --lr 1e-5 --label-smoothing 0.1 --classes 'a,"b",c\,d,e,f,g,h,i,j' --out first)
[ -n "$first" ] && [ "$("$binary" --config first/config.toml --out second | sed -n 's/^weights //p')" = "$first" ] ||
  complain "config.toml does not bring the run again"
cmp first/config.toml second/config.toml || complain "config.toml of the same run differs"

finish
