"""Writes files/: small files by NumPy, safetensors and PyTorch, which tests/io reads.

    python make_files.py

Every array holds 0, 1, 2, ... in its own dtype; files/README says which versions wrote them.
"""
import os

import numpy
import safetensors
import torch
from numpy.lib import format as npy
from safetensors.torch import save_file

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
SHAPE = (2, 3)


def path(name):
    return os.path.join(FOLDER, name)


def write_npy(name, array, version=None):
    with open(path(name), "wb") as file:
        npy.write_array(file, array, version=version)


def npy_files():
    for dtype in ("bool", "uint8", "int32", "int64", "float32", "float64"):
        write_npy(f"{dtype}.npy", numpy.arange(6).reshape(SHAPE).astype(dtype))
    for dtype in (">i4", ">i8", ">f4", ">f8"):
        write_npy(f"big_endian_{dtype[1:]}.npy", numpy.arange(6).reshape(SHAPE).astype(dtype))
    write_npy("fortran.npy", numpy.asfortranarray(numpy.arange(24, dtype="float32").reshape(2, 3, 4)))
    write_npy("scalar.npy", numpy.array(7, dtype="int64"))
    write_npy("empty.npy", numpy.zeros((0, 3), dtype="float64"))
    write_npy("version_2.npy", numpy.arange(6, dtype="float32").reshape(SHAPE), (2, 0))
    write_npy("version_3.npy", numpy.arange(6, dtype="float32").reshape(SHAPE), (3, 0))
    # These are refused.
    write_npy("objects.npy", numpy.array([{}, None], dtype=object))
    for dtype in ("float16", "int16", "complex64", "U3", "datetime64[s]"):
        write_npy(f"refused_{dtype.split('[')[0]}.npy", numpy.zeros(2, dtype=dtype))
    write_npy("refused_record.npy", numpy.zeros(2, dtype=[("a", "f4"), ("b", "i4")]))


def safetensors_files():
    x = torch.arange(6).reshape(SHAPE)
    dtypes = {"bool": torch.bool, "uint8": torch.uint8, "int32": torch.int32, "int64": torch.int64,
              "float32": torch.float32, "float64": torch.float64, "half": torch.float16, "bfloat": torch.bfloat16}
    tensors = {name: x.to(dtype) for name, dtype in dtypes.items()}
    tensors["scalar"] = torch.tensor(7.0)
    tensors["empty"] = torch.zeros(0, 3)
    save_file(tensors, path("python.safetensors"), metadata={"format": "pt", "classes": "shirt,shoe"})
    save_file({"x": torch.arange(4, dtype=torch.int16)}, path("int16.safetensors"))


def main():
    os.makedirs(FOLDER, exist_ok=True)
    npy_files()
    safetensors_files()
    with open(path("README"), "w") as file:
        file.write(f"Written by make_files.py with NumPy {numpy.__version__}, safetensors {safetensors.__version__} and "
                   f"PyTorch {torch.__version__}.\n"
                   "every_module*.safetensors: by tests/exchange/exchange.py --write; their metadata says with what.\n")


if __name__ == "__main__":
    main()
