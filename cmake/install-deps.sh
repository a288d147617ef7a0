#!/bin/sh
# install-deps.sh GROUP...: the Debian 12 packages that xtape needs, by group: build, examples, tests, bench, clang,
# cpus, aarch64, ci, data. Silent when all of them are there. Installs what is missing as root or through sudo; where it
# may do neither it says what to install and fails. Without the data group's packages a run goes on, with the built-in
# digits. install-deps.sh --list GROUP... prints the packages' names and does nothing else.
set -eu

packages() {
  case $1 in
    build) echo "
      g++               the compiler (GCC 12)
      cmake             configures the build (3.25)
      ninja-build       runs it
      libxtensor-dev    arrays: broadcasting, reductions, printing; header-only, inside the library
      libxsimd-dev      vectors of the CPU's instruction sets; header-only, inside the library
      libfmt-dev        formatting of messages
      zlib1g-dev        reading compressed data sets" ;;
    examples) echo "
      libcli11-dev      the options of xtape-mnist" ;;
    tests) echo "
      libgtest-dev      the test suite" ;;
    bench) echo "
      libbenchmark-dev  the benchmarks
      libopenblas-dev   products to compare with
      valgrind          counts instructions
      python3           measures and tabulates" ;;
    clang) echo "
      clang-14             the second compiler
      libclang-rt-14-dev   its sanitizers" ;;
    cpus) echo "
      qemu-user         runs programs as on other CPUs" ;;
    aarch64) echo "
      g++-aarch64-linux-gnu   the compiler for 64-bit ARM
      qemu-user               runs what it makes" ;;
    ci) echo "
      ccache            what several builds have in common is compiled once
      clang-format-14   the layout of the sources" ;;
    data) echo "
      dataset-fashion-mnist   70,000 images of clothes" ;;
    *)
      echo "install-deps.sh: no group '$1' (build, examples, tests, bench, clang, cpus, aarch64, ci, data)" >&2
      exit 2 ;;
  esac
}

names() { packages "$1" | awk 'NF { print $1 }'; }

# The packages of a group that are not installed.
missing() {
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $(names "$1") 2>/dev/null | sed -n 's/^installed //p')
  for package in $(names "$1"); do
    echo "$installed" | grep -qx "$package" || echo "$package"
  done
}

if [ "${1-}" = --list ]; then
  shift
  for group; do names "$group"; done
  exit
fi
for group; do packages "$group" >/dev/null; done
if ! command -v dpkg-query >/dev/null; then
  echo "install-deps.sh: not a Debian system; make sure that there are these, by Debian's names:" >&2
  for group; do packages "$group" >&2; done
  exit 0
fi

needed= wished=
for group; do
  if [ "$group" = data ]; then wished="$wished $(missing data)"; else needed="$needed $(missing "$group")"; fi
done
needed=$(echo $needed) wished=$(echo $wished)
[ "$needed$wished" ] || exit 0

install="apt-get install -y --no-install-recommends"
if [ "$(id -u)" = 0 ]; then
  sudo=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  sudo="sudo -n"
else
  echo "These packages are missing; install them with" >&2
  echo "  sudo apt-get update && sudo $install" $needed $wished >&2
  [ ! "$needed" ]
  exit
fi

# Quiet, unless it fails.
as_root() {
  status=0
  log=$($sudo env DEBIAN_FRONTEND=noninteractive "$@" -o DPkg::Lock::Timeout=120 </dev/null 2>&1) || status=$?
  [ $status = 0 ] || echo "$log" >&2
  return $status
}
echo "Installing" $needed $wished >&2
as_root apt-get update || true  # an old list of packages may do
if [ "$needed" ]; then
  as_root $install $needed
fi
if [ "$wished" ]; then
  as_root $install $wished 2>/dev/null || echo "No package $wished to be had here" >&2
fi
