"""What is put into a tensor, defined entry by entry, in loops, on the numbers of mpmath."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Pairs = Iterator[tuple[tuple[int, ...], Any]]


def at(place: Any, dim: int, index: Any) -> tuple[int, ...]:
    return (*place[:dim], int(index), *place[dim + 1 :])


def number(value: Any) -> Any:
    return value.item() if isinstance(value, np.ndarray) else mp.mpf(value)


def putting(pairs: Callable[..., Pairs]) -> Callable[..., Any]:
    """Put entries into a copy, one after the other."""

    def result(x: Any, *given: Any, **named: Any) -> Any:
        whole = x.copy()
        for place, entry in pairs(x, *given, **named):
            whole[place] = entry
        return whole

    return result


def adding(pairs: Callable[..., Pairs]) -> Callable[..., Any]:
    """Add entries to a copy, one after the other."""

    def result(x: Any, *given: Any, **named: Any) -> Any:
        whole = x.copy()
        for place, entry in pairs(x, *given, **named):
            whole[place] += entry
        return whole

    return result


def slices(_x: Any, dim: int, index: Any, source: Any, alpha: Any = 1) -> Pairs:
    for place in np.ndindex(*source.shape):
        yield at(place, dim, index[place[dim]]), alpha * source[place]


def filled(x: Any, dim: int, index: Any, value: Any) -> Pairs:
    for place in np.ndindex(*x.shape):
        if place[dim] in index.tolist():
            yield place, number(value)


def at_indices(x: Any, indices: Any, values: Any) -> Pairs:
    rest = x.shape[len(indices) :]
    for n, place in enumerate(zip(*indices, strict=True)):
        for inner in np.ndindex(*rest):
            yield (*map(int, place), *inner), values[(n, *inner)]


def at_flat(x: Any, index: Any, source: Any) -> Pairs:
    every = list(np.ndindex(*x.shape))
    for place in np.ndindex(*index.shape):
        yield every[index[place]], source[place]


def under(x: Any, mask: Any) -> list[tuple[int, ...]]:
    shown = np.broadcast_to(mask, x.shape)
    return [place for place in np.ndindex(*x.shape) if shown[place]]


def under_mask(x: Any, mask: Any, source: Any) -> Pairs:
    entries = [source[place] for place in np.ndindex(*source.shape)]
    yield from zip(under(x, mask), entries, strict=False)


def along(x: Any, dim: int, index: Any, src: Any = None, value: Any = None) -> Pairs:
    del x
    for place in np.ndindex(*index.shape):
        yield at(place, dim, index[place]), src[place] if value is None else number(value)


def selected(_x: Any, src: Any, dim: int, index: int) -> Pairs:
    for place in np.ndindex(*src.shape):
        yield (*place[:dim], index, *place[dim:]), src[place]


def sliced(
    x: Any, src: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Pairs:
    there = range(x.shape[dim])[start:end:step]
    for place in np.ndindex(*src.shape):
        yield at(place, dim, there[place[dim]]), src[place]


def on_diagonal(x: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Pairs:
    others = [d for d in range(x.ndim) if d not in (dim1, dim2)]
    for place in np.ndindex(*src.shape):
        row = place[-1] - min(offset, 0)
        where = {dim1: row, dim2: row + offset, **dict(zip(others, place, strict=False))}
        yield tuple(where[d] for d in range(x.ndim)), src[place]


def embedded(x: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    size, dims = x.shape[-1] + abs(offset), x.ndim + 1
    shape: list[int] = [*x.shape[:-1]]
    for dim in sorted((dim1 % dims, dim2 % dims)):
        shape.insert(dim, size)
    zeros = np.full(shape, mp.mpf(0), object)
    return putting(on_diagonal)(zeros, x, offset, dim1 % dims, dim2 % dims)


def diagonal(x: Any, diagonal: int = 0) -> Any:
    if x.ndim == 1:
        return embedded(x, diagonal)
    rows, columns = x.shape
    found = [
        x[i, j] for i, j in itertools.product(range(rows), range(columns)) if j - i == diagonal
    ]
    return np.array(found, object)


REDUCED: dict[str, Callable[[list[Any]], Any]] = {
    "sum": mp.fsum,
    "mean": lambda v: mp.fsum(v) / len(v),
    "prod": mp.fprod,
    "amax": max,
    "amin": min,
}


def reduced(x: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool = True) -> Any:
    whole = x.copy()
    for place in np.ndindex(*x.shape):
        sent = [entry for where, entry in along(x, dim, index, src) if where == place]
        if sent:
            whole[place] = REDUCED[reduce]([x[place], *sent] if include_self else sent)
    return whole


def joined(x: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str) -> Any:
    sent = np.full(index.shape, number(value)) if src is None else src
    return reduced(x, dim, index, sent, {"add": "sum", "multiply": "prod"}[reduce])


def either(pairs: Callable[..., Pairs]) -> Callable[..., Any]:
    """Put entries, or add them."""
    return lambda x, where, values, accumulate=False: (adding if accumulate else putting)(pairs)(
        x, where, values
    )


def listed(places: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, mask: np.array([x[place] for place in places(x, mask)], object)


def taken(x: Any, index: Any) -> Any:
    every = [x[place] for place in np.ndindex(*x.shape)]
    result = np.empty(index.shape, object)
    for place in np.ndindex(*index.shape):
        result[place] = every[index[place]]
    return result


DEFINITIONS: dict[str, Callable[..., Any]] = {
    "index_add": adding(slices),
    "index_copy": putting(slices),
    "index_fill": putting(filled),
    "index_put": either(at_indices),
    "put": either(at_flat),
    "masked_scatter": putting(under_mask),
    "scatter": putting(along),
    "scatter_add": adding(along),
    "scatter_reduce": reduced,
    "scatter_joined": joined,
    "take": taken,
    "masked_select": listed(under),
    "select_scatter": putting(selected),
    "slice_scatter": putting(sliced),
    "diagonal_scatter": putting(on_diagonal),
    "diag_embed": embedded,
    "diag": diagonal,
}
