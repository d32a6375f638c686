"""Arithmetic, element by element.

A rule does not undo broadcasting: the backward pass does that for all.
"""

from __future__ import annotations

import cmath
import functools
import operator as python
from typing import Any

import numpy as np

from gradspec_reference.errors import NoDerivativeError
from gradspec_reference.operators.batching import entrywise
from gradspec_reference.operators.conjugation import is_complex
from gradspec_reference.operators.forward import symmetric
from gradspec_reference.operators.row import (
    NOT_IMPLEMENTED,
    Operator,
    as_is,
    both,
    no_slope,
    unary_operator,
)

SQUARE = 2
ROOT = -0.5  # of which negative numbers have none, however large


def weighted(y: Any, alpha: Any) -> Any:
    """alpha y; of booleans a boolean."""
    return y & bool(alpha) if getattr(y, "dtype", None) == np.bool_ else y * alpha


def add_kernel(x: Any, y: Any, alpha: Any) -> Any:
    """x + alpha y."""
    return x + y if alpha == 1 else x + weighted(y, alpha)


def sub_kernel(x: Any, y: Any, alpha: Any) -> Any:
    """x - alpha y."""
    return x - y if alpha == 1 else x - weighted(y, alpha)


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


def remainder_kernel(x: Any, y: Any) -> Any:
    """Return the remainder with the sign of y; a zero has that of x."""
    rest = np.fmod(x, y)
    return np.where((rest != 0) & ((rest < 0) != (y < 0)), rest + y, rest)[()]


def remainder_other(xp: Any, g: Any, x: Any, y: Any) -> Any:
    """Return minus the whole quotient."""
    return -g * xp.div_floor(x, y)


