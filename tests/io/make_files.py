"""Writes files/: small files by NumPy, safetensors and PyTorch, which tests/io reads.

    python make_files.py

Every array holds 0, 1, 2, ... in its own dtype; files/README says which versions wrote them.
"""
import io
import os
import zipfile

import numpy
import safetensors
import torch
from numpy.lib import format as npy
from safetensors.torch import save_file

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
SHAPE = (2, 3)


class NotSeekable(io.RawIOBase):
    """A file that is written from its start to its end, as a pipe is."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


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


def npz_files():
    x = numpy.arange(6).reshape(SHAPE)
    arrays = {dtype: x.astype(dtype) for dtype in ("bool", "uint8", "int32", "int64", "float32", "float64")}
    arrays["scalar"] = numpy.array(7, dtype="int64")
    arrays["empty"] = numpy.zeros((0, 3), dtype="float64")
    arrays["fortran"] = numpy.asfortranarray(numpy.arange(24, dtype="float32").reshape(2, 3, 4))
    arrays["big_endian"] = x.astype(">f8")
    arrays["\u00e4/b.npy"] = x.astype("float32")
    numpy.savez(path("stored.npz"), **arrays)
    numpy.savez_compressed(path("deflated.npz"), **arrays)
    # These are damaged, bit by bit.
    small = {"w": numpy.array([1.5], dtype="float32"), "b": numpy.array([True, False])}
    numpy.savez(path("small_stored.npz"), **small)
    numpy.savez_compressed(path("small_deflated.npz"), **small)
    # Versions 2 and 3, a name without .npy, and what a stream that cannot be rewound gets: data descriptors.
    with open(path("streamed.npz"), "wb") as file:
        with zipfile.ZipFile(NotSeekable(file), "w") as archive:
            for name, version, method in (("version_2.npy", (2, 0), zipfile.ZIP_STORED),
                                          ("version_3", (3, 0), zipfile.ZIP_DEFLATED)):
                info = zipfile.ZipInfo(name)
                info.compress_type = method
                with archive.open(info, "w", force_zip64=True) as member:
                    npy.write_array(member, x.astype("float32"), version=version)
    # These are refused.
    numpy.savez(path("objects.npz"), good=x, bad=numpy.array([{}, None], dtype=object))
    numpy.savez(path("refused_int16.npz"), x=x.astype("int16"))


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
    npz_files()
    safetensors_files()
    with open(path("README"), "w") as file:
        file.write(f"Written by make_files.py with NumPy {numpy.__version__}, safetensors {safetensors.__version__} and "
                   f"PyTorch {torch.__version__}.\n"
                   "every_module*.safetensors: by tests/exchange/exchange.py --write; their metadata says with what.\n")


if __name__ == "__main__":
    main()
