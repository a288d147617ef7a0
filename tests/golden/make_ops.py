"""Writes ops.golden, the reference of ops_test.cpp: PyTorch's answers to the cases of tests/support/op_cases.hpp.

    python make_ops.py [build/gcc/tests/xtape_tests]

The test program prints its cases: a name, inputs, and a call in Python of the list x. Each case has the same name and inputs there and here. It runs in float64 and in float32 and holds its results, then the
gradients at its differentiable inputs under a random upstream gradient.
"""
import os
import subprocess
import sys

import torch
import torch.nn.functional as F

import golden
from golden import (Writer, any_, away, constant, given, gradients, indices, integers, make_inputs, positive, special,
                    truths, uniform)

CASES = []
INF, NAN = float("inf"), float("nan")
EXTREME_ROWS = [1, 1, 1, 1, 8, 9, 10, 11, 1, NAN, 2, 3, INF, 1, 2, 3, 1e-20, 2e-20, 3e-20, 4e-20, 0, 0, 0, 5]
GELU_SPECIAL = [0, -0.0, 1, -1, 0.5, -2.5, 3, NAN, 1e-40, 1e10, 88.5, 2.0**53]
ROOTS = [0, 1, 0.5, 3, INF, NAN, 1e-40, 88.5, -1, -2.5]


def case(op, name, inputs, f):
    CASES.append((f"{op} {name}".strip(), inputs, f))


# ---- elementwise: op_cases_elementwise.cpp

BINARY = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "maximum": torch.maximum,
    "minimum": torch.minimum, "pow": torch.pow,
}
PAIRS = {
    "same": [(2, 3), (2, 3)], "row": [(2, 3), (3,)], "column": [(2, 1), (2, 3)], "outer": [(3, 1), (1, 4)],
    "middle": [(2, 3, 4), (2, 1, 4)], "0-dim": [(2, 3), ()], "both 0-dim": [(), ()], "empty": [(0, 3), (1, 3)],
    "empty by broadcasting": [(3, 1), (1, 0)], "ranks": [(4,), (2, 1, 3, 1)],
}
UNARY = {
    "neg": torch.neg, "abs": torch.abs, "exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt, "relu": torch.relu,
    "sigmoid": torch.sigmoid, "tanh": torch.tanh,
}
COMPARISONS = {
    "eq": torch.eq, "ne": torch.ne, "lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge,
}


def binary_cases():
    for op, f in BINARY.items():
        for name, (a, b) in PAIRS.items():
            case(op, name, [positive(a) if op == "pow" else away(a), away(b)], lambda x, f=f: f(x[0], x[1]))
        case(op, "special", [special((400,), 20), special((400,))], lambda x, f=f: f(x[0], x[1]))
        case(op, "of itself", [positive((3,))], lambda x, f=f: f(x[0], x[0]))
        case(op, "ties", [given((4,), [1, -2, 0, 3]), given((4,), [1, -2, 1, 0])], lambda x, f=f: f(x[0], x[1]))
        case(op, "integers", [integers((3, 1), 9), integers((4,), 5)],
             lambda x, f=f: f(x[0], x[1] + (1 if f is torch.div else 0)))
        case(op, "integers and reals", [integers((2, 3), 9), positive((3,))], lambda x, f=f: f(x[0], x[1]))


def number_cases():
    x23 = [away((2, 3))]
    case("add", "number", x23, lambda x: x[0] + 2.5)
    case("add", "from number", x23, lambda x: 2 + x[0])
    case("sub", "number", x23, lambda x: x[0] - 2.5)
    case("sub", "from number", x23, lambda x: 2.5 - x[0])
    case("mul", "number", x23, lambda x: x[0] * -3)
    case("div", "number", x23, lambda x: x[0] / 0.3)
    case("div", "from number", x23, lambda x: 0.3 / x[0])
    case("div", "by zero", x23, lambda x: x[0] / 0)
    case("maximum", "number", x23, lambda x: torch.maximum(x[0], torch.tensor(0.3, dtype=x[0].dtype)))
    case("minimum", "number", x23, lambda x: torch.minimum(x[0], torch.tensor(0.3, dtype=x[0].dtype)))
    for e in [-2.5, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3]:
        case("pow", f"to {e:g}", [positive((2, 3))], lambda x, e=e: torch.pow(x[0], e))
        # -0 and -inf to a half: a square root in PyTorch (-0, NaN), IEEE's pow in xtape (0, inf). Not compared.
        case("pow", f"special to {e:g}", [given((10,), ROOTS) if abs(e) in (0.5, 1.5) else special((20,))],
             lambda x, e=e: torch.pow(x[0], e))
    case("pow", "negative base", [given((3,), [-1, -2, -0.5]), constant((3,), [3, 2, -2])],
         lambda x: torch.pow(x[0], x[1]))
    case("pow", "of number", x23, lambda x: torch.pow(2, x[0]))


