# What the tests of xtape-mnist share. Each begins with `. "$(dirname "$0")/check.sh"`, gets the binary as its argument,
# works in an empty directory, $scratch, and ends with finish.
set -u
binary=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
failures=0

complain() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# refuses "part of the message" ARGUMENTS...: exit code 1, one line on stderr, nothing on stdout. A message that begins
# with "xtape-mnist: " is the whole line.
refuses() {
  expected=$1
  shift
  "$binary" "$@" >"$scratch/out" 2>"$scratch/err"
  code=$?
  [ "$code" -eq 1 ] || complain "$*: exit code $code, expected 1"
  [ "$(wc -l <"$scratch/err")" -eq 1 ] || complain "$*: stderr is not one line: $(cat "$scratch/err")"
  case $expected in "xtape-mnist: "*) whole=-x ;; *) whole= ;; esac
  grep -qF $whole -- "$expected" "$scratch/err" || complain "$*: '$(cat "$scratch/err")' lacks '$expected'"
  [ -s "$scratch/out" ] && complain "$*: wrote to stdout"
}

# wait_for FILE [SECONDS]: until it is there and not empty, for 20 seconds at most unless told otherwise
wait_for() {
  for _ in $(seq $((20 * ${2:-20}))); do
    [ -s "$1" ] && return
    sleep 0.05
  done
  complain "$1 did not come"
}

finish() {
  [ "$failures" -eq 0 ] && echo "all checks passed"
  exit "$failures"
}
