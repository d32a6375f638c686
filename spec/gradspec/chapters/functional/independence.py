"""What does not depend on an input: zeros, and under strict a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect
from gradspec.chapters.functional.six import DOCSTRING, SECOND, SIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd
    from gradspec.chapters.functional.six import Derivative

    Closed = Callable[[np.ndarray[Any, Any], np.ndarray[Any, Any]], Any]

VJP: Final = DOCSTRING.format("vjp")

BESIDE: Final[dict[str, tuple[Derivative, Closed]]] = {
    "vjp": (SIX["vjp"], lambda x, v: (2.0 * x * v, np.zeros(3))),
    "jvp": (SIX["jvp"], lambda x, v: 2.0 * x * v),
    "vhp": (SIX["vhp"], lambda _x, v: (2.0 * v, np.zeros(3))),
    "hvp": (SIX["hvp"], lambda _x, v: (2.0 * v, np.zeros(3))),
    "jacobian": (SIX["jacobian"], lambda x, _v: (np.diag(2.0 * x), np.zeros((3, 3)))),
    "hessian": (
        SIX["hessian"],
        lambda _x, _v: ((2.0 * np.eye(3), np.zeros((3, 3))), 2 * (np.zeros((3, 3)),)),
    ),
}
"""The derivatives of x^2, or of its sum, by x and by another input that it does not use."""


@clause("fapi-006", VALUE, sources=[VJP], over=BESIDE, unseen="tuples")
def an_input_that_is_not_used_has_zeros(ag: Autograd, row: tuple[Derivative, Closed]) -> None:
    """In what {name} gives there are zeros for an input that the function does not use."""
    derivative, closed = row
    at, v = ag.random(3), ag.random(3)
    inputs = (ag.tensor(at), ag.tensor(ag.random(3)))
    run = derivative.by(ag, lambda x, _: derivative.number(ag, x * x))
    vector = ag.tensor(v)
    both = (vector, ag.tensor(ag.random(3)))

    expect(run(inputs, vector if derivative.name == "vjp" else both)).is_close(closed(at, v))


@clause("fapi-006a", VALUE, sources=[VJP], over=SIX)
def the_derivative_of_a_constant_is_zero(ag: Autograd, row: Derivative) -> None:
    """What {name} gives of a function that does not use its input is zero."""
    m, at, v = ag.random(3, 3), ag.random(3), ag.random(3)
    constant = ag.tensor(at)
    found = row.by(ag, lambda _: row.number(ag, constant))(ag.tensor(at), ag.tensor(v))

    expect(found).equals(np.zeros(row.found(m, at, v).shape))


@clause(
    "fapi-028",
    VALUE,
    sources=[DOCSTRING.format(name) for name in SECOND],
    over=SECOND,
    stands_for={"fapi-033": "vhp hvp"},
)
def a_linear_function_does_not_bend(ag: Autograd, row: Derivative) -> None:
    """What {name} gives of a linear function is zero."""
    m, at, v = ag.random(3, 3), ag.random(3), ag.random(3)
    found = row.by(ag, lambda x: (x * 3.0).sum())(ag.tensor(at), ag.tensor(v))

    expect(found).equals(np.zeros(row.found(m, at, v).shape))


@clause("fapi-007", CONVENTION, sources=[VJP], over=SIX, unseen="tuples")
def strict_refuses_an_input_that_is_not_used(ag: Autograd, row: Derivative) -> None:
    """Under strict {name} refuses a function that does not use one of its inputs.

    Remedy: leave strict out, or the input.
    """
    x, v = ag.tensor(ag.random(3)), ag.tensor(ag.random(3))
    run = row.by(ag, lambda x, _: row.number(ag, x * x * x), strict=True)
    with ag.refuses("independent"):
        run((x, x), v if row.name == "vjp" else (v, v))


@clause("fapi-008", CONVENTION, sources=[VJP], over=SIX)
def strict_refuses_a_constant(ag: Autograd, row: Derivative) -> None:
    """Under strict {name} refuses a function whose result requires no grad.

    Remedy: leave strict out, or compute the result from the inputs by what is differentiable.
    """
    x, v = ag.tensor(ag.random(3)), ag.tensor(ag.random(3))
    run = row.by(ag, lambda _: row.number(ag, v), strict=True)
    with ag.refuses("independent"):
        run(x, v)


@clause(
    "fapi-028a",
    CONVENTION,
    sources=[DOCSTRING.format(name) for name in SECOND],
    over=SECOND,
    stands_for={"fapi-033a": "vhp hvp"},
)
def strict_refuses_a_gradient_that_is_constant(ag: Autograd, row: Derivative) -> None:
    """Under strict {name} refuses a linear function, whose gradient does not depend on the input.

    Remedy: leave strict out.
    """
    x, v = ag.tensor(ag.random(3)), ag.tensor(ag.random(3))
    run = row.by(ag, lambda x: (x * 3.0).sum(), strict=True)
    with ag.refuses("independent"):
        run(x, v)


FIRST: Final = {name: SIX[name] for name in ("vjp", "jacobian")}


@clause(
    "fapi-024a",
    CONVENTION,
    sources=[DOCSTRING.format("jacobian")],
    over=FIRST,
    unseen="constants",
)
def strict_refuses_a_derivative_that_is_constant(ag: Autograd, row: Derivative) -> None:
    """Under strict and create_graph {name} refuses a linear function, whose derivative does not
    depend on the input.

    Remedy: leave one of the two out.
    """
    x, v = ag.tensor(ag.random(3), requires_grad=True), ag.tensor(ag.random(3))
    run = row.by(ag, lambda x: x * 3.0, strict=True, create_graph=True)
    with ag.refuses("independent"):
        run(x, v)
