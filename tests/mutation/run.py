#!/usr/bin/env python3
"""Checks that the suite notices bugs: plants those of mutants/*.txt one at a time and reports which tests fail.

    tests/mutation/run.py [--only REGEX] [--list]

Works in build/mutation on a copy of the working tree. The exit status is 1 if a mutant survives, does not compile or no
longer fits the sources. A mutant is

    == what is wrong
    path/of/the/file
    - the line in the sources (several such lines must be consecutive)
    + the line that replaces it (without one, the line is removed)
"""
import argparse
import filecmp
import fileinput
import glob
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
WORK = os.path.join(ROOT, "build", "mutation")
TREE = os.path.join(WORK, "tree")
BUILD = os.path.join(WORK, "build")
SECONDS = 300  # the suite takes a tenth of this; if a program takes more than this, it hangs
SUITE = ["xtape_tests", "xtape_concurrency_tests", "xtape_mnist_tests", "xtape_image_tests", "xtape_mpi_tests"]
# What a script tests, by its folder: the program and the script. Bugs planted there are left to the script alone.
SCRIPTS = {"examples/text/": ("xtape-text", "tests/text/text_test.sh")}


def mutants():
    found = []
    for line in fileinput.input(sorted(glob.glob(os.path.join(ROOT, "tests", "mutation", "mutants", "*.txt")))):
        line = line.rstrip("\n")
        if line.startswith("== "):
            found.append({"name": line[3:], "file": None, "old": [], "new": []})
        elif not line or line.startswith("#"):
            continue
        elif found[-1]["file"] is None:
            found[-1]["file"] = line
        else:
            found[-1]["old" if line[0] == "-" else "new"].append(line[2:])
    return found


def planted(source, mutant):
    """The source with the bug in it. Indentation does not count."""
    lines, old = source.split("\n"), [text.strip() for text in mutant["old"]]
    at = [i for i in range(len(lines)) if [text.strip() for text in lines[i:i + len(old)]] == old]
    if len(at) != 1:
        sys.exit(f"{mutant['name']}: {mutant['file']} has these lines {len(at)} times:\n" + "\n".join(mutant["old"]))
    lines[at[0]:at[0] + len(old)] = mutant["new"]
    return "\n".join(lines)


def script_of(mutant):
    """The program and the script that tests it, or None: the mutant's tests are those of SUITE."""
    return next((script for folder, script in SCRIPTS.items() if mutant["file"].startswith(folder)), None)


def build(script):
    return subprocess.run(["ninja", "-C", BUILD, *([script[0]] if script else SUITE)], capture_output=True, text=True)


def complaints(program, script):
    """What a script says is wrong."""
    command = ["sh", os.path.join(TREE, script), os.path.join(BUILD, "examples", program)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return [f"({script} hangs)"]
    told = [f'"{line[:60]}"' for line in re.findall(r"^FAILED: (.*)", run.stdout, re.MULTILINE)]
    return told or ([f"({script} ends with {run.returncode})"] if run.returncode else [])


def failures(script):
    """The names of the failing tests, or what else went wrong."""
    if script:
        return complaints(*script)
    failed = []
    for program in SUITE:
        try:
            run = subprocess.run([os.path.join(BUILD, "tests", program), "--gtest_brief=1"], capture_output=True, text=True,
                                 errors="replace", timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return failed + [f"({program} hangs)"]
        named = sorted(set(re.findall(r"^\[  FAILED  \] (\w+\.\w+)", run.stdout, re.MULTILINE)))
        failed += named or ([f"({program} ends with {run.returncode})"] if run.returncode else [])
    return failed


def mirror(source, copy):
    """Makes `copy` equal to `source`, and writes only the files that differ: a build goes by their times."""
    for folder, _, names in os.walk(copy):
        for name in names:
            if not os.path.exists(os.path.join(source, os.path.relpath(os.path.join(folder, name), copy))):
                os.remove(os.path.join(folder, name))
    for folder, _, names in os.walk(source):
        into = os.path.join(copy, os.path.relpath(folder, source))
        os.makedirs(into, exist_ok=True)
        for name in names:
            ours, theirs = os.path.join(into, name), os.path.join(folder, name)
            if not os.path.exists(ours) or not filecmp.cmp(ours, theirs, shallow=False):
                shutil.copyfile(theirs, ours)


def prepare(scripts):
    """Builds what the mutants need and runs its tests, which must pass: SUITE for None, and the scripts."""
    os.makedirs(TREE, exist_ok=True)
    for entry in ("cmake", "include", "src", "tests", "examples"):
        mirror(os.path.join(ROOT, entry), os.path.join(TREE, entry))
    shutil.copyfile(os.path.join(ROOT, "CMakeLists.txt"), os.path.join(TREE, "CMakeLists.txt"))
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    subprocess.run(["cmake", "-S", TREE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", *launcher],
                   check=True, stdout=subprocess.DEVNULL)
    if subprocess.run(["ninja", "-C", BUILD, "-t", "query", "xtape_mpi_tests"], capture_output=True).returncode:
        SUITE.remove("xtape_mpi_tests")
        print("xtape_mpi_tests, and the mutants of src/mpi, are skipped: MPI is not installed (Debian: libopenmpi-dev, "
              "openmpi-bin)", flush=True)
    for script in scripts:
        built = build(script)
        if built.returncode:
            sys.exit("the sources do not compile without any mutant:\n" + built.stdout)
        failed = failures(script)
        if failed:
            sys.exit("the suite fails without any mutant: " + ", ".join(failed))


def judge(mutant):
    path = os.path.join(TREE, mutant["file"])
    source = open(path).read()
    script = script_of(mutant)
    start = time.time()
    try:
        with open(path, "w") as file:
            file.write(planted(source, mutant))
        verdict = failures(script) if build(script).returncode == 0 else None
    finally:
        with open(path, "w") as file:
            file.write(source)
    if verdict is None:
        word = "does not compile"
    elif not verdict:
        word = "SURVIVES"
    else:
        more = f" and {len(verdict) - 3} more" if len(verdict) > 3 else ""
        word = f"killed by {', '.join(verdict[:3])}{more}"
    print(f"{mutant['name']}: {word} ({time.time() - start:.0f} s)", flush=True)
    return bool(verdict)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="REGEX", help="only mutants whose name matches")
    parser.add_argument("--list", action="store_true", help="list the mutants and check that they fit; build nothing")
    options = parser.parse_args()
    chosen = [m for m in mutants() if re.search(options.only, m["name"])]
    for mutant in chosen:
        planted(open(os.path.join(ROOT, mutant["file"])).read(), mutant)
        if options.list:
            print(mutant["name"])
    if options.list:
        return
    prepare({script_of(mutant) for mutant in chosen})
    if "xtape_mpi_tests" not in SUITE:
        chosen = [m for m in chosen if not m["file"].startswith("src/mpi/")]
    killed = sum(judge(mutant) for mutant in chosen)
    print(f"{killed} of {len(chosen)} mutants killed")
    sys.exit(killed != len(chosen))


if __name__ == "__main__":
    main()
