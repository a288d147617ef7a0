"""How operands and parameters of each op in graph_ops.py are chosen, so that numbers stay moderate.

`PROPOSE` picks them from the values of the program so far, or gives None where they do not suit: near a kink or a tie,
or with huge numbers, a difference between the two libraries would not be a bug.
"""
import torch

CLEAR = 1e-2  # distance from kinks and ties


def number(rng):
    return round(rng.uniform(-2, 2), 3)


def any_dim(rng, x):
    return rng.randrange(-x.dim(), x.dim())


def no_ties(x, dim):
    if x.shape[dim] < 2:
        return True
    top = x.sort(dim).values
    return bool((top.narrow(dim, 1, x.shape[dim] - 1) - top.narrow(dim, 0, x.shape[dim] - 1)).min() > CLEAR)


def apart(a, b):
    try:
        return (a - b).abs().min().item() > CLEAR
    except RuntimeError:  # they do not broadcast
        return False


def factor(rng, n):
    """A random shape of n elements."""
    shape = []
    while n > 1 and len(shape) < 3:
        k = rng.choice([d for d in range(1, n + 1) if n % d == 0])
        shape.append(k)
        n //= k
    return shape + ([n] if n > 1 or not shape else [])


def unary(ok=lambda x: True, parameters=lambda rng, x: []):
    def propose(rng, pick):
        i, x = pick()
        return ([i], parameters(rng, x)) if ok(x) else None

    return propose


def with_number(ok=lambda x: True):
    return unary(ok, lambda rng, x: [number(rng)])


def binary(ok=lambda a, b: True, parameters=lambda rng: []):
    def propose(rng, pick):
        (i, a), (j, b) = pick(), pick()
        return ([i, j], parameters(rng)) if ok(a, b) else None

    return propose


def of_dim(ok=lambda x, d: True, keepdim=False):
    def propose(rng, pick):
        i, x = pick()
        if x.dim() == 0:
            return None
        d = any_dim(rng, x)
        return ([i], [rng.randrange(2), d] if keepdim else [d]) if ok(x, d) else None

    return propose


def over_dims(rng, pick):
    i, x = pick()
    dims = [d for d in range(x.dim()) if rng.random() < 0.5]
    return ([i], [rng.randrange(2), *dims]) if dims else None


def propose_where(rng, pick):
    (i, a), (j, b), (k, _), (m, _) = pick(), pick(), pick(), pick()
    return ([i, j, k, m], []) if apart(a, b) else None


def propose_clamp(rng, pick):
    i, x = pick()
    lo = number(rng)
    hi = round(lo + rng.uniform(0.2, 2), 3)
    return ([i], [lo, hi]) if apart(x, torch.tensor(lo)) and apart(x, torch.tensor(hi)) else None


def propose_linear(rng, pick):
    (i, x), (j, w), (k, b) = pick(), pick(), pick()
    if x.dim() < 1 or w.dim() != 2 or x.shape[-1] != w.shape[1]:
        return None
    return [i, j, k] if b.shape == w.shape[:1] else [i, j], []


def propose_convolution(transposed):
    def propose(rng, pick):
        (i, x), (j, w), (k, b) = pick(), pick(), pick()
        if x.dim() != 3 or w.dim() != 3:
            return None
        p = [rng.randrange(3), rng.choice([1, 1, 2]), rng.choice([0, 1]), rng.choice([1, 1, 2])]
        if transposed:
            p.append(rng.randrange(max(p[1], p[3])))
        return [i, j, k] if b.shape == (1 if p[0] == 1 else w.shape[0],) else [i, j], p

    return propose


