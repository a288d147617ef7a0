#!/bin/bash
# mpich.sh LIBXTAPE TESTS [COMPILER]: builds xtape::mpi and xtape_mpi_ranks with MPICH, on the library LIBXTAPE, and runs
# the program TESTS, xtape_mpi_tests, on them. Exits with 77 where MPICH is not installed (Debian: mpich, libmpich-dev).
set -euo pipefail
library=$1 tests=$2 cxx=${3:-g++}
command -v mpicxx.mpich mpirun.mpich >/dev/null || { echo "MPICH is not installed (Debian: mpich, libmpich-dev)"; exit 77; }
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

export MPICH_CXX=$cxx
mpicxx.mpich -std=c++20 -O0 -Wall -Wextra -Werror -DMPICH_SKIP_MPICXX -I"$root/include" -I"$root/src" -I"$root/tests" \
  "$root"/src/mpi/*.cpp "$root/tests/mpi/ranks.cpp" "$library" -lgtest -lfmt -lz -lpthread -o "$dir/ranks"
XTAPE_MPI_LIBRARY="MPICH" XTAPE_MPIRUN="mpirun.mpich" XTAPE_MPI_RANKS="$dir/ranks" "$tests" --gtest_brief=1
