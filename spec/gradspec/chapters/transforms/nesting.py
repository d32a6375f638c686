"""Transforms of transforms: higher orders, and calls within calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import VALUE, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd

    Function = Callable[..., Any]
    Derivative = Callable[[Autograd, Function], Function]

GRAD: Final = "torch.func.grad docstring"
JVP: Final = "torch.func.jvp docstring"
CONFUSION: Final = "Siskind and Pearlmutter, Perturbation Confusion and Referential Transparency"


def backward(ag: Autograd, f: Function) -> Function:
    """Give the derivative of a function of one number by going backward."""
    return ag.func.grad(f)  # type: ignore[no-any-return]


def forward(ag: Autograd, f: Function) -> Function:
    """Give the derivative of a function of one number by going forward."""
    along = ag.func.jvp(f)
    return lambda x: along((x,), (ag.tensor(1.0),))[1]


ORDERS: Final[dict[str, int]] = {"second": 2, "third": 3}


@clause("func-002", VALUE, sources=[GRAD], over=ORDERS)
def gradients_of_gradients(ag: Autograd, order: int) -> None:
    """grad of grad gives derivatives of higher order, such as the {name}."""
    at = ag.random()
    derivative: Function = ag.sin
    for _ in range(order):
        derivative = backward(ag, derivative)

    expect(derivative(ag.tensor(at))).is_close(np.sin(at + order * np.pi / 2))


@clause("func-022", VALUE, sources=[JVP], over=ORDERS)
def tangents_of_tangents(ag: Autograd, order: int) -> None:
    """jvp of jvp gives derivatives of higher order, such as the {name}."""
    at = ag.random()
    derivative: Function = ag.sin
    for _ in range(order):
        derivative = forward(ag, derivative)

    expect(derivative(ag.tensor(at))).is_close(np.sin(at + order * np.pi / 2))


BOTH: Final[dict[str, tuple[Derivative, Derivative]]] = {
    "backward_over_backward": (backward, backward),
    "backward_over_forward": (backward, forward),
    "forward_over_backward": (forward, backward),
    "forward_over_forward": (forward, forward),
}
"""How a derivative of a derivative is had: the outer one, the inner one."""


@clause("func-201", VALUE, sources=[CONFUSION], over=BOTH)
def nested_derivatives_are_not_confused(ag: Autograd, row: tuple[Derivative, Derivative]) -> None:
    """What an inner derivative closes over is a constant to it, though the outer one differentiates
    by it: going {name}, the derivative of x times the derivative of x + y by y is 1.
    """
    outer, inner = row

    def f(x: Any) -> Any:
        return x * inner(ag, lambda y: x + y)(ag.tensor(1.0))

    expect(outer(ag, f)(ag.tensor(ag.random()))).equals(1.0)


@clause("func-207", VALUE, sources=[CONFUSION], over=BOTH)
def the_outer_derivative_goes_through_the_inner(
    ag: Autograd, row: tuple[Derivative, Derivative]
) -> None:
    """The outer derivative goes through what the inner one closes over: going {name}, the
    derivative by x of the derivative of sin(x y) by y is cos(x y) - x y sin(x y).
    """
    x, y = ag.random(), ag.random()
    outer, inner = row

    def f(x: Any) -> Any:
        return inner(ag, lambda y: ag.sin(x * y))(ag.tensor(y))

    expect(outer(ag, f)(ag.tensor(x))).is_close(np.cos(x * y) - x * y * np.sin(x * y), scale=10.0)


@clause("func-208", VALUE, sources=[JVP])
def a_tangent_is_differentiated_by_what_it_is_taken_along(ag: Autograd) -> None:
    """The gradient of a Hessian times a vector, along another, by that vector is the Hessian times
    the other.
    """
    at, v, w = ag.random(3), ag.random(3), ag.random(3)
    slope = ag.func.grad(lambda x: (x * x * x).sum())

    def product(v: Any) -> Any:
        return (ag.func.jvp(slope)((ag.tensor(at),), (v,))[1] * ag.tensor(w)).sum()

    expect(ag.func.grad(product)(ag.tensor(v))).is_close(6.0 * at * w)
