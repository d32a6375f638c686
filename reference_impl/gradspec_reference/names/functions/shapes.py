"""The same elements in another shape or order; start at `reshape`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine.recording import apply, view
from gradspec_reference.engine.shapes import as_shape, fill_in, named_dims, normal_dim, whole
from gradspec_reference.errors import OperandShapeError, RepeatedDimensionError
from gradspec_reference.names.functions.copies import contiguous
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.shapes import LeftOut
    from gradspec_reference.engine.tensor import Tensor


__all__ = [
    "broadcast_to",
    "flatten",
    "movedim",
    "permute",
    "ravel",
    "reshape",
    "squeeze",
    "swapaxes",
    "t",
    "transpose",
    "unflatten",
    "unsqueeze",
]


def view_(input: Tensor, *size: int | Sequence[int]) -> Tensor:
    """Return a view of another shape (torch.Tensor.view); OperandShapeError if it needs a copy."""
    size = fill_in(as_shape(size), input.numel())
    if not _is_viewable(input, size):
        raise OperandShapeError(
            f"a tensor of shape {list(input.shape)} and strides {input.stride()} cannot be viewed "
            f"as {list(size)} without a copy; use reshape()"
        )
    return view(OPERATORS["view"], input, size)


def _is_viewable(input: Tensor, size: tuple[int, ...]) -> bool:
    array = input.materialise()
    return array.size == 0 or np.may_share_memory(np.ndarray.reshape(array, size), array)


def reshape(input: Tensor, *shape: int | Sequence[int]) -> Tensor:
    """Return another shape: a view where possible, a copy otherwise (torch.reshape)."""
    size = fill_in(as_shape(shape), input.numel())
    if _is_viewable(input, size):
        row_by_row = input._array.flags.c_contiguous
        return view(OPERATORS["view" if row_by_row else "reshape_alias"], input, size)
    return apply(OPERATORS["reshape"], (contiguous(input),), size)


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """Return a view of another tensor's shape (torch.Tensor.view_as)."""
    return view_(input, *other.shape)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """Return the tensor in another's shape, as reshape does (torch.Tensor.reshape_as)."""
    return reshape(input, other.shape)


def ravel(input: Tensor) -> Tensor:
    """Return one dimension: the tensor's memory where that lies so, a copy otherwise."""
    return view_(contiguous(input), -1)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Return a tensor with a range of dimensions made one; itself if it is (torch.flatten)."""
    shape = input._array.shape
    first, last = normal_dim(start_dim, len(shape)), normal_dim(end_dim, len(shape))
    if first > last:
        raise RuntimeError(f"flatten was given dimensions {first} to {last}; the first comes first")
    if first == last and shape:
        return input
    length = math.prod(shape[first : last + 1])
    return reshape(input, (*shape[:first], length, *shape[last + 1 :]))


def unflatten(input: Tensor, dim: Any, sizes: Any) -> Tensor:
    """Return a view with one dimension made several (torch.unflatten)."""
    shape, dim = input._array.shape, whole(dim)
    if sizes is not None and not sizes:
        raise RuntimeError("unflatten was given no sizes; give those that one dimension becomes")
    if not isinstance(sizes, tuple | list):
        raise TypeError(f"unflatten was given {sizes!r}; it needs a list of integers")
    dim = normal_dim(dim, len(shape))
    if not shape:
        raise RuntimeError("unflatten was given a 0-d tensor; it needs a dimension")
    lengths = fill_in(as_shape((sizes,)), shape[dim])
    return view_(input, (*shape[:dim], *lengths, *shape[dim + 1 :]))


def permute(input: Tensor, *dims: int | Sequence[int]) -> Tensor:
    """Return a view with the dimensions in another order (torch.permute)."""
    order: tuple[int, ...] = as_shape(dims)
    if len(order) != input.ndim:
        said = f"permute was given {list(order)}; it must name each dimension once"
        raise RepeatedDimensionError(said)
    order = named_dims(order, input.ndim)
    return view(OPERATORS["permute"], input, order)


def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Return a view with dimensions moved (torch.movedim)."""
    dims = list(range(input.ndim))
    if isinstance(source, int) != isinstance(destination, int):
        raise TypeError("movedim was given a number and a list; give two of one kind")
    sources, destinations = as_shape((source,)), as_shape((destination,))
    if len(sources) != len(destinations):
        raise RuntimeError(f"movedim was given {source} and {destination}; give one for each")
    origins, targets = named_dims(sources, input.ndim), named_dims(destinations, input.ndim)
    if not dims:
        return view(OPERATORS["alias"], input)
    rest = iter([d for d in dims if d not in origins])
    placed = dict(zip(targets, origins, strict=True))
    return permute(input, [placed[d] if d in placed else next(rest) for d in dims])


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Return a view with two dimensions exchanged (torch.transpose)."""
    dims = (normal_dim(dim0, input.ndim), normal_dim(dim1, input.ndim))
    return view(OPERATORS["transpose"], input, *dims)


def t(input: Tensor) -> Tensor:
    """Return a view of the transposed matrix (torch.t)."""
    check_is_matrix(input)
    return view(OPERATORS["t"], input)


def check_is_matrix(input: Tensor) -> None:
    """Refuse to transpose more than two dimensions."""
    if input._array.ndim > 2:  # noqa: PLR2004 - a matrix has two dimensions
        raise RuntimeError(f"t() was given {input.ndim} dimensions; at most 2, use permute()")


def expand(input: Tensor, *size: int | Sequence[int]) -> Tensor:
    """Return a view that repeats dimensions of length one without a copy (torch.Tensor.expand)."""
    size = as_shape(size)
    missing = len(size) - input.ndim
    shape = tuple(
        input._array.shape[i - missing] if n == -1 and i >= missing else n
        for i, n in enumerate(size)
    )
    return view(OPERATORS["expand"], input, shape)


def broadcast_to(input: Tensor, *size: int | Sequence[int]) -> Tensor:
    """Return a view expanded to a shape (torch.broadcast_to)."""
    return expand(input, *size)


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Return a view expanded to another tensor's shape (torch.Tensor.expand_as)."""
    return expand(input, *other.shape)


def squeeze(input: Tensor, dim: int | Sequence[int] | LeftOut = None) -> Tensor:
    """Return a view without dimensions of length one (torch.squeeze)."""
    if dim is None:
        return view(OPERATORS["squeeze"], input)
    return view(OPERATORS[squeezing(dim)], input, named_dims(dim, input.ndim))


def squeezing(dim: int | Sequence[int]) -> str:
    """Return the operator that drops one dimension, or several."""
    return "squeeze_dim" if isinstance(dim, int) else "squeeze_dims"


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Return a view with a further dimension of length one (torch.unsqueeze)."""
    return view(OPERATORS["unsqueeze"], input, normal_dim(dim, input.ndim + 1))


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """Return a view with two dimensions exchanged (torch.swapaxes)."""
    return transpose(input, axis0, axis1)


def squeeze_each(
    self: Tensor, dim: int | Sequence[int] | LeftOut = None, *dims: int | Sequence[int]
) -> Tensor:
    """Serve the method squeeze, which also takes dimensions one by one (torch.Tensor.squeeze)."""
    if dim is None:
        return view(OPERATORS["squeeze"], self)
    return squeeze(self, as_shape((dim, *dims)) if dims else dim)
