"""Writes lr_scheduler.golden, the reference of lr_scheduler_test.cpp: fifty steps of PyTorch's schedulers, alone, in
pairs on one optimizer and in sequence, with and without an edit of lr after step 20.

    python make_lr_scheduler.py

A case is named "optimizer edit=0; scheduler options; scheduler options". SequentialLR takes the schedulers named before
it, as many as its option `schedulers` says. A case's result has the shape (51, 4): lr of the
two groups, then momentum or betas[0] of both, after construction and after each step. Some of OneCycleLR's last values
are negative: one step after the last, PyTorch continues the line. Debian's PyTorch 1.13.1 has the same formulas; only
its ReduceLROnPlateau lacks get_last_lr.
"""
import itertools
import math
import warnings

import torch
from torch.optim import lr_scheduler

from golden import Writer, any_

STEPS = 50
EDIT = 20
LAMBDAS = {
    "warmup": lambda epoch: (epoch + 1) / 5 if epoch < 5 else 1.0,
    "exponential": lambda epoch: 0.95**epoch,
    "polynomial": lambda epoch: (1 - min(epoch / 40, 1.0)) ** 2,
}


def metric(epoch, mode):
    """Falls until step 20, fluctuates from then on, and is NaN once. Rises for mode max."""
    if epoch == 33:
        return math.nan
    noise = any_((1,)).tensor(f"metric {epoch}", torch.float64).item()
    m = 1 / (1 + 0.2 * min(epoch, 20)) + 0.02 * noise
    return 2 - m if mode == "max" else m


def product(name, **options):
    for values in itertools.product(*options.values()):
        yield [(name, dict(zip(options, values)))]


def one_cycle(**fixed):
    pace = [dict(pct_start=0.3, div_factor=25.0, final_div_factor=1e4),
            dict(pct_start=0.45, div_factor=10.0, final_div_factor=100.0)]
    for options, anneal_strategy, three_phase, cycle_momentum in itertools.product(
            pace, ("cos", "linear"), (False, True), (False, True)):
        yield [("OneCycleLR", dict(fixed, **options, anneal_strategy=anneal_strategy, three_phase=three_phase,
                                   cycle_momentum=cycle_momentum))]


def programs():
    sgd, adam = [], []
    sgd += product("StepLR", step_size=(1, 3, 7, 60), gamma=(0.1, 0.5, 1.05))
    sgd += product("CosineAnnealingLR", T_max=(1, 2, 7, 10, 50, 80), eta_min=(0.0, 0.005))
    sgd += product("LambdaLR", lr_lambda=(["warmup"], ["exponential"], ["polynomial"], ["warmup", "polynomial"]))
    sgd += one_cycle(max_lr=[0.4], total_steps=50)
    adam += one_cycle(max_lr=[0.01, 0.002], epochs=6, steps_per_epoch=9, base_momentum=[0.8, 0.7],
                      max_momentum=[0.9, 0.95])
    sgd += product("ReduceLROnPlateau", mode=("min", "max"), factor=(0.5,), patience=(0, 3),
                   threshold=(1e-4, 0.05), threshold_mode=("rel", "abs"), cooldown=(0, 2),
                   min_lr=([0.0], [0.01, 0.004]))
    sgd += product("ReduceLROnPlateau", factor=(0.9,), patience=(1,), eps=(0.002,))
    step, cosine = ("StepLR", dict(step_size=7, gamma=0.5)), ("CosineAnnealingLR", dict(T_max=15, eta_min=0.0))
    warmup, plateau = ("LambdaLR", dict(lr_lambda=["warmup"])), ("ReduceLROnPlateau", dict(factor=0.5, patience=2))
    cycle = ("OneCycleLR", dict(max_lr=[0.4], total_steps=60))
    sgd += [list(pair) for pair in itertools.permutations((step, cosine, warmup, plateau, cycle), 2)]
    sgd += [[step, ("StepLR", dict(step_size=4, gamma=0.9))], [cosine, cosine]]
    programs = [("SGD", p) for p in sgd] + [("Adam", p) for p in adam]
    return programs + [("SGD", p) for p in later_programs(step, cosine, warmup, plateau, cycle)]


