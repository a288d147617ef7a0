"""Reads the tensors of a safetensors file with NumPy alone.

    python read_safetensors.py model.safetensors
"""
import json
import sys

import numpy as np

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1", "BOOL": "?"}


def load(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = memoryview(file.read())
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[slice(*tensor["data_offsets"])], DTYPES[tensor["dtype"]]).reshape(tensor["shape"])
            for name, tensor in header.items()}


if __name__ == "__main__":
    for name, array in load(sys.argv[1]).items():
        print(f"{name:10} {array.dtype} {array.shape}")
