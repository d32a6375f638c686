"""Elements by their rank, and where a number stands in an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine.batched import looked_at
from gradspec_reference.engine.recording import several
from gradspec_reference.engine.shapes import normal_dim
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandDtypeError, OperandShapeError, PlaceRangeError
from gradspec_reference.names import return_types
from gradspec_reference.names.functions import reductions
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.dtypes import Scalar

__all__ = [
    "aminmax",
    "bucketize",
    "kthvalue",
    "mode",
    "msort",
    "searchsorted",
]


def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> return_types.Extreme:
    """Return the most frequent element, or the smallest such, and its last place (torch.mode)."""
    array, dim = input._array, normal_dim(dim, input.ndim)
    if not array.ndim:
        return reductions.extreme("mode", input, Tensor(np.zeros((), np.int64)), dim, keepdim)
    check_has_elements("mode", input, dim)
    order = np.argsort(array, axis=dim, kind="stable")
    ordered = np.moveaxis(np.take_along_axis(array, order, dim), dim, -1)
    place = np.arange(ordered.shape[-1])
    begins = np.ones(ordered.shape, np.bool_)
    begins[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    run = place - np.maximum.accumulate(np.where(begins, place, 0), axis=-1)
    longest = np.expand_dims(np.argmax(run, axis=-1), dim)
    return reductions.extreme(
        "mode", input, Tensor(np.take_along_axis(order, longest, dim)), dim, keepdim
    )


def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> return_types.Extreme:
    """Return the k-th smallest element along a dimension, and where it is (torch.kthvalue)."""
    array, dim = input._array, normal_dim(dim, input.ndim)
    check_has_elements("kthvalue", input, dim)
    length = array.shape[dim] if array.ndim else 1
    if not 1 <= k <= length:
        raise RuntimeError(f"kthvalue was asked for the element of rank {k}; there are {length}")
    if array.dtype == np.bool_:
        raise NotImplementedError("kthvalue was given booleans; convert them with to()")
    if not array.ndim:
        indices = np.zeros((), np.int64)
    else:
        indices = np.take(np.argsort(array, axis=dim, kind="stable"), [k - 1], dim)
    return reductions.extreme("kthvalue", input, Tensor(indices), dim, keepdim)


def check_has_elements(name: str, input: Tensor, dim: int) -> None:
    """Refuse a dimension of length zero."""
    if input.ndim and not input._array.shape[dim]:
        raise IndexError(f"{name} was asked for an element of none, along dimension {dim}")


def aminmax(
    input: Tensor, *, dim: int | None = None, keepdim: bool = False
) -> return_types.aminmax:
    """Return the smallest and the largest element; ties share the gradient (torch.aminmax)."""
    if dim is None:
        if not input._array.size:
            raise RuntimeError("the extremes of no elements were asked for")
        dims = tuple(range(input.ndim))
    else:
        dim = normal_dim(dim, input.ndim)
        check_has_elements("aminmax", input, dim)
        dims = (dim,) if input.ndim else ()
    return return_types.aminmax(*several(OPERATORS["aminmax"], input, dims, keepdim))


def msort(input: Tensor) -> Tensor:
    """Return the elements in order along the first dimension (torch.msort)."""
    return reductions.sort(input, 0).values


def searchsorted(
    sorted_sequence: Tensor,
    input: Tensor | Scalar,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Return where numbers belong in an order, row by row (torch.searchsorted)."""
    if side not in (None, "left", "right"):
        raise RuntimeError(f"searchsorted was given the side {side!r}; use 'left' or 'right'")
    if side == "left" and right:
        raise RuntimeError("searchsorted was given side='left' and right=True; give one of them")
    order, array = sorted_sequence._array, numbers(input)
    check_are_rows(order, array, isinstance(input, Tensor))
    if array.dtype.kind == "b" and order.dtype.kind == "b":
        raise NotImplementedError("booleans were given to be put in order; convert with to() first")
    if sorter is not None:
        order = ordered_by(order, sorter)
    chosen: Any = "right" if right or side == "right" else "left"
    found = looked_at(found_by_rows, order, array, chosen)
    return Tensor(found.astype(np.int32 if out_int32 else np.int64))


def found_by_rows(order: Any, array: Any, side: str) -> Any:
    """Find where numbers belong in one order, or each row of them in its own."""
    if order.ndim == 1:
        return halved(order, array, side)
    found = np.empty(array.shape, np.int64)
    for row in np.ndindex(*order.shape[:-1]):
        found[row] = halved(order[row], array[row], side)
    return found


def halved(order: Any, array: Any, side: str) -> Any:
    """Find where numbers belong by halving, as torch does also in what is in no order."""
    is_behind = np.greater if side == "right" else np.greater_equal
    start, end = np.zeros(array.shape, np.int64), np.full(array.shape, len(order))
    while (start < end).any():
        middle = (start + end) // 2
        found = order[np.minimum(middle, len(order) - 1)]
        goes_on = ~is_behind(found, array)
        start, end = (
            np.where(goes_on & (start < end), middle + 1, start),
            np.where(goes_on | (start == end), end, middle),
        )
    return start


def numbers(input: Tensor | Scalar) -> Any:
    """Return the array of a tensor, or of a number."""
    return input._array if isinstance(input, Tensor) else np.asarray(input)


def check_are_rows(order: Any, array: Any, tensor: bool) -> None:
    """Refuse numbers in other rows than those that are in order."""
    if not order.ndim:
        raise RuntimeError("searchsorted was given an order of 0 dimensions; give at least one")
    if order.ndim > 1 and not (tensor and array.shape[:-1] == order.shape[:-1] and array.ndim):
        raise OperandShapeError(
            f"searchsorted was given {array.shape} for an order of {order.shape}"
        )


def ordered_by(order: Any, sorter: Tensor) -> Any:
    """Return elements in the order that a tensor of places gives them."""
    places = sorter._array
    if places.shape != order.shape or places.dtype != np.int64:
        kind = RuntimeError if places.dtype == np.int64 else OperandDtypeError
        raise kind(f"searchsorted was given a sorter of {places.shape}, {sorter.dtype}")
    if places.size and not 0 <= places.min() <= places.max() < order.shape[-1]:
        raise PlaceRangeError("searchsorted was given a sorter that names no element")
    return np.take_along_axis(order, places, -1)


def bucketize(
    input: Tensor | Scalar,
    boundaries: Tensor,
    *,
    out_int32: bool = False,
    right: bool = False,
) -> Tensor:
    """Return between which boundaries numbers lie (torch.bucketize)."""
    if boundaries.ndim != 1:
        raise RuntimeError(f"bucketize was given boundaries of {boundaries.ndim} dimensions")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
