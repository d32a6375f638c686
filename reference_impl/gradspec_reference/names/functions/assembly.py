"""Tensors put together, repeated, moved round or cut to a triangle."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.recording import apply, unary
from gradspec_reference.engine.shapes import as_shape, named_dims, normal_dim
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.tensor import Tensor


__all__ = [
    "cat",
    "concat",
    "flip",
    "roll",
    "stack",
    "tril",
    "triu",
]


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Return tensors one after the other along a dimension (torch.cat)."""
    if not tensors:
        raise ValueError("cat was given no tensors; give at least one")
    dim = normal_dim(dim, tensors[0].ndim)
    starts = tuple(itertools.accumulate((x._array.shape[dim] for x in tensors), initial=0))
    return apply(OPERATORS["cat"], tuple(tensors), dim, starts)


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Return tensors as the slices of a new dimension (torch.stack)."""
    if not tensors:
        raise RuntimeError("stack was given no tensors; give at least one")
    return apply(OPERATORS["stack"], tuple(tensors), normal_dim(dim, tensors[0].ndim + 1))


def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """Return copies beside each other (torch.Tensor.repeat)."""
    counts = as_shape(repeats)
    if len(counts) < input.ndim:
        raise RuntimeError(
            f"repeat was given {len(counts)} counts for {input.ndim} dimensions; give one for each"
        )
    return unary(OPERATORS["repeat"], input, counts)


def flip(input: Tensor, *dims: Any) -> Tensor:
    """Return a copy with dimensions reversed (torch.flip)."""
    return unary(OPERATORS["flip"], input, named_dims(as_shape(dims), input.ndim))


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Return a copy with elements moved round (torch.roll)."""
    steps = as_shape((shifts,))
    along = () if dims is None else named_dims(as_shape((dims,)), input.ndim)
    if len(steps) != (len(along) or 1):
        raise RuntimeError(f"roll was given {len(steps)} shifts and {len(along)} dimensions")
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


concat = cat
