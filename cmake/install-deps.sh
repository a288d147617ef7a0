#!/bin/sh
# install-deps.sh GROUP...: installs the Debian 12 packages that xtape needs, by group: build, images, mpi, mpich,
# examples, tests, bench, clang, cpus, aarch64, browser, ci, data. It is silent when nothing is missing. It installs as
# root or through sudo; if it can use neither, it says what to install and fails. It does not fail for the data group:
# without its package the built-in digits are used. install-deps.sh --list GROUP... prints the packages' names and does
# nothing else.
set -eu

groups="build, images, mpi, mpich, examples, tests, bench, clang, cpus, aarch64, browser, ci, data"

packages() {
  case $1 in
    build) echo "
      g++               the compiler (GCC 12)
      cmake             configures the build (3.25)
      ninja-build       runs it
      libxtensor-dev    arrays: broadcasting, reductions, printing; header-only, inside the library
      libxsimd-dev      SIMD vectors; header-only, inside the library
      libfmt-dev        formatting of messages
      zlib1g-dev        reading compressed data sets
      nlohmann-json3-dev  the headers of safetensors files; header-only, inside the library" ;;
    images) echo "
      libpng-dev        reading PNG files, for the component xtape::images
      libjpeg62-turbo-dev  reading JPEG files" ;;
    mpi) echo "
      libopenmpi-dev    ranks on several processes, for the component xtape::mpi
      openmpi-bin       starts them" ;;
    mpich) echo "
      mpich             another MPI library to test xtape::mpi with
      libmpich-dev      its headers" ;;
    examples) echo "
      libcli11-dev      the options of xtape-mnist
      libtomlplusplus-dev  its configuration files" ;;
    tests) echo "
      libgtest-dev      the test suite" ;;
    bench) echo "
      libbenchmark-dev  the benchmarks
      libopenblas-dev   matrix products to compare with
      fasttext          a classifier of texts to compare with
      valgrind          counts instructions
      python3           measures and tabulates" ;;
    clang) echo "
      clang-14             the second compiler
      libclang-rt-14-dev   its sanitizers" ;;
    cpus) echo "
      qemu-user         emulates other CPUs" ;;
    aarch64) echo "
      g++-aarch64-linux-gnu   the compiler for 64-bit ARM
      qemu-user               runs its programs" ;;
    browser) echo "
      chromium          opens the report in tests
      python3           drives it
      poppler-utils     reads the printed page's text" ;;
    ci) echo "
      ccache            compiles once what several builds share
      clang-format-14   checks the layout of the sources" ;;
    data) echo "
      dataset-fashion-mnist   70,000 images of clothes" ;;
    *)
      echo "install-deps.sh: no group '$1' ($groups)" >&2
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
  echo "install-deps.sh: this is not a Debian system; make sure that you have these (Debian's names):" >&2
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
as_root apt-get update || true  # an old list of packages may be enough
if [ "$needed" ]; then
  as_root $install $needed
fi
if [ "$wished" ]; then
  as_root $install $wished 2>/dev/null || echo "The package $wished is not available here" >&2
fi
