"""What runs along a dimension: products, extremes and sums of exponentials up to each element."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.operators.indexing import reading
from gradspec_reference.operators.reductions import has_zero, wide
from gradspec_reference.operators.row import unary_operator


def cumprod_kernel(x: Any, dim: int) -> Any:
    """Return the running product; integers are multiplied as int64."""
    return np.cumprod(x, axis=dim, dtype=wide(x)).reshape(x.shape)


def reversed_cumsum(xp: Any, g: Any, dim: int) -> Any:
    """Return the running sum from the other end."""
    return xp.flip(xp.cumsum(xp.flip(g, (dim,)), dim), (dim,))


def cumprod_rule(xp: Any, g: Any, x: Any, result: Any, dim: int) -> Any:
    """Each element receives, of each product that it is in, the others.

    Where elements are zero the others are multiplied, element by element, without a division.
    """
    if not x.shape or x.shape[dim] == 1:
        return g
    if not has_zero(x):
        return reversed_cumsum(xp, g * result, dim) / x
    last = len(x.shape) - 1
    rows, g = xp.transpose(x, dim, last), xp.transpose(g, dim, last)
    shape = tuple(rows.shape)
    n = shape[last]
    square = xp.expand(xp.reshape(rows, (*shape[:-1], 1, n)), (*shape[:-1], n, n))
    others = xp.cumprod(xp.where(np.eye(n, dtype=bool), 1.0, square), last + 1)
    received = xp.reshape(g, (*shape[:-1], 1, n)) * xp.triu(others, 0)
    return xp.transpose(xp.sum_dim(received, (last + 1,), False), dim, last)


def logcumsumexp_kernel(x: Any, dim: int) -> Any:
    """Return the logarithm of the running sum of exponentials."""
    return np.logaddexp.accumulate(x, axis=dim) if x.ndim else x.copy()


def logcumsumexp_rule(xp: Any, g: Any, x: Any, result: Any, dim: int) -> Any:
    """Each element receives its share of each sum that it is in; no share is above one."""
    if not x.shape:
        return g
    last = len(x.shape) - 1
    x, result, g = (xp.transpose(v, dim, last) for v in (x, result, g))
    shape = tuple(x.shape)
    n = shape[last]
    sums, each = (*shape[:-1], 1, n), (*shape[:-1], n, 1)
    exponents = xp.reshape(x, each) - xp.reshape(result, sums)
    shares = xp.exp(xp.where(np.triu(np.ones((n, n), np.bool_)), exponents, -np.inf))
    received = xp.sum_dim(xp.reshape(g, sums) * shares, (last + 1,), False)
    return xp.transpose(received, dim, last)


ROWS = (
    unary_operator(
        "cumprod", kernel=cumprod_kernel, params="dim", saves="self result", vjp=cumprod_rule
    ),
    unary_operator(
        "logcumsumexp",
        kernel=logcumsumexp_kernel,
        params="dim",
        saves="self result",
        vjp=logcumsumexp_rule,
    ),
    reading("cummax_values", node="CummaxBackward0"),
    reading("cummin_values", node="CumminBackward0"),
)
