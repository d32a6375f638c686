"""Sizes: one entry, with how many dimensions ever, and none at all.

A number, a vector of length one and a matrix of one entry differ in their shape alone.  What is
selected may be empty, which is an operand like any other: a sum of nothing is 0, a product 1, a
mean 0 / 0, and what it was selected from receives zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec import CONVENTION, SAFETY, VALUE, clause, expect
from gradspec.catalogue.facets.sizes import (
    AS_A_ROW,
    NO_ENTRY,
    NOTHING_TO_PICK,
    ONE_ENTRY,
    empty,
    nothing,
    single,
    whole,
)
from gradspec.catalogue.operator import map_arrays, variables
from gradspec.chapters.operators.calling import (
    agrees_with_formula,
    cotangent,
    function,
    on_constants,
    on_points,
    results,
)

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.facets.asking import Asked
    from gradspec.catalogue.operator import Call


@clause("op-114", VALUE, sources=["torch.Tensor.grad docstring"], over=ONE_ENTRY)
def one_entry_is_one_in_any_shape(ag: Autograd, plain: Call) -> None:
    """Of one entry {name} has the value and derivative of its formula, in the shape of the operand.

    The shapes are (), (1,) and (1, 1).
    """
    for asked in single(plain):
        agrees_with_formula(ag, asked)


@clause("op-280", CONVENTION, sources=["torch docstrings", "observed"], over=AS_A_ROW)
def a_number_is_a_row_of_one_entry(ag: Autograd, asked: tuple[Asked, Asked]) -> None:
    """Along dimension 0 {name} takes a number for a row of one entry, and gives a number."""
    number, row = asked
    points = list(variables(number.sample))
    for part, value in results(row.call, row.sample):
        if value.dtype.kind == "f":
            weights = cotangent(ag, value)
            applied = function(ag, number.call, number.sample, part)
            found, gradients = ag.vjp(applied, points, np.reshape(weights, ()))
            expect(found).is_close(np.reshape(value, ()))
            pulled = row.pulled_back(weights, part)
            for gradient, wanted in zip(gradients, pulled.gradients, strict=True):
                expect(gradient).is_close(np.reshape(wanted, ()), scale=pulled.scale)


@clause("op-103", VALUE, sources=["observed", "mathematics"], over=NO_ENTRY)
def what_was_not_selected_receives_zeros(ag: Autograd, call: Call) -> None:
    """Of nothing {name} is what its formula says, and the whole beside it receives zeros."""
    asked = empty(call)
    (value,) = asked.value() or [None]
    wholes = [whole(operand) for operand in variables(map_arrays(call.sample(), whole))]

    def applied(*points: Any) -> Any:
        return on_points(ag, call, asked.sample, [point[:, 3:] for point in points])

    found, gradients = ag.vjp(applied, wholes, cotangent(ag, value))
    expect(found).is_close(value)
    for gradient in gradients:
        expect(gradient).equals(np.zeros((2, 3)))


@clause("op-239", SAFETY, sources=["torch docstrings"], over=NOTHING_TO_PICK)
def nothing_is_picked_from_nothing(ag: Autograd, call: Call) -> None:
    """Of nothing {name} is refused, or no number: there is no entry to give."""
    with ag.attempt() as attempt:
        found = on_constants(ag, call, map_arrays(call.sample(), nothing))
        with attempt.granted():
            expect(found).equals(np.nan)
