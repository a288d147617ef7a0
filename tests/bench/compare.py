"""Runs the sides of the benchmark alternately on one core and tabulates them. Started by compare.sh, which builds them.

Rows of one thread are CPU time (user and system, all threads of the process), which does not count what other programs
take of the core; rows with more threads are wall time. Every figure is the median over the rounds, +- half of the range
from the smallest to the largest in percent; a ratio is one of medians.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS = ROOT / "build/bench/tests/bench"
MODELS = {"mlp": "MLP 784-256-10, dropout 0.5", "linear": "linear 784-10", "mlp-512-256": "MLP 784-512-256-10",
          "toy": "toy 2-32-32-3"}
OPTIMIZERS = {"adam": "Adam", "sgd": "SGD, momentum 0.9"}
TITLES = {
    "add/recorded": "a + b of 4 floats, recorded",
    "chain/100": "100 multiplications of 4 floats, forward and backward",
    "dropout/1e6": "dropout of 1e6 floats, recorded",
    "cross_entropy/100000x10": "cross-entropy forward and backward, 100000 x 10",
    "cross_entropy/1000x1000": "cross-entropy forward and backward, 1000 x 1000",
    "log_softmax/1000x1000": "log_softmax forward, 1000 x 1000",
    "relu/1e6": "relu of 1e6 floats",
    "add/1e6": "a + b of 1e6 floats",
    "sum/1e6": "sum of 1e6 floats",
    "fashion/epoch": "Fashion-MNIST, one epoch with shuffling, batch 64",
    "fashion/evaluation": "Fashion-MNIST, evaluation of 60,000 images",
    "fashion/read": "Fashion-MNIST, reading the four files",
}


def title(name):
    step = re.fullmatch(r"step/([^/]+)/([^/]+)/(\d+)", name)
    if step:
        return f"step: {MODELS[step[1]]}, {OPTIMIZERS[step[2]]}, batch {step[3]}"
    return TITLES[name]


class Samples:
    """Figures of one side, one a round, in nanoseconds (or whatever unit `write` is told)."""

    def __init__(self):
        self.values = []

    def median(self):
        return statistics.median(self.values)

    def write(self, unit=None):
        if not self.values:
            return "-"
        median = self.median()
        spread = f" ±{50 * (max(self.values) - min(self.values)) / median:.0f} %" if len(self.values) > 1 else ""
        if unit:
            return f"{median:.4g} {unit}{spread}"
        for limit, unit in ((1e3, "ns"), (1e6, "µs"), (1e9, "ms"), (float("inf"), "s")):
            if median < limit:
                return f"{median / limit * 1e3 if limit < float('inf') else median / 1e9:.3g} {unit}{spread}"


def ratio(above, below):
    return f"{above.median() / below.median():.2f}" if above.values and below.values else "-"


def environment(threads=1):
    one_thread = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    return {**os.environ, **one_thread, "XTAPE_BENCH_THREADS": str(threads)}


def measure(program, name, seconds, cores, threads=1):
    """Nanoseconds an iteration, or None where this side does not have the row."""
    command = ["taskset", "-c", cores, program, f"--benchmark_filter=^{name}(/process_time|/iterations|$)",
               f"--benchmark_min_time={seconds}", "--benchmark_format=json"]
    done = subprocess.run(command, env=environment(threads), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{program}: {done.stderr.strip()}")
    row = json.loads(done.stdout)["benchmarks"][0]
    if row.get("error_occurred"):
        return None
    return row["cpu_time" if threads == 1 else "real_time"] * {"ns": 1, "us": 1e3, "ms": 1e6}[row["time_unit"]]


def names(pattern):
    listed = subprocess.run([OURS / "xtape_rows", "--benchmark_list_tests"], capture_output=True, text=True, check=True)
    every = [re.sub(r"/(process_time|iterations:1)", "", line) for line in listed.stdout.split()]
    return [name for name in every if re.search(pattern, name)]


def compare(name, sides, options):
    """Samples of each side, measured in turn; every other round the other way round."""
    samples = {side: Samples() for side in sides}
    running = dict(sides)
    for round_number in range(options.rounds):
        for side in sorted(running, reverse=round_number % 2 == 1):
            value = measure(running[side], name, options.seconds, options.core)
            if value is None:
                del running[side]
            else:
                samples[side].values.append(value)
    return samples


def table(header, rows):
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def machine():
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{processor}, {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f}; {datetime.date.today()}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", choices=("debian", "pip", "none"), default="debian")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--filter", default="")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 7)
    options.seconds = 0.05 if options.quick else 0.3
    options.core = str(max(os.sched_getaffinity(0)))

    sides = {"ours": OURS / "xtape_rows", "floor": OURS / "floor_rows"}
    if options.peer != "none":
        sides["peer"] = ROOT / "build/peer" / options.peer / "torch_rows"
    before = machine()
    rows = []
    for name in names(options.filter):
        print(name, end="\r", file=sys.stderr)
        s = {"peer": Samples(), **compare(name, sides, options)}
        rows.append([title(name), s["ours"].write(), s["peer"].write(), ratio(s["peer"], s["ours"]),
                     ratio(s["ours"], s["floor"])])
    text = f"{before}; {options.rounds} rounds\n\n"
    text += table(["work", "xtape", f"libtorch ({options.peer})", "libtorch / xtape", "xtape / floor"], rows) + "\n"
    print(text)
    (ROOT / f"build/bench/compare-{options.peer}.md").write_text(text)


if __name__ == "__main__":
    main()
