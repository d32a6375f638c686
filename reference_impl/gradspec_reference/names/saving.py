"""To a file and back: what a training writes down, to go on with it later (torch.save, load)."""

from __future__ import annotations

import contextlib
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["load", "save"]

OF_DATA: Final = {
    *(("collections", name) for name in ("OrderedDict", "defaultdict", "Counter")),
    *(("builtins", name) for name in ("set", "frozenset", "slice", "complex", "bytearray", "dict")),
    *(("numpy", name) for name in ("ndarray", "dtype")),
    *((f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")),
    *((f"numpy.{core}.multiarray", "scalar") for core in ("core", "_core")),
    ("gradspec_reference.names.copying", "rebuild"),
    ("gradspec_reference.engine.tensor", "Tensor"),
    ("gradspec_reference.engine.shapes", "Size"),
    ("gradspec_reference.names.devices", "device"),
    ("gradspec_reference.dtypes", "dtype_named"),
    *(("gradspec_reference.nn.parameter", name) for name in ("Parameter", "Buffer")),
}
"""What may be called for while data are read: nothing that acts."""


class OfData(pickle.Unpickler):
    """Reads tensors, numbers, texts and what holds them, and refuses all else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what data are made of."""
        if (module, name) not in OF_DATA:
            raise pickle.UnpicklingError(
                f"{module}.{name} stands in a file that was read as data; if you trust the file, "
                "give weights_only=False"
            )
        return super().find_class(module, name)


@contextlib.contextmanager
def opened(file: Any, mode: str) -> Iterator[Any]:
    """Open a file by its name; one that is open stays so."""
    if hasattr(file, "read" if "r" in mode else "write"):
        yield file
        return
    with Path(file).open(mode) as stream:
        yield stream


def save(
    obj: object, f: Any, pickle_module: Any = pickle, pickle_protocol: int = pickle.DEFAULT_PROTOCOL
) -> None:
    """Write an object to a file, or to its name (torch.save; the file is not one of torch's)."""
    with opened(f, "wb") as stream:
        pickle_module.dump(obj, stream, protocol=pickle_protocol)


def load(
    f: Any, map_location: Any = None, pickle_module: Any = None, *, weights_only: bool | None = None
) -> Any:
    """Read what `save` wrote; pickle.UnpicklingError for more than data, unless that is allowed.

    It is allowed by weights_only=False, for files that are trusted: they may run any code.
    """
    del map_location
    with opened(f, "rb") as stream:
        if weights_only is None or weights_only:
            return OfData(stream).load()
        return (pickle if pickle_module is None else pickle_module).load(stream)
