"""Several operands: each differentiated alone, and one tensor in the place of two.

An engine computes what was asked for and leaves out the rest, so that each operand alone is another
path through its rules than all of them.  And a tensor that is given twice receives twice: the sum
of what either operand would have received.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from gradspec import VALUE, clause, expect
from gradspec.catalogue.operator import DIFFERENTIABLE, is_tensor, replaced, variables
from gradspec.catalogue.operators import CALLS
from gradspec.catalogue.slopes import pulled_back
from gradspec.chapters.operators.calling import cotangent, function, results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec import Autograd
    from gradspec.catalogue.operator import Call, Given
    from gradspec.catalogue.slopes import Pulled

SEVERAL: Final = {
    name: call
    for name, call in CALLS.items()
    if call.operator.smoothness in DIFFERENTIABLE and len(list(variables(call.sample()))) > 1
}


def by_operands() -> Iterator[tuple[str, Call]]:
    """Give a call of each operator for each set of operands that are tensors."""
    seen = set()
    for name, call in SEVERAL.items():
        key = (call.operator.name, *(n for n, value in call.given.items() if is_tensor(value)))
        if key not in seen:
            seen.add(key)
            yield name, call


ALONE: Final = dict(by_operands())


class Shared(NamedTuple):
    """A call where one array stands in the places of two variables."""

    call: Call
    sample: Given
    places: tuple[int, int]


def twice() -> Iterator[tuple[str, Shared]]:
    """Give, for each operator, a call that can be made with one operand in the places of two: of
    those that have equal shapes, or of those where the one fits into the place of the other.  What
    is written in place has the shape that it has.
    """
    found = set()
    for equal in (True, False):
        for name, call in SEVERAL.items():
            if not equal and (call.operator.particular or call.operator.inplace):
                continue
            shared = None if call.operator.name in found else next(_shared(call, equal), None)
            if shared is not None:
                found.add(call.operator.name)
                yield name, shared


def _shared(call: Call, equal: bool) -> Iterator[Shared]:
    sample = call.sample()
    points = list(variables(sample))
    for places in itertools.combinations(range(len(points)), 2):
        first, second = (points[n] for n in places)
        alike = first.ndim == second.ndim and (first.shape == second.shape) == equal
        for kept in (first, second) if alike else ():
            given = [kept if n in places else p for n, p in enumerate(points)]
            one = replaced(sample, given, lambda constant: constant)
            if _is_a_number(call, one):
                yield Shared(call, one, places)


def _is_a_number(call: Call, sample: Given) -> bool:
    try:
        with np.errstate(all="ignore"):
            return all(np.all(np.isfinite(value)) for _, value in results(call, sample))
    except (IndexError, TypeError, ValueError):  # of shapes that do not fit
        return False


TWICE: Final = dict(twice())


@clause("op-221", VALUE, sources=["mathematics"], over=ALONE)
def derivative_by_one_operand_alone(ag: Autograd, call: Call) -> None:
    """By each operand of {name} alone the derivative is the one that it has among all of them."""
    points = list(variables(call.sample()))
    for applied, weights, expected in asked(ag, call, call.sample()):
        for place, (point, wanted) in enumerate(zip(points, expected.gradients, strict=True)):
            alone = in_places(ag, applied, points, (place,))
            _, (found,) = ag.vjp(alone, [point], weights)
            expect(found).is_close(wanted, scale=expected.scale)


@clause(
    "op-222",
    VALUE,
    sources=["chain rule"],
    over=TWICE,
    stands_for={"op-055": "cat stack"},
)
def one_tensor_in_two_places_receives_both_gradients(ag: Autograd, shared: Shared) -> None:
    """A tensor that is two operands of {name} receives the sum of what either would receive."""
    call, sample, places = shared
    points = list(variables(sample))
    for applied, weights, expected in asked(ag, call, sample):
        _, (found,) = ag.vjp(in_places(ag, applied, points, places), [points[places[0]]], weights)
        one, other = (expected.gradients[n] for n in places)
        scale = max(expected.scale, float(np.max(np.abs(weights))))  # the two may cancel
        expect(found).is_close(one + other, scale=scale)


def asked(
    ag: Autograd, call: Call, sample: Given
) -> Iterator[tuple[Callable[..., Any], Any, Pulled]]:
    """Give each result as a function, a cotangent for it, and what the cotangent becomes."""
    for part, value in results(call, sample):
        weights = cotangent(ag, value)
        expected = pulled_back(call, sample, weights, part)
        yield function(ag, call, sample, part), weights, expected


def in_places(
    ag: Autograd, applied: Callable[..., Any], points: list[Any], places: tuple[int, ...]
) -> Callable[[Any], Any]:
    """Give the function of what stands in these places; in the others there are constants."""
    rest = {n: ag.tensor(p) for n, p in enumerate(points) if n not in places}
    return lambda x: applied(*(rest.get(n, x) for n in range(len(points))))
