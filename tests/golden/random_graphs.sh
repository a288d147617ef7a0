#!/bin/bash
# Makes fresh random programs with PyTorch and runs them with xtape: random_graphs.sh [count [seed]]
#
# PYTHON is an interpreter with PyTorch 2.15 and numpy (default: python3), XTAPE_TESTS the test program (default:
# build/gcc/tests/xtape_tests).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tests=${XTAPE_TESTS:-$root/build/gcc/tests/xtape_tests}
count=${1:-20000}
seed=${2:-$(date +%s)}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" "$root/tests/golden/make_random_graphs.py" --count "$count" --seed "$seed" \
  --out "$folder/fresh.golden"
status=0
XTAPE_RANDOM_GRAPHS="$folder/fresh.golden" "$tests" --gtest_filter='RandomGraphs.*' --gtest_brief=1 \
  --gtest_output="xml:$folder/result.xml" || status=$?
sed -n 's/.*<property name="\(largest_error[a-z0-9_]*\|cases\)" value="\([^ "]*\).*/\1 \2/p' "$folder/result.xml"
exit $status
