"""Elements put one by one along a dimension, or a slice put in the place of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.dtypes import bool_, number_for
from gradspec_reference.engine import inplace
from gradspec_reference.engine.recording import apply, unary
from gradspec_reference.engine.shapes import normal_dim
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    OperandDtypeError,
    OperandRankError,
    OperandShapeError,
    PlaceRangeError,
    RepeatedDimensionError,
)
from gradspec_reference.names.functions import copies, parts
from gradspec_reference.names.functions.indexing import in_range, with_length
from gradspec_reference.names.functions.keys import bounds
from gradspec_reference.names.functions.placing import Call, check_same_dtype
from gradspec_reference.operators import OPERATORS
from gradspec_reference.operators.scattering import JOINS
from gradspec_reference.operators.shapes import select_key, slice_key

if TYPE_CHECKING:
    from gradspec_reference.dtypes import Scalar
    from gradspec_reference.engine.shapes import LeftOut

__all__ = [
    "diag",
    "diag_embed",
    "diagonal_scatter",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "select_scatter",
    "slice_scatter",
]


def check_index(name: str, input: Tensor, dim: int, index: Tensor, src: Tensor | None) -> None:
    """Refuse an index that is larger than what it reads or writes, or that names what is not."""
    if index._array.size and index._array.dtype.kind != "i":
        raise OperandDtypeError(f"{name} was given an index of {index.dtype}; use integers")
    if not index._array.size:
        return
    own, named = input._array.shape or (1,), index._array.shape or (1,)
    its = named if src is None else src._array.shape or (1,)
    if not len(own) == len(named) == len(its):
        raise OperandRankError(f"{name} was given {list(own)}, {list(named)} and {list(its)}")
    beside = with_length(own, dim, named[dim])
    if any(n > m for limits in (beside, its) for n, m in zip(named, limits, strict=True)):
        raise OperandShapeError(
            f"{name} was given shape {list(own)}, an index of shape {list(named)} and a source of "
            f"shape {list(its)}; the index must not be larger, except in dimension {dim}"
        )
    if not in_range(index, own[dim]):
        raise PlaceRangeError(f"{name} was given an index outside 0 to {own[dim] - 1}")


OLDER_JOINS = {"add": "sum", "multiply": "prod"}


def _scatter(
    input: Tensor, dim: int, index: Tensor, src: Any, value: Any, reduce: str | None
) -> Call:
    if (src is None) == (value is None):
        raise TypeError("scatter needs either src or value")
    dim = normal_dim(dim, input.ndim)
    if reduce is not None:
        return _joined(input, dim, index, value if src is None else src, reduce)
    if isinstance(src, Tensor):
        check_index("scatter", input, dim, index, src)
        check_same_dtype("scatter", input, src)
        return OPERATORS["scatter"], (input, index, src), dim
    check_index("scatter", input, dim, index, None)
    number = number_for(value if src is None else src, input._array.dtype).item()
    return OPERATORS["scatter_number"], (input, index), dim, number


def _joined(input: Tensor, dim: int, index: Tensor, sent: Any, reduce: str) -> Call:
    if reduce not in OLDER_JOINS:
        raise RuntimeError(f"reduce={reduce!r} was given; use one of {', '.join(OLDER_JOINS)}")
    if not isinstance(sent, Tensor):
        number = number_for(sent, input._array.dtype)
        sent = Tensor(np.broadcast_to(number, index._array.shape))
    check_index("scatter", input, dim, index, sent)
    check_same_dtype("scatter", input, sent)
    return OPERATORS["scatter_joined"], (input, index, sent), dim, OLDER_JOINS[reduce]


def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | Scalar | LeftOut = None,
    *,
    value: Scalar | LeftOut = None,
    reduce: str | LeftOut = None,
) -> Tensor:
    """Return a tensor with elements put along a dimension, where an index says (torch.scatter)."""
    return apply(*_scatter(input, dim, index, src, value, reduce))


def scatter_(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | Scalar | LeftOut = None,
    *,
    value: Scalar | LeftOut = None,
    reduce: str | LeftOut = None,
) -> Tensor:
    """Store elements along a dimension, where an index says (torch.Tensor.scatter_)."""
    return inplace.apply_inplace(*_scatter(input, dim, index, src, value, reduce))


def _scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Call:
    dim = normal_dim(dim, input.ndim)
    check_index("scatter_add", input, dim, index, src)
    check_same_dtype("scatter_add", input, src)
    return OPERATORS["scatter_add"], (input, index, src), dim


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Return a tensor with elements added along a dimension (torch.scatter_add)."""
    return apply(*_scatter_add(input, dim, index, src))


