"""Activations of neural networks."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from gradspec.catalogue import parts
from gradspec.catalogue.domain import (
    FAR_ABOVE,
    FAR_BELOW,
    HIGH,
    LOW,
    NEAR,
    PAST_ONE,
    VAST,
    WIDE,
)
from gradspec.catalogue.ends import FAR, INF, NO_NUMBER, at, at_nan, far
from gradspec.catalogue.entrywise import clamped, real, size
from gradspec.catalogue.operator import (
    ANALYTIC,
    PIECEWISE,
    Kink,
    Operator,
    of,
    on,
    or_nan,
    point,
    row,
)
from gradspec.catalogue.special import erf

ALPHA_OF_SELU: Final = 1.6732632423543772
SCALE_OF_SELU: Final = 1.0507009873554805
"""The fixed point of the paper, to the digits of torch's documentation."""


def activation(called: str, formula: Any, smoothness: Any = PIECEWISE, **more: Any) -> Operator:
    """Write the row of a function that torch keeps under nn.functional."""
    name, _, parameters = called.removesuffix(")").partition("(")
    names = [p.partition("=") for p in parameters.split(", ")]
    given = ", ".join(f"$({n}=${n})" if sign else f"${n}" for n, sign, _ in names)
    more = {"torch": f"torch.nn.functional.{name}({given})"} | more
    if "inplace=False" in parameters:
        more["apart"] = "inplace"
    if not {"plain", "array", "negative"} & {*more}:
        more |= {"array": on(2, 3), "negative": on(domain=LOW)}
    return row(called, formula, smoothness, more.pop("plain", on(domain=HIGH)), **more)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """Give x where it is positive, and below that an exponential that ends at -alpha."""
    return np.where(real(x) > 0, x, alpha * (np.exp(x) - 1))


def celu(x: Any, alpha: float = 1.0) -> Any:
    """Give x where it is positive, and below that an exponential of slope one at zero."""
    return np.where(real(x) > 0, x, alpha * (np.exp(x / alpha) - 1))


def gelu(x: Any, approximate: str = "none") -> Any:
    """Give x times the probability that a normal variable is less, or what comes near it."""
    if approximate == "tanh":
        return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x / 2 * (1 + erf(x / math.sqrt(2)))


def softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """Give a smooth ramp, which is the identity past a threshold."""
    return np.where(real(x) * beta > threshold, x, np.log(1 + np.exp(x * beta)) / beta)


def prelu(x: Any, weight: Any) -> Any:
    """Give x, times the weight of its channel where it is negative."""
    if weight.size != 1:
        weight = weight.reshape(weight.size, *[1] * (x.ndim - 2))
    return np.where(real(x) > 0, x, weight * x)


def softshrink(x: Any, lambd: float = 0.5) -> Any:
    """Give x, so much nearer to zero."""
    return x - clamped(x, -lambd, lambd)


def hardshrink(x: Any, lambd: float = 0.5) -> Any:
    """Give x, and zero where it is near zero."""
    return np.where(size(real(x)) <= lambd, 0.0, x)


def glu(x: Any, dim: int = -1) -> Any:
    """Give the first half of a dimension, through the gates of the second."""
    first, second = np.split(x, 2, axis=dim)
    return first / (1 + np.exp(-second))


def softmin(x: Any, dim: int) -> Any:
    """Give exponentials of -x that sum to one."""
    powers = np.exp(real(x).min(dim, keepdims=True) - x)
    return powers / np.sum(powers, axis=dim, keepdims=True)


def bend(low: float, high: float, choice: float, at: float = 0.0, **given: Any) -> Kink:
    """Say where a slope changes, from which to which, and what torch takes."""
    return Kink(point(at, **given), (min(low, high), max(low, high)), choice)


WITH_INPLACE: Final[dict[str, Any]] = {"has_inplace": True}
OF_RAMPS: Final = {
    "far": at([-FAR, FAR], [0.0, 1.0]),
    "infinity": at([-INF, INF], or_nan([0.0, 1.0]), NO_NUMBER),
}
"""Of x times a share, whose slope at infinity is a product of zero and infinity, too."""

