"""Ends: of a domain, where a slope grows beyond all bounds, and of numbers, at infinity and NaN.

Where a slope tends to something from inside the domain, that is the derivative, and infinity
counts: a number in its place would hide that a step from there goes nowhere useful.  Exponentials
overflow on the way to slopes that are small numbers, and an engine has to know a way round.  Past
the end, and at NaN, there is no derivative, and what torch gives follows from its formulas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, VALUE, clause, expect
from gradspec.catalogue.ends import is_bounded, is_determined, of_each
from gradspec.catalogue.operator import OrNan, variables
from gradspec.catalogue.operators import ENDS
from gradspec.chapters.operators.calling import function, results

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec import Autograd
    from gradspec.catalogue.operator import Call, End

NON_DIFFERENTIABLE = "notes/autograd § Gradients for non-differentiable functions"
BY_ZERO = "notes/autograd § Division by Zero in Autograd"
NAN: Final = np.nan
INF: Final = np.inf


DETERMINED: Final = {name: row for name, row in ENDS.items() if is_determined(row[1])}
BOUNDED: Final = {name: row for name, row in ENDS.items() if is_bounded(row[1])}
CHOSEN: Final = {name: row for name, row in ENDS.items() if row[1].choice is not None}


def reach(limit: Any, call: Call) -> float:
    """Give the largest number about: to round an operand far away moves a slope by as much."""
    numbers = np.concatenate([np.ravel(one) for one in (limit, *variables(call.sample()))])
    return float(np.max(np.abs(numbers), where=np.isfinite(numbers), initial=1.0))


def gradients(ag: Autograd, call: Call, end: End, said: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Give the gradient by each variable, what is said of it, and its shape."""
    sample = call.sample()
    points = list(variables(sample))
    with np.errstate(all="ignore"):
        part, value = next(results(call, sample))
    weights = np.broadcast_to(end.weights, value.shape)
    _, found = ag.vjp(function(ag, call, sample, part), points, weights)
    for gradient, one, at in zip(found, of_each(said, len(points)), points, strict=True):
        yield gradient, one, at.shape


@clause(
    "op-250",
    VALUE,
    sources=[NON_DIFFERENTIABLE, BY_ZERO],
    over=DETERMINED,
    stands_for={
        "op-006": "div_by_zero div_zero_by_zero",
        "op-009": "pow_zero_constant pow_zero_identity",
        "op-010": "pow_zero_root pow_zero_inverse pow_zero_above_one",
        "op-011": "pow_zero_tensor pow_zero_to_zero pow_negative",
        "op-013": "log_zero",
        "op-015": "sqrt_zero rsqrt_zero reciprocal_zero",
        "op-017": "asin_ends acos_ends acosh_one atanh_ends",
        "op-104": "xlogy_zero logaddexp_far",
        "op-113": "exp_far",
        "nd-012": "sqrt_zero log_zero asin_ends",
    },
)
def gradient_at_an_end_is_the_limit(ag: Autograd, row: tuple[Call, End]) -> None:
    """Where a domain or the numbers end, the gradient of {name} is the limit of its slopes."""
    call, end = row
    for gradient, limit, shape in gradients(ag, call, end, end.limit):
        if limit is not None and not isinstance(limit, OrNan):
            expect(gradient).is_close(np.broadcast_to(limit, shape), scale=reach(limit, call))


@clause("op-251", VALUE, sources=["mathematics"], over=BOUNDED)
def gradient_where_slopes_disagree_is_one_of_them_or_nan(
    ag: Autograd, row: tuple[Call, End]
) -> None:
    """Where the slopes of {name} lead to several limits, the gradient is between them, or NaN."""
    call, end = row
    for gradient, limit, shape in gradients(ag, call, end, end.limit):
        if isinstance(limit, OrNan):
            low, high = (np.broadcast_to(bound, shape) for bound in (limit.low, limit.high))
            expect(gradient).lies_between(low, high, or_nan=True)


@clause(
    "op-252",
    CONVENTION,
    level=MAY,
    sources=["observed"],
    over=CHOSEN,
    stands_for={
        "op-006": "div_zero_by_zero",
        "op-011": "pow_zero_to_zero pow_negative",
        "op-014": "log_outside sqrt_outside",
        "op-037": "var_of_one",
        "op-048": "relu_nan abs_nan clamp_nan",
        "op-104": "xlogy_no_times_zero",
        "op-106": "atan2_origin",
    },
)
def gradient_beyond_an_end_is_the_chosen_one(ag: Autograd, row: tuple[Call, End]) -> None:
    """Where numbers end for {name}, the gradient is the one that the catalogue names."""
    call, end = row
    for gradient, choice, shape in gradients(ag, call, end, end.choice):
        if choice is not None:
            expect(gradient).is_close(np.broadcast_to(choice, shape))


@clause("op-007", CONVENTION, sources=[BY_ZERO])
def selecting_after_a_division_by_zero_does_not_help(ag: Autograd) -> None:
    """A quotient by zero that is not selected from the results makes its operand's gradient NaN.

    An engine that never computes what is not selected has zero.
    """
    divisor = ag.tensor([0.0, 2.0])
    _, (gradient,) = ag.vjp(lambda x: (x / divisor)[1:], [[1.0, 1.0]], [3.0])

    expect(gradient).equals([NAN, 1.5])


@clause("op-253", VALUE, sources=[BY_ZERO])
def selecting_before_a_division_by_zero_helps(ag: Autograd) -> None:
    """Where only operands of other quotients are selected and divided, no gradient is NaN."""
    divisor = ag.tensor([0.0, 2.0])
    _, (gradient,) = ag.vjp(lambda x: x[1:] / divisor[1:], [[1.0, 1.0]], [3.0])

    expect(gradient).equals([0.0, 1.5])


@clause("op-044", VALUE, sources=[BY_ZERO])
def a_branch_that_was_not_chosen_still_counts(ag: Autograd) -> None:
    """An infinite slope in the branch that where does not choose makes the gradient NaN."""
    chosen = ag.tensor([False, True])
    _, (gradient,) = ag.vjp(lambda x: ag.where(chosen, ag.sqrt(x), x), [[0.0, 4.0]], [3.0, 5.0])

    expect(gradient).equals([NAN, 1.25])


@clause("op-045", CONVENTION, sources=[BY_ZERO], stands_for=("nd-013",))
def zero_times_an_infinite_slope_is_nan(ag: Autograd) -> None:
    """A product with zero of what has an infinite slope has the gradient NaN, not zero."""
    _, (gradient,) = ag.vjp(lambda x: ag.log(x) * 0.0, [[0.0, 2.0]], [1.0, 1.0])

    expect(gradient).equals([NAN, 0.0])


@clause("op-049", VALUE, sources=[NON_DIFFERENTIABLE])
def nan_in_a_cotangent_is_passed_on(ag: Autograd) -> None:
    """An entry of a cotangent that is NaN makes NaN of what is computed from it, and of no more."""
    _, (gradient,) = ag.vjp(lambda x: x * 2.0, [[1.0, 1.0]], [NAN, 3.0])

    expect(gradient).equals([NAN, 6.0])
