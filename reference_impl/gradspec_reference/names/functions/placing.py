"""Elements put into a tensor in slices, under a mask or into the flattened one, in both forms.

What a function checks and how it calls its operator is written once, as the call that both forms
make: `_index_add` gives what `index_add` applies and `index_add_` stores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.dtypes import number_for
from gradspec_reference.engine import inplace
from gradspec_reference.engine.recording import apply
from gradspec_reference.engine.shapes import common_shape, normal_dim
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    IndexDtypeError,
    IndexRangeError,
    OperandCountError,
    OperandDtypeError,
    OperandShapeError,
)
from gradspec_reference.names.functions.assembly import check_are_tensors
from gradspec_reference.names.functions.indexing import (
    check_masks,
    in_range,
    with_length,
    within_nothing,
)
from gradspec_reference.names.functions.keys import position_of
from gradspec_reference.names.functions.selection import check_is_mask, check_is_one_value
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import Scalar

__all__ = [
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_put_",
    "masked_scatter",
    "put",
    "take",
]

Call = tuple[Any, ...]
"""An operator, its operands, its parameters."""


def check_same_dtype(name: str, input: Tensor, source: Tensor) -> None:
    """Refuse to put elements of one dtype into a tensor of another."""
    if input._array.dtype != source._array.dtype:
        raise RuntimeError(f"{name} was given {input.dtype} and {source.dtype}; convert with to()")


def check_is_index(name: str, index: Tensor, kinds: tuple[Any, ...] = (np.int64, np.int32)) -> None:
    """Refuse an index of several dimensions, or of no integers."""
    if index.ndim > 1:
        raise IndexError(f"{name} was given an index of {index.ndim} dimensions; give one")
    if index._array.dtype not in kinds:
        raise OperandDtypeError(f"{name} was given an index of {index.dtype}; use int64")


def counted_from_front(name: str, index: Tensor, size: int) -> Tensor:
    """Return an index whose negative numbers, counted from the end, are counted from the front."""
    array = index._array
    if array.size and not -size <= array.min() <= array.max() < size:
        raise IndexRangeError(f"{name} was given an index outside {-size} to {size - 1}")
    return Tensor(np.where(array < 0, array + size, array)) if (array < 0).any() else index


def _index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, alpha: Scalar) -> Call:
    dim = normal_dim(dim, input.ndim)
    check_is_index("index_add", index)
    check_same_dtype("index_add", input, source)
    check_slices("index_add", input, dim, index, source)
    if input._array.size and not in_range(index, length_of(input, dim)):
        raise IndexRangeError("index_add was given an index outside the tensor")
    return OPERATORS["index_add"], (input, index, source), dim, alpha


def length_of(input: Tensor, dim: int) -> int:
    """Return the length of a dimension; a number has one element."""
    return int(input._array.shape[dim]) if input.ndim else 1


def check_slices(name: str, input: Tensor, dim: int, index: Tensor, source: Tensor) -> None:
    """Refuse slices of another shape than those that they are put into."""
    own, its = input._array.shape or (1,), source._array.shape or (1,)
    if len(own) != len(its) or with_length(own, dim, 0) != with_length(its, dim, 0):
        raise OperandShapeError(f"{name} was given slices of shape {list(its)} for {list(own)}")
    if its[dim] != index.numel():
        kind = OperandShapeError if name == "index_add" else OperandCountError
        raise kind(f"{name} was given {its[dim]} slices and {index.numel()} indices")


def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Scalar = 1
) -> Tensor:
    """Return a tensor with slices added to those that an index names (torch.index_add)."""
    return apply(*_index_add(input, dim, index, source, alpha))


def index_add_(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Scalar = 1
) -> Tensor:
    """Add slices to those that an index names (torch.Tensor.index_add_)."""
    return inplace.apply_inplace(*_index_add(input, dim, index, source, alpha))


def of_slices(name: str, input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return an index counted from the front; as in torch, nobody looks at one of empty slices."""
    shape = input._array.shape
    if 0 in (*shape[:dim], *shape[dim + 1 :]):
        return index
    return counted_from_front(name, index, length_of(input, dim))


def _index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Call:
    dim = normal_dim(dim, input.ndim)
    if max(input.ndim, 1) != max(source.ndim, 1):
        raise OperandCountError(f"index_copy was given {source.ndim} dimensions for {input.ndim}")
    check_is_index("index_copy", index, (np.int64,))
    check_same_dtype("index_copy", input, source)
    check_slices("index_copy", input, dim, index, source)
    index = of_slices("index_copy", input, dim, index)
    return OPERATORS["index_copy"], (input, index, source), dim


def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Return a tensor with other slices where an index says (torch.index_copy)."""
    return apply(*_index_copy(input, dim, index, source))


def index_copy_(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Store slices where an index says (torch.Tensor.index_copy_)."""
    return inplace.apply_inplace(*_index_copy(input, dim, index, source))


