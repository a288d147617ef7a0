"""Writes in_place.golden, the reference of in_place_test.cpp: what += -= *= /= make of every pair of dtypes.

    python make_in_place.py

The left side holds 3 and 7, or 7 alone (0-dim); the right side 2, as a tensor of one element or a Python number. A case
holds the left side afterwards, or nothing where PyTorch refuses.
"""
import itertools
import operator

import torch

from golden import DTYPES, Writer


def isub(a, b):
    """PyTorch refuses a bool on either side, as numpy does; xtape subtracts wherever it adds."""
    return operator.isub(a, b.to(a.dtype) if isinstance(b, torch.Tensor) and b.dtype == torch.bool else b)


OPS = {"+=": operator.iadd, "-=": isub, "*=": operator.imul, "/=": operator.itruediv}
NUMBERS = {"2": 2, "2.0": 2.0}


def main():
    writer = Writer(__file__, "in_place.golden")
    for (op, f), dtype, dims in itertools.product(OPS.items(), DTYPES, (1, 0)):
        right = {f"{str(d)[6:]}[{1 if n else ''}]": torch.full((1,) * n, 2).to(d) for d in DTYPES for n in range(dims + 1)}
        for name, b in {**right, **NUMBERS}.items():
            a = torch.tensor([3, 7] if dims else 7).to(dtype)
            try:
                y = [f(a, b)]
            except RuntimeError:
                y = []
            writer.add(f"{str(dtype)[6:]}[{2 if dims else ''}] {op} {name}", y)
    writer.write()


if __name__ == "__main__":
    main()
