"""Pooling: the entries at places, and means of stretches."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.operators.batching import shifted
from gradspec_reference.operators.forward import linear
from gradspec_reference.operators.indexing import array_of
from gradspec_reference.operators.row import Operator, unary_operator

Bins = tuple[tuple[tuple[int, int], ...], ...]
Divisors = tuple[tuple[float, ...], ...]


def places(indices: Any, shape: tuple[int, ...], count: int) -> tuple[Any, ...]:
    """Return the NumPy index that reads numbered places of the last dimensions."""
    indices = array_of(indices)
    leading = len(shape) - count
    rows = [np.arange(n) for n in shape[:leading]]
    grid = np.ix_(*rows) if rows else ()
    lead = [each.reshape(*each.shape, *(1,) * count) for each in grid]
    return (*lead, *np.unravel_index(indices, shape[leading:]))


def max_pool_rule(xp: Any, g: Any, x: Any, indices: Any, count: int) -> Any:
    """Return what was read, added where it was read."""
    return xp.scatter_to(g, tuple(x.shape), places(indices, tuple(x.shape), count))


def along(ndim: int, dim: int, where: Any) -> tuple[Any, ...]:
    """Return the index of a place or a stretch in one dimension."""
    return tuple(where if d == dim else slice(None) for d in range(ndim))


def avg_pool_kernel(x: Any, bins: Bins, divisors: Divisors) -> Any:
    """Return the sum of each stretch over a number, one dimension after the other."""
    for dim, (stretches, shares) in enumerate(zip(bins, divisors, strict=True), x.ndim - len(bins)):
        shape = (*x.shape[:dim], len(stretches), *x.shape[dim + 1 :])
        result = np.empty(shape, x.dtype)
        for number, ((start, end), share) in enumerate(zip(stretches, shares, strict=True)):
            part = np.add.reduce(x[along(x.ndim, dim, slice(start, end))], dim)
            result[along(x.ndim, dim, number)] = part / share
        x = result
    return x


def avg_pool_backward_kernel(g: Any, shape: tuple[int, ...], bins: Bins, divisors: Divisors) -> Any:
    """Give every entry its share of each stretch that it was in."""
    for dim, (stretches, shares) in enumerate(zip(bins, divisors, strict=True), g.ndim - len(bins)):
        result = np.zeros((*g.shape[:dim], shape[dim], *g.shape[dim + 1 :]), g.dtype)
        for number, ((start, end), share) in enumerate(zip(stretches, shares, strict=True)):
            part = g[along(g.ndim, dim, slice(number, number + 1))] / share
            result[along(g.ndim, dim, slice(start, end))] += part
        g = result
    return g


JVP = linear
BATCH = shifted
ROWS = (
    Operator(
        "max_pool",
        node="MaxPool2DWithIndicesBackward0",
        kernel=lambda x, indices, count: x[places(indices, x.shape, count)],
        operands="self indices",
        params="count",
        saves="self indices",
        flat="self",
        vjp={"self": max_pool_rule},
    ),
    unary_operator(
        "avg_pool",
        node="AvgPool2DBackward0",
        kernel=avg_pool_kernel,
        params="bins divisors",
        saves="self",
        flat="self",
        vjp=lambda xp, g, x, *how: xp.avg_pool_backward(g, tuple(x.shape), *how),
    ),
    unary_operator(
        "avg_pool_backward",
        node="AvgPool2DBackwardBackward0",
        kernel=avg_pool_backward_kernel,
        params="size bins divisors",
        vjp=lambda xp, g, _shape, *how: xp.avg_pool(g, *how),
    ),
)
