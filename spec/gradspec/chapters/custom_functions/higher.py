"""Second derivatives through custom functions."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, VALUE, Autograd, clause, expect

TUTORIAL: Final = "custom function double backward tutorial"
ONCE: Final = "torch.autograd.function.once_differentiable source"


@clause("cf-004", CONVENTION, sources=[TUTORIAL])
def backward_is_recorded_on_request(ag: Autograd) -> None:
    """Inside backward grad mode is on under create_graph, and off without."""
    seen = ag.notes()

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            seen.note(ag.is_grad_enabled())
            return g * 2.0

    x = ag.tensor(1.0, requires_grad=True)
    Doubled.apply(x).backward()
    ag.grad(Doubled.apply(x), [x], create_graph=True)

    expect(seen).happened_in_order([False, True])


@clause("cf-045", VALUE, sources=[f"{TUTORIAL} § Saving the Inputs"])
def a_saved_argument_is_differentiated_again(ag: Autograd) -> None:
    """Where backward computes with operators of the engine and with arguments that were saved, its
    own derivative is right.
    """

    class Cube(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * x * x * 3.0

    x = ag.tensor(2.0, requires_grad=True)
    (first,) = ag.grad(Cube.apply(x), [x], create_graph=True)
    (second,) = ag.grad(first, [x], create_graph=True)
    (third,) = ag.grad(second, [x])

    expect(first).equals(12.0)
    expect(second).equals(12.0)
    expect(third).equals(6.0)


@clause("cf-046", VALUE, sources=[f"{TUTORIAL} § Saving the Outputs"])
def a_saved_result_is_differentiated_again(ag: Autograd) -> None:
    """A result that was saved comes back with the custom function as its history, so that a second
    derivative goes through it.
    """

    class Exponential(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (y,) = ctx.saved_tensors
            return g * y

    x = ag.tensor(1.0, requires_grad=True)
    (first,) = ag.grad(Exponential.apply(x), [x], create_graph=True)
    (second,) = ag.grad(first, [x])

    expect(first).is_close(np.e)
    expect(second).is_close(np.e)


@clause("cf-047", CONVENTION, sources=[f"{TUTORIAL} § Saving Intermediate Results"])
def an_intermediate_has_no_history(ag: Autograd) -> None:
    """What forward computed on its way is a constant in backward: a gradient that is made of it,
    and of no argument, does not require grad.
    """

    class Square(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x * 2.0)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (twice,) = ctx.saved_tensors
            return g * twice

    x = ag.tensor(3.0, requires_grad=True)
    (first,) = ag.grad(Square.apply(x), [x], create_graph=True)

    expect(first).equals(6.0)
    expect(first.requires_grad).is_false()


@clause("cf-227", VALUE, sources=[f"{TUTORIAL} § Saving Intermediate Results"])
def an_intermediate_that_is_returned_is_differentiated_again(ag: Autograd) -> None:
    """Where what forward computed on its way is a result too, and backward has its gradient, a
    second derivative goes through it.
    """

    class HyperbolicSine(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            up, down = x.exp(), (-x).exp()
            ctx.save_for_backward(up, down)
            return (up - down) / 2.0, up, down

        @staticmethod
        def backward(ctx: Any, g: Any, of_up: Any, of_down: Any) -> Any:
            up, down = ctx.saved_tensors
            return g * (up + down) / 2.0 + of_up * up - of_down * down

    x = ag.tensor(0.5, requires_grad=True)
    y, _, _ = HyperbolicSine.apply(x)
    (first,) = ag.grad(y, [x], create_graph=True)
    (second,) = ag.grad(first, [x])

    expect(first).is_close(np.cosh(0.5))
    expect(second).is_close(np.sinh(0.5))


@clause("cf-048", VALUE, sources=[f"{TUTORIAL} § When Backward is not Tracked"])
def a_backward_of_custom_functions(ag: Autograd) -> None:
    """A backward that calls another custom function is differentiated by the backward of that."""

    class CubeBackward(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, g: Any, x: Any) -> Any:
            ctx.save_for_backward(g, x)
            return g * x * x * 3.0

        @staticmethod
        def backward(ctx: Any, gg: Any) -> Any:
            g, x = ctx.saved_tensors
            return gg * x * x * 3.0, gg * g * 100.0

    class Cube(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return CubeBackward.apply(g, x)

    x = ag.tensor(2.0, requires_grad=True)
    (first,) = ag.grad(Cube.apply(x), [x], create_graph=True)
    (second,) = ag.grad(first, [x])

    expect(first).equals(12.0)
    expect(second).equals(100.0)


@clause("cf-228", VALUE, sources=["chain rule"])
def a_constant_gradient_leaves_the_others_their_history(ag: Autograd) -> None:
    """Where backward returns a constant, the gradient that comes by another path keeps its own
    history, and its second derivative is right.
    """

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, _g: Any) -> Any:
            return ag.tensor(2.0)

    x = ag.tensor(3.0, requires_grad=True)
    (first,) = ag.grad(Doubled.apply(x) + x * x * x, [x], create_graph=True)
    (second,) = ag.grad(first, [x])

    expect(first).equals(29.0)
    expect(second).equals(18.0)


def _once(ag: Autograd, seen: Any) -> Any:
    class Square(ag.Function):  # type: ignore[misc, name-defined]
        once_differentiable = True

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            seen.note(ag.is_grad_enabled())
            return g * x * 2.0

    return Square


@clause("cf-042", CONVENTION, sources=[ONCE])
def a_backward_that_is_differentiable_once_is_not_recorded(ag: Autograd) -> None:
    """Inside a backward that is once_differentiable grad mode is off, also under create_graph."""
    seen = ag.notes()
    x = ag.tensor(3.0, requires_grad=True)
    (first,) = ag.grad(_once(ag, seen).apply(x), [x], create_graph=True)

    expect(seen).happened_in_order([False])
    expect(first).equals(6.0)


@clause("cf-043", CONVENTION, sources=[ONCE])
def a_second_derivative_of_what_is_differentiable_once(ag: Autograd) -> None:
    """A second derivative through a backward that is once_differentiable is an error.

    Remedy: write backward with operators of the engine.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = _once(ag, ag.notes()).apply(x)
    (first,) = ag.grad(y * y, [x], create_graph=True)

    with ag.refuses("differentiated-once"):
        first.backward()


@clause("cf-260", CONVENTION, sources=[ONCE])
def each_gradient_of_what_is_differentiable_once(ag: Autograd) -> None:
    """A second derivative of any of the gradients that a backward that is once_differentiable
    returns, here of the later of two, is an error.

    Remedy: write backward with operators of the engine.
    """

    class Product(ag.Function):  # type: ignore[misc, name-defined]
        once_differentiable = True

        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, y = ctx.saved_tensors
            return g * y, g * x

    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(5.0, requires_grad=True)
    z = Product.apply(x, y)
    _, by_y = ag.grad(z * z, [x, y], create_graph=True)

    with ag.refuses("differentiated-once"):
        by_y.backward()


@clause("cf-044", CONVENTION, level=MAY, sources=[ONCE])
def what_is_saved_does_not_count_for_once(ag: Autograd) -> None:
    """A gradient from a backward that is once_differentiable requires grad if that which it was
    given does, whatever was saved.
    """
    square = _once(ag, ag.notes())
    x = ag.tensor(3.0, requires_grad=True)
    y = square.apply(x)
    (of_constant,) = ag.grad(square.apply(x), [x], create_graph=True)
    (of_history,) = ag.grad(y * y, [x], create_graph=True)

    expect(of_constant.requires_grad).is_false()
    expect(of_history.requires_grad).is_true()
