#!/bin/sh
# Tests what xtape-mnist does with streams that cannot be written and files that mean it ill: one line and an exit code,
# never a signal. Usage: hostile_test.sh BINARY
. "$(dirname "$0")/check.sh"
escape=$(printf '\033')

# ends CODE COMMAND...: the exit code of a shell command in which $binary is the program.
ends() {
  expected=$1
  shift
  sh -c "$*" >/dev/null 2>&1
  code=$?
  [ "$code" -eq "$expected" ] || complain "$*: exit code $code, expected $expected"
}
export binary
small="--data digits --model linear --epochs 1"

# -- streams
ends 1 '"$binary" train --bogus 2>&-'
ends 1 '"$binary" train --bogus 2>/dev/full'
ends 1 '"$binary" predict a nofile 2>/dev/full'
ends 1 '"$binary" train --lr 2>/dev/full'
ends 1 "\"\$binary\" train $small --no-out >&- 2>&- <&-"
ends 0 "\"\$binary\" train $small --no-out --progress json 2>/dev/full"
ends 0 "\"\$binary\" train $small --no-out 2>&-"

# -- a run, whose files are then replaced
"$binary" train $small --out run >/dev/null 2>&1 || complain "no run"
"$binary" train $small --seed 1 --out other >/dev/null 2>&1
with() {
  rm -rf broken && cp -r run broken && cat >"broken/$1"
}
python3 -c "print('a.' * 100000 + 'b = 1')" >dots.toml
python3 -c "print('a.' * 10000 + 'b = 1')" >dots_in_64_kib.toml
python3 -c "print('[' + 'a.' * 10000 + 'b]')" >header.toml
python3 -c "print('lr = ' + '[' * 30000)" >lists.toml
python3 -c "print('lr = {' + 'a.' * 10000 + 'b = 1}')" >inline.toml
for file in dots dots_in_64_kib header lists inline; do
  refuses "$file.toml:" train --config $file.toml
  with config.toml <$file.toml
  refuses "config.toml:" report broken
  refuses "config.toml:" train --resume broken
done
refuses "dots_in_64_kib.toml:1: has too many dots; the key of an option has none" train --config dots_in_64_kib.toml
refuses 'xtape-mnist: --config: "/dev/zero" is not a regular file' train --config /dev/zero
mkfifo pipe
refuses 'xtape-mnist: --config: "pipe" is not a regular file' train --config pipe

python3 -c "print('[' * 500000)" | with run.json
refuses "run.json" report broken
refuses "run.json" train --resume broken --epochs 2
python3 -c "print('{\"data\": ' * 500000)" | with run.json
refuses "run.json" report broken
sed 's/"started": .*/"started": 3,/' run/run.json | with run.json
ends 0 '"$binary" report broken'
sed 's/"hash": .*/"hash": [3],/' run/run.json | with run.json
refuses "run.json" train --resume broken --epochs 2

# -- text that would steer the terminal
steers() {
  "$binary" "$@" >shown 2>&1
  LC_ALL=C grep -q "$escape\|$(printf '\342\200\256')" shown && complain "$*: prints a control character"
  [ -s shown ] || complain "$*: prints nothing"
}
printf '"\\u001b[2J" = 1\n' >escape.toml
steers train --config escape.toml
printf 'data = "/\\u001b]0;pwn\\u0007"\n' | with config.toml
steers report broken
steers report broken run
steers train --resume broken
sed 's/"state": .*/"state": "\\u001b[2J\\u202e",/' run/run.json | with run.json
steers report broken run
cp run/report.html "$(printf 'a\033[2J')"
steers predict run "$(printf 'a\033[2J')"
steers predict run "$(printf 'none\033[2J')"
steers summary "$(printf 'none\342\200\256')"

# -- a refusal, or a failure, leaves the old run
sum() { cat "$1"/run.json "$1"/best.safetensors | cksum; }
before=$(sum other)
for name in "$(printf 'x\033j')" "$(printf 'x\377')" "$(printf 'x\342\200\256')"; do
  refuses "--classes: the name" train $small --classes "a,b,c,d,e,f,g,h,i,$name" --out other --force
  refuses "--classes: the name" train $small --classes "a,b,c,d,e,f,g,h,i,$name" --out fresh
  refuses "--classes: the name" train $small --classes "a,b,c,d,e,f,g,h,i,$name" --dry-run
done
[ -e fresh ] && complain "a refusal leaves a directory"
ends 1 "ulimit -f 0; \"\$binary\" train $small --out other --force"
[ "$(sum other)" = "$before" ] || complain "--force drops the old run before the new one has files"
[ -z "$(ls -A other | grep new)" ] || complain "--force leaves temporary files"
ends 0 "\"\$binary\" train $small --out other --force"
[ "$(sum other)" = "$before" ] && complain "--force does not replace the run"

# -- a failure is recorded
state() { sed -n 's/^  "state": "\(.*\)",$/\1/p' "$1/run.json"; }
ends 1 "ulimit -f 40; \"\$binary\" train --data digits --epochs 2 --out failed"
[ "$(state failed)" = failed ] || complain "after a failed checkpoint the state is '$(state failed)'"
rm -rf broken && cp -r run broken && head -c 1000 run/last.safetensors >broken/last.safetensors
refuses "last.safetensors" train --resume broken --epochs 2
[ "$(state broken)" = finished ] || complain "a refused --resume makes '$(state broken)' of the state"
refuses "--save" train $small --no-out --save /proc/weights
ends 0 "\"\$binary\" train --data digits --epochs 0 --out nothing"
refuses "trained no epoch" report nothing
refuses "trained no epoch" train --resume nothing

# -- weights that are NaN
"$binary" train $small --no-out --save weights >/dev/null 2>&1
python3 - <<'PYTHON'
data = bytearray(open("weights", "rb").read())
data[-4:] = b"\x00\x00\xc0\x7f"
open("nan", "wb").write(data)
PYTHON
"$binary" lr-find --data digits --model linear --load nan >out 2>err
code=$?
[ "$code" -eq 1 ] && grep -q "the first loss is not finite" err || complain "lr-find of NaN: exit code $code, $(cat err)"

finish
