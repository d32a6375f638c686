"""Derivatives of derivatives: what the numbers are, however an engine gets at them.

`partial(ag, f)` is f' here, and `partial(ag, f, 1)` the derivative by the second argument.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec import CONVENTION, VALUE, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Tensor

    Function = Callable[..., Any]


def partial(ag: Autograd, function: Function, argument: int = 0) -> Function:
    """Give the derivative of a function with respect to one of its arguments, as a function."""

    def derivative(*point: Any) -> Any:
        _, gradients = ag.vjp(function, point)
        return gradients[argument]

    return derivative


@clause("ho-205", VALUE, sources=["torch.autograd.grad docstring", "T1 §2.1.4"])
def the_derivative_of_a_derivative_is_the_second(ag: Autograd) -> None:
    """The derivative of a derivative is the second derivative: of x^3 at 3 it is 18."""
    second = partial(ag, partial(ag, lambda x: x * x * x))

    expect(second(3.0)).equals(18.0)


@clause("ho-003", VALUE, sources=["torch.autograd.grad docstring"])
def differentiation_can_be_repeated(ag: Autograd) -> None:
    """Differentiation can be repeated: the derivatives of x^4 at 2 are 32, 48, 48 and 24.

    Each order differentiates what the one before computed.
    """

    def function(x: Tensor) -> Any:
        return x * x * x * x

    first = partial(ag, function)
    second = partial(ag, first)
    third = partial(ag, second)
    fourth = partial(ag, third)

    expect(first(2.0)).is_close(32.0)
    expect(second(2.0)).is_close(48.0)
    expect(third(2.0)).is_close(48.0)
    expect(fourth(2.0)).is_close(24.0)


@clause("ho-003a", VALUE, sources=["torch.autograd.grad docstring"], builds_on=("ho-003",))
def spent_terms_add_zero(ag: Autograd) -> None:
    """A term whose derivatives have run out adds zero to higher ones: (x^4 + x^5)''''' is 120.

    The fifth derivative of x^4 comes from x to the power of zero.  A rule for powers that goes on
    to divide by x, or that does not know its exponent, leaves something behind.
    """

    def function(x: Tensor) -> Any:
        return x**4 + x**5

    derivative: Function = function
    for _ in range(5):
        derivative = partial(ag, derivative)

    expect(derivative(2.0)).is_close(120.0)


MIXED: dict[str, tuple[Function, float]] = {
    "a_polynomial": (lambda x, y: x * x * x * y * y, 96.0),  # 6x^2 y
    "a_quotient": (lambda x, y: x / y + x * y, 0.9375),  # 1 - 1 / y^2
}
"""A function of x and y, and its mixed second derivative at (2, 4)."""


@clause(
    "ho-008",
    VALUE,
    over=MIXED,
    sources=["mathematics", "torch.autograd.functional.hessian docstring"],
)
def order_of_mixed_partials_does_not_matter(ag: Autograd, row: tuple[Function, float]) -> None:
    """The mixed second derivatives of {name} are equal, whichever comes first.

    The engine gets at them on two different ways: they agree only if the rules of every operation
    on either way are right.
    """
    function, expected = row
    by_x_then_y = partial(ag, partial(ag, function, 0), 1)
    by_y_then_x = partial(ag, partial(ag, function, 1), 0)

    expect(by_x_then_y(2.0, 4.0)).is_close(expected)
    expect(by_y_then_x(2.0, 4.0)).is_close(expected)


@clause("ho-009", VALUE, sources=["torch.autograd.functional.hessian docstring"])
def hessian_row_by_row(ag: Autograd) -> None:
    """The gradient of each first derivative is a row of the Hessian, the matrix of second ones.

    For x^3 + y^3 + z^3 + xyz the diagonal is 6x, 6y, 6z, and the rest are the other variables.
    """

    def function(x: Tensor, y: Tensor, z: Tensor) -> Any:
        return x * x * x + y * y * y + z * z * z + x * y * z

    hessian = ((6.0, 3.0, 2.0), (3.0, 12.0, 1.0), (2.0, 1.0, 18.0))

    for i, row in enumerate(hessian):
        _, found = ag.vjp(partial(ag, function, i), [1.0, 2.0, 3.0])
        for entry, expected in zip(found, row, strict=True):
            expect(entry).is_close(expected)


@clause("ho-009a", VALUE, sources=["torch.autograd.functional.hessian docstring"])
def hessian_of_a_quadratic_form(ag: Autograd) -> None:
    """The Hessian of x'Ax is A + A', row by row, and not 2A.

    The matrix is not symmetric, so that a rule which forgets to transpose it is found out.
    """
    a, point = ag.random(3, 3), ag.random(3)

    def gradient(x: Tensor) -> Any:
        _, gradients = ag.vjp(lambda x: ((ag.tensor(a) @ x) * x).sum(), [x])
        return gradients[0]

    for cotangent, row in zip(((1, 0, 0), (0, 1, 0), (0, 0, 1)), a + a.T, strict=True):
        _, (found,) = ag.vjp(gradient, [point], cotangent)
        expect(found).is_close(row)


@clause("ho-010", VALUE, sources=["torch.autograd.grad docstring", "T1 §2.1.4"])
def slope_can_be_part_of_a_loss(ag: Autograd) -> None:
    """A loss that contains a derivative has a gradient that contains second derivatives.

    With f = wx^2 and the penalty (df/dx)^2 = 4w^2 x^2, the loss f + penalty has the derivatives
    x^2 + 8wx^2 and 2wx + 8w^2 x.  Without the second derivatives there remain x^2 and 2wx, which
    look like a gradient and train a model, only not this one.
    """

    def function(w: Tensor, x: Tensor) -> Any:
        return w * x * x

    def loss(w: Tensor, x: Tensor) -> Any:
        value, (_, slope) = ag.vjp(function, [w, x])
        return value + slope * slope

    total, (by_w, by_x) = ag.vjp(loss, [2.0, 3.0])

    expect(total).is_close(162.0)
    expect(by_w).is_close(153.0)
    expect(by_x).is_close(108.0)


@clause("ho-010a", VALUE, sources=["PaddlePaddle/Paddle#24187"])
def result_and_slope_are_told_apart(ag: Autograd) -> None:
    """A function of a result and of its own derivative is differentiated through both.

    With y = x^2, the derivative of dy/dx + y^2 is 2 + 4x^3.  In PaddlePaddle/Paddle#24187 the
    second pass met gradients that the first had left under the same names, and replaced them.
    """

    def function(x: Tensor) -> Any:
        y, (slope,) = ag.vjp(lambda x: x * x, [x])
        return slope + y * y

    _, (found,) = ag.vjp(function, [2.0])

    expect(found).is_close(34.0)


@clause("ho-010b", VALUE, sources=["denizyuret/AutoGrad.jl#75", "JuliaDiff/ForwardDiff.jl#83"])
def nested_derivatives_are_told_apart(ag: Autograd) -> None:
    """In a derivative inside a derivative, what the inner one holds constant is constant to it.

    The inner derivative of xy^2 by y alone is 2xy; at y = 3x that is 6x^2, whose derivative is
    12x.  An engine that cannot tell whose variable is whose takes x for one of the inner
    variables: perturbation confusion, found in engines of every kind (AutoGrad.jl#75).
    """

    def function(x: Tensor) -> Any:
        _, (slope,) = ag.vjp(lambda y: x * y * y, [x * 3])
        return slope

    value, (found,) = ag.vjp(function, [2.0])

    expect(value).is_close(24.0)
    expect(found).is_close(24.0)


@clause("ho-013", VALUE, sources=["notes/autograd § Gradients for non-differentiable functions"])
def pieces_of_a_line_do_not_bend(ag: Autograd) -> None:
    """The second derivative of relu away from its kink is zero.

    The function is x^2 + 3 relu(x), whose second derivative is then 2 on both sides.
    """

    def function(x: Tensor) -> Any:
        return x * x + ag.relu(x) * 3

    second = partial(ag, partial(ag, function))

    expect(second(-1.5)).is_close(2.0)
    expect(second(2.5)).is_close(2.0)


@clause("ho-013a", VALUE, sources=["notes/autograd § Gradients for non-differentiable functions"])
def neither_does_the_absolute_value(ag: Autograd) -> None:
    """The second derivative of the absolute value away from its kink is zero."""

    def function(x: Tensor) -> Any:
        return x * x + ag.abs(x) * 3

    second = partial(ag, partial(ag, function))

    expect(second(-1.5)).is_close(2.0)
    expect(second(2.5)).is_close(2.0)


@clause(
    "ho-013b", CONVENTION, sources=["notes/autograd § Gradients for non-differentiable functions"]
)
def nor_does_the_kink_of_relu(ag: Autograd) -> None:
    """The second derivative of relu at its kink is zero.

    Mathematics has no value to offer here.  The convention is the least surprising one; a
    rewriting of relu in Theano#4353 gave NaN.
    """

    def function(x: Tensor) -> Any:
        return x * x + ag.relu(x) * 3

    second = partial(ag, partial(ag, function))

    expect(second(0.0)).is_close(2.0)


@clause("ho-018", VALUE, sources=["torch.autograd.gradgradcheck docstring"])
def indexing_products_and_sums_are_twice_differentiable(ag: Autograd) -> None:
    """Indexing, matrix products and sums can be differentiated twice.

    For f(x) = sum(w (x[1:] b)^2) the Hessian times v is 2 (w (v[1:] b)) b^T, and zero in the row
    that the index leaves out.
    """
    x, v, b, w = ag.random(3, 2), ag.random(3, 2), ag.random(2, 4), ag.random(2, 4)

    def gradient(x: Tensor) -> Any:
        def function(x: Tensor) -> Any:
            product = x[1:] @ ag.tensor(b)
            return (product * product * ag.tensor(w)).sum()

        return ag.vjp(function, [x])[1][0]

    _, (found,) = ag.vjp(gradient, [x], v)

    expect(found).is_close(np.vstack([np.zeros((1, 2)), 2 * (w * (v[1:] @ b)) @ b.T]))


@clause("ho-018a", VALUE, sources=["torch.autograd.gradgradcheck docstring"])
def softmax_is_twice_differentiable(ag: Autograd) -> None:
    """The softmax can be differentiated twice.

    With s = softmax(x), the gradient of w.s is s (w - w.s).  Along v, s changes by
    t = s (v - v.s), and so the gradient by t (w - w.s) - s (w.t).
    """
    x, v, w = ag.random(4), ag.random(4), ag.random(4)

    def gradient(x: Tensor) -> Any:
        return ag.vjp(lambda x: (ag.softmax(x, 0) * ag.tensor(w)).sum(), [x])[1][0]

    _, (found,) = ag.vjp(gradient, [x], v)

    s = np.exp(x) / np.exp(x).sum()
    t = s * (v - v @ s)
    expect(found).is_close(t * (w - w @ s) - s * (w @ t), scale=1.0)


@clause("ho-018b", VALUE, sources=["ml-explore/mlx#4114", "torch.sort docstring"])
def order_is_no_variable(ag: Autograd) -> None:
    """The second derivative through sort goes through the values; their places are constants.

    The weights of the sorted cubes are 1, 10 and 100, so that the Hessian has the diagonal 6wx
    and is zero elsewhere.  In ml-explore/mlx#4114 the second pass asked the places for a
    derivative, and failed.
    """
    v = ag.random(3)

    def gradient(x: Tensor) -> Any:
        def function(x: Tensor) -> Any:
            values, _ = ag.sort(x)
            return (values * values * values * ag.tensor([1.0, 10.0, 100.0])).sum()

        _, gradients = ag.vjp(function, [x])
        return gradients[0]

    value, (found,) = ag.vjp(gradient, [[3.0, 1.0, 2.0]], v)

    expect(value).is_close([2700.0, 3.0, 120.0])
    expect(found).is_close(v * [1800.0, 6.0, 120.0])


BY_PLACE: dict[str, Any] = {
    "max_dim": lambda ag, x: ag.max(x, 0)[0],
    "topk": lambda ag, x: ag.topk(x, 1)[0][0],
}


@clause("ho-202", VALUE, over=BY_PLACE, sources=["torch.autograd.gradgradcheck docstring"])
def the_chosen_entry_bends(ag: Autograd, chosen: Any) -> None:
    """What is computed from the entry that {name} chose has second derivatives by that entry, and
    none by the others.
    """
    v = ag.random(3)

    def gradient(x: Tensor) -> Any:
        def function(x: Tensor) -> Any:
            entry = chosen(ag, x)
            return entry * entry * entry

        return ag.vjp(function, [x])[1][0]

    _, (found,) = ag.vjp(gradient, [[2.0, 5.0, 3.0]], v)

    expect(found).is_close([0.0, 30.0 * v[1], 0.0])


@clause("ho-203", VALUE, sources=["observed"])
def a_constant_added_to_a_gradient_cuts_nothing(ag: Autograd) -> None:
    """A gradient to which a constant is added keeps its derivative."""

    def function(x: Tensor) -> Any:
        return ag.vjp(lambda x: x * x * x, [x])[1][0] + 1.0

    value, (found,) = ag.vjp(function, [2.0])

    expect(value).is_close(13.0)
    expect(found).is_close(12.0)


AT_ZERO = {f"power_{n}_order_{k}": (n, k) for n in (2, 3, 4) for k in (2, 3, 4)}
"""Exponents and orders of differentiation: the result is n! where the two are equal, else zero."""


@clause("ho-204", VALUE, over=AT_ZERO, sources=["observed"], builds_on=("bwd-203/2", "bwd-203/3"))
def derivatives_of_powers_at_zero_are_numbers(ag: Autograd, row: tuple[int, int]) -> None:
    """At zero each derivative of a power is a number, also where 0 is raised to less than nothing
    on the way ({name}).
    """
    exponent, order = row
    derivative: Function = lambda x: x**exponent  # noqa: E731 - the function itself, at first
    for _ in range(order):
        derivative = partial(ag, derivative)

    expect(derivative(0.0)).equals(math.factorial(exponent) if exponent == order else 0.0)
