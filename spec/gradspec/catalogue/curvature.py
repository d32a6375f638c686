"""`curvature(call, sample, ...)`: the second derivative of a product with a formula, by no rule.

The first derivative along a line is the complex step, right to the last bits.  The second is a
difference of first ones, at eight points of the other line: what eighth order leaves is lost in
rounding, and rounding takes four of sixteen digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from gradspec.catalogue.operator import replaced, variables
from gradspec.catalogue.slopes import STEP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec.catalogue.operator import Call, Given

WIDTH: Final = 2.0**-12
"""From point to point.  No kink is nearer than the fourth, and no pole nearer than sixty."""

STENCIL: Final = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
"""How far to either side, and the weight there, of a central difference of eighth order."""

Line = list[Any]
"""For each variable how fast its entries move."""


class Curved(NamedTuple):
    """A second derivative; `scale` is the sum of the absolute contributions."""

    value: float
    scale: float


def curvature(
    call: Call, sample: Given, weights: Sequence[Any], lines: tuple[Line, Line]
) -> Curved:
    """Give the derivative of z times (weights . f(x)) where z is 1, by one line and by the other.

    There is an array of weights for each result that is differentiable.  The first entry of a line
    is how fast z moves.
    """
    points = list(variables(sample))
    (rise, *along), (climb, *across) = lines
    terms = [
        weight * change * times
        for changes, times in (
            (_bends(call, sample, points, (along, across)), 1.0),
            (_slopes(call, sample, points, along), climb),
            (_slopes(call, sample, points, across), rise),
        )
        for weight, change in zip(weights, changes, strict=True)
    ]
    return Curved(
        sum(float(np.sum(term)) for term in terms),
        sum(float(np.sum(np.abs(term))) for term in terms),
    )


def _bends(call: Call, sample: Given, points: Line, lines: tuple[Line, Line]) -> list[Any]:
    along, across = lines
    total = [0.0 * slope for slope in _slopes(call, sample, points, along)]
    for far, weight in STENCIL.items():
        for side in (far, -far):
            there = [p + side * WIDTH * d for p, d in zip(points, across, strict=True)]
            slopes = _slopes(call, sample, there, along)
            share = weight * side / far / WIDTH
            total = [t + share * slope for t, slope in zip(total, slopes, strict=True)]
    return total


def _slopes(call: Call, sample: Given, points: Line, line: Line) -> list[Any]:
    moved = [p + 1j * STEP * d for p, d in zip(points, line, strict=True)]
    value = call.value(replaced(sample, moved, lambda constant: constant))
    results = map(np.asarray, value if call.gives_several else (value,))
    return [np.imag(result) / STEP for result in results if result.dtype.kind in "fc"]
