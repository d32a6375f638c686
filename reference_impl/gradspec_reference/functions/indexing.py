"""`x[key]`, `x[key] = value` and reading at indices; start at `getitem`.

Numbers, slices, None and `...` give views, one operator at a time.  What is left, tensors of
indices or masks, is one operator that copies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import inplace
from gradspec_reference.operator import TABLE
from gradspec_reference.recording import apply, view
from gradspec_reference.shapes import normal_dim
from gradspec_reference.tensor import Tensor

from . import shapes
from .arithmetic import copy_, fill_

if TYPE_CHECKING:
    from collections.abc import Sequence


def getitem(input: Tensor, key: Any) -> Tensor:
    """Return the elements that a key names: a view, or a copy if the key has tensors."""
    if isinstance(key, slice) and input.ndim:
        return view(TABLE["slice"], input, 0, *bounds(key, input._array.shape[0]))
    shown, template, indices = take_views(input, key)
    if indices:
        return apply(TABLE["index"], (shown, *indices), template)
    return shapes.alias(input) if shown is input else shown


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
    """Drop leading dimensions of length one that the target does not have."""
    extra = value.ndim - target.ndim
    if extra > 0 and value._array.shape[:extra] == (1,) * extra:
        return shapes.view_(value, value._array.shape[extra:])
    return value


def put(target: Tensor, template: Any, indices: list[Tensor], value: Any) -> Tensor:
    """Store a value where index tensors say."""
    if not isinstance(value, Tensor):
        value = Tensor(np.asarray(value, target._array.dtype))
    elif value._array.dtype != target._array.dtype:
        value = value.to(target.dtype)
    return inplace.apply_inplace(TABLE["index_put"], (target, value, *indices), template)


def take_views(input: Tensor, key: Any) -> tuple[Tensor, tuple[Any, ...], list[Tensor]]:
    """Apply the parts of a key that give views.

    Returns the view, the key that remains (None in the place of each tensor) and those tensors.
    """
    parts = expand_ellipsis(key if isinstance(key, tuple) else (key,), input.ndim)
    template: list[Any] = []
    indices: list[Tensor] = []
    shown, dim = input, 0
    for part in parts:
        if part is None:
            shown = shapes.unsqueeze(shown, dim)
            template.append(slice(None))
            dim += 1
        elif isinstance(part, slice):
            shown = take_slice(shown, dim, part)
            template.append(slice(None))
            dim += 1
        elif is_number(part):
            shown = shapes.select(shown, dim, int(part))
        else:
            index = as_index(part)
            indices.append(index)
            template.append(None)
            dim += index.ndim if index._array.dtype == np.bool_ else 1
    return shown, tuple(template), indices


def is_number(part: Any) -> bool:
    """Tell whether a part of a key names one position."""
    if isinstance(part, bool | np.bool_):
        return False
    if isinstance(part, Tensor):
        return not part._array.ndim and part._array.dtype.kind in "iu"
    return hasattr(part, "__index__") and not np.ndim(part)


def as_index(part: Any) -> Tensor:
    """Return a part of a key as a tensor of indices or a mask; IndexError otherwise."""
    index = part if isinstance(part, Tensor) else Tensor(np.asarray(part))
    if not index._array.size and index._array.dtype.kind == "f":
        index = Tensor(index._array.astype(np.int64))
    if index._array.dtype.kind not in "iub":
        raise IndexError(f"an index of dtype {index.dtype} was given; use integers or booleans")
    return index


def expand_ellipsis(parts: tuple[Any, ...], ndim: int) -> list[Any]:
    """Replace `...` by as many full slices as are missing; IndexError if there are too many."""
    used = sum(
        part.ndim if isinstance(part, Tensor) and part._array.dtype == np.bool_ else 1
        for part in parts
        if part is not None and part is not Ellipsis
    )
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
    return view(TABLE["slice"], input, dim, start, end, step)


def bounds(part: slice, size: int) -> tuple[int, int, int]:
    """Return start, end and step of a slice; ValueError unless the step is positive."""
    step = 1 if part.step is None else int(part.step)
    if step <= 0:
        raise ValueError(f"a slice with step {step} was given; the step must be positive")
    start, end, _ = part.indices(size)
    return start, max(start, end), step


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return the slices of a dimension that an index names (torch.index_select)."""
    return apply(TABLE["index_select"], (input, index), normal_dim(dim, input.ndim))


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return elements along a dimension, one per element of the index (torch.gather)."""
    return apply(TABLE["gather"], (input, index), normal_dim(dim, input.ndim))


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Return elements along a dimension, broadcasting the others (torch.take_along_dim).

    Without a dimension, elements of the flattened tensor.
    """
    if indices._array.dtype.kind not in "iu":
        raise RuntimeError(f"take_along_dim was given indices of {indices.dtype}; use integers")
    if dim is None:
        return gather(shapes.flatten(input), 0, shapes.flatten(indices))
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
    return gather(source, dim, Tensor(index))


def with_length(shape: Sequence[int], dim: int, length: int) -> tuple[int, ...]:
    """Return a shape with another length in one dimension."""
    return (*shape[:dim], length, *shape[dim + 1 :])


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """Return the elements where a mask holds, flat (torch.masked_select)."""
    shape = np.broadcast_shapes(input._array.shape, mask._array.shape)
    whole = input if input._array.shape == shape else shapes.expand(input, shape)
    return getitem(whole, Tensor(np.broadcast_to(mask._array, shape)))


def iterate(input: Tensor) -> Any:
    """Iterate over the first dimension; TypeError for a 0-d tensor."""
    if not input.ndim:
        raise TypeError("a 0-d tensor cannot be iterated over; use item()")
    return iter(shapes.unbind(input, 0))
