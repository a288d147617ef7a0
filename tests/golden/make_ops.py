"""Writes ops.golden, the reference of ops_test.cpp: PyTorch's answers to the cases of tests/support/op_cases.hpp.

    python make_ops.py [build/gcc/tests/xtape_tests]

The test program prints its cases: a name, inputs in the words of golden.py, and a call in PyTorch on the inputs x. Each
case runs in float64 and in float32 and gives its results, then the gradients at its differentiable inputs under a random
upstream gradient.
"""
import os
import subprocess
import sys
from math import inf, nan

import torch
import torch.nn.functional as F
from torch import nn

from golden import (Writer, away, constant, given, gradients, indices, integers, make_inputs, special, truths,
                    uniform)


# ---- Calls that are more than an expression

def running_statistics(x):
    mean, var = x[1].clone(), x[2].clone()
    F.batch_norm(x[0].detach(), mean, var, training=True, momentum=0.3)
    return [mean, var]


def seen_and_evaluated(x):
    layer = nn.BatchNorm1d(3, momentum=None, dtype=x[0].dtype)
    layer(x[0].detach())
    layer(x[0].detach() ** 2)
    return F.batch_norm(x[0].detach(), layer.running_mean, layer.running_var, x[1], x[2])


def main():
    """The table and its calls use the names that this file imports and defines."""
    build = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/gcc/tests/xtape_tests")
    program = sys.argv[1] if len(sys.argv) > 1 else build
    table = subprocess.run([program, "--op-cases"], check=True, stdout=subprocess.PIPE, text=True).stdout
    writer = Writer(__file__, "ops.golden")
    for line in table.splitlines():
        name, inputs, call = eval(line)
        f = eval("lambda x: " + call)
        for dtype in (torch.float64, torch.float32):
            x = make_inputs(name, inputs, dtype)
            y = f(x)
            y = [y] if isinstance(y, torch.Tensor) else list(y)
            writer.add(f"{name} {str(dtype)[6:]}", y + gradients(name, y, x))
    writer.write()


if __name__ == "__main__":
    main()
