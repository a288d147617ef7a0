"""Writes repr.golden, the reference of repr_test.cpp beside it: what PyTorch prints for a module or an optimizer, as the
bytes of its text; of an optimizer, without the options that xtape lacks.

    python make_repr.py

A case is named by the expression that makes it.
"""
import torch
from torch import nn, optim

from golden import Writer


class Block(nn.Module):
    """A layer of one's own that says nothing about itself, in a list and in a Sequential."""

    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(4)
        self.scale = nn.Parameter(torch.ones(4))
        self.mlp = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 4))


class Scaled(nn.Module):
    def __init__(self, inner=False):
        super().__init__()
        if inner:
            self.inner = nn.Identity()

    def extra_repr(self):
        return "factor=2"


class TwoLines(Scaled):
    def extra_repr(self):
        return "factor=2,\noffset=1"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 4, padding_idx=0)
        self.blocks = nn.ModuleList([Block(), Block(), Scaled(), Scaled(True), Block()])
        self.head = nn.Linear(4, 2)


def params():
    return [nn.Parameter(torch.ones(2))]


def scheduled(optimizer):
    optim.lr_scheduler.StepLR(optimizer, 1)
    return optimizer


LACKING = ("capturable", "decoupled_weight_decay", "differentiable", "foreach", "fused")

CASES = """
nn.Identity()
nn.Linear(784, 256)
nn.Linear(2, 3, bias=False)
nn.Embedding(10, 3)
nn.Embedding(10, 3, padding_idx=-1)
nn.EmbeddingBag(10, 3)
nn.EmbeddingBag(10, 3, mode="max", padding_idx=-1, include_last_offset=True)
nn.Dropout(0.5)
nn.Dropout(1.0)
nn.Dropout(1e-05)
nn.Dropout2d(0.25)
nn.MaxPool2d(2)
nn.MaxPool2d((3, 2), stride=(2, 1), padding=(1, 0), dilation=2, ceil_mode=True)
nn.AvgPool2d(2)
nn.AvgPool2d((3, 2), stride=2, padding=1)
nn.AdaptiveAvgPool2d(1)
nn.AdaptiveAvgPool2d((2, 3))
nn.BatchNorm2d(32)
nn.Flatten()
nn.Flatten(0, 2)
nn.ReLU()
nn.LeakyReLU()
nn.LeakyReLU(1.0)
nn.GELU()
nn.GELU("tanh")
nn.SiLU()
nn.Mish()
nn.ELU()
nn.ELU(0.5)
nn.SELU()
nn.Softplus()
nn.Softplus(2.0, 1e16)
nn.LogSigmoid()
nn.Hardtanh()
nn.Hardtanh(-0.5, 2.0)
nn.ReLU6()
nn.Sigmoid()
nn.Tanh()
nn.Softmax(-1)
nn.LogSoftmax(1)
nn.LayerNorm(3)
nn.LayerNorm((3, 4), bias=False)
nn.LayerNorm(3, eps=0.1, elementwise_affine=False)
nn.BatchNorm1d(3)
nn.BatchNorm1d(3, momentum=None, affine=False)
nn.BatchNorm1d(3, eps=1e16, track_running_stats=False)
nn.Conv2d(1, 32, 3)
nn.Conv2d(4, 6, (3, 5), stride=2, padding=(1, 0), dilation=2, groups=2, bias=False)
nn.Conv2d(1, 2, 3, padding="same")
nn.ConvTranspose2d(4, 6, 3)
nn.ConvTranspose2d(4, 6, 3, stride=(2, 3), padding=1, output_padding=1, groups=2, dilation=(1, 2))
nn.CrossEntropyLoss()
nn.NLLLoss()
nn.MSELoss()
nn.L1Loss()
nn.SmoothL1Loss(beta=0.5)
nn.HuberLoss()
nn.BCELoss()
nn.BCEWithLogitsLoss()
nn.KLDivLoss()
nn.Sequential()
nn.Sequential(nn.ReLU(), nn.ReLU())
nn.Sequential(nn.Sequential(), nn.Sequential(nn.Tanh()))
nn.ModuleList()
nn.ModuleList([nn.Tanh()])
nn.ModuleList([nn.Linear(1, 2) for _ in range(12)] + [nn.ReLU(), nn.ReLU(), nn.Tanh()])
Block()
Scaled()
Scaled(True)
TwoLines()
TwoLines(True)
Net()
optim.SGD(params(), lr=0.1)
optim.SGD(params(), lr=1e-05, momentum=0.9, dampening=0.5, weight_decay=0.01, maximize=True)
optim.SGD([{"params": params(), "lr": 0.5}, {"params": params(), "momentum": 0.9, "nesterov": True}], lr=0.25)
optim.Adam(params())
optim.AdamW(params(), betas=(0.5, 0.99), amsgrad=True)
optim.RMSprop(params(), centered=True)
optim.Adagrad(params())
scheduled(optim.Adam(params(), lr=0.1))
""".strip().splitlines()


def main():
    file = Writer(__file__, "repr.golden")
    for expression in CASES:
        made = eval(expression)
        text = repr(made)
        if isinstance(made, optim.Optimizer):
            text = "\n".join(line for line in text.split("\n") if line.strip().split(":")[0] not in LACKING)
        file.add(expression, [torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8)])
    file.write()


if __name__ == "__main__":
    main()
