"""Branches, loops and functions of the host language.

The engine sees the operations that run, and nothing of what made them run.  A branch, a loop or a
recursion is therefore nothing that it has to know: what was recorded is straight-line code, and
its derivative is that of the piece of the function on which the argument happens to lie.  To
take a decision is to turn a tensor into a truth value, which has no derivative; so the decision
itself contributes nothing, and at a point where the decision changes the engine still answers
with the derivative of the piece that it took.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec import SAFETY, VALUE, Autograd, Tensor, clause, expect

LARGE: Final = 1000.0
CONTROL_FLOW: Final = "notes/autograd § How autograd encodes the history"


@clause("rec-007", VALUE, sources=[CONTROL_FLOW, "T3 §4", "T3 §6.4"])
def a_branch_has_the_derivative_of_the_side_that_ran(ag: Autograd) -> None:
    """The gradient of a function with a branch is that of the side that was executed.

    At x = 1, where the sides x² and 3x meet with a jump, it is the side that the comparison chose.
    """

    def f(x: Tensor) -> Any:
        return x * x if float(x) > 1.0 else 3.0 * x

    for point, slope in ((2.0, 4.0), (1.0, 3.0), (0.5, 3.0), (-4.0, 3.0), (5.0, 10.0)):
        _, (gradient,) = ag.vjp(f, [point])
        expect(gradient).equals(slope)


@clause("rec-011a", VALUE, sources=["T3 §4"])
def a_comparison_that_steers_adds_nothing_to_the_derivative(ag: Autograd) -> None:
    """A comparison of tensors that chooses a branch contributes nothing to the gradient."""

    def f(x: Tensor) -> Any:
        square = x * x
        return square * 3.0 if square > 1.0 else -x

    for point, slope in ((2.0, 12.0), (0.5, -1.0)):
        _, (gradient,) = ag.vjp(f, [point])
        expect(gradient).equals(slope)


@clause("rec-012", VALUE, sources=["T3 §6.4"])
def a_leaf_of_the_branch_not_taken_has_no_gradient(ag: Autograd) -> None:
    """A leaf that is used only in the branch that did not run keeps grad None."""
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    y = x * x if float(x) > 1.0 else x * w
    y.backward()

    expect(x.grad).equals(4.0)
    expect(w.grad).is_none()


@clause(
    "rec-008", VALUE, sources=[CONTROL_FLOW, "introyt autograd tutorial § High-Level API", "T3 §4"]
)
def a_loop_is_recorded_as_often_as_it_ran(ag: Autograd) -> None:
    """A loop whose length depends on the data contributes one factor per round that ran.

    From 0.75 it takes eleven doublings to pass 1000, from 5 it takes eight.
    """

    def f(x: Tensor) -> Any:
        y = x
        while float(y) < LARGE:
            y = y * 2.0
        return y

    for point, rounds in ((0.75, 11), (5.0, 8), (2000.0, 0)):
        _, (gradient,) = ag.vjp(f, [point], -0.5)
        expect(gradient).equals(-0.5 * 2.0**rounds)


def _piecewise_linear(a: Any) -> Any:
    """Double until large, and once more by a hundred if negative: k·a with k depending on a."""
    b = a * 2.0
    while abs(float(b)) < LARGE:
        b = b * 2.0
    return b if float(b) > 0.0 else 100.0 * b


@clause("rec-009", VALUE, sources=["T3 §4"])
def a_piecewise_linear_function_has_the_slope_of_its_piece(ag: Autograd) -> None:
    """If loops and branches make f(a) = k·a on each piece, the gradient of f at a is f(a)/a.

    The points are multiples of 1/4, for which the quotient is exact; in general it agrees with the
    gradient up to rounding only.
    """
    for point in (0.75, -1.75, 5.0, -3000.0):
        _, (gradient,) = ag.vjp(_piecewise_linear, [point])
        expect(gradient).equals(_piecewise_linear(point) / point)


def _piecewise_linear_in_all_entries(a: Any) -> Any:
    """The same for several entries, which one decision moves together."""
    b = a * 2.0
    while float((b * b).sum()) < LARGE**2:
        b = b * 2.0
    return b if float(b.sum()) > 0.0 else 100.0 * b


@clause("rec-010", SAFETY, sources=["T3 §6.3"])
def control_flow_over_a_vector_gives_no_scalar(ag: Autograd) -> None:
    """A piecewise linear function of a vector is no scalar: backward needs it summed first.

    The weights make the sum tell the entries apart.  The branch is chosen once, for all entries,
    and not for each.
    """
    point, weights = np.array([0.75, -1.75, 0.25]), ag.random(3)
    a = ag.tensor(point, requires_grad=True)
    d = _piecewise_linear_in_all_entries(a)

    with ag.refuses("nonscalar-root"):
        d.backward()
    expect(a.grad).is_none()

    (d * ag.tensor(weights)).sum().backward()
    expect(a.grad).is_close(_piecewise_linear_in_all_entries(point) / point * weights)


@clause("rec-010a", VALUE, sources=["T3 §6.3"])
def control_flow_over_a_vector_takes_a_cotangent(ag: Autograd) -> None:
    """With a cotangent, a piecewise linear function of a vector gives k times the cotangent."""
    point, v = np.array([0.75, 1.75, 0.25]), ag.random(3)
    _, (gradient,) = ag.vjp(_piecewise_linear_in_all_entries, [point], v)

    expect(gradient).is_close(_piecewise_linear_in_all_entries(point) / point * v)


@clause("rec-027", VALUE, sources=[CONTROL_FLOW, "T3 §4"])
def functions_and_recursion_are_transparent(ag: Autograd) -> None:
    """A polynomial has one derivative, be it computed by a loop, a recursion or a comprehension."""
    coefficients = (1.0, 2.0, 3.0, 4.0)

    def by_loop(x: Tensor) -> Any:
        y = x * 0.0
        for c in reversed(coefficients):
            y = y * x + c
        return y

    def by_recursion(x: Tensor, rest: tuple[float, ...] = coefficients) -> Any:
        first, *others = rest
        return first + x * by_recursion(x, tuple(others)) if others else first

    def by_comprehension(x: Tensor) -> Any:
        return sum(c * x**k for k, c in enumerate(coefficients[1:], 1)) + coefficients[0]

    for polynomial in (by_loop, by_recursion, by_comprehension):
        value, (gradient,) = ag.vjp(polynomial, [2.0])
        expect(value).equals(49.0)
        expect(gradient).equals(62.0)
