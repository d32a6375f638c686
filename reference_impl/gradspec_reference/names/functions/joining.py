"""Tensors joined along rows, columns or blocks, repeated, turned, cut, and put on grids."""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import refusals
from gradspec_reference.engine.recording import apply, unary
from gradspec_reference.engine.shapes import as_shape, normal_dim
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import NotCountedError, OperandShapeError, RepeatedDimensionError
from gradspec_reference.names.functions import assembly, indexing, parts, shapes
from gradspec_reference.names.functions.assembly import check_are_tensors
from gradspec_reference.operators import OPERATORS
from gradspec_reference.operators.assembly import block_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.shapes import LeftOut


__all__ = [
    "block_diag",
    "broadcast_tensors",
    "cartesian_prod",
    "column_stack",
    "combinations",
    "dstack",
    "fliplr",
    "flipud",
    "hstack",
    "meshgrid",
    "repeat_interleave",
    "rot90",
    "row_stack",
    "tensor_split",
    "tile",
    "vstack",
]


def with_dims(tensor: Tensor, count: int) -> Tensor:
    """Return a tensor as a row, or a row as a matrix: with at least so many dimensions."""
    if tensor.ndim >= count:
        return tensor
    if count == 3:  # noqa: PLR2004 - a stack, whose last dimension is new
        return shapes.unsqueeze(with_dims(tensor, 2), 2)
    return shapes.reshape(tensor, (1,)) if count == 1 else shapes.unsqueeze(with_dims(tensor, 1), 0)


def check_not_empty(name: str, tensors: Sequence[Any]) -> None:
    """Refuse a list of nothing."""
    check_are_tensors(name, tensors)
    if not tensors:
        raise RuntimeError(f"{name} was given no tensors; give at least one")


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Return tensors beside each other (torch.hstack)."""
    check_not_empty("hstack", tensors)
    rows = [with_dims(each, 1) for each in tensors]
    return assembly.cat(rows, 0 if rows[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Return tensors below each other (torch.vstack)."""
    check_not_empty("vstack", tensors)
    return assembly.cat([with_dims(each, 2) for each in tensors], 0)


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Return tensors behind each other (torch.dstack)."""
    check_not_empty("dstack", tensors)
    return assembly.cat([with_dims(each, 3) for each in tensors], 2)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Return tensors beside each other, vectors as columns (torch.column_stack)."""
    check_not_empty("column_stack", tensors)
    columns = [each if each.ndim > 1 else shapes.reshape(each, (-1, 1)) for each in tensors]
    return hstack(columns)


def tile(input: Tensor, *dims: int | Sequence[int]) -> Tensor:
    """Return copies beside each other; counts that are missing are one (torch.tile)."""
    counts = as_shape(dims)
    return assembly.repeat(input, (1,) * (input.ndim - len(counts)) + counts)


def fliplr(input: Tensor) -> Tensor:
    """Return a copy with the second dimension reversed (torch.fliplr)."""
    if input.ndim < 2:  # noqa: PLR2004 - rows and columns
        raise RuntimeError(f"fliplr was given {input.ndim} dimensions; it needs two")
    return assembly.flip(input, (1,))


def flipud(input: Tensor) -> Tensor:
    """Return a copy with the first dimension reversed (torch.flipud)."""
    if not input.ndim:
        raise RuntimeError("flipud was given a 0-d tensor; it needs a dimension")
    return assembly.flip(input, (0,))


def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Return a copy turned k times, from one dimension to the other (torch.rot90)."""
    plane = as_shape((dims,))
    if len(plane) != 2 or input.ndim < 2:  # noqa: PLR2004 - a plane
        raise RuntimeError(f"rot90 was given {list(plane)} of {input.ndim} dimensions; name two")
    turned = tuple(normal_dim(dim, input.ndim) for dim in plane)
    if turned[0] == turned[1]:
        raise RepeatedDimensionError(f"rot90 was given {list(plane)}; name two dimensions")
    return unary(OPERATORS["rot90"], input, k, turned)


def repeat_interleave(
    input: Tensor,
    repeats: Tensor | int | LeftOut = None,
    dim: int | None = None,
    *,
    output_size: int | None = None,
) -> Tensor:
    """Return each element, or slice, as often as is said (torch.repeat_interleave).

    Of counts alone, each place as often as is said there.
    """
    if repeats is None:
        if input._array.dtype.kind != "i":
            raise NotImplementedError(f"repeat_interleave was given counts of {input.dtype}")
        check_counts(input._array)
        return Tensor(np.repeat(np.arange(input.numel()), input._array.reshape(-1)))
    if dim is not None and not input.ndim:
        raise IndexError("repeat_interleave was given a 0-d tensor and a dimension; leave it out")
    if dim is None:
        input, dim = shapes.flatten(input), 0
    counts = repeats._array if isinstance(repeats, Tensor) else np.asarray(repeats)
    if counts.ndim > 1:
        raise RuntimeError(f"repeat_interleave was given counts of shape {list(counts.shape)}")
    dim = normal_dim(dim, input.ndim)
    length = input._array.shape[dim] if input.ndim else 1
    if counts.size not in (1, length):
        raise OperandShapeError(f"repeat_interleave was given {counts.size} counts for {length}")
    check_counts(counts)
    places = np.repeat(np.arange(length), np.broadcast_to(counts.reshape(-1), (length,)))
    if output_size is not None and output_size != places.size:
        raise RuntimeError(f"{output_size} elements were announced; there are {places.size}")
    return indexing.index_select(input, dim, Tensor(places))


def repeat_interleave_(
    self: Tensor, repeats: Tensor | int, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Serve the method, which needs the counts (torch.Tensor.repeat_interleave)."""
    return repeat_interleave(self, repeats, dim, output_size=output_size)


