"""Stacks of stacks: an operator of matrices in two more dimensions.

What counts the dimensions of its operand from the front is right as long as there are three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import VALUE, clause, expect
from gradspec.catalogue.facets.stacks import STACKS
from gradspec.catalogue.operator import variables
from gradspec.catalogue.slopes import pulled_back
from gradspec.chapters.operators.calling import cotangent, determined, function, results

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call


@clause("op-304", VALUE, sources=["torch docstrings", "mathematics"], over=STACKS)
def a_stack_of_stacks_is_a_stack(ag: Autograd, call: Call) -> None:
    """Of a stack of stacks {name} has the value and the derivative of its formula."""
    sample = call.sample()
    points = list(variables(sample))

    for part, value in results(call, sample):
        weights = cotangent(ag, value)
        found, gradients = ag.vjp(function(ag, call, sample, part), points, weights)
        expect(found).is_close(value)
        expected = pulled_back(call, sample, weights, part)
        for gradient, wanted in zip(gradients, expected.gradients, strict=True):
            told, meant = determined(call, gradient, wanted)
            expect(told).is_close(meant, scale=expected.scale)
