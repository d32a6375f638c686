"""Copies of a tensor, and values stored in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradspec_reference.dtypes import number_for
from gradspec_reference.engine import inplace, warned
from gradspec_reference.engine.batched import Batched, relaid
from gradspec_reference.engine.recording import unary
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.dtypes import Scalar

__all__ = [
    "clone",
    "fill_",
    "zero_",
]


def clone(input: Tensor) -> Tensor:
    """Return a copy that is part of the graph (torch.clone)."""
    return unary(OPERATORS["clone"], input)


def contiguous(input: Tensor) -> Tensor:
    """Return the tensor itself if it lies row by row, a copy otherwise."""
    if input.is_contiguous():
        return input
    result = unary(OPERATORS["clone"], input)
    if type(result) is Batched:
        result._array = relaid(result, contiguous)
    else:
        result._array = np.ascontiguousarray(result._array)
    return result


def copy_(input: Tensor, other: Tensor | Scalar) -> Tensor:
    """Store another tensor's values (torch.Tensor.copy_); its history replaces the target's."""
    if not isinstance(other, Tensor):
        other = Tensor(np.asarray(number_for(other, input._array.dtype)))
    warned.of_lost_part(other._array.dtype.kind, input._array.dtype.kind)
    return inplace.apply_inplace(OPERATORS["copy"], (input, other))


def fill_(input: Tensor, value: Tensor | Scalar) -> Tensor:
    """Store one value everywhere (torch.Tensor.fill_)."""
    if isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(f"fill_ was given {value.ndim} dimensions; use copy_()")
        warned.of_lost_part(value._array.dtype.kind, input._array.dtype.kind)
        return inplace.apply_inplace(OPERATORS["fill_tensor"], (input, value))
    return inplace.apply_inplace(
        OPERATORS["fill"], (input,), number_for(value, input._array.dtype).item()
    )


def zero_(input: Tensor) -> Tensor:
    """Store zero everywhere (torch.Tensor.zero_)."""
    return inplace.apply_inplace(OPERATORS["zero"], (input,))
