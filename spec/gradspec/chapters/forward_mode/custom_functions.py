"""Custom functions in forward mode: the rule that gives the tangents of their results."""

from __future__ import annotations

from typing import Any, Final

from gradspec import CONVENTION, SAFETY, VALUE, Autograd, clause, expect

JVP: Final = "torch.autograd.Function.jvp docstring"
EXTENDING: Final = "notes/extending § Forward mode AD"
SAVE: Final = "torch.autograd.function.FunctionCtx.save_for_forward docstring"
MATERIALIZE: Final = "torch.autograd.function.FunctionCtx.set_materialize_grads docstring"


@clause("fwd-024", VALUE, sources=[JVP, EXTENDING, "forward AD tutorial"])
def a_custom_function_has_a_rule_of_forward_mode(ag: Autograd) -> None:
    """The jvp of a custom function is given the tangent of each argument, and what it returns is
    the tangent of the result.
    """

    class Weighted(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, y: Any) -> Any:
            return x * 2.0 + y * 3.0

        @staticmethod
        def jvp(_ctx: Any, of_x: Any, of_y: Any) -> Any:
            return of_x * 2.0 + of_y * 3.0

    with ag.dual_level():
        x = ag.make_dual(ag.tensor(1.0), ag.tensor(5.0))
        y = ag.make_dual(ag.tensor(4.0), ag.tensor(7.0))

        expect(ag.tangent(Weighted.apply(x, y))).equals(31.0)


