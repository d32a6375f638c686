"""Views of a part of a tensor, one or several."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import layout
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.recording import several, several_views, view
from gradspec_reference.engine.shapes import as_shape, normal_dim
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandShapeError
from gradspec_reference.operators import OPERATORS
from gradspec_reference.operators.memory import span

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = [
    "as_strided",
    "chunk",
    "diagonal",
    "narrow",
    "select",
    "split",
    "unbind",
    "unsafe_chunk",
    "unsafe_split",
]


def check_has_dimensions(input: Tensor, name: str) -> None:
    """Refuse a 0-d tensor."""
    if not input.ndim:
        raise OperandShapeError(f"{name} was given a 0-d tensor; it needs at least one dimension")


def narrow(input: Tensor, dim: int, start: int | Tensor, length: int) -> Tensor:
    """Return a view of a stretch of a dimension (torch.narrow)."""
    if isinstance(start, Tensor):
        raise RuntimeError("narrow was given a start that is no integer")  # noqa: TRY004
    check_has_dimensions(input, "narrow")
    if length < 0:
        raise RuntimeError(
            f"narrow was given the length {length}; a stretch has 0 or more elements"
        )
    dim = normal_dim(dim, input.ndim)
    size = input._array.shape[dim]
    if not -size <= start <= size:
        raise IndexError(f"a stretch from element {start} was asked for; there are {size}")
    start = start + size if start < 0 else start
    if not start <= start + length <= size:
        raise RuntimeError(f"elements {start} to {start + length} asked for, there are {size}")
    return view(OPERATORS["slice"], input, dim, start, start + length, 1)


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """Return a view of one position of a dimension (torch.select); IndexError beyond the end."""
    if not input.ndim:
        raise IndexError("a 0-d tensor cannot be indexed with a number; use item()")
    dim = normal_dim(dim, input.ndim)
    size = input._array.shape[dim]
    if not -size <= index < size:
        raise IndexError(f"index {index} was given for dimension {dim} of length {size}")
    return view(OPERATORS["select"], input, dim, int(index) % size)


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return a view of a diagonal (torch.diagonal)."""
    dims = (normal_dim(dim1, input.ndim), normal_dim(dim2, input.ndim))
    return view(OPERATORS["diagonal"], input, offset, *dims)


def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Return a view of all windows of a dimension (torch.Tensor.unfold)."""
    dim = normal_dim(dimension, input.ndim)
    length = input._array.shape[dim] if input.ndim else 1
    if step <= 0 or not 0 <= size <= length:
        raise RuntimeError(f"windows of {size} by steps of {step} asked for, of {length} elements")
    return view(OPERATORS["unfold"], input, dim, size, step)


def as_strided(
    input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """Return a view of the tensor's memory with any shape and strides (torch.as_strided).

    The offset counts from the start of the memory.  OperandShapeError beyond its end.
    """
    return view(OPERATORS["as_strided"], input, *strided(input, size, stride, storage_offset))


def strided(
    input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None
) -> tuple[Any, ...]:
    """Check what part of the memory a tensor is to show, and give it as the row takes it."""
    size, stride = as_shape((size,)), as_shape((stride,))
    if len(size) != len(stride) or min(stride, default=0) < 0 or min(size, default=0) < 0:
        raise OperandShapeError(
            f"as_strided was given size {list(size)} and stride {list(stride)}; they must be of "
            "one length and not negative"
        )
    own = input.storage_offset()
    offset = own if storage_offset is None else storage_offset
    reach = offset + span(tuple(size), tuple(stride))
    held = layout.reach(layout.memory_of(input._array))
    if offset < 0 or (reach > held and 0 not in size):
        raise OperandShapeError(
            f"as_strided was to show elements {offset} to {reach} of the memory, which has {held}"
        )
    geometry = (
        input._array.shape,
        layout.strides(input.materialise()),
        tuple(size),
        tuple(stride),
        offset - own,
    )
    return tuple(size), tuple(stride), offset - own, geometry


def alias(input: Tensor) -> Tensor:
    """Return a view of the whole tensor."""
    return view(OPERATORS["alias"], input)


def split(
    tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Return views of consecutive pieces, which must not be written in place (torch.split)."""
    check_has_dimensions(tensor, "split")
    dim = normal_dim(dim, tensor.ndim)
    name = "split" if isinstance(split_size_or_sections, int) else "split_with_sizes"
    return several_views(OPERATORS[name], tensor, _sizes(tensor, split_size_or_sections, dim), dim)


def _sizes(input: Tensor, split_size_or_sections: Any, dim: int) -> tuple[int, ...]:
    length = input._array.shape[dim]
    if not isinstance(split_size_or_sections, int):
        sizes = as_shape((split_size_or_sections,))
        if sum(sizes) != length or min(sizes, default=0) < 0:
            raise OperandShapeError(f"pieces of lengths {sizes} were asked for; there are {length}")
        return sizes
    size = split_size_or_sections
    if size < 0 or (size == 0 and length):
        raise RuntimeError(f"pieces of length {size} were asked for; the length must be positive")
    starts = range(0, max(length, 1), max(size, 1))
    return tuple(min(size, length - start) for start in starts)


def split_(self: Tensor, split_size: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Serve the method split, whose lengths have another name (torch.Tensor.split)."""
    return split(self, split_size, dim)


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return views of about equal pieces (torch.chunk)."""
    return split(input, _chunk_sizes(input, chunks, dim), dim)


def _chunk_sizes(input: Tensor, chunks: int, dim: int) -> tuple[int, ...] | int:
    check_has_dimensions(input, "chunk")
    if chunks < 1:
        raise RuntimeError(f"{chunks} pieces were asked for; ask for at least one")
    length: int = input._array.shape[normal_dim(dim, input.ndim)]
    return math.ceil(length / chunks) if length else (0,) * chunks


def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return pieces that the engine does not know as views, so they may be written."""
    check_has_dimensions(input, "unsafe_split")
    return pieces(input, split_size, normal_dim(dim, input.ndim))


def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return about equal pieces that the engine does not know as views."""
    return pieces(input, _chunk_sizes(input, chunks, dim), normal_dim(dim, input.ndim))


def pieces(input: Tensor, sizes: int | Sequence[int], dim: int) -> tuple[Tensor, ...]:
    """Return pieces that are no views to the engine."""
    input.materialise()
    name = "unsafe_split" if isinstance(sizes, int) else "unsafe_split_with_sizes"
    if not state.inference or input.is_inference():
        return several(OPERATORS[name], input, _sizes(input, sizes, dim), dim)
    parts = several_views(OPERATORS[name], input, _sizes(input, sizes, dim), dim)
    for part in parts:  # views there, as in torch, but each counts for itself
        part._counter = None
    return parts


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Return views of all positions of a dimension (torch.unbind)."""
    return several_views(OPERATORS["unbind"], input, normal_dim(dim, input.ndim))
