"""Arithmetic, element by element.

A rule does not undo broadcasting: the backward pass does that for all.
"""

from __future__ import annotations

import functools
import operator as python
from typing import Any

import numpy as np

from gradspec_reference.operators.row import Operator, as_is, both, no_slope, unary_operator

SQUARE = 2


def add_kernel(x: Any, y: Any, alpha: Any) -> Any:
    """x + alpha y."""
    return x + y if alpha == 1 else x + y * alpha


def sub_kernel(x: Any, y: Any, alpha: Any) -> Any:
    """x - alpha y."""
    return x - y if alpha == 1 else x - y * alpha


def rsub_kernel(x: Any, y: Any, alpha: Any) -> Any:
    """y - alpha x."""
    return sub_kernel(y, x, alpha)


def scaled(_xp: Any, g: Any, alpha: Any) -> Any:
    """alpha g, or g itself."""
    return g if alpha == 1 else g * alpha


def negated(xp: Any, g: Any, alpha: Any) -> Any:
    """-alpha g."""
    return scaled(xp, -g, alpha)


def mul_self(_xp: Any, g: Any, other: Any, _self: Any) -> Any:
    """d/dx x y = y."""
    return g * other


def mul_other(_xp: Any, g: Any, _other: Any, self: Any) -> Any:
    """d/dy x y = x."""
    return g * self


def div_self(_xp: Any, g: Any, other: Any, _self: Any) -> Any:
    """d/dx x/y = 1/y."""
    return g / other


def div_other(_xp: Any, g: Any, other: Any, self: Any) -> Any:
    """d/dy x/y = -(x/y)/y."""
    return -g * ((self / other) / other)


def remainder_other(xp: Any, g: Any, x: Any, y: Any) -> Any:
    """Return minus the whole quotient."""
    return -g * xp.floor_divide(x, y)


def sign_kernel(x: Any) -> Any:
    """-1, 0 or 1; 0 for NaN."""
    return np.subtract(x > 0, x < 0, dtype=x.dtype)


def pow_kernel(x: Any, exponent: Any) -> Any:
    """Raise x to a number; the commonest is a product."""
    return x * x if exponent == SQUARE else x**exponent


def pow_number(xp: Any, g: Any, x: Any, exponent: Any) -> Any:
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
        return g * xp.where(y >= 0, 0.0, result * -np.inf)
    return g * (result * float(np.log(base) if base > 0 else np.nan))


def heaviside_kernel(x: Any, values: Any) -> Any:
    """0 below zero, 1 above, and at zero the value given."""
    return np.where(x == 0, values, np.greater(x, 0).astype(x.dtype))


def no_derivative(_xp: Any, _g: Any) -> Any:
    """Refuse: torch does not differentiate this function either."""
    raise RuntimeError(
        "heaviside has no derivative here, as in torch; use where(), or call it in no_grad"
    )


binary = functools.partial(Operator, operands="self other", pointwise=True)
EACH_OTHER = {"self": "other", "other": "self"}
WHOLE = {"other": "self other"}
POWERS = {"self": "self exponent", "exponent": "self exponent result"}

ROWS = (
    binary("add", kernel=add_kernel, params="alpha", vjp=both(as_is, scaled)),
    binary("sub", kernel=sub_kernel, params="alpha", vjp=both(as_is, negated)),
    binary(
        "rsub", node="RsubBackward1", kernel=rsub_kernel, params="alpha", vjp=both(negated, as_is)
    ),
    binary("mul", kernel=python.mul, saves=EACH_OTHER, vjp=both(mul_self, mul_other)),
    binary(
        "div",
        kernel=python.truediv,
        saves={"self": "other", "other": "self other"},
        vjp=both(div_self, div_other),
        floating=True,
    ),
    binary(
        "remainder",
        node="RemainderBackward1",
        kernel=np.remainder,
        saves=WHOLE,
        vjp=both(as_is, remainder_other),
    ),
    binary("remainder_scalar", node="RemainderBackward0", kernel=np.remainder, vjp={"self": as_is}),
    binary(
        "floor_divide", node="DivBackward2", kernel=np.floor_divide, vjp=both(no_slope, no_slope)
    ),
    Operator(
        "heaviside",
        node="torch::autograd::NotImplemented",
        kernel=heaviside_kernel,
        operands="self values",
        vjp={"self": no_derivative, "values": no_derivative},
    ),
    unary_operator("neg", kernel=python.neg, vjp=lambda _xp, g: -g),
    unary_operator("abs", kernel=np.abs, saves="self", vjp=lambda xp, g, x: g * xp.sign(x)),
    unary_operator("sign", kernel=sign_kernel, vjp=no_slope),
    unary_operator(
        "pow_scalar",
        node="PowBackward0",
        kernel=pow_kernel,
        params="exponent",
        saves="self",
        vjp=pow_number,
    ),
    Operator(
        "pow",
        node="PowBackward1",
        kernel=np.power,
        operands="self exponent",
        saves=POWERS,
        vjp={"self": pow_base, "exponent": pow_exponent},
        pointwise=True,
    ),
    Operator(
        "rpow",
        node="PowBackward2",
        kernel=rpow_kernel,
        operands="exponent",
        params="self",
        saves="exponent result",
        vjp={"exponent": rpow_rule},
    ),
)
