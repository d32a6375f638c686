"""Activations of neural networks (torch.nn.functional)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradspec_reference.operators.batching import entrywise
from gradspec_reference.operators.forward import symmetric
from gradspec_reference.operators.indexing import array_of
from gradspec_reference.operators.row import Operator, unary_operator
from gradspec_reference.operators.special import of_scipy

BEND = 3
CUBIC = 0.044715
NORMAL = math.sqrt(2 / math.pi)


def elu_kernel(x: Any, alpha: Any, scale: Any, input_scale: Any) -> Any:
    """Return x where it is positive, an exponential below; both scaled."""
    below = np.expm1(x * input_scale) * (alpha * scale)
    return np.where(x <= 0, below, x if scale == 1 else x * scale)[()]


def elu_rule(xp: Any, g: Any, x: Any, alpha: Any, scale: Any, input_scale: Any) -> Any:
    """d/dx is that of the exponential at 0, too."""
    below = xp.exp(xp.where(x < 0, x, 0.0) * input_scale) * (alpha * scale * input_scale)
    return xp.where(x <= 0, g * below, g * scale)


def celu_kernel(x: Any, alpha: Any) -> Any:
    return elu_kernel(x, alpha, 1, 1 / alpha)


def celu_rule(xp: Any, g: Any, x: Any, alpha: Any) -> Any:
    """d/dx is that of the exponential at 0, too."""
    return elu_rule(xp, g, x, alpha, 1, 1 / alpha)


def gelu_kernel(x: Any, approximate: Any) -> Any:
    """x times the normal distribution function, or what comes near it."""
    if approximate == "tanh":
        return x * 0.5 * (np.tanh(NORMAL * (x + CUBIC * x * x * x)) + 1)
    return x * 0.5 * (of_scipy("erf")(x * math.sqrt(0.5)) + 1)


def gelu_rule(xp: Any, g: Any, x: Any, approximate: Any) -> Any:
    """d/dx x F(x) = F(x) + x F'(x)."""
    if approximate == "tanh":
        bent = xp.tanh((x + x * x * x * CUBIC) * NORMAL)
        slope = (1 - bent * bent) * ((x * x * (3 * CUBIC) + 1) * NORMAL)
        return g * ((bent + 1) * 0.5 + x * slope * 0.5)
    share = (xp.erf(x * math.sqrt(0.5)) + 1) * 0.5
    return g * (share + x * xp.exp(x * x * -0.5) * (NORMAL / 2))


def silu_rule(xp: Any, g: Any, x: Any) -> Any:
    """d/dx x s = s (1 + x (1 - s))."""
    s = xp.sigmoid(x)
    return g * (s * (x * (1 - s) + 1))


def mish_rule(xp: Any, g: Any, x: Any) -> Any:
    """d/dx x tanh p = tanh p + x s (1 - tanh p ** 2), where p is softplus and s its slope."""
    bent = xp.tanh(xp.softplus(x, 1, 20))
    return g * (bent + x * xp.sigmoid(x) * (1 - bent * bent))


def softplus_kernel(x: Any, beta: Any, threshold: Any) -> Any:
    """log(1 + exp(beta x)) / beta, and x past the threshold."""
    scaled = x * beta
    return np.where(scaled > threshold, x, np.log1p(np.exp(scaled)) / beta)[()]


def softplus_rule(xp: Any, g: Any, x: Any, beta: Any, threshold: Any) -> Any:
    """d/dx is the sigmoid of beta x, which is flat at the threshold, and 1 past it."""
    scaled = x * beta
    array = array_of(scaled)
    least = np.exp(-np.logaddexp(0, -float(threshold)))
    flat = np.where(array > threshold, 1.0, np.where(array == threshold, least, array))
    flat = flat.astype(array.dtype)  # of no number it is none
    return g * xp.where(scaled < threshold, xp.sigmoid(scaled), flat)


def leaky_relu_kernel(x: Any, negative_slope: Any) -> Any:
    return np.where(x > 0, x, x * negative_slope)[()]


def leaky_relu_rule(xp: Any, g: Any, x: Any, negative_slope: Any) -> Any:
    """Pass the gradient above zero, and so much of it elsewhere."""
    return xp.where(x > 0, g, g * negative_slope)


def hardtanh_kernel(x: Any, low: Any, high: Any) -> Any:
    return np.minimum(np.maximum(x, x.dtype.type(low)), x.dtype.type(high))


