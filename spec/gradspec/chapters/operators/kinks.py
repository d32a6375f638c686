"""Kinks, ties and jumps: where an operator has no derivative and an engine gives a number.

What mathematics has to say there is an interval: between the slopes on either side.  Any number in
it serves; torch's is mostly the one of least size, or an even share.  What entries that are tied
receive is one whole, however it is shared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, SHOULD, VALUE, clause, expect
from gradspec.catalogue.facets.asking import Asked
from gradspec.catalogue.facets.axes import ALONG, SEVERAL
from gradspec.catalogue.operator import map_arrays, variables
from gradspec.catalogue.operators import KINKS
from gradspec.chapters.operators.calling import cotangent, function, on_leaves, perform, results

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd
    from gradspec.catalogue.operator import Call, Kink

NON_DIFFERENTIABLE = "notes/autograd § Gradients for non-differentiable functions"


def of_few_numbers(name: str) -> list[Asked]:
    """Give the calls along each dimension, and along several, where many numbers are equal."""
    asked = (*ALONG[name], *SEVERAL.get(name, ()))
    return [Asked(one.call, map_arrays(one.sample, np.round)) for one in asked]


BOUNDED: Final = {n: row for n, row in KINKS.items() if row[1].between is not None}
PICKING: Final = {n: row for n, row in BOUNDED.items() if row[0].tells_places}
TIED: Final = {n: row for n, row in KINKS.items() if row[1].tie}
TIED_IN_ROWS: Final = {
    call.operator.name: of_few_numbers(call.operator.name)
    for call, _ in TIED.values()
    if call.operator.name in ALONG
}
CHOSEN: Final = {n: row for n, row in KINKS.items() if row[1].choice is not None}


def gradients(ag: Autograd, call: Call) -> list[tuple[Any, tuple[int, ...]]]:
    """Give the gradient by each variable, and its shape, for a cotangent of ones."""
    sample = call.sample()
    points = list(variables(sample))
    part, value = next(results(call, sample))
    _, found = ag.vjp(function(ag, call, sample, part), points, np.ones(value.shape))
    return [(gradient, p.shape) for gradient, p in zip(found, points, strict=True)]


@clause(
    "op-204",
    VALUE,
    sources=[NON_DIFFERENTIABLE],
    over=BOUNDED,
    stands_for={"op-041": "hypot norm"},
)
def gradient_at_a_kink_lies_between_the_slopes(ag: Autograd, row: tuple[Call, Kink]) -> None:
    """At the kink of {name} the gradient lies between the slopes on either side."""
    call, kink = row
    for gradient, shape in gradients(ag, call):
        low, high = (np.broadcast_to(bound, shape) for bound in kink.between or ())
        expect(gradient).lies_between(low, high)


@clause("op-210", VALUE, sources=["chain rule"], over=TIED)
def what_is_tied_moves_the_result_together(ag: Autograd, row: tuple[Call, Kink]) -> None:
    """Where entries of {name} are tied, moving all of them alike moves the result as much.

    Along that line there is no kink.  Two winners of a tie that each take the whole gradient are
    each in bounds, and together twice too much.
    """
    call, _ = row
    sample = call.sample()
    points = [ag.tensor(p) for p in variables(sample)]
    part, value = next(results(call, sample))
    weight = ag.random(*value.shape)
    applied = function(ag, call, sample, part)
    _, (found,) = ag.vjp(lambda moved: applied(*(moved + p for p in points)), [0.0], weight)

    expect(found).is_close(np.sum(weight))


@clause("op-302", VALUE, sources=["torch docstrings"], over=KINKS)
def value_at_a_kink_is_that_of_the_formula(ag: Autograd, row: tuple[Call, Kink]) -> None:
    """At the kink or jump of {name} the value is that of its formula.

    Of equal entries any may be the one whose place is told.
    """
    call, _ = row
    sample = call.sample()
    found = on_leaves(ag, call, sample)
    told = list(results(call, sample))[: -1 if call.tells_places else None]
    for part, value in told:
        expect(found if part is None else found[part]).is_close(value)


@clause("op-303", VALUE, sources=["chain rule"], over=TIED_IN_ROWS)
def what_is_tied_in_several_rows_moves_each_of_them(ag: Autograd, asked: list[Asked]) -> None:
    """Where several rows have entries that are tied, along whichever dimensions {name} is called,
    moving all of them alike moves each of the results as much.
    """
    for one in asked:
        (point,) = variables(one.sample)
        for part, value in results(one.call, one.sample):
            if value.dtype.kind == "f":
                weights = cotangent(ag, value)
                applied = function(ag, one.call, one.sample, part)
                _, (found,) = ag.vjp(shifted(applied, ag.tensor(point)), [0.0], weights)
                expect(found).is_close(np.sum(weights))


def shifted(applied: Callable[[Any], Any], point: Any) -> Callable[[Any], Any]:
    """Give a function of what is added to all entries of a point."""
    return lambda moved: applied(moved + point)


@clause(
    "op-205",
    CONVENTION,
    sources=[NON_DIFFERENTIABLE],
    over=CHOSEN,
    stands_for={
        "op-018": "relu",
        "op-019": "abs",
        "op-020": "sign floor ceil round trunc",
        "op-021": "frac",
        "op-024": "maximum minimum",
        "op-025": "fmax fmin",
        "op-026": "clamp",
        "op-027": "clamp_tensors clamp_tensors_above",
        "op-028": "max min",
        "op-030": "amax amax_dim amin amin_dim",
        "op-031": "mode",
        "op-037": "std",
        "op-039": "norm",
        "op-040": "norm_p1 norm_maximum",
        "op-042": "cdist",
        "op-075": "leaky_relu elu relu6 hardtanh threshold hardshrink softshrink prelu",
        "op-087": "l1_loss",
        "op-094": "max_pool1d max_pool2d",
        "nd-009": "maximum amax",
        "nd-010": "clamp clamp_tensors clamp_tensors_above fmax fmin",
    },
)
def gradient_at_a_kink_is_the_chosen_one(ag: Autograd, row: tuple[Call, Kink]) -> None:
    """At the kink or jump of {name} the gradient is the one that the catalogue names."""
    call, kink = row
    found = gradients(ag, call)
    choices = kink.choice if isinstance(kink.choice, tuple) else [kink.choice] * len(found)
    for (gradient, shape), choice in zip(found, choices, strict=True):
        expect(gradient).is_close(np.broadcast_to(choice, shape))


@clause(
    "op-029",
    CONVENTION,
    sources=["torch.max docstring"],
    over=PICKING,
    stands_for={"nd-010": "max_dim"},
)
def a_tie_goes_to_the_place_that_is_told(ag: Autograd, row: tuple[Call, Kink]) -> None:
    """Of tied entries the one whose place {name} tells gets the whole gradient, the others none."""
    call, _ = row
    (point,) = variables(call.sample())
    x = ag.tensor(point, requires_grad=True)
    values, places = perform(ag, call, {**call.given, "x": x})
    values.backward()

    told = np.zeros(point.shape)
    told[int(places)] = 1.0
    expect(x.grad).equals(told)


INF = np.inf
SELECTING: Final[dict[str, Any]] = {
    "max": (lambda _, x: x.max(), INF, [0.0, INF, 0.0]),
    "min": (lambda _, x: x.min(), INF, [INF, 0.0, 0.0]),
    "median": (lambda _, x: x.median(), INF, [0.0, 0.0, INF]),
    "relu": (lambda ag, x: ag.relu(x), [INF, INF, INF], [0.0, INF, INF]),
    "sort": (lambda _, x: x.sort()[0][2], INF, [0.0, INF, 0.0]),
}
"""An operator, a cotangent, and what the entries -1, 3 and 2 receive."""


@clause("op-211", CONVENTION, level=SHOULD, sources=["observed"], over=SELECTING)
def what_was_not_selected_receives_zero(ag: Autograd, row: Any) -> None:
    """An entry that {name} does not select receives zero of an infinite gradient, too.

    In a product with a mask of ones and zeros it would be NaN, and one overflow would spoil all.
    """
    select, cotangent, expected = row
    x = ag.tensor([-1.0, 3.0, 2.0], requires_grad=True)
    select(ag, x).backward(ag.tensor(cotangent))

    expect(x.grad).equals(expected)
