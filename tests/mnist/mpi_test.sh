#!/bin/sh
# Tests xtape-mnist train --mpi. Usage: mpi_test.sh BINARY [MPIRUN]; exits with 77 where there is no MPI.
. "$(dirname "$0")/check.sh"
mpirun=${2:-mpirun}
export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"  # MPI's own

refuses "xtape-mnist: --virtual-shards: needs --mpi" train --virtual-shards 2
"$binary" train --mpi --data digits --epochs 0 --no-out >out 2>err || grep -q "built without MPI" err ||
  complain "--mpi by itself: $(cat err)"
if ! command -v "$mpirun" >/dev/null || [ -s err ]; then
  [ "$failures" -eq 0 ] || finish
  echo "skipped: there is no MPI"
  exit 77
fi
refuses "xtape-mnist: --mpi: cannot be combined with --dry-run or --overfit-one-batch" train --mpi --dry-run

# Open MPI starts nothing as root, and no more ranks than there are cores, unless it is told to. After a signal it waits
# a second and kills its ranks, which a busy machine may not have ended by then.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_odls_base_sigkill_timeout=3
# ranks N ARGUMENTS...
ranks() {
  count=$1
  shift
  "$mpirun" -n "$count" "$binary" train --mpi --data digits --hidden 32 --dropout 0.2 "$@"
}
weights_of() { sed -n 's/^weights //p' "$1"; }
without_seconds() { cut -d, -f1-6,8- "$1"; }

# -- any number of ranks gives the same weights, and one of them prints and writes
ranks 1 --virtual-shards 4 --epochs 2 --out one >one.out || complain "one rank: exit code $?"
ranks 2 --virtual-shards 4 --epochs 2 --out two >two.out || complain "two ranks: exit code $?"
[ -n "$(weights_of one.out)" ] || complain "one rank: no weights: $(cat one.out)"
[ "$(weights_of two.out)" = "$(weights_of one.out)" ] || complain "two ranks made other weights: $(cat two.out)"
[ "$(without_seconds two/metrics.csv)" = "$(without_seconds one/metrics.csv)" ] || complain "two ranks: other metrics"
[ "$(ls two)" = "$(ls one)" ] || complain "two ranks wrote other files: $(ls two)"
grep -q '"ranks": 2,' two/run.json || complain "run.json does not tell the ranks"
grep -q '"virtual_shards": 4,' two/run.json || complain "run.json does not tell the virtual shards"
grep -q "^virtual-shards = 4$" two/config.toml || complain "config.toml does not tell the virtual shards"

# -- without --mpi each process would train by itself
"$mpirun" -n 2 "$binary" train --data digits --no-out >out 2>err && complain "mpirun without --mpi: exit code 0"
grep -q "train: mpirun has started 2 processes; with --mpi they train together" err || complain "no --mpi: $(cat err)"

# -- the run goes on with another number of ranks
ranks 2 --virtual-shards 4 --epochs 1 --out three >out || complain "an epoch: exit code $?"
ranks 1 --resume three --epochs 2 >out || complain "--resume: exit code $?"
[ "$(weights_of out)" = "$(weights_of one.out)" ] || complain "--resume made other weights: $(cat out)"

# -- a signal to mpirun ends all, and loses nothing. (A shell starts programs in the background with SIGINT ignored.)
env --default-signal=INT "$mpirun" -n 2 "$binary" train --mpi --data digits --hidden 32 --virtual-shards 4 \
  --epochs 100000 --out four --progress plain >out 2>err &
job=$!
wait_for four/last.safetensors 60
kill -INT $job
wait $job
code=$?
[ $code -ne 0 ] || complain "SIGINT: exit code 0"
grep -q "stopped by .*; continue with mpirun -n 2 xtape-mnist train --mpi --resume four" err || complain "SIGINT: $(cat err)"
grep -q '"state": "stopped"' four/run.json || complain "SIGINT: run.json does not say that the run was stopped"

# -- a signal to another rank than the one that writes ends the run just so
"$mpirun" -n 2 sh -c 'echo $$ >"pid.${OMPI_COMM_WORLD_RANK:-$PMI_RANK}"; exec "$@"' sh "$binary" train --mpi \
  --data digits --hidden 32 --epochs 100000 --out six --progress plain >out 2>err &
job=$!
wait_for six/last.safetensors 60
kill -TERM "$(cat pid.1)"
wait $job
code=$?
[ $code -eq 143 ] || complain "SIGTERM to rank 1: exit code $code"
grep -q "stopped by SIGTERM; continue with mpirun -n 2 xtape-mnist train --mpi --resume six" err || complain "SIGTERM to rank 1: $(cat err)"
grep -q '"state": "stopped"' six/run.json || complain "SIGTERM to rank 1: run.json does not say that the run was stopped"

# -- an error ends all, is told with its rank, and nothing is written
ranks 2 --virtual-shards 3 --out five >out 2>err && complain "three virtual shards: exit code 0"
[ "$(grep -c "rank 0.*--virtual-shards: 3 is not a power of two" err)" -eq 1 ] || complain "three shards: $(cat err)"
[ -e five ] && complain "three virtual shards: a directory was left"

finish
