"""Writes creation.golden, the reference of creation_test.cpp beside it: linspace, and tensors of nested lists of numbers.

    python make_creation.py
"""
import torch

from golden import DTYPES, Writer

LINES = [(0, 10, 5), (0, 10, 4), (10, 0, 4), (-3, 3, 7), (0, 1, 11), (0.5, 2.5, 3), (-2.7, 2.7, 6), (0, 255, 7),
         (1, 2, 2), (3, 7, 1), (3, 7, 0), (5, 5, 3), (-1e30, 1e30, 4), (0, 1, 100), (1e-3, 1, 1000)]
LISTS = ["1", "2.5", "true", "[]", "[[]]", "[[], []]", "[1, 2.5]", "[1.0, 2]", "[true, 2]", "[true, 2.5]", "[true, false]",
         "[[1], [2.5]]", "[[1, 2], [3, 4.5]]", "[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]", "[[[[true], [2]]]]", "[9007199254740993]",
         "[0.1, 1e300]"]


def main():
    file = Writer(__file__, "creation.golden")
    for start, end, steps in LINES:
        for dtype in DTYPES[1:]:
            name = f"linspace {start:g} {end:g} {steps} {dtype}".replace("torch.", "")
            try:
                y = torch.linspace(start, end, steps, dtype=dtype)
            except RuntimeError:  # a bound that the dtype cannot hold
                continue
            if min(start, end) <= -1 and dtype == torch.uint8:
                continue  # wraps, where xtape throws
            file.add(name, [y])
    for text in LISTS:
        file.add(f"tensor {text}", [torch.tensor(eval(text, {"true": True, "false": False}))])
    file.write()


if __name__ == "__main__":
    main()