ROWS: Final = (
    activation(
        *("elu(x, alpha=1.0, inplace=False)", elu),
        means="x if x > 0 else alpha * expm1(x)",
        alpha=on(2, 3, alpha=2.5),
        falling=on(2, 3, alpha=-1.5),
        kinks={"": bend(1.0, 2.5, 2.5, alpha=2.5)},
        ends=far(0.0, 1.0),
        **WITH_INPLACE,
    ),
    activation(
        *("selu(x, inplace=False)", lambda x: SCALE_OF_SELU * elu(x, ALPHA_OF_SELU)),
        means=f"{SCALE_OF_SELU} * (x if x > 0 else {ALPHA_OF_SELU} * expm1(x))",
        kinks={"": bend(SCALE_OF_SELU, 1.7580993408473766, 1.7580993408473766)},
        ends=far(0.0, SCALE_OF_SELU),
        **WITH_INPLACE,
    ),
    activation(
        *("celu(x, alpha=1.0, inplace=False)", celu),
        means="x if x > 0 else alpha * expm1(x / alpha)",
        alpha=on(2, 3, alpha=2.5),
        falling=on(2, 3, alpha=-1.5),
        ends=far(0.0, 1.0),
        **WITH_INPLACE,
    ),
    activation(
        *('gelu(x, approximate="none")', gelu, ANALYTIC),
        means="x / 2 * (1 + (tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)) "
        "if approximate == 'tanh' else erf(x / sqrt(2))))",
        array=on(2, 3),
        tanh=on(2, 3, approximate="tanh"),
        ends=OF_RAMPS,
    ),
    activation(
        *("silu(x, inplace=False)", lambda x: x / (1 + np.exp(-x)), ANALYTIC),
        means="x / (1 + exp(-x))",
        ends=OF_RAMPS,
    ),
    activation(
        *("mish(x, inplace=False)", lambda x: x * np.tanh(np.log(1 + np.exp(x))), ANALYTIC),
        means="x * tanh(log(1 + exp(x)))",
        ends=OF_RAMPS,
    ),
    activation(
        *("softplus(x, beta=1.0, threshold=20.0)", softplus),
        means="x if x * beta > threshold else log(1 + exp(x * beta)) / beta",
        array=on(2, 3, domain=VAST),
        negative=on(domain=LOW),
        beta=on(2, 3, domain=VAST, beta=2.5),
        threshold=on(2, 3, beta=2.0, threshold=0.03125),
        past=on(domain=HIGH, threshold=0.25),
        kinks={
            "": Kink(point(1.0, threshold=1.0), (math.e / (1 + math.e), 1.0), math.e / (1 + math.e))
        },
        ends=far(0.0, 1.0),
    ),
    activation(
        *("softsign(x)", lambda x: x / (1 + size(x))),
        means="x / (1 + abs(x))",
        ends={"infinity": at([-INF, INF], or_nan(0.0), NO_NUMBER)},
        of_parts=lambda x: parts.divided(x, 1 + parts.modulus(x)),
    ),
    activation(
        "leaky_relu(x, negative_slope=0.01, inplace=False)",
        lambda x, negative_slope=0.01: np.where(real(x) > 0, x, negative_slope * x),
        means="x if x > 0 else negative_slope * x",
        slope=on(2, 3, negative_slope=0.25),
        falling=on(2, 3, negative_slope=-0.5),
        kinks={"": bend(0.25, 1.0, 0.25, negative_slope=0.25)},
        ends=far(0.01, 1.0) | at_nan(0.01),
        **WITH_INPLACE,
    ),
    activation(
        *("prelu(x, weight)", prelu),
        plain=on(3, 2, weight=of(1)),
        channels=on(2, 3, weight=of(3)),
        deep=on(2, 3, 4, domain=WIDE, weight=of(3)),
        kinks={
            "": Kink(point([0.0], weight=np.array([0.25])), (0.0, 1.0), (0.25, 0.0)),
        },
    ),
    activation(
        "hardtanh(x, min_val=-1.0, max_val=1.0, inplace=False)",
        lambda x, min_val=-1.0, max_val=1.0: clamped(x, min_val, max_val),
        means="min(max(x, min_val), max_val)",
        below=on(domain=FAR_BELOW),
        above=on(domain=FAR_ABOVE),
        array=on(3, 4, domain=WIDE),
        bounds=on(3, 4, min_val=-0.59375, max_val=1.15625),
        kinks={"": Kink(point([-1.0, 1.0]), (0.0, 1.0), 0.0)},
        plain=on(domain=NEAR),
        **WITH_INPLACE,
    ),
    activation(
        *("relu6(x, inplace=False)", lambda x: clamped(x, 0.0, 6.0)),
        means="min(max(x, 0), 6)",
        below=on(domain=FAR_BELOW),
        above=on(domain=FAR_ABOVE),
        array=on(3, 4, domain=WIDE),
        kinks={"": Kink(point([0.0, 6.0]), (0.0, 1.0), 0.0)},
    ),
    activation(
        *("hardsigmoid(x, inplace=False)", lambda x: clamped(x / 6 + 0.5, 0.0, 1.0)),
        means="min(max(x / 6 + 0.5, 0), 1)",
        below=on(domain=FAR_BELOW),
        above=on(domain=FAR_ABOVE),
        array=on(3, 4, domain=WIDE),
        kinks={"": Kink(point([-3.0, 3.0]), (0.0, 1 / 6), 0.0)},
        ends=far(0.0, 0.0) | at_nan(0.0),
    ),
    activation(
        *("hardswish(x, inplace=False)", lambda x: x * clamped(x / 6 + 0.5, 0.0, 1.0)),
        means="x * min(max(x / 6 + 0.5, 0), 1)",
        below=on(domain=FAR_BELOW),
        above=on(domain=FAR_ABOVE),
        array=on(3, 4, domain=WIDE),
        kinks={
            "": bend(0.0, -0.5, 0.0, at=-3.0),
            "above": bend(1.0, 1.5, 1.0, at=3.0),
        },
        ends=far(0.0, 1.0),
    ),
    activation(
        *("logsigmoid(x)", lambda x: -np.log(1 + np.exp(-x)), ANALYTIC),
        means="-log(1 + exp(-x))",
        ends=far(1.0, 0.0),
    ),
    activation(
        *("tanhshrink(x)", lambda x: x - np.tanh(x), ANALYTIC),
        means="x - tanh(x)",
        ends=far(1.0, 1.0),
        keeps="",
        holomorphic=True,
    ),
    activation(
        *("softshrink(x, lambd=0.5)", softshrink),
        means="x - min(max(x, -lambd), lambd)",
        array=on(3, 4, lambd=0.71875),
        plain=on(domain=PAST_ONE),
        below=on(domain=FAR_BELOW),
        near=on(domain=PAST_ONE, lambd=2.125),
        kinks={"": Kink(point([-0.5, 0.5]), (0.0, 1.0), 0.0)},
    ),
    activation(
        *("hardshrink(x, lambd=0.5)", hardshrink),
        means="x if abs(x) > lambd else 0",
        array=on(3, 4, lambd=0.71875),
        plain=on(domain=PAST_ONE),
        below=on(domain=FAR_BELOW),
        near=on(domain=PAST_ONE, lambd=2.125),
        kinks={"": Kink(point([-0.5, 0.5]), None, 0.0)},
    ),
    activation(
        "threshold(x, threshold, value, inplace=False)",
        lambda x, threshold, value: np.where(real(x) <= threshold, value, x),
        means="x if x > threshold else value",
        plain=on(domain=HIGH, threshold=0.125, value=7.0),
        below=on(domain=LOW, threshold=0.125, value=7.0),
        array=on(3, 4, threshold=0.28125, value=-3.0),
        kinks={"": Kink(point(0.5, threshold=0.5, value=2.0), None, 0.0)},
        ends=at_nan(1.0, threshold=0.5, value=2.0),
        **WITH_INPLACE,
    ),
    activation(
        *("glu(x, dim=-1)", glu, ANALYTIC),
        plain=on(3, 4),
        first=on(2, 3, dim=0),
        middle=on(2, 4, 3, domain=WIDE, dim=1),
        ends={"far": at([[3.0, FAR], [3.0, -FAR]], [[1.0, 0.0], [0.0, 0.0]])},
    ),
    activation(
        *("softmin(x, dim, dtype=None)", softmin, ANALYTIC),
        torch="torch.nn.functional.softmin($x, dim=$dim, $(dtype=$dtype))",
        apart="dtype",
        plain=on(2, 3, dim=-1),
        first=on(2, 3, dim=0),
        ends={"far": at([-FAR, FAR], 0.0, weights=[1.0, 0.0], dim=0)},
        keeps="result",
        cancels=True,
    ),
)
