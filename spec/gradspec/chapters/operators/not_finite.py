"""NaN and infinities: what is computed from them, and what they leave alone.

NaN is how numbers say that something went wrong.  An operator that makes a number of it hides
that; one that spreads it to what was not computed from it hides where.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect
from gradspec.catalogue.facets.not_finite import TELLING, spoilt
from gradspec.catalogue.operator import (
    ANALYTIC,
    DIFFERENTIABLE,
    LINEAR,
    PIECEWISE,
    SPECTRAL,
    Operator,
    variables,
)
from gradspec.catalogue.operators import CALLS
from gradspec.chapters.operators.calling import cotangent, function, on_constants, results

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.facets.not_finite import Spoilt
    from gradspec.catalogue.operator import Call

IEEE: Final = "IEEE 754-2019 § 6, 7.2"
FINE: Final = 1024
"""Parts of one in which cotangents are drawn: of fewer, some would be zero."""


def passes_on(row: Operator) -> bool:
    """Say whether all that it computes from NaN is NaN."""
    return row.smoothness in DIFFERENTIABLE and not row.takes_nan


def factors(row: Operator) -> bool:
    """Say whether it takes a matrix apart, by steps that the value of each entry decides."""
    return row.factors or row.smoothness is SPECTRAL


PASSING: Final = {n: c for n, c in TELLING.items() if passes_on(c.operator)}
TAKING: Final = {n: c for n, c in TELLING.items() if not passes_on(c.operator)}


def is_demanded(call: Call) -> bool:
    """Say whether anything of its value is decided with infinities among its operands."""
    if factors(call.operator):
        return False
    if not call.operator.cancels:
        return True
    asked = [one.asked.value() for number in ("inf", "-inf") for one in spoilt(call.name, number)]
    return any(value is None or not np.isnan(v).all() for value in asked for v in value or [0.0])


UNFACTORED: Final = {n: c for n, c in TELLING.items() if is_demanded(c)}


def is_elementwise(call: Call) -> bool:
    """Say whether each entry of the result has entries of its own."""
    return bool(call.operator.means)


SMOOTH: Final = {
    name: call
    for name, call in PASSING.items()
    if name == call.operator.telling().name
    and not factors(call.operator)
    and (call.operator.smoothness in (LINEAR, ANALYTIC) or is_elementwise(call))
}
CHOOSING: Final = {
    call.operator.name: call
    for call in reversed(list(CALLS.values()))
    if call.operator.smoothness is PIECEWISE and not call.operator.inplace and call.tells_places
}
"""Operator -> its first call that tells places."""


def demand_values(call: Call, asked: Spoilt, found: Any, *, may_cancel: bool = False) -> None:
    """Demand the values of the formula."""
    with np.errstate(all="ignore"):
        expected = list(results(call, asked.asked.sample))
    for part, value in expected:
        told = found if part is None else found[part]
        if may_cancel:
            expect(told).lies_between(value, value, or_nan=True)
        else:
            expect(told).is_close(value)


@clause("op-275", VALUE, sources=[IEEE], over=PASSING)
def what_is_computed_from_nan_is_nan(ag: Autograd, call: Call) -> None:
    """A call of {name} with NaN is refused, or gives NaN where it counts and nowhere else.

    Of a matrix that is taken apart it need only be somewhere: what it counts for depends on where
    one begins.
    """
    for one in spoilt(call.name, "nan"):
        with ag.attempt() as attempt:
            found = on_constants(ag, call, one.asked.sample)
            with attempt.granted():
                if factors(call.operator) or one.asked.value() is None:
                    parts = found if call.gives_several else [found]
                    expect(functools.reduce(operator.add, (p.sum() for p in parts))).equals(np.nan)
                else:
                    demand_values(call, one, found)


@clause("op-276", CONVENTION, sources=["torch docstrings", IEEE], over=TAKING)
def nan_is_taken_for_what_the_formula_says(ag: Autograd, call: Call) -> None:
    """Where {name} compares NaN, orders it or leaves it out, it gives what its formula gives.

    NaN is larger than every number where numbers are put in order, and no larger, no smaller and
    not the same where two are compared.
    """
    for one in spoilt(call.name, "nan"):
        demand_values(call, one, on_constants(ag, call, one.asked.sample))


@clause("op-277", VALUE, sources=[IEEE], over=UNFACTORED)
def what_is_computed_from_an_infinity_is_the_limit(ag: Autograd, call: Call) -> None:
    """A call of {name} with an infinity is refused, or gives what its formula gives."""
    for number in ("inf", "-inf"):
        for one in spoilt(call.name, number):
            with ag.attempt() as attempt:
                found = on_constants(ag, call, one.asked.sample)
                with attempt.granted():
                    demand_values(call, one, found, may_cancel=call.operator.cancels)


@clause("op-278", VALUE, sources=["mathematics"], over=SMOOTH)
def gradient_is_nan_where_it_depends_on_nan(ag: Autograd, call: Call) -> None:
    """With NaN in {name} a gradient is NaN where it depends on it, and elsewhere what it was.

    Where slopes are different on both sides of a kink, NaN is on neither, and any will do.
    """
    for one in spoilt(call.name, "nan"):
        sample = one.asked.sample
        part, value = next(results(call, call.sample()))
        weights = cotangent(ag, value, FINE)
        wanted = one.pulled_back(weights, part)
        with ag.attempt() as attempt:
            _, found = ag.vjp(function(ag, call, sample, part), list(variables(sample)), weights)
            with attempt.granted():
                for gradient, due in zip(found, wanted.gradients, strict=True):
                    if call.operator.cancels or call.operator.smoothness is PIECEWISE:
                        cancels = call.operator.cancels
                        expect(gradient).lies_between(due, due, or_nan=cancels)
                    else:
                        expect(gradient).is_close(due, scale=wanted.scale)


@clause("op-279", CONVENTION, sources=["observed"], over=CHOOSING)
def nan_receives_the_gradient_where_it_is_chosen(ag: Autograd, call: Call) -> None:
    """Of entries among which there is NaN, those that {name} chooses receive the gradient."""
    for one in spoilt(call.name, "nan"):
        sample = one.asked.sample
        part, value = next(results(call, sample))
        weights = cotangent(ag, value, FINE)
        _, found = ag.vjp(function(ag, call, sample, part), list(variables(sample)), weights)
        for gradient, due in zip(
            found, one.asked.pulled_back(weights, part).gradients, strict=True
        ):
            expect(gradient).is_close(due)
