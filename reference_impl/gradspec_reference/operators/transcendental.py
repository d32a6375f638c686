"""Functions of one variable: name, kernel, what the derivative needs, the derivative.

A function whose derivative is simplest in its result saves that, and no operand.  NumPy computes
`-(r * r) + 1` in the memory of the first product, `1 - r * r` in memory of its own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine.operator import Operator

if TYPE_CHECKING:
    from collections.abc import Callable

LOG2 = math.log(2)
LOG10 = math.log(10)


def sigmoid_kernel(x: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow."""
    return np.tanh(x * 0.5) * 0.5 + 0.5


def row(name: str, node: str, kernel: Callable[..., Any], needs: str, rule: Any) -> Operator:
    """Return a row whose rule takes xp, g and the one value that it needs."""
    return Operator(
        name, node, kernel, ("self",), {"self": (needs, rule)}, pointwise=True, floating=True
    )


ROWS = (
    row("exp", "ExpBackward0", np.exp, "result", lambda _xp, g, r: g * r),
    row("exp2", "Exp2Backward0", np.exp2, "result", lambda _xp, g, r: g * (r * LOG2)),
    row("expm1", "Expm1Backward0", np.expm1, "result", lambda _xp, g, r: g * (r + 1)),
    row("log", "LogBackward0", np.log, "self", lambda _xp, g, x: g / x),
    row("log2", "Log2Backward0", np.log2, "self", lambda _xp, g, x: g / (x * LOG2)),
    row("log10", "Log10Backward0", np.log10, "self", lambda _xp, g, x: g / (x * LOG10)),
    row("log1p", "Log1PBackward0", np.log1p, "self", lambda _xp, g, x: g / (x + 1)),
    row("sqrt", "SqrtBackward0", np.sqrt, "result", lambda _xp, g, r: g / (r * 2)),
    row(
        "rsqrt",
        "RsqrtBackward0",
        lambda x: 1 / np.sqrt(x),
        "result",
        lambda _xp, g, r: g * (r * r * r * -0.5),
    ),
    row(
        "reciprocal",
        "ReciprocalBackward0",
        lambda x: 1 / x,
        "result",
        lambda _xp, g, r: -g * (r * r),
    ),
    row("sin", "SinBackward0", np.sin, "self", lambda xp, g, x: g * xp.cos(x)),
    row("cos", "CosBackward0", np.cos, "self", lambda xp, g, x: g * -xp.sin(x)),
    row("tan", "TanBackward0", np.tan, "result", lambda _xp, g, r: g * (r * r + 1)),
    row("asin", "AsinBackward0", np.arcsin, "self", lambda xp, g, x: g / xp.sqrt(1 - x * x)),
    row("acos", "AcosBackward0", np.arccos, "self", lambda xp, g, x: -g / xp.sqrt(1 - x * x)),
    row("atan", "AtanBackward0", np.arctan, "self", lambda _xp, g, x: g / (x * x + 1)),
    row("sinh", "SinhBackward0", np.sinh, "self", lambda xp, g, x: g * xp.cosh(x)),
    row("cosh", "CoshBackward0", np.cosh, "self", lambda xp, g, x: g * xp.sinh(x)),
    row("tanh", "TanhBackward0", np.tanh, "result", lambda _xp, g, r: g * (-(r * r) + 1)),
    row(
        "sigmoid",
        "SigmoidBackward0",
        sigmoid_kernel,
        "result",
        lambda _xp, g, r: g * ((1 - r) * r),
    ),
)

ROUNDINGS = tuple(
    Operator(name, node, kernel, ("self",), {"self": ("", lambda xp, g: xp.zeros_like(g))})
    for name, node, kernel in (
        ("floor", "FloorBackward0", np.floor),
        ("ceil", "CeilBackward0", np.ceil),
        ("round", "RoundBackward0", np.round),
        ("trunc", "TruncBackward0", np.trunc),
    )
)


def threshold_kernel(g: Any, result: Any) -> Any:
    """Return g, and 0 where the result is not above zero: its bits are all kept, or none.

    np.where is several times slower where signs are random, and in a product inf * 0 is NaN.
    """
    bits = f"i{g.itemsize}"
    kept = (result <= 0).astype(bits)
    kept -= 1  # now -1, which is all ones, or 0
    passed = np.empty(g.shape, g.dtype)
    np.bitwise_and(g.view(bits), kept, out=passed.view(bits))
    return passed


# relu's derivative is an operator of two operands in torch: it depends, with derivative zero, on
# the result, and so requires grad under create_graph wherever the result does.
RELU = (
    Operator(
        "relu",
        "ReluBackward0",
        lambda x: np.maximum(x, 0),
        ("self",),
        {"self": ("result", lambda xp, g, r: xp.threshold_backward(g, r))},
    ),
    Operator(
        "threshold_backward",
        "ThresholdBackwardBackward0",
        threshold_kernel,
        ("grad_output", "self"),
        {
            "grad_output": ("self", lambda xp, g, r: xp.threshold_backward(g, r)),
            "self": ("", lambda xp, g, _r: xp.zeros_like(g)),
        },
    ),
)
