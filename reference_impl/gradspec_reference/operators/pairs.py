"""Functions of two numbers, or three, beyond the four operations."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from gradspec_reference.operators.batching import entrywise
from gradspec_reference.operators.forward import symmetric
from gradspec_reference.operators.row import Operator, as_is, both, no_slope

HALF = 0.5


def fmod_other(xp: Any, g: Any, x: Any, y: Any) -> Any:
    """Return minus the whole quotient."""
    return -g * xp.div_trunc(x, y)


def fmax_first(xp: Any, x: Any, y: Any) -> Any:
    """Tell where the first is taken: where it is as large, or the other is no number."""
    return (x >= y) | xp.isnan(y)


def fmin_first(xp: Any, x: Any, y: Any) -> Any:
    """Tell where the first is taken: where it is as small, or the other is no number."""
    return (x <= y) | xp.isnan(y)


def picking(first: Any) -> dict[str, Any]:
    """Make the two rules of what takes one of two operands."""
    return both(
        lambda xp, g, x, y: xp.where(first(xp, x, y), g, 0.0),
        lambda xp, g, x, y: xp.where(first(xp, x, y), 0.0, g),
    )


def inverse_square(xp: Any, x: Any, y: Any) -> Any:
    """1 / (x x + y y); 0 at the origin, where the second derivative is NaN all the same."""
    square = x * x + y * y
    return xp.where(square == 0, 0.0, 1 / square)


def atan2_self(xp: Any, g: Any, y: Any, x: Any) -> Any:
    """d/dy atan2(y, x) = x / (x x + y y)."""
    return g * x * inverse_square(xp, x, y)


def atan2_other(xp: Any, g: Any, y: Any, x: Any) -> Any:
    """d/dx atan2(y, x) = -y / (x x + y y)."""
    return g * -y * inverse_square(xp, x, y)


def hypot_share(xp: Any, g: Any, x: Any, result: Any) -> Any:
    """d/dx hypot(x, y) = x / r; 0 at the origin, where torch divides zero by zero."""
    return g * (x / xp.where(result == 0, 1.0, result))


def logaddexp_kernel(x: Any, y: Any) -> Any:
    """log(exp x + exp y), without overflow; of complex numbers the larger is that of the parts."""
    if x.dtype.kind != "c":
        return np.logaddexp(x, y)
    high, low = np.where(x.real >= y.real, x, y), np.where(x.real >= y.real, y, x)
    return (high + np.log1p(np.exp(low - high)))[()]


def copysign_rule(xp: Any, g: Any, x: Any, result: Any) -> Any:
    """Return g where the sign was kept, -g where it was turned, and 0 at 0."""
    return g * xp.where(x == 0, 0.0, result / x)


def lerp_kernel(start: Any, end: Any, weight: Any) -> Any:
    """Go a share of the way from the start; from the end, if that is nearer."""
    way = end - start
    if isinstance(weight, int | float):
        return start + way * weight if abs(weight) < HALF else end - way * (1 - weight)
    rest: Any = 1 - weight
    nearer = np.where(np.abs(weight) < HALF, start + weight * way, end - way * rest)
    return np.asanyarray(nearer)[()]


def addcmul_kernel(x: Any, first: Any, second: Any, value: Any) -> Any:
    """x + value first second."""
    return x + (first * second if value == 1 else first * x.dtype.type(value) * second)


def addcdiv_kernel(x: Any, first: Any, second: Any, value: Any) -> Any:
    """x + value first / second."""
    return x + (first / second if value == 1 else first * value / second)


binary = functools.partial(Operator, operands="self other", pointwise=True)
smooth = functools.partial(binary, floating=True)
SHARES = {"tensor1": "tensor2", "tensor2": "tensor1"}

JVP = symmetric
BATCH = entrywise
ROWS = (
    binary(
        "fmod",
        node="FmodBackward1",
        kernel=np.fmod,
        saves={"other": "self other"},
        vjp=both(as_is, fmod_other),
        without="bool",
    ),
    binary(
        "fmod_scalar",
        inner=True,
        node="FmodBackward0",
        kernel=np.fmod,
        vjp={"self": as_is},
        without="bool",
    ),
    binary(
        "fmax", on_complex="undefined", kernel=np.fmax, saves="self other", vjp=picking(fmax_first)
    ),
    binary(
        "fmin", on_complex="undefined", kernel=np.fmin, saves="self other", vjp=picking(fmin_first)
    ),
    smooth("atan2", kernel=np.arctan2, saves="self other", vjp=both(atan2_self, atan2_other)),
    binary(
        "hypot",
        kernel=np.hypot,
        without="integers",
        saves={"self": "self result", "other": "other result"},
        vjp=both(
            lambda xp, g, x, result, _y: hypot_share(xp, g, x, result),
            lambda xp, g, _x, result, y: hypot_share(xp, g, y, result),
        ),
    ),
    binary(
        "logaddexp",
        on_complex="holomorphic",
        kernel=logaddexp_kernel,
        without="integers",
        saves="self other",
        vjp=both(
            lambda xp, g, x, y: g / (xp.exp(y - x) + 1),
            lambda xp, g, x, y: g / (xp.exp(x - y) + 1),
        ),
    ),
    binary(
        "logaddexp2",
        kernel=np.logaddexp2,
        without="integers",
        saves="self other",
        vjp=both(
            lambda xp, g, x, y: g / (xp.exp2(y - x) + 1),
            lambda xp, g, x, y: g / (xp.exp2(x - y) + 1),
        ),
    ),
    smooth(
        "copysign",
        kernel=np.copysign,
        saves={"self": "self result"},
        vjp=both(copysign_rule, no_slope),
    ),
    Operator(
        "lerp",
        on_complex="holomorphic",
        node="LerpBackward1",
        kernel=lerp_kernel,
        operands="self end weight",
        saves={"self": "weight", "end": "weight", "weight": "self end"},
        vjp={
            "self": lambda _xp, g, weight, *_: g * (1 - weight),
            "end": lambda _xp, g, weight, *_: g * weight,
            "weight": lambda _xp, g, _weight, start, end: g * (end - start),
        },
        without="integers",
    ),
    Operator(
        "lerp_scalar",
        on_complex="holomorphic",
        node="LerpBackward0",
        kernel=lerp_kernel,
        operands="self end",
        params="weight",
        vjp={
            "self": lambda _xp, g, weight: g * (1 - weight),
            "end": lambda _xp, g, weight: g * weight,
        },
    ),
    Operator(
        "addcmul",
        on_complex="holomorphic",
        kernel=addcmul_kernel,
        operands="self tensor1 tensor2",
        params="value",
        saves=SHARES,
        vjp={
            "self": as_is,
            "tensor1": lambda _xp, g, second, _first, value: g * (second * value),
            "tensor2": lambda _xp, g, _second, first, value: g * (first * value),
        },
        without="bool",
        pointwise=True,
    ),
    Operator(
        "addcdiv",
        on_complex="holomorphic",
        kernel=addcdiv_kernel,
        operands="self tensor1 tensor2",
        params="value",
        saves={"tensor1": "tensor2", "tensor2": "tensor1 tensor2"},
        vjp={
            "self": as_is,
            "tensor1": lambda _xp, g, second, _first, value: g * (value / second),
            "tensor2": lambda _xp, g, second, first, value: (
                -g * (first * value / (second * second))
            ),
        },
        pointwise=True,
    ),
)
