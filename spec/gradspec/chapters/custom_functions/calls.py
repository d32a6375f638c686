"""Calling a custom function: what is recorded of it, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, SAFETY, VALUE, Autograd, Interrupted, clause, expect, informative
from gradspec.rank import MUST

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTION: Final = "torch.autograd.Function docstring"
NOTE: Final = "notes/extending § How to use"


@clause("cf-001", VALUE, sources=[FUNCTION, NOTE])
def backward_of_a_custom_function_is_believed(ag: Autograd) -> None:
    """The result of a custom function is what its forward returns, and the gradient of its
    argument is what its backward returns.
    """

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 7.0

    x = ag.tensor(3.0, requires_grad=True)
    y = Doubled.apply(x)
    (y * 5.0).backward()

    expect(y).equals(6.0)
    expect(x.grad).equals(35.0)


@clause("cf-201", CONVENTION, sources=[FUNCTION])
def the_node_has_the_name_of_the_function(ag: Autograd) -> None:
    """The node of a custom function's result has the name of the function in its own."""

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 2.0

    y = Doubled.apply(ag.tensor(3.0, requires_grad=True))

    expect(y.grad_fn.name()).contains("DoubledBackward")


@clause("cf-002", VALUE, sources=["torch.autograd.Function.backward docstring"])
def a_gradient_for_each_result_and_each_argument(ag: Autograd) -> None:
    """Backward is given one gradient for each result of forward, and returns one for each of its
    arguments.
    """

    class SumAndProduct(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, y: Any) -> Any:
            return x + y, x * y

        @staticmethod
        def backward(_ctx: Any, of_sum: Any, of_product: Any) -> Any:
            return of_sum + of_product * 5.0, of_sum + of_product * 2.0

    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(5.0, requires_grad=True)
    total, product = SumAndProduct.apply(x, y)
    (total * 3.0 + product * 7.0).backward()

    expect(x.grad).equals(38.0)
    expect(y.grad).equals(17.0)


