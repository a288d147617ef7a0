"""What the make_*.py scripts share: inputs drawn from names, and files of results.

An input's numbers depend only on its case's name, by splitmix64; tests/support/inputs.cpp draws the same bits. A file
holds only results: one line that says where they come from, then a zlib stream of records {name, tensors}, which
tests/support/golden.cpp reads.
"""
import datetime
import os
import struct
import sys
import zlib

import numpy
import torch

TORCH = "2.15"
GAMMA = 0x9E3779B97F4A7C15
# In the order of xtape::DType.
DTYPES = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float32, torch.float64]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, float("inf"), float("-inf"), float("nan"), 1e-40, -1e-40, 5e-324,
           1e30, -1e30, 88.5, -104.0, 1e300, -745.0, 2.0**53]


def hash_of(key):
    """FNV-1a, 64 bits."""
    h = 0xCBF29CE484222325
    for byte in key.encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


def draws(key, n):
    """n 64-bit numbers: the outputs of splitmix64 with the key's hash as its first state."""
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(hash_of(key)) + numpy.arange(1, n + 1, dtype=numpy.uint64) * numpy.uint64(GAMMA)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        return z ^ (z >> numpy.uint64(31))


def unit(z):
    """[0, 1), in steps of 2^-53."""
    return (z >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53


class Input:
    """`fill` makes the numbers from a key. Real inputs get the case's dtype and require grad unless constant."""

    def __init__(self, shape, fill, real=True, constant=False):
        self.shape, self.fill, self.real, self.constant = tuple(shape), fill, real, constant

    def tensor(self, key, dtype):
        x = torch.from_numpy(numpy.array(self.fill(key, int(numpy.prod(self.shape)))).reshape(self.shape))
        return x.to(dtype).requires_grad_(not self.constant) if self.real else x


def uniform(shape, low, width):
    return Input(shape, lambda key, n: low + width * unit(draws(key, n)))


def any_(shape):
    return uniform(shape, -2.0, 4.0)


def positive(shape):
    return uniform(shape, 0.5, 2.0)


def away(shape):
    """Of both signs, at least 0.25 from 0."""

    def fill(key, n):
        z = draws(key, n)
        return numpy.where(z % numpy.uint64(2) == 1, -1.0, 1.0) * (0.25 + 2.0 * unit(z))

    return Input(shape, fill)


def special(shape, repeat=1):
    return Input(shape, lambda key, n: [SPECIAL[i // repeat % len(SPECIAL)] for i in range(n)])


def given(shape, values):
    return Input(shape, lambda key, n: numpy.array(values, dtype=numpy.float64))


def constant(shape, values):
    return Input(shape, lambda key, n: numpy.array(values, dtype=numpy.float64), constant=True)


def integers(shape, below):
    return Input(shape, lambda key, n: (draws(key, n) % numpy.uint64(below)).astype(numpy.int64), False)


def indices(shape, values):
    return Input(shape, lambda key, n: numpy.array(values, dtype=numpy.int64), False)


def truths(shape):
    return Input(shape, lambda key, n: draws(key, n) % numpy.uint64(2) == 1, False)


def make_inputs(name, inputs, dtype):
    return [x.tensor(f"{name}#{k}", dtype) for k, x in enumerate(inputs)]


def upstream(name, k, y):
    return any_(y.shape).tensor(f"{name}#gy{k}", y.dtype).detach()


def gradients(name, outputs, inputs):
    """The gradients at the inputs that require grad, under a random upstream for each output; zeros for one without."""
    wanted = [x for x in inputs if x.requires_grad]
    recorded = [(y, upstream(name, k, y)) for k, y in enumerate(outputs) if y.requires_grad]
    if not wanted or not recorded:
        return [torch.zeros_like(x) for x in wanted]
    found = torch.autograd.grad([y for y, _ in recorded], wanted, [g for _, g in recorded], allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for g, x in zip(found, wanted)]


class Writer:
    """Collects cases and writes them to `file` beside the script, or to another path given to write()."""

    def __init__(self, script, file):
        if torch.__version__.rsplit(".", 1)[0] != TORCH:
            sys.exit(f"the files are made with PyTorch {TORCH}, this is {torch.__version__}")
        torch.set_num_threads(1)
        self.script = os.path.basename(script)
        self.path = os.path.join(os.path.dirname(os.path.abspath(script)), file)
        self.names, self.payload = set(), bytearray()

    def add(self, name, tensors):
        if name in self.names:
            sys.exit(f"two cases are named {name}")
        self.names.add(name)
        text = name.encode()
        self.payload += struct.pack("<I", len(text)) + text + struct.pack("<B", len(tensors))
        for x in tensors:
            if x._is_zerotensor():  # a gradient of zeros that has no storage
                x = torch.zeros(x.shape, dtype=x.dtype)
            x = x.detach().contiguous()
            self.payload += struct.pack(f"<BB{x.dim()}q", DTYPES.index(x.dtype), x.dim(), *x.shape)
            self.payload += x.numpy().tobytes()

    def write(self, path=None):
        line = (f"xtape golden file, by {self.script}, torch {torch.__version__}, {datetime.date.today()}: "
                f"{len(self.names)} cases, {len(self.payload)} bytes\n")
        with open(path or self.path, "wb") as file:
            file.write(line.encode() + zlib.compress(bytes(self.payload), 9))
        print(f"{path or self.path}: {len(self.names)} cases, {os.path.getsize(path or self.path)} bytes")