def other_elementwise_cases():
    for op, f in UNARY.items():
        kind = positive if op in ("log", "sqrt") else away
        for name, shape in {"": (2, 3, 4), "0-dim": (), "empty": (0, 3)}.items():
            case(op, name, [kind(shape)], lambda x, f=f: f(x[0]))
        case(op, "special", [special((20,))], lambda x, f=f: f(x[0]))
        case(op, "wide", [uniform((200,), -64.0, 128.0)], lambda x, f=f: f(x[0]))
        case(op, "integers", [integers((5,), 9)], lambda x, f=f: f(x[0] - 3))
    for op, f in COMPARISONS.items():
        case(op, "ties", [given((2, 2), [1, 2, 3, 4]), given((2,), [1, 3])], lambda x, f=f: f(x[0], x[1]))
        case(op, "special", [special((400,), 20), special((400,))], lambda x, f=f: f(x[0], x[1]))
        case(op, "number", [given((3,), [1, 2, 3])], lambda x, f=f: f(x[0], 2))
    case("isnan", "special", [special((20,))], lambda x: torch.isnan(x[0]))
    case("clamp", "", [away((4, 5))], lambda x: torch.clamp(x[0], -1, 1.5))
    case("clamp", "wrong way round", [away((4, 5))], lambda x: torch.clamp(x[0], 1.5, -1))
    case("clamp", "to infinity", [away((20,))], lambda x: torch.clamp(x[0], 0.75, INF))
    case("clamp", "special", [special((20,))], lambda x: torch.clamp(x[0], -1.75, 50))
    # 2.x gives no gradient at a bound, 1.13 and xtape do: only the value is compared.
    case("clamp", "at the bounds", [given((4,), [-1, 1, 0, 2])], lambda x: torch.clamp(x[0].detach(), -1, 1))
    case("clamp", "integers", [integers((9,), 9)], lambda x: torch.clamp(x[0], 2, 5))
    case("where", "", [truths((2, 3)), any_((2, 3)), any_((2, 3))], lambda x: torch.where(*x))
    case("where", "broadcast", [truths((2, 1, 3)), any_((4, 1)), any_((3,))], lambda x: torch.where(*x))
    case("where", "numbers", [truths((2, 3)), any_((2, 3)), any_((2, 3))],
         lambda x: [torch.where(x[0], x[1], 2.5), torch.where(x[0], -1, x[2])])
    case("where", "special", [truths((20,)), special((20,)), any_((20,))], lambda x: torch.where(*x))
    case("to", "float32", [any_((2, 3))], lambda x: x[0].to(torch.float32))
    case("to", "float64", [any_((2, 3))], lambda x: x[0].to(torch.float64))
    case("to", "integers", [away((9,))],
         lambda x: [x[0].to(dtype) for dtype in (torch.int32, torch.int64, torch.bool)] + [x[0].abs().to(torch.uint8)])
    case("to", "of integers", [integers((9,), 3000)],
         lambda x: [x[0].to(dtype) for dtype in (torch.uint8, torch.int32, torch.float32, torch.float64, torch.bool)])
    case("to", "and back", [any_((2, 3))], lambda x: (x[0] * 3).to(torch.float32).to(torch.float64))
    case("clone", "", [any_((2, 3))], lambda x: x[0].clone())


# ---- reductions and matrices: op_cases_reductions.cpp

DIMS = {"0": 0, "1": 1, "-1": -1, "0 2": (0, 2), "1 2": (1, 2), "0 1 2": (0, 1, 2)}


