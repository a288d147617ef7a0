"""The time of training and evaluation with several numbers of threads, beside one thread. Started by threads.sh.

Wall time: the median of the rounds, in which the numbers of threads take turns. A row's ratio is one of medians; above
1 the threads are faster than one thread.
"""
import argparse
import os
import sys

from compare import OURS, machine, names, table, title
from measuring import FASHION, Samples, measure, ratio

ROWS = "^(step/|fashion/(epoch|evaluation))"


def numbers_of_threads(cores):
    """2, 4, 8, ... and the number of cores."""
    powers = [2**i for i in range(1, 10) if 2**i < cores]
    return [*powers, max(cores, 2)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("threads", type=int, nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--filter", default=ROWS)
    options = parser.parse_args()
    cores = sorted(map(str, os.sched_getaffinity(0)), key=int)
    several = options.threads or numbers_of_threads(len(cores))
    print(f"{machine()}; {options.rounds} rounds\n")
    rows = []
    for name in names(options.filter):
        if name.startswith("fashion") and not FASHION.exists():
            continue
        print(name, file=sys.stderr)
        samples = {n: Samples() for n in (1, *several)}
        for round_number in range(options.rounds):
            for n in sorted(samples, reverse=round_number % 2 == 1):
                samples[n].append(measure(OURS / "xtape_rows", name, 0.2, ",".join(cores), n, wall=True))
        beside = [cell for n in several for cell in (samples[n], ratio(samples[1], samples[n]))]
        rows.append([title(name), samples[1], *beside])
    header = ["work", "1 thread", *(cell for n in several for cell in (f"{n} threads", "times as fast"))]
    print(table(header, rows))


if __name__ == "__main__":
    main()
