"""Views, other shapes, and tensors put together."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import inplace, layout, recording, versions, views
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.recording import apply, several, several_views, unary, view
from gradspec_reference.engine.shapes import as_shape, fill_in, named_dims, normal_dim, normal_dims
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandShapeError, ResizeRequiresGradError
from gradspec_reference.operators import OPERATORS
from gradspec_reference.operators.memory import span

if TYPE_CHECKING:
    from collections.abc import Sequence


def view_(input: Tensor, *shape: Any) -> Tensor:
    """Return a view of another shape (torch.Tensor.view); OperandShapeError if it needs a copy."""
    size = fill_in(as_shape(shape), input.numel())
    if not _is_viewable(input, size):
        raise OperandShapeError(
            f"a tensor of shape {list(input.shape)} and strides {input.stride()} cannot be viewed "
            f"as {list(size)} without a copy; use reshape()"
        )
    return view(OPERATORS["view"], input, size)


def _is_viewable(input: Tensor, size: tuple[int, ...]) -> bool:
    array = input.materialise()
    return array.size == 0 or np.may_share_memory(array.reshape(size), array)


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """Return another shape: a view where possible, a copy otherwise (torch.reshape)."""
    size = fill_in(as_shape(shape), input.numel())
    if _is_viewable(input, size):
        return view(OPERATORS["view"], input, size)
    return apply(OPERATORS["reshape"], (contiguous(input),), size)


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """Return a view of another tensor's shape (torch.Tensor.view_as)."""
    return view_(input, *other.shape)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Return a tensor with a range of dimensions made one (torch.flatten)."""
    shape = input._array.shape
    first, last = normal_dim(start_dim, len(shape)), normal_dim(end_dim, len(shape))
    if first > last:
        raise RuntimeError(f"flatten was given dimensions {first} to {last}; the first comes first")
    length = math.prod(shape[first : last + 1])
    return reshape(input, (*shape[:first], length, *shape[last + 1 :]))


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Return a view with one dimension made several (torch.unflatten)."""
    shape = input._array.shape
    dim = normal_dim(dim, len(shape))
    return view_(input, (*shape[:dim], *sizes, *shape[dim + 1 :]))


def permute(input: Tensor, *dims: Any) -> Tensor:
    """Return a view with the dimensions in another order (torch.permute)."""
    order = tuple(normal_dim(d, input.ndim) for d in as_shape(dims))
    return view(OPERATORS["permute"], input, order)


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Return a view with dimensions moved (torch.movedim)."""
    dims = list(range(input.ndim))
    origins = normal_dims(source, input.ndim)
    targets = normal_dims(destination, input.ndim)
    rest = iter([d for d in dims if d not in origins])
    placed = dict(zip(targets, origins, strict=True))
    return permute(input, [placed[d] if d in placed else next(rest) for d in dims])


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Return a view with two dimensions exchanged (torch.transpose)."""
    dims = (normal_dim(dim0, input.ndim), normal_dim(dim1, input.ndim))
    return view(OPERATORS["transpose"], input, *dims)


def t(input: Tensor) -> Tensor:
    """Return a view of the transposed matrix (torch.t)."""
    if input.ndim > 2:  # noqa: PLR2004 - a matrix has two dimensions
        raise RuntimeError(f"t() was given {input.ndim} dimensions; at most 2, use permute()")
    return view(OPERATORS["t"], input)


def expand(input: Tensor, *sizes: Any) -> Tensor:
    """Return a view that repeats dimensions of length one without a copy (torch.Tensor.expand)."""
    size = as_shape(sizes)
    missing = len(size) - input.ndim
    shape = tuple(
        input._array.shape[i - missing] if n == -1 and i >= missing else n
        for i, n in enumerate(size)
    )
    result = view(OPERATORS["expand"], input, shape)
    result._array.flags.writeable = input._array.flags.writeable
    return result


def broadcast_to(input: Tensor, shape: Sequence[int]) -> Tensor:
    """Return a view expanded to a shape (torch.broadcast_to)."""
    return expand(input, shape)


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Return a view expanded to another tensor's shape (torch.Tensor.expand_as)."""
    return expand(input, *other.shape)


