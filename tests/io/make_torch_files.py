"""Writes files/torch/: small files of PyTorch's torch.save, which tests/io/torch_test.cpp reads.

    python make_torch_files.py

Tensors hold 0, 1, 2, ... in their own dtype unless a test says otherwise; files/torch/README says which version of
PyTorch wrote them.
"""
import os

import torch

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files", "torch")


def save(name, value, **options):
    torch.save(value, os.path.join(FOLDER, name + ".pt"), **options)


def counted(*shape, dtype=torch.float32):
    count = 1
    for extent in shape:
        count *= extent
    return torch.arange(count).reshape(shape).to(dtype)


def model():
    m = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    with torch.no_grad():
        for parameter in m.parameters():
            parameter.copy_(counted(*parameter.shape))
    return m


def checkpoint():
    m = model()
    optimizer = torch.optim.Adam(m.parameters(), lr=0.5)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 4])
    m(counted(4, 2)).sum().backward()
    optimizer.step()
    with torch.no_grad():
        for parameter in m.parameters():
            parameter.copy_(counted(*parameter.shape))
    return {
        "epoch": 3, "best": 0.25, "note": "best so far", "model": m.state_dict(), "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(), "ema": {"w": counted(2), "b.c": counted(3)}, 7: "seven", "none": None,
        "history": [0.5, 0.25, counted(2)], "flags": (True, False), "large": [300, 70000, -1, 2**40, 10**30],
        "bytes": b"abc", "set": {1, 2}, "complex": 1j, "shape": counted(2, 3).shape, "device": torch.device("cpu"),
        "dtype": torch.float32, "int16": counted(2, dtype=torch.int16), "sparse": counted(2, 2).to_sparse(),
        "long": "x" * 300,
    }


def state_dicts():
    save("state_dict", model().state_dict())
    save("parameters", model().state_dict(keep_vars=True))
    save("dict", dict(model().state_dict()))
    m = model()  # what Python sees of tensors beside their elements is lost
    m[0].weight.note = "a parameter with an attribute"
    m[1].running_mean.note = "a tensor with an attribute"
    save("attributes", m.state_dict(keep_vars=True))
    for protocol in (2, 3, 4, 5):
        save(f"checkpoint_{protocol}", checkpoint(), pickle_protocol=protocol)
    dtypes = {"bool": torch.bool, "uint8": torch.uint8, "int32": torch.int32, "int64": torch.int64,
              "float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64}
    save("dtypes", {name: counted(2, 3, dtype=dtype) for name, dtype in dtypes.items()})
    save("shapes", {"scalar": torch.tensor(7.0), "empty": torch.zeros(0, 3), "none": torch.zeros(0),
                    "ones": counted(1, 3, 1), "many": counted(1, 2, 1, 3, 1, 1, 2, 1)})
    save("nothing", {})


def views():
    x = counted(4, 6)
    half = counted(2, 3, dtype=torch.float16)
    save("views", {"all": x, "again": x, "row": x[2], "rows": x[1:3], "tail": x.flatten()[20:], "element": x[1, 2],
                   "transposed": x.t(), "column": x[:, 1], "block": x[1:3, 2:5], "steps": x[::2, ::3],
                   "permuted": x.reshape(2, 2, 6).permute(2, 0, 1), "diagonal": x.diagonal(), "nothing": x[:, 6:],
                   "repeated": x[0, :1].expand(3, 2), "half": half, "half_transposed": half.t()})


class Classifier(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(2, 1)

    def forward(self, x):
        return self.fc(x)


class System:
    def __reduce__(self):
        return os.system, ("echo a file has run this",)


def refused():
    x = counted(2, 3)
    save("old_form", {"x": x}, _use_new_zipfile_serialization=False)
    save("module", torch.nn.Linear(2, 1))
    save("system", {"x": x, "y": System()})
    save("tensor", x)
    save("list", [x])
    with open(os.path.join(FOLDER, "plain_pickle.pt"), "wb") as file:
        import pickle
        pickle.dump({"x": [1, 2]}, file, protocol=2)
    torch.jit.script(Classifier()).save(os.path.join(FOLDER, "script.pt"))
    complex64 = counted(2, dtype=torch.complex64)
    save("unread", {name: {"x": value} for name, value in {
        "int16": x.to(torch.int16), "int8": x.to(torch.int8), "uint16": x.to(torch.uint16),
        "uint64": x.to(torch.uint64), "complex64": complex64, "complex128": complex64.to(torch.complex128),
        "float8": x.to(torch.float8_e5m2), "sparse": x.to_sparse(),
        "quantized": torch.quantize_per_tensor(x, 1.0, 0, torch.quint8), "meta": torch.empty(2, device="meta"),
        "negated": counted(2, dtype=torch.complex64).conj().imag, "expanded": x[0].expand(4, 3), "number": 3,
        "storage": counted(2).untyped_storage(),
    }.items()})


def main():
    os.makedirs(FOLDER, exist_ok=True)
    torch.manual_seed(0)
    state_dicts()
    views()
    refused()
    with open(os.path.join(FOLDER, "README"), "w") as file:
        file.write(f"Written by make_torch_files.py with PyTorch {torch.__version__}.\n")


if __name__ == "__main__":
    main()
