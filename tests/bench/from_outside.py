"""The rows of compare.py that rows.cpp does not measure: two threads, start, memory, size, requests for memory."""
import contextlib
import os
import pathlib
import re
import subprocess
import time

from measuring import FASHION, Samples, measure

THREADED = "step/mlp/adam/"
BATCHES = (32, 64, 128, 256)


@contextlib.contextmanager
def busy(cores):
    """Keeps each of the cores busy with another program."""
    loops = [subprocess.Popen(["taskset", "-c", str(core), "sh", "-c", "while :; do :; done"]) for core in cores]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def threads(options, program, batch):
    """Wall time with one thread, with two, and with two where both cores are busy."""
    cores = ",".join(map(str, options.cores))
    seconds = max(options.seconds, 0.3)  # long enough for many time slices of the scheduler
    one, two, beside = Samples(), Samples(), Samples()
    for _ in range(options.rounds):
        for samples, n in ((one, 1), (two, 2)):
            samples.append(measure(program, THREADED + str(batch), seconds, cores, n, wall=True))
        with busy(options.cores):
            beside.append(measure(program, THREADED + str(batch), seconds, cores, 2, wall=True))
    return one, two, beside


def seconds_and_memory(core, command):
    """Wall nanoseconds from a process's start to its end, and its peak of resident memory in MB."""
    start = time.perf_counter_ns()
    process = subprocess.Popen(["taskset", "-c", core, *map(str, command)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    end = time.perf_counter_ns()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} has failed")
    return end - start, usage.ru_maxrss * 1024 / 1e6


def requests_a_step(program, name):
    n = 100
    run = subprocess.run([program, name, str(n)], capture_output=True, text=True, check=True)
    return int(run.stdout) / n


def rows(options, sides):
    """Yields (title, samples of each side, note). A side is a folder and the prefix of its programs; xtape is first."""
    ours = sides[0][0]
    for batch in BATCHES:
        if not re.search(options.filter, f"threads/{batch}") or len(options.cores) < 2:
            continue
        measured = [threads(options, folder / f"{name}_rows", batch) for folder, name in sides]
        one, two, beside = measured[0]
        words = f"two threads: MLP 784-256-10, Adam, batch {batch}"
        yield words, [m[1] for m in measured], f"{one.median() / two.median():.2f} x as fast as one thread"
        slower = beside.median() / two.median()
        yield words + ", both cores busy", [m[2] for m in measured], f"{slower:.2f} x as long as alone"

    if re.search(options.filter, "start"):
        times = [Samples(seconds_and_memory(options.core, [folder / f"{name}_once", "step"])[0]
                         for _ in range(3 * options.rounds)) for folder, name in sides]
        yield "from the start of a process to the end of its first step", times, ""
    if re.search(options.filter, "memory") and FASHION.exists():
        memory = [Samples([seconds_and_memory(options.core, [folder / f"{name}_once", "fashion"])[1]], "MB")
                  for folder, name in sides]
        mnist = [ours.parents[1] / "examples/xtape-mnist", "--data", FASHION, "--epochs", "1"]
        peak = seconds_and_memory(options.core, mnist)[1]
        yield "Fashion-MNIST, an epoch and an evaluation: peak memory", memory, f"xtape-mnist: {peak:.0f} MB"
    if re.search(options.filter, "size"):
        libraries = [ours / "libxtape_sized.so"]
        for folder, _ in sides[1:]:
            linked = subprocess.run(["ldd", folder / "torch_rows"], capture_output=True, text=True, check=True)
            libraries.append(pathlib.Path(re.search(r"libtorch_cpu\S* => (\S+)", linked.stdout)[1]))
        sizes = [Samples([library.stat().st_size / 1e6], "MB") for library in libraries]
        yield "the shared library, stripped", sizes, "libtorch_cpu.so alone" if len(sides) > 1 else ""
    if re.search(options.filter, "requests"):
        counts = [Samples([requests_a_step(folder / f"{name}_counted", THREADED + "64")], "times")
                  for folder, name in sides]
        yield "requests to the system for memory, a step of MLP 784-256-10", counts, ""
