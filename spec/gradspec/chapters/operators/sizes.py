"""Sizes: one entry, with how many dimensions ever, and none at all.

A number, a vector of length one and a matrix of one entry differ in their shape alone.  What is
selected may be empty, which is an operand like any other: a sum of nothing is 0, a product 1, a
mean 0 / 0, and what it was selected from receives zeros.  A gradient has the shape of its operand,
also where that has no entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec import CONVENTION, SAFETY, VALUE, clause, expect
from gradspec.catalogue.curvature import curvature
from gradspec.catalogue.facets.sizes import (
    AS_A_ROW,
    BENT_BY_NOTHING,
    EMPTY,
    NO_ENTRY,
    NOTHING_TO_PICK,
    ONE_ENTRY,
    UNANSWERED,
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
from gradspec.chapters.operators.second_order import ROUNDING, dot

if TYPE_CHECKING:
    from collections.abc import Callable

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


@clause("op-281", VALUE, sources=["observed", "mathematics"], over=EMPTY)
def operands_may_be_empty(ag: Autograd, calls: list[Asked]) -> None:
    """Along each dimension that may be empty {name} is what its formula says, and so is its
    derivative.

    A sum over nothing is 0, which depends on nothing: beside it there are zeros.
    """
    for asked in calls:
        points = list(variables(asked.sample))
        for part, value in results(asked.call, asked.sample):
            if value.dtype.kind == "f":
                weights = cotangent(ag, value)
                applied = function(ag, asked.call, asked.sample, part)
                found, gradients = ag.vjp(applied, points, weights)
                expect(found).is_close(value)
                pulled = asked.pulled_back(weights, part)
                for gradient, wanted in zip(gradients, pulled.gradients, strict=True):
                    expect(gradient).is_close(of_numbers(wanted), scale=pulled.scale)


def of_numbers(gradient: Any) -> Any:
    """Give a gradient, and zero for what is 0 / 0 and so depends on no entry."""
    return np.where(np.isnan(gradient), 0.0, gradient)


@clause("op-282", VALUE, sources=["observed", "mathematics"], over=BENT_BY_NOTHING)
def second_derivatives_may_be_empty(ag: Autograd, calls: list[Asked]) -> None:
    """Where operands are empty, {name} times a further variable has the second derivative of its
    formula, in the shapes of the operands.
    """
    for asked in calls:
        points = [1.0, *variables(asked.sample)]
        values = [v for _, v in results(asked.call, asked.sample) if v.dtype.kind == "f"]
        weights, along, across = (
            [cotangent(ag, array) for array in arrays] for arrays in (values, points, points)
        )
        slope = slope_of_product(ag, asked, weights, along)
        _, found = ag.vjp(slope, points)
        wanted = curvature(asked.call, asked.sample, weights, (along, across))
        told = dot(ag, across, found)
        expect(told).is_close(wanted.value, ulps=ROUNDING, scale=max(wanted.scale, 1.0))
        for gradient, point in zip(found, points, strict=True):
            expect(gradient).has_shape(*np.shape(point))


def slope_of_product(
    ag: Autograd, asked: Asked, weights: list[Any], along: list[Any]
) -> Callable[..., Any]:
    """Give the derivative along a line of a call times a further variable, as a function."""
    applied = function(ag, asked.call, asked.sample)

    def product(factor: Any, *given: Any) -> Any:
        result = applied(*given)
        found = result[: len(weights)] if asked.call.gives_several else [result]
        return factor * dot(ag, weights, found)

    def slope(*given: Any) -> Any:
        _, gradients = ag.vjp(product, given)
        return dot(ag, along, gradients)

    return slope


@clause("op-283", CONVENTION, sources=["torch docstrings", "observed"], over=UNANSWERED)
def what_nothing_cannot_answer_is_refused(ag: Autograd, calls: list[Asked]) -> None:
    """Of nothing along a dimension that needs an entry {name} is refused, or gives no number."""
    for asked in calls:
        with ag.attempt() as attempt:
            found = on_constants(ag, asked.call, asked.sample)
            with attempt.granted():
                first = found[0] if asked.call.gives_several else found
                expect(first).equals(np.full(first.shape, np.nan))
