"""Guards speed in a way that does not depend on the machine's load: counts, for fixed work, the instructions that
xtape executes (by valgrind's callgrind, without those of matrix products) and its requests for memory from the system,
and fails if one is above its limit in guard.limits.

    tests/bench/guard.py build/gcc/tests/bench/xtape_counted            checks
    tests/bench/guard.py build/gcc/tests/bench/xtape_counted --write    sets new limits, 12 % above the instructions
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

LIMITS = pathlib.Path(__file__).with_name("guard.limits")
PRODUCT = "xtape::kernels::gemm("
HEADER = "# work, iterations, limits of instructions and of requests for memory per iteration; see guard.py\n"


def instructions(profile):
    """All instructions that callgrind has counted, except those of matrix products and what they call: these have their
    own benchmark and would hide the rest. In callgrind's file "fn=" names the caller, "cfn=" the callee; the cost of a
    call follows "calls="."""
    total, names, caller, callee, call = 0, {}, "", "", False
    for line in profile.read_text().splitlines():
        function = re.match(r"(c?fn)=\((\d+)\)(?: (.*))?", line)
        if function:
            name = names.setdefault(function[2], function[3])
            caller, callee = (name, name) if function[1] == "fn" else (caller, name)
        elif line.startswith("calls="):
            call = True
        elif call:
            total -= int(line.split()[1]) if callee.startswith(PRODUCT) and not caller.startswith(PRODUCT) else 0
            callee, call = caller, False
        elif line.startswith("summary:"):
            total += int(line.split()[1])
    return total


def count(program, work, iterations):
    with tempfile.TemporaryDirectory() as folder:
        profile = pathlib.Path(folder) / "profile"
        # One instruction set for all machines: valgrind emulates AVX2.
        settings = {**os.environ, "XTAPE_ISA": "avx2"}
        done = subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=steady", "--error-exitcode=1",
                               f"--callgrind-out-file={profile}", program, work, str(iterations)],
                              env=settings, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{work}: {done.stderr}")
        return instructions(profile) / iterations, int(done.stdout) / iterations


def main():
    program, write = sys.argv[1], sys.argv[2:] == ["--write"]
    limits = [line.split() for line in LIMITS.read_text().splitlines() if not line.startswith("#")]
    written, beyond = HEADER, False
    print(f"{'':24}{'instructions':>14}{'at most':>14}{'requests':>14}{'at most':>14}")
    for work, iterations, *bounds in limits:
        counted = count(program, work, int(iterations))
        most = [float(bound) for bound in bounds] if bounds else [0, 0]
        if write:
            most = [round(counted[0] * 1.12, -2), counted[1]]
            written += f"{work:<24}{iterations:>6}{most[0]:>14.0f}{most[1]:>10g}\n"
        over = any(c > m for c, m in zip(counted, most))
        beyond |= over
        print(f"{work:24}{counted[0]:14.0f}{most[0]:14.0f}{counted[1]:14.2f}{most[1]:14.2f}{'  beyond' * over}")
    if write:
        LIMITS.write_text(written)
    sys.exit(beyond)


if __name__ == "__main__":
    main()
