"""Arithmetic and comparisons, element by element; each row is one operator.

A rule does not undo broadcasting: the backward pass does that for all.
"""

from __future__ import annotations

import operator as python
from typing import Any

import numpy as np

from gradspec_reference.engine.dtypes import result_type
from gradspec_reference.engine.operator import Operator

SQUARE = 2


def add_kernel(x: Any, y: Any, alpha: Any) -> Any:
    """x + alpha y."""
    return x + y if alpha == 1 else x + y * alpha


def sub_kernel(x: Any, y: Any, alpha: Any) -> Any:
    """x - alpha y."""
    return x - y if alpha == 1 else x - y * alpha


def scaled(g: Any, alpha: Any) -> Any:
    """alpha g, or g itself."""
    return g if alpha == 1 else g * alpha


def sign_kernel(x: Any) -> Any:
    """-1, 0 or 1; 0 for NaN."""
    return np.subtract(x > 0, x < 0, dtype=x.dtype)


def pow_kernel(x: Any, exponent: Any) -> Any:
    """Raise x to a number; the commonest is a product."""
    return x * x if exponent == SQUARE else x**exponent


def pow_self(xp: Any, g: Any, x: Any, exponent: Any) -> Any:
    """d/dx x**n = n x**(n-1), and 0 for n = 0 also at x = 0."""
    return xp.zeros_like(g) if exponent == 0 else g * (xp.pow_scalar(x, exponent - 1) * exponent)


def pow_base(xp: Any, g: Any, x: Any, y: Any, _result: Any) -> Any:
    """d/dx x**y = y x**(y-1), and 0 where y = 0."""
    return xp.where(y == 0, 0.0, g * (y * xp.pow(x, y - 1)))


def pow_exponent(xp: Any, g: Any, x: Any, y: Any, result: Any) -> Any:
    """d/dy x**y = x**y log x, and 0 at x = 0 for y >= 0."""
    return g * xp.where((x == 0) & (y >= 0), 0.0, result * xp.log(x))


def rpow_kernel(y: Any, base: Any) -> Any:
    """base**y in the dtype of y."""
    return np.power(y.dtype.type(base), y)


def rpow_rule(xp: Any, g: Any, y: Any, result: Any, base: Any) -> Any:
    """d/dy b**y = b**y log b, and 0 for b = 0 where y >= 0."""
    if base == 0:
        return xp.where(y >= 0, 0.0, g * (result * -np.inf))
    return g * (result * float(np.log(base) if base > 0 else np.nan))


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
        dtype = result_type(x, y).numpy
        x, y = np.asarray(x, dtype), np.asarray(y, dtype)
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
    """x between two tensors."""
    return np.minimum(np.maximum(x, low), high)


def no_slope(xp: Any, g: Any) -> Any:
    """Return the gradient of a function that is constant between jumps."""
    return xp.zeros_like(g)


def no_derivative(_xp: Any, _g: Any) -> Any:
    """Refuse: torch does not differentiate this function either."""
    raise RuntimeError(
        "heaviside has no derivative here, as in torch; use where(), or call it in no_grad"
    )


