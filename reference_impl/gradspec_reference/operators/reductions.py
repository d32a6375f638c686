"""Reductions: fewer elements from many; start at `spread`, which all their rules use."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradspec_reference.engine.operator import Operator

Dims = tuple[int, ...]

# the ufunc methods that np.sum and np.max reach by a longer way
ADD: Any = np.add.reduce
MAX: Any = np.maximum.reduce


def kept(shape: Dims, dims: Dims) -> Dims:
    """Return the shape of a reduction that keeps the reduced dimensions."""
    return tuple(1 if i in dims else n for i, n in enumerate(shape))


def restore(xp: Any, value: Any, shape: Dims, dims: Dims, keepdim: bool) -> Any:
    """Put reduced dimensions back, with length one."""
    return value if keepdim else xp.reshape(value, kept(shape, dims))


def spread(xp: Any, g: Any, shape: Dims, dims: Dims, keepdim: bool) -> Any:
    """Repeat a reduction's gradient over what was reduced."""
    return xp.spread(restore(xp, g, shape, dims, keepdim), shape)


def count(shape: Dims, dims: Dims) -> int:
    """Return how many elements each result was made from."""
    return math.prod(shape[d] for d in dims)


def every(shape: Dims) -> Dims:
    """Return all dimensions of a shape."""
    return tuple(range(len(shape)))


def sum_kernel(x: Any, dims: Dims | None = None, keepdim: bool = False) -> Any:
    """Return the sum; integers are summed as int64."""
    return ADD(x, dims, wide(x), None, keepdim)


def wide(x: Any) -> Any:
    """Return the dtype in which integers and booleans are accumulated; None for floats."""
    return None if x.dtype.kind == "f" else np.int64


