"""`pulled_back(call, sample, cotangent)`: what a cotangent becomes, known without any rule.

`pushed_forward(call, sample, tangents)` is the other product with the same Jacobian.

A formula that is linear is its own derivative: its value at a unit vector is a column of the
Jacobian.  Any other is evaluated at x + ih with h so small that h*h is lost in rounding: the
imaginary part is h times the derivative, without cancellation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from gradspec.catalogue.operator import Smoothness, map_arrays, replaced, variables

if TYPE_CHECKING:
    from gradspec.catalogue.operator import Call, Given

STEP: Final = 2.0**-100

CONDITION: Final = 16.0
"""How many times the rounding of matrices may come back from one that is factored.

The vectors of singular values that lie near each other turn with it, and every library rounds in an
order of its own, which the processor decides.
"""

Entry = tuple[int, ...]
Column = Callable[[Entry], Any]
"""What an entry of a variable does to the result."""


class Pulled(NamedTuple):
    """For each variable its gradient; `scale` bounds the sum of the absolute contributions."""

    gradients: list[Any]
    scale: float


def pulled_back(call: Call, sample: Given, cotangent: Any, part: int | None = None) -> Pulled:
    """Give the cotangent times the Jacobian, by each variable, of a result or one of several."""
    pulled = times(cotangent, jacobians(call, sample, part))
    return pulled._replace(scale=condition(call) * pulled.scale)


def condition(call: Call) -> float:
    """Say how many times the rounding of its operands comes back from a derivative."""
    return CONDITION if call.operator.factors else call.operator.condition


def times(cotangent: Any, jacobians: list[Any]) -> Pulled:
    """Give a cotangent times each Jacobian."""
    gradients, scale = [], 0.0
    for jacobian in jacobians:
        terms = jacobian * cotangent
        own = jacobian.ndim - np.ndim(cotangent)
        of_result = tuple(range(own, jacobian.ndim))
        gradients.append(terms.sum(axis=of_result))
        scale = max(scale, float(np.abs(terms).sum(axis=of_result).max(initial=0.0)))
    return Pulled(gradients, scale)


class Pushed(NamedTuple):
    """The tangent of a result; `scale` bounds the sum of the absolute contributions."""

    tangent: Any
    scale: float


def pushed_forward(
    call: Call, sample: Given, tangents: Sequence[Any], part: int | None = None
) -> Pushed:
    """Give the Jacobian times tangents, one for each variable, of a result or one of several."""
    tangent, scale = np.zeros(()), np.zeros(())
    for jacobian, moved in zip(jacobians(call, sample, part), tangents, strict=True):
        terms = jacobian * np.reshape(
            moved, np.shape(moved) + (1,) * (jacobian.ndim - np.ndim(moved))
        )
        own = tuple(range(np.ndim(moved)))
        tangent, scale = tangent + terms.sum(axis=own), scale + np.abs(terms).sum(axis=own)
    return Pushed(tangent, condition(call) * float(scale.max(initial=0.0)))


_known: Final[dict[Any, list[Any]]] = {}
"""Jacobians by formula and operands: many clauses ask about one point."""


def jacobians(call: Call, sample: Given, part: int | None = None) -> list[Any]:
    """Give the Jacobian by each variable: the entries of the variable first, then of the result."""
    operands = map_arrays(sample, lambda array: (array.dtype.str, array.shape, array.tobytes()))
    row = call.operator
    key = (row.formula, row.smoothness, call.gives_several, part, repr(operands))
    if key not in _known:
        _known[key] = _jacobians(call, sample, part)
    return _known[key]


def _jacobians(call: Call, sample: Given, part: int | None) -> list[Any]:
    points = list(variables(sample))
    linear = call.operator.smoothness is Smoothness.LINEAR
    found = []
    for number, point in enumerate(points):
        column = (_own_values if linear else _complex_step)(call, sample, points, number, part)
        columns = [column(entry) for entry in np.ndindex(point.shape)]
        # by nothing there are no columns, of which each would have the shape of the result
        of_result = columns[0] if columns else _value(call, sample, points, part)
        found.append(np.array(columns).reshape(point.shape + of_result.shape))
    return found


def _complex_step(
    call: Call, sample: Given, points: list[Any], number: int, part: int | None
) -> Column:
    def column(entry: Entry) -> Any:
        moved = [p.astype(np.complex128) for p in points]
        moved[number][entry] += 1j * STEP
        return np.imag(_value(call, sample, moved, part)) / STEP

    return column


def _own_values(
    call: Call, sample: Given, points: list[Any], number: int, part: int | None
) -> Column:
    def at(point: Any) -> Any:
        return _value(call, sample, [*points[:number], point, *points[number + 1 :]], part)

    origin = at(np.zeros_like(points[number]))

    def column(entry: Entry) -> Any:
        unit = np.zeros_like(points[number])
        unit[entry] = 1.0
        return at(unit) - origin

    return column


def _value(call: Call, sample: Given, points: list[Any], part: int | None) -> Any:
    result = call.value(replaced(sample, points, lambda constant: constant))
    return np.asarray(result if part is None else result[part])
