"""Keep what a graph saves in files of a temporary folder, which is removed in the end.

Run it with `python examples/saved_on_disk.py`; with `import torch` it does the same there.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import gradspec_reference as torch

LARGE = 1_000
"""Entries from which on a value is worth a file."""


class Folder:
    """Packs large values into files, each removed when the graph lets go of its value."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def pack(self, value: Any) -> Any:
        """Write a value into a file, and return the file; a small one stays where it is."""
        if value.numel() < LARGE:
            return value.detach()
        self.count += 1
        return OnDisk(self.path / f"{self.count}.npy", value.detach().numpy())

    @staticmethod
    def unpack(packed: Any) -> Any:
        """Read a value back."""
        return packed.read() if isinstance(packed, OnDisk) else packed


class OnDisk:
    """A value in a file."""

    def __init__(self, path: Path, array: Any) -> None:
        self.path = path
        np.save(path, array)

    def read(self) -> Any:
        """Return the value as a tensor."""
        return torch.from_numpy(np.load(self.path))

    def __del__(self) -> None:
        self.path.unlink(missing_ok=True)


def main() -> None:
    """Differentiate a chain whose saved values are on the disk; print how many there are."""
    at = np.linspace(0.0, 1.0, LARGE)
    x = torch.tensor(at, requires_grad=True)
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(Path(path))
        with torch.autograd.graph.saved_tensors_hooks(folder.pack, folder.unpack):
            y = x.sin().exp().cos().sum()
        print("files while the graph stands:", len(list(folder.path.iterdir())))
        y.backward()
        print("files after the backward pass:", len(list(folder.path.iterdir())))
    value = np.exp(np.sin(at))
    wrong = np.abs(x.grad.numpy() + np.sin(value) * value * np.cos(at)).max()
    print("largest error of the gradient:", wrong)


if __name__ == "__main__":
    main()