def reduction_cases():
    for op, f in {"sum": torch.sum, "mean": torch.mean}.items():
        case(op, "", [any_((2, 3, 4))], lambda x, f=f: f(x[0]))
        case(op, "0-dim", [any_(())], lambda x, f=f: [f(x[0]), f(x[0], 0)])
        case(op, "empty", [any_((0, 3))], lambda x, f=f: [f(x[0]), f(x[0], 0), f(x[0], 1)])
        case(op, "special", [special((400,), 20), special((400,))],
             lambda x, f=f: f(torch.stack([x[0], x[1]]), 0))
        case(op, "long", [any_((2, 1500))], lambda x, f=f: [f(x[0], 1), f(x[0], 0), f(x[0])])
        for name, dims in DIMS.items():
            case(op, f"over {name}", [any_((2, 3, 4))], lambda x, f=f, dims=dims: f(x[0], dims))
            case(op, f"over {name}, kept", [any_((2, 3, 4))], lambda x, f=f, dims=dims: f(x[0], dims, keepdim=True))
    case("sum", "integers", [integers((2, 3), 9), truths((2, 3))],
         lambda x: [x[0].sum(), x[0].sum(0), x[0].to(torch.int32).sum(1), x[1].sum(), x[0].to(torch.uint8).sum(1)])
    for op, f in {"logsumexp": torch.logsumexp, "softmax": torch.softmax, "log_softmax": torch.log_softmax}.items():
        for dim in (0, 1, 2, -1):
            case(op, f"over {dim}", [any_((2, 3, 4))], lambda x, f=f, dim=dim: f(x[0], dim))
        case(op, "of a row", [any_((5,))], lambda x, f=f: f(x[0], 0))
        case(op, "0-dim", [any_(())], lambda x, f=f: f(x[0], 0))
        case(op, "one class", [any_((3, 1))], lambda x, f=f: f(x[0], 1))
        case(op, "far apart", [given((2, 3), [1000, 0, -1000, 0, -104, 88])], lambda x, f=f: f(x[0], 1))
        case(op, "wide", [uniform((7, 33), -16.0, 32.0)], lambda x, f=f: f(x[0], 1))
        case(op, "one infinity", [given((2, 3), [-INF, 0, 1, 2, -INF, -INF])], lambda x, f=f: f(x[0], 1))
        case(op, "NaN", [given((2, 3), [NAN, 0, 1, 2, 3, 4])], lambda x, f=f: f(x[0], 1))
        case(op, "empty", [any_((2, 0)), any_((0, 3))], lambda x, f=f: f(x[1], 1))
    case("logsumexp", "kept", [any_((2, 3))], lambda x: torch.logsumexp(x[0], 1, keepdim=True))
    case("logsumexp", "all -inf", [given((2, 2), [-INF, -INF, 0, 1])], lambda x: torch.logsumexp(x[0].detach(), 1))
    case("logsumexp", "inf", [given((2, 2), [INF, 0, 0, 1])], lambda x: torch.logsumexp(x[0].detach(), 1))


def extremum_cases():
    for op, f in {"max": torch.max, "min": torch.min}.items():
        case(op, "", [any_((2, 3, 4))], lambda x, f=f: f(x[0]))
        case(op, "0-dim", [any_(())], lambda x, f=f: [f(x[0]), *f(x[0], 0)])
        case(op, "ties", [given((2, 3), [3, 1, 3, 1, 1, 3])], lambda x, f=f: f(x[0]))
        case(op, "NaN", [given((2, 3), [3, NAN, 5, 1, 1, 3])], lambda x, f=f: [*f(x[0], 1), *f(x[0], 0)])
        for dim in (0, 1, -1):
            case(op, f"over {dim}", [any_((2, 3, 4))], lambda x, f=f, dim=dim: [*f(x[0], dim)])
            case(op, f"over {dim}, kept", [any_((2, 3, 4))], lambda x, f=f, dim=dim: [*f(x[0], dim, keepdim=True)])
        case(op, "ties over 1", [given((2, 3), [3, 1, 3, 1, 1, 3])], lambda x, f=f: [*f(x[0], 1)])
        case(op, "infinities", [given((2, 3), [-INF, -INF, -INF, INF, 0, INF])], lambda x, f=f: [*f(x[0], 1)])
        case(op, "integers", [integers((3, 4), 5)], lambda x, f=f: [f(x[0]), *f(x[0], 1)])
    case("argmax", "", [any_((2, 3, 4))], lambda x: [torch.argmax(x[0]), *(torch.argmax(x[0], d) for d in (0, 1, 2))])
    case("argmax", "kept", [any_((2, 3))], lambda x: torch.argmax(x[0], 1, keepdim=True))
    case("argmax", "ties and NaN", [given((3, 3), [1, 2, 2, NAN, 5, NAN, -INF, -INF, -INF])],
         lambda x: [torch.argmax(x[0], 1), torch.argmax(x[0], 0), torch.argmax(x[0])])


