"""Writes dtypes.golden, the reference of dtypes_test.cpp: the results of ops on every pair of dtypes.

    python make_dtypes.py

Operands are ones: tensors of 2 elements, 0-dim tensors, and Python numbers. A case holds the result, or nothing if
PyTorch refuses it.
"""
import itertools
import operator

import torch

from golden import DTYPES, Writer


def is_bool(x):
    return isinstance(x, bool) or isinstance(x, torch.Tensor) and x.dtype == torch.bool


def sub(a, b):
    """PyTorch refuses a bool on either side, as numpy does; xtape only two of them. All operands are 1."""
    return (a + b).fill_(0) if is_bool(a) != is_bool(b) else a - b


BINARY = {
    "and": operator.and_, "or": operator.or_, "xor": operator.xor,
    "add": operator.add, "sub": sub, "mul": operator.mul, "div": operator.truediv, "pow": operator.pow,
    "eq": operator.eq, "lt": operator.lt, "where": lambda a, b: torch.where(torch.tensor([True, False]), a, b),
}
OF_TENSORS = {
    "maximum": torch.maximum, "minimum": torch.minimum, "matmul": torch.matmul, "isclose": torch.isclose,
    "logical_and": torch.logical_and, "logical_or": torch.logical_or, "logical_xor": torch.logical_xor,
    "cat": lambda a, b: torch.cat([a, b]), "stack": lambda a, b: torch.stack([a.to(torch.int32), b]),
}
UNARY = {
    "neg": torch.neg, "abs": torch.abs, "exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt, "relu": torch.relu,
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "isnan": torch.isnan, "sum": torch.sum,
    "sum over 0": lambda x: torch.sum(x, 0), "mean": torch.mean, "max": torch.max,
    "max over 0": lambda x: torch.max(x, 0).values, "argmax": torch.argmax, "softmax": lambda x: torch.softmax(x, 0),
    "log_softmax": lambda x: torch.log_softmax(x, 0), "clone": torch.clone, "clamp": lambda x: torch.clamp(x, 0, 2),
    "clamp by reals": lambda x: torch.clamp(x, 0.5, 1.5), "unsqueeze": lambda x: x.unsqueeze(0),
    "clamp by truths": lambda x: torch.clamp(x, False, True), "clamp_min": lambda x: torch.clamp_min(x, 1),
    "clamp_max by a real": lambda x: torch.clamp_max(x, 1.0), "logsumexp": lambda x: torch.logsumexp(x, 0),
    "min": torch.min, "argmax over 0": lambda x: torch.argmax(x, 0), "not": operator.invert,
    "logical_not": torch.logical_not, "all": torch.all, "any over 0": lambda x: torch.any(x, 0),
    "isinf": torch.isinf, "isfinite": torch.isfinite, "sin": torch.sin, "cos": torch.cos, "tan": torch.tan,
    "floor": torch.floor, "ceil": torch.ceil, "trunc": torch.trunc, "round": torch.round, "sign": torch.sign,
    "expm1": torch.expm1, "exp2": torch.exp2, "log1p": torch.log1p, "log2": torch.log2, "log10": torch.log10,
    "rsqrt": torch.rsqrt, "square": torch.square, "reciprocal": torch.reciprocal, "erf": torch.erf,
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
        if x.dim() == y.dim() == 1 or op not in ("matmul", "cat", "stack"):
            add(writer, f"{op} {a} {b}", f, x, y)
    for (op, f), (a, x) in itertools.product(UNARY.items(), operands):
        add(writer, f"{op} {a}", f, x)
    writer.write()


if __name__ == "__main__":
    main()
