"""Products from the left and from the right, by the transforms that have both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, SHOULD, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

X: Final = np.arange(1.0, 5.0)
Y: Final = np.arange(5.0, 9.0)


def _sine_of_product(ag: Autograd) -> Any:
    return lambda x, y: ag.sin((x * y).sum())


@clause("vjp-015", VALUE, sources=["T3 §2", "torch.autograd.functional.vjp docstring"])
def the_product_for_one_is_the_gradient(ag: Autograd) -> None:
    """The product of one with the Jacobian of sin(x'y) is what backward() gives: cos(x'y) y for x,
    and cos(x'y) x for y.
    """
    x, y = ag.tensor(X, requires_grad=True), ag.tensor(Y, requires_grad=True)
    _sine_of_product(ag)(x, y).backward()
    _, pull = ag.func.vjp(_sine_of_product(ag))(ag.tensor(X), ag.tensor(Y))
    by_x, by_y = pull(ag.tensor(1.0))

    for gradient, product, found in ((x.grad, by_x, Y), (y.grad, by_y, X)):
        expect(gradient).is_close(np.cos(X @ Y) * found, scale=100.0)
        expect(product).is_close(np.cos(X @ Y) * found, scale=100.0)


@clause("vjp-016", VALUE, sources=["T3 §2", "torch.func.jvp docstring"])
def the_product_along_a_direction_is_a_directional_change(ag: Autograd) -> None:
    """The product of the Jacobian of sin(x'y) with tangents u and w is cos(x'y) times the change of
    x'y along them, u'y + x'w.
    """
    u, w = np.full(4, 0.1), np.full(4, 0.2)
    value, found = ag.func.jvp(_sine_of_product(ag))(
        (ag.tensor(X), ag.tensor(Y)), (ag.tensor(u), ag.tensor(w))
    )

    expect(value).is_close(np.sin(X @ Y), scale=100.0)
    expect(found).is_close(np.cos(X @ Y) * (u @ Y + X @ w), scale=100.0)


@clause("vjp-017", VALUE, sources=["definition of the Jacobian"])
def products_from_both_sides_agree(ag: Autograd) -> None:
    """A cotangent times what jvp gives for a tangent is what vjp gives for the cotangent, times the
    tangent.
    """
    m, at, u, v = ag.random(3, 4), ag.random(4), ag.random(4), ag.random(3)

    def f(x: Any) -> Any:
        return ag.sin(ag.tensor(m) @ x) * x.sum()

    jacobian = np.cos(m @ at)[:, None] * m * at.sum() + np.sin(m @ at)[:, None]
    _, along = ag.func.jvp(f)((ag.tensor(at),), (ag.tensor(u),))
    (back,) = ag.func.vjp(f)(ag.tensor(at))[1](ag.tensor(v))

    expect((along * ag.tensor(v)).sum()).is_close(v @ jacobian @ u, scale=100.0)
    expect((back * ag.tensor(u)).sum()).is_close(v @ jacobian @ u, scale=100.0)


@clause("vjp-018", CONVENTION, level=SHOULD, sources=["notes/autograd", "T3 §2"])
def a_jacobian_takes_a_pass_for_each_output(ag: Autograd) -> None:
    """A Jacobian that is had row by row takes one call of the function, and one pass for each
    output, however many inputs there are.
    """
    m = ag.random(2, 5)
    seen = ag.notes()

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            seen.note("forward")
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            seen.note("backward")
            return g * 2.0

    jacobian = ag.func.functional.jacobian(lambda x: ag.tensor(m) @ Doubled.apply(x))

    expect(jacobian(ag.tensor(ag.random(5)))).is_close(2.0 * m)
    expect(seen).happened_in_order(["forward", "backward", "backward"])
