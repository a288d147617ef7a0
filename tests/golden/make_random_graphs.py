"""Writes random programs and PyTorch's results of them, for random_graphs_test.cpp.

    python make_random_graphs.py [--count 1000] [--seed 1] [--out random_graphs.golden]

A program is one line: `graph <seed> <number>; leaf 2 3; const 3; add 0 1; ~exp 2; sum_over 3 : 1 0; out 2 4`. Each
statement makes the next value; graph_ops.py defines them. `const` is a leaf without a gradient, `~` runs its statement
under no_grad. The loss is the sum of the outputs' elements, each times a number that is drawn, like the leaves, from
the key `graph <seed> <number>`. A case's name is its program; it holds the loss, its gradient at each leaf, and the
gradient of the sum of the gradients' squares.
"""
import argparse
import random

import torch

from graph_ops import RUN
from graph_proposals import PROPOSE, WEIGHTS
from golden import Writer, any_, upstream

LARGEST, ELEMENTS, GRADIENT, SECOND = 20.0, 48, 1e3, 1e5


class Program:
    def __init__(self, key, rng):
        self.key, self.rng = key, rng
        self.values, self.lines, self.leaves, self.used = [], [], [], set()
        extents = [rng.choice([1, 2, 3, 4]) for _ in range(3)]
        for k in range(rng.randrange(2, 6)):
            self.add_leaf(extents, constant=k > 0 and rng.random() < 0.15)

    def add_leaf(self, extents, constant):
        rank = self.rng.choice([0, 1, 1, 2, 2, 2, 3])
        shape = [1 if self.rng.random() < 0.2 else n for n in extents[3 - rank:]]
        x = any_(shape).tensor(f"{self.key}#{len(self.values)}", torch.float64)
        if constant:
            x = x.detach()
        else:
            self.leaves.append(x)
        self.values.append(x)
        self.lines.append(" ".join(map(str, ["const" if constant else "leaf", *shape])))

    def pick(self):
        """Any value, the latest most often."""
        n = len(self.values)
        i = max(self.rng.randrange(n), self.rng.randrange(n)) if self.rng.random() < 0.6 else self.rng.randrange(n)
        return i, self.values[i].detach()

    def add_statement(self):
        """False if the proposal does not fit, or its numbers are too large."""
        op = self.rng.choices(list(PROPOSE), WEIGHTS)[0]
        proposal = PROPOSE[op](self.rng, self.pick)
        if proposal is None:
            return False
        operands, parameters = proposal
        no_grad = self.rng.random() < 0.06
        try:
            with torch.set_grad_enabled(not no_grad):
                y = RUN[op]([self.values[i] for i in operands], parameters)
        except (RuntimeError, IndexError):  # shapes do not fit
            return False
        if any(y is x for x in self.values):  # flatten of one dim returns its operand, even under no_grad
            return False
        if y.dim() > 4 or y.numel() > ELEMENTS or not bool((y.abs() < LARGEST).all()):
            return False
        self.values.append(y)
        self.used.update(operands)
        words = [("~" if no_grad else "") + op, *operands] + ([":", *parameters] if parameters else [])
        self.lines.append(" ".join(map(str, words)))
        return True

    def finish(self):
        """The program's text and results; None if there is no gradient, or a large one."""
        recorded = [i for i, y in enumerate(self.values) if y.requires_grad and not y.is_leaf]
        if not recorded:
            return None
        ends = [i for i in recorded if i not in self.used]
        outs = {recorded[-1], *self.rng.sample(ends, min(len(ends), 6)), self.rng.choice(recorded)}
        outs = sorted(outs)
        self.lines.append("out " + " ".join(map(str, outs)))
        loss = sum((self.values[i] * upstream(self.key, k, self.values[i])).sum() for k, i in enumerate(outs))
        first = torch.autograd.grad(loss, self.leaves, create_graph=True, allow_unused=True)
        if all(g is None for g in first):  # a view of a leaf that was made under no_grad claims to require grad
            return None
        first = [torch.zeros_like(x) if g is None else g for x, g in zip(self.leaves, first)]
        norm = sum((g * g).sum() for g in first)
        second = [torch.zeros_like(x) for x in self.leaves]
        if norm.requires_grad:
            found = torch.autograd.grad(norm, self.leaves, allow_unused=True)
            second = [z if g is None else g for z, g in zip(second, found)]
        if any(not bool((g.abs() < GRADIENT).all()) for g in first):
            return None
        if any(not bool((g.abs() < SECOND).all()) for g in second):
            return None
        return "; ".join([self.key, *self.lines]), [loss, *first, *second]


def make(key, rng):
    while True:
        program = Program(key, rng)
        wanted = rng.randrange(2, 41)
        for _ in range(40 * wanted):
            wanted -= program.add_statement()
            if wanted == 0:
                break
        finished = program.finish()
        if finished:
            return finished


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--count", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--out")
    options = options.parse_args()
    writer = Writer(__file__, "random_graphs.golden")
    for i in range(options.count):
        key = f"graph {options.seed} {i}"
        writer.add(*make(key, random.Random(key)))
    writer.write(options.out)


if __name__ == "__main__":
    main()