def hardtanh_rule(xp: Any, g: Any, x: Any, low: Any, high: Any) -> Any:
    """Pass the gradient between the bounds, and not at them."""
    return xp.where((x <= low) | (x >= high), 0.0, g)


def hardsigmoid_kernel(x: Any) -> Any:
    """Return the share of the way from -3 to 3."""
    return np.minimum(np.maximum(x + BEND, 0), 2 * BEND) / (2 * BEND)


def hardsigmoid_rule(xp: Any, g: Any, x: Any) -> Any:
    """Return a sixth on the way."""
    return xp.where((x > -BEND) & (x < BEND), g / (2 * BEND), 0.0)


def hardswish_rule(xp: Any, g: Any, x: Any) -> Any:
    """d/dx x (x + 3) / 6 = x/3 + 1/2 on the way."""
    return g * xp.where(x <= -BEND, 0.0, xp.where(x < BEND, x / BEND + 0.5, 1.0))


def softshrink_kernel(x: Any, lambd: Any) -> Any:
    """Return what is left of x when lambd is taken off its size."""
    return np.where(x > lambd, x - lambd, np.where(x < -lambd, x + lambd, x * 0))[()]


def shrink_rule(xp: Any, g: Any, x: Any, lambd: Any) -> Any:
    """Pass the gradient where something is left."""
    return xp.where((x >= -lambd) & (x <= lambd), 0.0, g)


def hardshrink_kernel(x: Any, lambd: Any) -> Any:
    return np.where((x >= -lambd) & (x <= lambd), 0, x).astype(x.dtype)[()]


def above_kernel(x: Any, threshold: Any, value: Any) -> Any:
    return np.where(x <= threshold, value, x).astype(x.dtype)[()]


def above_rule(xp: Any, g: Any, x: Any, threshold: Any, _value: Any) -> Any:
    """Pass the gradient above the threshold."""
    return xp.where(x <= threshold, 0.0, g)


def prelu_kernel(x: Any, weight: Any) -> Any:
    return np.where(x > 0, x, weight * x)[()]


def activation(name: str, kernel: Any, vjp: Any, **rest: Any) -> Operator:
    """Make a row that saves its operand, and refuses integers as torch does."""
    rest = {"without": "integers"} | rest
    return unary_operator(name, kernel=kernel, vjp=vjp, saves="self", **rest)


JVP = symmetric
BATCH = entrywise
ROWS = (
    activation("elu", elu_kernel, elu_rule, params="alpha scale input_scale"),
    activation("celu", celu_kernel, celu_rule, params="alpha"),
    activation("gelu", gelu_kernel, gelu_rule, params="approximate"),
    activation(*("silu", lambda x: x / (np.exp(-x) + 1), silu_rule), on_complex="undifferentiated"),
    activation("mish", lambda x: x * np.tanh(np.log1p(np.exp(x))), mish_rule),
    activation("softplus", softplus_kernel, softplus_rule, params="beta threshold"),
    activation(
        *("leaky_relu", leaky_relu_kernel, leaky_relu_rule), params="negative_slope", flat="self"
    ),
    activation(
        *("hardtanh", hardtanh_kernel, hardtanh_rule),
        params="min_val max_val",
        flat="self",
        without="any bool",
    ),
    activation("hardsigmoid", hardsigmoid_kernel, hardsigmoid_rule, flat="self"),
    activation("hardswish", lambda x: x * hardsigmoid_kernel(x), hardswish_rule),
    activation(
        "log_sigmoid",
        lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))),
        lambda xp, g, x: g * xp.sigmoid(-x),
        inner=True,
    ),
    activation("softshrink", softshrink_kernel, shrink_rule, params="lambd", flat="self"),
    activation("hardshrink", hardshrink_kernel, shrink_rule, params="lambd", flat="self"),
    activation(
        *("threshold", above_kernel, above_rule),
        params="threshold value",
        flat="self",
        without="bool",
    ),
    Operator(
        "rrelu_with_noise",
        inner=True,
        kernel=lambda x, slopes: x * slopes,
        operands="self noise",
        saves={"self": "self noise"},
        flat="self",
        vjp={"self": lambda _xp, g, _x, slopes: g * slopes},
    ),
    Operator(
        "prelu_kernel",
        inner=True,
        kernel=prelu_kernel,
        operands="self weight",
        saves="self weight",
        flat="self weight",
        vjp={
            "self": lambda xp, g, x, weight: xp.where(x > 0, g, g * weight),
            "weight": lambda xp, g, x, _weight: xp.where(x > 0, 0.0, g * x),
        },
    ),
)