BETWEEN = "self min max"
ROWS = (
    Operator(
        "add",
        "AddBackward0",
        add_kernel,
        ("self", "other"),
        {
            "self": ("", lambda _xp, g, _alpha: g),
            "other": ("", lambda _xp, g, alpha: scaled(g, alpha)),
        },
        "alpha",
        pointwise=True,
    ),
    Operator(
        "sub",
        "SubBackward0",
        sub_kernel,
        ("self", "other"),
        {
            "self": ("", lambda _xp, g, _alpha: g),
            "other": ("", lambda _xp, g, alpha: scaled(-g, alpha)),
        },
        "alpha",
        pointwise=True,
    ),
    Operator(
        "rsub",
        "RsubBackward1",
        lambda x, y, alpha: sub_kernel(y, x, alpha),
        ("self", "other"),
        {
            "self": ("", lambda _xp, g, alpha: scaled(-g, alpha)),
            "other": ("", lambda _xp, g, _alpha: g),
        },
        "alpha",
        pointwise=True,
    ),
    Operator(
        "mul",
        "MulBackward0",
        python.mul,
        ("self", "other"),
        {
            "self": ("other", lambda _xp, g, other, _self: g * other),
            "other": ("self", lambda _xp, g, _other, self: g * self),
        },
        pointwise=True,
    ),
    Operator(
        "div",
        "DivBackward0",
        python.truediv,
        ("self", "other"),
        {
            "self": ("other", lambda _xp, g, other, _self: g / other),
            "other": ("self other", lambda _xp, g, other, self: -g * ((self / other) / other)),
        },
        pointwise=True,
        floating=True,
    ),
    Operator(
        "remainder",
        "RemainderBackward1",
        np.remainder,
        ("self", "other"),
        {
            "self": ("", lambda _xp, g, *_: g),
            "other": ("self other", lambda xp, g, x, y: -g * xp.floor_divide(x, y)),
        },
        pointwise=True,
    ),
    Operator(
        "remainder_scalar",
        "RemainderBackward0",
        np.remainder,
        ("self", "other"),
        {"self": ("", lambda _xp, g: g)},
        pointwise=True,
    ),
    Operator(
        "floor_divide",
        "DivBackward2",
        np.floor_divide,
        ("self", "other"),
        {"self": ("", no_slope), "other": ("", no_slope)},
        pointwise=True,
    ),
    Operator(
        "heaviside",
        "torch::autograd::NotImplemented",
        lambda x, values: np.where(x == 0, values, np.greater(x, 0).astype(x.dtype)),
        ("self", "values"),
        {"self": ("", no_derivative), "values": ("", no_derivative)},
    ),
    Operator("neg", "NegBackward0", python.neg, ("self",), {"self": ("", lambda _xp, g: -g)}),
    Operator(
        "abs",
        "AbsBackward0",
        np.abs,
        ("self",),
        {"self": ("self", lambda xp, g, x: g * xp.sign(x))},
    ),
    Operator(
        "sign",
        "SignBackward0",
        sign_kernel,
        ("self",),
        {"self": ("", lambda xp, g: xp.zeros_like(g))},
    ),
    Operator(
        "pow_scalar",
        "PowBackward0",
        pow_kernel,
        ("self",),
        {"self": ("self", pow_self)},
        "exponent",
    ),
    Operator(
        "pow",
        "PowBackward1",
        np.power,
        ("self", "exponent"),
        {
            "self": ("self exponent", pow_base),
            "exponent": ("self exponent result", pow_exponent),
        },
        pointwise=True,
    ),
    Operator(
        "rpow",
        "PowBackward2",
        rpow_kernel,
        ("exponent",),
        {"exponent": ("exponent result", rpow_rule)},
        "self",
    ),
    Operator(
        "maximum",
        "MaximumBackward0",
        np.maximum,
        ("self", "other"),
        {
            "self": ("self other", larger_share),
            "other": ("self other", lambda xp, g, x, y: larger_share(xp, g, y, x)),
        },
        pointwise=True,
    ),
    Operator(
        "minimum",
        "MinimumBackward0",
        np.minimum,
        ("self", "other"),
        {
            "self": ("self other", smaller_share),
            "other": ("self other", lambda xp, g, x, y: smaller_share(xp, g, y, x)),
        },
        pointwise=True,
    ),
    Operator(
        "where",
        "WhereBackward0",
        where_kernel,
        ("condition", "self", "other"),
        {
            "self": ("condition", lambda xp, g, c: xp.where(c, g, 0.0)),
            "other": ("condition", lambda xp, g, c: xp.where(c, 0.0, g)),
        },
    ),
    Operator(
        "clamp",
        "ClampBackward1",
        clamp_kernel,
        ("self",),
        {"self": ("self", clamp_rule)},
        "min max",
    ),
    Operator(
        "clamp_between",
        "ClampBackward0",
        clamp_between_kernel,
        ("self", "min", "max"),
        {
            "self": (BETWEEN, lambda xp, g, x, a, b: xp.where((x >= a) & (x <= b), g, 0.0)),
            "min": (BETWEEN, lambda xp, g, x, a, b: xp.where((x < a) & (a < b), g, 0.0)),
            "max": (BETWEEN, lambda xp, g, x, a, b: xp.where((x > b) | (b < a), g, 0.0)),
        },
        pointwise=True,
    ),
    Operator(
        "masked_fill",
        "MaskedFillBackward0",
        lambda x, mask, value: np.where(mask, x.dtype.type(value), x),
        ("self", "mask"),
        {"self": ("mask", lambda xp, g, mask, _value: xp.where(mask, 0.0, g))},
        "value",
    ),
    Operator(
        "masked_fill_tensor",
        "MaskedFillBackward1",
        lambda x, mask, value: np.where(mask, value.astype(x.dtype), x),
        ("self", "mask", "value"),
        {
            "self": ("mask", lambda xp, g, mask: xp.where(mask, 0.0, g)),
            "value": ("mask", lambda xp, g, mask: xp.where(mask, g, 0.0)),
        },
    ),
)

WITHOUT_GRADIENT = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
}

COMPARISONS = tuple(
    Operator(name, "None", kernel, ("self", "other"), {}, pointwise=True)
    for name, kernel in WITHOUT_GRADIENT.items()
)

TESTS = tuple(
    Operator(name, "None", kernel, ("self",), {})
    for name, kernel in {
        "isnan": np.isnan,
        "isinf": np.isinf,
        "isfinite": np.isfinite,
        "signbit": np.signbit,
        "logical_not": np.logical_not,
        "bitwise_not": np.invert,
    }.items()
)