def scatter_add_(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Add elements along a dimension, where an index says (torch.Tensor.scatter_add_)."""
    return inplace.apply_inplace(*_scatter_add(input, dim, index, src))


def _scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, include_self: bool
) -> Call:
    dim = normal_dim(dim, input.ndim)
    if reduce not in JOINS:
        raise RuntimeError(f"scatter_reduce was given {reduce!r}; use one of {', '.join(JOINS)}")
    check_index("scatter_reduce", input, dim, index, src)
    check_same_dtype("scatter_reduce", input, src)
    if reduce == "mean" and input.dtype is bool_:
        raise NotImplementedError("scatter_reduce was asked for a mean of flags; convert with to()")
    return OPERATORS["scatter_reduce"], (input, index, src), dim, reduce, include_self


def scatter_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """Return elements reduced with those that an index sends to them (torch.scatter_reduce)."""
    return apply(*_scatter_reduce(input, dim, index, src, reduce, include_self))


def scatter_reduce_(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """Reduce elements with those that an index sends to them (torch.Tensor.scatter_reduce_)."""
    return inplace.apply_inplace(*_scatter_reduce(input, dim, index, src, reduce, include_self))


def check_fits(name: str, shape: tuple[int, ...], src: Tensor) -> None:
    """Refuse a source of another shape than the part that it replaces."""
    if src._array.shape != shape:
        raise OperandShapeError(f"{name} was given {list(src.shape)} in the place of {list(shape)}")


def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """Return a tensor with another in one position of a dimension (torch.select_scatter)."""
    part = parts.select(input.detach(), dim, index)
    check_fits("select_scatter", part._array.shape, src)
    dim = normal_dim(dim, input.ndim)
    key = select_key(dim, index % input._array.shape[dim])
    return apply(OPERATORS["select_scatter"], (input, src), key)


def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Tensor:
    """Return a tensor with another in the place of a slice (torch.slice_scatter)."""
    if not input.ndim:
        raise RuntimeError("slice_scatter was given a 0-d tensor; it needs a dimension")
    dim = normal_dim(dim, input.ndim)
    if step <= 0:
        raise RuntimeError(f"slice_scatter was given the step {step}; it must be positive")
    key = slice_key(dim, *bounds(slice(start, end, step), input._array.shape[dim]))
    check_fits("slice_scatter", input._array[key].shape, src)
    return apply(OPERATORS["slice_scatter"], (input, src), key)


def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """Return a tensor with another in the place of a diagonal (torch.diagonal_scatter)."""
    part = parts.diagonal(input.detach(), offset, dim1, dim2)
    check_fits("diagonal_scatter", part._array.shape, src)
    dims = (normal_dim(dim1, input.ndim), normal_dim(dim2, input.ndim))
    return apply(OPERATORS["diagonal_scatter"], (input, src), offset, *dims)


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return matrices with given diagonals, zero elsewhere (torch.diag_embed)."""
    first, second = normal_dim(dim1, input.ndim + 1), normal_dim(dim2, input.ndim + 1)
    if first == second:
        raise RepeatedDimensionError(f"diag_embed was given dimension {first} twice; give two")
    check_has_a_dimension("diag_embed", input)
    *rest, length = input._array.shape
    shape = list(rest)
    for dim in sorted((first, second)):
        shape.insert(dim, length + abs(offset))
    return unary(OPERATORS["diag_embed"], input, tuple(shape), offset, first, second)


def check_has_a_dimension(name: str, input: Tensor) -> None:
    """Refuse a 0-d tensor."""
    if not input.ndim:
        raise IndexError(f"{name} was given a 0-d tensor; it needs a dimension")


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return a matrix with a given diagonal, or the diagonal of one, copied (torch.diag)."""
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim != 2:  # noqa: PLR2004 - rows and columns
        raise RuntimeError(f"diag was given {input.ndim} dimensions; give a vector or a matrix")
    return copies.clone(parts.diagonal(input, diagonal))
