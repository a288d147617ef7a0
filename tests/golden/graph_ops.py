"""The ops of random programs: how PyTorch runs each. graph_proposals.py chooses their operands.

A statement is `name v v ... : p p ...`: the numbers of earlier values, then parameters. `RUN` executes it; the table in
random_graphs_test.cpp does the same with xtape.
"""
import torch
import torch.nn.functional as F


def shaped(p):
    return [int(i) for i in p]


def indices(p, shape=None):
    index = torch.tensor([int(i) for i in p])
    return index if shape is None else index.reshape(shape)


def gather(x, p):
    dim, extent, *rest = shaped(p)
    shape = [extent if d == dim else n for d, n in enumerate(x.shape)]
    return torch.gather(x, dim, indices(rest, shape))


def scatter_add(x, source, p):
    return x.scatter_add(int(p[0]), indices(p[1:], source.shape), source)


def batch_norm(x, weight=None, bias=None):
    """PyTorch 2.15's backward reads a strided weight as if it were contiguous, and fails its own gradcheck."""
    return F.batch_norm(x, None, None, weight if weight is None else weight.contiguous(), bias, training=True)


def conv2d(x, w, bias, form, stride, padding, dilation):
    """Values of three dims, as images of one channel, as one image, or as one image whose channels stay apart."""
    return F.conv2d(x.unsqueeze(1) if form == 0 else x, w.unsqueeze(0 if form == 1 else 1), bias, stride, padding,
                    dilation, x.shape[0] if form == 2 else 1)


def conv_transpose2d(x, w, bias, form, stride, padding, dilation, output_padding):
    return F.conv_transpose2d(x.unsqueeze(1) if form == 0 else x, w.unsqueeze(0 if form == 0 else 1), bias, stride,
                              padding, output_padding, x.shape[0] if form == 2 else 1, dilation)


def max_pool2d(x, kernel, stride, padding, dilation, ceil_mode):
    return F.max_pool2d(x, kernel, stride, padding, dilation, bool(ceil_mode))


def avg_pool2d(x, kernel, stride, padding, ceil_mode, count_include_pad):
    return F.avg_pool2d(x, kernel, stride, padding, bool(ceil_mode), bool(count_include_pad))


def embedding_bag(x, p):
    """PyTorch's own has no gradients of gradients. The second value, if there is one, has a factor for each index."""
    mode, bags, *at = shaped(p)
    rows = F.embedding(indices(at, (bags, -1)), x[0])
    if mode == 0:
        return (rows * x[1].unsqueeze(2) if len(x) > 1 else rows).sum(1)
    return rows.mean(1) if mode == 1 else rows.max(1).values