def check_counts(counts: Any) -> None:
    """Refuse counts that are no list of naturals."""
    if counts.ndim <= 1 and counts.dtype not in (np.int32, np.int64):
        raise NotCountedError(f"repeat_interleave was given counts of {counts.dtype}; use int64")
    if counts.ndim > 1 or (counts < 0).any():
        raise RuntimeError("repeat_interleave was given counts that are no list of naturals")


def tensor_split(
    input: Tensor, indices_or_sections: Tensor | int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Return views of about equal parts, or of those between places (torch.tensor_split)."""
    if not input.ndim:
        raise RuntimeError("tensor_split was given a 0-d tensor; it needs a dimension")
    cuts = indices_or_sections
    if isinstance(cuts, Tensor):
        if cuts.ndim > 1 or cuts._array.dtype != np.int64:
            raise RuntimeError("tensor_split was given no vector of integers")
        cuts = cuts.tolist()
    dim = normal_dim(dim, input.ndim)
    length = input._array.shape[dim]
    if isinstance(cuts, int):
        if cuts < 1:
            raise RuntimeError(f"{cuts} parts were asked for; ask for at least one")
        size, more = divmod(length, cuts)
        cuts = list(itertools.accumulate([size + 1] * more + [size] * (cuts - more)))[:-1]
    bounds = [slice(a, b) for a, b in itertools.pairwise([0, *as_shape((tuple(cuts),)), length])]
    return tuple(stretch(input, dim, each) for each in bounds)


def stretch(input: Tensor, dim: int, bounds: slice) -> Tensor:
    """Return a view of a stretch of a dimension, whose ends are counted as in a slice."""
    start, end, _ = bounds.indices(input._array.shape[dim])
    return parts.narrow(input, dim, start, max(end - start, 0))


def block_diag(*tensors: Tensor) -> Tensor:
    """Return a matrix with matrices on its diagonal, zero elsewhere (torch.block_diag)."""
    check_are_tensors("block_diag", tensors)
    if any(each.ndim > 2 for each in tensors):  # noqa: PLR2004 - a matrix
        raise RuntimeError("block_diag was given a tensor of more than two dimensions")
    if not tensors:
        return Tensor(np.zeros((1, 0), dtypes.get_default_dtype().numpy))
    dtype = dtypes.promoted_dtype(*(each._array for each in tensors))
    blocks = tuple(with_dims(each.to(dtype), 2) for each in tensors)
    keys = block_keys([each._array.shape for each in blocks])
    return apply(OPERATORS["block_diag"], blocks, keys)


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Return vectors spread over the grid that they make together (torch.meshgrid)."""
    if len(tensors) == 1 and isinstance(tensors[0], tuple | list):
        tensors = tuple(tensors[0])
    check_not_empty("meshgrid", tensors)
    if indexing is None:
        warnings.warn("meshgrid was given no indexing; name it", UserWarning, stacklevel=2)
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f"meshgrid was given the indexing {indexing!r}; use 'ij' or 'xy'")
    if any(each.ndim > 1 for each in tensors):
        raise RuntimeError("meshgrid was given a tensor of several dimensions; give vectors")
    if len({each._array.dtype for each in tensors}) > 1:
        raise RuntimeError("meshgrid was given tensors of several dtypes; convert with to()")
    turned = indexing == "xy" and len(tensors) > 1
    order = (tensors[1], tensors[0], *tensors[2:]) if turned else tensors
    shape = tuple(each.numel() for each in order)
    grids = [
        shapes.expand(
            shapes.view_(each, tuple(-1 if i == at else 1 for i in range(len(shape)))), shape
        )
        for at, each in enumerate(order)
    ]
    if turned:
        grids[:2] = grids[1::-1]
    return tuple(grids)


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Return views of tensors, expanded to their common shape (torch.broadcast_tensors)."""
    check_are_tensors("broadcast_tensors", tensors)
    refusals.check_shapes(OPERATORS["expand"], tuple(each._array for each in tensors))
    shape = np.broadcast_shapes(*(each._array.shape for each in tensors))
    return tuple(
        each if each._array.shape == shape else shapes.expand(each, shape) for each in tensors
    )


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """Return all tuples of elements, one per row (torch.cartesian_prod)."""
    check_not_empty("cartesian_prod", tensors)
    if any(each.ndim != 1 for each in tensors):
        raise RuntimeError("cartesian_prod was given something else than vectors")
    if len(tensors) == 1:
        return tensors[0]
    return assembly.stack([shapes.flatten(each) for each in meshgrid(*tensors, indexing="ij")], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Return all choices of r elements in their order, one per row (torch.combinations)."""
    if input.ndim != 1:
        raise RuntimeError(f"combinations was given {input.ndim} dimensions; give a vector")
    if r < 0:
        raise RuntimeError(f"combinations of {r} elements were asked for")
    if r == 0:
        return Tensor(np.empty(0, input._array.dtype))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    chosen = np.array(list(choose(range(input.numel()), r)), np.int64).reshape(-1, r)
    columns = [indexing.index_select(input, 0, Tensor(each.copy())) for each in chosen.T]
    return assembly.stack(columns, 1)


row_stack = vstack
