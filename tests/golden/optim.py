#!/usr/bin/env python3
"""Writes optim.txt, the reference of tests/optim/golden_test.cpp.

    OMP_NUM_THREADS=1 python optim.py > optim.txt

Fifty steps of PyTorch's SGD and Adam under random options, in both floating dtypes. Initial values and
gradients come from integers that the test computes too (see `noise`), so that the file holds options and results
alone. Gradients change scale, are zero at times, are absent at times; one parameter gets none before step 10;
lr halves after step 25.
"""
import random

import torch

SEED = 20240611
SHAPES = [(4, 5), (3,), ()]
AFTER = (1, 10, 50)
INITIAL = 1000  # the `step` of the initial values


def noise(step, parameter, element):
    x = (step * 7919 + parameter * 104729 + element * 1299709 + 12345) * 2654435761 % 2**32
    x ^= x >> 15
    x = x * 2246822519 % 2**32
    x ^= x >> 13
    return x / 2**32 - 0.5


def values(step, parameter, dtype):
    n = torch.Size(SHAPES[parameter]).numel()
    scale = 0.0 if step % 5 == 2 else 2.0 ** (step % 7 - 3)
    x = torch.tensor([noise(step, parameter, i) * scale for i in range(n)], dtype=dtype)
    return x.reshape(SHAPES[parameter])


def is_absent(step, parameter):
    return (parameter == 1 and step % 7 == 3) or (parameter == 2 and step < 10)


def random_sgd(rng):
    momentum = rng.choice([0.0, 0.5, 0.9])
    dampening = rng.choice([0.0, 0.3])
    return dict(lr=rng.choice([0.1, 0.01]), momentum=momentum, dampening=dampening,
                weight_decay=rng.choice([0.0, 0.01, 0.3]),
                nesterov=momentum > 0 and dampening == 0 and rng.random() < 0.6, maximize=rng.random() < 0.3)


def random_adam(rng):
    betas = rng.choice([(0.9, 0.999), (0.0, 0.0), (0.4, 0.7), (rng.random(), rng.random())])
    return dict(lr=rng.choice([0.1, 0.001]), betas=betas, eps=rng.choice([1e-8, 1e-4, 1.0]),
                weight_decay=rng.choice([0.0, 0.01, 0.3]), amsgrad=rng.random() < 0.4,
                maximize=rng.random() < 0.3)


def show(value):
    if isinstance(value, tuple):
        return ",".join(map(show, value))
    return str(int(value)) if isinstance(value, bool) else repr(value)


def run(make, options, dtype):
    options_line = " ".join(f"{k}={show(v)}" for k, v in options.items())
    print("case", make.__name__, str(dtype).removeprefix("torch."), options_line)
    params = [values(INITIAL, k, dtype).requires_grad_() for k in range(len(SHAPES))]
    optimizer = make(params, foreach=False, **options)
    for step in range(1, AFTER[-1] + 1):
        for k, p in enumerate(params):
            p.grad = None if is_absent(step, k) else values(step, k, dtype)
        optimizer.step()
        if step == 25:
            optimizer.param_groups[0]["lr"] *= 0.5
        if step in AFTER:
            print("after", step, *(x.hex() for p in params for x in p.detach().double().flatten().tolist()))


def main():
    print(f"# by optim.py, torch {torch.__version__}, CPU, seed {SEED}")
    torch.set_num_threads(1)
    rng = random.Random(SEED)
    cases = [(torch.optim.SGD, random_sgd(rng)) for _ in range(10)]
    cases += [(torch.optim.Adam, dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False,
                                      maximize=False))]
    cases += [(torch.optim.Adam, random_adam(rng)) for _ in range(11)]
    for make, options in cases:
        for dtype in (torch.float64, torch.float32):
            run(make, options, dtype)


if __name__ == "__main__":
    main()
