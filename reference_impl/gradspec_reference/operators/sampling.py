"""What is drawn at random: for a derivative it is a constant, whatever it was drawn with.

Each row is told the source of random numbers; what passes back is zero.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec_reference.operators.batching import entrywise
from gradspec_reference.operators.forward import symmetric
from gradspec_reference.operators.row import Operator, both, no_slope, unary_operator

LARGEST: Final = 1e18
"""Rate of the largest counts that NumPy draws; what is more, also infinity, is drawn as this."""


def bernoulli_kernel(x: Any, source: Any) -> Any:
    """1 with the probability given, else 0."""
    return np.asanyarray(source.random(x.shape) < x).astype(x.dtype)


def poisson_kernel(x: Any, source: Any) -> Any:
    """Counts of the rate given."""
    return np.asanyarray(source.poisson(np.minimum(x, LARGEST))).astype(x.dtype)


def normal_kernel(mean: Any, std: Any, source: Any) -> Any:
    """Numbers of these moments, in the dtype that both have by now."""
    shape = np.broadcast_shapes(np.shape(mean), np.shape(std))
    dtype = np.result_type(mean, std)
    return np.asanyarray(mean + std * source.standard_normal(shape)).astype(dtype)


def drawn_kernel(x: Any, draw: Any) -> Any:
    """Numbers of a shape and dtype, whatever stood there; of complex ones each part is drawn."""
    if x.dtype.kind == "c":
        parts = np.asanyarray(draw((*x.shape, 2)))
        return (parts[..., 0] + 1j * parts[..., 1]).astype(x.dtype)
    return np.asanyarray(draw(x.shape)).astype(x.dtype)


def chances_kernel(x: Any, p: Any, source: Any) -> Any:
    """1 with the probability that each entry says, else 0, as x has them."""
    return np.asanyarray(source.random(x.shape) < p).astype(x.dtype)


IN_PLACE: Final = {
    "normal": "NormalBackward0",
    "uniform": "UniformBackward0",
    "exponential": "ExponentialBackward0",
    "geometric": "GeometricBackward0",
    "cauchy": "CauchyBackward0",
    "log_normal": "LogNormalBackward0",
    "bernoulli": "BernoulliBackward2",
    "random": "RandomBackward0",
    "random_below": "RandomBackward1",
    "random_all": "RandomBackward2",
}
"""What is drawn in place -> torch's name of the node."""


def drawn_in_place(name: str, node: str) -> Operator:
    """Make the row of a form in place, which is told how to draw."""
    return unary_operator(
        f"{name}_in_place",
        node=node,
        kernel=drawn_kernel,
        params="draw",
        vjp=no_slope,
        inner=True,
        on_complex="as written" if name in OF_PARTS else "",
    )


OF_PARTS: Final = ("normal", "uniform")
"""Those that draw complex numbers, too."""

JVP = symmetric
BATCH = entrywise
ROWS = (
    unary_operator("bernoulli", kernel=bernoulli_kernel, params="generator", vjp=no_slope),
    unary_operator("poisson", kernel=poisson_kernel, params="generator", vjp=no_slope),
    *(drawn_in_place(name, node) for name, node in IN_PLACE.items()),
    Operator(
        "bernoulli_tensor",
        node="BernoulliBackward1",
        kernel=chances_kernel,
        operands="self p",
        params="generator",
        vjp={"self": no_slope, "p": no_slope},
        inner=True,
    ),
    *(
        Operator(
            f"normal{number}",
            node=f"NormalBackward{number}",
            kernel=normal_kernel,
            operands="self other",
            params="generator",
            vjp=both(no_slope, no_slope),
            pointwise=True,
        )
        for number in (1, 2, 3)  # by which of the two are tensors
    ),
)
