"""How a tensor looks: torch's `tensor(...)` notation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor

WIDTH = 80
DIGITS = 4


def show(self: Tensor) -> str:
    """Return values, a dtype that is not the default one, and the history."""
    notes = []
    dtype = self.dtype
    if dtype not in {dtypes.get_default_dtype(), dtypes.int64, dtypes.bool_}:
        notes.append(f"dtype={dtype!r}")
    if self._grad_fn is not None:
        notes.append(f"grad_fn=<{type(self._grad_fn).__name__}>")
    elif self.requires_grad:
        notes.append("requires_grad=True")
    return f"tensor({', '.join([values(self._array), *notes])})"


def values(array: Any) -> str:
    """Return the elements, with four digits where they are not whole."""
    array = np.asarray(array)
    formatter: Any = {"bool": str, "int": str}
    if array.dtype.kind == "f":
        formatter["float_kind"] = number_format(array)
    return np.array2string(
        array, separator=", ", prefix="tensor(", max_line_width=WIDTH, formatter=formatter
    )


def number_format(array: np.ndarray[Any, Any]) -> Any:
    """Choose one format for all numbers of an array."""
    finite = np.abs(array[np.isfinite(array)]).astype(float)
    if not finite.size or bool((finite == np.floor(finite)).all() and finite.max() < 1e8):  # noqa: PLR2004
        return lambda x: f"{x:.0f}." if np.isfinite(x) else str(x)
    nonzero = finite[finite > 0]
    if nonzero.max() / nonzero.min() > 1e3 or nonzero.max() > 1e8 or nonzero.min() < 1e-4:  # noqa: PLR2004
        return lambda x: f"{x:.{DIGITS}e}"
    return lambda x: f"{x:.{DIGITS}f}"
