"""Functions of one variable: kernel, what the derivative needs, the derivative.

A function whose derivative is simplest in its result saves that, and no operand.  NumPy computes
`-(r * r) + 1` in the memory of the first product, `1 - r * r` in memory of its own.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from gradspec_reference.operators.batching import entrywise, stacks
from gradspec_reference.operators.conjugation import is_complex
from gradspec_reference.operators.forward import symmetric
from gradspec_reference.operators.row import Operator, as_is, no_slope, unary_operator

LOG2 = math.log(2)
LOG10 = math.log(10)
DEGREE = math.pi / 180


def sigmoid_kernel(x: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow."""
    return np.tanh(x * 0.5) * 0.5 + 0.5


def asin_rule(xp: Any, g: Any, x: Any) -> Any:
    """d/dx asin x = 1 / sqrt(1 - x x)."""
    return g / xp.sqrt(1 - x * x)


def acos_rule(xp: Any, g: Any, x: Any) -> Any:
    """d/dx acos x = -1 / sqrt(1 - x x)."""
    return -g / xp.sqrt(1 - x * x)


def acosh_rule(xp: Any, g: Any, x: Any) -> Any:
    """d/dx acosh x = 1 / sqrt(x x - 1); of complex numbers, on the branch of two roots."""
    if is_complex(x):
        return g * (xp.rsqrt(x + 1) * xp.rsqrt(x - 1))
    return g * xp.rsqrt(x * x - 1)


def tanh_rule(_xp: Any, g: Any, result: Any) -> Any:
    """d/dx tanh x = 1 - r r."""
    return g * (-(result * result) + 1)


def sigmoid_rule(_xp: Any, g: Any, result: Any) -> Any:
    """d/dx sigmoid x = (1 - r) r."""
    return g * ((1 - result) * result)


def relu_kernel(x: Any) -> Any:
    return np.maximum(x, 0)


def relu_rule(xp: Any, g: Any, result: Any) -> Any:
    """Return g where the result is above zero."""
    return xp.threshold_backward(g, result)


def threshold_kernel(g: Any, result: Any) -> Any:
    """Return g, and 0 where the result is not above zero: its bits are all kept, or none.

    np.where is several times slower where signs are random, and in a product inf * 0 is NaN.
    """
    bits = f"i{g.itemsize}"
    kept = np.asanyarray(result <= 0).view(np.int8)
    kept -= 1  # now -1, which is all ones, or 0
    passed = np.empty(g.shape, g.dtype)
    seen = passed.view(bits)
    seen[...] = kept
    seen &= g.view(bits)
    return passed


smooth = functools.partial(unary_operator, pointwise=True, floating=True)
analytic = functools.partial(smooth, on_complex="holomorphic")

JVP = symmetric
BATCH = entrywise
ROWS = (
    analytic("exp", kernel=np.exp, saves="result", vjp=lambda _xp, g, r: g * r),
    analytic("exp2", kernel=np.exp2, saves="result", vjp=lambda _xp, g, r: g * (r * LOG2)),
    analytic("expm1", kernel=np.expm1, saves="result", vjp=lambda _xp, g, r: g * (r + 1)),
    analytic("log", kernel=np.log, saves="self", vjp=lambda _xp, g, x: g / x),
    analytic("log2", kernel=np.log2, saves="self", vjp=lambda _xp, g, x: g / (x * LOG2)),
    analytic("log10", kernel=np.log10, saves="self", vjp=lambda _xp, g, x: g / (x * LOG10)),
    analytic(
        "log1p",
        node="Log1PBackward0",
        kernel=np.log1p,
        saves="self",
        vjp=lambda _xp, g, x: g / (x + 1),
    ),
    analytic("sqrt", kernel=np.sqrt, saves="result", vjp=lambda _xp, g, r: g / (r * 2)),
    analytic(
        "rsqrt",
        kernel=lambda x: 1 / np.sqrt(x),
        saves="result",
        vjp=lambda _xp, g, r: g * (r * r * r * -0.5),
    ),
    analytic(
        "reciprocal", kernel=lambda x: 1 / x, saves="result", vjp=lambda _xp, g, r: -g * (r * r)
    ),
    analytic("sin", kernel=np.sin, saves="self", vjp=lambda xp, g, x: g * xp.cos(x)),
    analytic("cos", kernel=np.cos, saves="self", vjp=lambda xp, g, x: g * -xp.sin(x)),
    analytic("tan", kernel=np.tan, saves="result", vjp=lambda _xp, g, r: g * (r * r + 1)),
    analytic("asin", kernel=np.arcsin, saves="self", vjp=asin_rule),
    analytic("acos", kernel=np.arccos, saves="self", vjp=acos_rule),
    analytic("atan", kernel=np.arctan, saves="self", vjp=lambda _xp, g, x: g / (x * x + 1)),
    analytic("sinh", kernel=np.sinh, saves="self", vjp=lambda xp, g, x: g * xp.cosh(x)),
    analytic("cosh", kernel=np.cosh, saves="self", vjp=lambda xp, g, x: g * xp.sinh(x)),
    analytic(
        "asinh",
        kernel=np.arcsinh,
        saves="self",
        vjp=lambda xp, g, x: g * xp.rsqrt(x * x + 1),
    ),
    analytic(
        "acosh",
        kernel=np.arccosh,
        saves="self",
        vjp=acosh_rule,
    ),
    analytic("atanh", kernel=np.arctanh, saves="self", vjp=lambda _xp, g, x: g / (1 - x * x)),
    analytic("tanh", kernel=np.tanh, saves="result", vjp=tanh_rule),
    analytic("sigmoid", kernel=sigmoid_kernel, saves="result", vjp=sigmoid_rule),
    unary_operator("floor", kernel=np.floor, vjp=no_slope, without="bool"),
    unary_operator("ceil", kernel=np.ceil, vjp=no_slope, without="bool"),
    unary_operator("round", kernel=np.round, vjp=no_slope, without="bool"),
    unary_operator(
        "round_decimals",
        node="RoundBackward1",
        kernel=np.round,
        params="decimals",
        vjp=no_slope,
        without="bool",
    ),
    unary_operator("trunc", kernel=np.trunc, vjp=no_slope, without="bool"),
    unary_operator("frac", kernel=lambda x: x - np.trunc(x), vjp=as_is, without="integers"),
    smooth(
        "deg2rad",
        node="Deg2RadBackward0",
        on_complex="undefined",
        kernel=lambda x: x * DEGREE,
        vjp=lambda _xp, g: g * DEGREE,
    ),
    smooth(
        "rad2deg",
        node="Rad2DegBackward0",
        on_complex="undefined",
        kernel=lambda x: x / DEGREE,
        vjp=lambda _xp, g: g / DEGREE,
    ),
    unary_operator("relu", kernel=relu_kernel, saves="result", vjp=relu_rule, without="any bool"),
    # relu's derivative is an operator of two operands in torch: it depends, with derivative zero,
    # on the result, and so requires grad under create_graph wherever the result does
    Operator(
        "threshold_backward",
        inner=True,
        kernel=threshold_kernel,
        operands="grad_output self",
        saves={"grad_output": "self"},
        vjp={"grad_output": relu_rule, "self": no_slope},
        batch=stacks,
    ),
)