def _index_fill(input: Tensor, dim: int, index: Tensor, value: Tensor | Scalar) -> Call:
    if isinstance(value, Tensor):
        check_is_one_value("index_fill", value, input)
    dim = normal_dim(dim, input.ndim)
    if index._array.dtype != np.int64:
        raise IndexDtypeError(f"index_fill was given an index of {index.dtype}; use int64")
    check_is_index("index_fill", index)
    index = of_slices("index_fill", input, dim, index)
    if not isinstance(value, Tensor):
        number = number_for(value, input._array.dtype).item()
        return OPERATORS["index_fill"], (input, index), dim, number
    return OPERATORS["index_fill_tensor"], (input, index, value), dim


def index_fill(input: Tensor, dim: int, index: Tensor, value: Tensor | Scalar) -> Tensor:
    """Return a tensor with one value in the slices that an index names (torch.index_fill)."""
    return apply(*_index_fill(input, dim, index, value))


def index_fill_(input: Tensor, dim: int, index: Tensor, value: Tensor | Scalar) -> Tensor:
    """Store one value in the slices that an index names (torch.Tensor.index_fill_)."""
    return inplace.apply_inplace(*_index_fill(input, dim, index, value))


def _index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool) -> Call:
    check_are_tensors("index_put", indices)
    if not indices:
        raise RuntimeError("index_put was given no indices; give at least one")
    if len(indices) > max(input.ndim, 1):
        raise IndexError(f"{len(indices)} indices were given for {input.ndim} dimensions")
    named = [position_of(each) if each.ndim else each for each in indices]
    template = (None,) * len(named)
    named = within_nothing(input, template, named)
    check_masks(input, template, named)
    check_same_dtype("index_put", input, values)
    if values.ndim > 1:  # dimensions of length one in front would do for NumPy
        shape = np.broadcast_shapes(*(i._array.shape for i in named if i._array.dtype.kind != "b"))
        rank = len(shape) + input.ndim - sum(max(i.ndim, 1) for i in named)
        if all(i._array.dtype.kind != "b" for i in named) and values.ndim > rank:
            raise OperandShapeError(
                f"index_put was given {list(values.shape)} for {rank} dimensions"
            )
    row = OPERATORS["index_put_added" if accumulate else "index_put"]
    return row, (input, values, *named), template


def index_put(
    input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False
) -> Tensor:
    """Return a tensor with values put, or added, where indices say (torch.index_put)."""
    if 0 in input._array.strides:  # written in place, one number at several places is one
        input = input.clone()
    return apply(*_index_put(input, indices, values, accumulate))


def index_put_(
    input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False
) -> Tensor:
    """Store values, or add them, where indices say (torch.index_put_)."""
    return inplace.apply_inplace(*_index_put(input, indices, values, accumulate))


def _masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Call:
    check_same_dtype("masked_scatter", input, source)
    check_is_mask("masked_scatter", mask)
    shape = common_shape(input._array.shape, mask._array.shape)
    needed = int(np.count_nonzero(np.broadcast_to(mask._array, shape)))
    if needed > source.numel():
        raise RuntimeError(f"masked_scatter needs {needed} elements; {source.numel()} were given")
    return OPERATORS["masked_scatter"], (input, mask, source)


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Return a tensor with elements of another where a mask holds (torch.masked_scatter)."""
    return apply(*_masked_scatter(input, mask, source))


def masked_scatter_(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Store elements of another tensor where a mask holds (torch.Tensor.masked_scatter_)."""
    return inplace.apply_inplace(*_masked_scatter(input, mask, source))


def check_is_place(name: str, index: Tensor) -> None:
    """Refuse places that are no int64."""
    if index._array.dtype != np.int64:
        raise OperandDtypeError(f"{name} was given an index of {index.dtype}; use int64")


def take(input: Tensor, index: Tensor) -> Tensor:
    """Return elements of the flattened tensor (torch.take)."""
    check_is_place("take", index)
    index = counted_from_front("take", index, input.numel())
    return apply(OPERATORS["take"], (input, index))


def _put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool) -> Call:
    check_is_place("put", index)
    check_same_dtype("put", input, source)
    if index.numel() != source.numel():
        raise OperandCountError(
            f"put was given {index.numel()} places and {source.numel()} elements"
        )
    index = counted_from_front("put", index, input.numel())
    return OPERATORS["put"], (input, index, source), accumulate


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Return a tensor with elements put at places of the flattened one (torch.put)."""
    return apply(*_put(input, index, source, accumulate))


def put_(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Store elements at places of the flattened tensor (torch.Tensor.put_)."""
    return inplace.apply_inplace(*_put(input, index, source, accumulate))
