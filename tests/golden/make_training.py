"""Writes training.golden, the reference of training_test.cpp: losses of training runs, step by step, in both dtypes.

synthetic   784-256-10, 20 steps of Adam with label smoothing 0.1 on one batch drawn from its name
fashion     784-64-32-10, 200 steps on the first 6,400 training images of Fashion-MNIST, 32 at a time, with SGD
            (Nesterov, momentum 0.9, lr 0.05) and with Adam (lr 1e-3); the file also holds a sum of the images'
            bytes, so that the test notices another data set

    python make_training.py DIRECTORY       (of train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz)
"""
import gzip
import os
import sys

import numpy
import torch
from golden import Writer, integers, make_inputs, uniform

STEPS, BATCH = 200, 32


def parameters(run, sizes, dtype):
    """weight and bias of each layer, uniform on +-1/sqrt(inputs)."""
    inputs = []
    for n, m in zip(sizes, sizes[1:]):
        k = n**-0.5
        inputs += [uniform((m, n), -k, 2 * k), uniform((m,), -k, 2 * k)]
    return make_inputs(run, inputs, dtype)


def forward(p, x):
    for i in range(0, len(p), 2):
        x = torch.nn.functional.linear(x, p[i], p[i + 1])
        if i + 2 < len(p):
            x = torch.relu(x)
    return x


def train(p, optimizer, batches, smoothing):
    losses = []
    for x, y in batches:
        loss = torch.nn.functional.cross_entropy(forward(p, x), y, label_smoothing=smoothing)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses, dtype=torch.float64)


def read(directory, name, offset):
    with gzip.open(os.path.join(directory, name)) as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)[offset:]


def main(directory):
    images = read(directory, "train-images-idx3-ubyte.gz", 16).reshape(-1, 784)[: STEPS * BATCH]
    labels = read(directory, "train-labels-idx1-ubyte.gz", 8)[: STEPS * BATCH].to(torch.int64)
    writer = Writer(__file__, "training.golden")
    writer.add("fashion bytes", [images.to(torch.int64).sum() * 10 + labels.sum()])
    for dtype in (torch.float32, torch.float64):
        name = str(dtype).removeprefix("torch.")
        p = parameters("synthetic", (784, 256, 10), dtype)
        x, y = make_inputs("synthetic batch", [uniform((64, 784), 0.0, 1.0), integers((64,), 10)], dtype)
        batches = [(x.detach(), y)] * 20
        adam = torch.optim.Adam(p, lr=1e-3, foreach=False)
        writer.add(f"synthetic {name}", [train(p, adam, batches, 0.1)])

        # The bytes are divided by 255 in float32 even if the network uses float64, because xtape's images are float32.
        x = (images.to(torch.float32) / 255).to(dtype)
        batches = list(zip(x.split(BATCH), labels.split(BATCH)))
        for which in ("sgd", "adam"):
            p = parameters("fashion", (784, 64, 32, 10), dtype)
            optimizer = (torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, foreach=False) if which == "sgd"
                         else torch.optim.Adam(p, lr=1e-3, foreach=False))
            writer.add(f"fashion {which} {name}", [train(p, optimizer, batches, 0.0)])
    writer.write()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/datasets/fashion-mnist")