@clause("fwd-024a", VALUE, sources=[JVP, EXTENDING])
def each_result_has_its_tangent(ag: Autograd) -> None:
    """Of several tangents that jvp returns each is that of the result in its place."""

    class Twofold(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0, x * 5.0

        @staticmethod
        def jvp(_ctx: Any, of_x: Any) -> Any:
            return of_x * 2.0, of_x * 5.0

    with ag.dual_level():
        first, second = Twofold.apply(ag.make_dual(ag.tensor(1.0), ag.tensor(3.0)))

        expect(ag.tangent(first)).equals(6.0)
        expect(ag.tangent(second)).equals(15.0)


def without_jvp(ag: Autograd) -> Any:
    """Define a function that has a rule of reverse mode alone."""

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 2.0

    return Doubled


@clause("fwd-025", SAFETY, sources=[JVP], unseen="rule:jvp")
def without_a_rule_no_tangent_is_lost(ag: Autograd) -> None:
    """A custom function without jvp is refused what has a tangent, or its result has the right
    one.
    """
    with ag.dual_level():
        x = ag.make_dual(ag.tensor(1.0), ag.tensor(3.0))
        with ag.attempt("function-rules") as attempt:
            y = without_jvp(ag).apply(x)
            with attempt.granted():
                expect(ag.tangent(y)).equals(6.0)


@clause("fwd-025a", CONVENTION, sources=[JVP], unseen="rule:jvp")
def forward_mode_needs_its_rule(ag: Autograd) -> None:
    """A custom function without jvp refuses an argument that has a tangent.

    Remedy: write jvp(ctx, *tangents), or detach the argument.
    """
    with ag.dual_level():
        x = ag.make_dual(ag.tensor(1.0), ag.tensor(3.0))
        with ag.refuses("function-rules"):
            without_jvp(ag).apply(x)


@clause("fwd-026", VALUE, sources=[SAVE])
def tensors_are_saved_for_forward_mode(ag: Autograd) -> None:
    """What forward gives to save_for_forward is what jvp finds among the saved tensors."""

    class Product(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_forward(x, y)
            return x * y

        @staticmethod
        def jvp(ctx: Any, of_x: Any, of_y: Any) -> Any:
            x, y = ctx.saved_tensors
            return of_x * y + x * of_y

    with ag.dual_level():
        x = ag.make_dual(ag.tensor(2.0), ag.tensor(5.0))
        y = ag.make_dual(ag.tensor(3.0), ag.tensor(7.0))

        expect(ag.tangent(Product.apply(x, y))).equals(29.0)


@clause("fwd-026a", CONVENTION, sources=[SAVE])
def save_for_forward_is_given_tensors(ag: Autograd) -> None:
    """To save anything but tensors and None by save_for_forward is refused.

    Remedy: keep other values as attributes of the context.
    """

    class Scaled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_forward(x, 3.0)
            return x * 3.0

    with ag.refuses("saved-type"):
        Scaled.apply(ag.tensor(1.0))


@clause("fwd-270", VALUE, sources=[EXTENDING, SAVE])
def a_result_is_saved_with_its_tangent(ag: Autograd) -> None:
    """The gradient that backward of a custom function computes from a saved result has, in forward
    mode, the tangent that the result's brings about.
    """

    class Inverse(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = 1.0 / x
            ctx.save_for_backward(y)
            ctx.save_for_forward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (y,) = ctx.saved_tensors
            return -g * y * y

        @staticmethod
        def jvp(ctx: Any, of_x: Any) -> Any:
            (y,) = ctx.saved_tensors
            return -of_x * y * y

    with ag.dual_level():
        x = ag.make_dual(ag.tensor(2.0), ag.tensor(3.0))
        x.requires_grad_()
        (gradient,) = ag.grad(Inverse.apply(x), [x])

        expect(ag.tangent(gradient)).is_close(0.75)


@clause("fwd-027", VALUE, sources=[EXTENDING])
def what_is_constant_has_a_tangent_of_zeros(ag: Autograd) -> None:
    """For an argument without a tangent jvp is given zeros of its shape."""

    class Weighted(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, y: Any) -> Any:
            return x * 2.0 + y * 3.0

        @staticmethod
        def jvp(_ctx: Any, of_x: Any, of_y: Any) -> Any:
            return of_x * 2.0 + of_y * 3.0

    with ag.dual_level():
        x = ag.make_dual(ag.tensor([1.0, 2.0]), ag.tensor([5.0, 7.0]))

        expect(ag.tangent(Weighted.apply(x, ag.tensor([4.0, 4.0])))).equals([10.0, 14.0])


@clause("fwd-027a", CONVENTION, sources=[MATERIALIZE])
def a_missing_tangent_can_be_none(ag: Autograd) -> None:
    """After set_materialize_grads(False) jvp is given None for an argument without a tangent."""
    seen = ag.notes()

    class First(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x + y

        @staticmethod
        def jvp(_ctx: Any, of_x: Any, of_y: Any) -> Any:
            seen.note(of_y)
            return of_x * 1.0

    with ag.dual_level():
        First.apply(ag.make_dual(ag.tensor(1.0), ag.tensor(5.0)), ag.tensor(2.0))

    expect(seen).happened_in_order([None])


def copied(ag: Autograd, returned: Any) -> Any:
    """Define a function whose rule of forward mode makes something else of the tangent."""

    class Copied(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 1.0

        @staticmethod
        def jvp(_ctx: Any, of_x: Any) -> Any:
            return returned(of_x)

    return Copied


@clause("fwd-028", CONVENTION, sources=[JVP])
def there_are_as_many_tangents_as_results(ag: Autograd) -> None:
    """A jvp that returns more tangents than there are results is refused.

    Remedy: return a tangent for each result, in a tuple.
    """
    with ag.dual_level():
        x = ag.make_dual(ag.tensor(1.0), ag.tensor(5.0))
        with ag.refuses("function-gradients"):
            copied(ag, lambda of_x: (of_x * 1.0, of_x * 2.0)).apply(x)


@clause("fwd-028a", CONVENTION, sources=[JVP])
def a_tangent_has_the_shape_of_its_result(ag: Autograd) -> None:
    """A tangent that jvp returns in another shape than the result's is refused; it is not
    broadcast.

    Remedy: expand the tangent to the result's shape.
    """
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([1.0, 2.0]), ag.tensor([5.0, 7.0]))
        with ag.refuses("tangent-shape"):
            copied(ag, lambda of_x: of_x.sum()).apply(x)
