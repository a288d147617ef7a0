"""Writes cross_entropy_index.golden, cross_entropy_probability.golden, nll_loss.golden and element_losses.golden, the
references of losses_test.cpp: all combinations of options, shapes and layouts.

    python make_losses.py

Each case holds the loss and its gradients at the base of the input and, if it is real, at the target.
"""
import itertools

import torch
import torch.nn.functional as F

from golden import Writer, gradients, integers, any_, make_inputs, uniform

C = 4
SHAPES = [(C,), (3, C), (3, C, 2), (3, C, 2, 2), (2, C, 2, 1, 3)]
WEIGHTS = {"none": None, "given": [0.25, 1.5, 0.75, 2.0], "zero": [0.25, 1.5, 0.0, 2.0]}
IGNORE = ["none", "some", "all", "inside"]
REDUCTIONS = ["none", "mean", "sum"]
LAYOUTS = ["plain", "permuted", "sliced"]
DTYPES = [torch.float64, torch.float32]


def base_shape(shape, layout):
    if layout == "permuted":
        return shape[::-1]
    return (shape[0] + 2, *shape[1:]) if layout == "sliced" else shape


def lay_out(base, layout, n):
    if layout == "permuted":
        return base.permute(*reversed(range(base.dim())))
    return base.narrow(0, 1, n) if layout == "sliced" else base


def ignoring(target, ignore):
    """The target and its ignore_index."""
    if ignore == "inside":
        return target, 1
    if ignore != "none":
        flat = target.reshape(-1)
        flat[slice(1, None, 3) if ignore == "some" else slice(None)] = -100
        target = flat.reshape(target.shape)
    return target, -100


def weight_of(which, dtype):
    return None if WEIGHTS[which] is None else torch.tensor(WEIGHTS[which], dtype=dtype)


def index_cases(writer, loss, smoothings):
    table = itertools.product(WEIGHTS, smoothings, IGNORE, REDUCTIONS, SHAPES, LAYOUTS, DTYPES)
    for w, e, ignore, reduction, shape, layout, dtype in table:
        name = f"{loss} index w={w} e={e:g} ignore={ignore} {reduction} rank={len(shape)} {layout}"
        positions = () if len(shape) == 1 else (shape[0], *shape[2:])
        base, target = make_inputs(name, [any_(base_shape(shape, layout)), integers(positions, C)], dtype)
        target, ignore_index = ignoring(target, ignore)
        options = dict(weight=weight_of(w, dtype), ignore_index=ignore_index, reduction=reduction)
        if loss == "cross_entropy":
            options["label_smoothing"] = e
        x = lay_out(base, layout, shape[0])
        if loss == "nll_loss":
            x = x.contiguous()  # else 2.15's backward throws: "grad_input must be contiguous"
        y = getattr(F, loss)(x, target, **options)
        writer.add(f"{name} {str(dtype)[6:]}", [y, *gradients(name, [y], [base])])


def probability_cases(writer):
    table = itertools.product(WEIGHTS, [0, 0.1, 1], REDUCTIONS, SHAPES, LAYOUTS, DTYPES)
    for w, e, reduction, shape, layout, dtype in table:
        name = f"cross_entropy probability w={w} e={e:g} {reduction} rank={len(shape)} {layout}"
        base, target = make_inputs(name, [any_(base_shape(shape, layout)), uniform(shape, 0.0, 1.0)], dtype)
        y = F.cross_entropy(lay_out(base, layout, shape[0]), target, weight=weight_of(w, dtype), reduction=reduction,
                            label_smoothing=e)
        writer.add(f"{name} {str(dtype)[6:]}", [y, *gradients(name, [y], [base, target])])


BCE = F.binary_cross_entropy_with_logits
ELEMENT_LOSSES = {
    "mse_loss": lambda x, t, w, p, r: F.mse_loss(x, t, reduction=r),
    "bce": lambda x, t, w, p, r: BCE(x, t, reduction=r),
    "bce weight": lambda x, t, w, p, r: BCE(x, t, weight=w, reduction=r),
    "bce pos_weight": lambda x, t, w, p, r: BCE(x, t, pos_weight=p, reduction=r),
    "bce both": lambda x, t, w, p, r: BCE(x, t, weight=w, pos_weight=p, reduction=r),
    "l1_loss": lambda x, t, w, p, r: F.l1_loss(x, t, reduction=r),
    "smooth_l1_loss": lambda x, t, w, p, r: F.smooth_l1_loss(x, t, reduction=r, beta=0.7),
    "huber_loss": lambda x, t, w, p, r: F.huber_loss(x, t, reduction=r, delta=0.7),
    "binary_cross_entropy": lambda x, t, w, p, r: F.binary_cross_entropy(torch.sigmoid(x), t, reduction=r),
    "binary_cross_entropy weight": lambda x, t, w, p, r: F.binary_cross_entropy(torch.sigmoid(x), t, w, reduction=r),
    "kl_div": lambda x, t, w, p, r: F.kl_div(x, t, reduction=r),
    "kl_div log_target": lambda x, t, w, p, r: F.kl_div(x, t, reduction=r, log_target=True),
}


def element_cases(writer):
    table = itertools.product(ELEMENT_LOSSES.items(), [*REDUCTIONS, "batchmean"], SHAPES, LAYOUTS, DTYPES)
    for (loss, f), reduction, shape, layout, dtype in table:
        if reduction == "batchmean" and not loss.startswith("kl_div"):
            continue
        name = f"{loss} {reduction} rank={len(shape)} {layout}"
        weights = [uniform(shape[-1:], 0.0, 2.0)] * 2
        base, target, w, p = make_inputs(name, [any_(base_shape(shape, layout)), uniform(shape, 0.0, 1.0), *weights],
                                         dtype)
        y = f(lay_out(base, layout, shape[0]), target, w.detach(), p.detach(), reduction)
        writer.add(f"{name} {str(dtype)[6:]}", [y, *gradients(name, [y], [base, target])])


def main():
    for file, fill in {
        "cross_entropy_index.golden": lambda writer: index_cases(writer, "cross_entropy", [0, 0.1, 1]),
        "cross_entropy_probability.golden": probability_cases,
        "nll_loss.golden": lambda writer: index_cases(writer, "nll_loss", [0]),
        "element_losses.golden": element_cases,
    }.items():
        writer = Writer(__file__, file)
        fill(writer)
        writer.write()


if __name__ == "__main__":
    main()
