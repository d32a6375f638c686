"""Forward mode through every operator: the tangent of a result is the Jacobian times those given.

The Jacobian is that of the formula, the one that reverse mode is held to as well, so that both
modes agree wherever they pass.  That they do is demanded of the two themselves, too: what a
cotangent makes of a tangent is one number, whichever of them the Jacobian met first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, SAFETY, VALUE, clause, expect
from gradspec.catalogue.operator import DIFFERENTIABLE, variables
from gradspec.catalogue.operators import CALLS
from gradspec.catalogue.slopes import pushed_forward
from gradspec.chapters.operators.calling import (
    SMOOTH,
    both_triangles,
    cotangent,
    function,
    is_of_symmetric,
    results,
)
from gradspec.chapters.operators.derivatives import WITHOUT_RULE
from gradspec.chapters.operators.kinks import BOUNDED, CHOSEN
from gradspec.chapters.operators.operands import ALONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gradspec import Autograd
    from gradspec.catalogue.operator import Call, Given, Kink

CHECK: Final = "torch.autograd.gradcheck docstring (check_forward_ad)"
KINKED: Final = "notes/autograd § Gradients for non-differentiable functions"

MOVING: Final = {
    name: call
    for name, call in CALLS.items()
    if call.operator.smoothness in DIFFERENTIABLE and not call.operator.inplace
}
WRITING: Final = {
    name: call
    for name, call in CALLS.items()
    if call.operator.smoothness in DIFFERENTIABLE and call.operator.inplace
}


def directions(ag: Autograd, call: Call, sample: Given) -> list[Any]:
    """Draw a tangent for each variable; that of a symmetric matrix is symmetric."""
    drawn = [cotangent(ag, point) for point in variables(sample)]
    return list(map(both_triangles, drawn)) if is_of_symmetric(call) else drawn


def moved(
    ag: Autograd, call: Call, sample: Given, tangents: Sequence[Any]
) -> Iterator[tuple[int | None, Any]]:
    """Give the tangent of each result that is one of numbers, with the place of that result.

    A variable whose tangent is None is a constant.
    """
    points = [
        ag.tensor(point) if tangent is None else ag.make_dual(ag.tensor(point), ag.tensor(tangent))
        for point, tangent in zip(variables(sample), tangents, strict=True)
    ]
    found = function(ag, call, sample)(*points)
    for part, value in results(call, sample):
        if value.dtype.kind == "f":
            yield part, ag.tangent(found if part is None else found[part])


def demand(ag: Autograd, call: Call, tangents: Sequence[Any]) -> None:
    """Demand the tangents of the formula; where it gives zeros there need be none."""
    sample = call.sample()
    whole = [
        np.zeros(np.shape(point)) if tangent is None else tangent
        for point, tangent in zip(variables(sample), tangents, strict=True)
    ]
    with ag.dual_level():
        for part, found in moved(ag, call, sample, tangents):
            wanted = pushed_forward(call, sample, whole, part)
            if np.any(wanted.tangent):
                expect(found).is_close(wanted.tangent, scale=wanted.scale)
            else:
                expect(found).is_none_or_zero()


@clause("fwd-231", VALUE, sources=[CHECK, "mathematics"], over=MOVING)
def a_tangent_is_that_of_the_formula(ag: Autograd, call: Call) -> None:
    """The tangent of {name} is the Jacobian of its formula times the tangents of its operands."""
    demand(ag, call, directions(ag, call, call.sample()))


@clause("fwd-232", VALUE, sources=[CHECK, "mathematics"], over=ALONE)
def a_tangent_by_one_operand_alone(ag: Autograd, call: Call) -> None:
    """Where one operand of {name} has a tangent and the others are constants, the tangent of the
    result is the Jacobian by that operand times it.
    """
    tangents = directions(ag, call, call.sample())
    for place, alone in enumerate(tangents):
        demand(ag, call, [alone if n == place else None for n in range(len(tangents))])


@clause("fwd-233", VALUE, sources=["mathematics"], over=SMOOTH)
def tangents_of_zeros_move_nothing(ag: Autograd, call: Call) -> None:
    """Where the tangents of its operands are zeros, that of {name} is zeros, or there is none."""
    demand(ag, call, [np.zeros(np.shape(point)) for point in variables(call.sample())])


@clause("fwd-234", VALUE, sources=["notes/extending § Forward mode AD"], over=WRITING)
def a_write_has_the_tangent_of_the_formula(ag: Autograd, call: Call) -> None:
    """A tensor that {name} wrote has the Jacobian of its formula times the tangents for its own."""
    demand(ag, call, directions(ag, call, call.sample()))


@clause("fwd-030", VALUE, sources=[CHECK], over=SMOOTH)
def both_modes_agree(ag: Autograd, call: Call) -> None:
    """Of {name} a cotangent times the Jacobian, times tangents, is the cotangent times what forward
    mode gives.
    """
    sample = call.sample()
    tangents = directions(ag, call, sample)
    points = list(variables(sample))
    with ag.dual_level():
        pushed = dict(moved(ag, call, sample, tangents))
    for part, value in results(call, sample):
        if value.dtype.kind == "f" and pushed[part] is not None:
            weights = cotangent(ag, value)
            _, gradients = ag.vjp(function(ag, call, sample, part), points, weights)
            of_both = sum(
                (g * ag.tensor(t)).sum() for g, t in zip(gradients, tangents, strict=True)
            )
            scale = pushed_forward(call, sample, tangents, part).scale * weights.size
            difference = of_both - (pushed[part] * ag.tensor(weights)).sum()
            expect(difference).is_close(0.0, scale=scale)


def steps(ag: Autograd, sample: Given) -> list[Any]:
    """Draw a tangent for each variable that moves nothing at zero, where steps jump."""
    return [np.where(point == 0, 0.0, cotangent(ag, point)) for point in variables(sample)]


@clause("fwd-236", SAFETY, sources=["torch.heaviside source"], over=WITHOUT_RULE)
def a_tangent_without_a_rule_is_refused_or_right(ag: Autograd, call: Call) -> None:
    """A call of {name} is refused what has a tangent, or has the tangent of its formula.

    torch has no rule for it, in either mode.
    """
    sample = call.sample()
    tangents = steps(ag, sample)
    with ag.dual_level(), ag.attempt() as attempt:
        part, found = next(moved(ag, call, sample, tangents))
        with attempt.granted():
            expect(found).is_close(pushed_forward(call, sample, tangents, part).tangent)


def at_the_kink(ag: Autograd, row: tuple[Call, Kink]) -> tuple[Any, list[Any]]:
    """Give the sum of the tangents at a kink, and the positive tangents that were given."""
    call, _ = row
    sample = call.sample()
    tangents = [ag.random(*np.shape(point), positive=True) for point in variables(sample)]
    with ag.dual_level():
        _, found = next(moved(ag, call, sample, tangents))
        return found.sum(), tangents


@clause("fwd-031", VALUE, sources=[KINKED], over=BOUNDED)
def a_tangent_at_a_kink_lies_between_the_slopes(ag: Autograd, row: tuple[Call, Kink]) -> None:
    """At the kink of {name} its tangents sum up to a number between the slopes on either side,
    times the tangents given.
    """
    _, kink = row
    found, tangents = at_the_kink(ag, row)
    low, high = (
        sum(np.sum(np.broadcast_to(bound, np.shape(t)) * t) for t in tangents)
        for bound in kink.between or ()
    )
    expect(found).lies_between(low, high)


@clause("fwd-031a", CONVENTION, sources=[KINKED], over=CHOSEN)
def a_tangent_at_a_kink_is_the_chosen_one(ag: Autograd, row: tuple[Call, Kink]) -> None:
    """At the kink or jump of {name} its tangents sum up to the slope that the catalogue names,
    which reverse mode has there, times the tangents given.
    """
    _, kink = row
    found, tangents = at_the_kink(ag, row)
    choices = kink.choice if isinstance(kink.choice, tuple) else [kink.choice] * len(tangents)
    slopes = zip(choices, tangents, strict=True)
    expect(found).is_close(sum(np.sum(np.broadcast_to(c, np.shape(t)) * t) for c, t in slopes))
