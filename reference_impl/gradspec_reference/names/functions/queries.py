"""Questions about values and dtypes, whose answers have no history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.dtypes import can_cast
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_reference.dtypes import DType

__all__ = [
    "all",
    "allclose",
    "any",
    "can_cast",
    "count_nonzero",
    "equal",
    "is_floating_point",
    "is_tensor",
    "nonzero",
    "numel",
    "result_type",
]


def is_tensor(obj: object) -> bool:
    """Tell whether an object is a tensor (torch.is_tensor)."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Tell whether the dtype is a floating one (torch.is_floating_point)."""
    return input.dtype.is_floating_point


def numel(input: Tensor) -> int:
    """Return the number of elements (torch.numel)."""
    return int(input._array.size)


def equal(input: Tensor, other: Tensor) -> bool:
    """Tell whether shapes and all elements are equal (torch.equal)."""
    a, b = input._array, other._array
    return bool(a.shape == b.shape and (a == b).all())


def allclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> bool:
    """Tell whether all elements are about equal (torch.allclose)."""
    return bool(np.allclose(input._array, other._array, rtol, atol, equal_nan))


def all(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Tell whether all elements are true (torch.all)."""
    return Tensor(np.all(input._array, axis=dim, keepdims=keepdim))


def any(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Tell whether some element is true (torch.any)."""
    return Tensor(np.any(input._array, axis=dim, keepdims=keepdim))


def count_nonzero(input: Tensor) -> Tensor:
    """Return how many elements are not zero (torch.count_nonzero)."""
    return Tensor(np.int64(np.count_nonzero(input._array)))


def nonzero(input: Tensor) -> Tensor:
    """Return the indices of the elements that are not zero, one per row (torch.nonzero)."""
    return Tensor(np.argwhere(input._array))


def result_type(tensor1: Any, tensor2: Any) -> DType:
    """Return the dtype of an operation on two tensors or numbers (torch.result_type)."""
    operands = (tensor1, tensor2)
    return dtypes.promoted_dtype(*(x._array if isinstance(x, Tensor) else x for x in operands))
