"""Operands of which one entry is NaN, or an infinity.

The entry stands where it tells: where zero in the place of NaN, or a very large number in that of
an infinity, would give another result.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.domain import Operand, Symmetric
from gradspec.catalogue.facets.asking import Asked, calls_of, out_of_place, same
from gradspec.catalogue.operator import (
    CONSTANT,
    PIECEWISE,
    UNDETERMINED,
    Call,
    Given,
    holds_tensors,
    replaced,
    variables,
)
from gradspec.catalogue.operators import CALLS
from gradspec.catalogue.signature import ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.catalogue.slopes import Pulled

LARGE: Final = float(np.finfo(np.float64).max)
INSTEAD: Final = {"nan": 0.0, "inf": LARGE, "-inf": -LARGE}
"""Number by name -> what a careless kernel takes it for."""

AROUND: Final = (64.0, 0.75, -64.0)
"""On all sides of every kink."""

OF_SHAPES: Final = ("keepdim", "ceil_mode", "return_indices")
"""Arguments that change no number."""

Place = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Spoilt:
    """A call of which an entry of one of its variables is no number, or no finite one."""

    asked: Asked
    which: int
    place: Place
    tells: bool

    def at(self, number: float) -> Asked:
        """Give the call with a number in that place."""
        call = self.asked.call
        return Asked(call, put(call.sample(), self.which, self.place, number))

    def pulled_back(self, cotangent: Any, part: int | None) -> Pulled:
        """Give the gradients that do not depend on the entry, and NaN for those that do."""
        call = self.asked.call
        own = float(list(variables(call.sample()))[self.which][self.place])
        numbers = AROUND if call.operator.smoothness is PIECEWISE else (0.75 * own,)
        with np.errstate(all="ignore"):
            sound, *moved = (self.at(n).pulled_back(cotangent, part) for n in (own, *numbers))
        gradients = [
            np.where(np.all([same_number(one, other) for other in others], axis=0), one, np.nan)
            for one, *others in zip(*(pulled.gradients for pulled in (sound, *moved)), strict=True)
        ]
        return sound._replace(gradients=gradients)


def same_number(one: Any, other: Any) -> Any:
    """Say of each entry whether it is the same but for rounding."""
    return np.isclose(one, other, rtol=1e-10, atol=1e-12)


def put(sample: Given, which: int, place: Place, number: float) -> Given:
    """Put a number in a place of a variable."""
    points = list(variables(sample))
    points[which] = points[which].copy()
    points[which][place] = number
    return replaced(sample, points, lambda constant: constant)


@functools.cache
def spoilt(name: str, number: str) -> list[Spoilt]:
    """Spoil each operand of a call in turn."""
    call = CALLS[name]
    return [one for which in operands(call) for one in _spoilt(call, which, number)]


def _spoilt(call: Call, which: int, number: str) -> list[Spoilt]:
    """Spoil an operand where it tells; or the first entry of it, if there is one."""
    sample = call.sample()

    def at(place: Place, entry: float) -> Asked:
        moved = put(sample, which, place, entry)
        if is_of_symmetric(call):
            moved = put(moved, which, (*place[:-2], *place[:-3:-1]), entry)
        return Asked(call, moved)

    first = None
    for place in np.ndindex(list(variables(sample))[which].shape):
        asked, value = at(place, float(number)), at(place, INSTEAD[number]).value()
        if is_of_numbers(value) and not same(asked.value(), value):
            return [Spoilt(asked, which, place, tells=True)]
        first = first or Spoilt(asked, which, place, tells=False)
    return [first] if first else []


def is_of_numbers(value: list[Any] | None) -> bool:
    """Say whether there is a value, and nothing in it is NaN."""
    return value is not None and not any(np.isnan(v).any() for v in value if v.dtype.kind == "f")


def is_of_symmetric(call: Call) -> bool:
    """Say whether the operator is about symmetric matrices."""
    return any(isinstance(getattr(v, "domain", None), Symmetric) for v in call.given.values())


def operands(call: Call) -> list[int]:
    """Number the variables that are drawn, or called `x`: others, such as bounds, are in order.

    Where something is padded it is `x` alone: a weight may meet a zero there, or nothing.
    """
    padded = bool(call.given.get("padding"))
    listed = [
        name == "x"
        or (
            not padded
            and (isinstance(call.given[name], Operand) or holds_tensors(call.given[name]))
        )
        for name, value in call.sample().items()
        for _ in variables({name: value})
    ]
    return [which for which, is_asked in enumerate(listed) if is_asked]


def _options(call: Call) -> tuple[Any, ...]:
    return tuple(
        (name, value)
        for name, value in call.given.items()
        if name in ORDERS or (isinstance(value, str | bool) and name not in OF_SHAPES)
    )


def _telling() -> Iterator[tuple[str, Call]]:
    for operator in out_of_place():
        is_rounding = operator.converts and operator.smoothness is CONSTANT
        if operator.smoothness is not UNDETERMINED and operator.calls and not is_rounding:
            first = operator.telling()
            asked = {_options(first): first}
            for call in calls_of(operator):
                asked.setdefault(_options(call), call)
            yield from ((call.name, call) for call in asked.values() if operands(call))


TELLING: Final = dict(_telling())
"""Of every operator the call that tells most, and one for each set of its options."""
