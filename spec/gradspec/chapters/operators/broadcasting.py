"""Broadcasting, and back: what an operand was repeated for comes back as a sum.

The operands of a call are of different shapes, and each of them is repeated in its turn: in front,
where it lacks a dimension, in the middle or at the end, where it has one of length one, and
everywhere, where it is a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import VALUE, clause, expect
from gradspec.catalogue.facets.broadcasting import BROADCAST, broadcast
from gradspec.catalogue.operator import variables
from gradspec.chapters.operators.calling import cotangent, function

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call


@clause("op-050", VALUE, sources=["notes/broadcasting", "chain rule"], over=BROADCAST)
def what_was_repeated_receives_a_sum(ag: Autograd, plain: Call) -> None:
    """An operand of {name} that is broadcast receives its gradients summed, in its own shape."""
    for asked in broadcast(plain):
        weights = cotangent(ag, asked.call.value(asked.sample))
        points = list(variables(asked.sample))
        _, found = ag.vjp(function(ag, asked.call, asked.sample), points, weights)
        expected = asked.pulled_back(weights)
        for gradient, wanted in zip(found, expected.gradients, strict=True):
            expect(gradient).is_close(wanted, scale=expected.scale)
