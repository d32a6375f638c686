"""What is checked: the inputs that require grad, and the outputs that depend on them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.dtypes import DIFFERENTIABLE
from gradspec_reference.engine import layout
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import CheckedInputsError, CheckedMemoryError
from gradspec_reference.operators.complex_numbers import complex_kernel, view_as_real_kernel

if TYPE_CHECKING:
    from collections.abc import Sequence


Array = np.ndarray[Any, Any]
DOUBLE = (np.float64, np.complex128)


def as_tuple(given: Any) -> tuple[Any, ...]:
    """Return a tuple, of one thing if it is one."""
    return tuple(given) if isinstance(given, tuple | list) else (given,)


def is_checked(value: Any) -> bool:
    """Tell whether a value is differentiated by."""
    return isinstance(value, Tensor) and value.requires_grad


def checked(values: Sequence[Any]) -> list[Tensor]:
    """Return the tensors among values that require grad."""
    return [x for x in values if is_checked(x)]


def is_number(value: Any) -> bool:
    """Tell whether a value is a tensor of floating-point numbers."""
    return isinstance(value, Tensor) and value._array.dtype.kind in DIFFERENTIABLE


def reals(array: Array) -> Array:
    """Return a view of the real numbers of which an array is made: of complex ones, both parts.

    So a derivative is held to differences by each part in turn, and what is compared is real.
    """
    parts: Array = view_as_real_kernel(array) if array.dtype.kind == "c" else array
    return parts


def of_reals(parts: Array, like: Tensor) -> Array:
    """Return real numbers as a tensor is made of them, in its dtype."""
    dtype = like._array.dtype
    if dtype.kind != "c":
        return parts.astype(dtype)
    made: Array = complex_kernel(parts[..., 0], parts[..., 1]).astype(dtype)
    return made


def shape_of_reals(x: Tensor) -> tuple[int, ...]:
    """Return the shape of the real numbers of which a tensor is made."""
    return (*x._array.shape, 2) if x._array.dtype.kind == "c" else x._array.shape


def check_inputs(inputs: tuple[Any, ...]) -> None:
    """Warn of inputs in which differences are lost in rounding.

    CheckedInputsError if there is nothing to check, CheckedMemoryError for entries that are one.
    """
    for place, x in enumerate(inputs):
        if not is_checked(x):
            continue
        array = x.materialise()
        if array.dtype not in DOUBLE:
            warnings.warn(
                f"input {place} requires grad and is of {x.dtype}; eps and the tolerances are made "
                "for float64 and complex128, and the check will likely fail",
                UserWarning,
                stacklevel=4,
            )
        if layout.overlaps_itself(array):
            raise CheckedMemoryError(
                f"input {place} has a dimension with stride 0, whose entries cannot be moved one "
                "at a time; give contiguous()"
            )
    if not checked(inputs):
        raise CheckedInputsError(
            "no input requires grad, so there is nothing to check; give at least one that does"
        )
