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


def _second(ag: Autograd, slope: Any) -> Any:
    """Define a square whose derivative is right, and where `slope` says what that sends back."""

    class Slope(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return slope(g)

    class Square(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * Slope.apply(x)

    return Square.apply


def _of_a_percent_more(ag: Autograd) -> Any:
    return _second(ag, lambda g: None if g is None else g * 2.02)


def _wavering_slope(ag: Autograd) -> Any:
    times: list[int] = []

    def slope(g: Any) -> Any:
        times.append(1)
        return None if g is None else g * (2.0 if len(times) % 3 else 2.0000001)

    return _second(ag, slope)


def _restless_slope(ag: Autograd) -> Any:
    return _second(ag, lambda g: ag.tensor([2.0, 2.0]) if g is None else g * 2.0)


def _fourth_power(_: Autograd) -> Any:
    return lambda x: x**4


@clause(
    "chk-291",
    VALUE,
    sources=[GRADGRADCHECK],
    over={
        "atol": (_of_a_percent_more, {"atol": 0.1}, True),
        "rtol": (_of_a_percent_more, {"rtol": 0.1}, True),
        "nondet_tol": (_wavering_slope, {"nondet_tol": 0.001}, True),
        "check_undefined_grad": (_restless_slope, {"check_undefined_grad": False}, True),
        "eps": (_fourth_power, {"eps": 0.5}, False),
    },
)
def the_options_of_a_check_hold_for_second_derivatives(ag: Autograd, row: Any) -> None:
    """gradgradcheck takes {name} as gradcheck does: with another value of it, it gives another
    answer.
    """
    make, options, passes = row
    x = ag.tensor([0.75, 1.25], dtype="float64", requires_grad=True)
    with_it = ag.func.gradgradcheck(make(ag), raise_exception=False, **options)
    without = ag.func.gradgradcheck(make(ag), raise_exception=False)

    expect(with_it(x)).equals(passes)
    expect(without(x)).equals(not passes)
