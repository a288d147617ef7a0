"""Exchanges weights between xtape and PyTorch, both ways, and compares logits and losses of EveryModule.

    cmake --build --preset gcc --target xtape_exchange
    python tests/exchange/exchange.py build/gcc/tests/xtape_exchange [--write]

xtape trains, PyTorch loads; PyTorch trains, xtape loads, and saves again. In evaluation the logits may differ by 1e-6 of
the largest one in float32, by 1e-12 in float64, and so the losses; every weight and buffer must be the same bit for bit. --write renews the files of
tests/io/files that the tests of CI read. Needs: pip install torch numpy safetensors
"""
import os
import subprocess
import sys
import tempfile

import numpy
import safetensors
import torch
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file, save_file

from model import EveryModule

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "examples", "python"))
import read_safetensors  # noqa: E402

MOST = {"float32": 1e-6, "float64": 1e-12}


def draw(n, dtype):
    return {"words": torch.randint(0, 20, (n, 5)), "x": torch.randn(n, 6, dtype=dtype),
            "target": torch.randint(0, 4, (n,))}


def evaluate(model, cases):
    """Logits and losses."""
    model.eval()
    with torch.no_grad():
        logits = model(cases["words"], cases["x"])
        return {"logits": logits, "losses": model.losses(logits, cases["target"])}


def trained(dtype):
    torch.manual_seed(0)
    model = EveryModule().to(dtype)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(50):
        batch = draw(32, dtype)
        optimizer.zero_grad()
        model.losses(model(batch["words"], batch["x"]), batch["target"]).sum().backward()
        optimizer.step()
    return model


def expect(holds, claim):
    print(("ok    " if holds else "WRONG ") + claim)
    if not holds:
        sys.exit(1)


def same_bits(a, b):
    return a.keys() == b.keys() and all(
        a[name].dtype == b[name].dtype and a[name].shape == b[name].shape and a[name].tobytes() == b[name].tobytes()
        for name in a)


def from_xtape(binary, name, folder):
    dtype = getattr(torch, name)
    subprocess.run([binary, "train", name, folder], check=True)
    weights = os.path.join(folder, "weights.safetensors")
    model = EveryModule().to(dtype)
    model.load_state_dict(load_file(weights))
    cases = load_file(os.path.join(folder, "cases.safetensors"))
    error = max(((result - cases[name]).abs().max() / cases[name].abs().max()).item()
                for name, result in evaluate(model, cases).items())
    expect(error <= MOST[name], f"PyTorch's logits with xtape's weights, {name}: {error:.2g} apart")
    expect(same_bits(read_safetensors.load(weights), load_arrays(weights)), f"the reader in NumPy alone, {name}")


def from_pytorch(binary, name, folder, model):
    cases = draw(16, getattr(torch, name))
    cases |= evaluate(model, cases)
    weights = os.path.join(folder, "weights.safetensors")
    save_file(model.state_dict(), weights)
    save_file(cases, os.path.join(folder, "cases.safetensors"))
    output = subprocess.run([binary, "check", name, folder], check=True, capture_output=True, text=True).stdout
    expect(float(output) <= MOST[name], f"xtape's logits with PyTorch's weights, {name}: {float(output):.2g} apart")
    expect(same_bits(load_arrays(os.path.join(folder, "again.safetensors")), load_arrays(weights)),
           f"PyTorch's weights, saved again by xtape, {name}")
    return cases


def main():
    binary, *options = sys.argv[1:]
    print(f"PyTorch {torch.__version__}, safetensors {safetensors.__version__}, NumPy {numpy.__version__}")
    for name in MOST:
        model = trained(getattr(torch, name))
        with tempfile.TemporaryDirectory() as folder:
            from_xtape(binary, name, folder)
            cases = from_pytorch(binary, name, folder, model)
        if options == ["--write"] and name == "float32":
            files = os.path.join(ROOT, "tests", "io", "files")
            about = {"by": f"tests/exchange/exchange.py with PyTorch {torch.__version__}"}
            save_file(model.state_dict(), os.path.join(files, "every_module.safetensors"), metadata=about)
            save_file(cases, os.path.join(files, "every_module_cases.safetensors"), metadata=about)


if __name__ == "__main__":
    main()
