#!/usr/bin/env python3
"""The model of docs/distributed.md: how many times as fast N ranks train as one, and the table of that page.

A step of b rows takes t b on a rank. The exchange of M bytes takes, on N ranks,

    2 (N - 1) / N  M / bandwidth  +  messages  latency

with one message to each other rank for each bucket of 4 MiB (of 64 KiB a rank, where that is more), the same once more
for the way back, and short exchanges of log2(N) messages: three a step (what the ranks must have in common, the loss,
which gradients there are) and one a bucket for the elements that N does not divide.
"""
import math

MIB = 1 << 20
# Networks: name, seconds of a message, bytes a second (nine tenths of what the line carries).
NETWORKS = [("10 Gbit/s, TCP", 25e-6, 1.12e9), ("100 Gbit/s, RDMA", 2e-6, 11.2e9)]
# Models: name, seconds of a row on one core (measured: mpi_exchange), bytes of gradients.
MODELS = [
    ("MLP 784-256-10", 3.5e-6, 203530 * 4),
    ("MLP 784-2048-2048-10", 151e-6, 5824522 * 4),
    ("CNN", 152e-6, 225034 * 4),
]
RANKS = [2, 4, 8, 16, 32, 64, 128, 256]


def exchange(n, size, latency, bandwidth):
    if n == 1:
        return 0
    buckets = math.ceil(size / max(4 * MIB, n * 65536))
    messages = buckets * 2 * (n - 1) + (3 + buckets) * math.ceil(math.log2(n))
    return 2 * (n - 1) / n * size / bandwidth + messages * latency


def speedup(n, rows, cores, row, size, latency, bandwidth):
    """Of n ranks with `rows` rows each over one rank with as many."""
    step = rows * row / cores
    return n * step / (step + exchange(n, size, latency, bandwidth))


def pays_from(n, cores, row, size, latency, bandwidth):
    """Rows a rank from which n ranks are half as good as n times one."""
    return exchange(n, size, latency, bandwidth) * cores / row


if __name__ == "__main__":
    cores, rows = 16, 512
    for name, latency, bandwidth in NETWORKS:
        print(f"\n{name}; {cores} cores and {rows} rows a rank: times as fast as one rank")
        print("| Model | " + " | ".join(map(str, RANKS)) + " | rows a rank for half of 256 |")
        print("|---|" + "---|" * (len(RANKS) + 1))
        for model, row, size in MODELS:
            cells = [f"{speedup(n, rows, cores, row, size, latency, bandwidth):.1f}" for n in RANKS]
            half = pays_from(256, cores, row, size, latency, bandwidth)
            print(f"| {model} | " + " | ".join(cells) + f" | {half:,.0f} |")
