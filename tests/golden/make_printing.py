"""Writes printing.golden, the reference of printing_test.cpp beside it: what PyTorch prints, as the bytes of its text.

    python make_printing.py

A case is named "fill shape dtype". Only what stands behind the elements is in xtape's words: dtype=float64, not
torch.float64; requires_grad=true.
"""
import torch
from torch import _tensor_str

from golden import Writer, any_, integers, special, truths, uniform

SHAPES = [(), (1,), (3,), (7,), (30,), (0,), (0, 3), (2, 0, 3), (2, 3), (3, 1), (2, 3, 4), (1, 1, 1, 2), (2, 2, 2, 2, 2),
          (1000,), (1001,), (40, 40), (7, 1000), (3, 500), (2, 600, 2), (6, 167), (8, 8, 16), (1, 1, 1, 1, 1, 1, 1, 1001)]
REAL = {
    "any": any_,
    "small": lambda shape: uniform(shape, 0.0, 1e-3),
    "tiny": lambda shape: uniform(shape, 1e-6, 1e-6),
    "near 1e-4": lambda shape: uniform(shape, 1e-4, 2e-4),
    "large": lambda shape: uniform(shape, -1e9, 2e9),
    "to 2000": lambda shape: uniform(shape, 0.0, 2000.0),
    "to 1e-30": lambda shape: uniform(shape, -1e-30, 2e-30),
    "special": special,
    "special each twice": lambda shape: special(shape, 2),
}
WHOLE = {f"below {n}": lambda shape, n=n: integers(shape, n) for n in (1, 2, 10, 200, 10**6, 2 * 10**8, 2**53)}


def in_our_words(add_suffixes):
    """PyTorch's function, which breaks lines by the length of the words, given xtape's words."""

    def add(text, suffixes, indent, force_newline):
        for theirs, ours in {"torch.bool": "bool_", "torch.": "", "True": "true"}.items():
            suffixes = [suffix.replace(theirs, ours) for suffix in suffixes]
        return add_suffixes(text, suffixes, indent, force_newline)

    return add


def main():
    _tensor_str._add_suffixes = in_our_words(_tensor_str._add_suffixes)
    file = Writer(__file__, "printing.golden")

    def add(name, x):
        file.add(name, [torch.frombuffer(bytearray(str(x).encode()), dtype=torch.uint8)])

    for shape in SHAPES:
        place = "(" + ", ".join(map(str, shape)) + ")"
        for dtype in (torch.float32, torch.float64):
            for fill, make in REAL.items():
                name = f"{fill} {place} {dtype}".replace("torch.", "")
                add(name, make(shape).tensor(name, dtype).detach())
        for fill, make in WHOLE.items():
            for dtype in (torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64):
                if dtype == torch.uint8 and int(fill[6:]) > 256 or dtype == torch.int32 and int(fill[6:]) > 2**31:
                    continue
                name = f"{fill} {place} {dtype}".replace("torch.", "")
                add(name, make(shape).tensor(name, None).to(dtype))
        name = f"truths {place} bool_"
        add(name, truths(shape).tensor(name, None))
        name = f"leaf {place} float64"
        add(name, any_(shape).tensor(name, torch.float64))
    file.write()


if __name__ == "__main__":
    main()
