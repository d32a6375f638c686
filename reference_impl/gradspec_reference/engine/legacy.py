"""`torch.Tensor(...)` as programs still call it: with numbers in lists, or with lengths."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine.shapes import Size, as_shape
from gradspec_reference.meta import MetaArray

ARRAYS: Final = frozenset({np.ndarray, MetaArray, *(dtype.numpy.type for dtype in dtypes.ALL)})
"""What the engine itself makes a tensor of."""


def array_for(data: Any, sizes: tuple[Any, ...]) -> Any:
    """Return the array of a tensor in the default dtype; TypeError for what is no sequence.

    Lengths give zeros here, where torch gives what the memory held.
    """
    dtype = dtypes.get_default_dtype().numpy
    if isinstance(data, np.ndarray | np.generic):
        return data
    if data is None and not sizes:
        return np.zeros(0, dtype)
    if isinstance(data, Size) or (isinstance(data, int) and not isinstance(data, bool)):
        shape = as_shape((data, *sizes))
        if min(shape, default=0) < 0:
            raise RuntimeError(f"Tensor() was given the lengths {list(shape)}; none is negative")
        return np.zeros(shape, dtype)
    if hasattr(data, "_array") and not sizes:
        return data.materialise()
    if sizes or isinstance(data, str) or not hasattr(data, "__len__"):
        raise TypeError(f"Tensor() was given {data!r}; it needs numbers in lists, or lengths")
    return np.array(data, dtype)
