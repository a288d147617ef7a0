"""Reads weights that xtape wrote, and evaluates the model in NumPy.

    xtape-mnist --save model.safetensors
    python from_xtape.py model.safetensors x.npy logits.npy

x.npy holds images as rows of 784 numbers, such as io::save_npy writes; their logits go to logits.npy.
Needs: pip install numpy safetensors
"""
import sys

import numpy as np
from safetensors.numpy import load_file

import mlp


def main():
    weights_path, x_path, logits_path = sys.argv[1:]
    weights = load_file(weights_path)
    for name, weight in weights.items():
        print(f"{name:10} {weight.dtype} {weight.shape}")
    np.save(logits_path, mlp.logits(weights, np.load(x_path)))


if __name__ == "__main__":
    main()