def prod_kernel(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the product; integers are multiplied as int64."""
    return np.prod(x, axis=dim if x.ndim else None, dtype=wide(x), keepdims=keepdim)


def mean_kernel(x: Any, dims: Dims | None = None, keepdim: bool = False) -> Any:
    """Return the mean."""
    n = x.size if dims is None else count(x.shape, dims)
    total = ADD(x, dims, None, None, keepdim)
    return total / n if n else total * np.nan


def all_but_one(xp: Any, rows: Any) -> Any:
    """Product along the last dimension of all elements but one, for each element.

    Written without a division, so it holds, to all orders, where elements are zero.
    """
    n = rows.shape[-1]
    square = xp.expand(xp.reshape(rows, (*rows.shape[:-1], 1, n)), (*rows.shape[:-1], n, n))
    return xp.prod_dim(xp.where(np.eye(n, dtype=bool), 1.0, square), len(rows.shape), False)


def has_zero(x: Any) -> bool:
    """Tell whether some element is zero."""
    return bool((x == 0).any())


def prod_rule(xp: Any, g: Any, x: Any, result: Any) -> Any:
    """Each element receives the product of the others."""
    if not has_zero(x):
        return g * result / x
    others = all_but_one(xp, xp.reshape(x, (math.prod(x.shape),)))
    return g * xp.reshape(others, tuple(x.shape))


def prod_dim_rule(xp: Any, g: Any, x: Any, result: Any, dim: int, keepdim: bool) -> Any:
    """Each element receives the product of the others along the dimension."""
    shape = tuple(x.shape)
    g = restore(xp, g, shape, (dim,), keepdim)
    if not has_zero(x):
        return g * restore(xp, result, shape, (dim,), keepdim) / x
    last = len(shape) - 1
    rows = xp.transpose(x, dim, last) if shape else xp.reshape(x, (1,))
    others = all_but_one(xp, rows)
    return g * (xp.transpose(others, dim, last) if shape else xp.reshape(others, ()))


def var_kernel(x: Any, dims: Dims, correction: float, keepdim: bool) -> Any:
    """Return the mean square deviation, with n - correction in the denominator."""
    deviation = x - mean_kernel(x, dims, True)
    free = max(count(x.shape, dims) - correction, 0)
    return ADD(deviation * deviation, dims, None, None, keepdim) / x.dtype.type(free)


def var_rule(xp: Any, g: Any, x: Any, dims: Dims, correction: float, keepdim: bool) -> Any:
    """d var / dx = 2 (x - mean) / (n - correction)."""
    shape = tuple(x.shape)
    free = count(shape, dims) - correction
    slope = 2 / free if free > 0 else math.inf
    return restore(xp, g, shape, dims, keepdim) * ((x - xp.mean_dim(x, dims, True)) * slope)


def std_rule(
    xp: Any, g: Any, x: Any, result: Any, dims: Dims, correction: float, keepdim: bool
) -> Any:
    """Return the variance's derivative over 2 std; 0 where all elements are equal."""
    slope = xp.where(result == 0, 0.0, g / (result * 2))
    return var_rule(xp, slope, x, dims, correction, keepdim)


def extreme_rule(xp: Any, g: Any, x: Any, result: Any, dims: Dims, keepdim: bool) -> Any:
    """Elements that tie for the extreme value share the gradient equally."""
    shape = tuple(x.shape)
    winners = x == restore(xp, result, shape, dims, keepdim)
    return restore(xp, g, shape, dims, keepdim) * winners / xp.sum_dim(winners, dims, True)


def median_kernel(x: Any) -> Any:
    """Return the middle element, the lower one of two; NaN if there is one, or no element."""
    ordered = np.sort(x, axis=None)
    if not x.size or np.isnan(ordered[-1]):
        return x.dtype.type(np.nan)
    return ordered[(x.size - 1) // 2]


def chosen_rule(xp: Any, g: Any, x: Any, result: Any) -> Any:
    """Elements equal to the chosen one share the gradient; NaNs are equal here."""
    shape = tuple(x.shape)
    if not bool(xp.isnan(result)):
        return extreme_rule(xp, g, x, result, every(shape), False)
    missing = xp.isnan(x)
    return restore(xp, g, shape, every(shape), False) * missing / xp.sum(missing)


def logsumexp_kernel(x: Any, dims: Dims, keepdim: bool) -> Any:
    """Log of the sum of exp, shifted by the maximum."""
    top = np.max(x, axis=dims, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, x.dtype.type(0))
    result = np.log(np.sum(np.exp(x - top), axis=dims, keepdims=True)) + top
    return result if keepdim else np.squeeze(result, dims)[()]


def logsumexp_rule(xp: Any, g: Any, x: Any, result: Any, dims: Dims, keepdim: bool) -> Any:
    """Return the softmax."""
    shape = tuple(x.shape)
    weights = xp.exp(x - restore(xp, result, shape, dims, keepdim))
    return restore(xp, g, shape, dims, keepdim) * weights


def norm_kernel(x: Any, order: float, dims: Dims, keepdim: bool) -> Any:
    """Return the vector norm of an order."""
    if order == 2:  # noqa: PLR2004 - the Euclidean norm
        return np.sqrt(ADD(x * x, dims, None, None, keepdim))
    if order == 0:
        return ADD(x != 0, dims, x.dtype, None, keepdim)
    size = np.abs(x)
    if math.isinf(order):
        extreme = np.max if order > 0 else np.min
        return extreme(size, axis=dims, keepdims=keepdim)
    if order == 1:
        return np.sum(size, axis=dims, keepdims=keepdim)
    return np.sum(size**order, axis=dims, keepdims=keepdim) ** (1 / order)


def norm_rule(xp: Any, g: Any, x: Any, result: Any, order: float, dims: Dims, keepdim: bool) -> Any:
    """Return the subgradient of least norm: 0 where the norm is 0."""
    if order == 0:
        return xp.zeros_like(x)
    shape = tuple(x.shape)
    g, result = (restore(xp, v, shape, dims, keepdim) for v in (g, result))
    if order == 1:
        return g * xp.sign(x)
    if math.isinf(order):
        return extreme_rule(xp, g, xp.abs(x), result, dims, keepdim=True) * xp.sign(x)
    if order == 2:  # noqa: PLR2004 - the Euclidean norm
        return x * xp.where(result == 0, 0.0, g / result)
    slope = xp.where(result == 0, 0.0, g / xp.pow_scalar(result, order - 1))
    power = xp.where(x == 0, 0.0, xp.pow_scalar(xp.abs(x), order - 1))
    return xp.sign(x) * power * slope


def row(name: str, node: str, kernel: Any, needs: str, rule: Any, params: str = "") -> Operator:
    """Return a row of one operand."""
    return Operator(name, node, kernel, ("self",), {"self": (needs, rule)}, params)


DIM = "dim keepdim"
ROWS = (
    row(
        "sum",
        "SumBackward0",
        sum_kernel,
        "self_shape",
        lambda xp, g, shape: xp.everywhere(g, shape),
    ),
    row("sum_dim", "SumBackward1", sum_kernel, "self_shape", spread, DIM),
    row(
        "mean",
        "MeanBackward0",
        mean_kernel,
        "self_shape",
        lambda xp, g, shape: xp.spread(g / math.prod(shape), shape),
    ),
    row(
        "mean_dim",
        "MeanBackward1",
        mean_kernel,
        "self_shape",
        lambda xp, g, s, dims, keepdim: spread(xp, g / count(s, dims), s, dims, keepdim),
        DIM,
    ),
    row("prod", "ProdBackward0", prod_kernel, "self result", prod_rule),
    row(
        "prod_dim",
        "ProdBackward1",
        prod_kernel,
        "self result",
        prod_dim_rule,
        DIM,
    ),
    row("var", "VarBackward0", var_kernel, "self", var_rule, "dim correction keepdim"),
    row(
        "std",
        "StdBackward0",
        lambda x, *how: np.sqrt(var_kernel(x, *how)),
        "self result",
        std_rule,
        "dim correction keepdim",
    ),
    row(
        "amax",
        "AmaxBackward0",
        lambda x, dims, keepdim: np.max(x, axis=dims, keepdims=keepdim),
        "self result",
        extreme_rule,
        DIM,
    ),
    row(
        "amin",
        "AminBackward0",
        lambda x, dims, keepdim: np.min(x, axis=dims, keepdims=keepdim),
        "self result",
        extreme_rule,
        DIM,
    ),
    row(
        "max",
        "MaxBackward1",
        np.max,
        "self result",
        chosen_rule,
    ),
    row(
        "min",
        "MinBackward1",
        np.min,
        "self result",
        chosen_rule,
    ),
    row("median", "MedianBackward0", median_kernel, "self result", chosen_rule),
    row("logsumexp", "LogsumexpBackward0", logsumexp_kernel, "self result", logsumexp_rule, DIM),
    row(
        "vector_norm",
        "LinalgVectorNormBackward0",
        norm_kernel,
        "self result",
        norm_rule,
        "ord dim keepdim",
    ),
    row(
        "cumsum",
        "CumsumBackward0",
        lambda x, dim: np.cumsum(x, axis=dim, dtype=wide(x)).reshape(x.shape),
        "",
        lambda xp, g, dim: xp.flip(xp.cumsum(xp.flip(g, (dim,)), dim), (dim,)),
        "dim",
    ),
)
