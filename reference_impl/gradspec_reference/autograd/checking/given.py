"""What is checked: the inputs that require grad, and the outputs that depend on them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import layout
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import CheckedInputsError, CheckedMemoryError

if TYPE_CHECKING:
    from collections.abc import Sequence


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
    return isinstance(value, Tensor) and value.is_floating_point()


def check_inputs(inputs: tuple[Any, ...]) -> None:
    """Warn of inputs in which differences are lost in rounding.

    CheckedInputsError if there is nothing to check, CheckedMemoryError for entries that are one.
    """
    for place, x in enumerate(inputs):
        if not is_checked(x):
            continue
        array = x.materialise()
        if array.dtype != np.float64:
            warnings.warn(
                f"input {place} requires grad and is of {x.dtype}; eps and the tolerances are made "
                "for float64, and the check will likely fail",
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
