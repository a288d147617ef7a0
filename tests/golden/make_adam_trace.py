"""Golden losses of 20 Adam steps of a 784-256-10 network, without dropout, label smoothing 0.1.

Weights and batch come from a formula, so that nothing large is stored: element i of tensor number k is
    u(k, i) = ((i * 2654435761 + k * 40503) mod 2^32) / 2^32 - 0.5        computed in float64, rounded to the dtype
weights: u * 2 / sqrt(fan_in); biases: the same; images: u + 0.5; labels: (7 i + i // 10) mod 10.

    python make_adam_trace.py > adam_trace.csv        (PyTorch as the header of the file says, one thread)
"""

import torch

torch.set_num_threads(1)


def u(k, *shape):
    n = 1
    for extent in shape:
        n *= extent
    i = torch.arange(n, dtype=torch.int64)
    return (((i * 2654435761 + k * 40503) % 2**32).to(torch.float64) / 2**32 - 0.5).reshape(shape)


def trace(dtype):
    w1, b1 = 2 * u(1, 256, 784) / 28.0, 2 * u(2, 256) / 28.0
    w2, b2 = 2 * u(3, 10, 256) / 16.0, 2 * u(4, 10) / 16.0
    params = [p.to(dtype).requires_grad_() for p in (w1, b1, w2, b2)]
    x = (u(5, 64, 784) + 0.5).to(dtype)
    i = torch.arange(64)
    y = (7 * i + i // 10) % 10
    optimizer = torch.optim.Adam(params, lr=1e-3, foreach=False)
    losses = []
    for _ in range(20):
        hidden = torch.relu(torch.nn.functional.linear(x, params[0], params[1]))
        logits = torch.nn.functional.linear(hidden, params[2], params[3])
        loss = torch.nn.functional.cross_entropy(logits, y, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


print(f"# 20 Adam steps, made by make_adam_trace.py with PyTorch {torch.__version__} on one thread")
print("float32,float64")
for single, double in zip(trace(torch.float32), trace(torch.float64)):
    print(f"{single!r},{double!r}")
