"""gradgradcheck: the derivative is a function, too, and has differences of its own."""

from __future__ import annotations

from typing import Any, Final

from gradspec import VALUE, Autograd, clause, expect

GRADGRADCHECK: Final = "torch.autograd.gradgradcheck docstring"
SOURCE: Final = "torch.autograd.gradgradcheck source"


@clause(
    "chk-020",
    VALUE,
    sources=[GRADGRADCHECK, "notes/gradcheck § Gradgradcheck implementation"],
    over={
        "given": lambda ag: {
            "grad_outputs": ag.tensor([1.0, 3.0, 5.0], dtype="float64", requires_grad=True)
        },
        "drawn": lambda _: {},
    },
)
def right_second_derivatives_pass(ag: Autograd, cotangents: Any) -> None:
    """Where second derivatives are right gradgradcheck gives True, with cotangents {name}."""
    x = ag.tensor(ag.random(3), dtype="float64", requires_grad=True)
    check = ag.func.gradgradcheck(lambda x: x * x * x, **cotangents(ag))

    expect(check(x)).equals(True)


def cut_square(ag: Autograd) -> Any:
    """Define a square whose derivative is right, and a constant to a pass through it."""

    class Square(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * (x.detach() * 2.0)

    return Square


@clause("chk-021", VALUE, sources=[GRADGRADCHECK])
def wrong_second_derivatives_fail(ag: Autograd) -> None:
    """Where the derivative is right, and its own is not, gradgradcheck gives False."""
    x = ag.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    function = cut_square(ag).apply

    expect(ag.func.gradcheck(function, raise_exception=False)(x)).equals(True)
    expect(ag.func.gradgradcheck(function, raise_exception=False)(x)).equals(False)


@clause("chk-022", VALUE, sources=[SOURCE])
def forward_over_reverse_is_checked(ag: Autograd) -> None:
    """With check_fwd_over_rev=True gradgradcheck gives True where both ways are right."""
    x = ag.tensor(ag.random(3), dtype="float64", requires_grad=True)
    check = ag.func.gradgradcheck(lambda x: x * x * x, check_fwd_over_rev=True)

    expect(check(x)).equals(True)


@clause("chk-022b", VALUE, sources=[SOURCE])
def forward_over_reverse_fails_where_it_is_wrong(ag: Autograd) -> None:
    """With check_fwd_over_rev=True a backward whose own tangent is wrong does not pass."""

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 2.0

        @staticmethod
        def jvp(_ctx: Any, of_x: Any) -> Any:
            return of_x * 3.0

    class Twice(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return Doubled.apply(g)

        @staticmethod
        def jvp(_ctx: Any, of_x: Any) -> Any:
            return of_x * 2.0

    x = ag.tensor([1.0, 2.0], dtype="float64", requires_grad=True)

    expect(ag.func.gradgradcheck(Twice.apply, raise_exception=False)(x)).equals(True)
    both = ag.func.gradgradcheck(Twice.apply, check_fwd_over_rev=True, raise_exception=False)
    expect(both(x)).equals(False)
