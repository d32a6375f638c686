"""Tensors joined, repeated, turned, cut and padded, defined by where each entry comes from."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

Shape = tuple[int, ...]


def built(shape: Any, entry: Callable[[Shape], Any]) -> Any:
    """Say for each place of the result what stands there."""
    result = np.empty(tuple(shape), object)
    for place in np.ndindex(*result.shape):
        result[place] = entry(place)
    return result


def with_length(place: Any, dim: int, new: int) -> Shape:
    return (*place[:dim], new, *place[dim + 1 :])


def joined(dim: int, raised: Callable[[Any], Any]) -> Callable[..., Any]:
    """Put tensors one after the other along a dimension, once they have it."""

    def result(tensors: list[Any]) -> Any:
        seen = [raised(each) for each in tensors]
        axis = min(dim, seen[0].ndim - 1)
        owner = [(n, i) for n, each in enumerate(seen) for i in range(each.shape[axis])]
        return built(
            with_length(seen[0].shape, axis, len(owner)),
            lambda at: seen[owner[at[axis]][0]][with_length(at, axis, owner[at[axis]][1])],
        )

    return result


def row(x: Any) -> Any:
    return x[None, :] if x.ndim == 1 else x


def column(x: Any) -> Any:
    return x[:, None] if x.ndim == 1 else x


def layer(x: Any) -> Any:
    return row(x)[:, :, None] if x.ndim < 3 else x


def blocks(tensors: list[Any]) -> Any:
    seen = [row(each) for each in tensors]
    rows = [(n, i) for n, each in enumerate(seen) for i in range(each.shape[0])]
    columns = [(n, j) for n, each in enumerate(seen) for j in range(each.shape[1])]

    def entry(at: Shape) -> Any:
        (n, i), (m, j) = rows[at[0]], columns[at[1]]
        return seen[n][i, j] if n == m else mp.mpf(0)

    return built((len(rows), len(columns)), entry)


def grids(tensors: list[Any], indexing: str) -> Any:
    lengths = [len(each) for each in tensors]
    order = [1, 0, *range(2, len(tensors))] if indexing == "xy" else range(len(tensors))
    shape = [lengths[n] for n in order]
    axis = {n: list(order).index(n) for n in range(len(tensors))}
    return tuple(
        built(shape, lambda at, n=n, each=each: each[at[axis[n]]])  # type: ignore[misc]
        for n, each in enumerate(tensors)
    )


def spread(tensors: list[Any]) -> Any:
    """Read every tensor at the last coordinates, at 0 where its length is one."""
    ndim = max(each.ndim for each in tensors)
    full = [(1,) * (ndim - each.ndim) + each.shape for each in tensors]

    def seen(each: Any) -> Callable[[Shape], Any]:
        return lambda at: each[
            tuple(min(i, n - 1) for i, n in zip(at[ndim - each.ndim :], each.shape, strict=True))
        ]

    return tuple(built(map(max, *full), seen(each)) for each in tensors)


def rows_of(tuples: Any) -> Any:
    return np.array([list(each) for each in tuples], object)


def choices(x: Any, r: int = 2, with_replacement: bool = False) -> Any:
    every = itertools.product(range(len(x)), repeat=r)
    ordered = [t for t in every if list(t) == sorted(t)]
    chosen = [t for t in ordered if with_replacement or len(set(t)) == r]
    return rows_of([x[i] for i in t] for t in chosen)


def tiled(x: Any, dims: Any) -> Any:
    counts = (1,) * (x.ndim - len(dims)) + tuple(dims)
    shape = (1,) * (len(counts) - x.ndim) + x.shape
    seen = x.reshape(shape)
    return built(
        [n * c for n, c in zip(shape, counts, strict=True)],
        lambda at: seen[tuple(i % n for i, n in zip(at, shape, strict=True))],
    )


def repeated(x: Any, repeats: Any, dim: int | None = None, *_size: int) -> Any:
    if dim is None:
        x, dim = np.array([x[at] for at in np.ndindex(*x.shape)], object), 0
    counts = np.broadcast_to(repeats, (x.shape[dim],)).tolist()
    source = [i for i, count in enumerate(counts) for _ in range(count)]
    return built(
        with_length(x.shape, dim, len(source)),
        lambda at: x[with_length(at, dim, source[at[dim]])],
    )


def flipped(dim: int) -> Callable[[Any], Any]:
    return lambda x: built(x.shape, lambda at: x[with_length(at, dim, x.shape[dim] - 1 - at[dim])])


def swapped(x: Any, first: int, second: int) -> Any:
    order = list(range(x.ndim))
    first, second = order[first], order[second]
    order[first], order[second] = second, first
    return built([x.shape[d] for d in order], lambda at: x[tuple(at[d] for d in order)])


def turned(x: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """Turn once, so many times: swap the dimensions, and reverse the first."""
    for _ in range(k % 4):
        x = flipped(dims[0])(swapped(x, *dims))
    return x


def cut(x: Any, sections: Any, dim: int = 0) -> Any:
    length = x.shape[dim]
    if isinstance(sections, int):
        sizes = [length // sections + (n < length % sections) for n in range(sections)]
        sections = [sum(sizes[: n + 1]) for n in range(len(sizes) - 1)]
    return tuple(
        built(
            with_length(x.shape, dim, end - start),
            lambda at, s=start: x[  # type: ignore[misc]
                with_length(at, dim, at[dim] + s)
            ],
        )
        for start, end in itertools.pairwise([0, *sections, length])
    )


def source(place: int, length: int, mode: str) -> int | None:
    """Say which entry stands at a place that may be outside."""
    if 0 <= place < length:
        return place
    if mode == "reflect":
        return -place if place < 0 else 2 * (length - 1) - place
    if mode == "replicate":
        return 0 if place < 0 else length - 1
    return place % length if mode == "circular" else None


def padded(x: Any, pad: Any, mode: str = "constant", value: float = 0.0) -> Any:
    before, after = [0] * x.ndim, [0] * x.ndim
    for n in range(len(pad) // 2):
        before[-1 - n], after[-1 - n] = pad[2 * n], pad[2 * n + 1]

    def entry(at: Shape) -> Any:
        found = [source(i - b, n, mode) for i, b, n in zip(at, before, x.shape, strict=True)]
        return mp.mpf(value) if None in found else x[tuple(found)]

    return built([b + n + a for b, n, a in zip(before, x.shape, after, strict=True)], entry)


DEFINITIONS: dict[str, Callable[..., Any]] = {
    "hstack": joined(1, lambda x: x),
    "vstack": joined(0, row),
    "dstack": joined(2, layer),
    "column_stack": joined(1, column),
    "block_diag": blocks,
    "meshgrid": grids,
    "cartesian_prod": lambda tensors: rows_of(itertools.product(*tensors)),
    "broadcast_tensors": spread,
    "combinations": choices,
    "tile": tiled,
    "repeat_interleave": repeated,
    "fliplr": flipped(1),
    "flipud": flipped(0),
    "rot90": turned,
    "swapaxes": swapped,
    "unflatten": lambda x, dim, sizes: x.reshape(*x.shape[:dim], *sizes, *x.shape[dim + 1 :]),
    "tensor_split": cut,
    "pad": padded,
}