def div_trunc_kernel(x: Any, y: Any) -> Any:
    """Return the quotient rounded towards zero."""
    if x.dtype.kind == "f":
        return np.trunc(x / y)
    return np.sign(x) * np.sign(y) * (np.abs(x) // np.abs(y))


def sign_kernel(x: Any) -> Any:
    """-1, 0 or 1; 0 for NaN."""
    if x.dtype.kind == "b":
        return x.copy()
    return np.subtract(x > 0, x < 0, dtype=x.dtype)


def pow_kernel(x: Any, exponent: Any) -> Any:
    """Raise x to a number; the commonest is a product."""
    if x.dtype.kind == "b":
        return x**exponent != 0
    if exponent == ROOT and x.dtype.kind in "fc":
        return 1 / np.sqrt(x)
    return x * x if exponent == SQUARE else x**exponent


def power_kernel(x: Any, y: Any) -> Any:
    """x**y; of integers to a negative power what is whole: 0, and powers of 1 and -1."""
    if x.dtype.kind in "fc" or y.dtype.kind == "u" or not np.any(y < 0):
        return np.power(x, y)
    whole = np.power(x, np.abs(y))
    return np.where(y >= 0, whole, np.where(np.abs(x) == 1, whole, 0)).astype(x.dtype)[()]


def pow_number(xp: Any, g: Any, x: Any, exponent: Any) -> Any:
    """d/dx x**n = n x**(n-1), and 0 for n = 0 also at x = 0."""
    return xp.zeros_like(g) if exponent == 0 else g * (xp.pow_scalar(x, exponent - 1) * exponent)


def pow_base(xp: Any, g: Any, x: Any, y: Any, _result: Any) -> Any:
    """d/dx x**y = y x**(y-1), and 0 where y = 0."""
    return xp.where(y == 0, 0.0, g * (y * xp.pow(x, y - 1)))


def pow_exponent(xp: Any, g: Any, x: Any, y: Any, result: Any) -> Any:
    """d/dy x**y = x**y log x, and 0 at x = 0 for y >= 0."""
    if is_complex(result) and not is_complex(x):
        x = xp.complex(x, xp.zeros_like(x))  # a negative number has a logarithm then
    return g * xp.where((x == 0) & is_not_negative(xp, y), 0.0, result * xp.log(x))


def is_not_negative(xp: Any, y: Any) -> Any:
    """Tell where exponents are real and not below zero."""
    if is_complex(y):
        return (xp.imaginary_part(y) == 0) & (xp.real_part(y) >= 0)
    return y >= 0


def rpow_kernel(y: Any, base: Any) -> Any:
    """base**y in the dtype of y."""
    if isinstance(base, complex) and y.dtype.kind != "c":
        y = y * y.dtype.type(1).astype(np.result_type(y.dtype, np.complex64))
    return power_kernel(np.asanyarray(base).astype(y.dtype)[()], y)


def rpow_rule(xp: Any, g: Any, y: Any, result: Any, base: Any) -> Any:
    """d/dy b**y = b**y log b, and 0 for b = 0 where y >= 0."""
    if base == 0:
        return g * xp.where(is_not_negative(xp, y), 0.0, result * -np.inf)
    return g * (result * logarithm(base, is_complex(result)))


def logarithm(number: Any, of_complex: bool) -> Any:
    """Return the logarithm of a number; of a negative one, where numbers are real, NaN."""
    if of_complex:
        return cmath.log(number)
    return float(np.log(number) if number > 0 else np.nan)


def heaviside_kernel(x: Any, values: Any) -> Any:
    """0 below zero, 1 above, and at zero the value given."""
    return np.where(x == 0, values, np.greater(x, 0).astype(x.dtype))


def no_derivative(_xp: Any, _g: Any) -> Any:
    """Refuse: torch does not differentiate this function either."""
    raise NoDerivativeError(
        "a function was differentiated that has no derivative here, as in torch; call it in "
        "no_grad, or detach() what it is given"
    )


binary = functools.partial(Operator, operands="self other", pointwise=True)
EACH_OTHER = {"self": "other", "other": "self"}
WHOLE = {"other": "self other"}
# a result is saved whoever requires grad, as in torch
POWERS = {"self": "self exponent result", "exponent": "self exponent result"}

JVP = symmetric
BATCH = entrywise
ROWS = (
    binary(
        "add",
        on_complex="holomorphic",
        kernel=add_kernel,
        kernel_at_one=python.add,
        params="alpha",
        vjp=both(as_is, scaled),
    ),
    binary(
        "sub",
        on_complex="holomorphic",
        kernel=sub_kernel,
        kernel_at_one=python.sub,
        params="alpha",
        vjp=both(as_is, negated),
        without="any bool",
    ),
    binary(
        "rsub",
        on_complex="holomorphic",
        kernel=rsub_kernel,
        params="alpha",
        vjp=both(negated, as_is),
        without="any bool",
    ),
    unary_operator(
        "rsub_scalar",
        on_complex="holomorphic",
        node="RsubBackward1",
        kernel=rsub_kernel,
        params="other alpha",
        vjp=lambda xp, g, _number, alpha: negated(xp, g, alpha),
        without="bool",
    ),
    binary(
        "mul",
        on_complex="holomorphic",
        kernel=python.mul,
        saves=EACH_OTHER,
        vjp=both(mul_self, mul_other),
    ),
    binary(
        "div",
        on_complex="holomorphic",
        kernel=python.truediv,
        saves={"self": "other", "other": "self other"},
        vjp=both(div_self, div_other),
        floating=True,
    ),
    binary(
        "remainder",
        node="RemainderBackward1",
        kernel=remainder_kernel,
        saves=WHOLE,
        vjp=both(as_is, remainder_other),
        without="bool",
    ),
    binary(
        "remainder_scalar",
        inner=True,
        node="RemainderBackward0",
        kernel=remainder_kernel,
        vjp={"self": as_is},
        without="bool",
    ),
    binary(
        "remainder_of_number",
        inner=True,
        node=NOT_IMPLEMENTED,
        kernel=remainder_kernel,
        vjp={"other": no_derivative},
        without="bool",
    ),
    binary(
        "div_floor",
        inner=True,
        node="DivBackward2",
        kernel=np.floor_divide,
        vjp=both(no_slope, no_slope),
        without="bool",
    ),
    binary(
        "div_trunc",
        inner=True,
        node="DivBackward2",
        kernel=div_trunc_kernel,
        vjp=both(no_slope, no_slope),
        without="bool",
    ),
    binary(
        "floor_divide",
        node=NOT_IMPLEMENTED,
        kernel=np.floor_divide,
        vjp=both(no_derivative, no_derivative),
        without="bool",
    ),
    Operator(
        "heaviside",
        node=NOT_IMPLEMENTED,
        kernel=heaviside_kernel,
        operands="self values",
        vjp={"self": no_derivative, "values": no_derivative},
    ),
    unary_operator(
        "neg",
        on_complex="holomorphic",
        kernel=python.neg,
        vjp=lambda _xp, g: -g,
        without="any bool",
    ),
    unary_operator("sign", kernel=sign_kernel, vjp=no_slope),
    unary_operator(
        "pow_scalar",
        on_complex="holomorphic",
        node="PowBackward0",
        kernel=pow_kernel,
        params="exponent",
        saves="self",
        vjp=pow_number,
    ),
    Operator(
        "pow",
        on_complex="holomorphic",
        node="PowBackward1",
        kernel=power_kernel,
        operands="self exponent",
        saves=POWERS,
        vjp={"self": pow_base, "exponent": pow_exponent},
        pointwise=True,
        without="bool",
    ),
    Operator(
        "rpow",
        on_complex="holomorphic",
        node="PowBackward2",
        kernel=rpow_kernel,
        operands="exponent",
        params="self",
        saves="exponent result",
        vjp={"exponent": rpow_rule},
        without="bool",
    ),
)
