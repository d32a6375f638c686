"""Softmax and its logarithm; deviations from the mean, over their size."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.operators.batching import along
from gradspec_reference.operators.forward import symmetric, written
from gradspec_reference.operators.layouts import in_rows
from gradspec_reference.operators.reductions import ADD, MAX, Dims, mean_kernel
from gradspec_reference.operators.row import unary_operator


def shifted(x: Any, dim: int) -> Any:
    """Subtract the maximum along a dimension, so that exp cannot overflow."""
    return in_rows(x - MAX(x, dim, None, None, True, -np.inf))


def softmax_kernel(x: Any, dim: int) -> Any:
    """exp(x) over its sum."""
    if not x.ndim:
        return np.exp(x - x)
    weights = shifted(x, dim)
    np.exp(weights, weights)
    weights /= ADD(weights, dim, None, None, True)
    return weights


def softmax_rule(xp: Any, g: Any, result: Any, dim: int) -> Any:
    """r (g - sum(g r))."""
    if type(result) is np.ndarray and dim == result.ndim - 1:
        slope = g - row_products(g, result)
        slope *= result
        return slope
    total = xp.sum_dim(g * result, (dim,), True) if g.ndim else g * result
    return (g - total) * result


def row_products(a: Any, b: Any) -> Any:
    """Return the scalar products of rows, without an array of the products of elements."""
    return np.matmul(a[..., None, :], b[..., :, None])[..., 0]


def log_softmax_kernel(x: Any, dim: int, kept: Any = None) -> Any:
    """x minus its logsumexp.

    `kept` is a type narrower than float32 in which torch keeps the sums of rows in memory's order,
    and their logarithms.
    """
    if not x.ndim:
        return x - x
    logits = shifted(x, dim)
    total = ADD(np.exp(logits), dim, None, None, True)
    if kept is None or dim % x.ndim != x.ndim - 1:
        logits -= np.log(total)
    else:
        logits -= np.log(total.astype(kept).astype(x.dtype)).astype(kept).astype(x.dtype)
    return logits


def log_softmax_rule(xp: Any, g: Any, result: Any, dim: int) -> Any:
    """g - softmax sum(g)."""
    return g - xp.exp(result) * (xp.sum_dim(g, (dim,), True) if g.ndim else g)


def log_softmax_jvp(xp: Any, t: Any, result: Any, dim: int) -> Any:
    """t - sum(softmax t)."""
    return t - (xp.sum_dim(xp.exp(result) * t, (dim,), True) if t.ndim else t)


def standardise_kernel(x: Any, dims: Dims, eps: float) -> Any:
    """Return the deviations from the mean, over the root of variance and eps."""
    deviation = x - mean_kernel(x, dims, True)
    deviation /= np.sqrt(mean_kernel(deviation * deviation, dims, True) + eps)
    return deviation


def standardise_rule(xp: Any, g: Any, x: Any, dims: Dims, eps: float) -> Any:
    """Return g less its mean and its component along the result, over the same root."""
    deviation = x - xp.mean_dim(x, dims, True)
    rate = xp.rsqrt(xp.mean_dim(deviation * deviation, dims, True) + eps)
    result = deviation * rate
    along = result * xp.mean_dim(g * result, dims, True)
    return (g - xp.mean_dim(g, dims, True) - along) * rate


JVP = symmetric
BATCH = along
ROWS = (
    unary_operator(
        "softmax", kernel=softmax_kernel, params="dim", saves="result", vjp=softmax_rule
    ),
    unary_operator(
        "log_softmax",
        kernel=log_softmax_kernel,
        params="dim",
        saves="result",
        vjp=log_softmax_rule,
        jvp=written(log_softmax_jvp),
    ),
    unary_operator(
        "standardise",
        node="NativeLayerNormBackward0",
        kernel=standardise_kernel,
        params="dim eps",
        saves="self",
        vjp=standardise_rule,
    ),
)