def later_programs(step, cosine, warmup, plateau, cycle):
    programs = []
    programs += product("MultiStepLR", milestones=([5], [3, 9, 9, 30], [0, 7], [20, 10], []), gamma=(0.1, 0.5))
    programs += product("ExponentialLR", gamma=(0.0, 0.9, 1.05))
    programs += product("LinearLR", start_factor=(1.0 / 3, 1.0, 0.05), end_factor=(1.0, 0.2, 0.0),
                        total_iters=(1, 5, 60))
    multi, exponential = ("MultiStepLR", dict(milestones=[4, 9], gamma=0.5)), ("ExponentialLR", dict(gamma=0.9))
    linear = ("LinearLR", dict(start_factor=0.1, total_iters=5))
    for new, old in itertools.product((multi, exponential, linear), (step, cosine, warmup, plateau, cycle)):
        programs += [[new, old], [old, new]]

    def sequence(milestones, *parts):
        return [*parts, ("SequentialLR", dict(schedulers=len(parts), milestones=milestones))]

    raised = ("CosineAnnealingLR", dict(T_max=15, eta_min=0.003))
    parts = (step, raised, warmup, cycle, multi, exponential, linear)
    programs += [sequence([7], *pair) for pair in itertools.permutations(parts, 2)]
    programs += [sequence([], part) for part in parts]
    starts_low = ("MultiStepLR", dict(milestones=[0, 0, 3], gamma=0.5))
    for milestones in ([5, 20], [0, 9], [1, 2], [5, 5], [0, 0], [30, 70]):
        programs += [sequence(milestones, linear, raised, exponential),
                     sequence(milestones, step, starts_low, linear)]
    programs += [[*sequence([7], linear, raised), step], [step, *sequence([7], linear, raised)],
                 [*sequence([7], linear, raised), plateau],
                 [*sequence([5], linear, step), *sequence([9], multi, cycle)]]
    return programs


def make(optimizer, name, options, schedulers):
    options = dict(options)
    if name == "SequentialLR":
        count = options.pop("schedulers")
        parts = schedulers[-count:]
        del schedulers[-count:]
        return lr_scheduler.SequentialLR(optimizer, parts, **options)
    if name == "LambdaLR":
        options["lr_lambda"] = [LAMBDAS[k] for k in options["lr_lambda"]]
    options = {k: v[0] if k != "milestones" and isinstance(v, list) and len(v) == 1 else v
               for k, v in options.items()}
    return getattr(lr_scheduler, name)(optimizer, **options)


def row(optimizer):
    groups = optimizer.param_groups
    return [g["lr"] for g in groups] + [g["betas"][0] if "betas" in g else g["momentum"] for g in groups]


def run(optimizer_name, program, edit):
    groups = [dict(params=[torch.zeros(1, requires_grad=True)], lr=lr) for lr in (0.1, 0.02)]
    momentum = dict(momentum=0.9) if optimizer_name == "SGD" else {}
    optimizer = getattr(torch.optim, optimizer_name)(groups, **momentum)
    schedulers = []
    for name, options in program:
        schedulers.append(make(optimizer, name, options, schedulers))
    rows = [row(optimizer)]
    for epoch in range(1, STEPS + 1):
        optimizer.step()
        for scheduler in schedulers:
            is_plateau = isinstance(scheduler, lr_scheduler.ReduceLROnPlateau)
            scheduler.step(*[metric(epoch, scheduler.mode)] if is_plateau else [])
        if edit and epoch == EDIT:
            optimizer.param_groups[0]["lr"] *= 0.5
            optimizer.param_groups[1]["lr"] *= 1.25
        rows.append(row(optimizer))
    return torch.tensor(rows, dtype=torch.float64)


def show(value):
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(int(value)) if isinstance(value, bool) else str(value)


def main():
    warnings.simplefilter("ignore")
    writer = Writer(__file__, "lr_scheduler.golden")
    for optimizer, program in programs():
        for edit in (0, 1):
            words = [" ".join([n, *(f"{k}={show(v)}" for k, v in options.items())]) for n, options in program]
            writer.add("; ".join([f"{optimizer} edit={edit}", *words]), [run(optimizer, program, edit)])
    writer.write()


if __name__ == "__main__":
    main()
