"""Tensors without numbers: they have a shape, a data type and a history, and nothing to look at.

What is computed with them is shapes; the memory behind them is never read.  An operation has all of
its operands here or none, but for numbers and 0-d tensors.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec_reference.errors import OtherDeviceError

READING: Final = frozenset(
    {np.allclose, np.argwhere, np.array_equal, np.bincount, np.flatnonzero, np.nonzero, np.unique}
)
"""Functions of NumPy's whose results are numbers, or shapes that depend on numbers."""


class MetaArray(np.ndarray):
    """An array on the device `meta`; what NumPy makes of it is there too."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Apply a function of NumPy's to what is behind."""
        return moved(getattr(ufunc, method)(*map(bare, inputs), **bare(options)))

    def __bool__(self) -> bool:
        """Refuse: there is no number that could hold."""
        check_has_numbers(self)
        return False

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        """Apply any other function of NumPy's to what is behind."""
        del types
        if function in READING:
            check_has_numbers(self)
        return moved(function(*bare(args), **bare(options)))


def bare(value: Any) -> Any:
    """Return plain arrays for those in arguments."""
    if isinstance(value, MetaArray):
        return value.view(np.ndarray)
    if isinstance(value, dict):
        return {name: bare(each) for name, each in value.items()}
    if type(value) in {list, tuple}:
        return type(value)(map(bare, value))
    return value


def moved(result: Any) -> Any:
    """Return what NumPy made, as arrays of this device."""
    if isinstance(result, list | tuple):
        return type(result)(map(moved, result)) if type(result) in {list, tuple} else result
    if isinstance(result, np.ndarray | np.generic):
        return np.asarray(result).view(MetaArray)
    return result


def to_meta(array: Any) -> MetaArray:
    """Return an array of the same shape and type without its numbers."""
    return np.zeros(array.shape, array.dtype).view(MetaArray)


def is_meta(array: Any) -> bool:
    """Tell whether an array has no numbers."""
    return type(array) is MetaArray


def check_together(values: Any) -> None:
    """Refuse operands on several devices; numbers and 0-d tensors belong to any."""
    if MetaArray in map(type, values) and any(
        isinstance(v, np.ndarray) and v.ndim and type(v) is not MetaArray for v in values
    ):
        raise OtherDeviceError(
            "an operand is on the device meta and another is not; move them to one device with to()"
        )


def check_has_numbers(array: Any) -> None:
    """Refuse to look at numbers that are not there."""
    if type(array) is MetaArray:
        raise NotImplementedError(
            "a tensor on the device meta has no numbers to look at, only a shape and a data type"
        )
