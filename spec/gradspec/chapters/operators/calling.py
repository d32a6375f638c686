"""A call of the catalogue, made on an engine: with constants, or as a function of its variables.

A second-order clause asks for `x * f(x)`, never for `f(x)` alone: where f is linear its derivative
is a constant, and an engine may rightly say that it depends on nothing.
"""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import expect
from gradspec.catalogue.domain import Operand, Symmetric
from gradspec.catalogue.in_place import AUGMENTED
from gradspec.catalogue.operator import DIFFERENTIABLE, map_arrays, replaced, variables
from gradspec.catalogue.operators import OPERATORS
from gradspec.catalogue.slopes import pulled_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec import Autograd
    from gradspec.catalogue.facets.asking import Asked
    from gradspec.catalogue.operator import Call, Given
from gradspec.catalogue.slopes import Pulled

SMOOTH: Final = {
    name: operator.telling()
    for name, operator in OPERATORS.items()
    if operator.smoothness in DIFFERENTIABLE and not operator.inplace
}
"""Of every operator that has a derivative the call that tells most."""

WRITTEN: Final = {
    name: operator.telling()
    for name, operator in OPERATORS.items()
    if operator.smoothness in DIFFERENTIABLE and operator.inplace
}
"""The same of every form in place."""


def perform(ag: Autograd, call: Call, given: Given) -> Any:
    """Call the operator; in place, give what its first operand then is.

    Of what is determined up to signs only what is determined is asked.

    After `x += y` it is what the assignment gave, which need not be the tensor that it was.
    """
    if not call.operator.inplace:
        result = getattr(ag, call.operator.name)(**given)
        return call.operator.settled(*result) if call.operator.settled else result
    target = given["x"]
    result = getattr(target, call.operator.name)(**{n: v for n, v in given.items() if n != "x"})
    return result if call.operator in AUGMENTED else target


def on_constants(ag: Autograd, call: Call, sample: Given) -> Any:
    """Call the operator on tensors that do not require grad."""
    return perform(ag, call, map_arrays(sample, ag.tensor))


def on_leaves(ag: Autograd, call: Call, sample: Given) -> Any:
    """Call the operator on leaves that require grad; in place, on a result of one."""
    leaves = [ag.tensor(v, requires_grad=True) for v in variables(sample)]
    return on_points(ag, call, sample, leaves)


def function(
    ag: Autograd, call: Call, sample: Given, part: int | None = None
) -> Callable[..., Any]:
    """Give the operator, or one of its results, as a function of its variables alone."""

    def applied(*points: Any) -> Any:
        result = on_points(ag, call, sample, points)
        return result if part is None else result[part]

    return applied


def on_points(ag: Autograd, call: Call, sample: Given, points: Any) -> Any:
    """Call the operator with points in the place of its variables; in place, on a result of one."""
    if call.operator.inplace:
        points = [*(point * 1.0 for point in points[:1]), *points[1:]]
    return perform(ag, call, replaced(sample, points, ag.tensor))


def cotangent(ag: Autograd, value: Any, parts: int = 16) -> Any:
    """Draw a cotangent of sixteenths, which are exact, in the data type of the result."""
    drawn = np.round(ag.random(*np.shape(value)) * parts) / parts
    return drawn.astype(np.asarray(value).dtype)


def results(call: Call, sample: Given) -> Iterator[tuple[int | None, Any]]:
    """Give the value of the formula with None, or of each of several results with its number."""
    value = call.value(sample)
    for part, one in enumerate(value if call.gives_several else (value,)):
        yield (part if call.gives_several else None), np.asarray(one)


def moving(ag: Autograd, call: Call, sample: Given) -> tuple[int | None, Any, Pulled]:
    """Choose a result that is no constant; give its number, a cotangent, and the gradients."""

    def asked(part: int | None, value: Any) -> tuple[int | None, Any, Pulled]:
        weights = cotangent(ag, value)
        return part, weights, pulled_back(call, sample, weights, part)

    of_numbers = [(p, v) for p, v in results(call, sample) if v.dtype.kind == "f"]
    return max(starmap(asked, of_numbers), key=lambda one: one[2].scale)


def agrees_with_formula(ag: Autograd, asked: Asked, *, meaning: Asked | None = None) -> None:
    """Demand the value and the derivative of the formula, of this call or the one that it means.

    The value comes first: a cotangent of another shape would be refused, and say less.
    """
    call, sample, meant = asked.call, asked.sample, meaning or asked
    if call.operator.smoothness not in DIFFERENTIABLE:
        expect(on_constants(ag, call, sample)).is_close(meant.call.value(meant.sample))
        return
    points = list(variables(sample))
    for part, value in results(meant.call, meant.sample):
        if value.dtype.kind == "f":
            found = on_constants(ag, call, sample)
            expect(found if part is None else found[part]).is_close(value)
            weights = cotangent(ag, value)
            _, gradients = ag.vjp(function(ag, call, sample, part), points, weights)
            expected = meant.pulled_back(weights, part)
            for gradient, wanted in zip(gradients, expected.gradients, strict=True):
                expect(gradient).is_close(wanted, scale=expected.scale)


def is_of_symmetric(call: Call) -> bool:
    """Say whether the operator is about symmetric matrices, of which an engine may read half."""
    return any(
        isinstance(v, Operand) and isinstance(v.domain, Symmetric) for v in call.given.values()
    )


def both_triangles(gradient: Any) -> Any:
    """Add the gradients of the two entries of a symmetric matrix that are one number."""
    last = len(gradient.shape) - 1
    return gradient + gradient.swapaxes(last - 1, last)


def determined(call: Call, gradient: Any, wanted: Any) -> tuple[Any, Any]:
    """Give what is determined of two gradients: of a symmetric matrix that by both triangles."""
    if is_of_symmetric(call):
        return both_triangles(gradient), both_triangles(wanted)
    return gradient, wanted
