"""Which values occur, and how often."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.engine import recording
from gradspec_reference.engine.shapes import normal_dim
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import NotCountedError, OperandShapeError
from gradspec_reference.operators import OPERATORS

__all__ = ["bincount", "unique"]


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """Count each whole number from 0 on, or add up its weights (torch.bincount)."""
    array = input._array
    if array.dtype.kind not in "iu":
        raise NotCountedError(f"bincount was given {input.dtype}; it counts whole numbers")
    if array.ndim != 1 or np.min(array, initial=0) < 0:
        raise OperandShapeError("bincount counts in one dimension, and no negative numbers")
    if weights is None:
        return Tensor(np.bincount(array, minlength=minlength))
    if weights._array.shape != array.shape:
        raise OperandShapeError(
            f"bincount was given {array.size} numbers and weights of shape "
            f"{list(weights._array.shape)}; each number has one weight"
        )
    return recording.apply(OPERATORS["bincount"], (input, weights), minlength)


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: Any = False,
    return_counts: Any = False,
    dim: int | None = None,
) -> Any:
    """Return each value, or each slice along a dimension, once and in order (torch.unique).

    `sorted` may be False; they are in order all the same.  What is asked for besides is asked for
    its truth before it is asked whether it is a bool, as in torch.
    """
    del sorted
    flags = (return_inverse, return_counts)
    for flag, truth in zip(flags, [*map(bool, flags)], strict=True):
        if truth is not flag:
            raise TypeError(f"unique was given a {type(flag).__name__} for a flag; give a bool")
    axis = None if dim is None else normal_dim(dim, input.ndim)
    if axis is not None and 0 in (*input.shape[:axis], *input.shape[axis + 1 :]):
        raise RuntimeError(f"unique was asked for slices of {list(input.shape)}, which are empty")
    _, inverse, counts = np.unique(input._array, return_inverse=True, return_counts=True, axis=axis)
    if axis is None:
        found = [recording.apply(OPERATORS["unique"], (input,))]
    else:
        found = [recording.apply(OPERATORS["unique_dim"], (input,), axis)]
    if return_inverse:
        found.append(Tensor(np.asarray(inverse)))
    if return_counts:
        found.append(Tensor(np.asarray(counts)))
    return tuple(found) if len(found) > 1 else found[0]
