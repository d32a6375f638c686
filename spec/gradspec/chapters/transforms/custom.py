"""Custom functions under transforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

EXTENDING: Final = "notes/extending.func"


def _cube(ag: Autograd) -> Any:
    """Give x^3 and 3x^2, of which the derivative of the first is made."""

    class Cube(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(x: Any) -> Any:
            return x * x * x, x * x * 3.0

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(inputs[0], output[1])
            ctx.save_for_forward(inputs[0], output[1])

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            x, slope = ctx.saved_tensors
            return g * slope + h * 6.0 * x

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            x, slope = ctx.saved_tensors
            return t * slope, t * 6.0 * x

    return lambda x: Cube.apply(x)[0]


@clause("func-040", VALUE, sources=[EXTENDING], over={"first": 1, "second": 2, "third": 3})
def a_custom_function_composes_backward(ag: Autograd, order: int) -> None:
    """A custom function with a context of its own has its {name} derivative under nested grad, if
    backward is made of operators, and of arguments and results.
    """
    at = ag.random()
    derivative = _cube(ag)
    for _ in range(order):
        derivative = ag.func.grad(derivative)

    expect(derivative(ag.tensor(at))).is_close([3.0 * at * at, 6.0 * at, 6.0][order - 1])


@clause("func-041", VALUE, sources=[EXTENDING])
def a_custom_function_goes_forward(ag: Autograd) -> None:
    """Under jvp the derivative of a custom function is what its rule for tangents gives."""
    at, v = ag.random(), ag.random()
    value, found = ag.func.jvp(_cube(ag))((ag.tensor(at),), (ag.tensor(v),))

    expect(value).is_close(at**3)
    expect(found).is_close(3.0 * at * at * v, scale=10.0)


@clause("func-041a", CONVENTION, sources=[EXTENDING])
def forward_mode_needs_a_rule_for_tangents(ag: Autograd) -> None:
    """jvp refuses a function in which a custom one without a rule for tangents is used.

    Remedy: write a static method jvp, or differentiate backward.
    """

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            pass

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 2.0

    x = ag.tensor(ag.random(2))
    along = ag.func.jvp(lambda x: Doubled.apply(x))  # noqa: PLW0108
    with ag.refuses("function-rules"):
        along((x,), (x,))


@clause("func-038", CONVENTION, sources=[EXTENDING])
def transforms_need_a_context_of_its_own(ag: Autograd) -> None:
    """grad refuses a function in which a custom one whose forward is given the context is used.

    Remedy: let forward be without it, and write a static method setup_context.
    """

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 2.0

    gradient = ag.func.grad(lambda x: Doubled.apply(x).sum())
    with ag.refuses("function-rules"):
        gradient(ag.tensor(np.ones(2)))
