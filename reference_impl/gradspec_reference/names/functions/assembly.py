"""Tensors put together, repeated, moved round or cut to a triangle."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import inplace
from gradspec_reference.engine.recording import apply, unary
from gradspec_reference.engine.shapes import as_shape, named_dims, normal_dim
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import DimensionError, OperandRankError
from gradspec_reference.names.functions import shapes
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = [
    "cat",
    "concat",
    "concatenate",
    "flip",
    "roll",
    "stack",
    "tril",
    "triu",
]


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Return tensors one after the other along a dimension (torch.cat).

    A vector without elements counts for nothing, whatever the shapes of the others.  Of such
    vectors alone any dimension may be named.
    """
    check_are_tensors("cat", tensors)
    if not tensors:
        raise ValueError("cat was given no tensors; give at least one")
    given = [x._array.shape for x in tensors]
    shape = next((each for each in given if each != (0,)), (0,))
    if () in given or len({len(each) for each in given if each != (0,)}) > 1:
        raise OperandRankError(f"cat was given tensors of shapes {given}; give as many dimensions")
    dim = normal_dim(dim, len(shape)) if shape != (0,) else 0
    if (0,) in given:
        tensors = [emptied(x, shape, dim) if x._array.shape == (0,) else x for x in tensors]
    starts = tuple(itertools.accumulate((x._array.shape[dim] for x in tensors), initial=0))
    return apply(OPERATORS["cat"], tuple(tensors), dim, starts)


def emptied(empty: Tensor, shape: tuple[int, ...], dim: int) -> Tensor:
    """Return a vector without elements in the shape that it has beside a tensor of a shape."""
    return shapes.reshape(empty, (*shape[:dim], 0, *shape[dim + 1 :]))


def check_are_tensors(name: str, tensors: Sequence[Any]) -> None:
    """Refuse a list with something else in it."""
    for each in tensors:
        if not isinstance(each, Tensor):
            raise TypeError(f"{name} was given a {type(each).__name__} in its list of tensors")


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Return tensors as the slices of a new dimension (torch.stack)."""
    check_are_tensors("stack", tensors)
    if not tensors:
        raise RuntimeError("stack was given no tensors; give at least one")
    return apply(OPERATORS["stack"], tuple(tensors), normal_dim(dim, tensors[0].ndim + 1))


def repeat(input: Tensor, *repeats: int | Sequence[int]) -> Tensor:
    """Return copies beside each other (torch.Tensor.repeat)."""
    counts = as_shape(repeats)
    if len(counts) < input.ndim:
        raise RuntimeError(
            f"repeat was given {len(counts)} counts for {input.ndim} dimensions; give one for each"
        )
    return unary(OPERATORS["repeat"], input, counts)


def flip(input: Tensor, *dims: int | Sequence[int]) -> Tensor:
    """Return a copy with dimensions reversed (torch.flip)."""
    return unary(OPERATORS["flip"], input, named_dims(as_shape(dims), input.ndim))


def roll(
    input: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = ()
) -> Tensor:
    """Return a copy with elements moved round (torch.roll)."""
    steps = as_shape((shifts,))
    if not steps:
        raise RuntimeError("roll was given no shifts; give one, or one for each dimension")
    named = as_shape((() if dims is None else dims,))
    if len(steps) != (len(named) or 1):
        raise RuntimeError(f"roll was given {len(steps)} shifts and {len(named)} dimensions")
    if not input._array.size:  # as in torch, wherever that is
        steps, named = steps[:1], ()
    if named and not input.ndim:
        raise DimensionError("roll was given a 0-d tensor, which has no dimension to name")
    along = tuple(normal_dim(d, input.ndim) for d in named)
    return unary(OPERATORS["roll"], input, steps, along)


def check_is_matrix(input: Tensor, name: str) -> None:
    """Refuse a tensor without rows and columns."""
    if input.ndim < 2:  # noqa: PLR2004 - rows and columns
        raise RuntimeError(f"{name} was given shape {list(input.shape)}; it needs two dimensions")


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return the lower triangle, zero elsewhere (torch.tril)."""
    check_is_matrix(input, "tril")
    return unary(OPERATORS["tril"], input, diagonal)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return the upper triangle, zero elsewhere (torch.triu)."""
    check_is_matrix(input, "triu")
    return unary(OPERATORS["triu"], input, diagonal)


def tril_(input: Tensor, diagonal: int = 0) -> Tensor:
    """Put zeros above a diagonal (torch.Tensor.tril_)."""
    check_is_matrix(input, "tril_")
    return inplace.apply_inplace(OPERATORS["tril"], (input,), diagonal)


def triu_(input: Tensor, diagonal: int = 0) -> Tensor:
    """Put zeros below a diagonal (torch.Tensor.triu_)."""
    check_is_matrix(input, "triu_")
    return inplace.apply_inplace(OPERATORS["triu"], (input,), diagonal)


concat = concatenate = cat