def squeeze(input: Tensor, dim: int | tuple[int, ...] | None = None) -> Tensor:
    """Return a view without dimensions of length one (torch.squeeze)."""
    if dim is None:
        return view(OPERATORS["squeeze"], input)
    return view(OPERATORS["squeeze_dim"], input, named_dims(dim, input.ndim))


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Return a view with a further dimension of length one (torch.unsqueeze)."""
    return view(OPERATORS["unsqueeze"], input, normal_dim(dim, input.ndim + 1))


def check_has_dimensions(input: Tensor, name: str) -> None:
    """Refuse a 0-d tensor."""
    if not input.ndim:
        raise OperandShapeError(f"{name} was given a 0-d tensor; it needs at least one dimension")


def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """Return a view of a stretch of a dimension (torch.narrow)."""
    check_has_dimensions(input, "narrow")
    dim = normal_dim(dim, input.ndim)
    size = input._array.shape[dim]
    start = start + size if start < 0 else start
    if not 0 <= start <= start + length <= size:
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
    return view(OPERATORS["unfold"], input, normal_dim(dimension, input.ndim), size, step)


def as_strided(
    input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """Return a view of the tensor's memory with any shape and strides (torch.as_strided).

    The offset counts from the start of the memory's base.  OperandShapeError beyond its end.
    """
    own = input.storage_offset()
    source = (input if input._base is None else input._base).materialise()
    offset = own if storage_offset is None else storage_offset
    reach = offset + span(tuple(size), tuple(stride))
    held = span(source.shape, layout.strides(source))
    if offset < own or (reach > held and 0 not in size):
        raise OperandShapeError(
            f"as_strided was to show elements {offset} to {reach} of the memory; this tensor "
            f"starts at element {own} of {held}"
        )
    geometry = (
        input._array.shape,
        layout.strides(input.materialise()),
        tuple(size),
        tuple(stride),
        offset - own,
    )
    return view(OPERATORS["as_strided"], input, tuple(size), tuple(stride), offset - own, geometry)


def alias(input: Tensor) -> Tensor:
    """Return a view of the whole tensor."""
    return view(OPERATORS["alias"], input)


def _sizes(input: Tensor, split_size_or_sections: Any, dim: int) -> tuple[int, ...]:
    length = input._array.shape[dim]
    if not isinstance(split_size_or_sections, int):
        sizes = tuple(split_size_or_sections)
        if sum(sizes) != length or min(sizes, default=0) < 0:
            raise RuntimeError(f"pieces of lengths {sizes} were asked for; there are {length}")
        return sizes
    size = split_size_or_sections
    if size < 0 or (size == 0 and length):
        raise RuntimeError(f"pieces of length {size} were asked for; the length must be positive")
    starts = range(0, max(length, 1), max(size, 1))
    return tuple(min(size, length - start) for start in starts)


def split(
    tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Return views of consecutive pieces, which must not be written in place (torch.split)."""
    check_has_dimensions(tensor, "split")
    dim = normal_dim(dim, tensor.ndim)
    return several_views(
        OPERATORS["split"], tensor, _sizes(tensor, split_size_or_sections, dim), dim
    )


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return views of about equal pieces (torch.chunk)."""
    return split(input, _chunk_sizes(input, chunks, dim), dim)


def _chunk_sizes(input: Tensor, chunks: int, dim: int) -> tuple[int, ...] | int:
    check_has_dimensions(input, "chunk")
    if chunks < 1:
        raise RuntimeError(f"{chunks} pieces were asked for; ask for at least one")
    length: int = input._array.shape[normal_dim(dim, input.ndim)]
    return math.ceil(length / chunks) if length else (0,) * chunks


def unsafe_split(
    input: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Return pieces that the engine does not know as views, so they may be written."""
    input.materialise()
    dim = normal_dim(dim, input.ndim)
    return several(
        OPERATORS["unsafe_split"], input, _sizes(input, split_size_or_sections, dim), dim
    )


def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return about equal pieces that the engine does not know as views."""
    return unsafe_split(input, _chunk_sizes(input, chunks, dim), dim)


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Return views of all positions of a dimension (torch.unbind)."""
    return several_views(OPERATORS["unbind"], input, normal_dim(dim, input.ndim))


def clone(input: Tensor) -> Tensor:
    """Return a copy that is part of the graph (torch.clone)."""
    return unary(OPERATORS["clone"], input)


def contiguous(input: Tensor) -> Tensor:
    """Return the tensor itself if it lies row by row, a copy otherwise."""
    if input.is_contiguous():
        return input
    result = unary(OPERATORS["clone"], input)
    result._array = np.ascontiguousarray(result._array)
    return result


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


def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """Return copies beside each other (torch.Tensor.repeat)."""
    counts = as_shape(repeats)
    if len(counts) < input.ndim:
        raise RuntimeError(
            f"repeat was given {len(counts)} counts for {input.ndim} dimensions; give one for each"
        )
    return unary(OPERATORS["repeat"], input, counts)


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


def change_view_(input: Tensor, name: str, *params: Any) -> Tensor:
    """Change how a tensor shows its memory, in place."""
    operator = OPERATORS[name]
    requires = (recording.needs_grad(input),)
    recorded = state.recording and recording.should_record(requires)
    if recorded:
        inplace.check_may_be_written(input)
    array = recording.run(operator, [input.materialise()], params)
    if recorded and input._view is None:
        node = recording.make_node(operator, (input,), params, requires, Tensor(array))
        views.rebase(input, node)
    input._array = array
    versions.bump(input)
    return input


def t_(input: Tensor) -> Tensor:
    """Transpose in place (torch.Tensor.t_)."""
    return change_view_(input, "t")


def transpose_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Exchange two dimensions in place (torch.Tensor.transpose_)."""
    dims = (normal_dim(dim0, input.ndim), normal_dim(dim1, input.ndim))
    return change_view_(input, "transpose", *dims)


def squeeze_(input: Tensor, dim: int | None = None) -> Tensor:
    """Drop dimensions of length one in place (torch.Tensor.squeeze_)."""
    if dim is None:
        return change_view_(input, "squeeze")
    return change_view_(input, "squeeze_dim", named_dims(dim, input.ndim))


def unsqueeze_(input: Tensor, dim: int) -> Tensor:
    """Add a dimension of length one in place (torch.Tensor.unsqueeze_)."""
    return change_view_(input, "unsqueeze", normal_dim(dim, input.ndim + 1))


def resize_(input: Tensor, *sizes: Any) -> Tensor:
    """Change the number of elements in place; ResizeRequiresGradError if it requires grad."""
    if input.requires_grad:
        raise ResizeRequiresGradError(
            "resize_() was called on a tensor that requires grad; use detach() first, or build "
            "the new tensor with cat() or expand()"
        )
    shape = as_shape(sizes)
    old = input.materialise()
    new = np.zeros(shape, old.dtype)
    count = min(new.size, old.size)
    new.reshape(-1)[:count] = old.reshape(-1)[:count]
    input._array = new
    return input
