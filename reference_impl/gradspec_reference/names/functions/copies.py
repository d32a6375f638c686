"""Copies of a tensor, and values stored in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.dtypes import number_for
from gradspec_reference.engine import inplace, warned
from gradspec_reference.engine.batched import Batched, relaid
from gradspec_reference.engine.recording import unary
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.meta import check_has_numbers, is_meta
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.dtypes import Scalar

__all__ = [
    "clone",
    "detach",
    "detach_",
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
    if not is_meta(input._array):
        check_has_numbers(other._array)
    return inplace.apply_inplace(OPERATORS["copy"], (input, other))


def detach(input: Tensor) -> Tensor:
    """Return the same memory without history (torch.detach)."""
    return input.detach()


def detach_(input: Tensor) -> Tensor:
    """Cut a tensor off from its history (torch.detach_)."""
    return input.detach_()


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


def apply_(input: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Store what a function of Python numbers makes of each element (torch.Tensor.apply_)."""
    check_unrecorded("apply_", input)
    store_each(input, [callable(value) for value in input._array.ravel().tolist()])
    return input


def map_(input: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Store what a function makes of each pair of elements (torch.Tensor.map_)."""
    check_unrecorded("map_", input, tensor)
    if tensor.dtype is not input.dtype:
        raise TypeError(f"map_ was given {tensor.dtype} beside {input.dtype}; convert it first")
    other = tensor.expand(input.shape)._array
    pairs = zip(input._array.ravel().tolist(), other.ravel().tolist(), strict=True)
    store_each(input, [callable(*pair) for pair in pairs])
    return input


def check_unrecorded(name: str, *tensors: Tensor) -> None:
    """Refuse what Python computes, which is not recorded, of tensors that require grad."""
    if any(each.requires_grad for each in tensors):
        raise RuntimeError(
            f"{name} was called with a tensor that requires grad; call it on detach()"
        )


def store_each(input: Tensor, values: list[Any]) -> None:
    """Store numbers one by one; as in torch no version counts that."""
    array = input.materialise()
    made = [number_for(value, array.dtype) for value in values]
    np.copyto(array, np.array(made, array.dtype).reshape(array.shape), casting="unsafe")