RUN = {
    "add": lambda x, p: x[0] + x[1],
    "sub": lambda x, p: x[0] - x[1],
    "mul": lambda x, p: x[0] * x[1],
    "div": lambda x, p: x[0] / x[1],
    "maximum": lambda x, p: torch.maximum(x[0], x[1]),
    "minimum": lambda x, p: torch.minimum(x[0], x[1]),
    "pow": lambda x, p: torch.pow(x[0], x[1]),
    "where": lambda x, p: torch.where(x[0] > x[1], x[2], x[3]),
    "add_number": lambda x, p: x[0] + p[0],
    "mul_number": lambda x, p: x[0] * p[0],
    "number_sub": lambda x, p: p[0] - x[0],
    "number_div": lambda x, p: p[0] / x[0],
    "pow_number": lambda x, p: torch.pow(x[0], p[0]),
    "neg": lambda x, p: -x[0],
    "abs": lambda x, p: x[0].abs(),
    "exp": lambda x, p: x[0].exp(),
    "log": lambda x, p: x[0].log(),
    "sqrt": lambda x, p: x[0].sqrt(),
    "relu": lambda x, p: x[0].relu(),
    "sigmoid": lambda x, p: x[0].sigmoid(),
    "tanh": lambda x, p: x[0].tanh(),
    "clamp": lambda x, p: x[0].clamp(p[0], p[1]),
    "clone": lambda x, p: x[0].clone(),
    "detach": lambda x, p: x[0].detach(),
    "sum": lambda x, p: x[0].sum(),
    "mean": lambda x, p: x[0].mean(),
    "sum_over": lambda x, p: x[0].sum(shaped(p[1:]), keepdim=bool(p[0])),
    "mean_over": lambda x, p: x[0].mean(shaped(p[1:]), keepdim=bool(p[0])),
    "max": lambda x, p: x[0].max(),
    "min": lambda x, p: x[0].min(),
    "max_over": lambda x, p: x[0].max(int(p[1]), keepdim=bool(p[0])).values,
    "min_over": lambda x, p: x[0].min(int(p[1]), keepdim=bool(p[0])).values,
    "logsumexp": lambda x, p: x[0].logsumexp(int(p[1]), keepdim=bool(p[0])),
    "softmax": lambda x, p: x[0].softmax(int(p[0])),
    "log_softmax": lambda x, p: x[0].log_softmax(int(p[0])),
    "matmul": lambda x, p: x[0] @ x[1],
    "linear": lambda x, p: F.linear(*x),
    "conv2d": lambda x, p: conv2d(*x, *[None] * (3 - len(x)), *shaped(p)),
    "conv_transpose2d": lambda x, p: conv_transpose2d(*x, *[None] * (3 - len(x)), *shaped(p)),
    "max_pool2d": lambda x, p: max_pool2d(x[0], *shaped(p)),
    "avg_pool2d": lambda x, p: avg_pool2d(x[0], *shaped(p)),
    "adaptive_avg_pool2d": lambda x, p: F.adaptive_avg_pool2d(x[0], shaped(p)),
    "transpose": lambda x, p: x[0].transpose(int(p[0]), int(p[1])),
    "permute": lambda x, p: x[0].permute(shaped(p)),
    "reshape": lambda x, p: x[0].reshape(shaped(p)),
    "flatten": lambda x, p: x[0].flatten(int(p[0]), int(p[1])),
    "squeeze": lambda x, p: x[0].squeeze(),
    "unsqueeze": lambda x, p: x[0].unsqueeze(int(p[0])),
    "expand": lambda x, p: x[0].expand(shaped(p)),
    "cat": lambda x, p: torch.cat(x, int(p[0])),
    "stack": lambda x, p: torch.stack(x, int(p[0])),
    "narrow": lambda x, p: x[0].narrow(*shaped(p)),
    "select": lambda x, p: x[0].select(*shaped(p)),
    "index_select": lambda x, p: x[0].index_select(int(p[0]), indices(p[1:])),
    "gather": lambda x, p: gather(x[0], p),
    "cross_entropy": lambda x, p: F.cross_entropy(x[0], indices(p[1:]), label_smoothing=p[0]),
    "cross_entropy_each": lambda x, p: F.cross_entropy(x[0], indices(p), reduction="none"),
    "cross_entropy_of": lambda x, p: F.cross_entropy(x[0], x[1], label_smoothing=p[0], reduction="sum"),
    "nll_loss": lambda x, p: F.nll_loss(x[0], indices(p), ignore_index=1),
    "mse_loss": lambda x, p: F.mse_loss(*x),
    "bce": lambda x, p: F.binary_cross_entropy_with_logits(*x, reduction="sum"),
    "kl_div": lambda x, p: F.kl_div(*x, reduction="none"),
    "erf": lambda x, p: x[0].erf(),
    "gelu": lambda x, p: F.gelu(x[0]),
    "gelu_tanh": lambda x, p: F.gelu(x[0], approximate="tanh"),
    "leaky_relu": lambda x, p: F.leaky_relu(x[0], p[0]),
    "layer_norm": lambda x, p: F.layer_norm(x[0], x[0].shape[-1:], *x[1:]),
    "batch_norm": lambda x, p: batch_norm(*x),
    "embedding": lambda x, p: F.embedding(indices(p), x[0]),
    "embedding_bag": embedding_bag,
    "sin": lambda x, p: x[0].sin(),
    "cos": lambda x, p: x[0].cos(),
    "expm1": lambda x, p: x[0].expm1(),
    "log1p": lambda x, p: x[0].log1p(),
    "silu": lambda x, p: F.silu(x[0]),
    "mish": lambda x, p: F.mish(x[0]),
    "softplus": lambda x, p: F.softplus(x[0]),
    "logsigmoid": lambda x, p: F.logsigmoid(x[0]),
    "elu": lambda x, p: F.elu(x[0], p[0]),
    "prod": lambda x, p: x[0].prod(),
    "prod_over": lambda x, p: x[0].prod(int(p[1]), keepdim=bool(p[0])),
    "var_over": lambda x, p: x[0].var(int(p[1]), keepdim=bool(p[0])),
    "std_over": lambda x, p: x[0].std(int(p[1]), keepdim=bool(p[0])),
    "norm_over": lambda x, p: x[0].norm(2, int(p[1]), keepdim=bool(p[0])),
    "cumsum": lambda x, p: x[0].cumsum(int(p[0])),
    "sort": lambda x, p: x[0].sort(int(p[0])).values,
    "topk": lambda x, p: x[0].topk(int(p[1]), int(p[0])).values,
    "flip": lambda x, p: x[0].flip(shaped(p)),
    "roll": lambda x, p: x[0].roll(int(p[1]), int(p[0])),
    "tile": lambda x, p: x[0].tile(shaped(p)),
    "tril": lambda x, p: x[0].tril(int(p[0])),
    "triu": lambda x, p: x[0].triu(int(p[0])),
    "diag": lambda x, p: x[0].diag(int(p[0])),
    "outer": lambda x, p: torch.outer(x[0], x[1]),
    "masked_fill": lambda x, p: x[0].masked_fill(x[0] > p[0], p[1]),
    "masked_select": lambda x, p: x[0].masked_select(x[0] > p[0]),
    "index_add": lambda x, p: x[0].index_add(int(p[0]), indices(p[1:]), x[1]),
    "index_copy": lambda x, p: x[0].index_copy(int(p[0]), indices(p[1:]), x[1]),
    "scatter_add": lambda x, p: scatter_add(x[0], x[1], p),
    "l1_loss": lambda x, p: F.l1_loss(*x),
    "smooth_l1_loss": lambda x, p: F.smooth_l1_loss(*x, beta=p[0]),
    "huber_loss": lambda x, p: F.huber_loss(*x, delta=p[0], reduction="sum"),
}
