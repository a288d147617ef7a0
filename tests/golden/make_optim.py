"""Writes optim.golden, the reference of optim_test.cpp: fifty steps of PyTorch's optimizers with every combination of
options, in both floating dtypes.

    OMP_NUM_THREADS=1 python make_optim.py

There are two groups of two parameters each; the second group's options differ (see `second`). Gradients change their
scale and are sometimes zero or absent; one parameter gets none before step 10; the first group's lr halves after step
25. Adagrad takes initial_accumulator_value from its constructor and ignores a group's. A case's result is one tensor
(recorded steps, elements of all parameters). Last digits depend on the CPU: with AVX2, PyTorch fuses some
multiplications and additions. Debian's PyTorch 1.13.1 computes Adam's mean as beta1 m + (1 - beta1) g instead of by
lerp, which rounds differently, and SGD has no default lr there; apart from that it gives the same numbers (RMSprop and
Adagrad have not been tried).
"""
import itertools

import torch

from golden import Writer, any_

SHAPES = [(2, 3), (3,), (), (2,)]
STEPS = 50
EVERY = 5


def values(step, parameter, dtype):
    x = any_(SHAPES[parameter]).tensor(f"optim {step} {parameter}", torch.float64).detach()
    scale = 0.0 if step % 5 == 2 else 2.0 ** (step % 7 - 3)
    return (x * scale).to(dtype)


def is_absent(step, parameter):
    return (parameter == 1 and step % 7 == 3) or (parameter == 2 and step < 10)


def second(options):
    """The options of the second group."""
    return dict(options, lr=2 * options["lr"], weight_decay=0.1 - options["weight_decay"],
                maximize=not options["maximize"])


def sgd():
    for momentum, dampening, weight_decay, nesterov, maximize in itertools.product(
            (0.0, 0.9), (0.0, 0.5), (0.0, 0.1), (False, True), (False, True)):
        if nesterov and (momentum == 0 or dampening != 0):
            continue
        yield dict(lr=0.05, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov,
                   maximize=maximize)


def adam():
    for (beta1, beta2, eps), weight_decay, amsgrad, maximize in itertools.product(
            ((0.9, 0.999, 1e-8), (0.3, 0.7, 1e-4), (0.0, 0.99, 1.0), (0.95, 0.0, 1e-8)),
            (0.0, 0.1), (False, True), (False, True)):
        yield dict(lr=0.01, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad,
                   maximize=maximize)


def rmsprop():
    for (alpha, eps), weight_decay, momentum, centered, maximize in itertools.product(
            ((0.99, 1e-8), (0.3, 1e-4), (0.0, 1.0)), (0.0, 0.1), (0.0, 0.9), (False, True), (False, True)):
        if centered and alpha == 0:  # a variance of 0, or of what rounding leaves
            continue
        yield dict(lr=0.01, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered,
                   maximize=maximize)


def adagrad():
    for lr_decay, weight_decay, initial, eps, maximize in itertools.product(
            (0.0, 0.1), (0.0, 0.1), (0.0, 0.5), (1e-10, 1e-2), (False, True)):
        yield dict(lr=0.05, lr_decay=lr_decay, weight_decay=weight_decay, initial_accumulator_value=initial, eps=eps,
                   maximize=maximize)


def torchs(options):
    options = dict(options)
    if "beta1" in options:
        options["betas"] = (options.pop("beta1"), options.pop("beta2"))
    return options


def run(make, options, dtype):
    params = [values(0, k, dtype).requires_grad_() for k in range(len(SHAPES))]
    groups = [dict(params=params[:2], **torchs(options)), dict(params=params[2:], **torchs(second(options)))]
    of_all = {k: v for k, v in options.items() if k == "initial_accumulator_value"}
    optimizer = make(groups, foreach=False, **of_all)
    rows = []
    for step in range(1, STEPS + 1):
        for k, p in enumerate(params):
            p.grad = None if is_absent(step, k) else values(step, k, dtype)
        optimizer.step()
        if step == 25:
            optimizer.param_groups[0]["lr"] *= 0.5
        if step % EVERY == 0:
            rows.append(torch.cat([p.detach().flatten() for p in params]))
    return torch.stack(rows)


def main():
    writer = Writer(__file__, "optim.golden")
    for make, product in ((torch.optim.SGD, sgd), (torch.optim.Adam, adam), (torch.optim.AdamW, adam),
                          (torch.optim.RMSprop, rmsprop), (torch.optim.Adagrad, adagrad)):
        for options, dtype in itertools.product(product(), (torch.float64, torch.float32)):
            words = [make.__name__, str(dtype).removeprefix("torch.")]
            words += [f"{k}={float(v)!r}" for k, v in options.items()]
            writer.add(" ".join(words), [run(make, options, dtype)])
    writer.write()


if __name__ == "__main__":
    main()
