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


JVP = symmetric
BATCH = entrywise
ROWS = (
    unary_operator("bernoulli", kernel=bernoulli_kernel, params="generator", vjp=no_slope),
    unary_operator("poisson", kernel=poisson_kernel, params="generator", vjp=no_slope),
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
