"""Derivatives where numbers are complex, known without any rule: `slopes`, for complex numbers.

A complex number is two real ones, and so its gradient is a pair too, written as a complex number:
what a real loss changes by with the real part, and i times what it changes by with the imaginary
one.  A cotangent w of a result y stands for the loss Re(conj(w) y).  Of a holomorphic function f
that makes conj(f'(z)) w.

Linear formulas are their own derivatives, as they are of real numbers.  The derivative of a
holomorphic formula is the mean of the secants to a small circle, which where there is no singular
point inside of twice its radius is exact up to rounding (Cauchy).  What is analytic
in its parts alone is moved by a complex step in each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from gradspec.catalogue.domain import OFF_THE_AXIS, Domain, Symmetric
from gradspec.catalogue.operator import (
    ANALYTIC_BY_PARTS,
    BY_PARTS,
    LINEAR,
    LINEAR_BY_PARTS,
    Call,
    map_arrays,
    replaced,
    variables,
)
from gradspec.catalogue.operators import CALLS, OPERATORS
from gradspec.catalogue.parts import Pair
from gradspec.catalogue.slopes import STEP, Pulled, Pushed, condition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradspec.catalogue.operator import Given, Operator

CIRCLE: Final = np.exp(2j * np.pi * np.arange(64) / 64) / 8
"""Half the way to where a function is cut or ends: what is drawn lies a quarter off the axis."""

SHARPER: Final = 16.0
"""How much more rounding there is in a second derivative that is a mean of values."""

Entry = tuple[int, ...]

OWN: Final = (LINEAR, LINEAR_BY_PARTS)
"""Kinds of formulas that are their own derivative."""


HOLOMORPHIC: Final = {
    operator.telling().name: operator.telling()
    for operator in OPERATORS.values()
    if operator.holomorphic and not operator.inplace
}
"""Of every operator that is holomorphic the call that tells most."""


def _by_parts(operator: Operator) -> Call:
    """Give a call of an operator that is another function where numbers are complex."""
    call = operator.telling()
    other = replace(
        operator,
        formula=operator.of_parts,
        smoothness=ANALYTIC_BY_PARTS,
        settled=operator.settled_of_parts,
    )
    return Call(other, call.name, call.given)


OF_PARTS: Final = {name: c for name, c in CALLS.items() if c.operator.smoothness in BY_PARTS} | {
    operator.telling().name: _by_parts(operator)
    for operator in OPERATORS.values()
    if operator.of_parts is not None and not operator.inplace
}
"""Every call from complex numbers, or to them, that is no holomorphic function."""


def complex_sample(call: Call) -> dict[str, Any]:
    """Draw the operands of a call, with imaginary parts where the catalogue has real numbers."""
    own = call.operator.smoothness in BY_PARTS and call.operator.of_parts is None
    return call.sample() if own else map_arrays(call.sample(), _with_other_parts(call))


def _with_other_parts(call: Call) -> Callable[[Any], Any]:
    random, others = np.random.default_rng(len(call.name)), Domain(OFF_THE_AXIS, repeats=True)
    domains = (getattr(value, "domain", None) for value in call.given.values())
    hermitian = any(isinstance(domain, Symmetric) for domain in domains)

    def with_other_part(array: Any) -> Any:
        if array.dtype.kind != "f":
            return array
        other = others.draw(random, array.shape, set())
        if hermitian:
            other = np.tril(other, -1) - np.tril(other, -1).swapaxes(-1, -2)
        return np.asarray(array + 1j * other)

    return with_other_part


class Slope(NamedTuple):
    """What a result changes by with the parts of a variable, whose entries come first."""

    by_real: Any
    by_imag: Any | None


def pulled_back(call: Call, sample: Given, cotangent: Any, part: int | None = None) -> Pulled:
    """Give the gradients of Re(conj(cotangent) y) by each variable, y being a result."""
    gradients, scale = [], _rounded(call, sample, cotangent, part)
    for slope in slopes(call, sample, part):
        summed = [_summed(cotangent, one) for one in slope if one is not None]
        by_real, *by_imag = (gradient for gradient, _ in summed)
        gradients.append(by_real + 1j * by_imag[0] if by_imag else by_real)
        scale = max(scale, *(size for _, size in summed))
    return Pulled(gradients, condition(call) * scale)


def _summed(cotangent: Any, slope: Any) -> tuple[Any, float]:
    """Give the real part of a slope times the conjugate of a cotangent, and what bounds it."""
    axes = tuple(range(np.ndim(slope) - np.ndim(cotangent), np.ndim(slope)))
    terms = np.conj(cotangent) * slope
    return terms.real.sum(axis=axes), float(np.abs(terms).sum(axis=axes).max(initial=0.0))


def pushed_forward(
    call: Call, sample: Given, tangents: Sequence[Any], part: int | None = None
) -> Pushed:
    """Give what a result changes by where its variables change by tangents."""
    tangent, scale = np.zeros(()), np.full((), _rounded(call, sample, 1.0, part))
    for slope, moved in zip(slopes(call, sample, part), tangents, strict=True):
        for one, change in zip(slope, (np.real(moved), np.imag(moved)), strict=True):
            if one is not None:
                shape = np.shape(change) + (1,) * (one.ndim - np.ndim(change))
                terms, own = one * np.reshape(change, shape), tuple(range(np.ndim(change)))
                tangent = tangent + terms.sum(axis=own)
                scale = scale + np.abs(terms).sum(axis=own)
    return Pushed(tangent, condition(call) * float(scale.max(initial=0.0)))


def _rounded(call: Call, sample: Given, cotangent: Any, part: int | None) -> float:
    """Give the size of what was rounded where a derivative is a mean of values."""
    if call.operator.smoothness in OWN:
        return 0.0
    value = Moving(call, sample, part).value(list(variables(sample)))
    return float(np.abs(cotangent * value).max(initial=0.0))


_known: Final[dict[Any, list[Slope]]] = {}
"""Slopes by formula and operands: several clauses ask about one point."""


def slopes(call: Call, sample: Given, part: int | None = None) -> list[Slope]:
    """Give the slopes by each variable."""
    operands = map_arrays(sample, lambda array: (array.dtype.str, array.shape, array.tobytes()))
    key = (call.operator.formula, part, repr(operands))
    if key not in _known:
        points, moving = list(variables(sample)), Moving(call, sample, part)
        _known[key] = [moving.slope(points, n) for n in range(len(points))]
    return _known[key]


@dataclass(frozen=True, slots=True)
class Moving:
    """A result of a call, one entry of whose variables moves."""

    call: Call
    sample: Given
    part: int | None

    def slope(self, points: list[Any], number: int) -> Slope:
        """Give the slope by one variable."""
        by_real = self._by_entries(points, number, 1.0)
        if not np.iscomplexobj(points[number]):
            return Slope(by_real, None)
        holomorphic = self.call.operator.smoothness not in BY_PARTS
        return Slope(by_real, 1j * by_real if holomorphic else self._by_entries(points, number, 1j))

    def value(self, points: list[Any]) -> Any:
        """Compute the formula at other points."""
        result = self.call.value(replaced(self.sample, points, lambda constant: constant))
        chosen = result if self.part is None else result[self.part]
        return chosen if isinstance(chosen, Pair) else np.asarray(chosen)

    def _by_entries(self, points: list[Any], number: int, unit: complex) -> Any:
        way: Callable[..., Any] = self._on_a_circle
        if self.call.operator.smoothness in OWN:
            way = self._of_its_own
        elif self.call.operator.smoothness is ANALYTIC_BY_PARTS:
            way = self._by_a_complex_step
        shape = np.shape(points[number])
        columns = [way(points, number, entry, unit) for entry in np.ndindex(shape)]
        return np.array(columns).reshape(shape + np.shape(columns[0]))

    def _of_its_own(self, points: list[Any], number: int, entry: Entry, unit: complex) -> Any:
        origin = [*points[:number], np.zeros_like(points[number]), *points[number + 1 :]]
        return self.value(moved(origin, number, entry, unit)) - self.value(origin)

    def _on_a_circle(self, points: list[Any], number: int, entry: Entry, _unit: complex) -> Any:
        here, start = self.value(points), points[number][entry]

        def secant(way: complex) -> Any:
            there = self.value(moved(points, number, entry, way))
            return (there - here) / ((start + way) - start)  # the way as it was rounded

        with np.errstate(all="ignore"):  # steps as wide as these may leave the domain
            right, up = secant(1.0), secant(1j)
        room = 64 * np.finfo(float).eps * np.abs([here, right]).max(initial=1.0)
        if np.allclose(right, up, rtol=0.0, atol=room):  # it is linear
            return right
        return np.stack([secant(way) for way in CIRCLE], axis=-1).mean(axis=-1)

    def _by_a_complex_step(
        self, points: list[Any], number: int, entry: Entry, unit: complex
    ) -> Any:
        moving = [with_room(point) for point in points]
        target = moving[number]
        if isinstance(target, Pair):
            target = target.imag if unit.imag else target.real
        target[entry] += 1j * STEP
        found = self.value(moving)
        if isinstance(found, Pair):
            return np.imag(found.real) / STEP + 1j * np.imag(found.imag) / STEP
        return np.imag(found) / STEP


def moved(points: list[Any], number: int, entry: Entry, change: complex) -> list[Any]:
    """Give the points, one entry of one of them changed by so much."""
    changed = points[number].astype(np.result_type(points[number], change))
    changed[entry] += change
    return [*points[:number], changed, *points[number + 1 :]]


def with_room(point: Any) -> Any:
    """Give a point with room for a complex step in each part."""
    parts = [part.astype(np.complex128) for part in (np.real(point), np.imag(point))]
    return Pair(*parts) if np.iscomplexobj(point) else parts[0]


class Bend(NamedTuple):
    """How a result bends where all variables move at once, each by its own ways.

    `second` is its second derivative, for each entry of `value`; `scale` bounds its rounding.
    """

    part: int | None
    ways: list[Any]
    value: Any
    second: Any
    scale: float


def bend(call: Call) -> Bend:
    """Give how the first result bends."""
    sample = complex_sample(call)
    points, part = list(variables(sample)), 0 if call.gives_several else None
    random, moving = np.random.default_rng(len(call.name)), Moving(call, sample, part)
    ways = [
        random.choice([-1.0, -0.75, -0.5, 0.5, 0.75, 1.0], (2, *point.shape)) for point in points
    ]
    together = [re + 0.25j * im for re, im in ways]

    def at(change: complex) -> Any:
        return moving.value([p + change * w for p, w in zip(points, together, strict=True)])

    here = at(0.0)
    around = np.stack([at(way) - here for way in CIRCLE], axis=-1)
    second = 2 * (around / CIRCLE**2).mean(axis=-1)
    scale = condition(call) * SHARPER * float(np.abs(around).max(initial=0.0) + np.abs(here).max())
    return Bend(part, together, here, second, scale)
