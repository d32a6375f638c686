"""What runs along a dimension: products, extremes and sums of exponentials up to each element."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from gradspec_reference.operators.batching import along
from gradspec_reference.operators.forward import linear, written
from gradspec_reference.operators.indexing import gather_kernel, reading
from gradspec_reference.operators.layouts import in_rows
from gradspec_reference.operators.pairs import logaddexp_kernel
from gradspec_reference.operators.reductions import has_zero, wide
from gradspec_reference.operators.row import unary_operator


def cumprod_kernel(x: Any, dim: int) -> Any:
    """Return the running product; integers are multiplied as int64."""
    return in_rows(np.cumprod(x, axis=dim, dtype=wide(x)).reshape(x.shape))


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
    others = other_factors(xp, rows)
    received = xp.reshape(g, (*shape[:-1], 1, shape[last])) * xp.triu(others, 0)
    return xp.transpose(xp.sum_dim(received, (last + 1,), False), dim, last)


def cumprod_jvp(xp: Any, t: Any, x: Any, result: Any, dim: int) -> Any:
    """Each product varies with each of its factors, by the others."""
    if not x.shape or x.shape[dim] == 1:
        return t
    if not has_zero(x):
        return xp.cumsum(t / x, dim) * result
    last = len(x.shape) - 1
    rows, t = xp.transpose(x, dim, last), xp.transpose(t, dim, last)
    shape = tuple(rows.shape)
    moved = xp.reshape(t, (*shape, 1)) * xp.triu(other_factors(xp, rows), 0)
    return xp.transpose(xp.sum_dim(moved, (last,), False), dim, last)


def other_factors(xp: Any, rows: Any) -> Any:
    """Return the running products without one factor, for each factor: a row for each."""
    *stack, n = rows.shape
    square = xp.expand(xp.reshape(rows, (*stack, 1, n)), (*stack, n, n))
    return xp.cumprod(xp.where(np.eye(n, dtype=bool), 1.0, square), len(stack) + 1)


def running_kernel(x: Any, index: Any, dim: int) -> Any:
    """Return the extremes so far, whose indices are known."""
    return in_rows(gather_kernel(x, index, dim))


def logcumsumexp_kernel(x: Any, dim: int) -> Any:
    """Return the logarithm of the running sum of exponentials."""
    if not x.ndim:
        return x.copy()
    if x.dtype.kind != "c":
        return np.logaddexp.accumulate(in_rows(x), axis=dim)
    sums = in_rows(x).copy()
    rows = np.moveaxis(sums, dim, 0)
    for before, row in itertools.pairwise(rows):
        row[...] = logaddexp_kernel(before, row)
    return sums


def logcumsumexp_rule(xp: Any, g: Any, x: Any, result: Any, dim: int) -> Any:
    """Each element receives its share of each sum that it is in; no share is above one."""
    if not x.shape:
        return g
    last = len(x.shape) - 1
    g = xp.transpose(g, dim, last)
    *stack, n = g.shape
    received = xp.reshape(g, (*stack, 1, n)) * shares_of_sums(xp, x, result, dim)
    return xp.transpose(xp.sum_dim(received, (last + 1,), False), dim, last)


def logcumsumexp_jvp(xp: Any, t: Any, x: Any, result: Any, dim: int) -> Any:
    """Each sum varies with each element that is in it, by its share."""
    if not x.shape:
        return t
    last = len(x.shape) - 1
    t = xp.transpose(t, dim, last)
    moved = xp.reshape(t, (*t.shape, 1)) * shares_of_sums(xp, x, result, dim)
    return xp.transpose(xp.sum_dim(moved, (last,), False), dim, last)


def shares_of_sums(xp: Any, x: Any, result: Any, dim: int) -> Any:
    """Return how large a share each element, in a row, has in each running sum, in a column."""
    last = len(x.shape) - 1
    x, result = (xp.transpose(v, dim, last) for v in (x, result))
    *stack, n = x.shape
    exponents = xp.reshape(x, (*stack, n, 1)) - xp.reshape(result, (*stack, 1, n))
    return xp.exp(xp.where(np.triu(np.ones((n, n), np.bool_)), exponents, -np.inf))


JVP = linear
BATCH = along
ROWS = (
    unary_operator(
        "cumprod",
        on_complex="holomorphic",
        kernel=cumprod_kernel,
        params="dim",
        saves="self result",
        vjp=cumprod_rule,
        jvp=written(cumprod_jvp),
    ),
    unary_operator(
        "logcumsumexp",
        on_complex="holomorphic",
        kernel=logcumsumexp_kernel,
        params="dim",
        saves="self result",
        vjp=logcumsumexp_rule,
        jvp=written(logcumsumexp_jvp),
    ),
    reading("cummax_values", node="CummaxBackward0", kernel=running_kernel),
    reading("cummin_values", node="CumminBackward0", kernel=running_kernel),
)
