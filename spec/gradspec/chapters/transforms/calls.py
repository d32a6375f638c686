"""What a transformed function may do: write in place, compute with other derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import VALUE, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd

    Ways = dict[str, Callable[[Autograd, Any, Any, Any], Any]]

LIMITATIONS: Final = "torch.func UX limitations"
MIGRATION: Final = "torch.func API reference § Function Transforms"

SLOPES: Final[Ways] = {
    "backward": lambda ag, f, x, v: ag.func.vjp(f)(x)[1](v)[0],
    "forward": lambda ag, f, x, v: ag.func.jvp(f)((x,), (v,))[1],
}
"""Products with a Jacobian that is diagonal: from the left or from the right, it is the same."""


@clause("func-042", VALUE, sources=[LIMITATIONS], over=SLOPES)
def writes_in_place_are_differentiated(ag: Autograd, product: Any) -> None:
    """What the function writes in place, in a tensor that it made, is differentiated as everywhere,
    going {name}.
    """
    at, v = ag.random(3), ag.random(3)

    def f(x: Any) -> Any:
        y = x * 1.0
        y.mul_(ag.sin(x))
        y[1].add_(x[1] * x[1])
        return y

    slope = np.sin(at) + at * np.cos(at) + np.array([0.0, 2.0 * at[1], 0.0])

    expect(product(ag, f, ag.tensor(at), ag.tensor(v))).is_close(slope * v, scale=10.0)


@clause("func-043", VALUE, sources=[MIGRATION])
def products_agree_with_those_by_a_call(ag: Autograd) -> None:
    """Products by vjp and jvp are those that functional.vjp and functional.jvp give."""
    m, at, u, v = ag.random(2, 3), ag.random(3), ag.random(3), ag.random(2)

    def f(x: Any) -> Any:
        return ag.sin(ag.tensor(m) @ x)

    x, along, back = ag.tensor(at), ag.tensor(u), ag.tensor(v)
    jacobian = np.cos(m @ at)[:, None] * m

    expect(ag.func.vjp(f)(x)[1](back)[0]).is_close(v @ jacobian, scale=10.0)
    expect(ag.func.functional.vjp(f)(x, back)[1]).is_close(v @ jacobian, scale=10.0)
    expect(ag.func.jvp(f)((x,), (along,))[1]).is_close(jacobian @ u, scale=10.0)
    expect(ag.func.functional.jvp(f)(x, along)[1]).is_close(jacobian @ u, scale=10.0)


@clause("func-043a", VALUE, sources=[MIGRATION])
def matrices_agree_with_those_by_a_call(ag: Autograd) -> None:
    """Matrices by jacrev, jacfwd and hessian are those that functional.jacobian and
    functional.hessian give.
    """
    m, at = ag.random(2, 3), ag.random(3)

    def f(x: Any) -> Any:
        return ag.sin(ag.tensor(m) @ x)

    def g(x: Any) -> Any:
        return f(x).sum()

    x = ag.tensor(at)
    jacobian = np.cos(m @ at)[:, None] * m
    hessian = -m.T @ np.diag(np.sin(m @ at)) @ m

    expect(ag.func.jacrev(f)(x)).is_close(jacobian, scale=10.0)
    expect(ag.func.jacfwd(f)(x)).is_close(jacobian, scale=10.0)
    expect(ag.func.functional.jacobian(f)(x)).is_close(jacobian, scale=10.0)
    expect(ag.func.hessian(g)(x)).is_close(hessian, scale=10.0)
    expect(ag.func.functional.hessian(g)(x)).is_close(hessian, scale=10.0)
