"""Other shapes and orders of the same entries, selections, and tensors put together: all linear."""

from __future__ import annotations

import math
from operator import getitem
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.domain import TRUTH, places
from gradspec.catalogue.operator import ALWAYS, LINEAR, Given, Operator, of, on, row

if TYPE_CHECKING:
    from collections.abc import Callable


def cut(x: Any, sizes: Any, dim: int = 0) -> tuple[Any, ...]:
    """Give consecutive pieces: of one length, the last one shorter, or of several lengths."""
    length = x.shape[dim]
    if not isinstance(sizes, int) and sum(sizes) != length:
        raise ValueError("the pieces are not as long together as the whole")
    ends = range(sizes, length, sizes) if isinstance(sizes, int) else np.cumsum(sizes)[:-1]
    return tuple(np.split(x, ends, dim))


def windows(x: Any, dimension: int, size: int, step: int) -> Any:
    """Give all windows of a dimension; what is in a window is the last dimension."""
    dimension %= x.ndim  # of windows, which have one more
    every = np.lib.stride_tricks.sliding_window_view(x, size, dimension)
    return every.take(range(0, every.shape[dimension], step), dimension)


def from_memory(x: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """Read entries of the memory of a tensor that lies row by row."""
    grids = np.indices(size)
    start = storage_offset or 0
    return x.ravel()[start + sum(s * g for s, g in zip(stride, grids, strict=True))]


def flattened(x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Make a range of dimensions one."""
    last = end_dim % x.ndim + 1
    length = math.prod(x.shape[start_dim:last])
    return x.reshape(*x.shape[:start_dim], length, *x.shape[last:])


def pieces(x: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """Give at most so many pieces, of equal length but for the last."""
    length = x.shape[dim]
    return cut(x, -(-length // chunks) if length else (0,) * chunks, dim)


def read_along(x: Any, indices: Any, dim: int | None = None) -> Any:
    """Read along a dimension, or from all entries in a row."""
    return np.take_along_axis(x.ravel() if dim is None else x, indices, dim)


def filled(x: Any, mask: Any, value: Any) -> Any:
    """Give x, with a number where the mask holds."""
    return np.where(mask, value, x)


METHOD: Final[dict[str, Any]] = {"method": True}
SEVERAL: Final[dict[str, Any]] = {"several": ALWAYS, "dimensioned": True}
IN_PLACE: Final[dict[str, Any]] = {"has_inplace": True}


def linear(called: str, formula: Callable[..., Any], plain: Given, **more: Any) -> Operator:
    """Write the row of an operator that is linear in each operand."""
    return row(called, formula, LINEAR, plain, **more)


SHAPES: Final = (
    linear(
        "view(x, *shape)",
        np.reshape,
        on(2, 3, shape=(3, 2)),
        **METHOD,
        hands_on=True,
        of_memory=True,
        holomorphic=True,
    ),
    linear(
        "reshape(x, *shape)", np.reshape, on(2, 3, shape=(3, -1)), hands_on=True, holomorphic=True
    ),
    linear(
        "flatten(x, start_dim=0, end_dim=-1)",
        flattened,
        on(2, 3, 2),
        some=on(2, 3, 2, 2, start_dim=1, end_dim=2),
        hands_on=True,
        holomorphic=True,
    ),
    linear(
        "transpose(x, dim0, dim1)",
        np.swapaxes,
        on(2, 3, 4, dim0=0, dim1=2),
        **IN_PLACE,
        holomorphic=True,
    ),
    linear("permute(x, *dims)", np.transpose, on(2, 3, 4, dims=(2, 0, 1)), holomorphic=True),
    linear("flip(x, *dims)", np.flip, on(2, 3, dims=(1,)), holomorphic=True),
    linear("t(x)", np.transpose, on(2, 3), **METHOD, **IN_PLACE, holomorphic=True),
    linear("contiguous(x)", np.array, on(2, 3), **METHOD, holomorphic=True),
    linear(
        "movedim(x, source, destination)",
        np.moveaxis,
        on(2, 3, 4, source=0, destination=2),
        holomorphic=True,
    ),
    linear(
        "expand(x, *size)",
        np.broadcast_to,
        on(2, 1, size=(2, 3)),
        new=on(3, size=(2, 3)),
        **METHOD,
        keeps="?",
        holomorphic=True,
    ),
    linear(
        "broadcast_to(x, size)",
        np.broadcast_to,
        on(2, 1, size=(2, 3)),
        new=on(3, size=(2, 3)),
        keeps="?",
        holomorphic=True,
    ),
    linear(
        "squeeze(x, dim=None)",
        np.squeeze,
        on(1, 2, 1, 3),
        dim=on(1, 2, 3, 1, dim=0),
        dims=on(1, 2, 1, 3, 1, dim=(0, 2)),
        **IN_PLACE,
        hands_on=True,
        lenient=True,
        holomorphic=True,
    ),
    linear(
        "unsqueeze(x, dim)",
        np.expand_dims,
        on(2, 3, dim=1),
        **IN_PLACE,
        hands_on=True,
        holomorphic=True,
    ),
    linear(
        "narrow(x, dim, start, length)",
        lambda x, dim, start, length: x.take(range(start, start + length), dim),
        on(2, 4, dim=1, start=1, length=2),
        holomorphic=True,
    ),
    linear(
        "select(x, dim, index)",
        lambda x, dim, index: x.take(index, dim),
        on(2, 3, dim=1, index=2),
        holomorphic=True,
    ),
    linear(
        "diagonal(x, offset=0, dim1=0, dim2=1)",
        np.diagonal,
        on(3, 4),
        offset=on(2, 3, 4, offset=1, dim1=1, dim2=2),
        holomorphic=True,
    ),
    linear(
        "unfold(x, dimension, size, step)",
        windows,
        on(2, 5, dimension=1, size=3, step=2),
        overlap=on(4, 2, dimension=0, size=3, step=1),
        **METHOD,
        holomorphic=True,
    ),
    linear(
        "split(x, split_size_or_sections, dim=0)",
        cut,
        on(3, 2, split_size_or_sections=2),
        sections=on(2, 4, split_size_or_sections=[1, 3], dim=1),
        **SEVERAL,
        keeps="?",
        holomorphic=True,
    ),
    linear(
        "unsafe_split(x, split_size, dim=0)",
        cut,
        on(2, 3, split_size=2, dim=1),
        first=on(3, 2, split_size=2),
        **SEVERAL,
        holomorphic=True,
    ),
    linear(
        "chunk(x, chunks, dim=0)",
        pieces,
        on(2, 5, chunks=3, dim=1),
        first=on(5, 2, chunks=3),
        **SEVERAL,
        keeps="?",
        holomorphic=True,
    ),
    linear(
        "unsafe_chunk(x, chunks, dim=0)",
        pieces,
        on(3, 2, chunks=2),
        dim=on(2, 5, chunks=3, dim=1),
        **SEVERAL,
        holomorphic=True,
    ),
    linear(
        "unbind(x, dim=0)",
        lambda x, dim=0: tuple(np.moveaxis(x, dim, 0)),
        on(2, 3),
        dim=on(2, 3, dim=1),
        **SEVERAL,
        keeps="?",
        holomorphic=True,
    ),
    linear(
        "as_strided(x, size, stride, storage_offset=None)",
        from_memory,
        on(3, 3, size=(2, 2), stride=(3, 1), storage_offset=1),
        overlap=on(2, 3, size=(3, 2), stride=(1, 2)),
        of_memory=True,
        **IN_PLACE,
        holomorphic=True,
    ),
    linear(
        "view_as(x, other)",
        lambda x, other: x.reshape(other.shape),
        on(2, 3, other=of(3, 2)),
        **METHOD,
        hands_on=True,
        of_memory=True,
        holomorphic=True,
    ),
    linear(
        "expand_as(x, other)",
        lambda x, other: np.broadcast_to(x, other.shape),
        on(3, other=of(2, 3)),
        **METHOD,
        keeps="?",
        holomorphic=True,
    ),
    linear(
        "roll(x, shifts, dims=None)",
        np.roll,
        on(2, 3, shifts=1, dims=1),
        flat=on(2, 3, shifts=2),
        holomorphic=True,
    ),
    linear("repeat(x, *repeats)", np.tile, on(2, 3, repeats=(2, 1, 3)), **METHOD, holomorphic=True),
    linear(
        "tril(x, diagonal=0)",
        np.tril,
        on(3, 4),
        diagonal=on(2, 3, 4, diagonal=1),
        **IN_PLACE,
        holomorphic=True,
    ),
    linear(
        "triu(x, diagonal=0)",
        np.triu,
        on(3, 4),
        diagonal=on(2, 3, 4, diagonal=-1),
        **IN_PLACE,
        holomorphic=True,
    ),
    linear(
        "cat(tensors, dim=0)",
        np.concatenate,
        {"tensors": [of(1, 3), of(2, 3)]},
        dim={"tensors": [of(2, 2), of(2, 1)], "dim": 1},
        hands_on=True,
        promotes=True,
        holomorphic=True,
    ),
    linear(
        "stack(tensors, dim=0)",
        np.stack,
        {"tensors": [of(2, 3), of(2, 3)]},
        dim={"tensors": [of(2, 3), of(2, 3)], "dim": 2},
        hands_on=True,
        promotes=True,
        holomorphic=True,
    ),
)

SELECTIONS: Final = (
    linear(
        "getitem(x, index)",
        getitem,
        on(3, 4, index=(1, slice(1, None))),
        steps=on(5, 2, index=(slice(0, 4, 2), None)),
        places=on(3, 2, index=of(4, domain=places(3))),
        mask=on(2, 3, index=of(2, 3, domain=TRUTH)),
        sign="$x[$index]",
        torch=None,
        holomorphic=True,
    ),
    linear(
        "index_select(x, dim, index)",
        lambda x, dim, index: x.take(index, dim),
        on(2, 3, dim=1, index=of(4, domain=places(3))),
        holomorphic=True,
    ),
    linear(
        "gather(x, dim, index)",
        lambda x, dim, index: np.take_along_axis(x, index, dim),
        on(2, 3, dim=1, index=of(2, 4, domain=places(3))),
        keeps="index x",
        lenient=True,
        holomorphic=True,
    ),
    linear(
        "take_along_dim(x, indices, dim=None)",
        read_along,
        on(3, 2, indices=of(4, 2, domain=places(3)), dim=0),
        flat=on(2, 2, indices=of(5, domain=places(4))),
        keeps="x",
        dimensioned=True,
        lenient=True,
        holomorphic=True,
    ),
    linear(
        "masked_fill(x, mask, value)",
        filled,
        on(2, 3, mask=of(2, 3, domain=TRUTH), value=7.0),
        means="value if mask else x",
        tensor=on(2, 3, mask=of(3, domain=TRUTH), value=of()),
        **IN_PLACE,
        holomorphic=True,
    ),
)