def pooled(parameters, ok=lambda x: True):
    """Images, and the kernel, stride and padding of windows; then these parameters."""

    def propose(rng, pick):
        i, x = pick()
        if x.dim() not in (3, 4) or not ok(x):
            return None
        kernel = rng.choice([1, 2, 2, 3])
        return [i], [kernel, rng.choice([1, 2, 2, 3]), rng.randrange(kernel // 2 + 1), *parameters(rng)]

    return propose


def propose_adaptive(rng, pick):
    i, x = pick()
    return ([i], [rng.randrange(1, 4), rng.randrange(1, 4)]) if x.dim() in (3, 4) else None


def propose_embedding_bag(rng, pick):
    (i, x), (j, s) = pick(), pick()
    if x.dim() != 2:
        return None
    mode = rng.randrange(3)
    if mode == 2 and not no_ties(x, 0):
        return None
    weighted = mode == 0 and s.dim() == 2
    bags, length = s.shape if weighted else (rng.randrange(1, 4), rng.randrange(1, 4))
    at = [rng.randrange(x.shape[0]) for _ in range(bags * length)]
    return [i, j] if weighted else [i], [mode, bags, *at]


def normalized(channel_dim, dims_of):
    """An input whose variances are not near 0, and perhaps a weight and a bias that fit."""

    def propose(rng, pick):
        i, x = pick()
        dims = dims_of(x)
        if dims is None or not bool((x.var(dims, correction=0) > 0.05).all()):
            return None
        found = [j for j, y in (pick(), pick()) if y.shape == (x.shape[channel_dim],)]
        return [i, *found], []

    return propose


def propose_embedding(rng, pick):
    i, x = pick()
    return ([i], [rng.randrange(x.shape[0]) for _ in range(rng.randrange(1, 5))]) if x.dim() == 2 else None


def propose_permute(rng, pick):
    i, x = pick()
    return [i], rng.sample(range(x.dim()), x.dim())


def propose_expand(rng, pick):
    i, x = pick()
    shape = [rng.choice([2, 3]) if n == 1 and rng.random() < 0.7 else n for n in x.shape]
    return [i], [rng.choice([1, 2])] * (rng.random() < 0.4) + shape


def propose_cat(rng, pick):
    i, x = pick()
    if x.dim() == 0:
        return None
    d = any_dim(rng, x)
    others = [pick() for _ in range(rng.randrange(1, 3))]
    fitting = [j for j, y in others if y.dim() == x.dim() and all(
        m == n for k, (m, n) in enumerate(zip(x.shape, y.shape)) if k != d % x.dim())]
    return [i, *fitting], [d]


def propose_stack(rng, pick):
    i, x = pick()
    others = [pick() for _ in range(rng.randrange(1, 3))]
    return [i, *(j for j, y in others if y.shape == x.shape)], [rng.randrange(-x.dim() - 1, x.dim() + 1)]


def propose_narrow(rng, pick):
    i, x = pick()
    if x.dim() == 0:
        return None
    d = any_dim(rng, x)
    start = rng.randrange(x.shape[d])
    return [i], [d, start, rng.randrange(1, x.shape[d] - start + 1)]


def propose_select(rng, pick):
    i, x = pick()
    if x.dim() == 0:
        return None
    d = any_dim(rng, x)
    return [i], [d, rng.randrange(-x.shape[d], x.shape[d])]


def propose_index_select(rng, pick):
    i, x = pick()
    if x.dim() == 0:
        return None
    d = any_dim(rng, x)
    return [i], [d] + [rng.randrange(x.shape[d]) for _ in range(rng.randrange(1, 5))]


def propose_gather(rng, pick):
    i, x = pick()
    if x.dim() == 0:
        return None
    d, extent = rng.randrange(x.dim()), rng.randrange(1, 4)
    n = x.numel() // x.shape[d] * extent
    return [i], [d, extent] + [rng.randrange(x.shape[d]) for _ in range(n)]


def propose_classes(parameters):
    def propose(rng, pick):
        i, x = pick()
        if x.dim() != 2:
            return None
        return [i], parameters(rng) + [rng.randrange(x.shape[1]) for _ in range(x.shape[0])]

    return propose


def propose_transpose(rng, pick):
    i, x = pick()
    return ([i], [any_dim(rng, x), any_dim(rng, x)]) if x.dim() else None


def propose_flatten(rng, pick):
    i, x = pick()
    if x.dim() < 2:
        return None
    first = rng.randrange(x.dim())
    return [i], [first, rng.randrange(first, x.dim())]


def propose_tile(rng, pick):
    i, x = pick()
    counts = [rng.choice([1, 1, 2]) for _ in range(rng.randrange(1, x.dim() + 2))]
    return [i], counts


def with_diagonal(ranks, op):
    def propose(rng, pick):
        i, x = pick()
        k = rng.randrange(-1, 2)
        return ([i], [k]) if x.dim() in ranks and op(x, k).numel() > 0 else None

    return propose


def above_number(ok):
    def propose(rng, pick):
        i, x = pick()
        bound = number(rng)
        return ([i], [bound, number(rng)]) if apart(x, torch.tensor(bound)) and ok(x, bound) else None

    return propose


def onto(places):
    """x and a source whose slices, or elements, go to the places."""

    def propose(rng, pick):
        (i, x), (j, source) = pick(), pick()
        if x.dim() == 0 or x.dim() != source.dim():
            return None
        d = rng.randrange(x.dim())
        if any(m != n for k, (m, n) in enumerate(zip(x.shape, source.shape)) if k != d):
            return None
        at = places(rng, x.shape[d], source.shape[d], source.numel())
        return None if at is None else ([i, j], [d, *at])

    return propose


def near(option):
    """Operands of a loss that is made of two parts, away from where they meet."""

    def propose(rng, pick):
        (i, x), (j, y) = pick(), pick()
        at = rng.choice(option)
        if x.shape != y.shape or not clear(x - y) or not clear((x - y).abs() - at):
            return None
        return [i, j], [at]

    return propose


def clear(x):
    return x.abs().min().item() > CLEAR


def above(bound):
    return lambda x: x.min().item() > bound


SMOOTHING = [0.0, 0.1, 0.5]
PROPOSE = {
    "add": binary(), "sub": binary(), "mul": binary(), "div": binary(lambda a, b: b.abs().min() > 0.3),
    "maximum": binary(apart), "minimum": binary(apart),
    # An exponent of 0: PyTorch's second derivative leaves out 1 / a.
    "pow": binary(lambda a, b: a.min() > 0.3 and CLEAR < b.abs().min() and b.abs().max() < 4),
    "where": propose_where, "add_number": with_number(), "mul_number": with_number(), "number_sub": with_number(),
    "number_div": with_number(lambda x: x.abs().min() > 0.3),
    "pow_number": unary(above(0.3), lambda rng, x: [rng.choice([-2, -1, -0.5, 0.5, 1, 1.5, 2, 3])]),
    "neg": unary(), "abs": unary(clear), "exp": unary(lambda x: x.max() < 3), "log": unary(above(0.2)),
    "sqrt": unary(above(0.2)), "relu": unary(clear), "sigmoid": unary(), "tanh": unary(), "clamp": propose_clamp,
    "clone": unary(), "detach": unary(), "sum": unary(), "mean": unary(), "sum_over": over_dims, "mean_over": over_dims,
    "max": unary(lambda x: no_ties(x.flatten(), 0)), "min": unary(lambda x: no_ties(x.flatten(), 0)),
    "max_over": of_dim(no_ties, True), "min_over": of_dim(no_ties, True), "logsumexp": of_dim(keepdim=True),
    "softmax": of_dim(), "log_softmax": of_dim(), "matmul": binary(lambda a, b: a.dim() > 0 and b.dim() > 0),
    "linear": propose_linear, "conv2d": propose_convolution(False), "conv_transpose2d": propose_convolution(True),
    "max_pool2d": pooled(lambda rng: [rng.choice([1, 1, 2]), rng.randrange(2)], lambda x: no_ties(x.flatten(), 0)),
    "avg_pool2d": pooled(lambda rng: [rng.randrange(2), rng.randrange(2)]), "adaptive_avg_pool2d": propose_adaptive,
    "transpose": propose_transpose, "permute": propose_permute,
    "reshape": unary(parameters=lambda rng, x: factor(rng, x.numel())), "flatten": propose_flatten,
    "squeeze": unary(), "unsqueeze": unary(parameters=lambda rng, x: [rng.randrange(-x.dim() - 1, x.dim() + 1)]),
    "expand": propose_expand, "cat": propose_cat, "stack": propose_stack, "narrow": propose_narrow,
    "select": propose_select, "index_select": propose_index_select, "gather": propose_gather,
    "cross_entropy": propose_classes(lambda rng: [rng.choice(SMOOTHING)]),
    "cross_entropy_each": propose_classes(lambda rng: []),
    "cross_entropy_of": binary(lambda a, b: a.shape == b.shape and a.dim() > 0, lambda rng: [rng.choice(SMOOTHING)]),
    "nll_loss": propose_classes(lambda rng: []), "mse_loss": binary(lambda a, b: a.shape == b.shape),
    "bce": binary(lambda a, b: a.shape == b.shape),
    "kl_div": binary(lambda a, b: a.shape == b.shape and b.min() > 0.1), "erf": unary(), "gelu": unary(),
    "gelu_tanh": unary(lambda x: x.abs().max() < 4),  # beyond, 1 - tanh^2 has lost its digits in both libraries
    "leaky_relu": unary(clear, lambda rng, x: [number(rng)]),
    "layer_norm": normalized(-1, lambda x: [-1] if x.dim() > 0 else None),
    "batch_norm": normalized(1, lambda x: [0, 2, 3][:x.dim() - 1] if x.dim() in (2, 3, 4) else None),
    "embedding": propose_embedding, "embedding_bag": propose_embedding_bag,
    "sin": unary(), "cos": unary(), "expm1": unary(lambda x: x.max() < 3), "log1p": unary(above(-0.7)),
    "silu": unary(), "mish": unary(), "softplus": unary(), "logsigmoid": unary(),
    "elu": unary(clear, lambda rng, x: [rng.choice([0.5, 1.0, 1.5])]),
    "prod": unary(lambda x: x.numel() < 10), "prod_over": of_dim(keepdim=True),
    "var_over": of_dim(lambda x, d: x.shape[d] > 1, True),
    "std_over": of_dim(lambda x, d: x.shape[d] > 1 and x.std(d).min() > 0.2, True),
    "norm_over": of_dim(lambda x, d: x.norm(2, d).min() > 0.2, True), "cumsum": of_dim(), "sort": of_dim(no_ties),
    "topk": lambda rng, pick: (lambda p: p and (p[0], [*p[1], 1]))(of_dim(no_ties)(rng, pick)),
    "flip": lambda rng, pick: (lambda p: p and (p[0], p[1][1:]))(over_dims(rng, pick)),
    "roll": lambda rng, pick: (lambda p: p and (p[0], [*p[1], rng.randrange(-3, 4)]))(of_dim()(rng, pick)),
    "tile": propose_tile, "tril": with_diagonal((2, 3), torch.tril), "triu": with_diagonal((2, 3), torch.triu),
    "diag": with_diagonal((1, 2), torch.diag), "outer": binary(lambda a, b: a.dim() == b.dim() == 1),
    "masked_fill": above_number(lambda x, bound: True), "masked_select": above_number(lambda x, bound: x.max() > bound),
    "index_add": onto(lambda rng, n, slices, count: [rng.randrange(n) for _ in range(slices)]),
    "index_copy": onto(lambda rng, n, slices, count: rng.sample(range(n), slices) if slices <= n else None),
    "scatter_add": onto(lambda rng, n, slices, count: [rng.randrange(n) for _ in range(count)]),
    "l1_loss": binary(lambda a, b: a.shape == b.shape and apart(a, b)), "smooth_l1_loss": near([0.5, 1.0]),
    "huber_loss": near([0.5, 1.0]),
}
# Ops that give small or unused values are less frequent; ops that need fitting shapes are tried more often.
WEIGHTS = [{"detach": 0.2, "clone": 0.3, "squeeze": 0.5, "sum": 0.3, "mean": 0.3, "max": 0.3, "min": 0.3, "add": 2,
            "mul": 3, "matmul": 5, "linear": 8, "conv2d": 16, "conv_transpose2d": 14, "max_pool2d": 8, "avg_pool2d": 3,
            "adaptive_avg_pool2d": 2, "where": 2, "layer_norm": 2, "batch_norm": 3, "outer": 2,
            "index_add": 2, "index_copy": 2, "scatter_add": 2}.get(op, 1) for op in PROPOSE]