MATRICES = [
    [(3,), (3,)], [(2, 3), (3,)], [(3,), (3, 2)], [(2, 3), (3, 4)], [(1, 3), (3, 1)], [(2, 2, 3), (3,)],
    [(3,), (2, 3, 2)], [(2, 2, 3), (2, 3, 2)], [(2, 2, 3), (3, 2)], [(2, 3), (2, 3, 2)], [(2, 1, 2, 3), (3, 3, 1)],
    [(1, 2, 2), (2, 2, 2)], [(2, 0), (0, 3)], [(0, 2), (2, 3)], [(2, 3), (3, 0)], [(0, 2, 3), (3, 4)],
    [(17, 33), (33, 19)],
]


def matrix_cases():
    for a, b in MATRICES:
        name = f"{'x'.join(map(str, a))} by {'x'.join(map(str, b))}"
        case("matmul", name, [any_(a), any_(b)], lambda x: torch.matmul(x[0], x[1]))
    case("matmul", "by its transpose", [any_((2, 3))], lambda x: torch.matmul(x[0], x[0].T))
    for name, shape in {"": (4, 3), "of a row": (3,), "of 3-D input": (2, 2, 3), "of no rows": (0, 3)}.items():
        case("linear", name, [any_(shape), any_((2, 3)), any_((2,))], lambda x: F.linear(*x))
        case("linear", f"{name}, without bias", [any_(shape), any_((2, 3))], lambda x: F.linear(*x))
    case("linear", "without inputs", [any_((2, 0)), any_((3, 0)), any_((3,))], lambda x: F.linear(*x))


# ---- shapes and selecting: op_cases_shapes.cpp

def shape_cases():
    x234 = [any_((2, 3, 4))]
    case("reshape", "", x234, lambda x: x[0].reshape(4, -1))
    case("reshape", "0-dim", [any_((1, 1))], lambda x: x[0].reshape(()))
    case("reshape", "flatten", x234, lambda x: [x[0].flatten(), x[0].flatten(1), x[0].flatten(0, 1)])
    case("reshape", "squeeze", [any_((1, 3, 1))], lambda x: [x[0].squeeze(), x[0].squeeze(0), x[0].squeeze(1)])
    case("reshape", "unsqueeze", [any_((2, 3))], lambda x: [x[0].unsqueeze(0), x[0].unsqueeze(-1), x[0].unsqueeze(1)])
    case("transpose", "", x234, lambda x: [x[0].transpose(0, 1), x[0].transpose(-1, 0), x[0].transpose(1, 1)])
    case("permute", "", x234, lambda x: [x[0].permute(2, 0, 1), x[0].permute(-1, 1, 0)])
    case("permute", "0-dim", [any_(())], lambda x: x[0].permute(()))
    case("expand", "", [any_((3, 1))], lambda x: [x[0].expand(3, 4), x[0].expand(2, -1, 4)])
    case("expand", "0-dim", [any_(())], lambda x: x[0].expand(2, 3))
    case("expand", "to nothing", [any_((3, 1))], lambda x: x[0].expand(3, 0))
    for dim in (0, 1, -1):
        case("stack", f"along {dim}", [any_((2, 3)), any_((2, 3))], lambda x, dim=dim: torch.stack(x, dim))
    case("cat", "along 0", [any_((2, 3)), any_((1, 3)), any_((0, 3))], lambda x: torch.cat(x, 0))
    case("cat", "along 1", [any_((2, 3)), any_((2, 1))], lambda x: torch.cat(x, 1))
    case("cat", "along -1", [any_((2, 2, 3)), any_((2, 2, 2))], lambda x: torch.cat(x, -1))
    case("cat", "of itself", [any_((2, 3))], lambda x: torch.cat([x[0], x[0] * 2, x[0]]))
    case("cat", "dtypes", [any_((2,)), integers((3,), 9)], lambda x: torch.cat([x[0], x[1]]))
    case("narrow", "", x234, lambda x: [x[0].narrow(0, 1, 1), x[0].narrow(1, 0, 2), x[0].narrow(-1, 2, 2)])
    case("narrow", "to nothing", x234, lambda x: x[0].narrow(1, 3, 0))
    case("select", "", x234, lambda x: [x[0].select(0, 1), x[0].select(1, -1), x[0].select(-1, 0), x[0][1][2]])
    case("index_select", "along 0", [any_((4, 3)), indices((5,), [3, 0, 0, 2, 3])],
         lambda x: torch.index_select(x[0], 0, x[1]))
    case("index_select", "along 1", [any_((2, 3, 2)), indices((2,), [2, 1])],
         lambda x: torch.index_select(x[0], 1, x[1]))
    case("index_select", "of nothing", [any_((4, 3)), indices((0,), [])], lambda x: torch.index_select(x[0], 0, x[1]))
    case("gather", "along 0", [any_((3, 2)), indices((2, 2), [0, 2, 2, 2])], lambda x: torch.gather(x[0], 0, x[1]))
    case("gather", "along 1", [any_((3, 4)), indices((3, 2), [0, 3, 1, 1, 2, 0])],
         lambda x: torch.gather(x[0], 1, x[1]))
    case("gather", "3-D", [any_((2, 3, 2)), indices((2, 1, 2), [0, 2, 1, 1])], lambda x: torch.gather(x[0], 1, x[1]))


