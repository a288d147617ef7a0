"""Loads 100 MB of weights with xtape and with Python's safetensors into NumPy, in turn, and compares the medians.

    cmake --build --preset gcc --target xtape_exchange
    python tests/exchange/load_speed.py build/gcc/tests/xtape_exchange [--rounds 21] [--folder /tmp]

Each load of xtape's is the first one of a process, so that it uses no memory of an earlier load again; the process's
start does not count. The file stays in the system's cache. Needs: pip install numpy safetensors
"""
import argparse
import os
import statistics
import subprocess
import tempfile
import time

import numpy
import safetensors
from safetensors.numpy import load_file, save_file

MEGABYTE = 1000 * 1000
XTAPE, PYTHON = "xtape", f"safetensors {safetensors.__version__}"


def weights(layers, features):
    random = numpy.random.default_rng(0)
    return {f"layers.{i}.{name}": random.random(shape, "float32")
            for i in range(layers) for name, shape in (("weight", (features, features)), ("bias", (features,)))}


def seconds_in_python(path):
    start = time.perf_counter()
    arrays = load_file(path)
    seconds = time.perf_counter() - start
    del arrays
    return seconds


def seconds_in_xtape(binary, path):
    return float(subprocess.run([binary, "load", path], check=True, capture_output=True, text=True).stdout)


def cpu():
    with open("/proc/cpuinfo") as file:
        return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = os.path.join(folder, "x.safetensors")
        save_file(weights(25, 1000), path)
        size = os.path.getsize(path) / MEGABYTE
        taken = {XTAPE: [], PYTHON: []}
        for _ in range(arguments.rounds):
            taken[XTAPE].append(seconds_in_xtape(arguments.binary, path))
            taken[PYTHON].append(seconds_in_python(path))
    print(f"{cpu()}, {size:.0f} MB, medians of {arguments.rounds} rounds")
    for name, seconds in taken.items():
        median = statistics.median(seconds)
        print(f"{name:18} {1000 * median:7.1f} ms {size / 1000 / median:6.2f} GB/s, fastest {1000 * min(seconds):.1f} ms")


if __name__ == "__main__":
    main()
