"""Whole numbers and truth values: operands for which an engine has other arithmetic.

Where the formula makes whole numbers of whole ones, so does the operator.  A sum of truth values
counts them, and their largest is one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, clause, expect
from gradspec.catalogue.facets.asking import Asked, calls_of
from gradspec.catalogue.operator import CONSTANT, DIFFERENTIABLE, map_arrays, replaced, variables
from gradspec.catalogue.operators import OPERATORS
from gradspec.chapters.operators.calling import on_constants
from gradspec.chapters.operators.data_types import whole

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call, Operator

SOURCES = ["docs tensor_attributes § torch.dtype", "torch docstrings"]


KINDS: Final = ("bool", "int64")


def of_whole(array: Any) -> Any:
    """Make a sample whole."""
    return whole(array).astype(np.int64)


def of_truths(array: Any) -> Any:
    """Make truth values of a sample."""
    return np.asarray(array > 0)


def keeping(operator: Operator, kind: Any) -> list[Asked]:
    """Give the calls whose formula makes no fractions of operands of a kind, if the first is."""
    if operator.settled or operator.converts or operator.formula is None:
        return []
    if operator.smoothness not in (*DIFFERENTIABLE, CONSTANT):
        return []
    plain, *others = (_of_kind(call, kind) for call in calls_of(operator))
    return [one for one in (plain, *others) if one is not None] if plain else []


def _of_kind(call: Call, kind: Any) -> Asked | None:
    drawn = call.sample()
    points = list(variables(drawn))
    if not points or not all(np.isfinite(p).all() for p in points):
        return None
    if drawn.get("requires_grad"):  # which whole numbers never do
        return None
    made = map_arrays(drawn, lambda a: kind(a) if a.dtype.kind == "f" else a)
    if any(isinstance(v, float) and v % 1 for v in made.values()):
        return None
    found = Asked(call, made).value()
    if found is None or not all(value.dtype.name in KINDS for value in found):
        return None
    floating = replaced(drawn, [kind(p).astype(float) for p in points], lambda constant: constant)
    exact = Asked(call, floating).value()
    return Asked(call, made) if exact and all(map(np.array_equal, found, exact)) else None


def table(kind: Any, *parameters: str) -> dict[str, list[Asked]]:
    """Give the calls that keep numbers of a kind, of operators that have such a parameter."""
    having = (o for o in OPERATORS.values() if {*parameters} <= {*o.signature.names})
    asked = {operator.name: keeping(operator, kind) for operator in having}
    return {name: calls for name, calls in asked.items() if calls}


WHOLE: Final = table(of_whole)
TRUTHS: Final = table(of_truths, "dim")
"""Operator -> its calls that make no fractions of numbers of a kind."""


def keeps_its_kind(ag: Autograd, asked: list[Asked]) -> None:
    """Demand what the formula makes, in its type; of places among equal entries nothing."""
    for one in asked:
        values = one.value() or []
        told = values[:-1] if one.call.tells_places else values
        with ag.attempt() as taken:
            found = on_constants(ag, one.call, one.sample)
            with taken.granted():
                for part, value in enumerate(told):
                    result = found[part] if one.call.gives_several else found
                    expect(result).equals(value)
                    expect(result).has_dtype(value.dtype.name)


@clause("op-300", CONVENTION, sources=SOURCES, over=WHOLE)
def whole_numbers_stay_whole(ag: Autograd, asked: list[Asked]) -> None:
    """Of whole numbers {name} makes whole numbers, those of its formula.

    An engine may refuse them.
    """
    keeps_its_kind(ag, asked)


@clause("op-301", CONVENTION, sources=SOURCES, over=TRUTHS)
def truth_values_are_kept_or_counted(ag: Autograd, asked: list[Asked]) -> None:
    """Along a dimension of truth values {name} makes truth values, or whole numbers that count
    them, as its formula does.

    An engine may refuse them.
    """
    keeps_its_kind(ag, asked)


@clause("op-305", CONVENTION, sources=["observed"])
def a_negative_power_of_a_whole_number_is_whole(ag: Autograd) -> None:
    """A whole number to a negative power is what is whole of it: of one and minus one a power, of
    others 0.

    An engine may refuse it.
    """
    numbers, exponents = ag.tensor([2, 1, -1, -1, -3]), ag.tensor([-1, -2, -3, -2, 2])
    with ag.attempt() as taken:
        powers = numbers**exponents
        with taken.granted():
            expect(powers).equals([0, 1, -1, 1, 9])
