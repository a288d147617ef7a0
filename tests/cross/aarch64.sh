#!/bin/bash
# Builds xtape for 64-bit ARM with Debian's cross compiler and runs the test suite under QEMU:
# tests/cross/aarch64.sh [ctest options, such as -R LogSoftmax]
# Takes ten minutes on two cores. The libraries for ARM are unpacked into build/aarch64-sysroot, not installed. It skips
# the tests that need more than an emulated process (consumer projects, scripts that test xtape-mnist, forks with
# threads) and those of a single instruction set, because NEON, the baseline, is the only one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Downloads the ARM packages of the libraries that xtape needs, with package lists and a package database of its own,
# and unpacks them. The packages that come with the cross compiler count as installed.
make_sysroot() {
  local sysroot=$1 apt=$1.apt names package
  rm -rf "$sysroot" "$apt"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  for package in libc6 libc6-dev libc-dev libgcc-s1 libstdc++6; do
    printf 'Package: %s\nStatus: install ok installed\nArchitecture: arm64\nMulti-Arch: same\nVersion: 999\n%s\n\n' \
      "$package" $'Maintainer: none\nDescription: of the cross compiler'
  done >"$apt/status"
  local options=(-q -y -o Dir::State="$apt" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache"
    -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=)
  names=$(cmake/install-deps.sh --list build images examples tests | grep -e '-dev$')
  apt-get "${options[@]}" update
  apt-get "${options[@]}" install --download-only --no-install-recommends $names
  for package in "$apt"/cache/archives/*.deb; do
    dpkg-deb -x "$package" "$sysroot.unpacked"
  done
  # Make links to absolute paths point into the sysroot.
  find "$sysroot.unpacked" -lname '/*' | while read -r link; do
    ln -sf "$sysroot$(readlink "$link")" "$link"
  done
  mv "$sysroot.unpacked" "$sysroot"
  rm -rf "$apt"
}

cmake/install-deps.sh build aarch64 data
sysroot=$PWD/build/aarch64-sysroot
if [ ! -d "$sysroot" ]; then
  make_sysroot "$sysroot" >&2
fi

source cmake/build.sh
build aarch64
ctest --preset aarch64 -j "$(nproc)" "$@"
