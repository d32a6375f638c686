"""What stands between the brackets of `x[key]`; start at `take_views`.

Numbers, slices, None, flags and `...` give views, one operator at a time.  What is left, tensors of
indices or masks, is for one operator that copies.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradspec_reference.engine.recording import view
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import IndexDtypeError
from gradspec_reference.meta import check_has_numbers
from gradspec_reference.names.functions import parts, shapes
from gradspec_reference.operators import OPERATORS

INDEX_DTYPES = (np.int64, np.int32, np.bool_)
MASK_DTYPES = (np.bool_, np.uint8)
LONGEST_LIST_OF_PARTS = 31


def take_views(input: Tensor, key: Any) -> tuple[Tensor, tuple[Any, ...], list[Tensor]]:
    """Apply the parts of a key that give views.

    Returns the view, the key that remains (None in the place of each tensor) and those tensors.
    """
    named = [prepared(part) for part in parts_of(key)]
    missing = input.ndim - sum(map(dims_named, named))
    if missing < 0:
        raise IndexError(
            f"a key names {input.ndim - missing} dimensions, the tensor has {input.ndim}"
        )
    if not any(part is Ellipsis for part in named):
        named.append(Ellipsis)
    template: list[Any] = []
    indices: list[Tensor] = []
    shown, dim = input, 0
    for part in named:
        if part is Ellipsis:
            template += [slice(None)] * missing
            dim += missing
            continue
        if isinstance(part, int) and not isinstance(part, bool):
            shown = parts.select(shown, dim, part)
            continue
        if part is None:
            shown = shapes.unsqueeze(shown, dim)
            template.append(slice(None))
        elif isinstance(part, slice):
            shown = take_slice(shown, dim, part)
            template.append(slice(None))
        else:
            if isinstance(part, bool):
                shown = shapes.unsqueeze(shown, dim)
                part = Tensor(np.zeros(int(part), np.int64))  # noqa: PLW2901 - all of it, or nothing
            indices.append(part)
            template.append(None)
        dim += max(dims_named(part), 1)
    while template[-1:] == [slice(None)]:  # a second `...` counts as many dimensions again
        template.pop()
    return shown, tuple(template), indices


def parts_of(key: Any) -> Sequence[Any]:
    """Return the parts of a key: of a tuple, or of a short list with a list or a slice in it."""
    if isinstance(key, tuple):
        return key
    if isinstance(key, Tensor | np.ndarray) or not isinstance(key, Sequence):
        return (key,)
    if len(key) > LONGEST_LIST_OF_PARTS or not any(map(is_no_number, key)):
        return (key,)
    return key


def is_no_number(part: Any) -> bool:
    """Tell whether an element of a list shows that the list stands for a tuple."""
    kinds = (Sequence, Tensor, np.ndarray, slice)
    return isinstance(part, kinds) or part is None or part is Ellipsis


def prepared(part: Any) -> Any:
    """Return a part of a key as None, `...`, a slice, a flag, a number or a tensor."""
    if part is None or part is Ellipsis or isinstance(part, slice | bool):
        return part
    if isinstance(part, np.ndarray):
        part = Tensor(part if part.dtype in MASK_DTYPES else part.astype(np.int64))
    if isinstance(part, Tensor):
        return position_of(part)
    if isinstance(part, Sequence):
        array = np.asarray(part)
        if array.dtype.kind not in "bif":
            raise TypeError(f"a {type(part).__name__} of no numbers cannot be a part of a key")
        return Tensor(array if array.dtype.kind == "b" else array.astype(np.int64))
    if not hasattr(part, "__index__") or isinstance(part, np.bool_):
        raise IndexError(
            f"a {type(part).__name__} cannot be a part of a key; use integers, tensors"
        )
    return int(part)


def position_of(index: Tensor) -> Any:
    """Return a tensor as an index: one without dimensions is a flag or a number."""
    array = index._array
    if array.dtype == np.uint8:
        warnings.warn("a uint8 tensor is used as a mask; use booleans", UserWarning, stacklevel=2)
        index = Tensor(array.astype(np.bool_))
    elif array.ndim and array.dtype not in INDEX_DTYPES:
        raise IndexDtypeError(f"an index of {index.dtype} was given; use integers or booleans")
    if array.dtype == np.bool_:
        check_has_numbers(array)
    if array.ndim:
        return index
    if array.dtype.kind not in "iub":
        raise IndexDtypeError(f"an index of {index.dtype} was given; use integers or booleans")
    return index._array.item()


def dims_named(part: Any) -> int:
    """Return how many dimensions of the tensor a part of a key stands for."""
    if part is None or part is Ellipsis or isinstance(part, bool):
        return 0
    return part.ndim if isinstance(part, Tensor) and part._array.dtype == np.bool_ else 1


def take_slice(input: Tensor, dim: int, part: slice) -> Tensor:
    """Return a view of a slice of one dimension; the whole dimension is the tensor itself."""
    if dim >= input.ndim:
        raise IndexError(f"dimension {dim} is sliced, the tensor has {input.ndim}")
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


def dims_of(template: tuple[Any, ...], indices: list[Tensor]) -> list[int]:
    """Return the dimension at which each tensor of a key begins."""
    dims, dim, tensors = [], 0, iter(indices)
    for part in template:
        if part is None:
            dims.append(dim)
            dim += dims_named(next(tensors))
        else:
            dim += 1
    return dims
