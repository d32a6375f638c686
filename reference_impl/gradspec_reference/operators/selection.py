"""Choosing between elements: the larger, the one where a condition holds, the one within bounds."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.dtypes import promoted_dtype
from gradspec_reference.operators.batching import entrywise
from gradspec_reference.operators.forward import symmetric
from gradspec_reference.operators.layouts import in_rows
from gradspec_reference.operators.row import Operator, both, unary_operator


def larger_share(xp: Any, g: Any, x: Any, y: Any) -> Any:
    """Return what x receives if the larger operand wins; a tie is shared."""
    return xp.where(x == y, g / 2, xp.where(x < y, 0.0, g))


def smaller_share(xp: Any, g: Any, x: Any, y: Any) -> Any:
    """Return what x receives if the smaller operand wins; a tie is shared."""
    return xp.where(x == y, g / 2, xp.where(x > y, 0.0, g))


def where_kernel(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, y elsewhere."""
    dtype = getattr(x, "dtype", None)
    if dtype is None or dtype is not getattr(y, "dtype", None):
        dtype = promoted_dtype(x, y).numpy
        x, y = np.asanyarray(x).astype(dtype), np.asanyarray(y).astype(dtype)
    return np.where(condition, x, y)


def clamp_kernel(x: Any, low: Any, high: Any) -> Any:
    """x, but at least low and at most high; a NaN stays."""
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def clamp_rule(xp: Any, g: Any, x: Any, low: Any, high: Any) -> Any:
    """Pass the gradient within the bounds, and at them."""
    inside = True
    if low is not None:
        inside = x >= low
    if high is not None:
        inside = (x <= high) & inside
    return xp.where(inside, g, 0.0)


def clamp_between_kernel(x: Any, low: Any, high: Any) -> Any:
    return np.minimum(np.maximum(x, low), high)


def where_true(xp: Any, g: Any, mask: Any, *_: Any) -> Any:
    """Return the gradient where a mask holds."""
    return xp.where(mask, g, 0.0)


def where_false(xp: Any, g: Any, mask: Any, *_: Any) -> Any:
    """Return the gradient where a mask does not hold."""
    return xp.where(mask, 0.0, g)


JVP = symmetric
BATCH = entrywise
ROWS = (
    Operator(
        "maximum",
        on_complex="undefined",
        kernel=np.maximum,
        operands="self other",
        saves="self other",
        vjp=both(larger_share, lambda xp, g, x, y: larger_share(xp, g, y, x)),
        pointwise=True,
    ),
    Operator(
        "minimum",
        on_complex="undefined",
        kernel=np.minimum,
        operands="self other",
        saves="self other",
        vjp=both(smaller_share, lambda xp, g, x, y: smaller_share(xp, g, y, x)),
        pointwise=True,
    ),
    Operator(
        "where",
        on_complex="as written",
        kernel=where_kernel,
        operands="condition self other",
        saves="condition",
        vjp=both(where_true, where_false),
    ),
    unary_operator(
        "clamp",
        node="ClampBackward1",
        kernel=clamp_kernel,
        params="min max",
        saves="self",
        vjp=clamp_rule,
        without="bool",
    ),
    Operator(
        "clamp_between",
        inner=True,
        node="ClampBackward0",
        kernel=clamp_between_kernel,
        operands="self min max",
        saves="self min max",
        vjp={
            "self": lambda xp, g, x, low, high: xp.where((x >= low) & (x <= high), g, 0.0),
            "min": lambda xp, g, x, low, high: xp.where((x < low) & (low < high), g, 0.0),
            "max": lambda xp, g, x, low, high: xp.where((x > high) | (high < low), g, 0.0),
        },
        pointwise=True,
    ),
    Operator(
        "masked_fill",
        on_complex="as written",
        kernel=lambda x, mask, value: in_rows(np.where(mask, x.dtype.type(value), x)),
        operands="self mask",
        params="value",
        saves="mask",
        vjp={"self": where_false},
    ),
    Operator(
        "masked_fill_tensor",
        on_complex="as written",
        inner=True,
        node="MaskedFillBackward1",
        kernel=lambda x, mask, value: in_rows(np.where(mask, value.astype(x.dtype), x)),
        operands="self mask value",
        saves="mask",
        vjp={"self": where_false, "value": where_true},
    ),
)
