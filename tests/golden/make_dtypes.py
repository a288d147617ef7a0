"""Writes dtypes.golden, the reference of dtypes_test.cpp: the results of ops on every pair of dtypes.

    python make_dtypes.py

Operands are ones: tensors of 2 elements, 0-dim tensors, and Python numbers. A case holds the result, or nothing if
PyTorch refuses it.
"""
import itertools
import operator

import torch

from golden import DTYPES, Writer



def sub(a, b):
    """PyTorch refuses to subtract bools, as numpy does; xtape subtracts whatever it adds. All operands are 1."""
    try:
        return a - b
    except RuntimeError:
        return (a + b).fill_(0)


BINARY = {
    "add": operator.add, "sub": sub, "mul": operator.mul, "div": operator.truediv, "pow": operator.pow,
    "eq": operator.eq, "lt": operator.lt, "where": lambda a, b: torch.where(torch.tensor([True, False]), a, b),
}
OF_TENSORS = {
    "maximum": torch.maximum, "minimum": torch.minimum, "matmul": torch.matmul,
    "cat": lambda a, b: torch.cat([a, b]), "stack": lambda a, b: torch.stack([a.to(torch.int32), b]),
}
UNARY = {
    "neg": torch.neg, "abs": torch.abs, "exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt, "relu": torch.relu,
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "isnan": torch.isnan, "sum": torch.sum,
    "sum over 0": lambda x: torch.sum(x, 0), "mean": torch.mean, "max": torch.max,
    "max over 0": lambda x: torch.max(x, 0).values, "argmax": torch.argmax, "softmax": lambda x: torch.softmax(x, 0),
    "log_softmax": lambda x: torch.log_softmax(x, 0), "clone": torch.clone, "clamp": lambda x: torch.clamp(x, 0, 2),
    "clamp by reals": lambda x: torch.clamp(x, 0.5, 1.5), "unsqueeze": lambda x: x.unsqueeze(0),
}
NUMBERS = {"true": True, "1": 1, "1.0": 1.0}


def tensors():
    for dtype in DTYPES:
        for shape in ((2,), ()):
            yield f"{str(dtype)[6:]}{'[2]' if shape else '[]'}", torch.ones(shape, dtype=dtype)


def add(writer, name, f, *x):
    try:
        y = [f(*x)]
    except (RuntimeError, TypeError):
        y = []
    writer.add(name, y)


def main():
    writer = Writer(__file__, "dtypes.golden")
    operands = list(tensors())
    for (op, f), (a, x), (b, y) in itertools.product(BINARY.items(), operands, operands):
        add(writer, f"{op} {a} {b}", f, x, y)
    for (op, f), (a, x), (b, y) in itertools.product(BINARY.items(), operands, NUMBERS.items()):
        add(writer, f"{op} {a} {b}", f, x, y)
        add(writer, f"{op} {b} {a}", f, y, x)
    for (op, f), (a, x), (b, y) in itertools.product(OF_TENSORS.items(), operands, operands):
        if x.dim() == y.dim() == 1 or op in ("maximum", "minimum"):
            add(writer, f"{op} {a} {b}", f, x, y)
    for (op, f), (a, x) in itertools.product(UNARY.items(), operands):
        add(writer, f"{op} {a}", f, x)
    writer.write()


if __name__ == "__main__":
    main()