# ---- losses and layers: op_cases_losses.cpp, op_cases_layers.cpp

def nn_cases():
    case("dropout", "in evaluation", [any_((2, 3))], lambda x: F.dropout(x[0], 0.5, False))
    case("dropout", "of p 0", [any_((2, 3))], lambda x: F.dropout(x[0], 0.0, True))
    case("dropout", "of p 1", [any_((2, 3))], lambda x: F.dropout(x[0], 1.0, True))
    y = indices((4,), [2, 0, -100, 1])
    w = constant((3,), [0.2, 0.3, 0.5])
    case("nll_loss", "", [any_((4, 3)), y], lambda x: F.nll_loss(x[0], x[1]))
    case("nll_loss", "each", [any_((4, 3)), y, w],
         lambda x: F.nll_loss(x[0], x[1], weight=x[2], reduction="none"))
    case("cross_entropy", "", [any_((4, 3)), y], lambda x: F.cross_entropy(x[0], x[1]))
    case("cross_entropy", "weighted and smoothed", [any_((4, 3)), y, w],
         lambda x: F.cross_entropy(x[0], x[1], weight=x[2], label_smoothing=0.1))
    case("cross_entropy", "each", [any_((2, 3, 2)), indices((2, 2), [2, 0, 1, 1])],
         lambda x: F.cross_entropy(x[0], x[1], reduction="none"))
    case("cross_entropy", "probabilities", [any_((4, 3)), uniform((4, 3), 0.0, 1.0), w],
         lambda x: F.cross_entropy(x[0], x[1], weight=x[2], label_smoothing=0.1, reduction="sum"))
    case("cross_entropy", "large", [uniform((9, 100), -64.0, 128.0), integers((9,), 100)],
         lambda x: F.cross_entropy(x[0], x[1]))
    layer = torch.nn
    case("Linear", "", [any_((4, 3)), any_((2, 3)), any_((2,))], lambda x: F.linear(*x))
    case("ReLU", "", [away((4, 3))], lambda x: layer.ReLU()(x[0]))
    case("Dropout", "in evaluation", [any_((4, 3))], lambda x: layer.Dropout(0.5).eval()(x[0]))
    case("Flatten", "", [any_((2, 3, 2))], lambda x: [layer.Flatten()(x[0]), layer.Flatten(0, 1)(x[0])])
    case("Softmax", "", [any_((2, 3))], lambda x: layer.Softmax(1)(x[0]))
    case("LogSoftmax", "", [any_((2, 3))], lambda x: layer.LogSoftmax(1)(x[0]))
    case("NLLLoss", "", [any_((4, 3)), y, w],
         lambda x: layer.NLLLoss(weight=x[2], ignore_index=0, reduction="sum")(x[0], x[1].clamp(min=0)))
    case("CrossEntropyLoss", "", [any_((4, 3)), y, w],
         lambda x: layer.CrossEntropyLoss(weight=x[2], label_smoothing=0.2)(x[0], x[1]))
    case("Sequential", "", [any_((4, 3)), any_((5, 3)), any_((5,)), any_((2, 5)), any_((2,))],
         lambda x: F.linear(F.relu(F.linear(x[0], x[1], x[2])), x[3], x[4]))


