"""A step of each optimizer over one parameter on one thread: CPU time in microseconds, the median of 5 rounds in which
the sides take turns.

    python3 tests/bench/optim.py build/gcc/tests/bench/xtape_bench_optim...

The sides are the programs given (of one build or several) and, where the Python that runs this has PyTorch, its three
implementations: a loop over parameters, foreach and fused. The last column is the first program's time by the shortest
of PyTorch.
"""
import collections
import importlib.util
import statistics
import subprocess
import sys
import time

TORCH = {"loop": {"foreach": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}


def torch_rows(implementation):
    """Prints the lines that optim.cpp prints."""
    import torch
    from torch import optim
    torch.set_num_threads(1)
    momentum, decay = {"momentum": 0.9}, {"weight_decay": 1e-4}
    kinds = {
        "SGD": (optim.SGD, {}), "SGD, decay": (optim.SGD, decay), "SGD, momentum": (optim.SGD, momentum),
        "SGD, momentum, decay": (optim.SGD, momentum | decay),
        "SGD, nesterov, decay": (optim.SGD, momentum | decay | {"nesterov": True}),
        "Adam": (optim.Adam, {}), "Adam, decay": (optim.Adam, decay), "AdamW": (optim.AdamW, {}),
        "RMSprop": (optim.RMSprop, {}), "RMSprop, decay": (optim.RMSprop, decay),
        "RMSprop, centered, momentum": (optim.RMSprop, momentum | {"centered": True}),
        "Adagrad": (optim.Adagrad, {}), "Adagrad, decay": (optim.Adagrad, decay)}
    for n, dtype in ((1000, "float32"), (200_000, "float32"), (4_000_000, "float32"), (200_000, "float64")):
        for name, (kind, options) in kinds.items():
            if implementation == "fused" and kind is optim.RMSprop:
                continue  # there is none
            p = torch.randn(n, dtype=getattr(torch, dtype)).requires_grad_()
            p.grad = torch.randn_like(p)
            optimizer = kind([p], lr=1e-6, **options, **TORCH[implementation])
            times = []
            steps = 1 + 300_000 // (n + 10_000)
            for _ in range(18):
                start = time.thread_time_ns()
                for _ in range(steps):
                    optimizer.step()
                times.append((time.thread_time_ns() - start) / steps)
            print(name, dtype, n, statistics.median(times[3:]), sep="\t")


def main():
    if sys.argv[1:2] == ["--torch"]:
        return torch_rows(sys.argv[2])
    if not sys.argv[1:] or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    sides = {program: [program] for program in sys.argv[1:]}
    if importlib.util.find_spec("torch"):
        sides |= {f"torch {kind}": [sys.executable, __file__, "--torch", kind] for kind in TORCH}
    samples = collections.defaultdict(lambda: collections.defaultdict(list))
    for r in range(5):
        for side in sorted(sides, reverse=r % 2 == 1):
            lines = subprocess.run(sides[side], check=True, capture_output=True, text=True).stdout.splitlines()
            for name, dtype, n, ns in (line.split("\t") for line in lines):
                samples[dtype, n, name][side].append(float(ns) / 1000)
    print("| step | " + " | ".join(sides) + " | by PyTorch |")
    print("|---" * (len(sides) + 2) + "|")
    for (dtype, n, name), times in samples.items():
        medians = {side: statistics.median(times[side]) for side in sides if times[side]}
        cells = [f"{medians[side]:.2f}" if side in medians else "" for side in sides]
        torch = [t for side, t in medians.items() if side.startswith("torch")]
        ratio = f"{medians[sys.argv[1]] / min(torch):.2f}" if torch else ""
        print(f"| {dtype} {n}, {name} | " + " | ".join(cells) + f" | {ratio} |")


if __name__ == "__main__":
    main()
