"""Questions about values and dtypes, whose answers have no history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.dtypes import can_cast
from gradspec_reference.engine import narrow, recording
from gradspec_reference.engine.batched import Batched, common_to_all, held, of_many_shapes
from gradspec_reference.engine.shapes import named_dims, normal_dims
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import DType, Scalar

__all__ = [
    "all",
    "allclose",
    "any",
    "argwhere",
    "can_cast",
    "count_nonzero",
    "equal",
    "is_floating_point",
    "is_inference",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_tensor",
    "isclose",
    "isreal",
    "nonzero",
    "numel",
    "result_type",
]


def is_tensor(obj: object, /) -> bool:
    """Tell whether an object is a tensor (torch.is_tensor)."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Tell whether the dtype is a floating one (torch.is_floating_point)."""
    return input.dtype.is_floating_point


def is_signed(input: Tensor) -> bool:
    """Tell whether the dtype has negative numbers (torch.is_signed)."""
    return input.dtype.is_signed


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Tell whether two shapes are equal (torch.is_same_size)."""
    return input.shape == other.shape


def is_nonzero(input: Tensor) -> bool:
    """Tell whether the only element is not zero; RuntimeError unless there is one."""
    if input._array.size != 1:
        raise RuntimeError(f"is_nonzero was asked of {input._array.size} elements; it takes one")
    return bool(input.item() != 0)


def argwhere(input: Tensor) -> Tensor:
    """Return the indices of what is not zero, row by row (torch.argwhere)."""
    found: Tensor = nonzero(input)
    return found


def is_inference(input: Tensor) -> bool:
    """Tell whether a tensor was made in inference mode (torch.is_inference)."""
    return input.is_inference()


def numel(input: Tensor) -> int:
    """Return the number of elements (torch.numel)."""
    return int(input._array.size)


def equal(input: Tensor, other: Tensor) -> bool:
    """Tell whether shapes and all elements are equal (torch.equal)."""
    check_is_one(input, other)
    a, b = input._array, other._array
    narrow.check_is_wider("equal", input.dtype)
    return bool(a.shape == b.shape and (a == b).all())


def check_is_one(*tensors: Tensor) -> None:
    """Refuse to answer for a batch, each example of which has an answer of its own."""
    for tensor in tensors:
        if type(tensor) is Batched:
            common_to_all(tensor)


def allclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> bool:
    """Tell whether all elements are about equal (torch.allclose); RuntimeError for two dtypes."""
    check_is_one(input, other)
    a, b = input._array, other._array
    if a.dtype != b.dtype:
        raise RuntimeError(f"allclose was given {input.dtype} and {other.dtype}; convert one")
    if not (rtol >= 0 and atol >= 0):
        raise RuntimeError(f"allclose was given the tolerances {rtol} and {atol}; none is negative")
    narrow.check_is_wider("allclose", input.dtype)
    recording.run(OPERATORS["eq"], [a, b], ())  # refuses shapes that do not fit
    return bool(np.allclose(a, b, rtol, atol, equal_nan))


def isclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> Tensor:
    """Tell which elements are about equal (torch.isclose); RuntimeError for two dtypes."""
    if input._array.dtype != other._array.dtype:
        raise RuntimeError(f"isclose was given {input.dtype} and {other.dtype}; convert one")
    if not (rtol >= 0 and atol >= 0):
        raise RuntimeError(f"isclose was given the tolerances {rtol} and {atol}; none is negative")
    return recording.apply(OPERATORS["isclose"], (input, other), rtol, atol, equal_nan)


def all(input: Tensor, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
    """Tell whether all elements are true (torch.all)."""
    return _truths(np.all, input, dim, keepdim)


def any(input: Tensor, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
    """Tell whether some element is true (torch.any)."""
    return _truths(np.any, input, dim, keepdim)


def _truths(kernel: Any, input: Tensor, dim: int | Sequence[int] | None, keepdim: bool) -> Tensor:
    """Reduce to booleans; to uint8 what is uint8.  No dimensions are none here, not all."""
    dims = None if dim is None else named_dims(dim, input.ndim)
    result = kernel(input._array, axis=dims, keepdims=keepdim)
    return Tensor(result.astype(np.uint8) if input._array.dtype == np.uint8 else result)


def count_nonzero(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Return how many elements are not zero (torch.count_nonzero)."""
    dims = normal_dims(dim, input.ndim)
    narrow.check_is_wider("count_nonzero", input.dtype)
    return Tensor(np.sum(input._array != 0, axis=dims, dtype=np.int64))


def isreal(input: Tensor) -> Tensor:
    """Tell of each element whether it is a real number (torch.isreal)."""
    return Tensor(np.isreal(input._array))


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Return the indices of the elements that are not zero, one per row (torch.nonzero).

    As a tuple, one tensor of positions for each dimension.
    """
    if type(input) is Batched:
        if held(input).has_axis:
            raise of_many_shapes()
        return nonzero(held(input).lower, as_tuple=as_tuple)
    narrow.check_is_wider("nonzero", input.dtype)
    if as_tuple:
        return tuple(Tensor(each) for each in np.nonzero(np.atleast_1d(input._array)))
    return Tensor(np.argwhere(input._array))


def result_type(tensor1: Tensor | Scalar, tensor2: Tensor | Scalar) -> DType:
    """Return the dtype of an operation on two tensors or numbers (torch.result_type)."""
    operands = (tensor1, tensor2)
    return dtypes.promoted_dtype(*(x._array if isinstance(x, Tensor) else x for x in operands))
