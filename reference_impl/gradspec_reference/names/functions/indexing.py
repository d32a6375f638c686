"""`x[key]`, `x[key] = value` and reading at indices; start at `getitem`.

A key gives a view of the tensor, and tensors of indices or masks that one operator reads or writes.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.dtypes import number_for
from gradspec_reference.engine import inplace, narrow
from gradspec_reference.engine.batched import all_examples
from gradspec_reference.engine.recording import apply, view
from gradspec_reference.engine.shapes import common_shape, normal_dim
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    IndexDtypeError,
    IndexRangeError,
    InplaceDtypeError,
    OperandCountError,
    OperandDtypeError,
    OperandShapeError,
    PlaceRangeError,
)
from gradspec_reference.names.functions import keys, parts, shapes
from gradspec_reference.names.functions.copies import copy_, fill_
from gradspec_reference.names.functions.selection import check_is_mask
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "gather",
    "index_select",
    "masked_select",
    "take_along_dim",
]


def getitem(input: Tensor, key: Any) -> Tensor:
    """Return the elements that a key names: a view, or a copy if the key has tensors."""
    if isinstance(key, slice) and input.ndim:
        return view(OPERATORS["slice"], input, 0, *keys.bounds(key, input._array.shape[0]))
    shown, template, indices = keys.take_views(input, key)
    if indices:
        indices = within_nothing(shown, template, indices)
        check_masks(shown, template, indices)
        return apply(OPERATORS["index"], (shown, *indices), template)
    return parts.alias(input) if shown is input else shown


def setitem(input: Tensor, key: Any, value: Any) -> None:
    """Store a value at the elements that a key names; one write in place."""
    value = to_store(value, input)
    if key is False:  # names nothing
        return
    shown, template, indices = keys.take_views(input, None if key is True else key)
    if indices:
        put(shown, template, indices, without_leading_ones(value))
    elif value._array.shape == shown._array.shape:
        copy_(shown, value)
    elif not value.ndim:
        fill_(shown, value)
    else:
        copy_(shown, shapes.expand(without_leading_ones(value), shown._array.shape))


def check_masks(target: Tensor, template: tuple[Any, ...], indices: list[Tensor]) -> None:
    """Refuse a mask of another shape than the dimensions it stands for, an index into nothing."""
    for dim, index in zip(keys.dims_of(template, indices), indices, strict=True):
        masked = target._array.shape[dim : dim + index.ndim]
        if index._array.dtype == np.bool_ and index._array.shape != masked:
            raise OperandCountError(
                f"a mask of shape {list(index.shape)} was given where the tensor has {list(masked)}"
            )
        if index._array.size and target._array.shape[dim : dim + 1] == (0,):
            raise IndexError(f"dimension {dim} has no elements, so there is none to be named")


def within_nothing(shown: Tensor, template: tuple[Any, ...], indices: list[Tensor]) -> list[Tensor]:
    """Return indices that hold where there are no elements: as in torch, nobody looks at them."""
    if shown._array.size:
        return indices
    dims = keys.dims_of(template, indices)
    return [
        Tensor(np.zeros_like(index._array))
        if index._array.dtype.kind == "i" and shown._array.shape[dim]
        else index
        for dim, index in zip(dims, indices, strict=True)
    ]


def without_leading_ones(value: Tensor) -> Tensor:
    """Return a value without the dimensions of length one that come first."""
    shape = value._array.shape
    ones = sum(1 for _ in itertools.takewhile((1).__eq__, shape))
    return shapes.view_(value, shape[ones:]) if ones else value


def to_store(value: Any, target: Tensor) -> Tensor:
    """Return a tensor as it is and a number in the target's dtype; TypeError for anything else."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, np.generic) and not isinstance(value, float | complex | np.integer):
        raise TypeError(f"a {type(value)} was assigned to elements of a tensor; use item()")
    return Tensor(np.asarray(number_for(value, target._array.dtype)))