# ---- op_cases_layers.cpp

def activation_cases():
    layer = torch.nn
    case("leaky_relu", "", [away((2, 3, 4))], lambda x: F.leaky_relu(x[0], 0.1))
    case("leaky_relu", "special", [special((20,))], lambda x: F.leaky_relu(x[0]))
    for name, form in {"by erf": "none", "by tanh": "tanh"}.items():
        case("gelu", name, [any_((2, 3, 4))], lambda x, form=form: F.gelu(x[0], approximate=form))
        case("gelu", f"{name}, special", [given((12,), GELU_SPECIAL)],
             lambda x, form=form: F.gelu(x[0], approximate=form))
        case("gelu", f"{name}, wide", [uniform((200,), -30.0, 60.0)],
             lambda x, form=form: F.gelu(x[0], approximate=form))
    case("LeakyReLU", "", [away((4, 3))], lambda x: layer.LeakyReLU(0.2)(x[0]))
    case("GELU", "", [any_((4, 3))], lambda x: [layer.GELU()(x[0]), layer.GELU(approximate="tanh")(x[0])])
    case("Sigmoid", "", [any_((4, 3))], lambda x: layer.Sigmoid()(x[0]))
    case("Tanh", "", [any_((4, 3))], lambda x: layer.Tanh()(x[0]))
    case("Identity", "", [any_((4, 3))], lambda x: layer.Identity()(x[0]) * 2)


def normalization_cases():
    affine = [any_((5,)), any_((5,))]
    case("layer_norm", "", [any_((4, 5)), *affine], lambda x: F.layer_norm(x[0], (5,), x[1], x[2]))
    case("layer_norm", "over two dims", [any_((2, 3, 4)), any_((3, 4))],
         lambda x: F.layer_norm(x[0], (3, 4), x[1], eps=0.1))
    case("layer_norm", "of nothing", [any_((0, 3))], lambda x: F.layer_norm(x[0], (3,)))
    case("layer_norm", "extremes", [given((6, 4), EXTREME_ROWS)], lambda x: F.layer_norm(x[0], (4,)))
    case("layer_norm", "of single elements", [any_((3, 1))], lambda x: F.layer_norm(x[0], (1,)))
    case("batch_norm", "extremes", [given((6, 4), EXTREME_ROWS)],
         lambda x: F.batch_norm(x[0].T, None, None, training=True))
    case("LayerNorm", "", [any_((4, 5)), *affine], lambda x: F.layer_norm(x[0], (5,), x[1], x[2], 1e-3))
    affine, statistics = [any_((3,)), any_((3,))], [constant((3,), [0.1, -0.2, 0.3]), constant((3,), [1, 2, 0.5])]
    for shape in [(5, 3), (4, 3, 2)]:
        rank = f"{len(shape)}-D"
        case("batch_norm", f"{rank} in training", [any_(shape), *affine],
             lambda x: F.batch_norm(x[0], None, None, x[1], x[2], True))
        case("batch_norm", f"{rank} in evaluation", [any_(shape), *affine, *statistics],
             lambda x: F.batch_norm(x[0], x[3], x[4], x[1], x[2]))
        case("batch_norm", f"{rank} running", [any_(shape), *statistics], running_statistics)
    case("BatchNorm1d", "", [any_((5, 3)), *affine],
         lambda x: F.batch_norm(x[0], None, None, x[1], x[2], True, eps=1e-3))
    case("BatchNorm1d", "evaluates what it has seen", [any_((5, 3)), *affine], seen_and_evaluated)


def running_statistics(x):
    mean, var = x[1].clone(), x[2].clone()
    F.batch_norm(x[0].detach(), mean, var, training=True, momentum=0.3)
    return [mean, var]


def seen_and_evaluated(x):
    layer = torch.nn.BatchNorm1d(3, momentum=None, dtype=x[0].dtype)
    layer(x[0].detach())
    layer(x[0].detach() ** 2)
    return F.batch_norm(x[0].detach(), layer.running_mean, layer.running_var, x[1], x[2])


