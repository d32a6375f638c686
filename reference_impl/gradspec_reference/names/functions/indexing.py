"""`x[key]`, `x[key] = value` and reading at indices; start at `getitem`.

Numbers, slices, None and `...` give views, one operator at a time.  What is left, tensors of
indices or masks, is one operator that copies.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import inplace, recording
from gradspec_reference.engine.recording import apply, view
from gradspec_reference.engine.shapes import normal_dim
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import parts, shapes
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
        return view(OPERATORS["slice"], input, 0, *bounds(key, input._array.shape[0]))
    shown, template, indices = take_views(input, key)
    if indices:
        return apply(OPERATORS["index"], (shown, *indices), template)
    return parts.alias(input) if shown is input else shown


def setitem(input: Tensor, key: Any, value: Any) -> None:
    """Store a value at the elements that a key names; one write in place."""
    shown, template, indices = take_views(input, key)
    if indices:
        put(shown, template, indices, value)
        return
    if isinstance(value, Tensor):
        copy_(shown, _fit(value, shown))
    elif np.ndim(value):
        copy_(shown, Tensor(np.asarray(value, shown._array.dtype)))
    else:
        fill_(shown, value)


def _fit(value: Tensor, target: Tensor) -> Tensor:
    """Drop leading dimensions of length one that the target does not have, then expand."""
    extra = value.ndim - target.ndim
    if extra > 0 and value._array.shape[:extra] == (1,) * extra:
        value = shapes.view_(value, value._array.shape[extra:])
    same = value._array.shape == target._array.shape
    return value if same else shapes.expand(value, target._array.shape)


def put(target: Tensor, template: Any, indices: list[Tensor], value: Any) -> Tensor:
    """Store a value where index tensors say."""
    if not isinstance(value, Tensor):
        value = Tensor(np.asarray(value, target._array.dtype))
    elif value._array.dtype != target._array.dtype:
        value = value.to(target.dtype)
    return inplace.apply_inplace(OPERATORS["index_put"], (target, value, *indices), template)


def take_views(input: Tensor, key: Any) -> tuple[Tensor, tuple[Any, ...], list[Tensor]]:
    """Apply the parts of a key that give views.

    Returns the view, the key that remains (None in the place of each tensor) and those tensors.
    """
    named = [prepared(part) for part in (key if isinstance(key, tuple) else (key,))]
    template: list[Any] = []
    indices: list[Tensor] = []
    shown, dim = input, 0
    for part in expand_ellipsis(named, input.ndim):
        if part is None:
            shown = shapes.unsqueeze(shown, dim)
            template.append(slice(None))
            dim += 1
        elif isinstance(part, slice):
            shown = take_slice(shown, dim, part)
            template.append(slice(None))
            dim += 1
        elif is_number(part):
            shown = parts.select(shown, dim, int(part))
        else:
            indices.append(part)
            template.append(None)
            dim += part.ndim if part._array.dtype == np.bool_ else 1
    return shown, tuple(template), indices


def prepared(part: Any) -> Any:
    """Return a part of a key with every list, array and flag in it as a tensor."""
    if part is None or part is Ellipsis or isinstance(part, slice) or is_number(part):
        return part
    return as_index(part)


def is_number(part: Any) -> bool:
    """Tell whether a part of a key names one position."""
    if isinstance(part, bool | np.bool_):
        return False
    if isinstance(part, Tensor):
        return not part._array.ndim and part._array.dtype.kind == "i"
    return hasattr(part, "__index__") and not np.ndim(part)


def as_index(part: Any) -> Tensor:
    """Return a part of a key as a tensor of indices or a mask; IndexError otherwise."""
    index = part if isinstance(part, Tensor) else Tensor(np.asarray(part))
    if not index._array.size and index._array.dtype.kind == "f":
        index = Tensor(index._array.astype(np.int64))
    if isinstance(part, Tensor) and index._array.dtype == np.uint8:
        warnings.warn("a uint8 tensor is used as a mask; use booleans", UserWarning, stacklevel=2)
        index = Tensor(index._array.astype(np.bool_))
    if index._array.dtype.kind not in "iub":
        raise IndexError(f"an index of dtype {index.dtype} was given; use integers or booleans")
    return index


def expand_ellipsis(parts: list[Any], ndim: int) -> list[Any]:
    """Replace `...` by as many full slices as are missing; IndexError if there are too many."""
    used = sum(
        part.ndim if isinstance(part, Tensor) and part._array.dtype == np.bool_ else 1
        for part in parts
        if part is not None and part is not Ellipsis
    )
    if sum(part is Ellipsis for part in parts) > 1:
        raise IndexError("a key has more than one `...`; one stands for all missing dimensions")
    if used > ndim:
        raise IndexError(f"a key names {used} dimensions, the tensor has {ndim}")
    result: list[Any] = []
    for part in parts:
        result.extend([slice(None)] * (ndim - used) if part is Ellipsis else [part])
    return result


def take_slice(input: Tensor, dim: int, part: slice) -> Tensor:
    """Return a view of a slice of one dimension; the whole dimension is the tensor itself."""
    size = input._array.shape[dim]
    start, end, step = bounds(part, size)
    if start == 0 and end >= size and step == 1:
        return input
    return view(OPERATORS["slice"], input, dim, start, end, step)


def bounds(part: slice, size: int) -> tuple[int, int, int]:
    """Return start, end and step of a slice; ValueError unless the step is positive."""
    step = 1 if part.step is None else int(part.step)
    if step <= 0:
        raise ValueError(f"a slice with step {step} was given; the step must be positive")
    start, end, _ = part.indices(size)
    return start, max(start, end), step


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return the slices of a dimension that an index names (torch.index_select)."""
    dim = normal_dim(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError(f"index_select was given an index of {index.ndim} dimensions; give one")
    if not input.ndim:
        return shapes.reshape(index_select(shapes.reshape(input, (1,)), 0, index), ())
    if not index.ndim:
        index = shapes.reshape(index, (1,))
    size = input._array.shape[dim]
    if not in_range(index, size):
        raise IndexError(f"index_select was given an index outside 0 to {size - 1}")
    return apply(OPERATORS["index_select"], (input, index), dim)


def in_range(index: Tensor, size: int) -> bool:
    """Tell whether all indices are counted from the front and name one of so many positions."""
    array = index._array
    return not array.size or bool(array.min() >= 0 and array.max() < size)


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return elements along a dimension, one per element of the index (torch.gather)."""
    dim = normal_dim(dim, input.ndim)
    if index._array.dtype.kind not in "iu":
        raise RuntimeError(f"gather was given an index of {index.dtype}; use integers")
    own, named = input._array.shape or (1,), index._array.shape or (1,)
    beside = with_length(own, dim, 0), with_length(named, dim, 0)
    if len(own) != len(named) or any(n > m for m, n in zip(*beside, strict=True)):
        raise RuntimeError(
            f"gather was given shape {list(own)} and an index of shape {list(named)}; it must not "
            f"be larger, except in dimension {dim}"
        )
    if not in_range(index, own[dim]):
        raise RuntimeError(f"gather was given an index outside 0 to {own[dim] - 1}")
    return apply(OPERATORS["gather"], (input, index), dim)


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Return elements along a dimension, broadcasting the others (torch.take_along_dim).

    Without a dimension, elements of the flattened tensor.
    """
    if indices._array.dtype.kind not in "iu":
        raise RuntimeError(f"take_along_dim was given indices of {indices.dtype}; use integers")
    if dim is None:
        return take_along_dim(shapes.flatten(input), shapes.flatten(indices), 0)
    if indices.ndim != input.ndim:
        raise RuntimeError(
            f"take_along_dim was given {input.ndim} dimensions and indices of {indices.ndim}; "
            "there must be as many"
        )
    dim = normal_dim(dim, input.ndim)
    own, named = input._array.shape, indices._array.shape
    common = np.broadcast_shapes(with_length(own, dim, 1), with_length(named, dim, 1))
    whole = with_length(common, dim, own[dim])
    source = input if whole == own else shapes.expand(input, whole)
    index = np.broadcast_to(indices._array, with_length(common, dim, named[dim]))
    index = np.where(index < 0, index + own[dim], index)  # counted from the end, as torch does here
    return gather(source, dim, Tensor(index))


def with_length(shape: Sequence[int], dim: int, length: int) -> tuple[int, ...]:
    """Return a shape with another length in one dimension."""
    return (*shape[:dim], length, *shape[dim + 1 :])


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """Return the elements where a mask holds, flat (torch.masked_select)."""
    check_is_mask("masked_select", mask)
    recording.check_shapes(OPERATORS["index"], (input._array, mask._array))
    shape = np.broadcast_shapes(input._array.shape, mask._array.shape)
    whole = input if input._array.shape == shape else shapes.expand(input, shape)
    return getitem(whole, Tensor(np.broadcast_to(mask._array, shape)))


def iterate(input: Tensor) -> Any:
    """Iterate over the first dimension; TypeError for a 0-d tensor."""
    if not input.ndim:
        raise TypeError("a 0-d tensor cannot be iterated over; use item()")
    return iter(parts.unbind(input, 0))
