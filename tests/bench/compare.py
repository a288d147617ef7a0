"""Runs the sides of the benchmark alternately on one core and tabulates them. Started by compare.sh, which builds them.

Rows with one thread are CPU time (user and system, all threads of the process), so that other programs on the core do
not count; rows with more threads are wall time. Every figure is the median over the rounds ± half the range from the
smallest to the largest, in percent; a ratio is a ratio of medians.
"""
import argparse
import datetime
import os
import pathlib
import re
import subprocess
import sys

import from_outside
from measuring import FASHION, Samples, environment, measure, ratio

ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS = ROOT / "build/bench/tests/bench"
MODELS = {"mlp": "MLP 784-256-10, dropout 0.5", "linear": "linear 784-10", "mlp-512-256": "MLP 784-512-256-10",
          "toy": "toy 2-32-32-3", "cnn": "CNN 28x28, conv 32-64", "vgg": "VGG-like 32x32x3, BatchNorm"}
LAYERS = {"max_pool2d": "max pooling by 2", "batch_norm2d": "batch norm", "relu": "relu", "dropout": "dropout"}
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
    "texts/epoch": "36,000 short texts, embedding bag of 14,000 words, one epoch, batch 64",
    "fashion/epoch": "Fashion-MNIST, one epoch with shuffling, batch 64",
    "fashion/evaluation": "Fashion-MNIST, evaluation of 60,000 images",
    "fashion/read": "Fashion-MNIST, reading the four files",
}


def title(name):
    step = re.fullmatch(r"step/([^/]+)/([^/]+)/(\d+)", name)
    if step:
        return f"step: {MODELS[step[1]]}, {OPTIMIZERS[step[2]]}, batch {step[3]}"
    evaluation = re.fullmatch(r"evaluation/([^/]+)/(\d+)", name)
    if evaluation:
        return f"evaluation: {MODELS[evaluation[1]]}, batch {evaluation[2]}"
    layer = re.fullmatch(r"([^/]+)/(\d+x\d+x\d+x\d+)", name)
    if layer:
        return f"{LAYERS[layer[1]]} forward and backward, {layer[2].replace('x', ' x ')}"
    return TITLES[name]


def names(pattern):
    listed = subprocess.run([OURS / "xtape_rows", "--benchmark_list_tests"], capture_output=True, text=True, check=True)
    every = [re.sub(r"/(process_time|iterations:1)", "", line) for line in listed.stdout.split()]
    return [name for name in every if re.search(pattern, name)]


def compare(name, sides, options):
    """Samples of each side, measured in turn; every other round goes through the sides in reverse."""
    samples = {side: Samples() for side in sides}
    running = dict(sides)
    for round_number in range(options.rounds):
        for side in sorted(running, reverse=round_number % 2 == 1):
            value = measure(running[side], name, options.seconds, options.core)
            if value is None:
                del running[side]
            else:
                samples[side].append(value)
    return samples


def table(header, rows):
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def machine():
    with open("/proc/cpuinfo") as lines:
        processor = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "?")
    return f"{processor}, {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f}; {datetime.date.today()}"


def others(options):
    """A table of the MLP's step in other packages; each has its own program, which prints nanoseconds."""
    place = ROOT / "build/peer/others"
    script = [place / "venv/bin/python", ROOT / "tests/bench/others/step.py"]
    programs = {"dlib": [place / "dlib_step"],
                "tiny-dnn": [place / "tiny_dnn_step"],
                "scikit-learn, no dropout": [*script, "sklearn"],
                "JAX": [*script, "jax"],
                "MLX": [*script, "mlx"],
                # MLX's package comes with the reference BLAS; a user who wants speed replaces it.
                "MLX, OpenBLAS": ["env", "LD_PRELOAD=libopenblas.so.0", *script, "mlx"]}
    rows = []
    for batch in from_outside.BATCHES:
        samples = {"xtape": Samples(), **{name: Samples() for name in programs}}
        for _ in range(options.rounds):
            name = from_outside.THREADED + str(batch)
            samples["xtape"].append(measure(OURS / "xtape_rows", name, options.seconds, options.core))
            for name, program in programs.items():
                command = ["taskset", "-c", options.core, *program, str(batch), str(options.seconds)]
                done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
                samples[name].append(float(done.stdout))
        rows.append([title(from_outside.THREADED + str(batch)), *samples.values()])
    return table(["work", "xtape", *programs], rows) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", default="")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--filter", default="")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--others", action="store_true")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 7)
    options.seconds = 0.05 if options.quick else 0.3
    options.cores = sorted(os.sched_getaffinity(0))[-2:]
    options.core = str(options.cores[-1])

    peers = {kind: ROOT / "build/peer" / kind for kind in options.peers.split(",") if kind}
    programs = {"xtape": OURS / "xtape_rows", "floor": OURS / "floor_rows", "by hand": OURS / "by_hand_rows"}
    programs |= {kind: folder / "torch_rows" for kind, folder in peers.items()}
    header = ["work", "xtape", "xtape / floor", "by hand in C", "xtape / by hand"]
    for folder in peers.values():
        header += [f"libtorch {(folder / 'version').read_text().strip()}", "libtorch / xtape"]
    header.append("note")

    def row(words, ours, floor, by_hand, theirs, note=""):
        against = [cell for samples in theirs for cell in (samples, ratio(samples, ours))]
        return [words, ours, ratio(ours, floor), by_hand, ratio(ours, by_hand), *against, note]

    before = machine()
    rows = []
    for name in names(options.filter):
        if name.startswith("fashion") and not FASHION.exists():
            continue
        print(name, file=sys.stderr)
        samples = compare(name, programs, options)
        rows.append(row(title(name), samples["xtape"], samples["floor"], samples["by hand"],
                        [samples[kind] for kind in peers]))
    sides = [(OURS, "xtape"), *((folder, "torch") for folder in peers.values())]
    for words, (ours, *theirs), note in from_outside.rows(options, sides):
        rows.append(row(words, ours, Samples(), Samples(), theirs, note))
    text = f"{before}; {options.rounds} rounds. CPU time on one core; wall time for two threads and for the start.\n\n"
    text += table(header, rows) + "\n"
    if options.others:
        text += "\n" + others(options)
    print(text)
    (ROOT / "build/bench/compare.md").write_text(text)


if __name__ == "__main__":
    main()