@clause("cf-003", CONVENTION, sources=[NOTE])
def forward_is_not_recorded(ag: Autograd) -> None:
    """Inside forward grad mode is off, and what is computed there does not require grad."""
    seen = ag.notes()

    class Watching(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            y = x * 2.0
            seen.note(ag.is_grad_enabled())
            seen.note(y.requires_grad)
            return y

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 2.0

    Watching.apply(ag.tensor(3.0, requires_grad=True))

    expect(seen).happened_in_order([False, False])


def _of_a_constant(ag: Autograd, function: Any) -> Any:
    return function.apply(ag.tensor(3.0))


def _in_no_grad(ag: Autograd, function: Any) -> Any:
    with ag.no_grad():
        return function.apply(ag.tensor(3.0, requires_grad=True))


@clause(
    "cf-025",
    CONVENTION,
    unseen="constants",
    sources=[NOTE],
    over={"of_a_constant": _of_a_constant, "in_no_grad": _in_no_grad},
)
def nothing_is_recorded_where_no_gradient_is_wanted(
    ag: Autograd, call: Callable[[Autograd, Any], Any]
) -> None:
    """A custom function that is called {name} computes its result, which does not require grad."""

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 2.0

    y = call(ag, Doubled)

    expect(y).equals(6.0)
    expect(y.requires_grad).is_false()


@clause("cf-282", CONVENTION, sources=["observed"])
def what_forward_records_is_forgotten_in_no_grad(ag: Autograd) -> None:
    """In no_grad the result of a custom function does not require grad, also if forward computed
    it in enable_grad.
    """
    x = ag.tensor(3.0, requires_grad=True)
    with ag.no_grad():
        y = _recording(ag).apply(x)

    expect(y.requires_grad).is_false()


@clause("cf-290", CONVENTION, sources=["observed"])
def an_argument_that_is_returned_in_no_grad_is_a_constant(ag: Autograd) -> None:
    """What a custom function returns that gives an argument back in no_grad does not require grad,
    and the argument still does.
    """

    class Same(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g

    x = ag.tensor(3.0, requires_grad=True)
    with ag.no_grad():
        y = Same.apply(x)

    expect(y.requires_grad).is_false()
    expect(x.requires_grad).is_true()


@clause("cf-283", VALUE, sources=["chain rule"])
def what_forward_records_gives_way_to_the_function(ag: Autograd) -> None:
    """A result that forward computed in enable_grad may be written in place, and its gradient goes
    through that write and then through backward alone.
    """
    x = ag.tensor([3.0], requires_grad=True)
    y = _recording(ag).apply(x)
    y.mul_(5.0)
    y.sum().backward()

    expect(y).equals([30.0])
    expect(x.grad).equals([35.0])


def _recording(ag: Autograd) -> Any:
    """Return a function that doubles in enable_grad, and whose backward multiplies by seven."""

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            with ag.enable_grad():
                return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 7.0

    return Doubled


@clause("cf-065", CONVENTION, sources=[NOTE])
def any_argument_counts(ag: Autograd) -> None:
    """A custom function takes arguments of any kind, and each has its place among the gradients
    that backward returns.
    """

    class Scaled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, _word: Any, factor: Any, _nothing: Any, y: Any) -> Any:
            return x * factor + y

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 2.0, None, None, None, g * 3.0

    x = ag.tensor(1.0, requires_grad=True)
    y = ag.tensor(1.0, requires_grad=True)
    z = Scaled.apply(x, "word", 2.0, None, y)
    z.backward()

    expect(z).equals(3.0)
    expect(x.grad).equals(2.0)
    expect(y.grad).equals(3.0)


@clause("cf-024", CONVENTION, sources=[NOTE])
def what_is_in_a_list_is_not_tracked(ag: Autograd) -> None:
    """A tensor that a custom function is given inside a list is no argument of it: the result does
    not require grad for its sake.
    """

    class First(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, of_all: Any) -> Any:
            return of_all[0] * 2.0

        @staticmethod
        def backward(_ctx: Any, _g: Any) -> Any:
            return None

    y = First.apply([ag.tensor(1.0, requires_grad=True)])

    expect(y).equals(2.0)
    expect(y.requires_grad).is_false()


@clause("cf-026", CONVENTION, sources=["notes/extending.func § Limitations and gotchas"])
def what_is_captured_receives_nothing(ag: Autograd) -> None:
    """A tensor that forward uses without being given it receives no gradient."""
    w = ag.tensor(3.0, requires_grad=True)

    class Weighted(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * w

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 3.0

    x = ag.tensor(2.0, requires_grad=True)
    Weighted.apply(x).backward()

    expect(x.grad).equals(3.0)
    expect(w.grad).is_none_or_zero()


@clause("cf-055", VALUE, sources=["chain rule"])
def one_tensor_for_several_arguments(ag: Autograd) -> None:
    """A tensor that is given for several arguments receives the sum of their gradients."""

    class Sum(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, y: Any, z: Any) -> Any:
            return x + y + z

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g, g * 2.0, g * 4.0

    x = ag.tensor(1.0, requires_grad=True)
    Sum.apply(x, x, x).backward()

    expect(x.grad).equals(7.0)


@clause("cf-210", VALUE, sources=["chain rule"])
def custom_functions_are_composed(ag: Autograd) -> None:
    """The gradients of custom functions that are applied one to the result of the other, and to
    those of operators, multiply.
    """

    class Times(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 3.0

    x = ag.tensor(1.0, requires_grad=True)
    Times.apply(Times.apply(x) * 5.0).backward()

    expect(x.grad).equals(45.0)


@clause("cf-211", VALUE, sources=[NOTE])
def a_custom_function_calls_itself(ag: Autograd) -> None:
    """Of a custom function that forward calls nothing is asked: the outer backward stands for the
    whole.
    """

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, inner: Any) -> Any:
            return Doubled.apply(x, False) * 2.0 if inner else x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 7.0, None

    x = ag.tensor(1.0, requires_grad=True)
    y = Doubled.apply(x, True)
    y.backward()

    expect(y).equals(4.0)
    expect(x.grad).equals(7.0)


@clause("cf-056", SAFETY, sources=["observed"], over={"forward": True, "backward": False})
def an_exception_leaves_a_custom_function(ag: Autograd, in_forward: bool) -> None:
    """What {name} raises comes out of the call, or of the pass, unchanged, and no gradient is
    stored.

    Remedy: catch it around the call, or the pass.
    """

    class Failing(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            if in_forward:
                raise Interrupted
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            if in_forward:
                return g * 2.0
            raise Interrupted

    x = ag.tensor(3.0, requires_grad=True)

    with ag.refuses("callback"):
        Failing.apply(x).backward()
    expect(x.grad).is_none_or_zero()


@clause("cf-214", VALUE, sources=["torch.autograd.Function docstring"])
def backward_makes_a_pass_of_its_own(ag: Autograd) -> None:
    """Backward may record operations of its own and ask for their gradients, while the pass that
    called it waits.
    """

    class Recomputed(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            with ag.enable_grad():
                own = x.detach().requires_grad_()
                (found,) = ag.grad(own * own, [own])
            return g * found

    x = ag.tensor(3.0, requires_grad=True)
    Recomputed.apply(x * 2.0).backward()

    expect(x.grad).equals(24.0)


informative(
    "cf-054",
    "Making an object of a custom function's class warns, and calling it is refused.",
    level=MUST,
    sources=["torch.autograd.Function source"],
    reason="a program has functions of the engine; classes and their objects are Python's",
)


@clause("cf-262", CONVENTION, sources=["observed"])
def what_a_backward_raises_comes_out_of_passes_within_passes(ag: Autograd) -> None:
    """What a backward raises comes out of the outermost pass, also where each pass runs within the
    backward of another, here twenty of them.

    Remedy: catch it around backward().
    """

    class Within(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, depth: Any) -> Any:
            ctx.depth = depth
            return x * 1.0

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            if ctx.depth == 0.0:
                raise Interrupted
            with ag.enable_grad():
                x = ag.tensor(1.0, requires_grad=True)
                Within.apply(x, ctx.depth - 1.0).backward()
            return g, None

    y = Within.apply(ag.tensor(1.0, requires_grad=True), 20.0)

    with ag.refuses("callback"):
        y.backward()


@clause("cf-291", VALUE, sources=["chain rule"])
def passes_within_passes_all_count(ag: Autograd) -> None:
    """Passes that run each within the backward of another leave their gradients, all of them,
    however deep they are nested, here twenty.
    """
    x = ag.tensor(1.0, requires_grad=True)

    class Within(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, depth: Any) -> Any:
            ctx.depth = depth
            return x * 1.0

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            if ctx.depth > 0.0:
                own = ag.tensor(1.0, requires_grad=True)
                with ag.enable_grad():
                    Within.apply(own, ctx.depth - 1.0).backward()
                g = g + own.grad
            return g, None

    Within.apply(x, 20.0).backward()

    expect(x.grad).equals(21.0)