def embedding_cases():
    inputs = [indices((2, 3), [3, 0, 0, 2, 3, 1]), any_((4, 3))]
    case("embedding", "", inputs, lambda x: F.embedding(x[0], x[1]))
    case("embedding", "with padding", inputs, padded)
    case("Embedding", "", inputs, lambda x: F.embedding(x[0], x[1]))


def padded(x):
    y = F.embedding(x[0], x[1], padding_idx=0)
    return y * y.detach()


REDUCTIONS = ("none", "mean", "sum")


def element_loss_cases():
    t = uniform((4, 3), 0.1, 0.8)
    weights = [constant((3,), [0.2, 0.3, 0.5]), constant((3,), [2, 0.5, 1])]
    bce = F.binary_cross_entropy_with_logits
    case("mse_loss", "", [any_((4, 3)), any_((4, 3))], lambda x: [F.mse_loss(*x, reduction=r) for r in REDUCTIONS])
    case("binary_cross_entropy_with_logits", "", [any_((4, 3)), t],
         lambda x: [bce(*x, reduction=r) for r in REDUCTIONS])
    case("binary_cross_entropy_with_logits", "weighted", [any_((4, 3)), t, *weights],
         lambda x: [bce(x[0], x[1], weight=x[2], pos_weight=x[3], reduction=r) for r in REDUCTIONS])
    case("binary_cross_entropy_with_logits", "hard targets", [uniform((9, 20), -64.0, 128.0), integers((9, 20), 2)],
         lambda x: bce(x[0], x[1].to(x[0].dtype)))
    case("mse_loss", "special", [special((400,), 20), special((400,))], lambda x: F.mse_loss(*x, reduction="none"))
    case("kl_div", "targets of zero", [uniform((2, 3), -3.0, 3.0), given((2, 3), [0, 1, 0.5, 1, 0, 0])],
         lambda x: F.kl_div(x[0], x[1].detach(), reduction="sum"))
    case("kl_div", "far", [given((4,), [-1000, -INF, -3, -1]), constant((4,), [1e-30, 0.5, 1e-300, 1])],
         lambda x: F.kl_div(*x, reduction="none"))
    for name, log_target in {"": False, "of a log target": True}.items():
        case("kl_div", name, [uniform((4, 3), -3.0, 3.0), uniform((4, 3), -3.0, 3.0) if log_target else t],
             lambda x, log=log_target: [F.kl_div(*x, reduction=r, log_target=log) for r in ("batchmean", *REDUCTIONS)])
    case("MSELoss", "", [any_((4, 3)), any_((4, 3))], lambda x: torch.nn.MSELoss()(*x))
    case("BCEWithLogitsLoss", "", [any_((4, 3)), t, *weights],
         lambda x: torch.nn.BCEWithLogitsLoss(weight=x[2], pos_weight=x[3])(x[0], x[1]))
    case("KLDivLoss", "", [uniform((4, 3), -3.0, 3.0), t], lambda x: torch.nn.KLDivLoss(reduction="batchmean")(*x))


def printed_cases():
    """The cases of the test program."""
    build = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/gcc/tests/xtape_tests")
    program = sys.argv[1] if len(sys.argv) > 1 else build
    table = subprocess.run([program, "--op-cases"], check=True, stdout=subprocess.PIPE, text=True).stdout
    names = {**vars(golden), "torch": torch, "F": F, "nn": torch.nn, "inf": INF, "nan": NAN}
    for line in table.splitlines():
        name, inputs, call = eval(line, names)
        case(name, "", inputs, eval("lambda x: " + call, names))


def main():
    writer = Writer(__file__, "ops.golden")
    for cases in (binary_cases, number_cases, other_elementwise_cases, reduction_cases, extremum_cases, matrix_cases,
                  shape_cases, nn_cases, activation_cases, normalization_cases, embedding_cases, element_loss_cases):
        cases()
    printed_cases()
    for name, inputs, f in CASES:
        for dtype in (torch.float64, torch.float32):
            x = make_inputs(name, inputs, dtype)
            y = f(x)
            y = [y] if isinstance(y, torch.Tensor) else list(y)
            writer.add(f"{name} {str(dtype)[6:]}", y + gradients(name, y, x))
    writer.write()


if __name__ == "__main__":
    main()
