"""Branches, loops and functions of the host language.

The engine sees the operations that run, and nothing of what made them run.  A branch, a loop or a
recursion is therefore nothing that it has to know: what was recorded is straight-line code, and
its derivative is that of the piece of the function on which the argument happens to lie.  To
take a decision is to turn a tensor into a truth value, which has no derivative; so the decision
itself contributes nothing, and at a point where the decision changes the engine still answers
with the derivative of the piece that it took.

A program knows what it gave to the engine, and steers by that where nothing else is meant: an
engine that traces has no number to show while it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    Point = tuple[float, float]

LARGE: Final = 1000.0
CONTROL_FLOW: Final = "notes/autograd § How autograd encodes the history"


@clause(
    "rec-007",
    VALUE,
    sources=[CONTROL_FLOW, "T3 §4", "T3 §6.4"],
    over={
        "2": (2.0, 4.0),
        "1_where_they_meet": (1.0, 3.0),
        "a_half": (0.5, 3.0),
        "minus_4": (-4.0, 3.0),
        "5": (5.0, 10.0),
    },
)
def a_branch_has_the_derivative_of_the_side_that_ran(ag: Autograd, row: Point) -> None:
    """The gradient of a function with a branch is that of the side that was executed, at {name}.

    The sides x² and 3x meet at 1 with a jump; there it is the side that the comparison chose.
    """
    point, slope = row

    def f(x: Tensor) -> Any:
        return x * x if point > 1.0 else x * 3.0

    _, (gradient,) = ag.vjp(f, [point])

    expect(gradient).equals(slope)


@clause("rec-011a", VALUE, sources=["T3 §4"], over={"above_1": (2.0, 12.0), "below_1": (0.5, -1.0)})
def a_comparison_that_steers_adds_nothing_to_the_derivative(ag: Autograd, row: Point) -> None:
    """A comparison of tensors that chooses a branch, {name}, adds nothing to the gradient."""

    def f(x: Tensor) -> Any:
        square = x * x
        return square * 3.0 if square > 1.0 else -x

    point, slope = row
    _, (gradient,) = ag.vjp(f, [point])

    expect(gradient).equals(slope)


@clause("rec-012", CONVENTION, sources=["T3 §6.4"])
def a_leaf_of_the_branch_not_taken_has_no_gradient(ag: Autograd) -> None:
    """A leaf that is used only in the branch that did not run is given nothing."""
    point = 2.0
    x = ag.tensor(point, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    y = x * x if point > 1.0 else x * w
    y.backward()

    expect(w.grad).is_none_or_zero()


@clause(
    "rec-008",
    VALUE,
    sources=[CONTROL_FLOW, "introyt autograd tutorial § High-Level API", "T3 §4"],
    over={"11_rounds": (0.75, 11), "8_rounds": (5.0, 8), "no_rounds": (2000.0, 0)},
)
def a_loop_is_recorded_as_often_as_it_ran(ag: Autograd, row: tuple[float, int]) -> None:
    """A loop whose length depends on the data contributes one factor per round that ran: {name}."""
    point, rounds = row

    def f(x: Tensor) -> Any:
        y, size = x, point
        while size < LARGE:
            y, size = y * 2.0, size * 2.0
        return y

    _, (gradient,) = ag.vjp(f, [point], -0.5)

    expect(gradient).equals(-0.5 * 2.0**rounds)


def _piecewise_linear(a: Any, known: Any) -> Any:
    """Double until large, and once more by a hundred if negative: k·a with k depending on a.

    The numbers in a are known, and one decision moves all of them together.
    """
    b, size = a * 2.0, known * 2.0
    while np.sum(size * size) < LARGE**2:
        b, size = b * 2.0, size * 2.0
    return b if np.sum(size) > 0.0 else b * 100.0


@clause(
    "rec-009",
    VALUE,
    sources=["T3 §4"],
    over={"small": 0.75, "negative": -1.75, "medium": 5.0, "large": -3000.0},
)
def a_piecewise_linear_function_has_the_slope_of_its_piece(ag: Autograd, point: float) -> None:
    """If loops and branches make f(a) = k·a on each piece, the gradient at a {name} a is f(a)/a.

    The points are multiples of 1/4, for which the quotient is exact; in general it agrees with the
    gradient up to rounding only.
    """
    _, (gradient,) = ag.vjp(lambda a: _piecewise_linear(a, point), [point])

    expect(gradient).equals(_piecewise_linear(point, point) / point)


@clause("rec-207", VALUE, sources=["T3 §6.3"])
def control_flow_over_a_vector_that_is_summed(ag: Autograd) -> None:
    """A weighted sum of a piecewise linear function of a vector has k times the weights.

    The weights make the sum tell the entries apart.  The branch is chosen once, for all entries,
    and not for each.
    """
    point, weights = np.array([0.75, -1.75, 0.25]), ag.random(3)
    a = ag.tensor(point, requires_grad=True)

    (_piecewise_linear(a, point) * ag.tensor(weights)).sum().backward()

    expect(a.grad).is_close(_piecewise_linear(point, point) / point * weights)


@clause("rec-010", CONVENTION, sources=["T3 §6.3"], builds_on=("bwd-005/two_elements",))
def control_flow_over_a_vector_gives_no_scalar(ag: Autograd) -> None:
    """A piecewise linear function of a vector is no scalar: backward needs it summed first.

    Remedy: sum the result, or give a cotangent of its shape.
    """
    point = np.array([0.75, -1.75, 0.25])
    d = _piecewise_linear(ag.tensor(point, requires_grad=True), point)

    with ag.refuses("nonscalar-root"):
        d.backward()


@clause("rec-010a", VALUE, sources=["T3 §6.3"])
def control_flow_over_a_vector_takes_a_cotangent(ag: Autograd) -> None:
    """With a cotangent, a piecewise linear function of a vector gives k times the cotangent."""
    point, v = np.array([0.75, 1.75, 0.25]), ag.random(3)
    _, (gradient,) = ag.vjp(lambda a: _piecewise_linear(a, point), [point], v)

    expect(gradient).is_close(_piecewise_linear(point, point) / point * v)


COEFFICIENTS: Final = (1.0, 2.0, 3.0, 4.0)


def _by_loop(x: Any) -> Any:
    y = x * 0.0
    for c in reversed(COEFFICIENTS):
        y = y * x + c
    return y


def _by_recursion(x: Any, rest: tuple[float, ...] = COEFFICIENTS) -> Any:
    first, *others = rest
    return first + x * _by_recursion(x, tuple(others)) if others else first


def _by_comprehension(x: Any) -> Any:
    return sum(x**k * c for k, c in enumerate(COEFFICIENTS[1:], 1)) + COEFFICIENTS[0]


@clause(
    "rec-027",
    VALUE,
    sources=[CONTROL_FLOW, "T3 §4"],
    over={"a_loop": _by_loop, "a_recursion": _by_recursion, "a_comprehension": _by_comprehension},
)
def functions_and_recursion_are_transparent(
    ag: Autograd, polynomial: Callable[[Tensor], Any]
) -> None:
    """A polynomial has the same value and derivative if it is computed by {name}."""
    value, (gradient,) = ag.vjp(polynomial, [2.0])

    expect(value).equals(49.0)
    expect(gradient).equals(62.0)
