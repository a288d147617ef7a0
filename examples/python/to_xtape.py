"""Trains a small mlp in NumPy, and writes its weights for xtape, with some inputs and their logits to compare.

    python to_xtape.py model.safetensors x.npy logits.npy
    xtape-mnist --hidden 32 --load model.safetensors        # goes on from these weights

Needs: pip install numpy safetensors
"""
import sys

import numpy as np
from safetensors.numpy import save_file

import mlp

CLASSES, PIXELS, HIDDEN = 10, 784, 32


def initial_weights(random):
    def uniform(out, n):
        return random.uniform(-1, 1, (out, n)).astype("float32") / np.float32(np.sqrt(n))

    return {"1.weight": uniform(HIDDEN, PIXELS), "1.bias": np.zeros(HIDDEN, "float32"),
            "4.weight": uniform(CLASSES, HIDDEN), "4.bias": np.zeros(CLASSES, "float32")}


def gradients(weights, x, y):
    """Of the mean cross-entropy."""
    before = x @ weights["1.weight"].T + weights["1.bias"]
    hidden = np.maximum(before, 0)
    z = hidden @ weights["4.weight"].T + weights["4.bias"]
    p = np.exp(z - z.max(1, keepdims=True))
    gz = (p / p.sum(1, keepdims=True) - np.eye(CLASSES, dtype="float32")[y]) / np.float32(len(y))
    gh = (gz @ weights["4.weight"]) * (before > 0)
    return {"1.weight": gh.T @ x, "1.bias": gh.sum(0), "4.weight": gz.T @ hidden, "4.bias": gz.sum(0)}


def main():
    weights_path, x_path, logits_path = sys.argv[1:]
    random = np.random.default_rng(0)
    y = random.integers(0, CLASSES, 1000)
    x = random.random((CLASSES, PIXELS), "float32")[y] + random.normal(0, 0.3, (1000, PIXELS)).astype("float32")
    weights = initial_weights(random)
    for _ in range(100):
        for name, gradient in gradients(weights, x, y).items():
            weights[name] -= np.float32(0.05) * gradient
    print(f"accuracy {(mlp.logits(weights, x).argmax(1) == y).mean():.3f}")
    save_file(weights, weights_path, metadata={"by": "to_xtape.py"})
    np.save(x_path, x[:100])
    np.save(logits_path, mlp.logits(weights, x[:100]))


if __name__ == "__main__":
    main()
