"""Second derivatives: a gradient is a function too, and has the gradient that mathematics gives it.

What is asked for is never f(x) alone, but z f(x) with a variable z, of which x f(x) is one case.
So the cotangent that arrives at the rule of f varies, and where f is linear there is something to
find.  A rule that takes a saved value for a mere number may go unseen on f alone, whose gradient
then depends on nothing; of the product it loses a term.

Both lines along which the derivatives are taken are random, so that one number tells a wrong entry
wherever it is.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import VALUE, clause, expect
from gradspec.catalogue.curvature import curvature
from gradspec.catalogue.domain import ZERO
from gradspec.catalogue.operator import DIFFERENTIABLE, LINEAR, is_tensor, variables
from gradspec.catalogue.operators import CALLS
from gradspec.catalogue.signature import ORDERS
from gradspec.chapters.operators.calling import (
    both_triangles,
    cotangent,
    function,
    is_of_symmetric,
    results,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gradspec import Autograd
    from gradspec.catalogue.operator import Call

ROUNDING: Final = 2.0**15
"""The differences of slopes lose twelve bits; what a rule loses comes to it."""

FINE: Final = 1024
"""Parts of one in which directions are drawn: of fewer, two terms may cancel each other."""

OF_SHAPES: Final = ("keepdim", "ceil_mode", "return_indices")
"""Arguments that change no number."""


def bending() -> Iterator[tuple[str, Call]]:
    """Give the calls that are asked: of what is linear one for each set of dimensions, and of what
    is not one for each set of arguments, each order and each stated point; in place, one of each.
    """
    seen = set()
    for name, call in CALLS.items():
        row = call.operator
        operands = list(variables(call.sample()))
        if row.smoothness not in DIFFERENTIABLE or not operands:
            continue
        if row.inplace:
            if name == row.named(next(iter(row.calls))):
                yield name, call
            continue
        if row.smoothness is LINEAR:
            tells = [operand.ndim for operand in operands[1:] and operands]
        else:
            given = ((n, value) for n, value in call.given.items() if n not in OF_SHAPES)
            tells = [(n, *_particulars(call, n, value)) for n, value in given]
        key = (row.name, *tells)
        if key not in seen:
            seen.add(key)
            yield name, call


def _particulars(call: Call, name: str, value: Any) -> tuple[Any, ...]:
    stated = isinstance(value, np.ndarray) or getattr(value, "domain", None) is ZERO
    return is_tensor(value), stated and call.name, name in ORDERS and value


BENDING: Final = dict(bending())


@clause("op-220", VALUE, sources=["torch.autograd.gradgradcheck docstring"], over=BENDING)
def second_derivative_is_that_of_the_formula(ag: Autograd, call: Call) -> None:
    """Of {name} times a further variable, the second derivative is that of the formula.

    A symmetric matrix stays symmetric along the lines: of it one triangle may be read.
    """
    sample = call.sample()
    points = [1.0, *variables(sample)]
    values = [value for _, value in results(call, sample) if value.dtype.kind == "f"]
    weights, along, across = (
        [cotangent(ag, array, FINE) for array in arrays] for arrays in (values, points, points)
    )
    if is_of_symmetric(call):
        along, across = ([rise, *map(both_triangles, rest)] for rise, *rest in (along, across))

    def product(factor: Any, *given: Any) -> Any:
        result = function(ag, call, sample)(*given)
        found = result[: len(weights)] if call.gives_several else [result]
        return factor * dot(ag, weights, found)

    def slope(*given: Any) -> Any:
        _, gradients = ag.vjp(product, given)
        return dot(ag, along, gradients)

    _, found = ag.vjp(slope, points)
    wanted = curvature(call, sample, weights, (along, across))
    expect(dot(ag, across, found)).is_close(wanted.value, ulps=ROUNDING, scale=wanted.scale)


def dot(ag: Autograd, weights: Sequence[Any], tensors: Sequence[Any]) -> Any:
    """Sum all entries, each with its weight."""
    terms = (
        (tensor * ag.tensor(weight)).sum() if np.ndim(weight) else tensor * float(weight)
        for weight, tensor in zip(weights, tensors, strict=True)
    )
    return functools.reduce(operator.add, terms)