def put(target: Tensor, template: Any, indices: list[Tensor], value: Tensor) -> Tensor:
    """Store a value where index tensors say.

    One number under one mask may be of any dtype, and may lie in the target's memory.
    """
    inplace.check_if_recorded(target, value)
    is_number = value.numel() == 1 and len(indices) == 1 and indices[0]._array.dtype == np.bool_
    if not is_number:
        inplace.check_apart(target, (value, *indices))
    indices = within_nothing(target, template, indices)
    check_masks(target, template, indices)
    if is_number:
        narrow.check_is_wider("a write under a mask", target.dtype)
        number_for(value._array.item(), target._array.dtype)
    elif value._array.dtype != target._array.dtype:
        raise InplaceDtypeError(
            f"{value.dtype} was assigned to elements of {target.dtype}; at tensors of indices "
            "both must be equal, so convert the value with to()"
        )
    return inplace.apply_inplace(OPERATORS["index_put"], (target, value, *indices), template)


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return the slices of a dimension that an index names (torch.index_select)."""
    dim = normal_dim(dim, input.ndim)
    if index.ndim > 1:
        raise IndexDtypeError(
            f"index_select was given an index of {index.ndim} dimensions; give one"
        )
    if index._array.dtype not in (np.int32, np.int64):
        raise OperandDtypeError(f"index_select was given an index of {index.dtype}; use int64")
    if not input.ndim and index.numel() != 1:
        raise RuntimeError(f"index_select was given {index.numel()} indices of a number")
    size = input._array.shape[dim] if input.ndim else 1
    if bool(index.ndim) != bool(input.ndim):
        index = shapes.reshape(index, (1,) if input.ndim else ())
    if not in_range(index, size):
        raise IndexRangeError(f"index_select was given an index outside 0 to {size - 1}")
    return apply(OPERATORS["index_select"], (input, index), dim)


def in_range(index: Tensor, size: int) -> bool:
    """Tell whether all indices are counted from the front and name one of so many positions."""
    array = all_examples(index._array)
    return not array.size or bool(array.min() >= 0 and array.max() < size)


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return elements along a dimension, one per element of the index (torch.gather)."""
    dim = normal_dim(dim, input.ndim)
    if index._array.size and index._array.dtype.kind not in "iu":
        raise OperandDtypeError(f"gather was given an index of {index.dtype}; use integers")
    if not index._array.size:  # then its shape need not fit
        return apply(OPERATORS["gather"], (input, index.to(dtypes.int64)), dim)
    own, named = input._array.shape or (1,), index._array.shape or (1,)
    beside = with_length(own, dim, 0), with_length(named, dim, 0)
    if len(own) != len(named) or any(n > m for m, n in zip(*beside, strict=True)):
        raise OperandShapeError(
            f"gather was given shape {list(own)} and an index of shape {list(named)}; it must not "
            f"be larger, except in dimension {dim}"
        )
    if not in_range(index, own[dim]):
        raise PlaceRangeError(f"gather was given an index outside 0 to {own[dim] - 1}")
    return apply(OPERATORS["gather"], (input, index), dim)


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Return elements along a dimension, broadcasting the others (torch.take_along_dim).

    Without a dimension, elements of the flattened tensor.
    """
    if indices._array.size and indices._array.dtype.kind not in "iu":
        raise OperandDtypeError(
            f"take_along_dim was given indices of {indices.dtype}; use integers"
        )
    if dim is None:
        return gather(shapes.view_(input, -1), 0, shapes.view_(indices, -1))
    if indices.ndim != input.ndim:
        raise RuntimeError(
            f"take_along_dim was given {input.ndim} dimensions and indices of {indices.ndim}; "
            "there must be as many"
        )
    dim = normal_dim(dim, input.ndim)
    own, named = input._array.shape, indices._array.shape
    common = common_shape(with_length(own, dim, 1), with_length(named, dim, 1))
    whole = with_length(common, dim, own[dim])
    source = shapes.expand(input, whole)
    index = np.broadcast_to(indices._array, with_length(common, dim, named[dim]))
    size = own[dim]
    if index.size and not -size <= index.min() <= index.max() < size:  # torch counts them round
        raise IndexRangeError(f"take_along_dim was given an index outside {-size} to {size - 1}")
    index = np.remainder(index, max(size, 1))
    return gather(source, dim, Tensor(index))


def with_length(shape: Sequence[int], dim: int, length: int) -> tuple[int, ...]:
    """Return a shape with another length in one dimension."""
    return (*shape[:dim], length, *shape[dim + 1 :])


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """Return the elements where a mask holds, flat (torch.masked_select)."""
    check_is_mask("masked_select", mask)
    return apply(OPERATORS["masked_select"], (input, mask))


def iterate(input: Tensor) -> Any:
    """Iterate over the first dimension; TypeError for a 0-d tensor."""
    if not input.ndim:
        raise TypeError("a 0-d tensor cannot be iterated over; use item()")
    return iter(parts.unbind(input, 0))
