"""What the benchmark's scripts share: the figures of several rounds, and measuring one row of a program."""
import json
import os
import pathlib
import statistics
import subprocess
import sys

FASHION = pathlib.Path(os.environ.get("XTAPE_BENCH_DATA", "/usr/share/datasets/fashion-mnist"))  # as in work.hpp


class Samples(list):
    """Figures of one side, one per round, in `unit`; "" means nanoseconds, which are written in ns, µs, ms or s."""

    def __init__(self, values=(), unit=""):
        super().__init__(values)
        self.unit = unit

    def median(self):
        return statistics.median(self)

    def __str__(self):
        if not self:
            return "-"
        value, unit = self.median(), self.unit
        if not unit:
            size = min(max(len(str(int(value))) - 1, 0) // 3, 3)
            value, unit = value / 1000**size, ("ns", "µs", "ms", "s")[size]
        written = f"{value:#.3g}".rstrip(".") if value < 999.5 else f"{value:.0f}"
        spread = 50 * (max(self) - min(self)) / self.median() if self.median() else 0
        return f"{written} {unit}".strip() + (f" ±{spread:.0f} %" if len(self) > 1 else "")


def ratio(above, below):
    return f"{above.median() / below.median():.2f}" if above and below and below.median() else "-"


def environment(threads=1):
    pools = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "XTAPE_BENCH_THREADS")
    return {**os.environ, **{pool: str(threads) for pool in pools}}


def measure(program, name, seconds, cores, threads=1, wall=False):
    """Nanoseconds per iteration, or None if this side does not have the row."""
    command = ["taskset", "-c", cores, program, f"--benchmark_filter=^{name}(/process_time|/iterations|$)",
               f"--benchmark_min_time={seconds}", "--benchmark_format=json"]
    done = subprocess.run(command, env=environment(threads), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{program}: {done.stderr.strip()}")
    row = json.loads(done.stdout)["benchmarks"][0]
    if row.get("error_occurred"):
        return None
    return row["real_time" if wall else "cpu_time"] * {"ns": 1, "us": 1e3, "ms": 1e6}[row["time_unit"]]
