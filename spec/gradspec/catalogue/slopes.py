"""`pulled_back(call, sample, cotangent)`: what a cotangent becomes, known without any rule.

A formula that is linear is its own derivative: its value at a unit vector is a column of the
Jacobian.  Any other is evaluated at x + ih with h so small that h*h is lost in rounding: the
imaginary part is h times the derivative, without cancellation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from gradspec.catalogue.operator import Smoothness, replaced, variables

if TYPE_CHECKING:
    from gradspec.catalogue.operator import Call, Given

STEP: Final = 2.0**-100


Place = tuple[int, tuple[int, ...]]
"""Which variable, and which entry of it."""


class Pulled(NamedTuple):
    """For each variable its gradient; `scale` bounds the sum of the absolute contributions."""

    gradients: list[Any]
    scale: float


def pulled_back(call: Call, sample: Given, cotangent: Any, part: int | None = None) -> Pulled:
    """Give the cotangent times the Jacobian, by each variable, of a result or one of several."""
    points = list(variables(sample))
    linear = call.operator.smoothness is Smoothness.LINEAR
    column = _own_values if linear else _complex_step
    gradients, scale = [], 0.0
    for number, point in enumerate(points):
        gradient = np.zeros(point.shape)
        for entry in np.ndindex(point.shape):
            terms = cotangent * column(call, sample, points, (number, entry), part)
            gradient[entry] = np.sum(terms)
            scale = max(scale, float(np.sum(np.abs(terms))))
        gradients.append(gradient)
    return Pulled(gradients, scale)


def _complex_step(call: Call, sample: Given, points: list[Any], at: Place, part: int | None) -> Any:
    number, entry = at
    moved = [p.astype(np.complex128) for p in points]
    moved[number][entry] += 1j * STEP
    return np.imag(_value(call, sample, moved, part)) / STEP


def _own_values(call: Call, sample: Given, points: list[Any], at: Place, part: int | None) -> Any:
    number, entry = at
    nothing, unit = np.zeros_like(points[number]), np.zeros_like(points[number])
    unit[entry] = 1.0
    value, origin = (
        _value(call, sample, [*points[:number], p, *points[number + 1 :]], part)
        for p in (unit, nothing)
    )
    return value - origin


def _value(call: Call, sample: Given, points: list[Any], part: int | None) -> Any:
    result = call.value(replaced(sample, points, lambda constant: constant))
    return np.asarray(result if part is None else result[part])
