"""The rules of a custom function: the context prepared apart, other names, rules that lack."""

from __future__ import annotations

from typing import Any, Final

from gradspec import CONVENTION, VALUE, Autograd, clause, expect

SETUP: Final = "torch.autograd.Function.setup_context docstring"
BACKWARD: Final = "torch.autograd.Function.backward docstring"


@clause("cf-028", VALUE, sources=[SETUP, "notes/extending § Combined or separate"])
def the_context_is_set_up_apart(ag: Autograd) -> None:
    """Beside setup_context forward is given no context; setup_context is given one, with the
    arguments and what forward returned.
    """

    class Scaled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(x: Any, factor: Any) -> Any:
            return x * factor

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            _, factor = inputs
            ctx.factor = factor
            ctx.save_for_backward(output)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (y,) = ctx.saved_tensors
            return g * y * ctx.factor, None

    x = ag.tensor(2.0, requires_grad=True)
    Scaled.apply(x, 5.0).backward()

    expect(x.grad).equals(50.0)


@clause("cf-029", CONVENTION, sources=["torch.autograd.Function.apply source"])
def keywords_and_defaults_are_arguments(ag: Autograd) -> None:
    """With setup_context, what forward is given by name or has by default counts as an argument, in
    the order in which forward declares it.
    """
    seen = ag.notes()

    class Line(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(x: Any, slope: Any = 3.0, start: Any = 1.0) -> Any:
            return x * slope + start

        @staticmethod
        def setup_context(_ctx: Any, inputs: Any, _output: Any) -> None:
            seen.note(inputs)

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 3.0, None, g * 2.0

    x = ag.tensor(1.0, requires_grad=True)
    start = ag.tensor(5.0, requires_grad=True)
    y = Line.apply(x, start=start)
    y.backward()

    expect(y).equals(8.0)
    expect(seen).happened_in_order([(1.0, 3.0, 5.0)])
    expect(x.grad).equals(3.0)
    expect(start.grad).equals(2.0)


@clause(
    "cf-030",
    CONVENTION,
    sources=["notes/extending.func § Example 1"],
    over={
        "a_tensor": (lambda x: x * 2.0, 2.0),
        "a_tuple_of_one": (lambda x: (x * 2.0,), (2.0,)),
        "a_tuple_of_two": (lambda x: (x * 2.0, x * 3.0), (2.0, 3.0)),
    },
)
def the_output_is_as_forward_returned_it(ag: Autograd, row: Any) -> None:
    """Where forward returns {name}, setup_context is given {name} as the output."""
    make, expected = row
    seen = ag.notes()

    class Made(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(x: Any) -> Any:
            return make(x)

        @staticmethod
        def setup_context(_ctx: Any, _inputs: Any, output: Any) -> None:
            seen.note(output)

        @staticmethod
        def backward(_ctx: Any, *_g: Any) -> Any:
            return None

    Made.apply(ag.tensor(1.0, requires_grad=True))

    expect(seen).happened_in_order([expected])


@clause("cf-061", VALUE, sources=["torch.autograd.function.FunctionCtx docstrings"])
def marks_are_set_up_apart(ag: Autograd) -> None:
    """In setup_context an operand may be marked as written, as in a forward that is given the
    context.
    """

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(x: Any) -> Any:
            return x.mul_(2.0)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, _output: Any) -> None:
            (x,) = inputs
            ctx.mark_dirty(x)

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 7.0

    x = ag.tensor([1.0], requires_grad=True)
    h = x * 1.0
    Doubled.apply(h)
    h.sum().backward()

    expect(h).equals([2.0])
    expect(x.grad).equals([7.0])


@clause("cf-281", CONVENTION, sources=["torch source, error message"])
def what_is_returned_as_it_is_is_not_saved_apart(ag: Autograd) -> None:
    """That setup_context saves an argument which forward returned as it is, is an error when the
    function is called.

    Remedy: return, and save, a view of the argument, x.view_as(x), or give forward the context.
    """

    class Same(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(x: Any) -> Any:
            return x

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, _output: Any) -> None:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g

    with ag.refuses("saved-type"):
        Same.apply(ag.tensor(3.0, requires_grad=True))


@clause("cf-031", CONVENTION, sources=[BACKWARD])
def vjp_is_another_name_of_backward(ag: Autograd) -> None:
    """The rule of the derivative may be called vjp."""

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def vjp(_ctx: Any, g: Any) -> Any:
            return g * 7.0

    x = ag.tensor(3.0, requires_grad=True)
    Doubled.apply(x).backward()

    expect(x.grad).equals(7.0)


@clause("cf-217", CONVENTION, sources=[BACKWARD], builds_on=("cf-031",))
def backward_and_vjp_exclude_each_other(ag: Autograd) -> None:
    """A pass that comes to a custom function with both backward and vjp is an error.

    Remedy: write one of them.
    """

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 2.0

        @staticmethod
        def vjp(_ctx: Any, g: Any) -> Any:
            return g * 2.0

    with ag.refuses("function-rules"):
        Doubled.apply(ag.tensor(3.0, requires_grad=True)).backward()


@clause("cf-032", CONVENTION, sources=["torch.autograd.Function source"])
def a_function_without_backward_fails_in_the_pass(ag: Autograd) -> None:
    """A custom function without backward can be called, and the pass that comes to it is an error.

    Remedy: write backward, or call the function in no_grad.
    """

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

    y = Doubled.apply(ag.tensor(3.0, requires_grad=True))

    with ag.refuses("function-rules"):
        y.backward()


@clause("cf-218", CONVENTION, sources=["torch.autograd.Function source"])
def a_function_without_forward_fails_in_the_call(ag: Autograd) -> None:
    """Calling a custom function without forward is an error.

    Remedy: give the class a backward, or a vjp.
    """

    class Nothing(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g

    with ag.refuses("function-rules"):
        Nothing.apply(ag.tensor(3.0, requires_grad=True))


@clause("cf-053", CONVENTION, sources=["torch.autograd.Function.boxed_grads_call"])
def gradients_come_in_a_list(ag: Autograd) -> None:
    """With boxed_grads_call backward is given all gradients in one list."""
    seen = ag.notes()

    class Pair(ag.Function):  # type: ignore[misc, name-defined]
        boxed_grads_call = True

        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0, x * 3.0

        @staticmethod
        def backward(_ctx: Any, gradients: Any) -> Any:
            seen.note(gradients)
            g, h = gradients
            return g * 2.0 + h * 3.0

    x = ag.tensor(1.0, requires_grad=True)
    y, z = Pair.apply(x)
    (y * 5.0 + z * 7.0).backward()

    expect(seen).happened_in_order([[5.0, 7.0]])
    expect(x.grad).equals(31.0)
